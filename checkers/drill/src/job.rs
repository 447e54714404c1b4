//! The Job controller (`pkg/controller/job/job_controller.go`): pods until enough of them have
//! succeeded or too many have failed.

use crate::{Kind, NOWHERE, Phase, Pod, Scope, Shape, State, quota};

/// The pod that the controller makes next for a member.
pub(crate) fn missing(scope: &Scope, state: &State, member: u8) -> Option<Pod> {
    let (workload, set) = (scope.workload(member)?, state.set(member)?);
    let Shape::Job { parallelism, .. } = workload.shape else { return None };
    // Pods on their way out count as running until they have gone.
    let runs = state.pods_of(member).count();
    let wanted = usize::from(parallelism.min(set.replicas));
    let fresh = Pod {
        workload: member,
        revision: 0,
        phase: Phase::Waiting,
        node: NOWHERE,
        slot: 0,
        nominated: NOWHERE,
    };
    (runs < wanted && set.wants(0) > 0 && quota::room(scope, state, member) > 0).then_some(fresh)
}

/// Whether a pod may come to its end.
pub(crate) fn succeeds(state: &State, pod: Pod) -> bool {
    pod.is_ready()
        && state.set(pod.workload).is_some_and(|set| set.kind == Kind::Job && set.replicas > 0)
}

/// Takes note of a pod that has succeeded: when the last one has, the others go.
pub(crate) fn succeed(state: &mut State, pod: Pod) {
    state.replace(pod, None);
    let Some(set) = state.set_mut(pod.workload) else { return };
    set.replicas = set.replicas.saturating_sub(1);
    if set.replicas == 0 {
        state.pods.retain(|other| other.workload != pod.workload);
    }
}

/// Takes note of a pod of a Job that has failed, or was deleted: after too many the Job fails, and
/// the others go.
pub(crate) fn fail(state: &mut State, member: u8) {
    let Some(set) = state.set_mut(member).filter(|set| set.kind == Kind::Job) else { return };
    let left = set.wants(0).saturating_sub(1);
    set.want(0, left);
    if left == 0 {
        state.pods.retain(|other| other.workload != member);
    }
}

/// Whether a pod that is evicted counts as failed.
pub(crate) fn counts_evictions(scope: &Scope, member: u8) -> bool {
    scope.workload(member).is_some_and(|workload| {
        matches!(workload.shape, Shape::Job { forgives_evictions: false, .. })
    })
}
