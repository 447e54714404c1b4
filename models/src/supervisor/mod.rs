//! Agents that operate a cluster for a user, who approves what they write.
//!
//! After `KubeIntellect` (arXiv 2509.02449): a supervisor lets a language model plan, asks the user to
//! approve each write, and has it executed. What the model plans is any action at any time, so
//! that nothing depends on the model. The README says what is modelled.

mod agents;
mod claims;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Budgets, State};

type Rule = crate::rules::Rule<Supervisor>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    conversations: u8,
    /// How often the model plans in a conversation.
    plans: u8,
    losses: u8,
    budgets: Budgets,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct Supervisor {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl Supervisor {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for Supervisor {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["conversations", "checkpoints", "gates", "calls", "effects", "budgets", "losses"];

    fn description() -> Description {
        Description {
            name: "supervisor",
            summary: "agents write to a cluster what their user approves, once",
            modules: vec![
                plain("planning", "the model plans, the user approves or denies"),
                module(
                    "execution",
                    &[
                        ("coarse", "a plan takes effect in one step"),
                        (BASELINE, "a call that may be lost, its effect and its answer"),
                    ],
                ),
            ],
            merged: &[],
            paths: &["models/src/supervisor/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "plans take effect in one step, for work on plans and approvals",
                grains: vec![("execution", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("conversations", "conversations at a time", (2, 1, 3)),
                bound("plans", "plans of a conversation", (2, 1, 3)),
                bound("edits", "plans that change after approval", (1, 0, 2)),
                bound("losses", "calls or answers lost", (1, 0, 2)),
                bound("restores", "conversations restored from their checkpoints", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let budgets = Budgets { edits: bound("edits"), restores: bound("restores") };
        let fine = configuration.grain("execution") == BASELINE;
        let (conversations, plans) = (bound("conversations"), bound("plans"));
        let bounds = Bounds { conversations, plans, losses: bound("losses"), budgets };
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = agents::supervisor(self);
        rules.extend(agents::execution(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// What was approved, denied and done.
    fn observation(&self, s: &State) -> Option<Value> {
        Some(json!([s.effects.peek(), s.gates.peek()]))
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("gated", "a gate uses up each approval with the write that it is for", &[]),
        variant(
            "approval-stays",
            "an approval is not used up, and a retry or a restored conversation writes again",
            &["ApprovedOnce"],
        ),
        variant(
            "approves-any-plan",
            "an approval is good for whatever the plan has become",
            &["ApprovedOnce"],
        ),
        variant(
            "service-account",
            "what the agents may do is done, not what the user may do",
            &["WithinRights"],
        ),
        variant("asks-again", "what was denied may be asked and done again", &["DenialIsFinal"]),
        variant(
            "waits-for-ever",
            "the supervisor waits for an approval for ever",
            &["ConversationsEnd"],
        ),
    ]
}
