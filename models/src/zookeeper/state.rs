//! The state: the variables of the specification, by their names.

use super::types::{
    Channel, Committed, Contacts, Electing, Epoch, History, Message, PacketsSync, Phase, Proposals,
    Role, Txn, Zxid, Zxids,
};
use super::vote::{Ballot, Notification, NotificationQueue, Vote};
use crate::packing::pack_records;
use crate::{PerServer, Server, ServerSet};
use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

/// Whether a server runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) enum Status {
    #[default]
    Online,
    Offline,
}

/// What was found wrong while an action was taken (sticky), or right after it (of the last action
/// only), as bits; see [`Flaw`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Flaws(pub(super) u16);

/// What can be found wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// I-11: DIFF or TRUNC reaches a follower outside SYNCHRONIZATION.
    SyncMessageOutsideSync,
    /// I-11: a leader still waits for its new epoch outside DISCOVERY.
    EpochWaitedForOutsideDiscovery,
    /// I-11: LEADERINFO reaches a follower outside DISCOVERY.
    LeaderInfoOutsideDiscovery,
    /// I-11: a leader still waits for ACKEPOCH outside DISCOVERY.
    ElectionUnfinishedOutsideDiscovery,
    /// I-11: the ACK of UPTODATE comes before the follower has applied what it was synced with.
    UpToDateBeforeCommit,
    /// I-12: the leader takes another ACK than that of NEWLEADER while it waits for that one.
    AckBeforeAckOfNewLeader,
    /// I-12: the ACK of NEWLEADER is of another epoch.
    AckOfNewLeaderFromOtherEpoch,
    /// I-12: the ACK is of a zxid that the leader does not know, or that is not the next one.
    AckOutOfOrder,
    /// I-12: a message that no action takes.
    IllegalMessage,
    /// I-13: the proposal does not follow the last one, in SYNCHRONIZATION.
    ProposalInSyncNotNext,
    /// I-13: the proposal does not follow the last one, in BROADCAST.
    ProposalNotNext,
    /// I-13: the follower cannot truncate its log as told.
    TruncFails,
    /// I-14: a COMMIT whose packet the learner does not have.
    CommitWithoutPacket,
    /// I-14: a COMMIT of another transaction than the next one.
    CommitNotNext,
    /// I-14: the leader commits a transaction before an earlier one.
    CommitNotFirst,
    /// I-8, of the last action: see [`super::invariants`].
    InitialHistoryIncomplete,
}

impl Flaw {
    /// All of them.
    pub(super) const ALL: [Self; 16] = [
        Self::SyncMessageOutsideSync,
        Self::EpochWaitedForOutsideDiscovery,
        Self::LeaderInfoOutsideDiscovery,
        Self::ElectionUnfinishedOutsideDiscovery,
        Self::UpToDateBeforeCommit,
        Self::AckBeforeAckOfNewLeader,
        Self::AckOfNewLeaderFromOtherEpoch,
        Self::AckOutOfOrder,
        Self::IllegalMessage,
        Self::ProposalInSyncNotNext,
        Self::ProposalNotNext,
        Self::TruncFails,
        Self::CommitWithoutPacket,
        Self::CommitNotNext,
        Self::CommitNotFirst,
        Self::InitialHistoryIncomplete,
    ];
}

impl Flaws {
    pub(super) fn add(&mut self, flaw: Flaw) {
        self.0 |= 1 << flaw as u16;
    }

    pub(super) fn set(&mut self, flaw: Flaw, is_found: bool) {
        self.0 = self.0 & !(1 << flaw as u16) | u16::from(is_found) << flaw as u16;
    }

    pub(super) fn has(self, flaw: Flaw) -> bool {
        self.0 >> flaw as u16 & 1 == 1
    }
}

/// The external events that cannot occur again until a quorum elects a leader: `noExecute`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct NoExecute<const N: usize> {
    pub(super) crash: ServerSet,
    pub(super) start: ServerSet,
    pub(super) partition_start: PerServer<ServerSet, N>,
    pub(super) partition_recover: PerServer<ServerSet, N>,
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
    pub(super) zxid: Option<Zxid>,
    /// The followers that a coarse election names.
    pub(super) followers: ServerSet,
}

