//! The state: the layer that runs, its slots for answers, servers, and what is under way.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// How a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Passed, or none has begun.
    Passed,
    Running,
    /// Ended in an error.
    Failed,
}

/// The layer that runs, or ran last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub(crate) phase: Phase,
    /// It failed while each expert that had not answered had a listed server.
    pub(crate) needless: bool,
}

/// Where a client is with its call of an expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Call {
    None,
    /// A server was called.
    At(u8),
    /// The call of a server timed out.
    TimedOut(u8),
}

/// An answer that was written to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The expert with whose weights it was computed.
    pub(crate) of: u8,
    /// It belongs to an earlier layer.
    pub(crate) late: bool,
}

/// A client's slot for the answer of an expert in this layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Slot {
    pub(crate) call: Call,
    /// The answers that are combined.
    pub(crate) answers: Vec<Answer>,
    /// How often the use of the expert was billed.
    pub(crate) billed: u8,
}

impl Slot {
    pub(crate) const EMPTY: Self = Self { call: Call::None, answers: Vec::new(), billed: 0 };

    /// Whether the expert has answered.
    pub(crate) fn is_filled(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Takes an answer, which is billed if it is the first.
    pub(crate) fn take(&mut self, answer: Answer, bill: bool) {
        if bill && !self.is_filled() {
            self.billed += 1;
        }
        self.answers.push(answer);
        self.call = Call::None;
    }
}

/// A server of experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) up: bool,
    /// The expert whose weights it has.
    pub(crate) expert: u8,
    /// The expert for which the registry lists it.
    pub(crate) listed: Option<u8>,
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum What {
    Call,
    /// An answer, by the weights of an expert.
    Answer(u8),
}

/// A message between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Message {
    /// The expert that is called.
    pub(crate) expert: u8,
    pub(crate) server: u8,
    pub(crate) what: What,
    /// Of an earlier layer; how much earlier makes no difference.
    pub(crate) late: bool,
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Faults {
    pub(crate) losses: u8,
    pub(crate) timeouts: u8,
    pub(crate) crashes: u8,
    pub(crate) suspicions: u8,
    pub(crate) moves: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) layer: Var<0, Layer>,
    pub(crate) slots: Var<1, Rows<Slot>>,
    pub(crate) servers: Var<2, Rows<Server>>,
    pub(crate) messages: Var<3, Vec<Message>>,
    pub(crate) faults: Var<4, Faults>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let server = Server { up: true, expert: 0, listed: Some(0) };
        let mut servers = Rows::new(bounds.experts * bounds.replicas, server);
        for (number, server) in (0..).zip(servers.iter_mut()) {
            server.expert = number % bounds.experts;
            server.listed = Some(server.expert);
        }
        let faults = Faults {
            losses: bounds.losses,
            timeouts: bounds.timeouts,
            crashes: bounds.crashes,
            suspicions: bounds.suspicions,
            moves: bounds.moves,
        };
        Self {
            layer: Var::new(Layer { phase: Phase::Passed, needless: false }),
            slots: Var::new(Rows::new(bounds.experts, Slot::EMPTY)),
            servers: Var::new(servers),
            messages: Var::new(Vec::new()),
            faults: Var::new(faults),
        }
    }

    /// Whether the registry lists a server for an expert.
    pub(crate) fn is_listed(&self, expert: u8) -> bool {
        self.servers.iter().any(|server| server.listed == Some(expert))
    }

    /// Whether an expert that has not answered has no listed server.
    pub(crate) fn lacks_server(&self) -> bool {
        let mut slots = (0..).zip(self.slots.iter());
        slots.any(|(e, slot)| !slot.is_filled() && !self.is_listed(e))
    }
}
