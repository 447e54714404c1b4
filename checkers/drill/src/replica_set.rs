//! The replica set controller: it makes the pods that are missing, and deletes those that are too
//! many, the least useful first (`pkg/controller/replicaset/replica_set.go`).

use std::cmp::Reverse;

use crate::{Kind, NOWHERE, Phase, Pod, Scope, State, quota};

/// How many pods of a revision are made now: those that are missing, as far as quotas allow.
pub(crate) fn missing(scope: &Scope, state: &State, member: u8, revision: u8) -> usize {
    let Some(set) = state.set(member).filter(|set| set.kind == Kind::Deployment) else { return 0 };
    let wanted = usize::from(set.wants(revision));
    let missing = wanted.saturating_sub(state.active(member, revision));
    if missing == 0 { 0 } else { missing.min(quota::room(scope, state, member)) }
}

/// A pod as it is made.
pub(crate) fn fresh(member: u8, revision: u8) -> Pod {
    Pod {
        workload: member,
        revision,
        phase: Phase::Waiting,
        node: NOWHERE,
        slot: 0,
        nominated: NOWHERE,
    }
}

/// The pods of a revision of which one is deleted now, if there are too many: those of the first
/// rank. Which one of them goes depends on ages, which are not modelled: any may.
pub(crate) fn victims(state: &State, member: u8, revision: u8) -> Vec<Pod> {
    let Some(set) = state.set(member).filter(|set| set.kind == Kind::Deployment) else {
        return Vec::new();
    };
    if state.active(member, revision) <= usize::from(set.wants(revision)) {
        return Vec::new();
    }
    let pods = state.distinct_pods();
    let mut pods: Vec<Pod> = pods
        .filter(|pod| pod.workload == member && pod.revision == revision && pod.is_active())
        .collect();
    let first = pods.iter().map(|pod| rank(state, *pod)).min();
    pods.retain(|pod| Some(rank(state, *pod)) == first);
    pods
}

/// The pods of a revision that are too many, as one reconciliation counts them.
#[derive(Debug, Default)]
pub(crate) struct Excess {
    /// Those that go in any case.
    pub surely: Vec<Pod>,
    /// Those of the last rank of which some go.
    pub ties: Vec<Pod>,
    /// How many of them.
    pub of_ties: usize,
}

/// All pods of a revision that are too many, the first ranks first.
pub(crate) fn excess(state: &State, member: u8, revision: u8) -> Excess {
    let Some(set) = state.set(member).filter(|set| set.kind == Kind::Deployment) else {
        return Excess::default();
    };
    let pods = state.pods_of_revision(member, revision).filter(|pod| pod.is_active());
    let mut pods: Vec<_> = pods.map(|pod| (rank(state, *pod), *pod)).collect();
    pods.sort_unstable();
    let too_many = pods.len().saturating_sub(usize::from(set.wants(revision)));
    let Some(last) = too_many.checked_sub(1).and_then(|place| pods.get(place)) else {
        return Excess::default();
    };
    let last = last.0;
    let (surely, rest): (Vec<_>, Vec<_>) = pods.iter().partition(|(rank, _)| *rank < last);
    let ties: Vec<Pod> =
        rest.into_iter().filter(|(rank, _)| *rank == last).map(|(_, pod)| pod).collect();
    let of_ties = too_many - surely.len();
    let mut surely: Vec<Pod> = surely.into_iter().map(|(_, pod)| pod).collect();
    if of_ties == ties.len() {
        surely.extend(ties);
        return Excess { surely, ..Excess::default() };
    }
    Excess { surely, ties, of_ties }
}

/// Which pods go first (`ActivePodsWithRanks.Less` in `pkg/controller/controller_utils.go`): those
/// that are bound to no node, that do not run, that are not ready, and that share their node with
/// more pods of the same Deployment.
fn rank(state: &State, pod: Pod) -> (bool, bool, bool, Reverse<usize>) {
    let alike = state
        .pods_of(pod.workload)
        .filter(|other| other.is_active() && other.node == pod.node && pod.node != NOWHERE);
    (pod.node != NOWHERE, pod.runs(), pod.is_ready(), Reverse(alike.count()))
}
