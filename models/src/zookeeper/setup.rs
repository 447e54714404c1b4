//! `SetInitState`: the specifications of mixed granularity start from a cluster that serves.

use super::ZooKeeper;
use super::state::{Flaw, State};
use super::types::{Committed, Contacts, Electing, Message, Phase, Proposal, Role, Txn, Zxid};
use super::vote::Vote;
use crate::{PerServer, Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// The server with the highest number leads.
    pub(super) fn can_set_init_state(&self, _: &State<N>, i: Server) -> bool {
        usize::from(i.0) + 1 == N
    }

    /// All servers serve in epoch 1 and have committed `<1,1>`; the leader has proposed `<1,2>`.
    pub(super) fn set_init_state(&self, s: &mut State<N>, l: Server) {
        let all: ServerSet = Server::all(N).collect();
        let txn = |counter, ack_sid| {
            let zxid = Zxid { epoch: 1, counter };
            Txn { zxid, value: u16::from(counter) - 1, ack_sid, epoch: 1 }
        };
        let (first, second) = (txn(1, all), txn(2, ServerSet::of(l)));
        let (zxid, data) = (second.zxid, second.value);
        for v in all.iter() {
            s.state[v] = if v == l { Role::Leading } else { Role::Following };
            s.zab_state[v] = Phase::Broadcast;
            s.accepted_epoch[v] = 1;
            s.current_epoch[v] = 1;
            s.history[v].push(first);
            s.last_committed[v] = Committed::at(1, first.zxid);
            s.last_processed[v] = Committed::at(1, first.zxid);
            self.load_memory_log(s, v);
            if v != l {
                s.leader_addr[v] = Some(l);
                s.rcv_buffer[l][v].push(Message::Proposal { zxid, data });
            }
        }
        s.history[l].push(second);
        s.temp_max_epoch[l] = 1;
        s.learners[l] = all;
        s.connecting[l] = Contacts::of(all);
        s.electing[l] =
            PerServer::from_fn(|_| Some(Electing { peer_last_zxid: None, in_quorum: true }));
        s.ackld_recv[l] = Contacts::of(all);
        s.forwarding[l] = all.without(l);
        *s.leader_oracle = Some(l);
        Self::establish(s, l, 1);
        for Txn { zxid, value: data, .. } in [first, second] {
            s.proposal_msgs_log.insert(Proposal { source: l, epoch: 1, zxid, data });
        }
        *s.n_client_request = 2;
        *s.do_init = true;
        self.set_votes(s, l);
        Self::count_transactions(s);
        Self::count_epochs(s);
    }

    /// What the servers have said in the election that they come from.
    fn set_votes(&self, s: &mut State<N>, l: Server) {
        for v in Server::all(N) {
            if self.election == super::ElectionGrain::Baseline {
                s.current_vote[v] = Vote { leader: Some(l), zxid: Zxid::ZERO, epoch: 1 };
                s.logical_clock[v] = 1;
            }
        }
    }

    /// `FilterNonexistentMessage(i)`: a message that nothing can process.
    pub(super) fn can_filter(&self, s: &State<N>, i: Server, j: Server) -> bool {
        s.pending(i, j).is_some_and(|message| match s.state[i] {
            Role::Looking => true,
            Role::Leading => message.is_from_leader() || !s.is_my_learner(i, j),
            Role::Following => !message.is_from_leader() || !s.is_my_leader(i, j),
        })
    }

    pub(super) fn filter(&self, s: &mut State<N>, i: Server, j: Server) {
        s.rcv_buffer[j][i].pop();
        s.flaws.peek_mut().add(Flaw::IllegalMessage);
    }
}
