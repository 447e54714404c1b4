//! The state: servers with their logs, messages, and what clients know.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// Servers as bits.
pub(crate) type Servers = u8;

/// The set of one server.
pub(crate) const fn just(server: u8) -> Servers {
    1 << server
}

/// Which servers make up the cluster; while a joint change is under way, two sets do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Members {
    pub(crate) voters: Servers,
    /// The voters before the joint change; nobody outside of one.
    pub(crate) outgoing: Servers,
}

impl Members {
    /// Whether these servers are a majority, in a joint change of both sets.
    pub(crate) const fn quorum(self, servers: Servers) -> bool {
        is_majority(servers, self.voters)
            && (self.outgoing == 0 || is_majority(servers, self.outgoing))
    }

    /// All that vote.
    pub(crate) const fn all(self) -> Servers {
        self.voters | self.outgoing
    }

    /// Whether a server votes.
    pub(crate) const fn has(self, server: u8) -> bool {
        self.all() & just(server) != 0
    }
}

const fn is_majority(servers: Servers, of: Servers) -> bool {
    (servers & of).count_ones() * 2 > of.count_ones()
}

/// What an entry of a log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Content {
    /// Nothing: the first entry of a leader.
    Blank,
    /// A client's write.
    Write,
    /// The members from here on.
    Members(Members),
}

/// An entry of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) term: u8,
    pub(crate) content: Content,
}

/// What a server is in its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Role {
    Follower,
    /// It asks whether it would be elected.
    PreCandidate,
    Candidate,
    Leader,
}

/// What a leader knows of another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// So many entries of its log are those of the leader.
    pub(crate) matched: u8,
    /// The entry that it is sent next, from 1.
    pub(crate) next: u8,
    /// It knows that so many entries are committed.
    pub(crate) told: u8,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) role: Role,
    pub(crate) term: u8,
    /// For whom it voted in its term.
    pub(crate) voted: Option<u8>,
    /// Who voted for it in its term.
    pub(crate) votes: Servers,
    pub(crate) log: Vec<Entry>,
    /// So many entries of the log outlast a restart.
    pub(crate) durable: u8,
    /// So many entries of the log are committed as far as it knows.
    pub(crate) commit: u8,
    /// Of a leader: what it knows of each server.
    pub(crate) progress: Vec<Progress>,
    /// Of a leader: the servers whose promises are its lease; nobody without one.
    pub(crate) lease: Servers,
    /// It has heard of a leader and lets nobody else be elected yet.
    pub(crate) promised: bool,
}

impl Server {
    fn initial() -> Self {
        Self {
            role: Role::Follower,
            term: 0,
            voted: None,
            votes: 0,
            log: Vec::new(),
            durable: 0,
            commit: 0,
            progress: Vec::new(),
            lease: 0,
            promised: false,
        }
    }

    /// The number of entries of the log.
    pub(crate) fn length(&self) -> u8 {
        u8::try_from(self.log.len()).unwrap_or(u8::MAX)
    }

    /// The entry at an index, from 1.
    pub(crate) fn entry(&self, index: u8) -> Option<Entry> {
        self.log.get(usize::from(index.checked_sub(1)?)).copied()
    }

    /// The term of the entry at an index; 0 before the first one.
    pub(crate) fn term_at(&self, index: u8) -> u8 {
        self.entry(index).map_or(0, |entry| entry.term)
    }

    /// Term and index of the last entry.
    pub(crate) fn last(&self) -> (u8, u8) {
        (self.term_at(self.length()), self.length())
    }

    /// What it knows to be committed.
    pub(crate) fn committed(&self) -> &[Entry] {
        self.log.get(..usize::from(self.commit)).unwrap_or(&self.log)
    }

    pub(crate) fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }

    /// Whether an entry of its own term is committed.
    pub(crate) fn has_committed_in_term(&self) -> bool {
        self.commit > 0 && self.term_at(self.commit) == self.term
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Body {
    /// `MsgVote`, or `MsgPreVote`, with term and index of the candidate's last entry.
    RequestVote { pre: bool, last: (u8, u8) },
    /// `MsgVoteResp`, or `MsgPreVoteResp`.
    Vote { pre: bool, granted: bool },
    /// `MsgApp`: the entry after `previous`, if there is one, and what is committed.
    Append { previous: (u8, u8), entry: Option<Entry>, commit: u8 },
    /// `MsgAppResp`: so many entries are those of the leader, or a hint where to go on.
    Appended { accepted: bool, index: u8, commit: u8 },
    /// `MsgHeartbeat` for a read.
    Probe,
    /// `MsgHeartbeatResp`.
    Probed,
}

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) to: u8,
    pub(crate) from: u8,
    pub(crate) term: u8,
    pub(crate) body: Body,
}

/// The read of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Read {
    /// It has not begun, or its leader fell.
    None,
    /// A leader has noted its commit index and asks whether it still is the leader.
    Pending { leader: u8, index: u8, floor: u8, heard: Servers },
    /// It was answered from the log up to `index`; when it began, clients knew that `floor`
    /// entries were committed.
    Done { index: u8, floor: u8 },
}

/// How often what may happen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Budgets {
    pub(crate) timeouts: u8,
    pub(crate) writes: u8,
    pub(crate) changes: u8,
    pub(crate) restarts: u8,
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    pub(crate) reads: u8,
    pub(crate) leases: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) servers: Var<0, Rows<Server>>,
    /// The messages under way, in no order that means anything.
    pub(crate) messages: Var<1, Vec<Message>>,
    /// Clients know that so many entries are committed.
    pub(crate) acknowledged: Var<2, u8>,
    pub(crate) read: Var<3, Read>,
    pub(crate) budgets: Var<4, Budgets>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        Self {
            servers: Var::new(Rows::new(bounds.servers, Server::initial())),
            messages: Var::new(Vec::new()),
            acknowledged: Var::new(0),
            read: Var::new(Read::None),
            budgets: Var::new(bounds.budgets),
        }
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: Message) {
        let place = self.messages.partition_point(|other| *other <= message);
        self.messages.insert(place, message);
    }

    /// Takes a message from the network.
    pub(crate) fn take(&mut self, index: u8) -> Option<Message> {
        let index = usize::from(index);
        (index < self.messages.len()).then(|| self.messages.remove(index))
    }

    /// The messages that satisfy a condition, each once: receiver, sender and place.
    pub(crate) fn those(&self, holds: impl Fn(&Message) -> bool) -> Vec<[u8; 3]> {
        let mut last = None;
        let new = (0..).zip(self.messages.iter()).filter(|(_, m)| last.replace(**m) != Some(**m));
        new.filter(|(_, m)| holds(m)).map(|(place, m)| [m.to, m.from, place]).collect()
    }
}
