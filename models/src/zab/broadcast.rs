//! Broadcast: the leader proposes transactions and commits what a quorum has.

use super::state::{Committed, Phase, State};
use super::synchronization::index;
use super::types::{Message, Position, Proposal, Txn, Zxid};
use super::{Action, Mutant, Zab};
use crate::{Server, ServerSet};

/// What a leader does with an acknowledgment. Two cases with the same effect may hold at once:
/// they are two disjuncts of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckCase {
    /// All of the history is committed.
    NotOutstanding,
    /// The transaction is committed already.
    Committed,
    /// An earlier transaction is not committed yet.
    NotNext,
    /// A quorum has not acknowledged yet.
    NoQuorum,
    /// The transaction can be committed.
    Commit,
    /// The transaction is not in the history.
    Unknown,
    /// The acknowledgments do not come in the order of the history.
    NotMonotonic,
}

impl<const N: usize> Zab<N> {
    /// `LeaderProcessRequest(i)`.
    pub(super) fn can_process_request(s: &State<N>, i: Server) -> bool {
        s.is_leader(i) && s.zab_state[i] == Phase::Broadcast
    }

    pub(super) fn process_request(s: &mut State<N>, i: Server) {
        let (last, epoch) = (s.last_zxid(i), s.current_epoch[i]);
        let counter = if last.epoch == epoch { last.counter + 1 } else { 1 };
        let value = *s.n_client_request;
        s.history[i].push(Txn {
            zxid: Zxid { epoch, counter },
            value,
            ack_sid: ServerSet::of(i),
            epoch,
        });
        *s.n_client_request += 1;
        let longest = s.history.iter().map(super::types::History::len).max().unwrap_or_default();
        *s.n_transaction = u8::try_from(longest).unwrap_or(u8::MAX);
    }

    /// `LeaderBroadcastPROPOSE(i)`: `sendCounter < CurrentCounter`.
    pub(super) fn can_broadcast_propose(s: &State<N>, i: Server) -> bool {
        s.is_leader(i) && s.zab_state[i] == Phase::Broadcast && {
            let last = s.last_zxid(i);
            last.epoch == s.current_epoch[i] && s.send_counter[i] < last.counter
        }
    }

    pub(super) fn broadcast_propose(s: &mut State<N>, i: Server) {
        let epoch = s.current_epoch[i];
        let zxid = Zxid { epoch, counter: s.send_counter[i] + 1 };
        let Position::At(place) = s.history[i].position(zxid) else { return };
        let Some(&Txn { value: data, .. }) = s.history[i].at(place) else { return };
        s.send_counter[i] += 1;
        let received = s.acke_recv[i].clone();
        let connected = |v: Server| received[v].as_ref().is_some_and(|info| info.connected);
        s.broadcast(i, connected, &Message::Propose { zxid, data });
        s.proposal_msgs_log.insert(Proposal { source: i, epoch, zxid, data });
    }

    /// `FollowerProcessPROPOSE(i, j)`.
    pub(super) fn can_process_propose(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_follower(i)
            && matches!(s.msgs[j][i].head(), Some(Message::Propose { .. }))
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_propose(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Propose { zxid, data }) = s.msgs[j][i].pop() else { return };
        if s.last_zxid(i).precedes_directly(zxid) {
            let value = if self.has(Mutant::ProposalCorrupted) { data + 1 } else { data };
            let epoch = s.current_epoch[i];
            s.history[i].push(Txn { zxid, value, ack_sid: ServerSet::EMPTY, epoch });
            s.msgs[i][j].push(Message::Ack { zxid });
        } else if matches!(s.history[i].position(zxid), Position::Absent | Position::Ambiguous) {
            s.violated_invariants.proposal_inconsistent = true;
        }
    }

