//! A large cluster as companies run them: 1,000 nodes in six groups, 10,000 pods in 300 workloads,
//! five priorities, filled to 95 %; and the same with fewer nodes.
//!
//! Three groups take everybody; memory, accelerator and spot nodes are tainted, and only pods that
//! select them may run there. Each of these four pools has ten pods for each node, which ask for
//! 95 % of its processor and of its memory, and at most 95 % of its accelerators.

use std::collections::{BTreeMap, BTreeSet};

use super::blueprint::{Blueprint, Node, Workload, ZONE};
use super::stream::labelled;
use super::{Error, within};

/// The label with the group of a node.
pub const GROUP: &str = "example.com/group";
/// The accelerators of a node.
pub const ACCELERATOR: &str = "example.com/accelerator";
/// The taint of the nodes that are not for everybody.
const TAINT: &str = "example.com/dedicated";

const GIBIBYTE: u64 = 1 << 30;
const MEBIBYTE: u64 = 1 << 20;
const PODS_FOR_EACH_NODE: usize = 10;
const ZONES: usize = 3;

/// A group of equal nodes.
struct Group {
    name: &'static str,
    /// Out of 100 nodes of the cluster.
    share: usize,
    cores: u64,
    gibibytes: u64,
    accelerators: u64,
    /// Groups of one pool share its pods; the pool 0 takes everybody.
    pool: usize,
}

const GROUPS: [Group; 6] = [
    Group { name: "small", share: 30, cores: 8, gibibytes: 32, accelerators: 0, pool: 0 },
    Group { name: "medium", share: 20, cores: 16, gibibytes: 64, accelerators: 0, pool: 0 },
    Group { name: "big", share: 10, cores: 32, gibibytes: 128, accelerators: 0, pool: 0 },
    Group { name: "memory", share: 15, cores: 16, gibibytes: 256, accelerators: 0, pool: 1 },
    Group { name: "accelerated", share: 10, cores: 32, gibibytes: 256, accelerators: 8, pool: 2 },
    Group { name: "spot", share: 15, cores: 8, gibibytes: 32, accelerators: 0, pool: 3 },
];
const POOLS: usize = 4;

/// The cluster of a seed, with 16 to 10,000 nodes.
///
/// # Errors
///
/// If the number of nodes is out of its range.
pub fn cluster(nodes: u32, seed: u128) -> Result<Blueprint, Error> {
    within("number of nodes", nodes, 16.0, 10_000.0)?;
    let nodes = usize::try_from(nodes).unwrap_or(usize::MAX);
    let mut plan = Blueprint::default();
    let counts = shares(nodes, &GROUPS.each_ref().map(|group| group.share));
    for (group, &count) in GROUPS.iter().zip(&counts) {
        for number in 1..=count {
            let zone = plan.nodes.len() % ZONES;
            plan.nodes.push(node(group, number, zone));
        }
    }
    let of_pool = |pool| {
        let groups = GROUPS.iter().zip(&counts);
        let groups = groups.filter(|(group, _)| group.pool == pool);
        groups.map(|(_, count)| *count).sum::<usize>()
    };
    let pools: Vec<usize> = (0..POOLS).map(of_pool).collect();
    let workloads = shares((nodes * 3 / 10).max(12), &pools);
    for (pool, (&nodes, &workloads)) in pools.iter().zip(&workloads).enumerate() {
        let pool = Pool { number: pool, nodes, workloads: workloads.max(1), counts: &counts };
        plan.workloads.extend(pool.fill(seed));
    }
    Ok(plan)
}

/// So many things in these shares: at least one each, the rest to those that are owed most.
fn shares(total: usize, shares: &[usize]) -> Vec<usize> {
    let sum: usize = shares.iter().sum::<usize>().max(1);
    let mut counts: Vec<usize> = shares.iter().map(|share| (total * share / sum).max(1)).collect();
    while counts.iter().sum::<usize>() < total {
        let owed = |&at: &usize| {
            let (share, count) = (shares.get(at)?, counts.get(at)?);
            Some((share * total).saturating_sub(count * sum))
        };
        let Some(most) = (0..counts.len()).rev().max_by_key(owed) else { break };
        let Some(count) = counts.get_mut(most) else { break };
        *count += 1;
    }
    counts
}

