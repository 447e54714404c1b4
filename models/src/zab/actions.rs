//! The actions: their names, guards, effects and declarations.

use super::state::{Pc, State};
use super::{AckCase, ElectionGrain, Zab};
use crate::{Server, ServerSet};
use seatrial_explore::{ActionClass, Cause};
use std::fmt;

/// An action with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The oracle names server `i`, which leads.
    UpdateLeader(Server),
    /// Server `i` does as the oracle says.
    FollowLeader(Server),
    /// A quorum elects `i` and follows it.
    Elect(Server, ServerSet),
    /// A late server follows the leader.
    JoinLeader(Server),
    /// Leader `i` and follower `j` lose their connection.
    Timeout(Server, Server),
    /// Server `i` restarts.
    Restart(Server),
    /// Follower `j` connects to leader `i`.
    ConnectAndFollowerSendCEPOCH(Server, Server),
    /// Leader `i` takes a CEPOCH from `j`.
    LeaderProcessCEPOCH(Server, Server),
    /// Follower `i` takes a NEWEPOCH from `j`.
    FollowerProcessNEWEPOCH(Server, Server),
    /// Leader `i` takes an ACKEPOCH from `j`.
    LeaderProcessACKEPOCH(Server, Server),
    /// Follower `i` takes a NEWLEADER from `j`.
    FollowerProcessNEWLEADER(Server, Server),
    /// Leader `i` takes an ACKLD from `j`.
    LeaderProcessACKLD(Server, Server),
    /// Follower `i` takes a COMMITLD from `j`.
    FollowerProcessCOMMITLD(Server, Server),
    /// Leader `i` takes a client's request.
    LeaderProcessRequest(Server),
    /// Leader `i` broadcasts its next proposal.
    LeaderBroadcastPROPOSE(Server),
    /// Follower `i` takes a PROPOSE from `j`.
    FollowerProcessPROPOSE(Server, Server),
    /// Leader `i` takes an ACK from `j`.
    LeaderProcessACK(Server, Server, AckCase),
    /// Follower `i` takes a COMMIT from `j`.
    FollowerProcessCOMMIT(Server, Server),
    /// Server `i` drops a message from `j` that nothing can process.
    FilterNonexistentMessage(Server, Server),
}

/// The class of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    UpdateLeader,
    FollowLeader,
    Elect,
    JoinLeader,
    Timeout,
    Restart,
    ConnectAndFollowerSendCEPOCH,
    LeaderProcessCEPOCH,
    FollowerProcessNEWEPOCH,
    LeaderProcessACKEPOCH,
    FollowerProcessNEWLEADER,
    LeaderProcessACKLD,
    FollowerProcessCOMMITLD,
    LeaderProcessRequest,
    LeaderBroadcastPROPOSE,
    FollowerProcessPROPOSE,
    LeaderProcessACK,
    FollowerProcessCOMMIT,
    FilterNonexistentMessage,
}

impl Class {
    /// All classes, of every grain, in the order of the specification.
    pub(super) const ALL: [Self; 19] = [
        Self::UpdateLeader,
        Self::FollowLeader,
        Self::Elect,
        Self::JoinLeader,
        Self::Timeout,
        Self::Restart,
        Self::ConnectAndFollowerSendCEPOCH,
        Self::LeaderProcessCEPOCH,
        Self::FollowerProcessNEWEPOCH,
        Self::LeaderProcessACKEPOCH,
        Self::FollowerProcessNEWLEADER,
        Self::LeaderProcessACKLD,
        Self::FollowerProcessCOMMITLD,
        Self::LeaderProcessRequest,
        Self::LeaderBroadcastPROPOSE,
        Self::FollowerProcessPROPOSE,
        Self::LeaderProcessACK,
        Self::FollowerProcessCOMMIT,
        Self::FilterNonexistentMessage,
    ];

    /// Whether the class belongs to a composition with this grain of the election.
    pub(super) fn is_part_of(self, election: ElectionGrain) -> bool {
        match self {
            Self::UpdateLeader | Self::FollowLeader => election == ElectionGrain::Baseline,
            Self::Elect | Self::JoinLeader => election == ElectionGrain::Coarse,
            _ => true,
        }
    }

