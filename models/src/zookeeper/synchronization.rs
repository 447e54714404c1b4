//! Synchronization: the leader brings its learners to its own history. What the leader does, and
//! what a follower does up to NEWLEADER.

use super::ZooKeeper;
use super::code::Change;
use super::state::{Flaw, State};
use super::types::{Committed, Contacts, Message, Phase, Position, Proposal, Txn, Zxid};
use super::{Mutant, SynchronizationGrain};
use crate::{Server, ServerSet};

/// How a leader begins to synchronize a learner.
pub(super) struct Start {
    /// DIFF or TRUNC.
    message: Message,
    /// The last transaction that the learner keeps.
    pub(super) zxid: Zxid,
    /// The number of transactions of the leader's history that the learner keeps.
    kept: usize,
}

impl Start {
    /// The learner keeps what it has.
    pub(super) fn diff(zxid: Zxid, kept: usize) -> Self {
        Self { message: Message::Diff { zxid }, zxid, kept }
    }

    /// The learner drops what is behind.
    pub(super) fn trunc(zxid: Zxid, kept: usize) -> Self {
        Self { message: Message::Trunc { zxid }, zxid, kept }
    }
}

impl<const N: usize> ZooKeeper<N> {
    /// `LeaderSyncFollower(i, j)`: `LearnerHandler.syncFollower`, once a quorum has sent ACKEPOCH.
    pub(super) fn can_sync_follower(&self, s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i)
            && s.is_leader(i)
            && s.is_my_learner(i, j)
            && s.electing[i][j].is_some_and(|info| info.peer_last_zxid.is_some())
            && self.has_finished_election(s, i)
    }

    pub(super) fn sync_follower(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(info) = &mut s.electing[i][j] else { return };
        let Some(zxid) = info.peer_last_zxid else { return };
        if !self.has(Mutant::SyncTwice) || s.forwarding[i].contains(j) {
            info.peer_last_zxid = None;
        }
        let start = if self.synchronization == SynchronizationGrain::CommittedLog {
            Self::start_from_memory(s, i, zxid)
        } else {
            Self::start_from_history(s, i, zxid)
        };
        self.start_forwarding(s, i, j, &start);
        s.current_epoch[i] = s.accepted_epoch[i];
    }

    /// What the leader regards as committed: `maxCommittedLog`.
    pub(super) fn committed_by_leader(s: &State<N>, i: Server) -> usize {
        if s.zab_state[i] == Phase::Broadcast {
            s.committed_count(i)
        } else {
            s.initial_history[i].len()
        }
    }

    /// The cases of `syncFollower` for a leader that has its whole history at hand, so that it
    /// never sends a snapshot.
    pub(super) fn start_from_history(s: &State<N>, i: Server, peer_last_zxid: Zxid) -> Start {
        let (history, processed) = (&s.history[i], s.last_processed[i]);
        if peer_last_zxid == processed.zxid {
            return Start::diff(peer_last_zxid, processed.count());
        }
        let trunc = |kept: usize| {
            let zxid = history.prefix(kept).last().map_or(Zxid::ZERO, |txn| txn.zxid);
            Start::trunc(zxid, kept)
        };
        let committed = Self::committed_by_leader(s, i);
        let max_committed_log = history.prefix(committed).last().map_or(Zxid::ZERO, |txn| txn.zxid);
        if peer_last_zxid > max_committed_log {
            return trunc(committed);
        }
        match history.position(peer_last_zxid) {
            Position::Start => Start::diff(peer_last_zxid, 0),
            Position::At(index) => Start::diff(peer_last_zxid, index),
            Position::Ambiguous | Position::Absent => {
                // All before the first one that is later.
                trunc(history.iter().take_while(|txn| txn.zxid <= peer_last_zxid).count())
            }
        }
    }

    /// What the leader sends a learner behind the start, and whether it has committed it.
    fn txns_to_send(&self, s: &State<N>, i: Server, start: &Start) -> Vec<(Txn, bool)> {
        if self.synchronization == SynchronizationGrain::CommittedLog {
            return Self::txns_in_memory(s, i, start);
        }
        let committed = Self::committed_by_leader(s, i);
        let skipped = usize::from(self.has(Mutant::SyncSkipsFirst));
        let txns = (1..).zip(s.history[i].iter()).skip(start.kept + skipped);
        txns.map(|(index, txn)| (*txn, index <= committed)).collect()
    }

    /// `startForwarding`: the learner gets what it lacks, then NEWLEADER, and from now on what the
    /// leader proposes and commits.
    fn start_forwarding(&self, s: &mut State<N>, i: Server, j: Server, start: &Start) {
        let epoch = s.accepted_epoch[i];
        s.send(i, j, start.message);
        for (Txn { zxid, value: data, .. }, is_committed) in self.txns_to_send(s, i, start) {
            s.send(i, j, Message::Proposal { zxid, data });
            if is_committed {
                s.send(i, j, Message::Commit { zxid });
            }
            s.proposal_msgs_log.peek_mut().insert(Proposal { source: i, epoch, zxid, data });
        }
        s.send(i, j, Message::NewLeader { epoch });
        s.forwarding[i] = s.forwarding[i].with(j);
        // `UpdateAckSid`: what the learner has already, it has acknowledged.
        for txn in s.history[i].iter_mut().take(start.kept) {
            txn.ack_sid = txn.ack_sid.with(j);
        }
    }

    /// `FollowerProcessSyncMessage(i, j)`: DIFF or TRUNC.
    pub(super) fn can_process_sync_message(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Diff { .. } | Message::Trunc { .. }))
            && s.is_on(i)
            && s.is_follower(i)
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_sync_message(&self, s: &mut State<N>, i: Server, j: Server) {
        let message = s.rcv_buffer[j][i].pop();
        if s.zab_state[i] != Phase::Synchronization {
            s.flaws.peek_mut().add(Flaw::SyncMessageOutsideSync);
            return;
        }
        let Some(Message::Trunc { zxid }) = message else { return };
        let kept = match s.history[i].position(zxid) {
            Position::Start | Position::Ambiguous => 0,
            Position::At(index) => index,
            Position::Absent => return s.flaws.peek_mut().add(Flaw::TruncFails),
        };
        if !self.has(Mutant::TruncIgnored) {
            s.history[i].truncate(kept);
        }
        s.initial_history[i] = s.history[i].clone();
        s.last_processed[i] = Committed::at(kept, zxid);
        s.last_committed[i] = Committed::at(kept, zxid);
        self.load_memory_log(s, i);
    }

    /// The last transaction that a follower has, on disk or not: `lastQueued`.
    fn last_queued(s: &State<N>, i: Server) -> Zxid {
        s.received(i).last().map_or(Zxid::ZERO, |txn| txn.zxid)
    }

    /// Whether a follower in synchronization has this kind of message to process.
    fn in_sync_with(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i)
            && s.is_follower(i)
            && s.zab_state[i] == Phase::Synchronization
            && s.is_my_leader(i, j)
    }

    /// `FollowerProcessPROPOSALInSync(i, j)`.
    pub(super) fn can_process_proposal_in_sync(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Proposal { .. })) && Self::in_sync_with(s, i, j)
    }

    pub(super) fn process_proposal_in_sync(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Proposal { zxid, data }) = s.rcv_buffer[j][i].pop() else { return };
        if Self::last_queued(s, i).precedes_directly(zxid) {
            let txn = self.proposed(s, i, zxid, data);
            s.packets_sync[i].not_committed.push(txn);
        } else {
            s.flaws.peek_mut().add(Flaw::ProposalInSyncNotNext);
        }
    }

    /// A transaction as a follower takes it over from a proposal.
    pub(super) fn proposed(&self, s: &State<N>, i: Server, zxid: Zxid, data: u16) -> Txn {
        let value = if self.has(Mutant::ProposalCorrupted) { data + 1 } else { data };
        Txn { zxid, value, ack_sid: ServerSet::EMPTY, epoch: s.accepted_epoch[i] }
    }

    /// `LastCommitted` of a follower in synchronization: its index and its zxid.
    pub(super) fn last_committed_in_sync(s: &State<N>, i: Server) -> Committed {
        let index = match s.packets_sync[i].committed.last() {
            // What is applied in synchronization counts where the code does so.
            None => s.initial_history[i].len().max(s.committed_count(i)),
            Some(zxid) => s.index_received(i, zxid).unwrap_or_default(),
        };
        let last = index.checked_sub(1).and_then(|index| s.received(i).nth(index));
        Committed::at(index, last.map_or(Zxid::ZERO, |txn| txn.zxid))
    }

    /// `FollowerProcessCOMMITInSync(i, j)`.
    pub(super) fn can_process_commit_in_sync(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::Commit { .. })) && Self::in_sync_with(s, i, j)
    }

    pub(super) fn process_commit_in_sync(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::Commit { zxid }) = s.rcv_buffer[j][i].pop() else { return };
        let last = Self::last_committed_in_sync(s, i);
        let next = s.received(i).nth(last.count()).map(|txn| txn.zxid);
        // `packetsNotCommitted.peekFirst()` is null: the learner fails (ZK-4394).
        let has_packet =
            self.code.has(Change::KeepCommitInSync) || !s.packets_sync[i].not_committed.is_empty();
        let flaws = s.flaws.peek_mut();
        if !has_packet || next.is_none() || !last.zxid.precedes_directly(zxid) {
            flaws.add(Flaw::CommitWithoutPacket);
        } else if next == Some(zxid) {
            s.packets_sync[i].committed.push(zxid);
        } else {
            flaws.add(Flaw::CommitNotNext);
        }
    }

    /// `LeaderProcessACKLD(i, j)`: `waitForNewLeaderAck`.
    pub(super) fn can_process_ackld(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.pending(i, j), Some(Message::AckLd { .. }))
            && s.is_on(i)
            && s.is_leader(i)
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_ackld(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::AckLd { epoch }) = s.rcv_buffer[j][i].pop() else { return };
        let uptodate = Message::UpToDate { epoch: s.accepted_epoch[i] };
        let quorum_formed = |acks: Contacts| acks.sids.contains(i) && self.is_quorum(acks.sids);
        if quorum_formed(s.ackld_recv[i]) {
            if self.has_threads() {
                // From now on the leader takes other ACKs of this learner.
                s.ackld_recv[i].add(j);
            }
            return s.send(i, j, uptodate);
        }
        if epoch != s.accepted_epoch[i] {
            return s.flaws.peek_mut().add(Flaw::AckOfNewLeaderFromOtherEpoch);
        }
        s.ackld_recv[i].add(j);
        let acks = s.ackld_recv[i];
        if quorum_formed(acks) {
            self.start_zk_server(s, i);
            let to: ServerSet = acks.connected.iter().filter(|&v| s.is_my_learner(i, v)).collect();
            s.broadcast(i, to, uptodate);
        }
    }

    /// `startZkServer`: what the leader began with is committed.
    fn start_zk_server(&self, s: &mut State<N>, i: Server) {
        let latest = s.last_proposed(i);
        if !self.has(Mutant::LeaderCommitsLate) {
            s.last_committed[i] = latest;
        }
        s.last_processed[i] = latest;
        s.zab_state[i] = Phase::Broadcast;
        self.update_election_vote(s, i);
    }
}