fn node(group: &Group, number: usize, zone: usize) -> Node {
    let mut capacity = BTreeMap::from([
        ("cpu".to_owned(), group.cores * 1000),
        ("memory".to_owned(), group.gibibytes * GIBIBYTE),
    ]);
    if group.accelerators > 0 {
        capacity.insert(ACCELERATOR.to_owned(), group.accelerators);
    }
    Node {
        name: format!("{}-{number:04}", group.name),
        labels: BTreeMap::from([
            (GROUP.to_owned(), group.name.to_owned()),
            (ZONE.to_owned(), format!("zone-{}", zone + 1)),
        ]),
        taint: (group.pool > 0).then(|| format!("{TAINT}-{}", group.name)),
        capacity,
    }
}

/// Nodes that share their workloads.
struct Pool<'counts> {
    number: usize,
    nodes: usize,
    workloads: usize,
    /// How many nodes each group has.
    counts: &'counts [usize],
}

impl Pool<'_> {
    fn fill(&self, seed: u128) -> Vec<Workload> {
        let mut stream = labelled(seed, &format!("large-{}", self.number));
        let pods = self.nodes * PODS_FOR_EACH_NODE;
        let sizes: Vec<usize> =
            (0..self.workloads).map(|_| stream_between(&mut stream, 1, 8)).collect();
        let sizes = shares(pods.max(self.workloads), &sizes);
        let mut weigh = |_| (stream.between(1, 8), stream.between(1, 8));
        let weights: Vec<(u32, u32)> = (0..self.workloads).map(&mut weigh).collect();
        let total = |weight: fn(&(u32, u32)) -> u32| {
            sizes
                .iter()
                .zip(&weights)
                .map(|(&size, weights)| count(size) * u64::from(weight(weights)))
                .sum::<u64>()
                .max(1)
        };
        let (cpu, memory) = (total(|weights| weights.0), total(|weights| weights.1));
        let mut accelerators = self.total(|group| group.accelerators) * 95 / 100;
        let mut workloads = Vec::new();
        for (number, (&size, &(of_cpu, of_memory))) in (1..).zip(sizes.iter().zip(&weights)) {
            let millicores = self.total(|group| group.cores * 1000) * 95 / 100;
            let bytes = self.total(|group| group.gibibytes * GIBIBYTE) / 100 * 95;
            let mut requests = BTreeMap::from([
                ("cpu".to_owned(), millicores * u64::from(of_cpu) / cpu),
                ("memory".to_owned(), bytes / memory * u64::from(of_memory) / MEBIBYTE * MEBIBYTE),
            ]);
            if count(size) <= accelerators {
                accelerators -= count(size);
                requests.insert(ACCELERATOR.to_owned(), 1);
            }
            let group = self.group(&mut stream);
            workloads.push(Workload {
                name: format!("pool-{}-{number:03}", self.number),
                pods: vec![None; size],
                requests,
                priority: i32::try_from(stream.between(1, 5)).unwrap_or_default(),
                selector: group
                    .iter()
                    .map(|group| (GROUP.to_owned(), (*group).to_owned()))
                    .collect(),
                tolerates: self.taints(),
                ..Workload::default()
            });
        }
        workloads
    }

    /// The groups of the pool, with the number of nodes of each.
    fn groups(&self) -> impl Iterator<Item = (&'static Group, usize)> + '_ {
        let groups = GROUPS.iter().zip(self.counts.iter().copied());
        groups.filter(|(group, _)| group.pool == self.number)
    }

    fn total(&self, of: impl Fn(&Group) -> u64) -> u64 {
        self.groups().map(|(group, nodes)| of(group) * count(nodes)).sum()
    }

    /// The group that a workload selects: always, where the pool is one; of the others every
    /// sixth or so selects one.
    fn group(&self, stream: &mut seatrial_scheduling::tie::Stream) -> Option<&'static str> {
        let mut names: Vec<&'static str> = self.groups().map(|(group, _)| group.name).collect();
        if names.len() == 1 {
            return names.pop();
        }
        let chosen = usize::try_from(stream.below(18)).unwrap_or(usize::MAX);
        names.get(chosen).copied()
    }

    fn taints(&self) -> BTreeSet<String> {
        let tainted = self.groups().filter(|(group, _)| group.pool > 0);
        tainted.map(|(group, _)| format!("{TAINT}-{}", group.name)).collect()
    }
}

fn stream_between(stream: &mut seatrial_scheduling::tie::Stream, least: u32, most: u32) -> usize {
    usize::try_from(stream.between(least, most)).unwrap_or(usize::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
