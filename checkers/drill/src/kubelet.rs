//! The kubelet: containers start, become ready, crash and are started again; pods end. A pod that
//! comes to a node without the scheduler is refused if it cannot be there.

use crate::{Phase, Pod, Scope, State, Wait, node};

/// Whether the containers of a pod that is bound can start: its node answers and does not refuse
/// it, no other node holds a volume that only one can attach, and the Services that its init
/// containers wait for have somebody to answer.
pub(crate) fn starts(scope: &Scope, state: &State, pod: Pod) -> bool {
    pod.phase == Phase::Starting
        && answers(state, pod)
        && !refuses(scope, state, pod)
        && holder(scope, state, pod).is_none()
        && awaited(scope, state, pod).is_none()
}

/// How far a pod comes when its containers start: ready at once, unless its revision is broken.
pub(crate) fn started(state: &State, pod: Pod) -> Phase {
    if can_be_ready(state, pod) { Phase::Ready } else { Phase::Running }
}

/// Whether a pod that runs becomes ready (again).
pub(crate) fn becomes_ready(state: &State, pod: Pod) -> bool {
    pod.phase == Phase::Running && answers(state, pod) && can_be_ready(state, pod)
}

/// Whether a pod on its way out ends: its node answers, and can say so.
pub(crate) fn ends(state: &State, pod: Pod) -> bool {
    matches!(pod.phase, Phase::Leaving | Phase::Ghost) && answers(state, pod)
}

/// Whether the kubelet refuses a pod (`pkg/kubelet/lifecycle/predicate.go`): only one that did not
/// come through the scheduler can lack room or not tolerate a taint.
pub(crate) fn refuses(scope: &Scope, state: &State, pod: Pod) -> bool {
    let is_pinned = scope.workload(pod.workload).is_some_and(|it| it.pinned.is_some());
    is_pinned
        && pod.phase == Phase::Starting
        && answers(state, pod)
        && (node::rejects(scope, state, pod) || !node::has_room(scope, state, pod))
}

/// The Service that an init container of a pod waits for in vain.
pub(crate) fn awaited<'a>(scope: &'a Scope, state: &State, pod: Pod) -> Option<&'a Wait> {
    let is_answered = |wait: &Wait| {
        let members =
            scope.workloads().filter(|(_, workload)| wait.selected.contains(&workload.name));
        members.into_iter().any(|(member, _)| {
            let mut pods = state.pods_of(member);
            pods.any(|other| {
                other.is_ready() || wait.publishes_all && other.phase != Phase::Waiting
            })
        })
    };
    scope.workload(pod.workload)?.waits.iter().find(|wait| !is_answered(wait))
}

/// A pod on another node that holds a volume of this one.
pub(crate) fn holder(scope: &Scope, state: &State, pod: Pod) -> Option<Pod> {
    let claims = |pod: &Pod| scope.workload(pod.workload).map_or(&[][..], |it| &it.attached);
    let own = claims(&pod);
    let holds = |other: &&Pod| {
        matches!(other.phase, Phase::Running | Phase::Ready | Phase::Leaving)
            && other.node != pod.node
            && claims(other).iter().any(|claim| own.contains(claim))
    };
    state.pods.iter().find(holds).copied()
}

fn answers(state: &State, pod: Pod) -> bool {
    state.node(pod.node).answers()
}

fn can_be_ready(state: &State, pod: Pod) -> bool {
    state.set(pod.workload).is_some_and(|set| !set.is_broken(pod.revision))
}
