//! The kubelet: containers start, become ready, crash and are started again; pods end. A pod that
//! comes to a node without the scheduler is refused if it cannot be there.

use crate::{Health, Phase, Pod, Scope, Set, State, Wait, node};

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

/// How far a pod comes when its containers start: ready at once, unless a probe has to pass first
/// or its revision is broken.
pub(crate) fn started(scope: &Scope, state: &State, pod: Pod) -> Phase {
    let is_probed = scope.workload(pod.workload).is_some_and(|it| it.probes.delays());
    if !is_probed && can_be_ready(scope, state, pod) { Phase::Ready } else { Phase::Running }
}

/// Whether a pod that runs becomes ready (again).
pub(crate) fn becomes_ready(scope: &Scope, state: &State, pod: Pod) -> bool {
    pod.phase == Phase::Running && answers(state, pod) && can_be_ready(scope, state, pod)
}

/// Whether a ready pod comes to have been ready for `minReadySeconds`: containers that crash again
/// and again do so before.
pub(crate) fn settles(state: &State, pod: Pod) -> bool {
    let settles = |set: &Set| set.settles && set.health_of(pod.revision) != Health::Crashes;
    pod.phase == Phase::Ready && state.set(pod.workload).is_some_and(settles)
}

/// Whether the containers of a pod crash by themselves.
pub(crate) fn crashes(state: &State, pod: Pod) -> bool {
    let set = state.set(pod.workload);
    pod.is_ready() && set.is_some_and(|set| set.health_of(pod.revision) == Health::Crashes)
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
        (other.runs() || other.phase == Phase::Leaving)
            && other.node != pod.node
            && claims(other).iter().any(|claim| own.contains(claim))
    };
    state.pods.iter().find(holds).copied()
}

fn answers(state: &State, pod: Pod) -> bool {
    state.node(pod.node).answers()
}

/// Whether a pod is ever ready: one whose containers crash is if no probe has to pass first.
fn can_be_ready(scope: &Scope, state: &State, pod: Pod) -> bool {
    state.set(pod.workload).is_some_and(|set| match set.health_of(pod.revision) {
        Health::Good => true,
        Health::NeverReady => false,
        Health::Crashes => !scope.workload(pod.workload).is_some_and(|it| it.probes.delays()),
    })
}
