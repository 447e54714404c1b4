//! The election, from an oracle.

use super::state::State;
use super::{Action, Zab};
use crate::{Server, ServerSet};

impl<const N: usize> Zab<N> {
    /// `UpdateLeader(i)`: the oracle names another leader.
    pub(super) fn can_update_leader(s: &State<N>, i: Server) -> bool {
        s.is_looking(i) && *s.leader_oracle != Some(i)
    }

    pub(super) fn update_leader(s: &mut State<N>, i: Server) {
        *s.leader_oracle = Some(i);
        s.switch_to_leader(i);
    }

    /// `FollowLeader(i)`: a server does as the oracle says.
    pub(super) fn can_follow_leader(s: &State<N>, i: Server) -> bool {
        s.is_looking(i) && s.leader_oracle.is_some()
    }

    pub(super) fn follow_leader(s: &mut State<N>, i: Server) {
        if *s.leader_oracle == Some(i) {
            s.switch_to_leader(i);
        } else {
            s.switch_to_follower(i);
        }
    }

    /// `Elect(i, Q)`, the coarse grain: the quorum `Q` of looking servers has its leader and
    /// follows it in one step.
    pub(super) fn elections(&self, s: &State<N>, actions: &mut Vec<Action>) {
        let looking: ServerSet = Server::all(N).filter(|&i| s.is_looking(i)).collect();
        let quorums = ServerSet::subsets(N)
            .filter(|q| self.is_quorum(*q) && q.iter().all(|i| looking.contains(i)));
        actions.extend(
            quorums.flat_map(|quorum| quorum.iter().map(move |i| Action::Elect(i, quorum))),
        );
    }

    pub(super) fn elect(s: &mut State<N>, i: Server, quorum: ServerSet) {
        Self::update_leader(s, i);
        for j in quorum.without(i).iter() {
            s.switch_to_follower(j);
        }
    }

    /// `JoinLeader(i)`, the coarse grain of a server that is late: it follows the oracle's
    /// leader, which leads already.
    pub(super) fn can_join_leader(s: &State<N>, i: Server) -> bool {
        s.is_looking(i) && s.leader_oracle.is_some_and(|leader| leader != i && s.is_leader(leader))
    }
}