    /// What the class reads and writes.
    pub(super) const fn declaration(self) -> ActionClass {
        match self {
            Self::UpdateLeader | Self::FollowLeader | Self::Elect | Self::JoinLeader => {
                self.of_election()
            }
            Self::Timeout | Self::Restart | Self::FilterNonexistentMessage => self.of_environment(),
            Self::ConnectAndFollowerSendCEPOCH
            | Self::LeaderProcessCEPOCH
            | Self::FollowerProcessNEWEPOCH
            | Self::LeaderProcessACKEPOCH => self.of_discovery(),
            _ => self.of_service(),
        }
    }

    #[rustfmt::skip]
    const fn of_election(self) -> ActionClass {
        const ELECTED: &[&str] = &["state", "zabState", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "sendCounter", "pc"];
        match self {
            Self::UpdateLeader => ActionClass::new("UpdateLeader", "election")
                .guard(&["state", "leaderOracle"])
                .reads(&["acceptedEpoch", "currentEpoch", "history"])
                .writes(&["leaderOracle", "state", "zabState", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "sendCounter", "pc"]),
            Self::FollowLeader => ActionClass::new("FollowLeader", "election")
                .guard(&["state", "leaderOracle"])
                .reads(&["leaderOracle", "acceptedEpoch", "currentEpoch", "history"])
                .writes(ELECTED),
            Self::Elect => ActionClass::new("Elect", "election")
                .guard(&["state"])
                .reads(&["acceptedEpoch", "currentEpoch", "history"])
                .writes(&["leaderOracle", "state", "zabState", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "sendCounter", "pc"]),
            _ => ActionClass::new("JoinLeader", "election")
                .guard(&["state", "leaderOracle"])
                .reads(&["leaderOracle"])
                .writes(&["state", "zabState", "pc"]),
        }
    }

    #[rustfmt::skip]
    const fn of_environment(self) -> ActionClass {
        const LOST: &[&str] = &["state", "zabState", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "connectInfo", "msgs", "nTimeout", "pc"];
        match self {
            Self::Timeout => ActionClass::new("Timeout", "faults").caused_by(Cause::Fault)
                .guard(&["state", "learners", "connectInfo", "nTimeout"])
                .reads(&["learners", "nTimeout"])
                .writes(LOST),
            Self::Restart => ActionClass::new("Restart", "faults").caused_by(Cause::Fault)
                .guard(&["nRestart"])
                .reads(&["state", "learners", "connectInfo", "nTimeout", "nRestart"])
                .writes(&["state", "zabState", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "connectInfo", "msgs", "nTimeout", "nRestart", "lastCommitted", "pc"]),
            _ => ActionClass::new("FilterNonexistentMessage", "network")
                .guard(&["state", "msgs", "learners", "connectInfo"])
                .writes(&["msgs", "violatedInvariants"]),
        }
    }

    #[rustfmt::skip]
    const fn of_discovery(self) -> ActionClass {
        match self {
            Self::ConnectAndFollowerSendCEPOCH => ActionClass::new("ConnectAndFollowerSendCEPOCH", "discovery")
                .guard(&["state", "learners", "connectInfo", "leaderOracle"])
                .reads(&["learners", "acceptedEpoch"])
                .writes(&["learners", "connectInfo", "msgs", "pc"]),
            Self::LeaderProcessCEPOCH => ActionClass::new("LeaderProcessCEPOCH", "discovery")
                .guard(&["state", "msgs", "learners", "maxEpoch"])
                .reads(&["cepochRecv", "acceptedEpoch", "zabState", "learners"])
                .writes(&["cepochRecv", "acceptedEpoch", "msgs", "violatedInvariants", "maxEpoch", "pc"]),
            Self::FollowerProcessNEWEPOCH => ActionClass::new("FollowerProcessNEWEPOCH", "discovery")
                .guard(&["state", "msgs", "connectInfo"])
                .reads(&["msgs", "acceptedEpoch", "zabState", "currentEpoch", "history", "learners"])
                .writes(&["state", "zabState", "connectInfo", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "acceptedEpoch", "msgs", "violatedInvariants", "pc"]),
            _ => ActionClass::new("LeaderProcessACKEPOCH", "discovery")
                .guard(&["state", "msgs", "learners"])
                .reads(&["ackeRecv", "acceptedEpoch", "history", "zabState", "learners"])
                .writes(&["ackeRecv", "currentEpoch", "epochLeader", "history", "zabState", "msgs", "proposalMsgsLog", "violatedInvariants", "pc"]),
        }
    }

