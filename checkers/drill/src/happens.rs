//! What may happen from outside: to the workload that is asked about, or to those that are more
//! important, once all are under way.

use crate::{
    Action, Drill, Health, Kind, NOWHERE, NodeStatus, Phase, Set, Shape, State, Strategy,
    autoscaler,
};

/// The events that are possible and not used up.
pub(crate) fn events(drill: &Drill, state: &State, actions: &mut Vec<Action>) {
    let mut all = Vec::new();
    to_pods(drill, state, &mut all);
    to_nodes(drill, state, &mut all);
    for member in &drill.changed {
        if let Some(set) = state.set(*member) {
            to_manifests(drill, state, (*member, *set), &mut all);
        }
    }
    let possible = |action: &Action| {
        let left = action.event().and_then(|event| state.left.get(event as usize));
        left.is_some_and(|left| *left > 0)
    };
    actions.extend(all.into_iter().filter(possible));
}

fn to_pods(drill: &Drill, state: &State, all: &mut Vec<Action>) {
    let probes = drill.scope.workload(0).map(|workload| workload.probes).unwrap_or_default();
    for pod in state.distinct_pods().filter(|pod| pod.workload == 0) {
        if pod.is_active() && pod.is_ready() {
            all.push(Action::Crash(pod));
            all.extend(probes.readiness.then_some(Action::FailProbe(pod, false)));
            all.extend(probes.liveness.then_some(Action::FailProbe(pod, true)));
        }
        if pod.is_active() && pod.node != NOWHERE {
            all.push(Action::Kill(pod));
        }
        if pod.phase == Phase::Leaving {
            all.push(Action::ForceDelete(pod));
        }
    }
}

fn to_nodes(drill: &Drill, state: &State, all: &mut Vec<Action>) {
    for node in (0_u8..).take(state.nodes.len()).filter(|node| state.node(*node).answers()) {
        all.extend([Action::LoseNode(node), Action::CutOff(node)]);
        if state.node(node) == NodeStatus::Up {
            all.extend([Action::Drain(node), Action::Cordon(node), Action::Taint(node)]);
        }
    }
    for (zone, (_, nodes)) in (0_u8..).zip(&drill.scope.world.zones) {
        if nodes.iter().any(|node| state.node(*node).answers()) {
            all.push(Action::LoseZone(zone));
        }
    }
}

/// What may be changed of a workload.
fn to_manifests(drill: &Drill, state: &State, (member, set): (u8, Set), all: &mut Vec<Action>) {
    let Some(workload) = drill.scope.workload(member) else { return };
    if set.kind == Kind::Deployment {
        for revision in [0, 1].into_iter().filter(|revision| set.wants(*revision) > 0) {
            all.push(Action::Stale(member, revision, set.wants(revision)));
        }
    }
    let is_broken = set.is_broken();
    if is_broken {
        all.push(Action::Rollback(member));
    }
    let rolls = matches!(set.kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet);
    // A third revision is not modelled.
    let has_one =
        !matches!(workload.shape, Shape::StatefulSet { .. }) || set.wants(set.other()) == 0;
    let is_paused = workload.paused || workload.strategy == Strategy::OnDelete;
    if rolls && !state.is_rolling(member) && has_one && !is_paused && !is_broken && set.replicas > 0
    {
        let all_kinds = [Health::Good, Health::NeverReady, Health::Crashes];
        all.extend(all_kinds.map(|health| Action::Rollout(member, health)));
    }
    if let (Some(_), Some(replicas)) = (&workload.scaler, autoscaler::applied(&drill.scope, member))
    {
        all.push(Action::Apply(member, replicas));
    }
    let loads = autoscaler::loads(&drill.scope, state, member);
    all.extend(loads.into_iter().map(|load| Action::Load(member, load)));
    if matches!(set.kind, Kind::Deployment | Kind::StatefulSet) && workload.scaler.is_none() {
        let fewer = set.replicas.checked_sub(1).filter(|replicas| *replicas > 0);
        all.extend(fewer.into_iter().chain([set.replicas + 1]).map(|to| Action::Scale(member, to)));
    }
}
