//! A counterexample as a story in Kubernetes' words, taken again step by step.

use seatrial_core::Location;
use seatrial_explore::{Protocol, Trace};
use seatrial_scheduling::Plugin;
use serde::Serialize;
use stateright::Model;

use crate::action::{describe, node_name};
use crate::disruption::{self, Eviction};
use crate::{
    Action, Aspect, Drill, NOWHERE, NodeStatus, Phase, Scope, State, contract, kubelet, quota,
};

/// What happens, and why it is so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The steps.
    pub steps: Vec<Told>,
    /// How it ends.
    pub end: String,
    /// Why, and the line of a manifest that is responsible.
    pub because: Vec<Because>,
}

/// One step of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Who acts.
    pub who: String,
    /// What it does, with which objects.
    pub what: String,
    /// How many pods of the workload are ready then.
    pub ready: usize,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Because {
    /// In words.
    pub what: String,
    /// Where it stands.
    pub location: Location,
}

/// A run, one step after the other, with nodes that keep their names.
struct Run {
    first: State,
    steps: Vec<(Action, State)>,
}

impl Run {
    fn last(&self) -> &State {
        self.steps.last().map_or(&self.first, |(_, state)| state)
    }

    /// Takes the steps of a trace again. Each is held against the contracts of the controllers.
    fn of(drill: &Drill, trace: &Trace) -> Result<Self, String> {
        let first = drill.init_states().into_iter().next().ok_or("there is no first state")?;
        let mut run = Self { first: first.clone(), steps: Vec::new() };
        let mut shape = first;
        for (number, step) in (1..).zip(&trace.steps) {
            let broken = || format!("step {number}, `{}`, cannot be taken again", step.action);
            let mut actions = Vec::new();
            drill.enabled(&shape, &mut actions);
            let action = actions.iter().find(|action| drill.label(action) == step.action);
            let action = action.ok_or_else(broken)?;
            let target = drill.next_state(&shape, *action).ok_or_else(broken)?;
            let (real, next) =
                same_shape(drill, run.last(), *action, &target).ok_or_else(broken)?;
            contract::step(&drill.scope, run.last(), &real, &next)
                .map_err(|contract| format!("step {number} breaks a contract: {contract}"))?;
            run.steps.push((real, next));
            shape = target;
        }
        Ok(run)
    }
}

/// The step from a state whose successor has a shape.
fn same_shape(
    drill: &Drill,
    state: &State,
    like: Action,
    shape: &State,
) -> Option<(Action, State)> {
    let mut actions = Vec::new();
    drill.enabled(state, &mut actions);
    let actions = actions.into_iter().filter(|action| action.class() == like.class());
    actions.map(|action| (action, drill.after(state, &action))).find(|(_, next)| {
        if drill.symmetric { drill.canonical(next) == *shape } else { next == shape }
    })
}

impl Story {
    /// Tells a trace of a drill.
    ///
    /// # Errors
    ///
    /// The first step that cannot be taken again, or that breaks a contract: then the model is
    /// wrong.
    pub fn of(drill: &Drill, trace: &Trace) -> Result<Self, String> {
        let run = Run::of(drill, trace)?;
        let mut steps = Vec::new();
        let mut before = &run.first;
        let started = run.steps.iter().position(|(_, state)| state.up);
        let skipped = started.map_or(0, |place| place + 1);
        if let Some((_, state)) = skipped.checked_sub(1).and_then(|last| run.steps.get(last)) {
            steps.push(told("start-up", placed(&drill.scope, state), state));
            before = state;
        }
        for (action, state) in run.steps.iter().skip(skipped) {
            let what = action.describe(&drill.scope, Some(before));
            steps.push(told(action.actor(), what, state));
            before = state;
        }
        let mut because = reasons(&drill.scope, run.last(), drill);
        because.extend(together(&drill.scope, &run));
        because.sort();
        because.dedup();
        Ok(Self { end: ending(trace, &run, skipped), steps, because })
    }
}

