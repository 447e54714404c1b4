//! The cluster as a protocol for the engine: whose step is possible, and what it changes.
//!
//! Every controller reads the state as it is and reconciles in one step (the coarse grain).

use seatrial_explore::{ActionClass, Fairness, Property, Protocol, Strength, within_bounds};
use serde_json::{Value, json};
use stateright::Model;

use crate::action::{CLASSES, VARIABLES, describe, node_name};
use crate::ask::Ask;
use crate::disruption::Eviction;
use crate::scheduler::Scheduler;
use crate::{
    Action, Event, Faults, NOWHERE, NodeStatus, Phase, Pod, Scope, Set, State, autoscaler,
    deployment, disruption, kubelet, node, replica_set,
};

/// A scope with the events that happen to it, and what is asked.
#[derive(Debug)]
pub struct Drill {
    /// The workloads.
    pub scope: Scope,
    /// What happens, and how often at most.
    pub faults: Faults,
    /// What is asked.
    pub asks: Vec<Ask>,
    /// Whether states that differ only by nodes that can be swapped are taken for one.
    pub symmetric: bool,
    /// The scheduler.
    pub scheduler: Scheduler,
}

impl Drill {
    /// A drill of a scope.
    pub fn new(scope: Scope, faults: Faults, asks: Vec<Ask>) -> Self {
        Self { scope, faults, asks, symmetric: true, scheduler: Scheduler::default() }
    }

    /// How many events of a kind have happened.
    pub fn used(&self, state: &State, event: Event) -> u8 {
        let left = state.left.get(event as usize).copied().unwrap_or_default();
        self.faults.of(event).saturating_sub(left)
    }

    /// More pods of a workload at once, those on their way out included, are not explored.
    fn most_pods(&self, member: u8) -> usize {
        let Some(workload) = self.scope.workload(member) else { return 0 };
        let replicas = workload.scaler.as_ref().map_or(workload.replicas, |it| it.max);
        let replicas = replicas.max(workload.replicas);
        3 * (usize::from(replicas) + usize::from(workload.strategy.fenceposts(replicas).0)) + 3
    }

    fn controllers(&self, state: &State, actions: &mut Vec<Action>) {
        let scope = &self.scope;
        for (member, set) in (0_u8..).zip(&state.sets) {
            if let Some((new, old)) = deployment::next(scope, state, member) {
                actions.push(Action::Resize(member, new, old));
            }
            if let Some(replicas) = autoscaler::next(scope, state, member) {
                actions.push(Action::Autoscale(member, replicas));
            }
            for revision in [set.current, set.other()] {
                let missing = replica_set::missing(scope, state, member, revision);
                if let Some(count) = u8::try_from(missing).ok().filter(|count| *count > 0) {
                    actions.push(Action::Create(member, revision, count));
                }
                let victims = replica_set::victims(state, member, revision);
                actions.extend(victims.into_iter().map(Action::Delete));
            }
        }
    }

    fn pods(&self, state: &State, actions: &mut Vec<Action>) {
        let scope = &self.scope;
        for pod in state.distinct_pods() {
            if pod.phase == Phase::Waiting {
                let nodes = self.scheduler.nodes(scope, state, pod);
                actions.extend(nodes.into_iter().map(|node| Action::Bind(pod, node)));
            }
            let may = [
                (kubelet::starts(scope, state, pod), Action::Start(pod)),
                (kubelet::becomes_ready(state, pod), Action::Ready(pod)),
                (kubelet::ends(state, pod), Action::End(pod)),
                (self.is_evicted(state, pod), Action::Evict(pod)),
            ];
            actions.extend(may.into_iter().filter(|(may, _)| *may).map(|(_, action)| action));
        }
    }

    fn is_evicted(&self, state: &State, pod: Pod) -> bool {
        state.node(pod.node) == NodeStatus::Draining
            && pod.is_active()
            && disruption::evict(&self.scope, state, pod) == Eviction::Allowed
    }

    fn nodes(&self, state: &State, actions: &mut Vec<Action>) {
        for (node, status) in (0_u8..).zip(&state.nodes) {
            if node::is_drained(state, node) {
                actions.push(Action::Uncordon(node));
            }
            if node::evicts_by_taint(&self.scope, state, node) {
                actions.push(Action::EvictByTaint(node));
            }
            if *status == NodeStatus::Lost {
                actions.push(Action::Remove(node));
            }
        }
    }

