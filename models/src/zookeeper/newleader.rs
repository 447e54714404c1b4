//! Synchronization from NEWLEADER to UPTODATE, as one step and in the steps of the fine grains.
//!
//! On NEWLEADER a follower updates `currentEpoch`, logs what it was synced with, and acknowledges.
//! At the baseline this is one step. Fine in atomicity, the update of the epoch is a step of its
//! own, before or after the rest as the code has it. Fine in concurrency, logging and
//! acknowledging are steps too, and in 3.9.1 another thread does the logging.

use super::ZooKeeper;
use super::code::Change;
use super::state::{Flaw, State};
use super::types::{Committed, Message, Phase, Txn, Zxid};
use super::{Mutant, SynchronizationGrain};
use crate::Server;

impl<const N: usize> ZooKeeper<N> {
    /// Whether follower `i` has NEWLEADER of its leader `j` to process.
    fn has_newleader(s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::NewLeader { .. }))
            && s.is_on(i)
            && s.is_follower(i)
            && s.is_my_leader(i, j)
    }

    fn has_updated_epoch(s: &State<N>, i: Server) -> bool {
        s.current_epoch[i] == s.accepted_epoch[i]
    }

    /// Whether the epoch is updated, or is to be updated with the acknowledgment.
    fn may_acknowledge(&self, s: &State<N>, i: Server) -> bool {
        Self::has_updated_epoch(s, i) || self.code.has(Change::EpochWithAck)
    }

    /// Whether nothing is left to be logged on NEWLEADER.
    fn has_logged(&self, s: &State<N>, i: Server) -> bool {
        if self.code.has(Change::ApplyCommittedInSync) {
            s.packets_sync[i].committed.is_empty()
        } else {
            s.packets_sync[i].not_committed.is_empty()
        }
    }

    /// Whether what was logged on NEWLEADER is on disk.
    fn is_on_disk(&self, s: &State<N>, i: Server) -> bool {
        self.has_logged(s, i) && s.queued_requests[i].is_empty()
    }

    /// Baseline `FollowerProcessNEWLEADER(i, j)`.
    pub(super) fn can_process_newleader(&self, s: &State<N>, i: Server, j: Server) -> bool {
        Self::has_newleader(s, i, j)
    }

    pub(super) fn process_newleader(&self, s: &mut State<N>, i: Server, j: Server) {
        s.current_epoch[i] = s.accepted_epoch[i];
        self.log_and_reply(s, i, j);
    }

    /// Fine: `FollowerProcessNEWLEADER_UpdateEpoch(i, j)`: `self.setCurrentEpoch(newEpoch)`.
    pub(super) fn can_update_epoch(&self, s: &State<N>, i: Server, j: Server) -> bool {
        let in_order = !self.code.has(Change::LogBeforeEpoch) || self.is_on_disk(s, i);
        Self::has_newleader(s, i, j)
            && !Self::has_updated_epoch(s, i)
            && !self.code.has(Change::EpochWithAck)
            && in_order
    }

    pub(super) fn update_epoch(&self, s: &mut State<N>, i: Server, _: Server) {
        s.current_epoch[i] = s.accepted_epoch[i];
    }

    /// Fine in atomicity: `FollowerProcessNEWLEADERAfterCurrentEpochUpdated(i, j)`.
    pub(super) fn can_process_newleader_after_epoch(
        &self,
        s: &State<N>,
        i: Server,
        j: Server,
    ) -> bool {
        Self::has_newleader(s, i, j) && self.may_acknowledge(s, i)
    }

    pub(super) fn process_newleader_after_epoch(&self, s: &mut State<N>, i: Server, j: Server) {
        s.current_epoch[i] = s.accepted_epoch[i];
        self.log_and_reply(s, i, j);
    }

    /// Logs what the follower was synced with, and acknowledges NEWLEADER and then each of the
    /// logged transactions.
    fn log_and_reply(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::NewLeader { epoch }) = s.rcv_buffer[j][i].pop() else { return };
        self.log_packets(s, i);
        self.acknowledge(s, i, j, epoch);
    }

    /// Sends the ACK of NEWLEADER, then those of what is logged and not acknowledged yet.
    fn acknowledge(&self, s: &mut State<N>, i: Server, j: Server, epoch: u8) {
        s.send(i, j, Message::AckLd { epoch: self.acknowledged_epoch(epoch) });
        if !self.logs_by_thread() {
            let known = s.initial_history[i].len();
            let logged: Vec<Zxid> = s.history[i].iter().skip(known).map(|txn| txn.zxid).collect();
            for zxid in logged {
                s.send(i, j, Message::Ack { zxid });
            }
        }
    }

    /// Writes the packets of the synchronization to disk: all of them or, as the change has it,
    /// those that are committed, which are also applied.
    fn log_packets(&self, s: &mut State<N>, i: Server) {
        if !self.code.has(Change::ApplyCommittedInSync) {
            let packets = std::mem::take(&mut s.packets_sync[i].not_committed);
            s.history[i].append(packets.all());
            return;
        }
        if self.has(Mutant::SyncReversed) {
            s.packets_sync[i].not_committed = s.packets_sync[i].not_committed.reversed();
        }
        let committed = std::mem::take(&mut s.packets_sync[i].committed);
        let Some(last) = committed.last() else { return };
        while let Some(txn) = s.packets_sync[i].not_committed.pop_first() {
            s.history[i].push(txn);
            self.apply_in_sync(s, i, txn);
            if txn.zxid == last && !self.has(Mutant::SyncReversed) {
                break;
            }
        }
    }

    /// The follower applies a transaction before it serves: `processTxn`.
    fn apply_in_sync(&self, s: &mut State<N>, i: Server, txn: Txn) {
        let applied = Committed::at(s.history[i].len(), txn.zxid);
        s.last_committed[i] = applied;
        s.last_processed[i] = applied;
        if !self.code.has(Change::ForgetAppliedInSync) {
            self.remember_committed(s, i, txn);
        }
    }

    /// Whether on NEWLEADER the thread `SyncRequestProcessor` does the logging.
    pub(super) fn logs_by_thread(&self) -> bool {
        let in_place = self.code.has(Change::ApplyCommittedInSync)
            || self.code.has(Change::LogBeforeAckOfNewLeader)
                && self.code.has(Change::AckNewLeaderFirst);
        self.has_threads() && !in_place
    }

    /// Whether the thread has to wait until NEWLEADER is acknowledged.
    pub(super) fn acknowledges_newleader_first(&self, s: &State<N>, i: Server, j: Server) -> bool {
        self.code.has(Change::AckNewLeaderFirst) && Self::has_newleader(s, i, j)
    }

    /// `FollowerProcessNEWLEADER_LogAsync(i, j)`: fine in concurrency, or where the code logs before
    /// it updates the epoch.
    pub(super) fn can_log_newleader(&self, s: &State<N>, i: Server, j: Server) -> bool {
        let logs_first = self.code.has(Change::LogBeforeEpoch);
        let is_concurrent = self.synchronization.is_concurrent();
        let in_order = logs_first || is_concurrent && self.may_acknowledge(s, i);
        Self::has_newleader(s, i, j) && !self.has_logged(s, i) && in_order
    }

    pub(super) fn log_newleader(&self, s: &mut State<N>, i: Server, _: Server) {
        if self.logs_by_thread() {
            let packets = std::mem::take(&mut s.packets_sync[i].not_committed);
            s.queued_requests[i].append(packets.all());
        } else {
            self.log_packets(s, i);
        }
    }

    /// Fine in concurrency: `FollowerProcessNEWLEADER_ReplyAck(i, j)`.
    pub(super) fn can_reply_newleader(&self, s: &State<N>, i: Server, j: Server) -> bool {
        let in_order = !self.code.has(Change::LogBeforeAckOfNewLeader) || self.is_on_disk(s, i);
        Self::has_newleader(s, i, j)
            && self.may_acknowledge(s, i)
            && self.has_logged(s, i)
            && in_order
    }

    pub(super) fn reply_newleader(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::NewLeader { epoch }) = s.rcv_buffer[j][i].pop() else { return };
        s.current_epoch[i] = s.accepted_epoch[i];
        self.acknowledge(s, i, j, epoch);
    }

    fn acknowledged_epoch(&self, epoch: u8) -> u8 {
        if self.has(Mutant::AckOfOldEpoch) { epoch - 1 } else { epoch }
    }

    /// `FollowerProcessUPTODATE(i, j)`: the follower leaves the synchronization, and logs and
    /// commits what came since NEWLEADER.
    pub(super) fn can_process_uptodate(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::UpToDate { .. }))
            && s.is_on(i)
            && s.is_follower(i)
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_uptodate(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::UpToDate { epoch }) = s.rcv_buffer[j][i].pop() else { return };
        if self.synchronization.is_concurrent() {
            let zxid = Zxid { epoch, counter: 0 };
            s.send(i, j, Message::Ack { zxid });
            self.initial_history_is_applied(s, i);
            let packets = std::mem::take(&mut s.packets_sync[i]);
            s.queued_requests[i].append(packets.not_committed.all());
            s.committed_requests[i].append(&packets.committed);
        } else {
            let last = Self::last_committed_in_sync(s, i);
            let packets = std::mem::take(&mut s.packets_sync[i]);
            for txn in packets.not_committed.iter() {
                s.history[i].push(*txn);
                s.send(i, j, Message::Ack { zxid: txn.zxid });
            }
            self.commit_in_batches(s, i, &packets.committed, last);
        }
        s.zab_state[i] = Phase::Broadcast;
        self.update_election_vote(s, i);
    }

    /// `FollowerCommitInBatches`: what the leader committed must be the end of what the follower
    /// has up to there.
    fn commit_in_batches(
        &self,
        s: &mut State<N>,
        i: Server,
        committed: &super::types::Zxids,
        last: Committed,
    ) {
        let start = last.count().checked_sub(committed.len());
        let found = s.history[i].prefix(last.count()).iter().skip(start.unwrap_or_default());
        if start.is_some() && found.map(|txn| txn.zxid).eq(committed.iter().copied()) {
            s.last_committed[i] = last;
            s.last_processed[i] = last;
        } else {
            s.flaws.peek_mut().add(Flaw::CommitNotNext);
        }
    }

    /// With its log, a follower has loaded and applied all that it began with.
    fn initial_history_is_applied(&self, s: &mut State<N>, i: Server) {
        let initial = s.initial_history[i].len();
        if s.committed_count(i) < initial {
            let zxid = s.initial_history[i].last_zxid();
            s.last_committed[i] = Committed::at(initial, zxid);
        }
    }
}

impl SynchronizationGrain {
    /// Whether the threads of a follower are steps of their own.
    pub(super) fn is_concurrent(self) -> bool {
        matches!(self, Self::FineConcurrent | Self::CommittedLog)
    }
}
