//! Nodes that are lost, cut off, tainted or drained.
//!
//! A node that is lost does not come back. Its pods are not ready from then on; the controller of
//! taints deletes those that do not tolerate it for ever, but only when the node's object has been
//! removed, by the cloud or by an operator, are they gone. A node that is cut off looks the same,
//! but is not removed.

use seatrial_scheduling::{Effect, Taint};

use crate::{Kind, NodeStatus, Phase, Pod, Scope, State, disruption, job, preemption, scheduler};

/// Loses a node, or cuts it off.
pub(crate) fn lose(state: &mut State, node: u8, status: NodeStatus) {
    state.set_node(node, status);
    for pod in state.pods.iter_mut().filter(|pod| pod.node == node && pod.is_ready()) {
        pod.phase = Phase::Running;
    }
}

/// Whether the controller of taints takes pods from a node.
pub(crate) fn evicts_by_taint(scope: &Scope, state: &State, node: u8) -> bool {
    state.pods.iter().any(|pod| pod.node == node && goes(scope, state, *pod))
}

/// Deletes the pods of a node that do not tolerate its taints for ever. They are on their way out;
/// budgets are not asked.
pub(crate) fn evict_by_taint(scope: &Scope, state: &mut State, node: u8) {
    let pods: Vec<Pod> = state.pods.iter().copied().filter(|pod| pod.node == node).collect();
    for pod in pods {
        if goes(scope, state, pod) {
            if job::counts_evictions(scope, pod.workload) {
                job::fail(state, pod.workload);
            }
            delete(scope, state, pod);
        }
    }
}

/// Whether the taints of its node take a pod away. One that its kubelet has yet to refuse is left
/// to it.
fn goes(scope: &Scope, state: &State, pod: Pod) -> bool {
    let is_new = pod.phase == Phase::Starting
        && state.node(pod.node).answers()
        && scope.workload(pod.workload).is_some_and(|it| it.pinned.is_some());
    pod.is_active() && !is_new && rejects(scope, state, pod)
}

/// Whether a node has a taint `NoExecute` that a pod does not tolerate for ever.
pub(crate) fn rejects(scope: &Scope, state: &State, pod: Pod) -> bool {
    let Some(workload) = scope.workload(pod.workload) else { return false };
    let own = scope.world.cluster.nodes.get(usize::from(pod.node));
    let own = own.map_or(&[][..], |node| node.taints.as_slice()).iter().cloned();
    let mut taints = own.chain(scheduler::taints(state.node(pod.node)));
    taints.any(|taint: Taint| {
        taint.effect == Effect::NoExecute
            && !workload.tolerates.iter().any(|it| it.tolerates(&taint))
    })
}

/// Whether a node has room for a pod that is bound to it already, next to all others.
pub(crate) fn has_room(scope: &Scope, state: &State, pod: Pod) -> bool {
    let cluster = &scope.world.cluster;
    let Some(node) = cluster.nodes.get(usize::from(pod.node)) else { return false };
    let residents = cluster.pods.iter().filter(|it| it.node == Some(usize::from(pod.node)));
    let residents = residents.map(|it| it.template);
    let own = state.pods.iter().filter(|it| it.node == pod.node && it.phase != Phase::Ghost);
    let own = own.filter(|it| it.phase != Phase::Starting || **it == pod);
    let own = own.filter_map(|it| Some(scope.workload(it.workload)?.templates[0]));
    let templates: Vec<_> =
        residents.chain(own).filter_map(|template| cluster.templates.get(template)).collect();
    (0..).zip(&node.allocatable).all(|(resource, has): (usize, _)| {
        let asked = templates.iter().filter_map(|it| it.spec.requests.get(resource));
        asked.map(|amount| u128::from(*amount)).sum::<u128>() <= u128::from(*has)
    })
}

/// Removes a node and its pods; `DaemonSets` are for one node less.
pub(crate) fn remove(scope: &Scope, state: &mut State, node: u8) {
    state.set_node(node, NodeStatus::Gone);
    let lost = state.pods.iter().filter(|pod| pod.node == node && pod.is_active());
    let failed: Vec<u8> = lost.map(|pod| pod.workload).collect();
    for member in failed.into_iter().filter(|member| job::counts_evictions(scope, *member)) {
        job::fail(state, member);
    }
    state.pods.retain(|pod| pod.node != node);
    preemption::forget(state, node);
    for (member, workload) in scope.workloads() {
        let crate::Shape::DaemonSet { nodes } = &workload.shape else { continue };
        state.pods.retain(|pod| pod.workload != member || pod.slot != node);
        if nodes.iter().any(|daemon| daemon.node == node)
            && let Some(set) = state.set_mut(member)
        {
            set.replicas = set.replicas.saturating_sub(1);
        }
    }
}

/// Deletes a pod: one that is bound is on its way out until its kubelet says that it has ended.
/// Without a grace period its object goes at once, and its containers when the kubelet hears of it.
pub(crate) fn delete(scope: &Scope, state: &mut State, pod: Pod) {
    let workload = scope.workload(pod.workload);
    let immediate = workload.is_some_and(|it| it.is_immediate && it.kind() == Kind::StatefulSet);
    let ran = pod.runs();
    let with = match (pod.phase, immediate) {
        (Phase::Waiting, _) => None,
        (_, true) => ran.then(|| pod.at(Phase::Ghost)),
        _ => Some(pod.at(Phase::Leaving)),
    };
    state.replace(pod, with);
}

/// Whether a drain has come to its end: the node has no pods any more, those of `DaemonSets` aside.
pub(crate) fn is_drained(scope: &Scope, state: &State, node: u8) -> bool {
    let stays = |pod: &Pod| pod.phase == Phase::Ghost || !is_drainable(scope, *pod);
    state.node(node) == NodeStatus::Draining
        && state.pods.iter().filter(|pod| pod.node == node).all(stays)
}

/// Whether a drain evicts a pod: not those of `DaemonSets`.
fn is_drainable(scope: &Scope, pod: Pod) -> bool {
    scope.workload(pod.workload).is_some_and(|it| it.kind() != Kind::DaemonSet)
}

/// Whether a drain asks for the eviction of a pod.
pub(crate) fn is_to_be_drained(scope: &Scope, state: &State, pod: Pod) -> bool {
    state.node(pod.node) == NodeStatus::Draining && pod.is_active() && is_drainable(scope, pod)
}

/// Whether a drain evicts a pod now.
pub(crate) fn drains(scope: &Scope, state: &State, pod: Pod) -> bool {
    is_to_be_drained(scope, state, pod)
        && disruption::evict(scope, state, pod) == disruption::Eviction::Allowed
}
