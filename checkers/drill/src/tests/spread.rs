//! Two hard spread constraints, over zones and over nodes: the number of pods that are *placed* when
//! some order of placement first gets stuck, so that the next one waits for ever. With 5 on zones of
//! two nodes and one, five replicas always come up, and of six one may wait. The table was computed
//! by an exhaustive search of another kind.

use std::collections::BTreeSet;

use seatrial_explore::Answer;
use stateright::Model;

use super::super::testing::{answer, deployment, world, zones};
use crate::{Drill, Faults, NOWHERE, Phase, Pod, Question, Scope};

const SPREAD: &str = "topologySpreadConstraints:\n      \
    - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, \
    labelSelector: {matchLabels: {app: web}}}\n      \
    - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, \
    labelSelector: {matchLabels: {app: web}}}";

/// Nodes of each zone, and the number of pods that are placed in every order: the number of
/// replicas that is safe, one less than the first that may not come up.
const UNEVEN: [(&[usize], u8); 9] = [
    (&[2, 1], 5),
    (&[3, 1], 3),
    (&[3, 2], 9),
    (&[4, 1], 3),
    (&[4, 2], 5),
    (&[5, 1], 3),
    (&[5, 2], 5),
    (&[5, 3], 7),
    (&[5, 2, 2], 7),
];

fn starts(counts: &[usize], pods: u8) -> Answer {
    let text = deployment(pods, "", SPREAD);
    answer(&text, &zones(counts), "", Question::StartUp).verdict
}

#[test]
fn uneven_zones_get_stuck_when_the_known_number_of_pods_is_placed_and_one_more_is_asked_for() {
    for (counts, placed) in UNEVEN {
        assert_eq!(starts(counts, placed), Answer::Holds, "{counts:?} up to {placed}");
        assert_eq!(starts(counts, placed + 1), Answer::Violated, "{counts:?} after {placed}");
    }
}

#[test]
fn even_zones_never_get_stuck() {
    for (counts, pods) in [(&[1, 1][..], 6), (&[2, 2], 7), (&[3, 3], 7)] {
        assert_eq!(starts(counts, pods), Answer::Holds, "{counts:?} with {pods}");
    }
}

#[test]
fn a_pod_that_is_stuck_names_its_constraint() {
    let text = deployment(4, "", SPREAD);
    let answer = answer(&text, &zones(&[3, 1]), "", Question::StartUp);
    let story = answer.story.unwrap();
    let line = text.lines().position(|line| line.contains("topologySpread")).unwrap() + 1;
    assert!(
        story.because.iter().any(|because| because.location.line as usize == line
            && because.what.contains("didn't match pod topology spread constraints")),
        "{story:?}"
    );
}

/// The number of pods that some order of placement places at most, of up to `most`: all placements
/// that the scheduler's filters allow, one pod after the other, each ready at once.
fn placed_in_the_worst_order(counts: &[usize], most: u8) -> u8 {
    let text = deployment(most, "", SPREAD);
    let world = std::sync::Arc::new(world(&text, &zones(counts)).unwrap());
    let drill = Drill::new(Scope::around(&world, 0), Faults::NONE, Vec::new());
    let waits = Pod {
        workload: 0,
        revision: 0,
        phase: Phase::Waiting,
        node: NOWHERE,
        slot: 0,
        nominated: NOWHERE,
    };
    let mut placements = vec![drill.init_states().remove(0)];
    for count in 0..most {
        let mut next = BTreeSet::new();
        for state in &placements {
            let mut asked = state.clone();
            asked.pods.push(waits);
            let nodes = drill.scheduler.nodes(&drill.scope, &asked, waits);
            if nodes.is_empty() {
                return count;
            }
            for node in nodes {
                let mut state = state.clone();
                state.pods.push(Pod { node, phase: Phase::Ready, ..waits });
                state.normalise();
                next.insert(drill.canonical(&state));
            }
        }
        placements = next.into_iter().collect();
    }
    most
}

#[test]
fn nearly_even_zones_need_many_pods_to_get_stuck_and_even_ones_never_do() {
    let nearly_even: [(&[usize], u8); 7] = [
        (&[4, 3], 13),
        (&[5, 4], 17),
        (&[1, 1], 24),
        (&[2, 2], 24),
        (&[3, 3], 24),
        (&[4, 4], 24),
        (&[5, 5], 24),
    ];
    for (counts, placed) in UNEVEN.into_iter().chain(nearly_even) {
        assert_eq!(placed_in_the_worst_order(counts, 24), placed, "{counts:?}");
    }
}
