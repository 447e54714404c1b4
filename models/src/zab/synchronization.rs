//! Synchronization: a quorum takes over the initial history of the epoch.

use super::state::{AckLdInfo, Committed, Phase, State, sids};
use super::types::{Message, Position};
use super::{Mutant, Zab};
use crate::Server;

impl<const N: usize> Zab<N> {
    /// `FollowerProcessNEWLEADER(i, j)`.
    pub(super) fn can_process_newleader(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_follower(i)
            && matches!(s.msgs[j][i].head(), Some(Message::NewLeader { .. }))
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_newleader(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::NewLeader { epoch, history }) = s.msgs[j][i].pop() else { return };
        if s.accepted_epoch[i] != epoch {
            s.go_back_to_election(i, j);
            return;
        }
        if s.zab_state[i] != Phase::Synchronization {
            s.violated_invariants.state_inconsistent = true;
        }
        s.current_epoch[i] = s.accepted_epoch[i];
        let zxid = history.last_zxid();
        s.history[i] = if self.has(Mutant::HistoryReversed) { history.reversed() } else { history };
        s.msgs[i][j].push(Message::AckLd { zxid });
    }

    /// `LeaderProcessACKLD(i, j)`.
    pub(super) fn can_process_ackld(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_leader(i)
            && matches!(s.msgs[j][i].head(), Some(Message::AckLd { .. }))
            && s.is_my_learner(i, j)
    }

    pub(super) fn process_ackld(&self, s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::AckLd { zxid }) = s.msgs[j][i].pop() else { return };
        let has_broadcast_commitld = self.is_quorum(sids(&s.ackld_recv[i]));
        let expected =
            if has_broadcast_commitld { Phase::Broadcast } else { Phase::Synchronization };
        if s.zab_state[i] != expected {
            s.violated_invariants.state_inconsistent = true;
        }
        s.ackld_recv[i][j] = Some(AckLdInfo { connected: true });
        // `UpdateAcksid`: `j` has all up to the acknowledged zxid.
        for txn in s.history[i].iter_mut().take_while(|txn| txn.zxid <= zxid) {
            txn.ack_sid = txn.ack_sid.with(j);
        }
        if has_broadcast_commitld {
            let zxid = s.last_committed[i].zxid;
            s.msgs[i][j].push(Message::CommitLd { zxid });
        } else if self.is_quorum(sids(&s.ackld_recv[i])) {
            let zxid = s.last_zxid(i);
            if !self.has(Mutant::LeaderCommitsLate) {
                s.last_committed[i] = Committed { index: index(s.history[i].len()), zxid };
            }
            s.zab_state[i] = Phase::Broadcast;
            let connected = *s.ackld_recv;
            let connected = |v: Server| connected[i][v].is_some_and(|info| info.connected);
            s.broadcast(i, connected, &Message::CommitLd { zxid });
        }
    }

    /// `FollowerProcessCOMMITLD(i, j)`.
    pub(super) fn can_process_commitld(s: &State<N>, i: Server, j: Server) -> bool {
        s.is_follower(i)
            && matches!(s.msgs[j][i].head(), Some(Message::CommitLd { .. }))
            && s.is_my_leader(i, j)
    }

    pub(super) fn process_commitld(s: &mut State<N>, i: Server, j: Server) {
        let Some(Message::CommitLd { zxid }) = s.msgs[j][i].pop() else { return };
        let (index, known) = match s.history[i].position(zxid) {
            Position::Start => (0, true),
            Position::At(place) => (index(place), true),
            Position::Ambiguous => (-1, false),
            Position::Absent => (index(s.history[i].len() + 1), false),
        };
        if !known {
            s.violated_invariants.proposal_inconsistent = true;
        }
        s.last_committed[i] = Committed { index, zxid };
        s.zab_state[i] = Phase::Broadcast;
    }
}

/// An index as [`Committed`] holds it.
pub(super) fn index(place: usize) -> i8 {
    i8::try_from(place).unwrap_or(i8::MAX)
}
