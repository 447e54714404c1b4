//! The actions, by the names of the specifications, and which of them a composition has.

use super::state::State;
use super::{BroadcastGrain, ElectionGrain, SynchronizationGrain, ZooKeeper};
use crate::{Server, ServerSet};
use std::fmt;

/// An action with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Which action.
    pub(super) class: Class,
    /// The server that acts.
    pub(super) i: Server,
    /// The other server that the action is about.
    pub(super) j: Option<Server>,
    /// The quorum of a coarse election.
    pub(super) quorum: ServerSet,
}

/// The class of an action: one for each action of the specifications, of every grain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    SetInitState,
    ElectionAndDiscovery,
    JoinEstablishedLeader,
    FLEReceiveNotmsg,
    FLENotmsgTimeout,
    FLEHandleNotmsg,
    FLEWaitNewNotmsg,
    PartitionStart,
    PartitionRecover,
    NodeCrash,
    NodeStart,
    ConnectAndFollowerSendFOLLOWERINFO,
    LeaderProcessFOLLOWERINFO,
    FollowerProcessLEADERINFO,
    LeaderProcessACKEPOCH,
    LeaderSyncFollower,
    FollowerProcessSyncMessage,
    FollowerProcessPROPOSALInSync,
    FollowerProcessCOMMITInSync,
    FollowerProcessNEWLEADER,
    FollowerProcessNEWLEADERUpdateEpoch,
    FollowerProcessNEWLEADERAfterCurrentEpochUpdated,
    FollowerProcessNEWLEADERLogAsync,
    FollowerProcessNEWLEADERReplyAck,
    LeaderProcessACKLD,
    FollowerProcessUPTODATE,
    LeaderProcessRequest,
    FollowerProcessPROPOSAL,
    LeaderProcessACK,
    FollowerProcessCOMMIT,
    FollowerSyncProcessorLogRequest,
    FollowerCommitProcessorCommit,
    FilterNonexistentMessage,
}

/// A guard and an update of one server.
type Unary<const N: usize> =
    (fn(&ZooKeeper<N>, &State<N>, Server) -> bool, fn(&ZooKeeper<N>, &mut State<N>, Server));

/// A guard and an update of a pair of servers.
type Binary<const N: usize> = (
    fn(&ZooKeeper<N>, &State<N>, Server, Server) -> bool,
    fn(&ZooKeeper<N>, &mut State<N>, Server, Server),
);

/// How an action is defined.
enum Definition<const N: usize> {
    /// For one server.
    One(Unary<N>),
    /// For two servers.
    Two(Binary<N>),
    /// For a leader and a quorum.
    Quorum,
}

impl Class {
    /// All classes, of every grain, in the order of the specifications.
    pub(super) const ALL: [Self; 33] = [
        Self::SetInitState,
        Self::ElectionAndDiscovery,
        Self::JoinEstablishedLeader,
        Self::FLEReceiveNotmsg,
        Self::FLENotmsgTimeout,
        Self::FLEHandleNotmsg,
        Self::FLEWaitNewNotmsg,
        Self::PartitionStart,
        Self::PartitionRecover,
        Self::NodeCrash,
        Self::NodeStart,
        Self::ConnectAndFollowerSendFOLLOWERINFO,
        Self::LeaderProcessFOLLOWERINFO,
        Self::FollowerProcessLEADERINFO,
        Self::LeaderProcessACKEPOCH,
        Self::LeaderSyncFollower,
        Self::FollowerProcessSyncMessage,
        Self::FollowerProcessPROPOSALInSync,
        Self::FollowerProcessCOMMITInSync,
        Self::FollowerProcessNEWLEADER,
        Self::FollowerProcessNEWLEADERUpdateEpoch,
        Self::FollowerProcessNEWLEADERAfterCurrentEpochUpdated,
        Self::FollowerProcessNEWLEADERLogAsync,
        Self::FollowerProcessNEWLEADERReplyAck,
        Self::LeaderProcessACKLD,
        Self::FollowerProcessUPTODATE,
        Self::LeaderProcessRequest,
        Self::FollowerProcessPROPOSAL,
        Self::LeaderProcessACK,
        Self::FollowerProcessCOMMIT,
        Self::FollowerSyncProcessorLogRequest,
        Self::FollowerCommitProcessorCommit,
        Self::FilterNonexistentMessage,
    ];

