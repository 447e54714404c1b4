//! What each class of actions reads and writes. Debug builds hold the declarations against what
//! guards and updates do in every state that a search looks at.

use super::actions::Class;
use seatrial_explore::{ActionClass, Cause};

impl Class {
    /// The class by its name in the specifications, with what it reads and writes.
    pub(super) const fn declaration(self) -> ActionClass {
        match self {
            Self::SetInitState
            | Self::PartitionStart
            | Self::PartitionRecover
            | Self::NodeCrash
            | Self::NodeStart => self.of_faults(),
            Self::ElectionAndDiscovery
            | Self::JoinEstablishedLeader
            | Self::FLEReceiveNotmsg
            | Self::FLENotmsgTimeout
            | Self::FLEHandleNotmsg
            | Self::FLEWaitNewNotmsg => self.of_election(),
            Self::ConnectAndFollowerSendFOLLOWERINFO
            | Self::LeaderProcessFOLLOWERINFO
            | Self::FollowerProcessLEADERINFO
            | Self::LeaderProcessACKEPOCH => self.of_discovery(),
            Self::LeaderSyncFollower
            | Self::FollowerProcessSyncMessage
            | Self::FollowerProcessPROPOSALInSync
            | Self::FollowerProcessCOMMITInSync
            | Self::FollowerProcessNEWLEADER
            | Self::FollowerProcessNEWLEADERUpdateEpoch
            | Self::FollowerProcessNEWLEADERAfterCurrentEpochUpdated
            | Self::FollowerProcessNEWLEADERLogAsync
            | Self::FollowerProcessNEWLEADERReplyAck
            | Self::LeaderProcessACKLD
            | Self::FollowerProcessUPTODATE => self.of_synchronization(),
            Self::LeaderProcessRequest
            | Self::FollowerProcessPROPOSAL
            | Self::LeaderProcessACK
            | Self::FollowerProcessCOMMIT => self.of_broadcast(),
            Self::FollowerSyncProcessorLogRequest | Self::FollowerCommitProcessorCommit => {
                self.of_threads()
            }
            Self::FilterNonexistentMessage => Self::of_network(),
        }
    }

    #[rustfmt::skip]
    const fn of_faults(self) -> ActionClass {
        match self {
            Self::SetInitState => ActionClass::new("SetInitState", "faults")
                .guard(&[])
                .reads(&["acceptedEpoch", "history"])
                .writes(&["state", "zabState", "acceptedEpoch", "currentEpoch", "history", "lastCommitted", "lastProcessed", "learners", "connecting", "electing", "ackldRecv", "forwarding", "tempMaxEpoch", "leaderAddr", "leaderOracle", "rcvBuffer", "epochLeader", "proposalMsgsLog", "committedLog", "flaws", "nTransaction", "maxEpoch", "nClientRequest", "pc", "doInit", "zkdbCommittedLog"])
                .modifies(&["currentVote", "logicalClock"]),
            Self::PartitionStart => ActionClass::new("PartitionStart", "faults").caused_by(Cause::Fault)
                .guard(&["state", "learners", "leaderAddr", "status", "partition"])
                .reads(&["state", "currentEpoch", "history", "lastCommitted", "lastProcessed", "learners", "forwarding", "status", "partition", "zkdbCommittedLog"])
                .writes(&["state", "zabState", "history", "lastProcessed", "queuedRequests", "committedRequests", "learners", "connecting", "electing", "ackldRecv", "forwarding", "leaderAddr", "packetsSync", "rcvBuffer", "partition", "flaws", "nTimeout", "nPartition", "nConsequentFailure", "noExecute", "pc", "zkdbCommittedLog"])
                .modifies(&["currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg", "leadingVoteSet", "electionMsgs", "discoveryMsgs"]),
            Self::PartitionRecover => ActionClass::new("PartitionRecover", "faults").caused_by(Cause::Fault)
                .guard(&["status", "partition"])
                .reads(&["partition"])
                .writes(&["partition", "flaws", "pc"]),
            Self::NodeCrash => ActionClass::new("NodeCrash", "faults").caused_by(Cause::Fault)
                .guard(&["status"])
                .reads(&["state", "currentEpoch", "history", "lastCommitted", "lastProcessed", "learners", "forwarding", "leaderAddr", "status", "partition", "noExecute", "zkdbCommittedLog"])
                .writes(&["state", "zabState", "history", "lastProcessed", "queuedRequests", "committedRequests", "learners", "connecting", "electing", "ackldRecv", "forwarding", "leaderAddr", "packetsSync", "rcvBuffer", "status", "flaws", "nTimeout", "nCrash", "nConsequentFailure", "noExecute", "pc", "zkdbCommittedLog"])
                .modifies(&["currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg", "leadingVoteSet", "electionMsgs", "discoveryMsgs"]),
            _ => ActionClass::new("NodeStart", "faults").caused_by(Cause::Fault)
                .guard(&["status"])
                .reads(&["history"])
                .writes(&["state", "zabState", "history", "lastCommitted", "lastProcessed", "leaderAddr", "status", "flaws", "pc", "zkdbCommittedLog"]),
        }
    }

