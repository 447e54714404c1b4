//! A counterexample as a story in Kubernetes' words, taken again step by step.

use seatrial_core::Location;
use seatrial_explore::{Protocol, Trace};
use serde::Serialize;
use stateright::Model;

use crate::action::node_name;
use crate::{Action, Drill, Scope, State, Told, contract, reasons};

/// What happens, and why it is so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The steps.
    pub steps: Vec<Told>,
    /// How it ends.
    pub end: String,
    /// Whether it ends in steps that repeat for ever.
    pub repeats: bool,
    /// The number of the step from which on they repeat; counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats_from: Option<usize>,
    /// Why, and the line of a manifest that is responsible.
    pub because: Vec<Because>,
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
            steps.push(start_up(&drill.scope, state));
            before = state;
        }
        for (action, state) in run.steps.iter().skip(skipped) {
            steps.push(Told::of(&drill.scope, before, *action, state));
            before = state;
        }
        let looped = trace.loop_to.map_or(run.steps.len(), |state| state.saturating_sub(1));
        let repeated = run.steps.get(looped..).unwrap_or_default();
        let mut because = reasons::of_state(&drill.scope, run.last(), drill);
        because.extend(reasons::together(&drill.scope, &run.first, &run.steps));
        because.extend(reasons::preempted(&drill.scope, &run.first, &run.steps));
        because.extend(reasons::of_loop(drill, &run.first, &run.steps, looped));
        because.sort();
        because.dedup();
        let repeats = !repeated.is_empty();
        let repeats_from = repeats_from(trace, skipped);
        Ok(Self { end: ending(trace, &run, skipped), repeats, repeats_from, steps, because })
    }
}

/// All steps up to the one with which events begin, as one.
fn start_up(scope: &Scope, state: &State) -> Told {
    Told {
        who: "start-up".to_owned(),
        what: placed(scope, state),
        ready: state.ready(0),
        objects: scope.workloads().map(|(_, workload)| workload.title()).collect(),
        changes: Vec::new(),
        lines: scope.workload(0).map(|workload| workload.location.clone()).into_iter().collect(),
    }
}

/// The number of the shown step from which on all repeat.
fn repeats_from(trace: &Trace, skipped: usize) -> Option<usize> {
    let state = trace.loop_to.filter(|state| *state <= trace.steps.len())?;
    Some(state.saturating_sub(1).saturating_sub(skipped) + usize::from(skipped > 0) + 1)
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
    // A Job is under way when the first pod runs.
    if state.is_complete(0) {
        format!("all pods of {name} are ready: {}", parts.join(", "))
    } else {
        format!("{name} is under way: {}", parts.join(", "))
    }
}

/// How a story ends.
fn ending(trace: &Trace, run: &Run, skipped: usize) -> String {
    let last = run.last();
    let (ready, total) = (last.ready(0), last.set(0).map_or(0, |set| set.replicas));
    let here = format!("{ready} of {total} pods are ready");
    match (trace.loop_to, repeats_from(trace, skipped)) {
        (None, _) => here,
        (_, None) => format!("this stays so: {here}"),
        (_, Some(from)) => format!("the steps from {from} on repeat for ever: {here}"),
    }
}
