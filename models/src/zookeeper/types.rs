//! Messages, channels and what a leader keeps of its learners.

pub(super) use crate::zab::state::{Committed, Phase, Role};
pub(super) use crate::zab::types::{Epoch, History, Position, Proposal, Proposals, Txn, Zxid};
use crate::{Server, ServerSet};
use serde::{Deserialize, Serialize};
use std::fmt;
use tinyvec::TinyVec;

/// A message between a leader and a learner. In the code, `ACKLD` is an `ACK` whose counter is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Message {
    FollowerInfo { epoch: Epoch },
    LeaderInfo { epoch: Epoch },
    AckEpoch { zxid: Zxid, epoch: Option<Epoch> },
    Diff { zxid: Zxid },
    Trunc { zxid: Zxid },
    Proposal { zxid: Zxid, data: u16 },
    Commit { zxid: Zxid },
    NewLeader { epoch: Epoch },
    AckLd { epoch: Epoch },
    UpToDate { epoch: Epoch },
    Ack { zxid: Zxid },
}

impl Message {
    /// The transaction that it is about.
    pub(super) fn zxid(self) -> Option<Zxid> {
        match self {
            Self::Proposal { zxid, .. } | Self::Commit { zxid } | Self::Ack { zxid } => Some(zxid),
            _ => None,
        }
    }

    /// Whether only a leader sends it.
    #[inline]
    pub(super) fn is_from_leader(self) -> bool {
        !matches!(
            self,
            Self::FollowerInfo { .. }
                | Self::AckEpoch { .. }
                | Self::AckLd { .. }
                | Self::Ack { .. }
        )
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::FollowerInfo { epoch: 0 }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FollowerInfo { epoch } => write!(formatter, "FOLLOWERINFO({epoch})"),
            Self::LeaderInfo { epoch } => write!(formatter, "LEADERINFO({epoch})"),
            Self::AckEpoch { zxid, epoch: Some(epoch) } => {
                write!(formatter, "ACKEPOCH({epoch}, {zxid})")
            }
            Self::AckEpoch { zxid, epoch: None } => write!(formatter, "ACKEPOCH(-1, {zxid})"),
            Self::Diff { zxid } => write!(formatter, "DIFF({zxid})"),
            Self::Trunc { zxid } => write!(formatter, "TRUNC({zxid})"),
            Self::Proposal { zxid, data } => write!(formatter, "PROPOSAL({zxid}={data})"),
            Self::Commit { zxid } => write!(formatter, "COMMIT({zxid})"),
            Self::NewLeader { epoch } => write!(formatter, "NEWLEADER({epoch})"),
            Self::AckLd { epoch } => write!(formatter, "ACKLD({epoch})"),
            Self::UpToDate { epoch } => write!(formatter, "UPTODATE({epoch})"),
            Self::Ack { zxid } => write!(formatter, "ACK({zxid})"),
        }
    }
}

/// Messages from one server to another, first in, first out, as over TCP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fifo<M: Default>(TinyVec<[M; 6]>);

/// The channel of the synchronization and the broadcast.
pub(super) type Channel = Fifo<Message>;

impl<M: Default> Default for Fifo<M> {
    fn default() -> Self {
        Self(TinyVec::default())
    }
}

impl<M: Copy + Default> Fifo<M> {
    #[inline]
    pub(super) fn head(&self) -> Option<M> {
        self.0.first().copied()
    }

    #[inline]
    pub(super) fn push(&mut self, message: M) {
        self.0.push(message);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<M> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(super) fn iter(&self) -> std::slice::Iter<'_, M> {
        self.0.iter()
    }
}

/// A queue of zxids: `packetsCommitted`, `committedRequests`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Zxids(TinyVec<[Zxid; 4]>);

impl Zxids {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<Zxid> {
        self.0.first().copied()
    }

    #[inline]
    pub(super) fn last(&self) -> Option<Zxid> {
        self.0.last().copied()
    }

    #[inline]
    pub(super) fn push(&mut self, zxid: Zxid) {
        self.0.push(zxid);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Zxid> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Zxid> {
        self.0.iter()
    }

    /// Appends another queue.
    #[inline]
    pub(super) fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
}

/// What a learner has of its leader between DIFF or TRUNC and UPTODATE: `packetsNotCommitted` and
/// `packetsCommitted` of `Learner.syncWithLeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct PacketsSync {
    pub(super) not_committed: History,
    pub(super) committed: Zxids,
}

impl PacketsSync {
    pub(super) fn clear(&mut self) {
        self.not_committed.clear();
        self.committed.clear();
    }
}

/// The learners that a leader has heard from, and those of them that are still connected.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Contacts {
    pub(super) sids: ServerSet,
    pub(super) connected: ServerSet,
}

impl Contacts {
    pub(super) fn of(servers: ServerSet) -> Self {
        Self { sids: servers, connected: servers }
    }

    /// `UpdateConnectingOrAckldRecv`.
    pub(super) fn add(&mut self, server: Server) {
        self.sids = self.sids.with(server);
        self.connected = self.connected.with(server);
    }

    /// `RemoveConnectingOrAckldRecv`.
    pub(super) fn disconnect(&mut self, server: Server) {
        self.connected = self.connected.without(server);
    }
}

/// What a leader has from a learner's ACKEPOCH.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Electing {
    /// Where the learner's history ends; `None` once `syncFollower` has been called for it.
    pub(super) peer_last_zxid: Option<Zxid>,
    /// Whether it counts as an element of `electingFollowers`.
    pub(super) in_quorum: bool,
}
