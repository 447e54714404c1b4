//! Election and discovery, coarse: a quorum elects its leader and agrees on an epoch in one step.
//! At the grain `joining`, others follow that leader later.

use super::actions::{Action, Class};
use super::state::State;
use super::types::{Contacts, Electing, Epoch, Phase, Role};
use super::{ElectionGrain, Mutant, ZooKeeper};
use crate::{PerServer, Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// `ElectionAndDiscovery(i, S)`, for all leaders and quorums.
    pub(super) fn elections(&self, s: &State<N>, actions: &mut Vec<Action>) {
        for i in Server::all(N) {
            for quorum in ServerSet::subsets(N) {
                if self.can_elect_and_discover(s, i, quorum) {
                    actions.push(Action { class: Class::ElectionAndDiscovery, i, j: None, quorum });
                }
            }
        }
    }

    /// The quorum is all servers that look for a leader and reach this one; where others may join
    /// later, it is some of them.
    fn can_elect_and_discover(&self, s: &State<N>, i: Server, quorum: ServerSet) -> bool {
        let takes_part = |v: Server| s.is_on(v) && !s.has_partitioned(i, v) && s.is_looking(v);
        quorum.contains(i)
            && self.is_quorum(quorum)
            && Server::all(N).all(|v| match self.election {
                ElectionGrain::Joining => !quorum.contains(v) || takes_part(v),
                _ => quorum.contains(v) == takes_part(v),
            })
            && quorum.without(i).iter().all(|v| self.is_at_least_as_recent(s, i, v))
    }

    /// `TotalOrderPredicate`: the order of votes.
    fn is_at_least_as_recent(&self, s: &State<N>, i: Server, j: Server) -> bool {
        let vote = |v: Server| (s.current_epoch[v], s.last_processed[v].zxid, v);
        if self.has(Mutant::StaleLeader) { i > j } else { vote(i) > vote(j) }
    }

    pub(super) fn elect_and_discover(&self, s: &mut State<N>, i: Server, quorum: ServerSet) {
        *s.leader_oracle = Some(i);
        let highest = quorum.iter().map(|v| s.accepted_epoch[v]).max().unwrap_or_default();
        let is_alone = self.has(Mutant::EpochOfLeaderOnly);
        let epoch = self.next_epoch(if is_alone { s.accepted_epoch[i] } else { highest });
        for v in quorum.iter() {
            self.enter_synchronization(s, v, epoch);
            if v == i {
                s.state[v] = Role::Leading;
            } else {
                Self::follow(s, i, v);
            }
        }
        Self::init_history(s, i);
        s.current_epoch[i] = epoch;
        s.learners[i] = quorum;
        s.connecting[i] = Contacts::of(quorum);
        let last_processed = *s.last_processed;
        let electing = |v| {
            let zxid = last_processed[v].zxid;
            quorum
                .contains(v)
                .then_some(Electing { peer_last_zxid: (v != i).then_some(zxid), in_quorum: true })
        };
        s.electing[i] = PerServer::from_fn(electing);
        s.ackld_recv[i] = Contacts::of(ServerSet::of(i));
        s.forwarding[i] = ServerSet::EMPTY;
        s.temp_max_epoch[i] = epoch;
        Self::establish(s, i, epoch);
        Self::count_epochs(s);
        self.release_faults(s, quorum);
    }

    /// What election and discovery leave behind at a server that leads or follows.
    fn enter_synchronization(&self, s: &mut State<N>, v: Server, epoch: Epoch) {
        s.zab_state[v] = Phase::Synchronization;
        s.accepted_epoch[v] = epoch;
        if self.has_threads() {
            s.queued_requests[v].clear();
            s.committed_requests[v].clear();
        }
    }

    /// Server `v` follows leader `i`.
    fn follow(s: &mut State<N>, i: Server, v: Server) {
        s.state[v] = Role::Following;
        s.initial_history[v] = s.history[v].clone();
        s.packets_sync[v].clear();
        s.leader_addr[v] = Some(i);
    }

    /// `JoinEstablishedLeader(i, j)`: server `j` looks for a leader, learns that a quorum follows
    /// `i`, and registers there, as it does message by message at the baseline.
    pub(super) fn can_join(&self, s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i)
            && s.is_on(j)
            && s.is_leader(i)
            && s.is_looking(j)
            && !s.has_partitioned(i, j)
            && !s.is_my_learner(i, j)
            && self.is_quorum(s.learners[i])
            && s.accepted_epoch[j] <= s.accepted_epoch[i]
    }

    pub(super) fn join(&self, s: &mut State<N>, i: Server, j: Server) {
        let epoch = s.accepted_epoch[i];
        self.enter_synchronization(s, j, epoch);
        Self::follow(s, i, j);
        s.learners[i] = s.learners[i].with(j);
        s.connecting[i].add(j);
        let peer_last_zxid = Some(s.last_processed[j].zxid);
        let in_quorum = s.electing[i][j].is_some_and(|info| info.in_quorum);
        s.electing[i][j] = Some(Electing { peer_last_zxid, in_quorum });
    }

    /// `InitHistory` of a leader: only itself has acknowledged its history.
    pub(super) fn init_history(s: &mut State<N>, i: Server) {
        for txn in s.history[i].iter_mut() {
            txn.ack_sid = ServerSet::of(i);
        }
        s.initial_history[i] = s.history[i].clone();
    }

    /// Notes the leader of an epoch, to check that there is one only.
    pub(super) fn establish(s: &mut State<N>, i: Server, epoch: u8) {
        if let Some(leaders) = s.epoch_leader.get_mut(usize::from(epoch).saturating_sub(1)) {
            *leaders = leaders.with(i);
        }
    }
}