    /// What may happen from outside: only once all workloads have been complete.
    fn events(&self, state: &State, actions: &mut Vec<Action>) {
        let answers = |node: u8| matches!(state.node(node), NodeStatus::Up | NodeStatus::Draining);
        let mut all = Vec::new();
        for pod in state.distinct_pods().filter(|pod| pod.workload == 0 && pod.is_active()) {
            if pod.is_ready() {
                all.push(Action::Crash(pod));
            }
            if pod.node != NOWHERE {
                all.push(Action::Kill(pod));
            }
        }
        for node in (0_u8..).take(state.nodes.len()).filter(|node| answers(*node)) {
            all.push(Action::LoseNode(node));
            if state.node(node) == NodeStatus::Up {
                all.push(Action::Drain(node));
            }
        }
        for (zone, (_, nodes)) in (0_u8..).zip(&self.scope.world.zones) {
            if nodes.iter().any(|node| answers(*node)) {
                all.push(Action::LoseZone(zone));
            }
        }
        if let Some(set) = state.set(0) {
            self.changes(state, *set, &mut all);
        }
        let possible = |action: &Action| {
            let left = action.event().and_then(|event| state.left.get(event as usize));
            left.is_some_and(|left| *left > 0)
        };
        actions.extend(all.into_iter().filter(possible));
    }

    /// What may be changed of the workload that is asked about.
    fn changes(&self, state: &State, set: Set, all: &mut Vec<Action>) {
        let Some(workload) = self.scope.workload(0).filter(|_| !state.is_rolling(0)) else {
            return;
        };
        if !workload.paused && !set.broken && set.replicas > 0 {
            all.extend([Action::Rollout(0, false), Action::Rollout(0, true)]);
        }
        if let (Some(_), Some(replicas)) = (&workload.scaler, autoscaler::applied(&self.scope, 0)) {
            all.push(Action::Apply(0, replicas));
        }
        let loads = autoscaler::loads(&self.scope, state, 0);
        all.extend(loads.into_iter().map(|replicas| Action::Load(0, replicas)));
    }

    /// Changes the state, but for its normal form.
    fn change(&self, state: &mut State, action: Action) {
        match action {
            Action::Resize(member, new, old) => {
                if let Some(set) = state.set_mut(member) {
                    set.want(set.current, new);
                    set.want(set.other(), old);
                }
            }
            Action::Create(member, revision, count) => {
                let fresh = replica_set::fresh(member, revision);
                state.pods.extend(std::iter::repeat_n(fresh, usize::from(count)));
            }
            Action::Delete(pod) | Action::Kill(pod) | Action::Evict(pod) => delete(state, pod),
            Action::Bind(pod, node) => {
                state.replace(pod, Some(Pod { node, phase: Phase::Starting, ..pod }));
            }
            Action::Start(pod) => {
                let phase = kubelet::started(state, pod);
                state.replace(pod, Some(pod.at(phase)));
            }
            Action::Ready(pod) => state.replace(pod, Some(pod.at(Phase::Ready))),
            Action::Crash(pod) => state.replace(pod, Some(pod.at(Phase::Running))),
            Action::End(pod) => state.replace(pod, None),
            Action::Uncordon(node) => state.set_node(node, NodeStatus::Up),
            Action::Drain(node) => state.set_node(node, NodeStatus::Draining),
            Action::EvictByTaint(node) => node::evict_by_taint(&self.scope, state, node),
            Action::Remove(node) => node::remove(state, node),
            Action::LoseNode(node) => node::lose(state, node),
            Action::LoseZone(zone) => self.lose_zone(state, zone),
            Action::Autoscale(member, replicas) | Action::Load(member, replicas) => {
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
            Action::Rollout(member, broken) => {
                if let Some(set) = state.set_mut(member) {
                    *set = Set { current: set.other(), broken, ..*set };
                }
            }
        }
    }

    fn lose_zone(&self, state: &mut State, zone: u8) {
        let zone = self.scope.world.zones.get(usize::from(zone));
        for node in zone.map_or(&[][..], |(_, nodes)| nodes) {
            if matches!(state.node(*node), NodeStatus::Up | NodeStatus::Draining) {
                node::lose(state, *node);
            }
        }
    }

    /// The state behind a step, in its normal form.
    pub fn after(&self, state: &State, action: &Action) -> State {
        let mut next = state.clone();
        self.change(&mut next, *action);
        if let Some(left) = action.event().and_then(|event| next.left.get_mut(event as usize)) {
            *left = left.saturating_sub(1);
        }
        next.normalise();
        next
    }

    /// The representative of a state among those that differ from it only by nodes that can be
    /// swapped.
    pub fn canonical(&self, state: &State) -> State {
        let mut to: Vec<u8> = (0_u8..).take(state.nodes.len()).collect();
        for class in self.scope.world.classes.iter().filter(|class| class.len() > 1) {
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
        }
        next.pods.sort_unstable();
        next
    }
}

/// How a node looks, its name aside.
fn looks(state: &State, node: u8) -> (NodeStatus, Vec<(u8, u8, Phase)>) {
    let pods = state.pods.iter().filter(|pod| pod.node == node);
    (state.node(node), pods.map(|pod| (pod.workload, pod.revision, pod.phase)).collect())
}

/// Deletes a pod: one that is bound is on its way out until its kubelet says that it has ended.
fn delete(state: &mut State, pod: Pod) {
    let with = (pod.node != NOWHERE).then(|| pod.at(Phase::Leaving));
    state.replace(pod, with);
}

impl Model for Drill {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let set = |workload: &crate::Workload| Set {
            replicas: workload.replicas,
            desired: [workload.replicas, 0],
            current: 0,
            broken: false,
            rescaled: false,
        };
        let mut state = State {
            nodes: vec![NodeStatus::Up; self.scope.world.cluster.nodes.len()],
            pods: Vec::new(),
            sets: self.scope.workloads().map(|(_, workload)| set(workload)).collect(),
            left: self.faults.0,
            up: false,
        };
        state.normalise();
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        within_bounds(self, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = self.after(state, &action);
        Some(if self.symmetric { self.canonical(&next) } else { next })
    }
}

impl Protocol for Drill {
    fn classes(&self) -> &[ActionClass] {
        &CLASSES
    }