    #[rustfmt::skip]
    const fn of_election(self) -> ActionClass {
        match self {
            Self::ElectionAndDiscovery => ActionClass::new("ElectionAndDiscovery", "election").merging(&["discovery"])
                .guard(&["state", "currentEpoch", "lastProcessed", "status", "partition"])
                .reads(&["acceptedEpoch", "history", "lastProcessed"])
                .writes(&["state", "zabState", "acceptedEpoch", "currentEpoch", "history", "initialHistory", "queuedRequests", "committedRequests", "learners", "connecting", "electing", "ackldRecv", "forwarding", "tempMaxEpoch", "leaderAddr", "packetsSync", "leaderOracle", "epochLeader", "flaws", "maxEpoch", "nConsequentFailure", "noExecute", "pc"]),
            Self::JoinEstablishedLeader => ActionClass::new("JoinEstablishedLeader", "election").merging(&["discovery"])
                .guard(&["state", "acceptedEpoch", "learners", "status", "partition"])
                .reads(&["acceptedEpoch", "history", "lastProcessed", "learners", "connecting", "electing"])
                .writes(&["state", "zabState", "acceptedEpoch", "initialHistory", "queuedRequests", "committedRequests", "learners", "connecting", "electing", "leaderAddr", "packetsSync", "flaws", "pc"]),
            Self::FLEReceiveNotmsg => ActionClass::new("FLEReceiveNotmsg", "election")
                .guard(&["status", "partition", "currentVote", "logicalClock", "electionMsgs"])
                .reads(&["state"])
                .writes(&["flaws", "pc", "recvQueue", "electionMsgs"]),
            Self::FLENotmsgTimeout => ActionClass::new("FLENotmsgTimeout", "election")
                .guard(&["state", "status", "partition", "recvQueue", "electionMsgs"])
                .reads(&[])
                .writes(&["flaws", "pc", "recvQueue"]),
            Self::FLEHandleNotmsg => ActionClass::new("FLEHandleNotmsg", "election")
                .guard(&["state", "status", "currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg"])
                .reads(&["acceptedEpoch", "currentEpoch", "history", "lastProcessed", "status", "partition"])
                .writes(&["state", "zabState", "history", "initialHistory", "learners", "connecting", "electing", "ackldRecv", "forwarding", "tempMaxEpoch", "packetsSync", "flaws", "pc", "currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg", "leadingVoteSet", "electionMsgs"]),
            _ => ActionClass::new("FLEWaitNewNotmsg", "election")
                .guard(&["state", "status", "currentVote", "logicalClock", "receiveVotes", "recvQueue", "waitNotmsg"])
                .reads(&["acceptedEpoch", "history"])
                .writes(&["state", "zabState", "history", "initialHistory", "learners", "connecting", "electing", "ackldRecv", "forwarding", "tempMaxEpoch", "packetsSync", "flaws", "pc", "recvQueue", "waitNotmsg", "leadingVoteSet"]),
        }
    }

