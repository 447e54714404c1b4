//! One step of a story: who does what, with which objects, what that changes, and the lines of
//! manifests that it goes by.

use seatrial_core::Location;
use serde::Serialize;

use crate::action::{describe, node_name};
use crate::{Action, Aspect, Health, NOWHERE, Pod, Scope, Set, State, Workload, stated};

/// One step of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Who acts.
    pub who: String,
    /// What it does, with which objects.
    pub what: String,
    /// How many pods of the workload are ready then.
    pub ready: usize,
    /// The objects, the one that is acted on first.
    pub objects: Vec<String>,
    /// What is otherwise then.
    pub changes: Vec<Changed>,
    /// The lines of manifests that the step goes by.
    pub lines: Vec<Location>,
}

/// What a step changes of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The object.
    pub object: String,
    /// What of it.
    pub field: String,
    /// As it was; `null` for what was not there.
    pub from: Option<String>,
    /// As it is; `null` for what is gone.
    pub to: Option<String>,
}

impl Told {
    /// A step from one state to another.
    pub(crate) fn of(scope: &Scope, before: &State, action: Action, after: &State) -> Self {
        Self {
            who: action.actor().to_owned(),
            what: action.describe(scope, Some(before)),
            ready: after.ready(0),
            objects: objects(scope, before, action),
            changes: changes(scope, before, after),
            lines: lines(scope, action),
        }
    }
}

/// The objects of a step.
fn objects(scope: &Scope, before: &State, action: Action) -> Vec<String> {
    let title = |member: u8| scope.workload(member).map_or_else(String::new, Workload::title);
    let mut all = Vec::new();
    match action {
        Action::Bind(pod, node) => {
            all.push(describe(scope, Some(before), pod));
            all.push(node_name(scope, node));
        }
        Action::Uncordon(node)
        | Action::EvictByTaint(node)
        | Action::Remove(node)
        | Action::LoseNode(node)
        | Action::Drain(node)
        | Action::Cordon(node)
        | Action::Taint(node)
        | Action::CutOff(node) => all.push(node_name(scope, node)),
        Action::LoseZone(zone) => {
            let zone = scope.world.zones.get(usize::from(zone));
            let (name, nodes) = zone.map_or(("", &[][..]), |(name, nodes)| (name, nodes));
            all.push(format!("zone {name}"));
            all.extend(nodes.iter().map(|node| node_name(scope, *node)));
        }
        _ => {
            let pod = action.pod().map(|pod| describe(scope, Some(before), pod));
            all.extend(pod);
        }
    }
    all.extend(action.member().map(title));
    all
}

/// What differs between two states.
fn changes(scope: &Scope, before: &State, after: &State) -> Vec<Changed> {
    let mut all = Vec::new();
    for (node, (was, is)) in (0_u8..).zip(before.nodes.iter().zip(&after.nodes)) {
        if was != is {
            let words = [*was, *is].map(stated::status_name);
            all.push(changed(node_name(scope, node), "status", words));
        }
    }
    for (member, workload) in scope.workloads() {
        if let (Some(was), Some(is)) = (before.set(member), after.set(member)) {
            all.extend(of_set(workload, was, is));
        }
        all.extend(of_pods(scope, member, before, after));
    }
    all
}

fn changed(object: String, field: &str, [from, to]: [impl ToString; 2]) -> Changed {
    let (from, to) = (Some(from.to_string()), Some(to.to_string()));
    Changed { object, field: field.to_owned(), from, to }
}

