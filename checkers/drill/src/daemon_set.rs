//! The DaemonSet controller (`pkg/controller/daemon/{daemon_controller,update}.go`): one pod a
//! node, replaced node by node, first where the old one is not available.

use crate::stateful_set::Move;
use crate::{
    Daemon, NOWHERE, NodeStatus, Phase, Pod, Scope, Shape, State, Strategy, Workload, quota,
};

/// What the controller may do next for a member.
pub(crate) fn moves(scope: &Scope, state: &State, member: u8) -> Vec<Move> {
    let Some(workload) = scope.workload(member) else { return Vec::new() };
    let (Shape::DaemonSet { nodes }, Some(set)) = (&workload.shape, state.set(member)) else {
        return Vec::new();
    };
    let fresh = |slot| Pod {
        workload: member,
        revision: set.current,
        phase: Phase::Waiting,
        node: NOWHERE,
        slot,
        nominated: NOWHERE,
    };
    let there = |daemon: &&Daemon| state.node(daemon.node) != NodeStatus::Gone;
    let lacks = |daemon: &&Daemon| state.pod_in(member, daemon.node).is_none();
    let lacking = nodes.iter().filter(there).filter(lacks);
    let room = quota::room(scope, state, member);
    let mut moves: Vec<Move> =
        lacking.take(room).map(|daemon| Move::Make(fresh(daemon.node))).collect();
    moves.extend(outdated(workload, state, member).into_iter().map(Move::Retire));
    moves
}

/// The pods of the old revision that may go now: those that are not available, and as many others
/// as may be missed.
fn outdated(workload: &Workload, state: &State, member: u8) -> Vec<Pod> {
    let Some(set) = state.set(member) else { return Vec::new() };
    if workload.strategy == Strategy::OnDelete {
        return Vec::new();
    }
    let missing = usize::from(set.replicas).saturating_sub(state.available(member));
    let may_miss = missing < usize::from(workload.misses(set.replicas));
    let old = state.pods_of_revision(member, set.other()).filter(|pod| pod.is_active());
    old.filter(|pod| !state.is_available(**pod) || may_miss).copied().collect()
}