    /// The definition of the action.
    #[rustfmt::skip]
    fn definition<const N: usize>(self) -> Definition<N> {
        type Z<const N: usize> = ZooKeeper<N>;
        match self {
            Self::SetInitState => Definition::One((Z::can_set_init_state, Z::set_init_state)),
            Self::ElectionAndDiscovery => Definition::Quorum,
            Self::JoinEstablishedLeader => Definition::Two((Z::can_join, Z::join)),
            Self::FLEReceiveNotmsg => Definition::Two((Z::can_receive_notmsg, Z::receive_notmsg)),
            Self::FLENotmsgTimeout => Definition::One((Z::can_time_out_notmsg, Z::time_out_notmsg)),
            Self::FLEHandleNotmsg => Definition::One((Z::can_handle_notmsg, Z::handle_notmsg)),
            Self::FLEWaitNewNotmsg => Definition::One((Z::can_wait_new_notmsg, Z::wait_new_notmsg)),
            Self::PartitionStart => Definition::Two((Z::can_start_partition, Z::start_partition)),
            Self::PartitionRecover => Definition::Two((Z::can_recover_partition, Z::recover_partition)),
            Self::NodeCrash => Definition::One((Z::can_crash, Z::crash)),
            Self::NodeStart => Definition::One((Z::can_start, Z::start)),
            Self::ConnectAndFollowerSendFOLLOWERINFO => Definition::Two((Z::can_connect, Z::connect)),
            Self::LeaderProcessFOLLOWERINFO => Definition::Two((Z::can_process_followerinfo, Z::process_followerinfo)),
            Self::FollowerProcessLEADERINFO => Definition::Two((Z::can_process_leaderinfo, Z::process_leaderinfo)),
            Self::LeaderProcessACKEPOCH => Definition::Two((Z::can_process_ackepoch, Z::process_ackepoch)),
            Self::LeaderSyncFollower => Definition::Two((Z::can_sync_follower, Z::sync_follower)),
            Self::FollowerProcessSyncMessage => Definition::Two((Z::can_process_sync_message, Z::process_sync_message)),
            Self::FollowerProcessPROPOSALInSync => Definition::Two((Z::can_process_proposal_in_sync, Z::process_proposal_in_sync)),
            Self::FollowerProcessCOMMITInSync => Definition::Two((Z::can_process_commit_in_sync, Z::process_commit_in_sync)),
            Self::FollowerProcessNEWLEADER => Definition::Two((Z::can_process_newleader, Z::process_newleader)),
            Self::FollowerProcessNEWLEADERUpdateEpoch => Definition::Two((Z::can_update_epoch, Z::update_epoch)),
            Self::FollowerProcessNEWLEADERAfterCurrentEpochUpdated => Definition::Two((Z::can_process_newleader_after_epoch, Z::process_newleader_after_epoch)),
            Self::FollowerProcessNEWLEADERLogAsync => Definition::Two((Z::can_log_newleader, Z::log_newleader)),
            Self::FollowerProcessNEWLEADERReplyAck => Definition::Two((Z::can_reply_newleader, Z::reply_newleader)),
            Self::LeaderProcessACKLD => Definition::Two((Z::can_process_ackld, Z::process_ackld)),
            Self::FollowerProcessUPTODATE => Definition::Two((Z::can_process_uptodate, Z::process_uptodate)),
            Self::LeaderProcessRequest => Definition::One((Z::can_process_request, Z::process_request)),
            Self::FollowerProcessPROPOSAL => Definition::Two((Z::can_process_proposal, Z::process_proposal)),
            Self::LeaderProcessACK => Definition::Two((Z::can_process_ack, Z::process_ack)),
            Self::FollowerProcessCOMMIT => Definition::Two((Z::can_process_commit, Z::process_commit)),
            Self::FollowerSyncProcessorLogRequest => Definition::Two((Z::can_log_request, Z::log_request)),
            Self::FollowerCommitProcessorCommit => Definition::One((Z::can_commit_request, Z::commit_request)),
            Self::FilterNonexistentMessage => Definition::Two((Z::can_filter, Z::filter)),
        }
    }

