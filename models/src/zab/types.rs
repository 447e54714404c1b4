//! Transactions, messages and channels.

use crate::{Server, ServerSet};
use serde::{Deserialize, Serialize};
use std::fmt;
use tinyvec::TinyVec;

/// An epoch; 0 is before the first.
pub(crate) type Epoch = u8;

/// The identifier of a transaction: an epoch and a counter in it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Zxid {
    pub(crate) epoch: Epoch,
    pub(crate) counter: u8,
}

impl Zxid {
    /// The identifier before the first transaction: `<<0, 0>>`.
    pub(crate) const ZERO: Self = Self { epoch: 0, counter: 0 };

    /// `IsNextZxid`: whether `next` may directly follow.
    #[inline]
    pub(crate) fn precedes_directly(self, next: Self) -> bool {
        let first_of_its_epoch = next.counter == 1 && self.epoch < next.epoch;
        let next_in_the_epoch =
            next.counter > 1 && self.epoch == next.epoch && self.counter + 1 == next.counter;
        first_of_its_epoch || next_in_the_epoch
    }
}

impl fmt::Display for Zxid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<{},{}>", self.epoch, self.counter)
    }
}

/// A transaction in a history.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Txn {
    pub(crate) zxid: Zxid,
    pub(crate) value: u16,
    /// The servers whose acknowledgment the leader has.
    pub(crate) ack_sid: ServerSet,
    pub(crate) epoch: Epoch,
}

impl Txn {
    /// `TxnEqual`: the same transaction, whoever acknowledged it.
    #[inline]
    pub(crate) fn same(self, other: Self) -> bool {
        (self.zxid, self.value) == (other.zxid, other.value)
    }
}

/// A sequence of transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct History(TinyVec<[Txn; 4]>);

/// Where a zxid is in a history, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Before the first transaction: the zxid is `<<0, 0>>`.
    Start,
    /// Exactly here.
    At(usize),
    /// More than once.
    Ambiguous,
    /// Nowhere.
    Absent,
}

impl History {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Txn> {
        self.0.iter()
    }

    #[inline]
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Txn> {
        self.0.iter_mut()
    }

    #[inline]
    pub(crate) fn push(&mut self, txn: Txn) {
        self.0.push(txn);
    }

    /// The transactions as they were proposed, without their acknowledgments.
    pub(crate) fn proposed(&self) -> impl Iterator<Item = (Zxid, u16, Epoch)> {
        self.iter().map(|txn| (txn.zxid, txn.value, txn.epoch))
    }

    /// The transaction at an index that counts from 1.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> Option<&Txn> {
        self.0.get(index.checked_sub(1)?)
    }

    /// The transaction at an index that counts from 1, to be changed.
    #[inline]
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut Txn> {
        self.0.get_mut(index.checked_sub(1)?)
    }

    /// The first `count` transactions, or all if there are fewer.
    #[inline]
    pub(crate) fn prefix(&self, count: usize) -> &[Txn] {
        self.0.get(..count).unwrap_or(&self.0)
    }

    /// `LastZxidOfHistory`.
    #[inline]
    pub(crate) fn last_zxid(&self) -> Zxid {
        self.0.last().map_or(Zxid::ZERO, |txn| txn.zxid)
    }

    /// `ZxidToIndex`.
    #[inline]
    pub(crate) fn position(&self, zxid: Zxid) -> Position {
        if zxid == Zxid::ZERO {
            return Position::Start;
        }
        let mut places =
            (1..).zip(self.iter()).filter(|(_, txn)| txn.zxid == zxid).map(|(index, _)| index);
        match (places.next(), places.next()) {
            (Some(index), None) => Position::At(index),
            (Some(_), Some(_)) => Position::Ambiguous,
            (None, _) => Position::Absent,
        }
    }

    /// Keeps the first `count` transactions.
    #[inline]
    pub(crate) fn truncate(&mut self, count: usize) {
        self.0.truncate(count);
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends other transactions.
    #[inline]
    pub(crate) fn append(&mut self, txns: &[Txn]) {
        self.0.extend_from_slice(txns);
    }

    /// Takes the first transaction.
    #[inline]
    pub(crate) fn pop_first(&mut self) -> Option<Txn> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// All transactions.
    #[inline]
    pub(crate) fn all(&self) -> &[Txn] {
        &self.0
    }

    /// The same transactions in the reverse order.
    pub(crate) fn reversed(&self) -> Self {
        Self(self.iter().rev().copied().collect())
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Message {
    CEpoch { epoch: Epoch },
    NewEpoch { epoch: Epoch },
    AckEpoch { epoch: Epoch, history: History },
    NewLeader { epoch: Epoch, history: History },
    AckLd { zxid: Zxid },
    CommitLd { zxid: Zxid },
    Propose { zxid: Zxid, data: u16 },
    Ack { zxid: Zxid },
    Commit { zxid: Zxid },
}

impl Message {
    /// Whether only a leader sends it.
    #[inline]
    pub(crate) fn is_from_leader(&self) -> bool {
        matches!(
            self,
            Self::NewEpoch { .. }
                | Self::NewLeader { .. }
                | Self::CommitLd { .. }
                | Self::Propose { .. }
                | Self::Commit { .. }
        )
    }
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CEpoch { epoch } => write!(formatter, "CEPOCH({epoch})"),
            Self::NewEpoch { epoch } => write!(formatter, "NEWEPOCH({epoch})"),
            Self::AckEpoch { epoch, history } => write!(formatter, "ACKEPOCH({epoch}, {history})"),
            Self::NewLeader { epoch, history } => {
                write!(formatter, "NEWLEADER({epoch}, {history})")
            }
            Self::AckLd { zxid } => write!(formatter, "ACKLD({zxid})"),
            Self::CommitLd { zxid } => write!(formatter, "COMMITLD({zxid})"),
            Self::Propose { zxid, data } => write!(formatter, "PROPOSE({zxid}, {data})"),
            Self::Ack { zxid } => write!(formatter, "ACK({zxid})"),
            Self::Commit { zxid } => write!(formatter, "COMMIT({zxid})"),
        }
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::Ack { zxid: Zxid::ZERO }
    }
}