    #[rustfmt::skip]
    const fn of_service(self) -> ActionClass {
        const PROPOSED: &[&str] = &["sendCounter", "msgs", "proposalMsgsLog", "pc"];
        match self {
            Self::FollowerProcessNEWLEADER => ActionClass::new("FollowerProcessNEWLEADER", "synchronization")
                .guard(&["state", "msgs", "connectInfo"])
                .reads(&["acceptedEpoch", "zabState", "learners"])
                .writes(&["state", "zabState", "connectInfo", "learners", "cepochRecv", "ackeRecv", "ackldRecv", "currentEpoch", "history", "msgs", "violatedInvariants", "pc"]),
            Self::LeaderProcessACKLD => ActionClass::new("LeaderProcessACKLD", "synchronization")
                .guard(&["state", "msgs", "learners"])
                .reads(&["ackldRecv", "zabState", "history", "lastCommitted", "learners"])
                .writes(&["ackldRecv", "history", "lastCommitted", "zabState", "msgs", "violatedInvariants", "pc"]),
            Self::FollowerProcessCOMMITLD => ActionClass::new("FollowerProcessCOMMITLD", "synchronization")
                .guard(&["state", "msgs", "connectInfo"])
                .reads(&["history"])
                .writes(&["lastCommitted", "zabState", "msgs", "violatedInvariants", "pc"]),
            Self::LeaderProcessRequest => ActionClass::new("LeaderProcessRequest", "broadcast").caused_by(Cause::Input)
                .guard(&["state", "zabState", "nTransaction"])
                .reads(&["history", "currentEpoch", "nClientRequest"])
                .writes(&["history", "nClientRequest", "nTransaction", "pc"]),
            Self::LeaderBroadcastPROPOSE => ActionClass::new("LeaderBroadcastPROPOSE", "broadcast")
                .guard(&["state", "zabState", "history", "currentEpoch", "sendCounter"])
                .reads(&["currentEpoch", "sendCounter", "history", "ackeRecv", "learners"])
                .writes(PROPOSED),
            Self::FollowerProcessPROPOSE => ActionClass::new("FollowerProcessPROPOSE", "broadcast")
                .guard(&["state", "msgs", "connectInfo"])
                .reads(&["history", "currentEpoch"])
                .writes(&["history", "msgs", "violatedInvariants", "pc"]),
            Self::LeaderProcessACK => ActionClass::new("LeaderProcessACK", "broadcast")
                .guard(&["state", "msgs", "learners", "history", "lastCommitted"])
                .reads(&["history", "lastCommitted", "ackldRecv", "learners"])
                .writes(&["history", "lastCommitted", "msgs", "violatedInvariants", "pc"]),
            _ => ActionClass::new("FollowerProcessCOMMIT", "broadcast")
                .guard(&["state", "msgs", "connectInfo"])
                .reads(&["history", "lastCommitted"])
                .writes(&["lastCommitted", "msgs", "violatedInvariants", "pc"]),
        }
    }
}

