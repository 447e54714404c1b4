//! The cluster as a protocol for the engine: whose step is possible.
//!
//! By default every controller reads the state as it is and reconciles in one step; `grain` has the
//! finer ones.

use std::sync::Arc;

use seatrial_explore::{ActionClass, Fairness, Property, Protocol, Strength, within_bounds};
use serde_json::{Value, json};
use stateright::Model;

use crate::action::{CLASSES, VARIABLES, describe, node_name};
use crate::ask::Ask;
use crate::preemption::{self, Turn};
use crate::scheduler::Scheduler;
use crate::stated::Watch;
use crate::stateful_set::Move;
use crate::{
    Action, Event, Faults, Grain, Grains, Health, Kind, Load, Memory, NodeStatus, Phase, Pod,
    Reader, Scope, Set, Shape, State, Workload, autoscaler, daemon_set, deployment, descheduler,
    grain, happens, job, kubelet, node, replica_set, stateful_set, step, symmetry,
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
    /// The members whose manifests are changed and whose load is.
    pub changed: Vec<u8>,
    /// Whether the descheduler acts.
    pub deschedules: bool,
    /// The scheduler.
    pub scheduler: Scheduler,
    /// How finely each controller is modelled.
    pub grains: Grains,
    /// What a user states.
    pub(crate) watch: Option<Arc<Watch>>,
}

impl Drill {
    /// A drill of a scope.
    pub fn new(scope: Scope, faults: Faults, asks: Vec<Ask>) -> Self {
        let scheduler = Scheduler::default();
        Self {
            scope,
            faults,
            asks,
            symmetric: true,
            changed: vec![0],
            deschedules: false,
            scheduler,
            grains: Grains::default(),
            watch: None,
        }
    }

    /// The same with controllers that are modelled this finely.
    #[must_use]
    pub fn with_grains(self, grains: Grains) -> Self {
        Self { grains, ..self }
    }

    /// How finely a controller is modelled where it concerns a workload: one with very many pods is
    /// left atomic.
    pub fn grain(&self, reader: Reader, member: u8) -> Grain {
        let fits = grain::fits(self.most_pods(member));
        if fits { self.grains.of(reader) } else { Grain::Atomic }
    }

    /// The workloads that have too many pods for the grains that are asked for.
    pub(crate) fn left_atomic(&self) -> Vec<String> {
        let all = self.scope.workloads().filter(|_| !self.grains.are_atomic());
        let large = all.filter(|(member, _)| !grain::fits(self.most_pods(*member)));
        large.map(|(_, workload)| workload.title()).collect()
    }

    /// Whether the pods of a workload have numbers, so that a controller can remember them.
    pub(crate) fn numbers(&self, member: u8) -> bool {
        let set = self.scope.workload(member);
        set.is_some_and(|workload| workload.kind() == Kind::Deployment)
            && self.grain(Reader::ReplicaSet, member) != Grain::Atomic
    }

    /// Numbers the pods that have numbers anew.
    fn number(&self, state: &mut State) {
        if self.grains.are_atomic() {
            return;
        }
        for (member, _) in self.scope.workloads().filter(|(member, _)| self.numbers(*member)) {
            grain::number(state, member);
        }
    }

    /// The same with the descheduler at work, and a scheduler that goes by its scores.
    #[must_use]
    pub fn with_descheduler(mut self) -> Self {
        self.deschedules = true;
        // What is preferred tells nodes apart that filters do not.
        self.symmetric = false;
        self.scheduler.scored = true;
        self
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
        let is_whole =
            |reader: Reader, member: u8| !matches!(self.grain(reader, member), Grain::Calls(_));
        for (member, set) in (0_u8..).zip(&state.sets) {
            if let Some(replicas) = autoscaler::next(scope, state, member) {
                actions.push(Action::Autoscale(member, replicas));
            }
            match set.kind {
                Kind::Deployment => self.deployment(state, (member, set), actions),
                Kind::StatefulSet if is_whole(Reader::StatefulSet, member) => {
                    moves(stateful_set::moves(scope, state, member), actions);
                }
                Kind::DaemonSet => moves(daemon_set::moves(scope, state, member), actions),
                Kind::Job => actions.extend(job::missing(scope, state, member).map(Action::Make)),
                Kind::StatefulSet | Kind::Pod => {}
            }
        }
        if !self.grains.are_atomic() {
            grain::enabled(self, state, actions);
        }
    }