impl fmt::Display for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let txns: Vec<String> =
            self.iter().map(|txn| format!("{}={}{}", txn.zxid, txn.value, txn.ack_sid)).collect();
        write!(formatter, "[{}]", txns.join(" "))
    }
}

/// The input buffer of one server from another: first in, first out.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Channel(Vec<Message>);

impl Clone for Channel {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Keeps what the old channel has allocated.
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

impl Channel {
    #[inline]
    pub(crate) fn head(&self) -> Option<&Message> {
        self.0.first()
    }

    #[inline]
    pub(crate) fn push(&mut self, message: Message) {
        self.0.push(message);
    }

    /// `Discard`.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Message> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Message> {
        self.0.iter()
    }
}

/// A message that a leader broadcast: kept to check what followers deliver.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Proposal {
    pub(crate) source: Server,
    pub(crate) epoch: Epoch,
    pub(crate) zxid: Zxid,
    pub(crate) data: u16,
}

impl Proposal {
    /// Whether `txn` is what was proposed.
    #[inline]
    pub(crate) fn is(self, txn: Txn) -> bool {
        (self.zxid, self.data) == (txn.zxid, txn.value)
    }
}

/// A set of proposals, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Proposals(TinyVec<[Proposal; 6]>);

impl Proposals {
    #[inline]
    pub(crate) fn insert(&mut self, proposal: Proposal) {
        if let Err(place) = self.0.binary_search(&proposal) {
            self.0.insert(place, proposal);
        }
    }

    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Proposal> {
        self.0.iter()
    }

    /// The same proposals in the order in which they are once each source has another name.
    pub(crate) fn ordered_by(&self, name: impl Fn(Server) -> Server) -> Self {
        let mut ordered = self.clone();
        ordered.0.sort_unstable_by_key(|proposal| Proposal {
            source: name(proposal.source),
            ..*proposal
        });
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(zxids: &[(u8, u8)]) -> History {
        let mut history = History::default();
        for &(epoch, counter) in zxids {
            history.push(Txn { zxid: Zxid { epoch, counter }, ..Txn::default() });
        }
        history
    }

    #[test]
    fn positions_count_from_one_and_know_duplicates() {
        let twice = history(&[(1, 1), (1, 2), (1, 1)]);
        for (zxid, expected) in [
            ((0, 0), Position::Start),
            ((1, 2), Position::At(2)),
            ((1, 1), Position::Ambiguous),
            ((2, 1), Position::Absent),
        ] {
            assert_eq!(twice.position(Zxid { epoch: zxid.0, counter: zxid.1 }), expected);
        }
        assert_eq!(history(&[]).position(Zxid { epoch: 1, counter: 1 }), Position::Absent);
    }

    #[test]
    fn zxids_follow_each_other_without_gap() {
        let zxid = |epoch, counter| Zxid { epoch, counter };
        for (current, next, expected) in [
            (zxid(0, 0), zxid(1, 1), true),
            (zxid(1, 2), zxid(3, 1), true),
            (zxid(1, 1), zxid(1, 2), true),
            (zxid(1, 1), zxid(1, 3), false),
            (zxid(1, 1), zxid(2, 2), false),
            (zxid(2, 1), zxid(1, 1), false),
        ] {
            assert_eq!(current.precedes_directly(next), expected, "{current} {next}");
        }
    }
}
