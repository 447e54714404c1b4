//! Nodes that are lost, and nodes that are drained.
//!
//! A node that is lost does not come back. Its pods are not ready from then on; the controller of
//! taints deletes those that do not tolerate it for ever, but only when the node's object has been
//! removed, by the cloud or by an operator, are they gone.

use crate::{NodeStatus, Phase, Pod, Scope, State};

/// Loses a node.
pub(crate) fn lose(state: &mut State, node: u8) {
    state.set_node(node, NodeStatus::Lost);
    for pod in state.pods.iter_mut().filter(|pod| pod.node == node && pod.is_ready()) {
        pod.phase = Phase::Running;
    }
}

/// Whether pods are taken from a node that does not answer.
pub(crate) fn evicts_by_taint(scope: &Scope, state: &State, node: u8) -> bool {
    state.node(node) == NodeStatus::Lost
        && state.pods.iter().any(|pod| pod.node == node && goes(scope, *pod))
}

/// Deletes the pods of a node that does not answer. They stay on their way out.
pub(crate) fn evict_by_taint(scope: &Scope, state: &mut State, node: u8) {
    for pod in state.pods.iter_mut().filter(|pod| pod.node == node && goes(scope, **pod)) {
        pod.phase = Phase::Leaving;
    }
}

fn goes(scope: &Scope, pod: Pod) -> bool {
    let stays = scope.workload(pod.workload).is_some_and(|it| it.stays_on_lost_nodes);
    pod.is_active() && !stays
}

/// Removes a node and its pods.
pub(crate) fn remove(state: &mut State, node: u8) {
    state.set_node(node, NodeStatus::Gone);
    state.pods.retain(|pod| pod.node != node);
}

/// Whether a drain has come to its end: the node has no pods any more.
pub(crate) fn is_drained(state: &State, node: u8) -> bool {
    state.node(node) == NodeStatus::Draining && state.pods.iter().all(|pod| pod.node != node)
}
