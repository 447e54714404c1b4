//! What is claimed.

use seatrial_explore::Property;

use super::state::{Phase, State};
use super::{CAPACITY, Preemption};
use crate::rules::Machine;

type Claim = crate::rules::Claim<Preemption>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<Preemption>>> {
    vec![
        Claim::always(
            ("CapacityRespected", "no node holds more than it has room for", &["pods"]),
            |p, s| {
                (0..p.bounds.nodes).all(|node| {
                    let here = (0..p.pods()).filter(|pod| s.pods[*pod].phase.node() == Some(node));
                    here.map(|pod| p.size(pod)).sum::<u8>() <= CAPACITY
                })
            },
        ),
        Claim::always(
            ("NeverDownward", "no pod is the victim of one that is no more important", &["wrongs"]),
            |_, s| !s.wrongs.inverted,
        ),
        Claim::always(
            (
                "BudgetsPreferred",
                "preemption violates a budget only where every node needs it",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.needless,
        ),
        Claim::always(
            (
                "BudgetRespected",
                "no eviction is granted that the budget forbids, as far as its status can know",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.overrun,
        ),
        Claim::leads_to(
            ("NominatedRuns", "a nominated pod is scheduled, or no longer nominated", &["pods"]),
            |_, s| s.pods.iter().any(|pod| pod.nominated.is_some()),
            |_, s| s.pods.iter().all(|pod| pod.nominated.is_none()),
        ),
        Claim::leads_to(
            ("Settles", "preemption comes to an end", &["pods"]),
            |_, s| !is_settled(s),
            |_, s| is_settled(s),
        ),
        Claim::leads_to(
            ("ImportantRuns", "the most important pod runs", &["pods"]),
            |p, s| !matches!(s.pods[p.pods() - 1].phase, Phase::Running(_)),
            |p, s| matches!(s.pods[p.pods() - 1].phase, Phase::Running(_)),
        ),
    ]
}

/// Whether nothing is under way.
pub(super) fn is_settled(s: &State) -> bool {
    let rests = |phase| matches!(phase, Phase::Pending | Phase::Running(_));
    s.pods.peek().iter().all(|pod| rests(pod.phase) && pod.nominated.is_none())
}
