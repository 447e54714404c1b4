//! Transactional no-regression: agents that mitigate faults may not make them worse.
//!
//! After STRATUS (arXiv 2506.02009): a mitigation is a transaction of at most so many commands
//! between a checkpoint and a commit; it commits only if the severity of what is wrong has not
//! grown, and is undone otherwise, command by command. The README says what is modelled, which
//! assumptions the claim needs, and what each of them keeps away.

mod actions;
mod specification;
mod state;
#[cfg(test)]
mod tests;
mod variants;

use serde_json::{Value, json};
use stateright::Model;

use actions::{Action, classes};
use state::State;
use variants::Faults;

use seatrial_explore::{
    ActionClass, BASELINE, BoundChoice, Cause, Choice, Composition, Configuration, Description,
    Fairness, Family, Instance, Module, Property, Protocol, Refusal, Strength,
};

/// The variables, in the order of their numbers.
const VARIABLES: [&str; 6] =
    ["resources", "terminating", "lock", "agents", "environment", "observerWrote"];

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Resources that are written.
    resources: u8,
    /// Agents that mitigate.
    agents: u8,
    /// Commands of one transaction: K of assumption A3.
    commands: u8,
    /// Transactions of one agent.
    attempts: u8,
    /// Writes of others.
    writes: u8,
    /// Commands and undo operations that end in an error.
    errors: u8,
}

/// How finely commands and undo are modelled.
#[derive(Debug, Clone, Copy)]
struct Grains {
    /// A command is a dry run, its undo operation, and the effect, each a step.
    fine_execution: bool,
    /// Undo operations are taken one by one.
    fine_undo: bool,
}

/// The protocol as configured.
#[derive(Debug)]
pub struct NoRegression {
    bounds: Bounds,
    faults: Faults,
    classes: Vec<ActionClass>,
}

impl NoRegression {
    fn new(bounds: Bounds, grains: Grains, faults: Faults) -> Self {
        Self { bounds, faults, classes: classes(grains, faults) }
    }
}

impl Model for NoRegression {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        State::initial(self.bounds)
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for class in &self.classes {
            self.enabled_of(class.name, state, actions);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        self.take(&mut next, action);
        Some(next)
    }
}

impl Protocol for NoRegression {
    fn classes(&self) -> &[ActionClass] {
        &self.classes
    }

    fn class_of(&self, action: &Action) -> usize {
        let name = action.name();
        self.classes.iter().position(|class| class.name == name).unwrap_or(usize::MAX)
    }

    fn enabled_in(&self, class: usize, state: &State, actions: &mut Vec<Action>) {
        if let Some(class) = self.classes.get(class) {
            self.enabled_of(class.name, state, actions);
        }
    }

    fn specification(&self) -> Vec<Property<Self>> {
        specification::properties()
    }

    fn fairness(&self) -> Vec<Fairness<Self>> {
        let internal = self.classes.iter().filter(|class| class.cause == Cause::Internal);
        internal.map(|class| Fairness::of_class(class.name, Strength::Weak)).collect()
    }

    fn actor(&self, action: &Action) -> Option<String> {
        Some(action.actor())
    }

    fn label(&self, action: &Action) -> String {
        action.to_string()
    }

    /// That every run ends well is what `Termination` claims.
    fn may_stop(&self, _: &State) -> bool {
        true
    }

    fn variables(&self) -> &[&'static str] {
        &VARIABLES
    }

    fn observe(&self, s: &State) -> Vec<Value> {
        vec![
            json!(s.resources.peek()),
            json!(s.terminating.peek()),
            json!(s.lock.peek()),
            json!(s.agents.peek()),
            json!(s.environment.peek()),
            json!(s.observer_wrote.peek()),
        ]
    }

    /// Between transactions: the resources, and how far each agent is.
    fn observation(&self, s: &State) -> Option<Value> {
        let agents = s.agents.peek();
        let between = agents.iter().all(|agent| !agent.phase.is_in_transaction());
        let shown = || agents.iter().map(|agent| json!([agent.phase, agent.attempts])).collect();
        between.then(|| json!([s.resources.peek(), Value::Array(shown())]))
    }
}

/// The protocol with all its grains, variants and bounds.
#[derive(Debug)]
pub struct NoRegressionFamily;

impl Family for NoRegressionFamily {
    fn description(&self) -> Description {
        let choice = |name, summary| Choice { name, summary };
        let module = |name, grains| Module { name, grains, paths: &[] };
        let bound =
            |name, summary, default, min, max| BoundChoice { name, summary, default, min, max };
        Description {
            name: "no-regression",
            summary: "agents mitigate faults in transactions that never make them worse",
            modules: vec![
                module(
                    "mitigation",
                    vec![choice(BASELINE, "checkpoint, validate, commit or undo")],
                ),
                module(
                    "execution",
                    vec![
                        choice("coarse", "a command takes effect in one step, without errors"),
                        choice(BASELINE, "dry run with its undo operation, then the effect"),
                    ],
                ),
                module(
                    "undo",
                    vec![
                        choice("coarse", "all undo operations in one step, without errors"),
                        choice(BASELINE, "one undo operation after the other"),
                    ],
                ),
                module(
                    "environment",
                    vec![choice(BASELINE, "others write; deleted objects go away")],
                ),
            ],
            merged: &[],
            paths: &["models/src/no_regression/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "commands and undo in one step each, for work on the transactions",
                grains: vec![("execution", "coarse"), ("undo", "coarse")],
            }],
            variants: variants::all(),
            masks: vec![],
            bounds: vec![
                bound("resources", "resources that are written", 2, 1, 3),
                bound("agents", "agents that mitigate", 2, 1, 2),
                bound("commands", "commands of one transaction (K)", 2, 1, 3),
                bound("attempts", "transactions of one agent", 1, 1, 3),
                bound("writes", "writes of others", 1, 0, 3),
                bound("errors", "commands and undo operations that end in an error", 1, 0, 3),
            ],
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            resources: bound("resources"),
            agents: bound("agents"),
            commands: bound("commands"),
            attempts: bound("attempts"),
            writes: bound("writes"),
            errors: bound("errors"),
        };
        let fine = |module| configuration.grain(module) == BASELINE;
        let grains = Grains { fine_execution: fine("execution"), fine_undo: fine("undo") };
        let faults = Faults::of(configuration.variant());
        Ok(Box::new(NoRegression::new(bounds, grains, faults)))
    }
}
