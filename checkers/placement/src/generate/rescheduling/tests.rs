use seatrial_certificate::{Filters, Step, replay};

use super::super::testing::assert_read_alike;
use super::*;

const SOME: Parameters = Parameters { machines: 20, moves: 6, seed: 1 };

/// The thousandths of a core in fragments, from the canonical instance.
fn fragments(instance: &Instance) -> u64 {
    let mut free: Vec<u64> = instance.nodes.iter().map(|node| node.capacity[0]).collect();
    for pod in &instance.pods {
        let requests = &instance.shapes[pod.shape as usize].requests;
        free[pod.node.unwrap() as usize] -= requests[0];
    }
    free.into_iter().map(|free| free % UNIT).sum()
}

#[test]
fn everything_runs_and_leaves_fragments() {
    let instance = instance(&SOME).unwrap();
    assert_eq!(40, instance.nodes.len());
    assert!(instance.pods.iter().all(|pod| pod.node.is_some()));
    assert!(fragments(&instance) > 0);
    assert_eq!(Some(6), instance.question.move_limit);
    assert!(instance.question.live);
    assert_eq!(Objective::Fragments { resource: 0, unit: 16_000 }, instance.question.objective);
}

#[test]
fn large_ones_are_in_both_halves_of_a_machine_and_stay() {
    let plan = cluster(&Parameters { machines: 200, ..SOME }).unwrap();
    let large: Vec<&Workload> = plan.workloads.iter().filter(|one| one.fixed).collect();
    assert_eq!(vec!["half-16", "half-32"], large.iter().map(|one| &one.name).collect::<Vec<_>>());
    for workload in large {
        for pair in workload.pods.chunks(2) {
            let [Some(one), Some(other)] = *pair else { panic!("{pair:?}") };
            assert_eq!((one + 1, 0), (other, one % 2), "{}", workload.name);
        }
    }
    let instance = plan.instance();
    assert!(instance.pods.iter().all(|pod| pod.fixed == pod.name.contains("half")));
}

#[test]
fn a_move_changes_the_fragments() {
    let instance = instance(&SOME).unwrap();
    let before = fragments(&instance);
    let filters = Filters::new(&instance);
    let changes = |pod: u32, node: u32| {
        let mut moved = instance.clone();
        moved.pods[pod as usize].node = Some(node);
        let steps = [Step::Move(pod, node)];
        let allowed = replay(&filters, &steps).is_ok();
        allowed && fragments(&moved) < before
    };
    let pods = u32::try_from(instance.pods.len()).unwrap();
    assert!((0..pods).any(|pod| (0..40).any(|node| changes(pod, node))));
}

#[test]
fn parameters_out_of_range_are_refused() {
    assert!(cluster(&Parameters { machines: 0, ..SOME }).is_err());
    assert!(instance(&Parameters { machines: 5_001, ..SOME }).is_err());
}

#[test]
fn two_programs_read_the_instance_from_the_objects() {
    assert_read_alike(&cluster(&SOME).unwrap());
}