/// The domain of `epochLeader` is `1..MAXEPOCH`.
pub(super) const MAX_EPOCH: usize = 10;

/// Declares the state: its variables with their indices and names, how they are cloned and packed.
macro_rules! variables {
    ($($(#[$doc:meta])* $index:literal $field:ident: $type:ty = $name:literal;)+) => {
        /// A state. The fields are the variables of the specifications; `recorder` is split into
        /// its members.
        #[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct State<const N: usize> {
            $($(#[$doc])* pub(super) $field: Var<$index, $type>,)+
        }

        impl<const N: usize> Clone for State<N> {
            #[inline]
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),+ }
            }

            /// Keeps what the old state has allocated.
            #[inline]
            fn clone_from(&mut self, source: &Self) {
                $(self.$field.clone_from(&source.$field);)+
            }
        }

        /// The names of the variables, in the order of their indices.
        pub(super) const VARIABLES: [&str; [$($index),+].len()] = [$($name),+];

        pack_records! { State<N> { $($field),+ } }
    };
}

variables! {
    0 state: PerServer<Role, N> = "state";
    1 zab_state: PerServer<Phase, N> = "zabState";
    2 accepted_epoch: PerServer<Epoch, N> = "acceptedEpoch";
    3 current_epoch: PerServer<Epoch, N> = "currentEpoch";
    4 history: PerServer<History, N> = "history";
    5 initial_history: PerServer<History, N> = "initialHistory";
    6 last_committed: PerServer<Committed, N> = "lastCommitted";
    7 last_processed: PerServer<Committed, N> = "lastProcessed";
    /// Requests that wait for the thread `SyncRequestProcessor` to write them to disk.
    8 queued_requests: PerServer<History, N> = "queuedRequests";
    /// Commits that wait for the thread `CommitProcessor`.
    9 committed_requests: PerServer<Zxids, N> = "committedRequests";
    10 learners: PerServer<ServerSet, N> = "learners";
    11 connecting: PerServer<Contacts, N> = "connecting";
    12 electing: PerServer<PerServer<Option<Electing>, N>, N> = "electing";
    13 ackld_recv: PerServer<Contacts, N> = "ackldRecv";
    14 forwarding: PerServer<ServerSet, N> = "forwarding";
    15 temp_max_epoch: PerServer<Epoch, N> = "tempMaxEpoch";
    16 leader_addr: PerServer<Option<Server>, N> = "leaderAddr";
    17 packets_sync: PerServer<PacketsSync, N> = "packetsSync";
    18 leader_oracle: Option<Server> = "leaderOracle";
    /// By sender and receiver.
    19 rcv_buffer: PerServer<PerServer<Channel, N>, N> = "rcvBuffer";
    20 status: PerServer<Status, N> = "status";
    21 partition: PerServer<ServerSet, N> = "partition";
    22 epoch_leader: [ServerSet; MAX_EPOCH] = "epochLeader";
    23 proposal_msgs_log: Proposals = "proposalMsgsLog";
    24 committed_log: History = "committedLog";
    25 flaws: Flaws = "flaws";
    26 n_timeout: u8 = "nTimeout";
    27 n_transaction: u8 = "nTransaction";
    28 n_partition: u8 = "nPartition";
    29 max_epoch: Epoch = "maxEpoch";
    30 n_crash: u8 = "nCrash";
    31 n_client_request: u16 = "nClientRequest";
    32 n_consequent_failure: u8 = "nConsequentFailure";
    33 no_execute: NoExecute<N> = "noExecute";
    34 pc: Pc = "pc";
    35 do_init: bool = "doInit";
    36 current_vote: Used<PerServer<Vote, N>> = "currentVote";
    37 logical_clock: PerServer<u8, N> = "logicalClock";
    38 receive_votes: Used<PerServer<PerServer<Ballot, N>, N>> = "receiveVotes";
    39 out_of_election: Used<PerServer<PerServer<Ballot, N>, N>> = "outOfElection";
    40 recv_queue: PerServer<NotificationQueue, N> = "recvQueue";
    41 wait_notmsg: ServerSet = "waitNotmsg";
    42 leading_vote_set: PerServer<ServerSet, N> = "leadingVoteSet";
    /// By sender and receiver.
    43 election_msgs: Used<PerServer<PerServer<Vec<Notification>, N>, N>> = "electionMsgs";
    /// The last committed transactions that a server keeps in memory for its learners:
    /// `committedLog` of `ZKDatabase`.
    44 memory_log: PerServer<History, N> = "zkdbCommittedLog";
    /// FOLLOWERINFO, LEADERINFO and ACKEPOCH, by sender and receiver: one of them at most is under
    /// way, and before any other message.
    45 discovery_msgs: PerServer<PerServer<Option<Message>, N>, N> = "discoveryMsgs";
}

