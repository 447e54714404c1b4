//! What each step changes.

use crate::preemption::{self, Choice};
use crate::{
    Action, Health, Kind, NOWHERE, NodeStatus, Phase, Pod, Scope, Set, Shape, State, job, kubelet,
    node, replica_set,
};

/// Changes the state, but for its normal form.
pub(crate) fn change(scope: &Scope, state: &mut State, action: Action) {
    match action {
        Action::Resize(member, new, old) => {
            if let Some(set) = state.set_mut(member) {
                set.want(set.current, new);
                set.want(set.other(), old);
                set.sized_for = set.replicas;
            }
        }
        Action::Create(member, revision, count) | Action::Stale(member, revision, count) => {
            let fresh = replica_set::fresh(member, revision);
            state.pods.extend(std::iter::repeat_n(fresh, usize::from(count)));
        }
        Action::Make(pod) => state.pods.push(pod),
        Action::Delete(pod) | Action::Retire(pod) => node::delete(scope, state, pod),
        Action::Kill(pod) => delete_and_count(scope, state, pod, true),
        Action::Evict(pod) | Action::EvictLate(pod) | Action::Deschedule(pod, _) => {
            disrupt(scope, state, pod);
        }
        Action::Preempt(pod, node, victims) => {
            preemption::preempt(scope, state, pod, Choice { node, victims });
        }
        Action::Unnominate(pod) => preemption::nominate(state, pod, NOWHERE),
        Action::Bind(pod, node) => {
            state.replace(
                pod,
                Some(Pod { node, phase: Phase::Starting, nominated: NOWHERE, ..pod }),
            );
        }
        Action::Start(pod) => {
            let phase = kubelet::started(scope, state, pod);
            state.replace(pod, Some(pod.at(phase)));
        }
        Action::Ready(pod) => state.replace(pod, Some(pod.at(Phase::Ready))),
        Action::End(pod) | Action::Refuse(pod) => state.replace(pod, None),
        Action::Succeed(pod) => job::succeed(state, pod),
        Action::Settle(pod) => state.replace(pod, Some(pod.at(Phase::Available))),
        Action::CrashLoop(pod) | Action::FailProbe(pod, false) => {
            state.replace(pod, Some(pod.at(Phase::Running)));
        }
        Action::Crash(pod) | Action::FailProbe(pod, true) => crash(scope, state, pod),
        Action::ForceDelete(pod) => force_delete(state, pod),
        _ => change_more(scope, state, action),
    }
}

/// Changes nodes or workloads.
fn change_more(scope: &Scope, state: &mut State, action: Action) {
    match action {
        Action::Uncordon(node) => state.set_node(node, NodeStatus::Up),
        Action::Drain(node) => state.set_node(node, NodeStatus::Draining),
        Action::Cordon(node) => state.set_node(node, NodeStatus::Cordoned),
        Action::Taint(node) => state.set_node(node, NodeStatus::Tainted),
        Action::EvictByTaint(node) => node::evict_by_taint(scope, state, node),
        Action::Remove(node) => node::remove(scope, state, node),
        Action::LoseNode(node) => node::lose(state, node, NodeStatus::Lost),
        Action::CutOff(node) => node::lose(state, node, NodeStatus::CutOff),
        Action::LoseZone(zone) => lose_zone(scope, state, zone),
        Action::Load(member, load) => {
            if let Some(set) = state.set_mut(member) {
                set.load = load;
            }
        }
        Action::Autoscale(member, replicas) | Action::Scale(member, replicas) => {
            if let Some(set) = state.set_mut(member) {
                set.replicas = replicas;
            }
        }
        Action::Apply(member, replicas) => {
            if let Some(set) = state.set_mut(member) {
                set.rescaled |= set.replicas != replicas;
                set.replicas = replicas;
            }
        }
        Action::Rollout(member, health) => roll_out(scope, state, member, health),
        Action::Rollback(member) => {
            if let Some(set) = state.set_mut(member) {
                set.current = set.other();
                if set.kind == Kind::StatefulSet {
                    set.desired = [0, 0];
                }
            }
        }
        _ => {}
    }
}

/// Deletes a pod by a disruption, as evictions and preemptions are: whether that counts as a failure,
/// its Job says.
pub(crate) fn disrupt(scope: &Scope, state: &mut State, pod: Pod) {
    let counts = job::counts_evictions(scope, pod.workload);
    delete_and_count(scope, state, pod, counts);
}

/// A pod of a Job that is deleted has failed.
fn delete_and_count(scope: &Scope, state: &mut State, pod: Pod, counts: bool) {
    node::delete(scope, state, pod);
    if counts {
        job::fail(state, pod.workload);
    }
}

/// Containers that crash are started again, unless the pod says `Never`; a Job counts either.
fn crash(scope: &Scope, state: &mut State, pod: Pod) {
    let restarts = scope.workload(pod.workload).is_some_and(|workload| workload.restarts);
    state.replace(pod, restarts.then(|| pod.at(Phase::Running)));
    job::fail(state, pod.workload);
}

/// The object goes at once. Only of pods with an identity is it remembered that they may run.
fn force_delete(state: &mut State, pod: Pod) {
    let is_named = state.set(pod.workload).is_some_and(|set| set.kind == Kind::StatefulSet);
    state.replace(pod, is_named.then(|| pod.at(Phase::Ghost)));
}

fn roll_out(scope: &Scope, state: &mut State, member: u8, health: Health) {
    let shape = scope.workload(member).map(|workload| &workload.shape);
    let held = match shape {
        Some(Shape::StatefulSet { partition, .. }) => Some(*partition),
        _ => None,
    };
    let Some(set) = state.set_mut(member) else { return };
    *set = Set { current: set.other(), ..*set };
    if let Some(slot) = set.health.get_mut(usize::from(set.current)) {
        *slot = health;
    }
    if let Some(held) = held {
        set.desired = [0, 0];
        set.want(set.other(), held.min(set.replicas));
    }
}

fn lose_zone(scope: &Scope, state: &mut State, zone: u8) {
    let zone = scope.world.zones.get(usize::from(zone));
    for node in zone.map_or(&[][..], |(_, nodes)| nodes) {
        if state.node(*node).answers() {
            node::lose(state, *node, NodeStatus::Lost);
        }
    }
}
