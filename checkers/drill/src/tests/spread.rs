//! Two hard spread constraints, over zones and over nodes: the number of pods that are placed when
//! some order of placement first gets stuck. The table was computed by an exhaustive search of another kind.

use super::super::testing::{answer, deployment, zones};
use crate::Question;
use seatrial_explore::Answer;

const SPREAD: &str = "topologySpreadConstraints:\n      \
    - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, \
    labelSelector: {matchLabels: {app: web}}}\n      \
    - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, \
    labelSelector: {matchLabels: {app: web}}}";

fn starts(counts: &[usize], pods: u8) -> Answer {
    let text = deployment(pods, "", SPREAD);
    answer(&text, &zones(counts), "", Question::StartUp).verdict
}

#[test]
fn uneven_zones_get_stuck_at_the_known_number_of_pods() {
    for (counts, first) in [
        (&[2, 1][..], 5),
        (&[3, 1], 3),
        (&[3, 2], 9),
        (&[4, 1], 3),
        (&[4, 2], 5),
        (&[5, 1], 3),
        (&[5, 2], 5),
        (&[5, 3], 7),
        (&[5, 2, 2], 7),
    ] {
        assert_eq!(starts(counts, first), Answer::Holds, "{counts:?} up to {first}");
        assert_eq!(starts(counts, first + 1), Answer::Violated, "{counts:?} after {first}");
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
