//! The state: the variables of the specification, by their names.

use super::types::{Channel, Epoch, History, Proposals, Zxid};
use crate::{PerServer, Server, ServerSet};
use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

/// The role of a server.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) enum Role {
    #[default]
    Looking,
    Following,
    Leading,
}

/// The phase of a server.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) enum Phase {
    #[default]
    Election,
    Discovery,
    Synchronization,
    Broadcast,
}

/// The last transaction known to be committed: its index in the history, counted from 1, and its
/// zxid.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Committed {
    pub(crate) index: i8,
    pub(crate) zxid: Zxid,
}

impl Committed {
    /// The transaction with this zxid at an index that counts from 1.
    pub(crate) fn at(index: usize, zxid: Zxid) -> Self {
        Self { index: i8::try_from(index).unwrap_or(i8::MAX), zxid }
    }

    /// The number of committed transactions.
    #[inline]
    pub(crate) fn count(self) -> usize {
        usize::try_from(self.index).unwrap_or_default()
    }
}

/// What a leader has from a learner's CEPOCH.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct CEpochInfo {
    pub(super) connected: bool,
    pub(super) epoch: Epoch,
}

/// What a leader has from a learner's ACKEPOCH.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct AckEpochInfo {
    pub(super) connected: bool,
    pub(super) peer_last_epoch: Epoch,
    pub(super) peer_history: History,
}

/// What a leader has from a learner's ACKLD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct AckLdInfo {
    pub(super) connected: bool,
}

/// A set of records with one record at most for each server.
pub(super) type Received<T, const N: usize> = PerServer<Option<T>, N>;

/// The servers of which there is a record.
pub(super) fn sids<T, const N: usize>(received: &Received<T, N>) -> ServerSet {
    Server::all(N).filter(|&server| received[server].is_some()).collect()
}

/// What should never be seen while an action is taken.
#[expect(clippy::struct_excessive_bools, reason = "the flags of the specification")]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Violated {
    pub(super) state_inconsistent: bool,
    pub(super) proposal_inconsistent: bool,
    pub(super) commit_inconsistent: bool,
    pub(super) ack_inconsistent: bool,
    pub(super) message_illegal: bool,
}

/// The last action, as the specification records it: its name and arguments.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Pc {
    /// The index of the action class plus 1; 0 is `Init`.
    pub(super) class: u8,
    pub(super) i: Option<Server>,
    pub(super) j: Option<Server>,
}

/// The domain of `epochLeader` is `1..MAXEPOCH`.
pub(super) const MAX_EPOCH: usize = 10;

/// A state. The fields are the variables of the specification; `recorder` is split into its
/// members.
#[expect(clippy::struct_field_names, reason = "the names of the specification")]
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct State<const N: usize> {
    pub(super) state: Var<0, PerServer<Role, N>>,
    pub(super) zab_state: Var<1, PerServer<Phase, N>>,
    pub(super) accepted_epoch: Var<2, PerServer<Epoch, N>>,
    pub(super) current_epoch: Var<3, PerServer<Epoch, N>>,
    pub(super) history: Var<4, PerServer<History, N>>,
    pub(super) last_committed: Var<5, PerServer<Committed, N>>,
    pub(super) learners: Var<6, PerServer<ServerSet, N>>,
    pub(super) cepoch_recv: Var<7, PerServer<Received<CEpochInfo, N>, N>>,
    pub(super) acke_recv: Var<8, PerServer<Received<AckEpochInfo, N>, N>>,
    pub(super) ackld_recv: Var<9, PerServer<Received<AckLdInfo, N>, N>>,
    pub(super) send_counter: Var<10, PerServer<u8, N>>,
    pub(super) connect_info: Var<11, PerServer<Option<Server>, N>>,
    pub(super) leader_oracle: Var<12, Option<Server>>,
    pub(super) msgs: Var<13, PerServer<PerServer<Channel, N>, N>>,
    pub(super) epoch_leader: Var<14, [ServerSet; MAX_EPOCH]>,
    pub(super) proposal_msgs_log: Var<15, Proposals>,
    pub(super) violated_invariants: Var<16, Violated>,
    pub(super) n_timeout: Var<17, u8>,
    pub(super) n_transaction: Var<18, u8>,
    pub(super) max_epoch: Var<19, Epoch>,
    pub(super) n_restart: Var<20, u8>,
    pub(super) n_client_request: Var<21, u16>,
    pub(super) pc: Var<22, Pc>,
}