    fn deployment(&self, state: &State, (member, set): (u8, &Set), actions: &mut Vec<Action>) {
        let scope = &self.scope;
        let calls = |reader: Reader| matches!(self.grain(reader, member), Grain::Calls(_));
        let resized = deployment::next(scope, state, member);
        if let Some((new, old)) = resized.filter(|_| !calls(Reader::Deployment)) {
            actions.push(Action::Resize(member, new, old));
        }
        if calls(Reader::ReplicaSet) {
            return;
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

    fn pods(&self, state: &State, actions: &mut Vec<Action>) {
        let scope = &self.scope;
        for pod in state.distinct_pods() {
            if pod.phase == Phase::Waiting {
                let nodes = self.nodes_for(state, pod);
                if nodes.is_empty() {
                    self.preempts(state, pod, actions);
                }
                actions.extend(nodes.into_iter().map(|to| Action::Bind(pod, to)));
            }
            let may = [
                (kubelet::starts(scope, state, pod), Action::Start(pod)),
                (kubelet::becomes_ready(scope, state, pod), Action::Ready(pod)),
                (kubelet::settles(state, pod), Action::Settle(pod)),
                (kubelet::crashes(state, pod), Action::CrashLoop(pod)),
                (kubelet::ends(state, pod), Action::End(pod)),
                (kubelet::refuses(scope, state, pod), Action::Refuse(pod)),
                (job::succeeds(state, pod), Action::Succeed(pod)),
                (node::drains(scope, state, pod), Action::Evict(pod)),
            ];
            actions.extend(may.into_iter().filter(|(may, _)| *may).map(|(_, action)| action));
            if self.deschedules && state.up {
                let rules = descheduler::rules(scope, &self.scheduler, state, pod);
                actions.extend(rules.into_iter().map(|rule| Action::Deschedule(pod, rule)));
            }
        }
    }

    /// What the scheduler does about a pod that fits nowhere.
    fn preempts(&self, state: &State, pod: Pod, actions: &mut Vec<Action>) {
        match preemption::turn(&self.scope, &self.scheduler, state, pod) {
            Turn::Waits => {}
            Turn::GivesUp => actions.push(Action::Unnominate(pod)),
            Turn::Preempts(choices) => {
                actions.extend(choices.iter().map(|it| Action::Preempt(pod, it.node, it.victims)));
            }
        }
    }

    /// The nodes that a pod that waits may be bound to: one that names its node is bound there
    /// without the scheduler.
    pub(crate) fn nodes_for(&self, state: &State, pod: Pod) -> Vec<u8> {
        match self.scope.workload(pod.workload).and_then(|workload| workload.pinned) {
            Some(node) if state.node(node) == NodeStatus::Gone => Vec::new(),
            Some(node) => vec![node],
            None => self.scheduler.nodes(&self.scope, state, pod),
        }
    }

    fn nodes(&self, state: &State, actions: &mut Vec<Action>) {
        for (node, status) in (0_u8..).zip(&state.nodes) {
            if node::is_drained(&self.scope, state, node) {
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

    /// The state behind a step, in its normal form.
    pub fn after(&self, state: &State, action: &Action) -> State {
        let mut next = state.clone();
        step::change(&self.scope, &mut next, *action);
        if let Some(left) = action.event().and_then(|event| next.left.get_mut(event as usize)) {
            *left = left.saturating_sub(1);
        }
        if !self.grains.are_atomic() {
            grain::remember(self, state, *action, &mut next);
        }
        next.normalise();
        self.number(&mut next);
        next
    }

    /// The representative of a state among those that differ from it only by nodes that can be
    /// swapped.
    pub fn canonical(&self, state: &State) -> State {
        let mut next = symmetry::canonical(&self.scope, state);
        self.number(&mut next);
        next
    }

    /// Whether a controller's class of steps is ever taken for a workload.
    fn concerns(&self, class: &ActionClass, workload: &Workload) -> bool {
        let kind = workload.kind();
        match class.name {
            "Resize" | "Create" | "Delete" => kind == Kind::Deployment,
            "Make" => !matches!(kind, Kind::Deployment | Kind::Pod),
            "Retire" => kind.has_slots(),
            "Succeed" => kind == Kind::Job,
            "Refuse" => workload.pinned.is_some(),
            "Settle" => workload.settles,
            "CrashLoop" => self.faults.of(Event::CrashingRollout) > 0,
            "Autoscale" => workload.scaler.is_some(),
            "Preempt" | "Unnominate" => self.scope.has_inferiors(workload),
            "Deschedule" => self.deschedules,
            "Evict" => self.faults.of(Event::Drain) > 0,
            "Lag" | "Plan" | "Call" | "EvictLate" => false,
            _ => true,
        }
    }
}

fn moves(moves: Vec<Move>, actions: &mut Vec<Action>) {
    actions.extend(moves.into_iter().map(|it| match it {
        Move::Make(pod) => Action::Make(pod),
        Move::Retire(pod) => Action::Retire(pod),
    }));
}

/// A workload before anything has happened.
fn first(workload: &Workload) -> Set {
    let desired = match workload.shape {
        Shape::Deployment => [workload.replicas, 0],
        Shape::Job { retries, .. } => [retries.saturating_add(1), 0],
        _ => [0, 0],
    };
    Set {
        kind: workload.kind(),
        replicas: workload.replicas,
        desired,
        current: 0,
        health: [Health::Good; 2],
        settles: workload.settles,
        rescaled: false,
        sized_for: workload.replicas,
        load: Load::Steady,
    }
}

impl Model for Drill {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State {
            nodes: vec![NodeStatus::Up; self.scope.world.cluster.nodes.len()],
            pods: Vec::new(),
            sets: self.scope.workloads().map(|(_, workload)| first(workload)).collect(),
            left: self.faults.0,
            up: false,
            memory: Memory::default(),
        };
        // A pod of its own is there from the beginning: nobody makes it.
        let pods = self.scope.workloads().filter(|(_, workload)| workload.kind() == Kind::Pod);
        state.pods.extend(pods.map(|(member, _)| replica_set::fresh(member, 0)));
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
        let stated = self.watch.iter().flat_map(Watch::properties);
        self.asks.iter().map(Ask::property).chain(stated).collect()
    }

    fn enabled(&self, state: &State, actions: &mut Vec<Action>) {
        self.controllers(state, actions);
        self.pods(state, actions);
        self.nodes(state, actions);
        if state.up {
            happens::events(self, state, actions);
        }
    }

    fn bound_on(&self, state: &State, action: &Action) -> Option<&'static str> {
        let (member, count) = match action {
            Action::Create(member, _, count) | Action::Stale(member, _, count) => (*member, *count),
            Action::Lag(task, plan) | Action::Call(task, plan) => (task.member, plan.creates),
            _ => return None,
        };
        let pods = state.pods_of(member).count() + usize::from(count);
        (count > 0 && pods > self.most_pods(member)).then_some("pods of a workload at once")
    }

    /// Each controller acts again and again, for each workload: weakly fair.
    fn fairness(&self) -> Vec<Fairness<Self>> {
        let mut all = Vec::new();
        for class in CLASSES.iter().filter(|class| class.module != "events") {
            if ["Uncordon", "EvictByTaint", "Remove"].contains(&class.name) {
                all.push(Fairness::of_class(class.name, Strength::Weak));
                continue;
            }
            let concerned = self.scope.workloads().filter(|(_, it)| self.concerns(class, it));
            for (member, workload) in concerned {
                let name = format!("{} for {}", class.name, workload.title());
                let class = class.name;
                all.push(Fairness::of(&name, Strength::Weak, move |_, action: &Action| {
                    CLASSES.get(action.class()).is_some_and(|own| own.name == class)
                        && action.member() == Some(member)
                }));
            }
        }
        all.extend(grain::fairness(self));
        all
    }

    fn actor(&self, action: &Action) -> Option<String> {
        Some(action.actor().to_owned())
    }

    fn label(&self, action: &Action) -> String {
        let what = action.describe(&self.scope, None);
        match action.pod().filter(|pod| self.numbers(pod.workload)) {
            Some(pod) => format!("{what}, numbered {}", pod.slot),
            None => what,
        }
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
        let memory = json!(state.memory);
        vec![
            json!(nodes),
            json!(pods),
            json!(state.sets),
            json!(state.left),
            json!(state.up),
            memory,
        ]
    }
}
