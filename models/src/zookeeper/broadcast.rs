//! Broadcast: the leader proposes and commits, its learners log and acknowledge.

use super::ZooKeeper;
use super::code::Change;
use super::state::{Flaw, State};
use super::types::{Committed, Message, Phase, Position, Proposal, Txn, Zxid};
use super::{BroadcastGrain, Mutant};
use crate::{Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// `LeaderProcessRequest(i)`: a client's request reaches the leader of a quorum that serves.
    pub(super) fn can_process_request(&self, s: &State<N>, i: Server) -> bool {
        let serves = |v: &Server| s.zab_state[*v] == Phase::Broadcast;
        let alone = if self.code.has(Change::RequestsAwaitFollowers) {
            ServerSet::EMPTY
        } else {
            ServerSet::of(i)
        };
        let serving = || s.forwarding[i].iter().filter(serves).fold(alone, ServerSet::with);
        s.is_on(i) && s.is_leader(i) && serves(&i) && self.is_quorum(serving())
    }

    pub(super) fn process_request(&self, s: &mut State<N>, i: Server) {
        let (zxid, data) = (self.next_zxid(s, i), *s.n_client_request);
        *s.n_client_request += 1;
        let epoch = s.accepted_epoch[i];
        // The leader is taken to have logged and acknowledged it at once.
        let value = if self.has(Mutant::LeaderLogsOther) { data + 1 } else { data };
        s.history[i].push(Txn { zxid, value, ack_sid: ServerSet::of(i), epoch });
        let is_lost = self.has(Mutant::ProposalLost) && zxid.counter % 2 == 1;
        let to = s.forwarding[i].iter().skip(usize::from(is_lost)).collect();
        s.broadcast(i, to, Message::Proposal { zxid, data });
        s.proposal_msgs_log.peek_mut().insert(Proposal { source: i, epoch, zxid, data });
        Self::count_transactions(s);
    }

    /// The zxid of a leader's next transaction.
    fn next_zxid(&self, s: &State<N>, i: Server) -> Zxid {
        let (epoch, last) = (s.current_epoch[i], s.history[i].last_zxid());
        if self.has(Mutant::EpochAhead) {
            let is_second = s.history[i].len().is_multiple_of(2);
            return Zxid { epoch: epoch + u8::from(is_second), counter: last.counter + 1 };
        }
        let counter = if last.epoch == epoch { last.counter + 1 } else { 1 };
        Zxid { epoch, counter }
    }

    /// Whether follower `i` in broadcast may process the next message of its leader `j`.
    fn in_broadcast_with(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i) && s.is_follower(i) && s.zab_state[i] == Phase::Broadcast && s.is_my_leader(i, j)
    }

    /// Whether broadcast, at its baseline, has to wait for the threads that synchronization has
    /// given work.
    fn waits_for_threads(&self, s: &State<N>, i: Server) -> bool {
        self.broadcast == BroadcastGrain::Baseline
            && self.has_threads()
            && !(s.queued_requests[i].is_empty() && s.committed_requests[i].is_empty())
    }

    /// `FollowerProcessPROPOSAL(i, j)`.
    pub(super) fn can_process_proposal(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Proposal { .. }))
            && Self::in_broadcast_with(s, i, j)
            && !self.waits_for_threads(s, i)
    }

    pub(super) fn process_proposal(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Proposal { zxid, data }) = s.rcv_buffer[j][i].pop() else { return };
        let last = s.received(i).last().map_or(Zxid::ZERO, |txn| txn.zxid);
        if !last.precedes_directly(zxid) {
            s.flaws.peek_mut().add(Flaw::ProposalNotNext);
        }
        let txn = self.proposed(s, i, zxid, data);
        if self.broadcast == BroadcastGrain::FineConcurrent {
            s.queued_requests[i].push(txn);
        } else {
            s.history[i].push(txn);
            s.send(i, j, Message::Ack { zxid });
            if self.has(Mutant::AckTwice) {
                s.send(i, j, Message::Ack { zxid });
            }
        }
    }

    /// `FollowerProcessCOMMIT(i, j)`.
    pub(super) fn can_process_commit(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Commit { .. }))
            && Self::in_broadcast_with(s, i, j)
            && !self.waits_for_threads(s, i)
    }

    pub(super) fn process_commit(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Commit { zxid }) = s.rcv_buffer[j][i].pop() else { return };
        let index = s.committed_count(i) + s.committed_requests[i].len() + 1;
        // `pendingTxns` is empty: the follower only warns.
        let Some(next) = s.received(i).nth(index - 1).map(|txn| txn.zxid) else { return };
        if next != zxid {
            s.flaws.peek_mut().add(Flaw::CommitNotNext);
        } else if self.broadcast == BroadcastGrain::FineConcurrent {
            s.committed_requests[i].push(zxid);
        } else {
            self.commit_at(s, i, index, zxid);
        }
    }

    /// A server commits and applies the transaction at an index of its history.
    pub(super) fn commit_at(&self, s: &mut State<N>, i: Server, index: usize, zxid: Zxid) {
        let committed = Committed::at(index, zxid);
        s.last_committed[i] = committed;
        s.last_processed[i] = committed;
        self.remember_index(s, i, index);
    }

    /// `LeaderProcessACK(i, j)`, in synchronization and in broadcast.
    pub(super) fn can_process_ack(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Ack { .. }))
            && s.is_on(i)
            && s.is_leader(i)
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_ack(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Ack { zxid }) = s.rcv_buffer[j][i].pop() else { return };
        if self.has_threads() && !s.ackld_recv[i].sids.contains(j) {
            // `waitForNewLeaderAck` takes it for the ACK of NEWLEADER.
            return s.flaws.peek_mut().add(Flaw::AckBeforeAckOfNewLeader);
        }
        if zxid.counter == 0 {
            return self.process_ack_of_uptodate(s, i, j);
        }
        let next = s.history[i].iter().rposition(|txn| txn.ack_sid.contains(j));
        let index = match s.history[i].position(zxid) {
            Position::At(index) if next.is_none_or(|last| last + 2 == index) => index,
            _ => return s.flaws.peek_mut().add(Flaw::AckOutOfOrder),
        };
        let Some(txn) = s.history[i].at_mut(index) else { return };
        txn.ack_sid = txn.ack_sid.with(j);
        let acks = txn.ack_sid;
        let committed = Self::committed_by_leader(s, i);
        let is_outstanding = committed < s.history[i].len() && index > committed;
        if is_outstanding {
            self.try_to_commit(s, i, index, (zxid, acks));
        }
    }

    /// `tryToCommit`: in order, and once a quorum has acknowledged.
    fn try_to_commit(
        &self,
        s: &mut State<N>,
        i: Server,
        index: usize,
        (zxid, acks): (Zxid, ServerSet),
    ) {
        let committed = s.committed_count(i);
        if committed + 1 < index || !self.is_quorum(acks) {
            return;
        }
        if committed + 1 != index {
            s.flaws.peek_mut().add(Flaw::CommitNotFirst);
        }
        self.commit_at(s, i, index, zxid);
        let last = s.history[i].last_zxid();
        let zxid = if self.has(Mutant::CommitOfLast) { last } else { zxid };
        s.broadcast(i, s.forwarding[i], Message::Commit { zxid });
    }

    /// The leader ignores it; but it may rely on the learner having applied what it was synced
    /// with.
    fn process_ack_of_uptodate(&self, s: &mut State<N>, i: Server, j: Server) {
        let is_behind = s.last_committed.peek()[j].count() < s.initial_history.peek()[i].len();
        if is_behind && !self.code.has(Change::LenientAckOfUpToDate) {
            s.flaws.peek_mut().add(Flaw::UpToDateBeforeCommit);
        }
    }
}
