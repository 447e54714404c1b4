//! Properties that users state: CEL over what can be seen of a state.
//!
//! A property is about one workload, to which the events happen, and may read others that are
//! explored with it. An expression that has no value in some state leaves its property undecided:
//! it is taken neither for true nor for false.

mod read;
mod view;

pub(crate) use view::{phase_name, status_name};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use seatrial_core::Location;
use seatrial_explore::{Answer, CheckOptions, CheckReport, Limits, ModelId, Property, check};
use seatrial_policy::{Failure, Formula};
use seatrial_scheduling::ReadError;
use serde::Serialize;
use stateright::Model;

use crate::{Ask, Drill, Event, Faults, Options, Question, Scope, State, Story, World};

/// The names that expressions may read.
pub(crate) const NAMES: &[&str] = &["workloads", "nodes", "pods", "happened"];

/// What is stated of the states or the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claimed {
    /// In every state after the start-up (in which `when` is true, if there is one).
    Always,
    /// In some state of every fair run.
    Eventually,
    /// After every state in which `when` is true, the start-up aside, in every fair run.
    LeadsTo,
}

/// A property that a user states.
#[derive(Debug)]
pub struct Stated {
    /// Its name.
    pub name: String,
    /// What is stated.
    pub kind: Claimed,
    /// The workload to which events happen, by `namespace/name`.
    pub workload: String,
    /// Other workloads that are explored with it.
    pub with: Vec<String>,
    /// What happens; `None` for what happens in `together`.
    pub faults: Option<Faults>,
    /// The condition, if there is one.
    when: Option<Formula>,
    /// What holds.
    holds: Formula,
    /// Where it stands.
    pub location: Location,
}

/// What was found of a property that a user states.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// What is stated.
    pub kind: Claimed,
    /// The workload to which events happen.
    pub workload: String,
    /// The expression.
    pub expression: String,
    /// Where it stands.
    pub location: Location,
    /// What happens.
    pub faults: String,
    /// The answer in one word.
    pub verdict: Answer,
    /// Why it is undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What violates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<Story>,
    /// Distinct states.
    pub states: u64,
    /// Wall time.
    pub seconds: f64,
}

/// A property while states are explored.
#[derive(Debug)]
pub(crate) struct Watch {
    stated: Arc<Stated>,
    /// Why an expression had no value, the first time.
    failure: Mutex<Option<String>>,
}

impl Watch {
    /// The claim, and a witness that its condition is met.
    pub(crate) fn properties(own: &Arc<Self>) -> Vec<Property<Drill>> {
        let name = &own.stated.name;
        let watch = || Arc::clone(own);
        let (condition, other) = (watch(), watch());
        let when = move |drill: &Drill, state: &State| condition.meets(drill, state);
        let holds = move |drill: &Drill, state: &State| other.holds(drill, state);
        let claim = match own.stated.kind {
            Claimed::Always => Property::always_when(name, when, holds),
            Claimed::Eventually => Property::eventually(name, holds),
            Claimed::LeadsTo => Property::leads_to(name, when, holds),
        };
        let witness = watch();
        let met = Property::sometimes(&own.witness(), move |drill: &Drill, state: &State| {
            witness.meets(drill, state)
        });
        vec![claim, met]
    }

    fn witness(&self) -> String {
        format!("a state is met to which `{}` applies", self.stated.name)
    }

    fn meets(&self, drill: &Drill, state: &State) -> bool {
        state.up
            && self.stated.when.as_ref().is_none_or(|when| self.value(when, drill, state, false))
    }

    fn holds(&self, drill: &Drill, state: &State) -> bool {
        self.value(&self.stated.holds, drill, state, true)
    }

    /// The value of an expression. Without one the failure is noted, and the value is the one that
    /// violates nothing: the verdict is undecided then.
    fn value(&self, formula: &Formula, drill: &Drill, state: &State, without: bool) -> bool {
        match formula.holds(&view::of(drill, state, formula)) {
            Ok(value) => value,
            Err(failure) => {
                let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert_with(|| describe(formula, &failure));
                without
            }
        }
    }
}

fn describe(formula: &Formula, failure: &Failure) -> String {
    format!("`{}` has no value in some state: {failure}", formula.text().trim())
}

impl Stated {
    /// Reads a file of properties.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with its place.
    pub fn read(file: &Arc<seatrial_core::SourceFile>) -> Result<Vec<Arc<Self>>, Vec<ReadError>> {
        read::read(file)
    }

    /// The workloads that it is about.
    ///
    /// # Errors
    ///
    /// That there is no such workload, or an expression that has no value from the beginning.
    pub(crate) fn scope(&self, world: &Arc<World>) -> Result<Scope, ReadError> {
        let named = |name: &String| {
            let found = world.workloads.iter().position(|it| it.name == *name);
            found.ok_or_else(|| {
                let known = world.workloads.iter().map(|it| it.name.as_str());
                let near = seatrial_core::nearest(name, known);
                ReadError {
                    location: Some(self.location.clone()),
                    message: format!(
                        "`{}` is about `{name}`, which is no workload here",
                        self.name
                    ),
                    help: near.map(|near| format!("did you mean `{near}`?")),
                }
            })
        };
        let mut scope = Scope::around(world, named(&self.workload)?);
        for other in &self.with {
            let other = named(other)?;
            if !scope.members.contains(&other) {
                scope.members.push(other);
            }
        }
        self.try_out(&scope)?;
        Ok(scope)
    }