impl Action {
    pub(super) fn class(self) -> Class {
        match self {
            Self::UpdateLeader(..) => Class::UpdateLeader,
            Self::FollowLeader(..) => Class::FollowLeader,
            Self::Elect(..) => Class::Elect,
            Self::JoinLeader(..) => Class::JoinLeader,
            Self::Timeout(..) => Class::Timeout,
            Self::Restart(..) => Class::Restart,
            Self::ConnectAndFollowerSendCEPOCH(..) => Class::ConnectAndFollowerSendCEPOCH,
            Self::LeaderProcessCEPOCH(..) => Class::LeaderProcessCEPOCH,
            Self::FollowerProcessNEWEPOCH(..) => Class::FollowerProcessNEWEPOCH,
            Self::LeaderProcessACKEPOCH(..) => Class::LeaderProcessACKEPOCH,
            Self::FollowerProcessNEWLEADER(..) => Class::FollowerProcessNEWLEADER,
            Self::LeaderProcessACKLD(..) => Class::LeaderProcessACKLD,
            Self::FollowerProcessCOMMITLD(..) => Class::FollowerProcessCOMMITLD,
            Self::LeaderProcessRequest(..) => Class::LeaderProcessRequest,
            Self::LeaderBroadcastPROPOSE(..) => Class::LeaderBroadcastPROPOSE,
            Self::FollowerProcessPROPOSE(..) => Class::FollowerProcessPROPOSE,
            Self::LeaderProcessACK(..) => Class::LeaderProcessACK,
            Self::FollowerProcessCOMMIT(..) => Class::FollowerProcessCOMMIT,
            Self::FilterNonexistentMessage(..) => Class::FilterNonexistentMessage,
        }
    }

    /// The arguments `i` and `j`.
    pub(super) fn servers(self) -> (Option<Server>, Option<Server>) {
        match self {
            Self::UpdateLeader(i)
            | Self::FollowLeader(i)
            | Self::Elect(i, _)
            | Self::JoinLeader(i)
            | Self::Restart(i)
            | Self::LeaderProcessRequest(i)
            | Self::LeaderBroadcastPROPOSE(i) => (Some(i), None),
            Self::Timeout(i, j)
            | Self::ConnectAndFollowerSendCEPOCH(i, j)
            | Self::LeaderProcessCEPOCH(i, j)
            | Self::FollowerProcessNEWEPOCH(i, j)
            | Self::LeaderProcessACKEPOCH(i, j)
            | Self::FollowerProcessNEWLEADER(i, j)
            | Self::LeaderProcessACKLD(i, j)
            | Self::FollowerProcessCOMMITLD(i, j)
            | Self::FollowerProcessPROPOSE(i, j)
            | Self::LeaderProcessACK(i, j, _)
            | Self::FollowerProcessCOMMIT(i, j)
            | Self::FilterNonexistentMessage(i, j) => (Some(i), Some(j)),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.class().declaration().name)?;
        match (*self, self.servers()) {
            (Self::Elect(i, quorum), _) => write!(formatter, "({i}, {quorum})"),
            (_, (Some(i), Some(j))) => write!(formatter, "({i}, {j})"),
            (_, (i, _)) => write!(formatter, "({})", i.unwrap_or_default()),
        }
    }
}

/// The guard of a pairwise action.
type PairGuard<const N: usize> = fn(&State<N>, Server, Server) -> bool;

impl<const N: usize> Zab<N> {
    /// The enabled actions of one class.
    pub(super) fn enabled_of(&self, class: Class, s: &State<N>, actions: &mut Vec<Action>) {
        let mut each = |guard: fn(&State<N>, Server) -> bool, action: fn(Server) -> Action| {
            actions.extend(Server::all(N).filter(|&i| guard(s, i)).map(action));
        };
        match class {
            Class::UpdateLeader => each(Self::can_update_leader, Action::UpdateLeader),
            Class::FollowLeader => each(Self::can_follow_leader, Action::FollowLeader),
            Class::JoinLeader => each(Self::can_join_leader, Action::JoinLeader),
            Class::Restart => each(|_, _| true, Action::Restart),
            Class::LeaderProcessRequest => {
                each(Self::can_process_request, Action::LeaderProcessRequest);
            }
            Class::LeaderBroadcastPROPOSE => {
                each(Self::can_broadcast_propose, Action::LeaderBroadcastPROPOSE);
            }
            Class::Elect => self.elections(s, actions),
            _ => self.enabled_pairs(class, s, actions),
        }
    }

