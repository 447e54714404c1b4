//! The kubelet: containers start, become ready, crash and are started again; pods end.

use crate::{NodeStatus, Phase, Pod, Scope, State};

/// Whether the containers of a pod that is bound can start: its node answers, and no other node
/// holds a volume that only one can attach.
pub(crate) fn starts(scope: &Scope, state: &State, pod: Pod) -> bool {
    pod.phase == Phase::Starting && answers(state, pod) && holder(scope, state, pod).is_none()
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
    pod.phase == Phase::Leaving && answers(state, pod)
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
    matches!(state.node(pod.node), NodeStatus::Up | NodeStatus::Draining)
}

fn can_be_ready(state: &State, pod: Pod) -> bool {
    state.set(pod.workload).is_some_and(|set| !(set.broken && pod.revision == set.current))
}