    /// `LeaderProcessACK(i, j)`: the disjuncts that hold.
    pub(super) fn process_ack_cases(
        &self,
        s: &State<N>,
        i: Server,
        j: Server,
        actions: &mut Vec<Action>,
    ) {
        let Some(&Message::Ack { zxid }) = s.msgs[j][i].head() else { return };
        if !(s.is_leader(i) && s.is_my_learner(i, j)) {
            return;
        }
        let (history, committed) = (&s.history[i], s.last_committed[i]);
        // `LastAckIndexFromFollower`.
        let last_ack = (1..)
            .zip(history.iter())
            .filter(|(_, txn)| txn.ack_sid.contains(j))
            .map(|(at, _)| at)
            .max();
        let place = match history.position(zxid) {
            Position::At(place) => place,
            Position::Absent => history.len() + 1,
            Position::Start | Position::Ambiguous => 0,
        };
        let exists = (1..=history.len()).contains(&place);
        let monotonic = last_ack.is_none_or(|last: usize| last + 1 == place);
        let mut case = |holds: bool, case: AckCase| {
            if holds {
                actions.push(Action::LeaderProcessACK(i, j, case));
            }
        };
        if !exists || !monotonic {
            case(!exists, AckCase::Unknown);
            case(!monotonic, AckCase::NotMonotonic);
            return;
        }
        let outstanding = committed.count() < history.len();
        let has_committed = zxid <= committed.zxid;
        if !outstanding || has_committed {
            case(!outstanding, AckCase::NotOutstanding);
            case(has_committed, AckCase::Committed);
            return;
        }
        let all_before_committed = committed.count() + 1 >= place;
        let acks = history.at(place).map(|txn| txn.ack_sid.with(j)).unwrap_or_default();
        let has_quorum = self.is_quorum(acks);
        case(!all_before_committed, AckCase::NotNext);
        case(!has_quorum, AckCase::NoQuorum);
        case(all_before_committed && has_quorum, AckCase::Commit);
    }

    pub(super) fn process_ack(s: &mut State<N>, i: Server, j: Server, case: AckCase) {
        let Some(Message::Ack { zxid }) = s.msgs[j][i].pop() else { return };
        if matches!(case, AckCase::Unknown | AckCase::NotMonotonic) {
            s.violated_invariants.ack_inconsistent = true;
            return;
        }
        let Position::At(place) = s.history[i].position(zxid) else { return };
        if let Some(txn) = s.history[i].iter_mut().nth(place - 1) {
            txn.ack_sid = txn.ack_sid.with(j);
        }
        if case == AckCase::Commit {
            if s.last_committed[i].count() + 1 != place {
                s.violated_invariants.commit_inconsistent = true;
            }
            s.last_committed[i] = Committed { index: index(place), zxid };
            let received = *s.ackld_recv;
            let connected = |v: Server| received[i][v].is_some_and(|info| info.connected);
            s.broadcast(i, connected, &Message::Commit { zxid });
        }
    }

    /// `FollowerProcessCOMMIT(i, j)`.
    pub(super) fn can_process_commit(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_follower(i)
            && matches!(s.msgs[j][i].head(), Some(Message::Commit { .. }))
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_commit(s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Commit { zxid }) = s.msgs[j][i].pop() else { return };
        let next = s.last_committed[i].count() + 1;
        // Without a pending transaction the specification only prints a warning.
        let Some(first) = s.history[i].at(next).copied() else { return };
        if first.zxid == zxid {
            s.last_committed[i] = Committed { index: index(next), zxid };
        } else {
            s.violated_invariants.commit_inconsistent = true;
        }
    }

    /// `FilterNonexistentMessage(i)`, for the message from `j`: one that nothing can process.
    pub(super) fn can_filter(s: &State<N>, i: Server, j: Server) -> bool {
        i != j
            && s.msgs[j][i].head().is_some_and(|message| match (s.is_leader(i), s.is_follower(i)) {
                (true, _) => message.is_from_leader() || !s.is_my_learner(i, j),
                (_, true) => !message.is_from_leader() || !s.is_my_leader(i, j),
                _ => true,
            })
    }

    pub(super) fn filter(s: &mut State<N>, i: Server, j: Server) {
        s.msgs[j][i].pop();
        s.violated_invariants.message_illegal = true;
    }
}
