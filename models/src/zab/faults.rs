//! Timeouts and restarts. A server that takes no step after its restart has crashed.

use super::Zab;
use super::state::{Committed, Role, State};
use crate::Server;

impl<const N: usize> Zab<N> {
    /// `Timeout(i, j)`: the connection between leader `i` and follower `j` is lost.
    pub(super) fn can_timeout(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_leader(i) && s.is_my_learner(i, j) && s.is_follower(j) && s.is_my_leader(j, i)
    }

    pub(super) fn timeout(&self, s: &mut State<N>, i: Server, j: Server) {
        *s.n_timeout += 1;
        self.lose_learner(s, i, j);
    }

    /// Leader `i` goes on without `j` if a quorum of learners stays; else all go looking.
    fn lose_learner(&self, s: &mut State<N>, i: Server, j: Server) {
        if self.is_quorum(s.learners[i].without(j)) {
            s.remove_learner(i, j);
            s.follower_shutdown(j);
            s.clean(i, j);
        } else {
            s.leader_shutdown(i);
        }
    }

    /// `Restart(i)`: a server loses what it does not write to disk.
    pub(super) fn restart(&self, s: &mut State<N>, i: Server) {
        *s.n_timeout += 1;
        *s.n_restart += 1;
        match (s.state[i], s.connect_info[i]) {
            (Role::Looking, _) => {}
            (Role::Leading, _) => s.leader_shutdown(i),
            (Role::Following, Some(leader)) => self.lose_learner(s, leader, i),
            (Role::Following, None) => {
                s.follower_shutdown(i);
                s.clean_input_buffer(crate::ServerSet::of(i));
            }
        }
        s.last_committed[i] = Committed::default();
    }
}
