//! The StatefulSet controller (`updateStatefulSet` in
//! `pkg/controller/statefulset/stateful_set_control.go`): one pod an ordinal, in order unless
//! `Parallel`, the one that was made last first when they go or are replaced.
//!
//! A pod is made only when the object of its predecessor in the same ordinal is gone: that, and
//! nothing else, is what keeps two pods of one identity apart.

use crate::{NOWHERE, Phase, Pod, Scope, Set, Shape, State, Strategy, Workload, quota};

/// What one reconciliation does first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// A pod is made.
    Make(Pod),
    /// A pod is deleted: it is too many, or of the old revision.
    Retire(Pod),
}

/// What the controller may do next for a member. With `Parallel` all at once, in any order.
pub(crate) fn moves(scope: &Scope, state: &State, member: u8) -> Vec<Move> {
    let (Some(workload), Some(set)) = (scope.workload(member), state.set(member).copied()) else {
        return Vec::new();
    };
    let Shape::StatefulSet { parallel, .. } = workload.shape else { return Vec::new() };
    let mut moves = Vec::new();
    for slot in 0..set.replicas {
        let first = match state.pod_in(member, slot) {
            None => Some(Move::Make(fresh(set, member, slot))),
            Some(pod) if state.is_available(pod) => continue,
            Some(_) => None,
        };
        let room = quota::room(scope, state, member) > 0;
        moves.extend(first.filter(|_| room));
        if !parallel {
            return moves;
        }
    }
    let condemned = condemned(state, set, member, parallel);
    if !condemned.is_empty() {
        moves.extend(condemned.into_iter().flatten().map(Move::Retire));
        if !parallel {
            return moves;
        }
    }
    moves.extend(outdated(workload, state, set, member).map(Move::Retire));
    moves
}

/// A pod of an ordinal as it is made: of the old revision below the partition.
fn fresh(set: Set, member: u8, slot: u8) -> Pod {
    let held = set.wants(set.other());
    let revision = if slot < held { set.other() } else { set.current };
    Pod {
        workload: member,
        revision,
        phase: Phase::Waiting,
        node: NOWHERE,
        slot,
        nominated: NOWHERE,
    }
}

/// The pods that are too many, the last one first; `None` for one that has to be waited for. In
/// order only the first counts.
fn condemned(state: &State, set: Set, member: u8, parallel: bool) -> Vec<Option<Pod>> {
    let mut pods: Vec<Pod> =
        state.pods_of(member).filter(|pod| pod.slot >= set.replicas).copied().collect();
    pods.sort_by_key(|pod| std::cmp::Reverse(pod.slot));
    let unhealthy = pods.iter().filter(|pod| !pod.is_ready()).map(|pod| pod.slot).min();
    let goes = |pod: &Pod| {
        let waits = !parallel && !state.is_available(*pod) && unhealthy != Some(pod.slot);
        (pod.is_active() && !waits).then_some(*pod)
    };
    let all = pods.iter().map(goes);
    if parallel { all.flatten().map(Some).collect() } else { all.take(1).collect() }
}

/// The pod that is replaced next: the last one of the old revision, if all after it are ready.
fn outdated(workload: &Workload, state: &State, set: Set, member: u8) -> Option<Pod> {
    if workload.strategy == Strategy::OnDelete {
        return None;
    }
    let held = set.wants(set.other());
    for slot in (held..set.replicas).rev() {
        let pod = state.pod_in(member, slot)?;
        if pod.is_active() && pod.revision != set.current {
            return Some(pod);
        }
        if !state.is_available(pod) {
            return None;
        }
    }
    None
}

/// The ordinal that keeps the controller from doing anything else, if it goes in order.
pub(crate) fn held_up_by(scope: &Scope, state: &State, member: u8) -> Option<Pod> {
    let (workload, set) = (scope.workload(member)?, state.set(member)?);
    let Shape::StatefulSet { parallel: false, .. } = workload.shape else { return None };
    let mut pods = (0..set.replicas).map(|slot| state.pod_in(member, slot));
    pods.find_map(|pod| pod.filter(|pod| !state.is_available(*pod)))
}