/// A value that is the default in compositions that do not use it: then it packs into one bit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Used<T>(T);

impl<T> std::ops::Deref for Used<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Used<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<const N: usize> State<N> {
    pub(super) fn is_on(&self, i: Server) -> bool {
        self.status[i] == Status::Online
    }

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
        self.leader_addr[i] == Some(j)
    }

    pub(super) fn has_partitioned(&self, i: Server, j: Server) -> bool {
        self.partition[i].contains(j)
    }

    /// The next message that server `i` reads from server `j`.
    #[inline]
    pub(super) fn pending(&self, i: Server, j: Server) -> Option<Message> {
        self.rcv_buffer[j][i].head()
    }

    /// `Send`: the message is lost if the network is partitioned.
    pub(super) fn send(&mut self, from: Server, to: Server, message: Message) {
        if !self.has_partitioned(from, to) {
            self.rcv_buffer[from][to].push(message);
        }
    }

    /// `Broadcast`, to each of a set of servers but the sender.
    pub(super) fn broadcast(&mut self, from: Server, to: ServerSet, message: Message) {
        for v in to.without(from).iter() {
            self.send(from, v, message);
        }
    }

    /// `Clean`: both directions between two servers.
    pub(super) fn clean(&mut self, i: Server, j: Server) {
        self.rcv_buffer[i][j].clear();
        self.rcv_buffer[j][i].clear();
        self.discovery_msgs[i][j] = None;
        self.discovery_msgs[j][i] = None;
    }

    /// `CleanInputBuffer`.
    pub(super) fn clean_input_buffer(&mut self, servers: ServerSet) {
        for s in Server::all(N) {
            for v in servers.iter() {
                self.rcv_buffer[s][v].clear();
                self.discovery_msgs[s][v] = None;
            }
        }
    }

    /// `LastProposed` of the code's `Leader`, `InitLastProcessed` of the specification: the end of
    /// the history.
    pub(super) fn last_proposed(&self, i: Server) -> Committed {
        Committed::at(self.history[i].len(), self.history[i].last_zxid())
    }

    /// All transactions that a follower has: written to disk, queued for that, or received in
    /// synchronization.
    pub(super) fn received(&self, i: Server) -> impl Iterator<Item = &Txn> {
        let (history, queued) = (&self.history[i], &self.queued_requests[i]);
        let not_committed = &self.packets_sync[i].not_committed;
        history.iter().chain(queued.iter()).chain(not_committed.iter())
    }

    /// `ZxidToIndex` in what a follower has; `None` unless the zxid is there exactly once.
    pub(super) fn index_received(&self, i: Server, zxid: Zxid) -> Option<usize> {
        let mut places = (1..).zip(self.received(i)).filter(|(_, txn)| txn.zxid == zxid);
        match (places.next(), places.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }

    /// The number of transactions that a server has committed.
    pub(super) fn committed_count(&self, i: Server) -> usize {
        self.last_committed[i].count()
    }
}
