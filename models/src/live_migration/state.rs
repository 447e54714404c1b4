//! The state: both instances, the calls between them, and what the client has seen.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// Where a request is on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Place {
    Absent,
    /// Decoded step by step.
    Running,
    /// Preempted: its blocks are gone until it is resumed.
    Waiting,
    /// Out of the running ones for the last stage of a migration.
    Suspended,
}

impl Place {
    /// Whether the engine of the instance may go on with the request by itself.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }
}

/// What the source waits for in a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// No migration.
    Idle,
    /// A stage begins.
    Staging,
    /// The engine takes the request out of the running ones.
    Removing,
    /// `pre_alloc_cache`.
    Allocating,
    /// `recv_cache`.
    Sending,
    /// `commit_dst_request`.
    Committing,
    /// `free_pre_alloc_cache`.
    Freeing,
}

/// A request on the source, with its migration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) place: Place,
    pub(crate) tokens: u8,
    pub(crate) phase: Phase,
    /// Migrations of the request so far.
    pub(crate) attempt: u8,
    pub(crate) stage: u8,
    /// Blocks that the destination has.
    pub(crate) sent: u8,
    /// Blocks that it has after this stage.
    pub(crate) upto: u8,
    /// Preempted since this stage began.
    pub(crate) preempted: bool,
}

impl Source {
    /// Forgets the migration.
    pub(crate) fn reset(&mut self) {
        let Self { place, tokens, attempt, .. } = *self;
        *self = Self { place, tokens, attempt, ..Self::resting(place, tokens) };
    }

    /// A request that does not migrate.
    pub(crate) const fn resting(place: Place, tokens: u8) -> Self {
        Self {
            place,
            tokens,
            phase: Phase::Idle,
            attempt: 0,
            stage: 0,
            sent: 0,
            upto: 0,
            preempted: false,
        }
    }
}

/// A request on the destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) tokens: u8,
    /// Blocks in its table.
    pub(crate) blocks: u8,
    /// The newest migration of the request that was heard of.
    pub(crate) attempt: u8,
    /// The next call of a migration is waited for, not for ever.
    pub(crate) pending: bool,
    /// A commit is being executed.
    pub(crate) committing: bool,
    /// The request was committed, whatever became of it.
    pub(crate) committed: bool,
    /// Blocks that are pre-allocated.
    pub(crate) allocated: u8,
    /// Blocks whose contents have arrived.
    pub(crate) received: u8,
}

/// The destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Destination {
    /// Blocks on the free list.
    pub(crate) free: u8,
    /// Blocks of other requests, which end some day.
    pub(crate) others: u8,
    pub(crate) requests: Rows<Entry>,
}

/// A method of the destination that the source calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Method {
    PreAlloc { blocks: u8, first: bool },
    RecvCache { upto: u8 },
    Commit { tokens: u8 },
    FreePreAlloc,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Reply {
    Success,
    Failure,
    /// The actor is dead.
    Died,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Progress {
    Sent,
    Executing,
    Answered(Reply),
}

/// A remote call under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) request: u8,
    pub(crate) attempt: u8,
    pub(crate) method: Method,
    pub(crate) progress: Progress,
    /// Whether the source still waits for the reply.
    pub(crate) awaited: bool,
}

/// What the client of a request has seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) tokens: u8,
    /// Finished or aborted.
    pub(crate) ended: bool,
}

/// What may still go wrong with the instances, and what has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Instances {
    pub(crate) preemptions: u8,
    pub(crate) crashes: u8,
    pub(crate) source_up: bool,
    pub(crate) destination_up: bool,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) source: Var<0, Rows<Source>>,
    pub(crate) destination: Var<1, Destination>,
    pub(crate) calls: Var<2, Vec<Call>>,
    pub(crate) stream: Var<3, Rows<Stream>>,
    pub(crate) instances: Var<4, Instances>,
    pub(crate) timeouts: Var<5, u8>,
}

/// The blocks of the destination: enough for every request at its longest.
pub(crate) const fn capacity(bounds: Bounds) -> u8 {
    bounds.requests * bounds.tokens
}

impl Entry {
    pub(crate) const ABSENT: Self = Self {
        place: Place::Absent,
        tokens: 0,
        blocks: 0,
        attempt: 0,
        pending: false,
        committing: false,
        committed: false,
        allocated: 0,
        received: 0,
    };
}

impl State {
    /// All requests run on the source; the destination is empty, or another request has a block.
    pub(crate) fn initial(bounds: Bounds) -> Vec<Self> {
        let state = |others: u8| Self {
            source: Var::new(Rows::new(bounds.requests, Source::resting(Place::Running, 1))),
            destination: Var::new(Destination {
                free: capacity(bounds) - others,
                others,
                requests: Rows::new(bounds.requests, Entry::ABSENT),
            }),
            calls: Var::new(Vec::new()),
            stream: Var::new(Rows::new(bounds.requests, Stream { tokens: 1, ended: false })),
            instances: Var::new(Instances {
                preemptions: bounds.preemptions,
                crashes: bounds.crashes,
                source_up: true,
                destination_up: true,
            }),
            timeouts: Var::new(bounds.timeouts),
        };
        vec![state(0), state(1)]
    }
}

impl Call {
    /// Whether a commit of the request is under way.
    pub(crate) const fn is_commit_of(self, request: u8) -> bool {
        self.request == request && matches!(self.method, Method::Commit { .. })
    }
}