/// Clones field by field, so that `clone_from` keeps what the old state has allocated.
macro_rules! clone_fields {
    ($($field:ident),+ $(,)?) => {
        impl<const N: usize> Clone for State<N> {
            #[inline]
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),+ }
            }

            #[inline]
            fn clone_from(&mut self, source: &Self) {
                $(self.$field.clone_from(&source.$field);)+
            }
        }
    };
}

#[rustfmt::skip]
clone_fields! {
    state, zab_state, accepted_epoch, current_epoch, history, last_committed, learners,
    cepoch_recv, acke_recv, ackld_recv, send_counter, connect_info, leader_oracle, msgs,
    epoch_leader, proposal_msgs_log, violated_invariants, n_timeout, n_transaction, max_epoch,
    n_restart, n_client_request, pc,
}

/// The names of the variables, in the order of their indices.
pub(super) const VARIABLES: [&str; 23] = [
    "state",
    "zabState",
    "acceptedEpoch",
    "currentEpoch",
    "history",
    "lastCommitted",
    "learners",
    "cepochRecv",
    "ackeRecv",
    "ackldRecv",
    "sendCounter",
    "connectInfo",
    "leaderOracle",
    "msgs",
    "epochLeader",
    "proposalMsgsLog",
    "violatedInvariants",
    "nTimeout",
    "nTransaction",
    "maxEpoch",
    "nRestart",
    "nClientRequest",
    "pc",
];

impl<const N: usize> State<N> {
    pub(super) fn is_leader(&self, i: Server) -> bool {
        self.state[i] == Role::Leading
    }

    pub(super) fn is_follower(&self, i: Server) -> bool {
        self.state[i] == Role::Following
    }

    pub(super) fn is_looking(&self, i: Server) -> bool {
        self.state[i] == Role::Looking
    }

    pub(super) fn is_my_learner(&self, i: Server, j: Server) -> bool {
        self.learners[i].contains(j)
    }

    pub(super) fn is_my_leader(&self, i: Server, j: Server) -> bool {
        self.connect_info[i] == Some(j)
    }

    pub(super) fn last_zxid(&self, i: Server) -> Zxid {
        self.history[i].last_zxid()
    }

    /// `Clean`: both directions between two servers.
    pub(super) fn clean(&mut self, i: Server, j: Server) {
        self.msgs[i][j].clear();
        self.msgs[j][i].clear();
    }

    /// `CleanInputBuffer`.
    pub(super) fn clean_input_buffer(&mut self, servers: ServerSet) {
        for s in Server::all(N) {
            for v in servers.iter() {
                self.msgs[s][v].clear();
            }
        }
    }

    /// `FollowerShutdown`.
    pub(super) fn follower_shutdown(&mut self, i: Server) {
        self.state[i] = Role::Looking;
        self.zab_state[i] = Phase::Election;
        self.connect_info[i] = None;
    }

    /// `LeaderShutdown`.
    pub(super) fn leader_shutdown(&mut self, i: Server) {
        let learners = self.learners[i];
        for s in learners.iter() {
            self.follower_shutdown(s);
        }
        self.clean_input_buffer(learners);
        self.learners[i] = ServerSet::EMPTY;
    }

    /// `SwitchToFollower`.
    pub(super) fn switch_to_follower(&mut self, i: Server) {
        self.state[i] = Role::Following;
        self.zab_state[i] = Phase::Discovery;
    }

    /// `SwitchToLeader`.
    pub(super) fn switch_to_leader(&mut self, i: Server) {
        self.state[i] = Role::Leading;
        self.zab_state[i] = Phase::Discovery;
        self.learners[i] = ServerSet::of(i);
        let epoch = self.accepted_epoch[i];
        self.cepoch_recv[i] = only(i, CEpochInfo { connected: true, epoch });
        let (peer_last_epoch, peer_history) = (self.current_epoch[i], self.history[i].clone());
        self.acke_recv[i] =
            only(i, AckEpochInfo { connected: true, peer_last_epoch, peer_history });
        self.ackld_recv[i] = only(i, AckLdInfo { connected: true });
        self.send_counter[i] = 0;
    }

    /// `RemoveLearner`.
    pub(super) fn remove_learner(&mut self, i: Server, j: Server) {
        self.learners[i] = self.learners[i].without(j);
        if let Some(info) = &mut self.cepoch_recv[i][j] {
            info.connected = false;
        }
        if let Some(info) = &mut self.acke_recv[i][j] {
            info.connected = false;
        }
        if let Some(info) = &mut self.ackld_recv[i][j] {
            info.connected = false;
        }
    }
}

fn only<T, const N: usize>(i: Server, record: T) -> Received<T, N> {
    let mut record = Some(record);
    PerServer::from_fn(|server| if server == i { record.take() } else { None })
}
