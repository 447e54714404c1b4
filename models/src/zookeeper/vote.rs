//! What servers tell each other in an election.

use super::types::{Epoch, Role, Zxid};
use crate::Server;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `Vote`: who should lead, and how recent its history is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Vote {
    pub(super) leader: Option<Server>,
    pub(super) zxid: Zxid,
    pub(super) epoch: Epoch,
}

impl Vote {
    /// `totalOrderPredicate`: whether this vote beats another one.
    pub(super) fn beats(self, other: Self) -> bool {
        (self.epoch, self.zxid, self.leader) > (other.epoch, other.zxid, other.leader)
    }
}

/// A vote as a server keeps it of another one, in `recvset` and `outofelection`. Its version,
/// which the specification counts and nothing reads, is left out.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Ballot {
    pub(super) vote: Vote,
    pub(super) round: u8,
    pub(super) state: Role,
}

impl Ballot {
    /// `Put`: a notification takes the place of one of an earlier or the same round.
    pub(super) fn put(&mut self, n: Notification) {
        if self.round <= n.ballot.round {
            *self = n.ballot;
        }
    }
}

/// `Notification`: a message of the election. Who says so, and what.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Notification {
    pub(super) source: Server,
    pub(super) ballot: Ballot,
}

impl fmt::Display for Notification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, ballot: Ballot { vote, round, state } } = self;
        write!(formatter, "{source} {state:?} round {round} {vote}")
    }
}

impl fmt::Display for Vote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.leader {
            Some(leader) => write!(formatter, "{leader} {} epoch {}", self.zxid, self.epoch),
            None => write!(formatter, "nobody"),
        }
    }
}

/// `recvqueue`: notifications, and `None` for the signal that none came in time.
pub(super) type NotificationQueue = Vec<Option<Notification>>;