    #[rustfmt::skip]
    const fn of_discovery(self) -> ActionClass {
        match self {
            Self::ConnectAndFollowerSendFOLLOWERINFO => ActionClass::new("ConnectAndFollowerSendFOLLOWERINFO", "discovery")
                .guard(&["state", "learners", "leaderAddr", "status", "partition", "currentVote"])
                .reads(&["acceptedEpoch", "learners"])
                .writes(&["learners", "leaderAddr", "flaws", "pc", "discoveryMsgs"]),
            Self::LeaderProcessFOLLOWERINFO => ActionClass::new("LeaderProcessFOLLOWERINFO", "discovery")
                .guard(&["state", "learners", "status", "discoveryMsgs"])
                .reads(&["zabState", "acceptedEpoch", "learners", "connecting", "tempMaxEpoch"])
                .writes(&["acceptedEpoch", "connecting", "flaws", "maxEpoch", "pc", "discoveryMsgs"]),
            Self::FollowerProcessLEADERINFO => ActionClass::new("FollowerProcessLEADERINFO", "discovery")
                .guard(&["state", "leaderAddr", "status", "currentVote", "logicalClock", "discoveryMsgs"])
                .reads(&["zabState", "acceptedEpoch", "currentEpoch", "lastProcessed", "learners", "status", "partition"])
                .writes(&["state", "zabState", "acceptedEpoch", "learners", "connecting", "electing", "ackldRecv", "forwarding", "leaderAddr", "flaws", "pc", "currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg", "leadingVoteSet", "electionMsgs", "discoveryMsgs"]),
            _ => ActionClass::new("LeaderProcessACKEPOCH", "discovery")
                .guard(&["state", "learners", "status", "currentVote", "logicalClock", "waitNotmsg", "discoveryMsgs"])
                .reads(&["zabState", "acceptedEpoch", "currentEpoch", "lastProcessed", "learners", "electing"])
                .writes(&["state", "zabState", "currentEpoch", "learners", "connecting", "electing", "ackldRecv", "forwarding", "leaderAddr", "leaderOracle", "epochLeader", "flaws", "nConsequentFailure", "noExecute", "pc", "currentVote", "logicalClock", "receiveVotes", "outOfElection", "recvQueue", "waitNotmsg", "leadingVoteSet", "electionMsgs", "discoveryMsgs"]),
        }
    }

