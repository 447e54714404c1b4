//! Nodes that can be swapped: a state stands for all that differ from it only by them.

use crate::{Kind, NOWHERE, NodeStatus, Phase, Scope, State};

/// The representative of a state.
pub(crate) fn canonical(scope: &Scope, state: &State) -> State {
    let mut to: Vec<u8> = (0_u8..).take(state.nodes.len()).collect();
    for class in scope.world.classes.iter().filter(|class| class.len() > 1) {
        let mut order: Vec<_> = class.iter().map(|node| (looks(state, *node), *node)).collect();
        order.sort_unstable();
        for ((_, from), target) in order.iter().zip(class) {
            if let Some(slot) = to.get_mut(usize::from(*from)) {
                *slot = *target;
            }
        }
    }
    let mut next = state.clone();
    for (status, target) in state.nodes.iter().zip(&to) {
        next.set_node(*target, *status);
    }
    for pod in &mut next.pods {
        pod.node = to.get(usize::from(pod.node)).copied().unwrap_or(NOWHERE);
        pod.nominated = to.get(usize::from(pod.nominated)).copied().unwrap_or(NOWHERE);
        if is_daemon(state, pod.workload) {
            pod.slot = to.get(usize::from(pod.slot)).copied().unwrap_or(pod.slot);
        }
    }
    next.pods.sort_unstable();
    next
}

fn is_daemon(state: &State, member: u8) -> bool {
    state.set(member).is_some_and(|set| set.kind == Kind::DaemonSet)
}

/// A pod as it looks on a node: its workload, revision, phase, ordinal or how it is remembered, and
/// whether it is only nominated there.
type Look = (u8, u8, Phase, u64, bool);

/// How a node looks, its name aside: how it is, the pods on it and nominated to it with their
/// ordinals or how they are remembered, and the pods of `DaemonSets` that are for it.
fn looks(state: &State, node: u8) -> (NodeStatus, Vec<Look>) {
    let pods = state.pods.iter().filter_map(|pod| {
        let is_daemon = is_daemon(state, pod.workload);
        let is_nominated = pod.nominated == node;
        let is_on = pod.node == node || is_nominated;
        let is_here = if is_daemon { pod.slot == node } else { is_on };
        let slot = match state.set(pod.workload).map(|set| set.kind) {
            Some(Kind::DaemonSet) => 0,
            Some(Kind::Deployment) => state.memory.mark(*pod),
            _ => u64::from(pod.slot),
        };
        is_here.then_some((pod.workload, pod.revision, pod.phase, slot, is_nominated))
    });
    (state.node(node), pods.collect())
}