    /// The enabled actions of a class with two servers.
    fn enabled_pairs(&self, class: Class, s: &State<N>, actions: &mut Vec<Action>) {
        let mut pairs = |guard: PairGuard<N>, action: fn(Server, Server) -> Action| {
            for i in Server::all(N) {
                let others = Server::all(N).filter(|&j| j != i);
                actions.extend(others.filter(|&j| guard(s, i, j)).map(|j| action(i, j)));
            }
        };
        match class {
            Class::Timeout => pairs(Self::can_timeout, Action::Timeout),
            Class::ConnectAndFollowerSendCEPOCH => {
                pairs(Self::can_connect, Action::ConnectAndFollowerSendCEPOCH);
            }
            Class::LeaderProcessCEPOCH => {
                pairs(Self::can_process_cepoch, Action::LeaderProcessCEPOCH);
            }
            Class::FollowerProcessNEWEPOCH => {
                pairs(Self::can_process_newepoch, Action::FollowerProcessNEWEPOCH);
            }
            Class::LeaderProcessACKEPOCH => {
                pairs(Self::can_process_ackepoch, Action::LeaderProcessACKEPOCH);
            }
            Class::FollowerProcessNEWLEADER => {
                pairs(Self::can_process_newleader, Action::FollowerProcessNEWLEADER);
            }
            Class::LeaderProcessACKLD => pairs(Self::can_process_ackld, Action::LeaderProcessACKLD),
            Class::FollowerProcessCOMMITLD => {
                pairs(Self::can_process_commitld, Action::FollowerProcessCOMMITLD);
            }
            Class::FollowerProcessPROPOSE => {
                pairs(Self::can_process_propose, Action::FollowerProcessPROPOSE);
            }
            Class::FollowerProcessCOMMIT => {
                pairs(Self::can_process_commit, Action::FollowerProcessCOMMIT);
            }
            Class::FilterNonexistentMessage => {
                pairs(Self::can_filter, Action::FilterNonexistentMessage);
            }
            _ => {
                for i in Server::all(N) {
                    for j in Server::all(N).filter(|&j| j != i) {
                        self.process_ack_cases(s, i, j, actions);
                    }
                }
            }
        }
    }

    /// Takes an action, and records it as `UpdateRecorder` does.
    pub(super) fn take(&self, s: &mut State<N>, action: Action) {
        match action {
            Action::UpdateLeader(i) => Self::update_leader(s, i),
            Action::FollowLeader(i) => Self::follow_leader(s, i),
            Action::Elect(i, quorum) => Self::elect(s, i, quorum),
            Action::JoinLeader(i) => s.switch_to_follower(i),
            Action::Timeout(i, j) => self.timeout(s, i, j),
            Action::Restart(i) => self.restart(s, i),
            Action::ConnectAndFollowerSendCEPOCH(i, j) => Self::connect(s, i, j),
            Action::LeaderProcessCEPOCH(i, j) => self.process_cepoch(s, i, j),
            Action::FollowerProcessNEWEPOCH(i, j) => Self::process_newepoch(s, i, j),
            Action::LeaderProcessACKEPOCH(i, j) => self.process_ackepoch(s, i, j),
            Action::FollowerProcessNEWLEADER(i, j) => self.process_newleader(s, i, j),
            Action::LeaderProcessACKLD(i, j) => self.process_ackld(s, i, j),
            Action::FollowerProcessCOMMITLD(i, j) => Self::process_commitld(s, i, j),
            Action::LeaderProcessRequest(i) => Self::process_request(s, i),
            Action::LeaderBroadcastPROPOSE(i) => Self::broadcast_propose(s, i),
            Action::FollowerProcessPROPOSE(i, j) => self.process_propose(s, i, j),
            Action::LeaderProcessACK(i, j, case) => Self::process_ack(s, i, j, case),
            Action::FollowerProcessCOMMIT(i, j) => Self::process_commit(s, i, j),
            // This action leaves the recorder as it is.
            Action::FilterNonexistentMessage(i, j) => return Self::filter(s, i, j),
        }
        let (i, j) = action.servers();
        *s.pc = Pc { class: action.class() as u8 + 1, i, j };
    }
}
