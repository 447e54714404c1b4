//! Small clusters on which constraints between pods bind: 4 to 8 nodes in two or three zones, 16 to
//! 64 pods in at most 12 classes, with affinity, anti-affinity and topology spread. For the solver,
//! and for holding search and proofs against it.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scheduling::tie::Stream;

use super::blueprint::{Apart, Blueprint, HOSTNAME, Near, Node, Spread, Workload, ZONE};
use super::stream::labelled;

/// The processor of a pod is so many times this, in thousandths of a core.
const CPU_STEP: u64 = 250;
/// The memory of a pod is so many times this, in bytes.
const MEMORY_STEP: u64 = 256 << 20;

/// The cluster of a seed.
#[must_use]
pub fn cluster(seed: u128) -> Blueprint {
    let mut shape = labelled(seed, "small");
    let (nodes, zones) = (shape.between(4, 8), shape.between(2, 3));
    let pods = shape.between(16, 64);
    let classes = shape.between(6, 12);
    let usage = shape.between(85, 110);
    let mut sizes = sizes(&mut shape, pods, classes);
    sizes.retain(|&size| size > 0);
    let mut requests = labelled(seed, "small-requests");
    let workloads = sizes.iter().zip(0_u32..).map(|(&size, at)| {
        let amounts = [
            ("cpu", u64::from(requests.between(1, 8)) * CPU_STEP),
            ("memory", u64::from(requests.between(1, 8)) * MEMORY_STEP),
        ];
        Workload {
            name: format!("class-{:02}", at + 1),
            pods: vec![None; index(size)],
            requests: amounts.map(|(name, amount)| (name.to_owned(), amount)).into(),
            priority: i32::try_from(requests.between(1, 3)).unwrap_or_default(),
            ..Workload::default()
        }
    });
    let mut workloads: Vec<Workload> = workloads.collect();
    let nodes = equal_nodes(&workloads, nodes, zones, usage);
    let mut constraints = labelled(seed, "small-constraints");
    for at in 0..workloads.len() {
        let other = index(constraints.below(u32::try_from(workloads.len()).unwrap_or(1)));
        if let Some(workload) = workloads.get_mut(at) {
            constrain(&mut constraints, workload, at, other, zones);
        }
    }
    Blueprint { nodes, workloads, budgets: BTreeMap::new() }
}

/// Deals so many pods to so many classes: one to each, the others at random.
fn sizes(stream: &mut Stream, pods: u32, classes: u32) -> Vec<u32> {
    let mut sizes = vec![1; index(classes.min(pods))];
    for _ in classes..pods {
        if let Some(size) = sizes.get_mut(index(stream.below(classes))) {
            *size += 1;
        }
    }
    sizes
}

/// Nodes that the requests fill to so many percent on average, none smaller than a pod.
fn equal_nodes(workloads: &[Workload], nodes: u32, zones: u32, usage: u32) -> Vec<Node> {
    let capacity = |resource: &str, step: u64| {
        let of_pod = |workload: &Workload| workload.requests.get(resource).copied().unwrap_or(0);
        let total: u64 = workloads.iter().map(|one| of_pod(one) * count(one.pods.len())).sum();
        let even = (total * 100).div_ceil(u64::from(usage) * u64::from(nodes) * step) * step;
        workloads.iter().map(of_pod).max().unwrap_or_default().max(even)
    };
    let capacity = BTreeMap::from([
        ("cpu".to_owned(), capacity("cpu", CPU_STEP)),
        ("memory".to_owned(), capacity("memory", MEMORY_STEP)),
    ]);
    (0..nodes)
        .map(|at| Node {
            name: format!("node-{}", at + 1),
            labels: [(ZONE.to_owned(), zone(at % zones))].into(),
            capacity: capacity.clone(),
            ..Node::default()
        })
        .collect()
}

/// Gives a class one of the kinds of constraints, or none.
fn constrain(stream: &mut Stream, workload: &mut Workload, own: usize, other: usize, zones: u32) {
    let itself = || BTreeSet::from([own]);
    let both = || BTreeSet::from([own, other]);
    let spread = |topology: &str, max_skew, min_domains| Spread {
        topology: topology.to_owned(),
        max_skew,
        min_domains,
        of: itself(),
    };
    match stream.below(9) {
        0 => workload.apart.push(Apart { topology: HOSTNAME.to_owned(), from: itself() }),
        1 => workload.apart.push(Apart { topology: HOSTNAME.to_owned(), from: both() }),
        2 => workload.apart.push(Apart {
            topology: if other == own { HOSTNAME } else { ZONE }.to_owned(),
            from: BTreeSet::from([other]),
        }),
        3 => workload.spread.push(spread(ZONE, stream.between(1, 2), 1)),
        4 => workload.spread.push(spread(HOSTNAME, stream.between(1, 2), 1)),
        5 => {
            workload.spread.push(spread(ZONE, 1, stream.between(1, zones)));
            workload.spread.push(spread(HOSTNAME, 2, 1));
        }
        6 => workload.near.push(Near { topology: ZONE.to_owned(), to: both() }),
        7 => {
            workload.selector.insert(ZONE.to_owned(), zone(stream.below(zones)));
        }
        _ => {}
    }
}

fn zone(number: u32) -> String {
    format!("zone-{}", number + 1)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
