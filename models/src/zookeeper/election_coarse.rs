//! Election and discovery, coarse: a quorum elects its leader and agrees on an epoch in one step.

use super::actions::{Action, Class};
use super::state::State;
use super::types::{Contacts, Electing, Phase, Role};
use super::{Mutant, ZooKeeper};
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

    /// The quorum is all servers that look for a leader and reach this one.
    fn can_elect_and_discover(&self, s: &State<N>, i: Server, quorum: ServerSet) -> bool {
        let takes_part = |v: Server| s.is_on(v) && !s.has_partitioned(i, v) && s.is_looking(v);
        quorum.contains(i)
            && self.is_quorum(quorum)
            && Server::all(N).all(|v| quorum.contains(v) == takes_part(v))
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
            s.state[v] = if v == i { Role::Leading } else { Role::Following };
            s.zab_state[v] = Phase::Synchronization;
            s.accepted_epoch[v] = epoch;
            if self.has_threads() {
                s.queued_requests[v].clear();
                s.committed_requests[v].clear();
            }
            if v != i {
                s.initial_history[v] = s.history[v].clone();
                s.packets_sync[v].clear();
                s.leader_addr[v] = Some(i);
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
