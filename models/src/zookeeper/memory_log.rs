//! Synchronization from memory: a server keeps the last committed transactions in `committedLog`
//! of its `ZKDatabase`, and as a leader it takes from there what it sends.
//!
//! The published specifications take that from the history on disk, so that a hole in memory
//! (ZK-4925) cannot show.

use super::state::State;
use super::synchronization::Start;
use super::types::{Txn, Zxid};
use super::{SynchronizationGrain, ZooKeeper};
use crate::Server;

impl<const N: usize> ZooKeeper<N> {
    fn has_memory_log(&self) -> bool {
        self.synchronization == SynchronizationGrain::CommittedLog
    }

    /// `syncFollower` by `minCommittedLog` and `maxCommittedLog`; from the log on disk for a
    /// learner that is behind both.
    pub(super) fn start_from_memory(s: &State<N>, i: Server, peer_last_zxid: Zxid) -> Start {
        let (memory, processed) = (&s.memory_log[i], s.last_processed[i]);
        let kept = |zxid| s.history[i].iter().take_while(|txn| txn.zxid <= zxid).count();
        if peer_last_zxid == processed.zxid {
            return Start::diff(peer_last_zxid, processed.count());
        }
        let max_committed_log = memory.last_zxid();
        if peer_last_zxid > max_committed_log {
            return Start::trunc(max_committed_log, kept(max_committed_log));
        }
        match memory.iter().map(|txn| txn.zxid).take_while(|zxid| *zxid <= peer_last_zxid).last() {
            Some(zxid) if zxid == peer_last_zxid => Start::diff(zxid, kept(zxid)),
            Some(previous) => Start::trunc(previous, kept(previous)),
            None => Self::start_from_history(s, i, peer_last_zxid),
        }
    }

    /// What is in memory behind the start, which is committed, and what is not committed yet.
    pub(super) fn txns_in_memory(s: &State<N>, i: Server, start: &Start) -> Vec<(Txn, bool)> {
        let outstanding = s.history[i].iter().skip(Self::committed_by_leader(s, i));
        let missing = s.memory_log[i].iter().map(|txn| (*txn, true));
        let missing = missing.chain(outstanding.map(|txn| (*txn, false)));
        missing.filter(|(txn, _)| txn.zxid > start.zxid).collect()
    }

    /// `loadDataBase`: what is on disk comes to memory.
    pub(super) fn load_memory_log(&self, s: &mut State<N>, i: Server) {
        if self.has_memory_log() {
            s.memory_log[i] = s.history[i].clone();
        }
    }

    /// `addCommittedProposal`.
    pub(super) fn remember_committed(&self, s: &mut State<N>, i: Server, txn: Txn) {
        if self.has_memory_log() && txn.zxid > s.memory_log[i].last_zxid() {
            s.memory_log[i].push(txn);
        }
    }

    /// `fastForwardDataBase`: what is on disk and not applied yet is applied.
    pub(super) fn fast_forward(&self, s: &mut State<N>, i: Server) {
        if self.has_memory_log() {
            let history = s.history[i].clone();
            for txn in history.iter().skip(s.committed_count(i)) {
                self.remember_committed(s, i, *txn);
            }
        }
    }

    /// The transaction at an index of the history is committed and applied.
    pub(super) fn remember_index(&self, s: &mut State<N>, i: Server, index: usize) {
        if self.has_memory_log()
            && let Some(txn) = s.history[i].at(index).copied()
        {
            self.remember_committed(s, i, txn);
        }
    }
}
