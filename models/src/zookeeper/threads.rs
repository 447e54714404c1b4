//! The threads of a follower, where synchronization or broadcast is fine in concurrency: what the
//! follower receives waits in their queues.

use super::ZooKeeper;
use super::state::State;
use super::types::Message;
use crate::Server;

impl<const N: usize> ZooKeeper<N> {
    /// `FollowerSyncProcessorLogRequest(i, j)`: the thread `SyncRequestProcessor` writes a request
    /// to disk and acknowledges it.
    pub(super) fn can_log_request(&self, s: &State<N>, i: Server, j: Server) -> bool {
        !s.queued_requests[i].is_empty()
            && s.is_on(i)
            && s.is_follower(i)
            && s.is_my_leader(i, j)
            && !self.acknowledges_newleader_first(s, i, j)
    }

    pub(super) fn log_request(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(txn) = s.queued_requests[i].pop_first() else { return };
        s.history[i].push(txn);
        s.send(i, j, Message::Ack { zxid: txn.zxid });
    }

    /// `FollowerCommitProcessorCommit(i)`: the thread `CommitProcessor` applies a transaction,
    /// which has to be on disk.
    pub(super) fn can_commit_request(&self, s: &State<N>, i: Server) -> bool {
        let is_logged =
            |zxid| s.index_received(i, zxid).is_some_and(|index| index <= s.history[i].len());
        s.committed_requests[i].first().is_some_and(is_logged) && s.is_on(i) && s.is_follower(i)
    }

    pub(super) fn commit_request(&self, s: &mut State<N>, i: Server) {
        let Some(zxid) = s.committed_requests[i].pop() else { return };
        if let Some(index) = s.index_received(i, zxid) {
            self.commit_at(s, i, index, zxid);
        }
    }
}