    fn class_of(&self, action: &Action) -> usize {
        action.class()
    }

    fn specification(&self) -> Vec<Property<Self>> {
        self.asks.iter().map(Ask::property).collect()
    }

    fn enabled(&self, state: &State, actions: &mut Vec<Action>) {
        self.controllers(state, actions);
        self.pods(state, actions);
        self.nodes(state, actions);
        if state.up {
            self.events(state, actions);
        }
    }

    fn bound_on(&self, state: &State, action: &Action) -> Option<&'static str> {
        let Action::Create(member, _, count) = action else { return None };
        let pods = state.pods_of(*member).count() + usize::from(*count);
        (pods > self.most_pods(*member)).then_some("pods of a workload at once")
    }

    /// Each controller acts again and again, for each workload: weakly fair.
    fn fairness(&self) -> Vec<Fairness<Self>> {
        let mut all = Vec::new();
        for class in CLASSES.iter().filter(|class| class.module != "events") {
            if ["Uncordon", "EvictByTaint", "Remove"].contains(&class.name) {
                all.push(Fairness::of_class(class.name, Strength::Weak));
                continue;
            }
            for (member, workload) in self.scope.workloads() {
                let name = format!("{} for {}", class.name, workload.name);
                let class = class.name;
                all.push(Fairness::of(&name, Strength::Weak, move |_, action: &Action| {
                    CLASSES.get(action.class()).is_some_and(|own| own.name == class)
                        && action.member() == Some(member)
                }));
            }
        }
        all
    }

    fn actor(&self, action: &Action) -> Option<String> {
        Some(action.actor().to_owned())
    }

    fn label(&self, action: &Action) -> String {
        action.describe(&self.scope, None)
    }

    fn may_stop(&self, _: &State) -> bool {
        true
    }

    fn variables(&self) -> &[&'static str] {
        VARIABLES
    }

    fn observe(&self, state: &State) -> Vec<Value> {
        let nodes = (0_u8..).zip(&state.nodes);
        let nodes: Vec<String> = nodes
            .map(|(node, status)| format!("{}: {status:?}", node_name(&self.scope, node)))
            .collect();
        let pods: Vec<String> =
            state.pods.iter().map(|pod| describe(&self.scope, None, *pod)).collect();
        vec![json!(nodes), json!(pods), json!(state.sets), json!(state.left), json!(state.up)]
    }
}