fn told(who: &str, what: String, state: &State) -> Told {
    Told { who: who.to_owned(), what, ready: state.ready(0) }
}

/// Where the pods of the workload run.
fn placed(scope: &Scope, state: &State) -> String {
    let mut parts = Vec::new();
    for node in (0_u8..).take(state.nodes.len()) {
        let count = state.pods_of(0).filter(|pod| pod.node == node).count();
        if count > 0 {
            parts.push(format!("{count} on {}", node_name(scope, node)));
        }
    }
    let name = scope.workload(0).map_or("", |workload| workload.name.as_str());
    format!("all pods of {name} are ready: {}", parts.join(", "))
}

/// How a story ends.
fn ending(trace: &Trace, run: &Run, skipped: usize) -> String {
    let last = run.last();
    let (ready, total) = (last.ready(0), last.set(0).map_or(0, |set| set.replicas));
    let here = format!("{ready} of {total} pods are ready");
    let shown = trace.steps.len();
    match trace.loop_to {
        None => here,
        Some(state) if state > shown => format!("this stays so: {here}"),
        Some(state) => {
            let from = (state - 1).saturating_sub(skipped) + usize::from(skipped > 0) + 1;
            format!("the steps from {from} on repeat for ever: {here}")
        }
    }
}

/// Why the workload is not complete in a state.
fn reasons(scope: &Scope, state: &State, drill: &Drill) -> Vec<Because> {
    let mut because = Vec::new();
    for pod in state.distinct_pods() {
        let Some(workload) = scope.workload(pod.workload) else { continue };
        let name = describe(scope, Some(state), pod);
        if pod.phase == Phase::Waiting && drill.scheduler.nodes(scope, state, pod).is_empty() {
            because.extend(unschedulable(scope, state, drill, pod));
        }
        if pod.phase == Phase::Starting
            && let Some(holder) = kubelet::holder(scope, state, pod)
        {
            let other = node_name(scope, holder.node);
            because.push(Because {
                what: format!("{name} cannot start: its volume is attached to {other}"),
                location: workload.place(Aspect::Volumes).clone(),
            });
        }
        if state.node(pod.node) == NodeStatus::Draining && pod.is_active() {
            because.extend(refused(scope, state, pod));
        }
    }
    for (member, workload) in scope.workloads() {
        because.extend(rescaled(state, member, workload));
        because.extend(short_of_quota(scope, state, member, workload));
        because.extend(stuck_rollout(state, member, workload));
    }
    because
}

/// Why no node takes a pod, by filter.
fn unschedulable(scope: &Scope, state: &State, drill: &Drill, pod: crate::Pod) -> Vec<Because> {
    let Some(workload) = scope.workload(pod.workload) else { return Vec::new() };
    let name = describe(scope, Some(state), pod);
    let mut by_filter: Vec<(Plugin, String, usize)> = Vec::new();
    for refused in drill.scheduler.refusals(scope, state, pod) {
        let reason = refused.reasons.join(", ");
        match by_filter.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, count)) => *count += 1,
            None => by_filter.push((refused.plugin, reason, 1)),
        }
    }
    let because = |(plugin, reason, count): (Plugin, String, usize)| {
        let nodes = if count == 1 { "node" } else { "nodes" };
        Because {
            what: format!("{name} finds no node: {count} {nodes}: {reason}"),
            location: workload.place(aspect(plugin)).clone(),
        }
    };
    by_filter.into_iter().map(because).collect()
}

/// What of a manifest a filter goes by.
fn aspect(plugin: Plugin) -> Aspect {
    match plugin {
        Plugin::PodTopologySpread => Aspect::Spread,
        Plugin::InterPodAffinity | Plugin::NodeAffinity => Aspect::Affinity,
        Plugin::VolumeBinding
        | Plugin::VolumeZone
        | Plugin::VolumeRestrictions
        | Plugin::NodeVolumeLimits => Aspect::Volumes,
        Plugin::NodeResourcesFit | Plugin::NodePorts => Aspect::Requests,
        Plugin::NodeUnschedulable | Plugin::TaintToleration => Aspect::Replicas,
    }
}

