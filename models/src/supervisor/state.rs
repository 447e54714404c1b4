//! The state: conversations, what the gate knows of approvals, and what was done.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// Actions that a plan can name, as numbers from 0: a read, and two writes.
pub(crate) const READ: u8 = 0;
/// A write that the user may not do, though the service account of the agents may.
pub(crate) const FORBIDDEN: u8 = 2;
/// So many there are.
pub(crate) const ACTIONS: u8 = 3;

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// The model chooses what to do next.
    Planning,
    /// The user is asked to approve the plan.
    Waiting,
    /// The plan may be executed.
    Ready,
    /// The executing agent waits for the API server.
    Executing,
    Ended,
}

/// A conversation: lost and restored as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) phase: Phase,
    /// What it is about to do.
    pub(crate) plan: u8,
    /// So often the model has planned.
    pub(crate) plans: u8,
}

/// What the gate knows of a conversation: never lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Gate {
    /// What the user approved and was not done yet.
    pub(crate) approved: Option<u8>,
    /// What the user denied, as bits.
    pub(crate) denied: u8,
}

/// A call to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Call {
    None,
    Asked(u8),
    Answered { done: bool },
}

/// A write, by what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Effects {
    /// So often the user approved it; two stands for more.
    pub(crate) approved: u8,
    /// So often it was done; three stands for more.
    pub(crate) done: u8,
    /// It was done after the user denied it.
    pub(crate) defied: bool,
}

/// How often what may happen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Budgets {
    pub(crate) edits: u8,
    pub(crate) restores: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) conversations: Var<0, Rows<Conversation>>,
    /// The conversations as they were when their plans became ready.
    pub(crate) checkpoints: Var<1, Rows<Option<Conversation>>>,
    pub(crate) gates: Var<2, Rows<Gate>>,
    pub(crate) calls: Var<3, Rows<Call>>,
    /// What came of each action of each conversation.
    pub(crate) effects: Var<4, Rows<Rows<Effects>>>,
    pub(crate) budgets: Var<5, Budgets>,
    /// So many calls or answers may be lost yet.
    pub(crate) losses: Var<6, u8>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let count = bounds.conversations;
        let conversation = Conversation { phase: Phase::Planning, plan: READ, plans: 0 };
        let effects = Effects { approved: 0, done: 0, defied: false };
        Self {
            conversations: Var::new(Rows::new(count, conversation)),
            checkpoints: Var::new(Rows::new(count, None)),
            gates: Var::new(Rows::new(count, Gate { approved: None, denied: 0 })),
            calls: Var::new(Rows::new(count, Call::None)),
            effects: Var::new(Rows::new(count, Rows::new(ACTIONS, effects))),
            budgets: Var::new(bounds.budgets),
            losses: Var::new(bounds.losses),
        }
    }
}