    /// Whether the specification records the zxid of the message that the action takes.
    pub(super) fn records_zxid(self) -> bool {
        matches!(
            self,
            Self::FollowerProcessPROPOSALInSync
                | Self::FollowerProcessCOMMITInSync
                | Self::FollowerProcessPROPOSAL
                | Self::LeaderProcessACK
                | Self::FollowerProcessCOMMIT
        )
    }
}

impl<const N: usize> ZooKeeper<N> {
    /// Whether the composition has a class of actions.
    pub(super) fn models(&self, class: Class) -> bool {
        use SynchronizationGrain::{Baseline, FineAtomic};
        let threads = self.synchronization.is_concurrent();
        match class {
            Class::SetInitState => self.bounds.running,
            Class::ElectionAndDiscovery => self.election != ElectionGrain::Baseline,
            Class::JoinEstablishedLeader => self.election == ElectionGrain::Joining,
            Class::FLEReceiveNotmsg
            | Class::FLENotmsgTimeout
            | Class::FLEHandleNotmsg
            | Class::FLEWaitNewNotmsg
            | Class::ConnectAndFollowerSendFOLLOWERINFO
            | Class::LeaderProcessFOLLOWERINFO
            | Class::FollowerProcessLEADERINFO
            | Class::LeaderProcessACKEPOCH => self.election == ElectionGrain::Baseline,
            Class::FollowerProcessNEWLEADER => self.synchronization == Baseline,
            Class::FollowerProcessNEWLEADERUpdateEpoch => self.synchronization != Baseline,
            Class::FollowerProcessNEWLEADERAfterCurrentEpochUpdated => {
                self.synchronization == FineAtomic
            }
            Class::FollowerProcessNEWLEADERLogAsync => self.synchronization != Baseline,
            Class::FollowerProcessNEWLEADERReplyAck => threads,
            Class::FollowerSyncProcessorLogRequest | Class::FollowerCommitProcessorCommit => {
                threads || self.broadcast == BroadcastGrain::FineConcurrent
            }
            _ => true,
        }
    }

    /// The enabled actions of one class.
    pub(super) fn enabled_of(&self, class: Class, s: &State<N>, actions: &mut Vec<Action>) {
        // Before the first step, nothing else can be done.
        if self.bounds.running && (class == Class::SetInitState) == *s.do_init.peek() {
            return;
        }
        let quorum = ServerSet::EMPTY;
        match class.definition() {
            Definition::One((guard, _)) => {
                let able = Server::all(N).filter(|&i| guard(self, s, i));
                actions.extend(able.map(|i| Action { class, i, j: None, quorum }));
            }
            Definition::Two((guard, _)) => {
                for i in Server::all(N) {
                    let able = Server::all(N).filter(|&j| j != i && guard(self, s, i, j));
                    actions.extend(able.map(|j| Action { class, i, j: Some(j), quorum }));
                }
            }
            Definition::Quorum => self.elections(s, actions),
        }
    }

    /// Takes an action.
    pub(super) fn take(&self, s: &mut State<N>, before: &State<N>, action: Action) {
        let Action { class, i, j, quorum } = action;
        match class.definition() {
            Definition::One((_, update)) => update(self, s, i),
            Definition::Two((_, update)) => update(self, s, i, j.unwrap_or(i)),
            Definition::Quorum => self.elect_and_discover(s, i, quorum),
        }
        Self::after_action(s, before, action);
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({}", self.class.declaration().name, self.i)?;
        match self.j {
            Some(j) => write!(formatter, ", {j})"),
            None if self.quorum.is_empty() => write!(formatter, ")"),
            None => write!(formatter, ", {})", self.quorum),
        }
    }
}