    /// Evaluates the expressions in the first state: a name that is not there is an error of the
    /// file, and one number divided by none is not.
    fn try_out(&self, scope: &Scope) -> Result<(), ReadError> {
        let drill = Drill::new(scope.clone(), Faults::NONE, Vec::new());
        let Some(state) = drill.init_states().into_iter().next() else { return Ok(()) };
        for formula in self.when.iter().chain([&self.holds]) {
            let Err(failure) = formula.holds(&view::of(&drill, &state, formula)) else { continue };
            let text = failure.to_string();
            let of_file = ["no such key", "no such overload", "neither true nor false"];
            if of_file.iter().any(|it| text.contains(it)) {
                return Err(ReadError {
                    location: Some(self.location.clone()),
                    message: format!("`{}`: `{}`: {text}", self.name, formula.text().trim()),
                    help: None,
                });
            }
        }
        Ok(())
    }

    /// What happens, of all that may.
    fn events(&self, scope: &Scope, options: &Options) -> Faults {
        match (self.faults, scope.workload(0)) {
            (Some(faults), _) => faults,
            (None, Some(workload)) => {
                options.with_restarts(Question::Together.events(workload, &options.faults))
            }
            (None, None) => Faults::NONE,
        }
    }

    /// Explores the workloads that it is about.
    pub(crate) fn judge(
        self: &Arc<Self>,
        scope: &Scope,
        options: &Options,
        slice: Duration,
    ) -> Judged {
        let start = Instant::now();
        let events = self.events(scope, options);
        // Where all controllers always see everything, starting them anew changes nothing.
        let happen = Event::ALL
            .into_iter()
            .filter(|event| events.of(*event) > 0 && *event != Event::Restart);
        let asks = happen.map(Ask::Happens).collect();
        let mut drill = Drill::new(scope.clone(), events, asks).with_grains(options.grains);
        // Nodes that can be swapped are told apart by what names them.
        let names_nodes = |formula: &Formula| formula.reads("nodes") || formula.reads("pods");
        drill.symmetric = !self.when.iter().chain([&self.holds]).any(names_nodes);
        let watch = Arc::new(Watch { stated: Arc::clone(self), failure: Mutex::new(None) });
        drill.watch = Some(Arc::clone(&watch));
        let limits = Limits { time: Some(slice), memory: Some(3 << 30), ..Limits::default() };
        let settings = CheckOptions {
            workers: options.threads.max(1),
            limits,
            max_violations: u64::MAX,
            ..CheckOptions::default()
        };
        let model = ModelId { name: self.workload.clone(), ..ModelId::default() };
        let mut judged = Judged {
            name: self.name.clone(),
            kind: self.kind,
            workload: self.workload.clone(),
            expression: self.holds.text().trim().to_owned(),
            location: self.location.clone(),
            faults: happens(&events),
            verdict: Answer::Undecided,
            reason: None,
            story: None,
            states: 0,
            seconds: 0.0,
        };
        match check(&drill, &model, &settings, &mut |_| {}) {
            Ok(report) => decide(&mut judged, &drill, &watch, &report),
            Err(refusal) => judged.reason = Some(refusal.message),
        }
        judged.seconds = start.elapsed().as_secs_f64();
        judged
    }
}

/// The events that happen, as `--faults` writes them.
fn happens(events: &Faults) -> String {
    let some = Event::ALL.into_iter().filter(|event| events.of(*event) > 0);
    let some: Vec<String> =
        some.map(|event| format!("{}={}", event.name(), events.of(event))).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(",") }
}

/// The verdict: the claim's, unless nothing has been shown or an expression had no value.
fn decide(judged: &mut Judged, drill: &Drill, watch: &Watch, report: &CheckReport) {
    judged.states = report.distinct;
    let of = |name: &str| report.properties.iter().find(|it| it.name == name);
    let Some(claim) = of(&judged.name) else { return };
    judged.verdict = claim.decision.verdict;
    judged.reason.clone_from(&claim.decision.reason);
    let undecided = |judged: &mut Judged, reason: String| {
        judged.verdict = Answer::Undecided;
        judged.reason = Some(reason);
    };
    let failure = watch.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match judged.verdict {
        Answer::Violated => match claim.trace.as_ref().map(|trace| Story::of(drill, trace)) {
            Some(Ok(story)) => judged.story = Some(story),
            Some(Err(broken)) => undecided(judged, format!("the model is wrong: {broken}")),
            None => {}
        },
        _ if failure.is_some() => undecided(judged, failure.unwrap_or_default()),
        Answer::Holds => {
            let mut names: Vec<String> = drill.asks.iter().map(Ask::name).collect();
            if judged.kind != Claimed::Eventually {
                names.push(watch.witness());
            }
            let holds = |name: &String| {
                of(name).is_some_and(|it| it.decision.verdict == Answer::Holds && !it.vacuous)
            };
            if let Some(missing) = names.iter().find(|name| !holds(name)) {
                let missing = missing.strip_prefix("a state is met").map_or_else(
                    || format!("no run {missing}"),
                    |rest| format!("no state is met{rest}"),
                );
                undecided(judged, format!("{missing}: nothing has been shown"));
            }
        }
        Answer::Undecided => {}
    }
}