/// Why a pod is not evicted.
fn refused(scope: &Scope, state: &State, pod: crate::Pod) -> Option<Because> {
    let workload = scope.workload(pod.workload)?;
    let name = describe(scope, Some(state), pod);
    match disruption::evict(scope, state, pod) {
        Eviction::Allowed => None,
        Eviction::Refused(budget) => {
            let said = scope.world.budgets.get(budget)?;
            let status = disruption::status(scope, state, budget)?;
            let what = format!(
                "{name} is not evicted: PodDisruptionBudget {} wants {} healthy pods, and {} are",
                said.name, status.desired, status.healthy
            );
            Some(Because { what, location: said.location.clone() })
        }
        Eviction::Ambiguous => {
            let what = format!("{name} is not evicted: more than one budget selects it");
            let budget = scope.world.budgets.get(*workload.budgets.first()?)?;
            Some(Because { what, location: budget.location.clone() })
        }
    }
}

/// The quota that keeps a workload from making its pods.
fn short_of_quota(
    scope: &Scope,
    state: &State,
    member: u8,
    workload: &crate::Workload,
) -> Option<Because> {
    let set = state.set(member)?;
    let short = [0, 1]
        .iter()
        .any(|revision| state.active(member, *revision) < usize::from(set.wants(*revision)));
    if !short || quota::room(scope, state, member) > 0 {
        return None;
    }
    let quota = scope.world.quotas.get(*workload.quotas.first()?)?;
    let what =
        format!("ResourceQuota {} has no room for another pod of {}", quota.name, workload.name);
    Some(Because { what, location: quota.location.clone() })
}

/// That the manifest and the autoscaler both say how many replicas there are.
fn rescaled(state: &State, member: u8, workload: &crate::Workload) -> Option<Because> {
    let scaler =
        workload.scaler.as_ref().filter(|_| state.set(member).is_some_and(|it| it.rescaled))?;
    let stated = workload.stated?;
    let what = format!(
        "the manifest of {} says {stated} replicas, which HorizontalPodAutoscaler {} decides on",
        workload.name, scaler.name
    );
    Some(Because { what, location: workload.place(Aspect::Replicas).clone() })
}

/// The numbers that a rollout waits for.
fn stuck_rollout(state: &State, member: u8, workload: &crate::Workload) -> Option<Because> {
    let set = state.set(member).filter(|_| state.is_rolling(member))?;
    let (surge, unavailable) = workload.strategy.fenceposts(set.replicas);
    let what = format!(
        "the rollout of {} may make {surge} more of its {} pods and miss {unavailable}",
        workload.name, set.replicas
    );
    Some(Because { what, location: workload.place(Aspect::Strategy).clone() })
}

/// That the pods that were lost stood together.
fn together(scope: &Scope, run: &Run) -> Option<Because> {
    let workload = scope.workload(0)?;
    let mut before = &run.first;
    for (action, after) in &run.steps {
        let lost = matches!(action, Action::LoseNode(_) | Action::LoseZone(_));
        if lost && before.ready(0) > 1 && after.ready(0) == 0 {
            let what = match action {
                Action::LoseNode(node) => {
                    format!("nothing keeps the pods from all being on {}", node_name(scope, *node))
                }
                _ => "nothing keeps the pods from all being in one zone".to_owned(),
            };
            return Some(Because { what, location: workload.place(Aspect::Spread).clone() });
        }
        before = after;
    }
    let set = run.last().set(0)?;
    let single = set.replicas == 1 && run.last().ready(0) == 0;
    let waits = run.last().pods_of(0).any(|pod| pod.node == NOWHERE);
    (single && !waits && !run.last().is_rolling(0)).then(|| Because {
        what: "there is one replica only".to_owned(),
        location: workload.place(Aspect::Replicas).clone(),
    })
}
