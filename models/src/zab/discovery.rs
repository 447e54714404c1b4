//! Discovery: a quorum agrees on a new epoch and on the history that it starts with.

use super::state::{AckEpochInfo, CEpochInfo, Phase, State, sids};
use super::types::{Epoch, History, Message, Proposal};
use super::{Mutant, Zab};
use crate::{PerServer, Server, ServerSet};

impl<const N: usize> Zab<N> {
    /// `ConnectAndFollowerSendCEPOCH(i, j)`: follower `j` connects to leader `i`.
    pub(super) fn can_connect(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_leader(i)
            && !s.is_my_learner(i, j)
            && s.is_follower(j)
            && s.connect_info[j].is_none()
            && *s.leader_oracle == Some(i)
    }

    pub(super) fn connect(s: &mut State<N>, i: Server, j: Server) {
        s.learners[i] = s.learners[i].with(j);
        s.connect_info[j] = Some(i);
        let epoch = s.accepted_epoch[j];
        s.msgs[j][i].push(Message::CEpoch { epoch });
    }

    /// `LeaderProcessCEPOCH(i, j)`.
    pub(super) fn can_process_cepoch(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_leader(i)
            && matches!(s.msgs[j][i].head(), Some(Message::CEpoch { .. }))
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_cepoch(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::CEpoch { epoch }) = s.msgs[j][i].pop() else { return };
        let has_broadcast_newepoch = self.is_quorum(sids(&s.cepoch_recv[i]));
        s.cepoch_recv[i][j] = Some(CEpochInfo { connected: true, epoch });
        if has_broadcast_newepoch {
            let epoch = s.accepted_epoch[i];
            s.msgs[i][j].push(Message::NewEpoch { epoch });
        } else if s.zab_state[i] != Phase::Discovery {
            s.violated_invariants.state_inconsistent = true;
        }
        if !has_broadcast_newepoch && self.is_quorum(sids(&s.cepoch_recv[i])) {
            let epoch = self.determine_new_epoch(s, i);
            s.accepted_epoch[i] = epoch;
            let connected = s.cepoch_recv[i];
            let connected = |v: Server| connected[v].is_some_and(|info| info.connected);
            s.broadcast(i, connected, &Message::NewEpoch { epoch });
        }
        *s.max_epoch = s.accepted_epoch.iter().copied().max().unwrap_or_default();
    }

    /// `DetermineNewEpoch`: one more than any that the quorum has accepted.
    fn determine_new_epoch(&self, s: &State<N>, i: Server) -> Epoch {
        let highest =
            s.cepoch_recv[i].iter().flatten().map(|info| info.epoch).max().unwrap_or_default();
        if self.has(Mutant::EpochNotIncremented) { highest.max(1) } else { highest + 1 }
    }

    /// `FollowerProcessNEWEPOCH(i, j)`.
    pub(super) fn can_process_newepoch(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_follower(i)
            && matches!(s.msgs[j][i].head(), Some(Message::NewEpoch { .. }))
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_newepoch(s: &mut State<N>, i: Server, j: Server) {
        let Some(&Message::NewEpoch { epoch }) = s.msgs[j][i].head() else { return };
        if epoch < s.accepted_epoch[i] {
            s.go_back_to_election(i, j);
            return;
        }
        s.msgs[j][i].pop();
        if s.zab_state[i] == Phase::Discovery {
            s.accepted_epoch[i] = epoch;
            let (epoch, history) = (s.current_epoch[i], s.history[i].clone());
            s.msgs[i][j].push(Message::AckEpoch { epoch, history });
            s.zab_state[i] = Phase::Synchronization;
        } else {
            s.violated_invariants.state_inconsistent = true;
        }
    }

    /// `LeaderProcessACKEPOCH(i, j)`.
    pub(super) fn can_process_ackepoch(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_leader(i)
            && matches!(s.msgs[j][i].head(), Some(Message::AckEpoch { .. }))
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_ackepoch(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::AckEpoch { epoch, history }) = s.msgs[j][i].pop() else { return };
        let has_broadcast_newleader = self.is_quorum(sids(&s.acke_recv[i]));
        s.acke_recv[i][j] =
            Some(AckEpochInfo { connected: true, peer_last_epoch: epoch, peer_history: history });
        let epoch = s.accepted_epoch[i];
        if has_broadcast_newleader {
            let history = s.history[i].clone();
            s.log_proposals(i, epoch, &history);
            s.msgs[i][j].push(Message::NewLeader { epoch, history });
            return;
        }
        if s.zab_state[i] != Phase::Discovery {
            s.violated_invariants.state_inconsistent = true;
        }
        if self.is_quorum(sids(&s.acke_recv[i])) {
            s.current_epoch[i] = epoch;
            if let Some(leaders) = s.epoch_leader.get_mut(usize::from(epoch).wrapping_sub(1)) {
                *leaders = leaders.with(i);
            }
            let history = self.determine_initial_history(&s.acke_recv[i], i);
            s.history[i] = history.clone();
            s.zab_state[i] = Phase::Synchronization;
            s.log_proposals(i, epoch, &history);
            let connected = s.acke_recv[i].clone();
            let connected = |v: Server| connected[v].as_ref().is_some_and(|info| info.connected);
            s.broadcast(i, connected, &Message::NewLeader { epoch, history });
        }
    }

    /// `DetermineInitialHistory`, acknowledged by the leader alone: the history of the quorum
    /// with the highest epoch, and among these with the highest last zxid. Histories that agree
    /// in both are equal up to acknowledgments, save where a seeded fault corrupts one: what they
    /// hold decides then, never whose they are, which a renaming of the servers would change.
    fn determine_initial_history(
        &self,
        received: &PerServer<Option<AckEpochInfo>, N>,
        i: Server,
    ) -> History {
        let recency = |info: &AckEpochInfo| (info.peer_last_epoch, info.peer_history.last_zxid());
        let by_recency = |a: &&AckEpochInfo, b: &&AckEpochInfo| {
            let tied = || a.peer_history.proposed().cmp(b.peer_history.proposed());
            recency(a).cmp(&recency(b)).then_with(tied)
        };
        let candidates = received.iter().flatten();
        let selected = if self.has(Mutant::LeastRecentHistory) {
            candidates.min_by(by_recency)
        } else {
            candidates.max_by(by_recency)
        };
        let mut history = selected.map(|info| info.peer_history.clone()).unwrap_or_default();
        for txn in history.iter_mut() {
            txn.ack_sid = ServerSet::of(i);
        }
        history
    }
}

impl<const N: usize> State<N> {
    /// Leader `i` sends `message` to the learners that `receives` accepts.
    pub(super) fn broadcast(
        &mut self,
        i: Server,
        receives: impl Fn(Server) -> bool,
        message: &Message,
    ) {
        for v in self.learners[i].without(i).iter().filter(|&v| receives(v)) {
            self.msgs[i][v].push(message.clone());
        }
    }

    /// Follower `i` leaves leader `j`.
    pub(super) fn go_back_to_election(&mut self, i: Server, j: Server) {
        self.follower_shutdown(i);
        self.clean(i, j);
        self.remove_learner(j, i);
    }

    /// Keeps what leader `i` broadcasts as the history of `epoch`.
    fn log_proposals(&mut self, i: Server, epoch: Epoch, history: &History) {
        for txn in history.iter() {
            let proposal = Proposal { source: i, epoch, zxid: txn.zxid, data: txn.value };
            self.proposal_msgs_log.insert(proposal);
        }
    }
}