/// What differs of the numbers of a workload.
fn of_set(workload: &Workload, was: &Set, is: &Set) -> Vec<Changed> {
    let sizes = |set: &Set| [set.wants(set.current), set.wants(set.other())];
    let health = |set: &Set| match set.health_of(set.current) {
        Health::Good => "good",
        Health::NeverReady => "never ready",
        Health::Crashes => "crashes",
    };
    let ([new, old], [new_now, old_now]) = (sizes(was), sizes(is));
    let of_deployment = workload.kind() == crate::Kind::Deployment;
    let numbers = [
        ("replicas", was.replicas, is.replicas, true),
        ("pods of the new revision", new, new_now, of_deployment),
        ("pods of the old revision", old, old_now, of_deployment),
    ];
    let numbers = numbers.into_iter().filter(|(_, was, is, counts)| was != is && *counts);
    let mut all: Vec<Changed> =
        numbers.map(|(field, was, is, _)| changed(workload.title(), field, [was, is])).collect();
    if health(was) != health(is) {
        all.push(changed(workload.title(), "revision", [health(was), health(is)]));
    }
    all
}

/// The pods of a workload that are otherwise. Which revision they are of never changes.
fn of_pods(scope: &Scope, member: u8, before: &State, after: &State) -> Vec<Changed> {
    let plain = |state: &State| -> Vec<Pod> {
        let pods = state.pods.iter().filter(|pod| pod.workload == member);
        let mut pods: Vec<Pod> = pods.map(|pod| Pod { revision: 0, ..*pod }).collect();
        pods.sort_unstable();
        pods
    };
    let (mut gone, mut come) = (plain(before), Vec::new());
    for pod in plain(after) {
        match gone.iter().position(|other| *other == pod) {
            Some(place) => drop(gone.remove(place)),
            None => come.push(pod),
        }
    }
    let name = scope.workload(member).map_or("", |workload| workload.name.as_str());
    let words = |pod: Pod| {
        let phase = stated::phase_name(pod.phase);
        match (pod.node, pod.nominated) {
            (NOWHERE, NOWHERE) => phase.to_owned(),
            (NOWHERE, to) => format!("{phase}, nominated to {}", node_name(scope, to)),
            (node, _) => format!("{phase} on {}", node_name(scope, node)),
        }
    };
    let object = || format!("a pod of {name}");
    let mut all = Vec::new();
    let mut gone = gone.into_iter();
    let mut come = come.into_iter();
    loop {
        let (from, to) = (gone.next().map(words), come.next().map(words));
        if from.is_none() && to.is_none() {
            return all;
        }
        all.push(Changed { object: object(), field: "phase".to_owned(), from, to });
    }
}

/// The lines that a step goes by: those of what decides, else the workload's.
fn lines(scope: &Scope, action: Action) -> Vec<Location> {
    let Some(workload) = action.member().and_then(|member| scope.workload(member)) else {
        return Vec::new();
    };
    let at = |aspect: Aspect| workload.place(aspect).clone();
    match action {
        Action::Resize(..) | Action::Rollout(..) | Action::Rollback(_) => {
            vec![at(Aspect::Strategy)]
        }
        Action::Create(..) | Action::Scale(..) | Action::Apply(..) => vec![at(Aspect::Replicas)],
        Action::Autoscale(..) | Action::Load(..) => {
            workload.scaler.iter().map(|scaler| scaler.location.clone()).collect()
        }
        Action::Bind(..) => {
            let aspects = [Aspect::Spread, Aspect::Affinity, Aspect::NodeName];
            let known = aspects.into_iter().filter_map(|it| workload.places.get(&it).cloned());
            let known: Vec<Location> = known.collect();
            if known.is_empty() { vec![workload.location.clone()] } else { known }
        }
        Action::Evict(_) | Action::Deschedule(..) => {
            let budgets = workload.budgets.iter();
            let budgets = budgets.filter_map(|it| scope.world.budgets.get(*it));
            let mut all: Vec<Location> = budgets.map(|budget| budget.location.clone()).collect();
            if let (Action::Deschedule(..), Some(policy)) = (action, &scope.world.descheduler) {
                all.push(policy.location.clone());
            }
            all
        }
        Action::Refuse(_) => vec![at(Aspect::NodeName)],
        Action::Preempt(..) => vec![at(Aspect::Priority)],
        Action::FailProbe(..) | Action::CrashLoop(_) => vec![at(Aspect::Requests)],
        _ => vec![workload.location.clone()],
    }
}
