//! Discovery, at the baseline: a leader learns the epochs of a quorum and chooses the next one.

use super::ZooKeeper;
use super::state::{Flaw, State};
use super::types::{Contacts, Electing, Message, Phase, Role};
use crate::{Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// `ConnectAndFollowerSendFOLLOWERINFO(i, j)`: follower `j` connects to leader `i`.
    pub(super) fn can_connect(&self, s: &State<N>, i: Server, j: Server) -> bool {
        s.is_on(i)
            && s.is_on(j)
            && s.is_leader(i)
            && s.is_follower(j)
            && !s.is_my_learner(i, j)
            && s.leader_addr[j].is_none()
            && s.current_vote[j].leader == Some(i)
            && !s.has_partitioned(i, j)
    }

    pub(super) fn connect(&self, s: &mut State<N>, i: Server, j: Server) {
        s.learners[i] = s.learners[i].with(j);
        s.leader_addr[j] = Some(i);
        let epoch = s.accepted_epoch[j];
        s.discovery_msgs[j][i] = Some(Message::FollowerInfo { epoch });
    }

    /// `LeaderProcessFOLLOWERINFO(i, j)`: `getEpochToPropose`.
    pub(super) fn can_process_followerinfo(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.discovery_msgs[j][i], Some(Message::FollowerInfo { .. }))
            && s.is_on(i)
            && s.is_leader(i)
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_followerinfo(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::FollowerInfo { epoch }) = s.discovery_msgs[j][i].take() else { return };
        let waiting =
            |contacts: Contacts| !(contacts.sids.contains(i) && self.is_quorum(contacts.sids));
        if !waiting(s.connecting[i]) {
            let epoch = s.accepted_epoch[i];
            s.discovery_msgs[i][j] = Some(Message::LeaderInfo { epoch });
            return;
        }
        if s.zab_state[i] != Phase::Discovery {
            s.flaws.peek_mut().add(Flaw::EpochWaitedForOutsideDiscovery);
        }
        if epoch >= s.temp_max_epoch[i] {
            s.temp_max_epoch[i] = self.next_epoch(epoch);
        }
        s.connecting[i].add(j);
        let connecting = s.connecting[i];
        if !waiting(connecting) {
            let epoch = s.temp_max_epoch[i];
            s.accepted_epoch[i] = epoch;
            let learners = s.learners[i];
            for v in connecting.connected.without(i).iter().filter(|&v| learners.contains(v)) {
                s.discovery_msgs[i][v] = Some(Message::LeaderInfo { epoch });
            }
            Self::count_epochs(s);
        }
    }

    /// `FollowerProcessLEADERINFO(i, j)`: `registerWithLeader`.
    pub(super) fn can_process_leaderinfo(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.discovery_msgs[j][i], Some(Message::LeaderInfo { .. }))
            && s.is_on(i)
            && s.is_follower(i)
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_leaderinfo(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::LeaderInfo { epoch }) = s.discovery_msgs[j][i].take() else { return };
        let accepted = s.accepted_epoch[i];
        if epoch < accepted {
            self.abandon_discovery(s, ServerSet::of(i), true);
            return Self::remove_learner(s, j, i);
        }
        if s.zab_state[i] != Phase::Discovery {
            return s.flaws.peek_mut().add(Flaw::LeaderInfoOutsideDiscovery);
        }
        s.accepted_epoch[i] = epoch;
        s.zab_state[i] = Phase::Synchronization;
        let zxid = s.last_processed[i].zxid;
        let epoch = (epoch > accepted).then_some(s.current_epoch[i]);
        s.discovery_msgs[i][j] = Some(Message::AckEpoch { zxid, epoch });
    }

    /// `LeaderProcessACKEPOCH(i, j)`: `waitForEpochAck`.
    pub(super) fn can_process_ackepoch(&self, s: &State<N>, i: Server, j: Server) -> bool {
        matches!(s.discovery_msgs[j][i], Some(Message::AckEpoch { .. }))
            && s.is_on(i)
            && s.is_leader(i)
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_ackepoch(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::AckEpoch { zxid, epoch }) = s.discovery_msgs[j][i].take() else { return };
        let is_finished = self.has_finished_election(s, i);
        if !is_finished && s.zab_state[i] != Phase::Discovery {
            s.flaws.peek_mut().add(Flaw::ElectionUnfinishedOutsideDiscovery);
        }
        let counts = !is_finished && epoch.is_some();
        let mine = (s.current_epoch[i], s.last_processed[i].zxid);
        if counts && epoch.is_some_and(|epoch| (epoch, zxid) > mine) {
            let cluster = s.learners[i].with(i);
            s.learners[i] = ServerSet::EMPTY;
            return self.abandon_discovery(s, cluster, false);
        }
        let in_quorum = counts || s.electing[i][j].is_some_and(|info| info.in_quorum);
        s.electing[i][j] = Some(Electing { peer_last_zxid: Some(zxid), in_quorum });
        if counts && self.has_finished_election(s, i) {
            let epoch = s.accepted_epoch[i];
            s.current_epoch[i] = epoch;
            s.zab_state[i] = Phase::Synchronization;
            *s.leader_oracle = Some(i);
            Self::establish(s, i, epoch);
            let quorum = Self::electing_quorum(s, i);
            self.release_faults(s, quorum);
        }
    }

    /// Servers look for a leader again. Since they last did, they have logged nothing.
    fn abandon_discovery(&self, s: &mut State<N>, servers: ServerSet, tells: bool) {
        for i in servers.iter() {
            s.state[i] = Role::Looking;
            s.zab_state[i] = Phase::Election;
            s.leader_addr[i] = None;
            for v in Server::all(N) {
                s.discovery_msgs[i][v] = None;
                s.discovery_msgs[v][i] = None;
            }
        }
        self.look_for_leader(s, servers, tells);
    }

    /// The learners that count for `electionFinished`.
    pub(super) fn electing_quorum(s: &State<N>, i: Server) -> ServerSet {
        let electing = &s.electing[i];
        Server::all(N).filter(|&v| electing[v].is_some_and(|info| info.in_quorum)).collect()
    }

    /// `electionFinished`.
    pub(super) fn has_finished_election(&self, s: &State<N>, i: Server) -> bool {
        let quorum = Self::electing_quorum(s, i);
        quorum.contains(i) && self.is_quorum(quorum)
    }
}
