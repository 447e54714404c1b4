//! Crashes and partitions.

use super::code::Change;
use super::state::{State, Status};
use super::types::{Committed, Phase, Role};
use super::{Mutant, ZooKeeper};
use crate::{Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// `PartitionStart(i, j)`: only between a leader and its learner, or between two servers that
    /// are looking for a leader.
    pub(super) fn can_start_partition(&self, s: &State<N>, i: Server, j: Server) -> bool {
        let serves =
            s.is_leader(i) && s.is_my_learner(i, j) && s.is_follower(j) && s.is_my_leader(j, i);
        s.is_on(i)
            && s.is_on(j)
            && !s.has_partitioned(i, j)
            && (serves || s.is_looking(i) && s.is_looking(j) && i > j)
    }

    pub(super) fn start_partition(&self, s: &mut State<N>, i: Server, j: Server) {
        let was_looking = s.is_looking(i);
        self.count_fault(s, was_looking);
        *s.n_partition += 1;
        if self.bounds.spaced_faults {
            for (i, j) in [(i, j), (j, i)] {
                let no_execute = &mut *s.no_execute;
                no_execute.partition_start[i] = no_execute.partition_start[i].with(j);
                if was_looking {
                    no_execute.partition_recover[i] = no_execute.partition_recover[i].with(j);
                }
            }
        }
        if !was_looking {
            self.lose_learner(s, i, j, ServerSet::EMPTY);
        }
        s.partition[i] = s.partition[i].with(j);
        s.partition[j] = s.partition[j].with(i);
    }

    /// `PartitionRecover(i, j)`.
    pub(super) fn can_recover_partition(&self, s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i) && s.is_on(j) && i > j && s.has_partitioned(i, j)
    }

    pub(super) fn recover_partition(&self, s: &mut State<N>, i: Server, j: Server) {
        s.partition[i] = s.partition[i].without(j);
        s.partition[j] = s.partition[j].without(i);
    }

    /// `NodeCrash(i)`.
    pub(super) fn can_crash(&self, s: &State<N>, i: Server) -> bool {
        s.is_on(i)
    }

    pub(super) fn crash(&self, s: &mut State<N>, i: Server) {
        let was_looking = s.is_looking(i);
        self.count_fault(s, was_looking);
        *s.n_crash += 1;
        if self.bounds.spaced_faults {
            s.no_execute.crash = s.no_execute.crash.with(i);
            if was_looking {
                s.no_execute.start = s.no_execute.start.with(i);
            }
        }
        s.status[i] = Status::Offline;
        let crashed = ServerSet::of(i);
        match (s.state[i], s.leader_addr[i]) {
            (Role::Looking, _) => {}
            (Role::Leading, _) => self.leader_shutdown(s, i, crashed),
            (Role::Following, Some(leader)) => self.lose_learner(s, leader, i, crashed),
            (Role::Following, None) => {
                self.follower_shutdown(s, i, true);
                s.clean_input_buffer(crashed);
            }
        }
    }

    /// `NodeStart(i)`.
    pub(super) fn can_start(&self, s: &State<N>, i: Server) -> bool {
        !s.is_on(i)
    }

    pub(super) fn start(&self, s: &mut State<N>, i: Server) {
        s.status[i] = Status::Online;
        s.state[i] = Role::Looking;
        s.zab_state[i] = Phase::Election;
        s.leader_addr[i] = None;
        if self.has(Mutant::TornWrite)
            && let Some(txn) = s.history[i].iter_mut().last()
        {
            txn.value += 1;
        }
        s.last_processed[i] = s.last_proposed(i);
        s.last_committed[i] = Committed::default();
        self.load_memory_log(s, i);
    }

    /// Leader `i` goes on without `j` if a quorum of learners stays; else all look for a leader.
    pub(super) fn lose_learner(&self, s: &mut State<N>, i: Server, j: Server, crashed: ServerSet) {
        if self.is_quorum(s.learners[i].without(j)) {
            Self::remove_learner(s, i, j);
            self.follower_shutdown(s, j, crashed.contains(j));
            s.clean(i, j);
        } else {
            self.leader_shutdown(s, i, crashed);
        }
    }

    /// `removeLearnerHandler`.
    pub(super) fn remove_learner(s: &mut State<N>, i: Server, j: Server) {
        s.learners[i] = s.learners[i].without(j);
        s.forwarding[i] = s.forwarding[i].without(j);
        s.connecting[i].disconnect(j);
        s.ackld_recv[i].disconnect(j);
        if let Some(electing) = &mut s.electing[i][j] {
            electing.peer_last_zxid = None;
        }
    }

    /// `LeaderShutdown`: the leader and its learners look for a leader.
    pub(super) fn leader_shutdown(&self, s: &mut State<N>, i: Server, crashed: ServerSet) {
        let cluster = s.learners[i].with(i);
        for server in cluster.iter() {
            self.shutdown(s, server, crashed.contains(server));
        }
        s.clean_input_buffer(cluster);
        s.learners[i] = ServerSet::EMPTY;
        s.forwarding[i] = ServerSet::EMPTY;
        self.look_for_leader(s, cluster, false);
    }

    /// `FollowerShutdown`.
    pub(super) fn follower_shutdown(&self, s: &mut State<N>, i: Server, is_crash: bool) {
        self.shutdown(s, i, is_crash);
        self.look_for_leader(s, ServerSet::of(i), true);
    }

    /// `ZooKeeperServer.shutdown`: the data tree is brought up to the log, and the processors are
    /// stopped, which writes the logging queue to disk. In 3.9.1 in this order, so that
    /// `lastProcessed` misses what was still queued (ZK-4712).
    fn shutdown(&self, s: &mut State<N>, i: Server, is_crash: bool) {
        s.state[i] = Role::Looking;
        s.zab_state[i] = Phase::Election;
        s.leader_addr[i] = None;
        if !is_crash && self.code.has(Change::DrainBeforeLastProcessed) {
            Self::drain(s, i);
        }
        if !is_crash {
            self.fast_forward(s, i);
        }
        s.last_processed[i] = s.last_proposed(i);
        if !is_crash {
            Self::drain(s, i);
        }
        if self.has_threads() {
            s.queued_requests[i].clear();
            s.committed_requests[i].clear();
        }
        s.packets_sync[i].clear();
    }

    /// Writes the logging queue to disk; nobody is there to be told.
    fn drain(s: &mut State<N>, i: Server) {
        while let Some(txn) = s.queued_requests[i].pop_first() {
            s.history[i].push(txn);
        }
    }
}
