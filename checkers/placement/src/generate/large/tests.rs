use std::collections::BTreeMap;

use super::super::testing::{assert_read_alike, cluster as read};
use super::*;

/// What is asked of the nodes of each taint, in thousandths of what they have.
fn usage(plan: &Blueprint, resource: &str) -> BTreeMap<Option<String>, u64> {
    let mut has: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for node in &plan.nodes {
        *has.entry(node.taint.clone()).or_default() += node.capacity.get(resource).unwrap_or(&0);
    }
    let mut asked: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for workload in &plan.workloads {
        let amount = workload.requests.get(resource).unwrap_or(&0);
        *asked.entry(workload.tolerates.first().cloned()).or_default() +=
            amount * count(workload.pods.len());
    }
    asked
        .into_iter()
        .map(|(taint, asked)| (taint.clone(), asked * 1000 / has[&taint].max(1)))
        .collect()
}

#[test]
fn the_whole_has_a_thousand_nodes_and_ten_thousand_pods() {
    let plan = cluster(1000, 1).unwrap();
    assert_eq!(1000, plan.nodes.len());
    assert_eq!(300, plan.workloads.len());
    assert_eq!(10_000, plan.workloads.iter().map(|workload| workload.pods.len()).sum::<usize>());
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for node in &plan.nodes {
        *groups.entry(node.labels[GROUP].as_str()).or_default() += 1;
    }
    let expected = GROUPS.each_ref().map(|group| (group.name, group.share * 10));
    assert_eq!(BTreeMap::from(expected), groups);
    let priorities = plan.workloads.iter().map(|workload| workload.priority);
    assert_eq!((1..=5).collect::<BTreeSet<i32>>(), priorities.collect());
    assert!(plan.workloads.iter().filter(|one| one.selector.is_empty()).count() > 100);
}

#[test]
fn every_pool_is_asked_for_95_percent() {
    for (nodes, least) in [(32, 930), (100, 945), (1000, 945)] {
        let plan = cluster(nodes, 3).unwrap();
        assert_eq!(nodes as usize, plan.nodes.len());
        for resource in ["cpu", "memory"] {
            let usage = usage(&plan, resource);
            assert_eq!(4, usage.len());
            assert!(usage.values().all(|share| (least..=950).contains(share)), "{usage:?}");
        }
        assert!(usage(&plan, ACCELERATOR).values().all(|&share| share <= 950));
    }
}

#[test]
fn every_pod_fits_an_empty_node() {
    for nodes in [16, 32, 200] {
        let instance = cluster(nodes, 5).unwrap().instance();
        for shape in &instance.shapes {
            let fits = |node: u32| {
                let capacity = &instance.nodes[node as usize].capacity;
                shape.requests.iter().zip(capacity).all(|(request, capacity)| request <= capacity)
            };
            assert!(shape.nodes.iter().any(fits), "{nodes} nodes: {shape:?}");
        }
    }
}

#[test]
fn the_number_of_nodes_is_bounded() {
    assert!(cluster(15, 0).is_err() && cluster(10_001, 0).is_err());
    assert_eq!(16, cluster(16, 0).unwrap().nodes.len());
}

#[test]
fn two_programs_read_the_instance_from_the_objects() {
    assert_read_alike(&cluster(32, 2).unwrap());
}

#[test]
fn the_default_scheduler_nearly_fills_it() {
    let cluster = read(&cluster(200, 1).unwrap());
    let simulation = seatrial_scheduling::simulate::simulate(&cluster, 0);
    let placed = simulation.nodes.iter().flatten().count();
    assert!((1_900..2_000).contains(&placed), "{placed}");
    assert_eq!(2_000 - placed, simulation.refusals.len());
}
