//! The state: requests, the prefix that they share, and the transfer of their caches.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Not there: it has not come, or it has ended before.
    Absent,
    Arrived,
    /// Admitted, and waiting for a prefill instance.
    Queued,
    Prefilling,
    /// Prefilled: its cache is transferred, or it waits for a place among the decoding ones.
    Prefilled,
    Decoding,
    Done,
    Rejected,
    Failed,
}

impl Phase {
    /// Whether it has ended.
    pub(crate) const fn is_last(self) -> bool {
        matches!(self, Self::Done | Self::Rejected | Self::Failed)
    }

    /// Whether it was admitted and has not ended.
    pub(crate) const fn is_accepted(self) -> bool {
        matches!(self, Self::Queued | Self::Prefilling | Self::Prefilled | Self::Decoding)
    }
}

/// A request.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) phase: Phase,
    /// Prefill has run for it.
    pub(crate) prefilled: bool,
    /// There was room when it was rejected.
    pub(crate) needless: bool,
    /// How often it has ended.
    pub(crate) ends: u8,
    /// The prefill instance holds its cache.
    pub(crate) held: bool,
    /// It counts among the references to the shared prefix.
    pub(crate) refers: bool,
    /// Chunks of its cache that were sent, as bits.
    pub(crate) sent: u8,
    /// Chunks of its cache that the decoding instance has, as bits.
    pub(crate) received: u8,
}

impl Request {
    pub(crate) const ABSENT: Self = Self {
        phase: Phase::Absent,
        prefilled: false,
        needless: false,
        ends: 0,
        held: false,
        refers: false,
        sent: 0,
        received: 0,
    };

    /// It ends, and leaves nothing behind but what is still to be acknowledged.
    pub(crate) fn end(&mut self, phase: Phase) {
        self.phase = phase;
        self.ends += 1;
        self.received = 0;
    }

    /// It fails: nobody waits for an acknowledgement any more.
    pub(crate) fn fail(&mut self) {
        self.end(Phase::Failed);
        self.let_go();
    }

    /// The prefill instance no longer needs its cache.
    pub(crate) fn let_go(&mut self) {
        self.held = false;
        self.refers = false;
        self.sent = 0;
    }
}

/// What is under way between the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum What {
    Chunk(u8),
    Ack,
}

/// A message of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) request: u8,
    pub(crate) what: What,
}

/// What may still go wrong in a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) requests: Var<0, Rows<Request>>,
    /// The requests that were admitted and have not ended, in the order of admission.
    pub(crate) order: Var<1, Vec<u8>>,
    /// Whether the shared prefix is in the pool of the prefill instance.
    pub(crate) prefix: Var<2, bool>,
    /// How many requests the conductor last heard to be decoded.
    pub(crate) reported: Var<3, u8>,
    pub(crate) messages: Var<4, Vec<Message>>,
    pub(crate) network: Var<5, Network>,
    pub(crate) crashes: Var<6, u8>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let network = Network { losses: bounds.losses, duplicates: bounds.duplicates };
        Self {
            requests: Var::new(Rows::new(bounds.requests, Request::ABSENT)),
            order: Var::new(Vec::new()),
            prefix: Var::new(false),
            reported: Var::new(0),
            messages: Var::new(Vec::new()),
            network: Var::new(network),
            crashes: Var::new(bounds.crashes),
        }
    }

    /// How many requests are as asked.
    pub(crate) fn count(&self, holds: impl Fn(Phase) -> bool) -> u8 {
        let those = self.requests.iter().filter(|request| holds(request.phase)).count();
        u8::try_from(those).unwrap_or(u8::MAX)
    }

    /// A request leaves the order of admission.
    pub(crate) fn leave(&mut self, request: u8) {
        self.order.retain(|other| *other != request);
    }
}
