use std::collections::BTreeSet;

use super::super::testing::assert_read_alike;
use super::cluster;

#[test]
fn the_family_is_as_small_as_it_says_and_has_every_kind_of_constraint() {
    let (mut affinity, mut away, mut spread, mut selective) = (0, 0, 0, 0);
    for seed in 0..200 {
        let plan = cluster(seed);
        let pods: usize = plan.workloads.iter().map(|workload| workload.pods.len()).sum();
        assert!((4..=8).contains(&plan.nodes.len()), "seed {seed}");
        assert!((16..=64).contains(&pods), "seed {seed}");
        assert!((6..=12).contains(&plan.workloads.len()), "seed {seed}");
        assert!(plan.workloads.iter().all(|workload| !workload.pods.is_empty()));
        for workload in &plan.workloads {
            affinity += workload.near.len();
            away += workload.apart.len();
            spread += workload.spread.len();
            selective += workload.selector.len();
        }
        let instance = plan.instance();
        assert_eq!(pods, instance.pods.len());
        assert!(instance.shapes.len() <= plan.workloads.len());
    }
    assert!(affinity > 100 && away > 300 && spread > 300 && selective > 100);
}

#[test]
fn seeds_differ_and_nothing_else_does() {
    let all: BTreeSet<String> = (0..50).map(|seed| format!("{:?}", cluster(seed))).collect();
    assert_eq!(50, all.len());
    assert_eq!(cluster(7), cluster(7));
}

#[test]
fn two_programs_read_the_instance_from_the_objects() {
    for seed in 0..60 {
        assert_read_alike(&cluster(seed));
    }
}
