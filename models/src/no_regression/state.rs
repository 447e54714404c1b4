//! The state: resources, transactions, and what others may still do.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;

/// How bad a resource is off: 0 is healthy, 1 degraded, 2 broken or gone, 3 a total outage that
/// only an undo by `strategy: Recreate` brings about.
pub(super) type Level = u8;

/// The worst that a command can do.
pub(super) const BROKEN: Level = 2;
/// What recreating all pods of a resource does meanwhile.
pub(super) const OUTAGE: Level = 3;

/// A write command: the LLM may choose any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Command {
    /// Changes a resource.
    Set(u8, Level),
    /// Deletes it without waiting for it to be gone.
    Delete(u8),
}

impl Command {
    pub(super) const fn resource(self) -> u8 {
        match self {
            Self::Set(resource, _) | Self::Delete(resource) => resource,
        }
    }
}

/// An undo operation: the resource and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Undo {
    pub(super) resource: u8,
    pub(super) old: Level,
}

/// Where an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Between transactions.
    Idle,
    /// Executing commands.
    Mitigating,
    /// Validation has failed.
    Undoing,
    /// The end of a transaction that is kept.
    Committed,
    /// The end of a transaction that was undone.
    Aborted,
    /// Finished.
    Done,
    /// Out of attempts: a person is called.
    Escalated,
}

impl Phase {
    /// Whether the agent is between its checkpoint and the release of the lock.
    pub(super) const fn is_in_transaction(self) -> bool {
        matches!(self, Self::Mitigating | Self::Undoing | Self::Committed | Self::Aborted)
    }

    /// Whether a transaction has just ended.
    pub(super) const fn is_boundary(self) -> bool {
        matches!(self, Self::Committed | Self::Aborted)
    }

    /// Whether nothing more happens.
    pub(super) const fn is_last(self) -> bool {
        matches!(self, Self::Done | Self::Escalated)
    }
}

/// An agent that mitigates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Agent {
    pub(super) phase: Phase,
    /// The resources as they were when the transaction began; empty between transactions.
    pub(super) checkpoint: Vec<Level>,
    /// The command that was planned and not carried out yet.
    pub(super) pending: Option<Command>,
    /// What undoes the commands, the last on top.
    pub(super) stack: Vec<Undo>,
    /// Commands of this transaction.
    pub(super) commands: u8,
    /// Transactions so far.
    pub(super) attempts: u8,
    /// The severity that validation saw.
    pub(super) validated: u8,
}

/// What others may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Environment {
    pub(super) writes: u8,
    pub(super) errors: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct State {
    pub(super) resources: Var<0, Vec<Level>>,
    pub(super) terminating: Var<1, Vec<bool>>,
    /// The agent that may write.
    pub(super) lock: Var<2, Option<u8>>,
    pub(super) agents: Var<3, Vec<Agent>>,
    pub(super) environment: Var<4, Environment>,
    /// Whether an agent that only reads has written.
    pub(super) observer_wrote: Var<5, bool>,
}

/// The severity: the sum of how bad all resources are off.
pub(super) fn severity(resources: &[Level]) -> u8 {
    resources.iter().sum()
}

impl State {
    /// Every combination of healthy, degraded and broken resources, and idle agents.
    pub(super) fn initial(bounds: Bounds) -> Vec<Self> {
        let levels = u32::from(BROKEN) + 1;
        let number = levels.pow(u32::from(bounds.resources));
        let of_number = |number: u32| -> Vec<Level> {
            let digits =
                (0..u32::from(bounds.resources)).map(|at| number / levels.pow(at) % levels);
            digits.filter_map(|digit| Level::try_from(digit).ok()).collect()
        };
        let agent = Agent {
            phase: Phase::Idle,
            checkpoint: Vec::new(),
            pending: None,
            stack: Vec::new(),
            commands: 0,
            attempts: 0,
            validated: 0,
        };
        let environment = Environment { writes: bounds.writes, errors: bounds.errors };
        (0..number)
            .map(|number| Self {
                resources: Var::new(of_number(number)),
                terminating: Var::new(vec![false; usize::from(bounds.resources)]),
                lock: Var::new(None),
                agents: Var::new(vec![agent.clone(); usize::from(bounds.agents)]),
                environment: Var::new(environment),
                observer_wrote: Var::new(false),
            })
            .collect()
    }
}

/// The value at a place of a list; that of an empty one where there is none.
pub(super) fn at<T: Clone + Default>(list: &[T], place: u8) -> T {
    list.get(usize::from(place)).cloned().unwrap_or_default()
}

/// Writes a value at a place of a list.
pub(super) fn set<T>(list: &mut [T], place: u8, value: T) {
    if let Some(slot) = list.get_mut(usize::from(place)) {
        *slot = value;
    }
}
