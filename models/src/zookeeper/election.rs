//! Election, at the baseline: `FastLeaderElection`.

use super::state::State;
use super::types::{Contacts, Electing, Phase, Role};
use super::vote::{Ballot, Notification, Vote};
use super::{ElectionGrain, ZooKeeper};
use crate::{PerServer, Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// The servers in `LeaderShutdown` and `FollowerShutdown` start a new election: `ZabTimeout`.
    /// A server by itself tells the others at once.
    pub(super) fn look_for_leader(&self, s: &mut State<N>, servers: ServerSet, tells: bool) {
        if self.election != ElectionGrain::Baseline {
            return;
        }
        for i in servers.iter() {
            s.logical_clock[i] += 1;
            s.current_vote[i] = Self::self_vote(s, i);
            s.receive_votes[i] = PerServer::default();
            s.out_of_election[i] = PerServer::default();
            s.recv_queue[i].clear();
            *s.wait_notmsg = s.wait_notmsg.without(i);
            s.leading_vote_set[i] = ServerSet::EMPTY;
            if tells {
                Self::broadcast_notmsg(s, i, s.logical_clock[i]);
            } else {
                s.recv_queue[i].push(None);
            }
        }
    }

    /// `SelfVote`.
    fn self_vote(s: &State<N>, i: Server) -> Vote {
        Vote { leader: Some(i), zxid: s.last_processed[i].zxid, epoch: s.current_epoch[i] }
    }

    /// Before the first election, at the baseline, each server votes for itself.
    pub(super) fn vote_for_oneself(&self, s: &mut State<N>) {
        for i in Server::all(N).filter(|_| self.election == ElectionGrain::Baseline) {
            s.current_vote[i] = Self::self_vote(s, i);
        }
    }

    /// What server `i` says now.
    fn notification(s: &State<N>, i: Server) -> Notification {
        let (vote, round, state) = (s.current_vote[i], s.logical_clock[i], s.state[i]);
        Notification { source: i, ballot: Ballot { vote, round, state } }
    }

    /// `BroadcastNotmsg`, of a server that looks for a leader.
    fn broadcast_notmsg(s: &mut State<N>, i: Server, round: u8) {
        let vote = s.current_vote[i];
        for v in Server::all(N).filter(|&v| v != i) {
            let ballot = Ballot { vote, round, state: Role::Looking };
            // To a server that is not reached, only the last message waits: `SEND_CAPACITY` is 1.
            if !s.is_on(v) || s.has_partitioned(i, v) {
                s.election_msgs[i][v].clear();
            }
            s.election_msgs[i][v].push(Notification { source: i, ballot });
        }
    }

    /// `FLEReceiveNotmsg(i, j)`: `WorkerReceiver.run`.
    pub(super) fn can_receive_notmsg(&self, s: &State<N>, i: Server, j: Server) -> bool {
        !s.election_msgs[j][i].is_empty() && s.is_on(i) && !s.has_partitioned(i, j)
    }

    pub(super) fn receive_notmsg(&self, s: &mut State<N>, i: Server, j: Server) {
        let n = s.election_msgs[j][i].remove(0);
        let is_asked = n.ballot.state == Role::Looking;
        if s.is_looking(i) {
            s.recv_queue[i].retain(Option::is_some);
            s.recv_queue[i].push(Some(n));
        }
        if is_asked && (!s.is_looking(i) || n.ballot.round < s.logical_clock[i]) {
            let reply = Self::notification(s, i);
            s.election_msgs[i][j].push(reply);
        }
    }

    /// `FLENotmsgTimeout(i)`: no notification came in time. Other than in the specification, only
    /// when all that reach it have read what this server said, so that queues stay finite.
    pub(super) fn can_time_out_notmsg(&self, s: &State<N>, i: Server) -> bool {
        let has_read = |v: Server| {
            let from_me = |n: &Option<Notification>| n.is_some_and(|n| n.source == i);
            !s.is_on(v)
                || s.has_partitioned(i, v)
                || s.election_msgs[i][v].is_empty() && !s.recv_queue[v].iter().any(from_me)
        };
        s.is_on(i)
            && s.is_looking(i)
            && s.recv_queue[i].is_empty()
            && Server::all(N).all(|v| {
                (s.election_msgs[v][i].is_empty() || s.has_partitioned(i, v))
                    && (v == i || has_read(v))
            })
    }

    pub(super) fn time_out_notmsg(&self, s: &mut State<N>, i: Server) {
        s.recv_queue[i].push(None);
    }

    /// `FLEHandleNotmsg(i)`: the loop of `lookForLeader`.
    pub(super) fn can_handle_notmsg(&self, s: &State<N>, i: Server) -> bool {
        s.is_on(i) && s.is_looking(i) && !s.wait_notmsg.contains(i) && !s.recv_queue[i].is_empty()
    }

    pub(super) fn handle_notmsg(&self, s: &mut State<N>, i: Server) {
        match s.recv_queue[i].remove(0) {
            None => Self::broadcast_notmsg(s, i, s.logical_clock[i]),
            Some(n) if n.ballot.state == Role::Looking => self.handle_looking(s, i, n),
            Some(n) => self.handle_following_or_leading(s, i, n),
        }
    }

    /// A notification of a server that looks for a leader itself.
    fn handle_looking(&self, s: &mut State<N>, i: Server, n: Notification) {
        let round = s.logical_clock[i];
        if n.ballot.round < round {
            return;
        }
        if n.ballot.round > round {
            s.logical_clock[i] = n.ballot.round;
            s.receive_votes[i] = PerServer::default();
            let own = Self::self_vote(s, i);
            s.current_vote[i] = if n.ballot.vote.beats(own) { n.ballot.vote } else { own };
            Self::broadcast_notmsg(s, i, n.ballot.round);
        } else if n.ballot.vote.beats(s.current_vote[i]) {
            s.current_vote[i] = n.ballot.vote;
            Self::broadcast_notmsg(s, i, round);
        }
        s.receive_votes[i][n.source].put(n);
        let voters = Self::vote_set(i, &s.receive_votes[i], s.current_vote[i], n.ballot.round);
        if self.is_quorum(voters) {
            *s.wait_notmsg = s.wait_notmsg.with(i);
        }
    }

    /// `VoteSet`: who has cast this vote in this round, the one that asks included.
    fn vote_set(
        source: Server,
        ballots: &PerServer<Ballot, N>,
        vote: Vote,
        round: u8,
    ) -> ServerSet {
        let same = |v: &Server| ballots[*v].vote == vote && ballots[*v].round == round;
        Server::all(N).filter(same).collect::<ServerSet>().with(source)
    }

    /// `CheckLeader`: the elected leader has said that it leads.
    fn check_leader(
        s: &State<N>,
        i: Server,
        ballots: &PerServer<Ballot, N>,
        n: Notification,
    ) -> bool {
        match n.ballot.vote.leader {
            Some(leader) if leader == i => n.ballot.round == s.logical_clock[i],
            Some(leader) => {
                ballots[leader].vote.leader.is_some() && ballots[leader].state == Role::Leading
            }
            None => false,
        }
    }

    /// A notification of a server that has found its leader: `receivedFollowingNotification`,
    /// `receivedLeadingNotification`.
    fn handle_following_or_leading(&self, s: &mut State<N>, i: Server, n: Notification) {
        let in_round = n.ballot.round == s.logical_clock[i];
        if in_round {
            s.receive_votes[i][n.source].put(n);
            let ballots = s.receive_votes[i];
            let voters = Self::vote_set(n.source, &ballots, n.ballot.vote, n.ballot.round);
            if self.is_quorum(voters) && Self::check_leader(s, i, &ballots, n) {
                s.current_vote[i] = n.ballot.vote;
                return self.leave_election(s, i, voters);
            }
        }
        s.out_of_election[i][n.source].put(n);
        let ballots = s.out_of_election[i];
        let voters = Self::vote_set(n.source, &ballots, n.ballot.vote, n.ballot.round);
        if self.is_quorum(voters) && Self::check_leader(s, i, &ballots, n) {
            s.logical_clock[i] = n.ballot.round;
            s.current_vote[i] = n.ballot.vote;
            self.leave_election(s, i, voters);
        } else if in_round && n.ballot.state == Role::Leading {
            s.current_vote[i] = n.ballot.vote;
            self.leave_election(s, i, ServerSet::EMPTY);
        }
    }

    /// `FLEWaitNewNotmsg(i)`: a quorum agrees; a better vote may still come.
    pub(super) fn can_wait_new_notmsg(&self, s: &State<N>, i: Server) -> bool {
        s.is_on(i) && s.is_looking(i) && s.wait_notmsg.contains(i)
    }

    pub(super) fn wait_new_notmsg(&self, s: &mut State<N>, i: Server) {
        match s.recv_queue[i].first().copied().flatten() {
            Some(n) => {
                s.recv_queue[i].remove(0);
                if n.ballot.vote.beats(s.current_vote[i]) {
                    *s.wait_notmsg = s.wait_notmsg.without(i);
                    s.recv_queue[i].push(Some(n));
                }
            }
            None => {
                let voters =
                    Self::vote_set(i, &s.receive_votes[i], s.current_vote[i], s.logical_clock[i]);
                self.leave_election(s, i, voters);
            }
        }
    }

    /// The server leads or follows as it has voted: `ZabTurnToLeading`, `ZabTurnToFollowing`.
    fn leave_election(&self, s: &mut State<N>, i: Server, voters: ServerSet) {
        s.zab_state[i] = Phase::Discovery;
        if s.current_vote[i].leader != Some(i) {
            s.state[i] = Role::Following;
            s.initial_history[i] = s.history[i].clone();
            s.packets_sync[i].clear();
            return;
        }
        let only = ServerSet::of(i);
        s.state[i] = Role::Leading;
        s.leading_vote_set[i] = voters;
        Self::init_history(s, i);
        s.learners[i] = only;
        s.connecting[i] = Contacts::of(only);
        let itself = Electing { peer_last_zxid: None, in_quorum: true };
        s.electing[i] = PerServer::from_fn(|v| (v == i).then_some(itself));
        s.ackld_recv[i] = Contacts::of(only);
        s.forwarding[i] = ServerSet::EMPTY;
        s.temp_max_epoch[i] = self.next_epoch(s.accepted_epoch[i]);
    }

    /// `updateElectionVote`: servers that serve tell late ones the epoch in which they do.
    pub(super) fn update_election_vote(&self, s: &mut State<N>, i: Server) {
        if self.election == ElectionGrain::Baseline {
            s.current_vote[i].epoch = s.accepted_epoch[i];
        }
    }
}