    #[rustfmt::skip]
    const fn of_synchronization(self) -> ActionClass {
        match self {
            Self::LeaderSyncFollower => ActionClass::new("LeaderSyncFollower", "synchronization")
                .guard(&["state", "learners", "electing", "status"])
                .reads(&["zabState", "acceptedEpoch", "history", "initialHistory", "lastCommitted", "lastProcessed", "electing", "forwarding", "partition", "zkdbCommittedLog"])
                .writes(&["currentEpoch", "history", "electing", "forwarding", "rcvBuffer", "proposalMsgsLog", "committedLog", "flaws", "pc"]),
            Self::FollowerProcessSyncMessage => ActionClass::new("FollowerProcessSyncMessage", "synchronization")
                .guard(&["state", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["zabState", "history", "rcvBuffer"])
                .writes(&["history", "initialHistory", "lastCommitted", "lastProcessed", "rcvBuffer", "flaws", "pc", "zkdbCommittedLog"]),
            Self::FollowerProcessPROPOSALInSync => ActionClass::new("FollowerProcessPROPOSALInSync", "synchronization")
                .guard(&["state", "zabState", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "queuedRequests", "packetsSync"])
                .writes(&["packetsSync", "rcvBuffer", "flaws", "pc"]),
            Self::FollowerProcessCOMMITInSync => ActionClass::new("FollowerProcessCOMMITInSync", "synchronization")
                .guard(&["state", "zabState", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["history", "initialHistory", "lastCommitted", "queuedRequests", "packetsSync"])
                .writes(&["packetsSync", "rcvBuffer", "flaws", "pc"]),
            Self::FollowerProcessNEWLEADER => ActionClass::new("FollowerProcessNEWLEADER", "synchronization")
                .guard(&["state", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "packetsSync", "rcvBuffer", "partition", "zkdbCommittedLog"])
                .writes(&["currentEpoch", "history", "lastCommitted", "lastProcessed", "packetsSync", "rcvBuffer", "flaws", "pc"]),
            Self::FollowerProcessNEWLEADERUpdateEpoch => ActionClass::new("FollowerProcessNEWLEADER_UpdateEpoch", "synchronization")
                .guard(&["state", "acceptedEpoch", "currentEpoch", "queuedRequests", "leaderAddr", "packetsSync", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "packetsSync", "zkdbCommittedLog"])
                .writes(&["currentEpoch", "flaws", "pc"]),
            Self::FollowerProcessNEWLEADERAfterCurrentEpochUpdated => ActionClass::new("FollowerProcessNEWLEADERAfterCurrentEpochUpdated", "synchronization")
                .guard(&["state", "acceptedEpoch", "currentEpoch", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "packetsSync", "rcvBuffer", "partition", "zkdbCommittedLog"])
                .writes(&["currentEpoch", "history", "lastCommitted", "lastProcessed", "packetsSync", "rcvBuffer", "flaws", "pc"]),
            Self::FollowerProcessNEWLEADERLogAsync => ActionClass::new("FollowerProcessNEWLEADER_LogAsync", "synchronization")
                .guard(&["state", "acceptedEpoch", "currentEpoch", "leaderAddr", "packetsSync", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "packetsSync", "zkdbCommittedLog"])
                .writes(&["history", "lastCommitted", "lastProcessed", "queuedRequests", "packetsSync", "flaws", "pc", "zkdbCommittedLog"]),
            Self::FollowerProcessNEWLEADERReplyAck => ActionClass::new("FollowerProcessNEWLEADER_ReplyAck", "synchronization")
                .guard(&["state", "acceptedEpoch", "currentEpoch", "queuedRequests", "leaderAddr", "packetsSync", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "packetsSync", "rcvBuffer", "partition", "zkdbCommittedLog"])
                .writes(&["currentEpoch", "rcvBuffer", "flaws", "pc"]),
            Self::LeaderProcessACKLD => ActionClass::new("LeaderProcessACKLD", "synchronization")
                .guard(&["state", "learners", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "learners", "ackldRecv", "partition"])
                .writes(&["zabState", "lastCommitted", "lastProcessed", "ackldRecv", "rcvBuffer", "committedLog", "flaws", "pc"])
                .modifies(&["currentVote"]),
            _ => ActionClass::new("FollowerProcessUPTODATE", "synchronization")
                .guard(&["state", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "initialHistory", "lastCommitted", "queuedRequests", "packetsSync", "partition"])
                .writes(&["zabState", "history", "lastCommitted", "lastProcessed", "queuedRequests", "committedRequests", "packetsSync", "rcvBuffer", "flaws", "pc"])
                .modifies(&["currentVote"]),
        }
    }

    #[rustfmt::skip]
    const fn of_broadcast(self) -> ActionClass {
        match self {
            Self::LeaderProcessRequest => ActionClass::new("LeaderProcessRequest", "broadcast").caused_by(Cause::Input)
                .guard(&["state", "zabState", "forwarding", "status"])
                .reads(&["acceptedEpoch", "currentEpoch", "history", "forwarding", "partition", "nClientRequest"])
                .writes(&["history", "rcvBuffer", "proposalMsgsLog", "committedLog", "flaws", "nTransaction", "nClientRequest", "pc"]),
            Self::FollowerProcessPROPOSAL => ActionClass::new("FollowerProcessPROPOSAL", "broadcast")
                .guard(&["state", "zabState", "queuedRequests", "committedRequests", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["acceptedEpoch", "history", "queuedRequests", "packetsSync", "partition"])
                .writes(&["history", "queuedRequests", "rcvBuffer", "flaws", "pc"]),
            Self::LeaderProcessACK => ActionClass::new("LeaderProcessACK", "broadcast")
                .guard(&["state", "learners", "rcvBuffer", "status"])
                .reads(&["zabState", "history", "lastCommitted", "ackldRecv", "forwarding", "partition", "zkdbCommittedLog"])
                .writes(&["history", "lastCommitted", "lastProcessed", "rcvBuffer", "committedLog", "flaws", "pc", "zkdbCommittedLog"]),
            _ => ActionClass::new("FollowerProcessCOMMIT", "broadcast")
                .guard(&["state", "zabState", "queuedRequests", "committedRequests", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["history", "lastCommitted", "queuedRequests", "committedRequests", "packetsSync", "zkdbCommittedLog"])
                .writes(&["lastCommitted", "lastProcessed", "committedRequests", "rcvBuffer", "flaws", "pc", "zkdbCommittedLog"]),
        }
    }

    #[rustfmt::skip]
    const fn of_threads(self) -> ActionClass {
        match self {
            Self::FollowerSyncProcessorLogRequest => ActionClass::new("FollowerSyncProcessorLogRequest", "synchronization")
                .guard(&["state", "queuedRequests", "leaderAddr", "rcvBuffer", "status"])
                .reads(&["partition"])
                .writes(&["history", "queuedRequests", "rcvBuffer", "flaws", "pc"]),
            _ => ActionClass::new("FollowerCommitProcessorCommit", "broadcast")
                .guard(&["state", "history", "queuedRequests", "committedRequests", "packetsSync", "status"])
                .reads(&["history", "queuedRequests", "packetsSync", "zkdbCommittedLog"])
                .writes(&["lastCommitted", "lastProcessed", "committedRequests", "flaws", "pc", "zkdbCommittedLog"]),
        }
    }

    #[rustfmt::skip]
    const fn of_network() -> ActionClass {
        ActionClass::new("FilterNonexistentMessage", "network")
                .guard(&["state", "learners", "leaderAddr", "rcvBuffer"])
                .reads(&[])
                .writes(&["rcvBuffer", "flaws"])
    }
}
