//! Elections: a server whose timer fires asks the others for their votes in a new term.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Body, Content, Entry, Message, Progress, Read, Role, Servers, State, just};
use super::{Raft, Rule};
use crate::rules::{By, each};

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "consensus")
}

/// A message received by its receiver.
const RECEIVED: &[&str] = &["server", "from", "message"];

/// The rules of the fine grain.
pub(super) fn fine(p: &Raft) -> Vec<Rule> {
    let mut rules =
        vec![
            Rule::new(
                class("Timeout")
                    .reads(&["servers"])
                    .caused_by(Cause::Fault)
                    .guard(&["servers", "budgets"])
                    .modifies(&["servers", "messages", "acknowledged", "read", "budgets"]),
                By::Of("server", 0),
                &["server"],
                |p, s| each(p.bounds.servers, |i| p.may_time_out(s, i)),
                |p, s, [i, ..]| {
                    s.budgets.timeouts -= 1;
                    if p.bounds.pre_vote { p.pre_campaign(s, i) } else { p.campaign(s, i) }
                },
            ),
            Rule::new(
                class("ReceiveRequestVote")
                    .reads(&["servers", "messages"])
                    .guard(&["messages"])
                    .modifies(&["servers", "messages", "read"]),
                By::Of("server", 0),
                RECEIVED,
                |_, s| s.those(|m| matches!(m.body, Body::RequestVote { .. })),
                |p, s, [_, _, place]| p.answer_request(s, place),
            )
            .each(p.bounds.servers),
            Rule::new(
                class("ReceiveVote")
                    .reads(&["servers", "messages"])
                    .guard(&["messages"])
                    .modifies(&["servers", "messages", "acknowledged", "read"]),
                By::Of("server", 0),
                RECEIVED,
                |_, s| s.those(|m| matches!(m.body, Body::Vote { .. })),
                |p, s, [_, _, place]| p.count_vote(s, place),
            )
            .each(p.bounds.servers),
        ];
    rules.extend(leases(p));
    rules
}

/// The rules of the coarse grain: requests and votes in one step.
pub(super) fn coarse(p: &Raft) -> Vec<Rule> {
    let mut rules = vec![Rule::new(
        class("Campaign")
            .reads(&["servers"])
            .caused_by(Cause::Fault)
            .guard(&["servers", "budgets"])
            .modifies(&["servers", "acknowledged", "read", "budgets"]),
        By::Of("server", 0),
        // The servers that are reached, and whether their answers come back.
        &["server", "reached{}", "heard?"],
        |p, s| {
            let mut all = Vec::new();
            for i in (0..p.bounds.servers).filter(|i| p.may_time_out(s, *i)) {
                let others = p.members(&s.servers[i]).all() & !just(i);
                let reached = (0..=others).filter(|reached| reached & !others == 0);
                all.extend(reached.flat_map(|reached| [[i, reached, 0], [i, reached, 1]]));
            }
            all
        },
        |p, s, [i, reached, heard]| p.campaign_at_once(s, i, reached, heard == 1),
    )];
    rules.extend(leases(p));
    rules
}

/// Whoever has heard of a leader lets nobody else be elected, until its timer has fired.
fn leases(p: &Raft) -> Vec<Rule> {
    if p.bounds.budgets.leases == 0 {
        return Vec::new();
    }
    vec![Rule::new(
        ActionClass::new("ForgetLeader", "leases")
            .caused_by(Cause::Fault)
            .guard(&["servers"])
            .modifies(&["servers"]),
        By::Of("server", 0),
        &["server"],
        |p, s| {
            // By clocks of one rate, the lease of a leader ends before the promises behind it.
            let backs = |j: u8| s.servers.iter().any(|leader| leader.lease & just(j) != 0);
            each(p.bounds.servers, |j| {
                s.servers[j].promised && (p.has("clocks-drift") || !backs(j))
            })
        },
        |_, s, [j, ..]| s.servers[j].promised = false,
    )]
}

impl Raft {
    fn may_time_out(&self, s: &State, i: u8) -> bool {
        let server = &s.servers[i];
        let waits = !server.is_leader() && !server.promised;
        s.budgets.timeouts > 0 && waits && self.members(server).has(i)
    }

    /// A server takes part in a later term, as a follower.
    pub(super) fn update_term(&self, s: &mut State, i: u8, term: u8) {
        if term > s.servers[i].term {
            let server = &mut s.servers[i];
            server.term = term;
            server.voted = None;
            self.step_down(s, i);
        }
    }

    /// A server is a follower; what it was asked to read it does not answer.
    #[expect(clippy::unused_self, reason = "a method as the other steps are")]
    pub(super) fn step_down(&self, s: &mut State, i: u8) {
        let server = &mut s.servers[i];
        server.role = Role::Follower;
        server.votes = 0;
        server.progress.clear();
        server.lease = 0;
        if matches!(*s.read, Read::Pending { leader, .. } if leader == i) {
            *s.read = Read::None;
        }
    }

    fn ask_for_votes(&self, s: &mut State, i: u8, term: u8, pre: bool) {
        let last = s.servers[i].last();
        let others = self.members(&s.servers[i]).all() & !just(i);
        for to in (0..self.bounds.servers).filter(|to| others & just(*to) != 0) {
            s.send(Message { to, from: i, term, body: Body::RequestVote { pre, last } });
        }
    }

    /// A server asks whether it would be elected, and leaves its term as it is.
    fn pre_campaign(&self, s: &mut State, i: u8) {
        s.servers[i].role = Role::PreCandidate;
        s.servers[i].votes = just(i);
        let term = s.servers[i].term + 1;
        self.ask_for_votes(s, i, term, true);
        self.count(s, i);
    }

    fn campaign(&self, s: &mut State, i: u8) {
        self.stand(s, i);
        let term = s.servers[i].term;
        self.ask_for_votes(s, i, term, false);
        self.count(s, i);
    }

    /// A server votes for itself in a new term.
    #[expect(clippy::unused_self, reason = "a method as the other steps are")]
    fn stand(&self, s: &mut State, i: u8) {
        let server = &mut s.servers[i];
        server.role = Role::Candidate;
        server.term += 1;
        server.voted = Some(i);
        server.votes = just(i);
    }

    /// Whether a server would vote for a candidate of a term no earlier than its own.
    fn grants(&self, s: &State, voter: u8, candidate: u8, last: (u8, u8)) -> bool {
        let voter = &s.servers[voter];
        let free = voter.voted.is_none_or(|voted| voted == candidate) && !voter.is_leader();
        free && (last >= voter.last() || self.has("votes-for-any-log"))
    }

    fn answer_request(&self, s: &mut State, place: u8) {
        let Some(Message { to, from, term, body: Body::RequestVote { pre, last } }) = s.take(place)
        else {
            return;
        };
        if s.servers[to].promised {
            return;
        }
        let granted = if pre {
            let up_to_date = last >= s.servers[to].last() || self.has("votes-for-any-log");
            term > s.servers[to].term && up_to_date
        } else {
            self.update_term(s, to, term);
            term == s.servers[to].term && self.grants(s, to, from, last)
        };
        if granted && !pre {
            s.servers[to].voted = Some(from);
        }
        let term = if pre && granted { term } else { s.servers[to].term };
        s.send(Message { to: from, from: to, term, body: Body::Vote { pre, granted } });
    }

    fn count_vote(&self, s: &mut State, place: u8) {
        let Some(Message { to, from, term, body: Body::Vote { pre, granted } }) = s.take(place)
        else {
            return;
        };
        if !(pre && granted) {
            self.update_term(s, to, term);
        }
        let server = &mut s.servers[to];
        let asked = match (pre, server.role) {
            (true, Role::PreCandidate) => server.term + 1,
            (false, Role::Candidate) => server.term,
            _ => return,
        };
        if granted && term == asked {
            server.votes |= just(from);
            self.count(s, to);
        }
    }

    /// With a quorum of votes a server goes on: from asking to standing, from standing to leading.
    fn count(&self, s: &mut State, i: u8) {
        let server = &s.servers[i];
        if !self.members(server).quorum(server.votes) {
            return;
        }
        match server.role {
            Role::PreCandidate => self.campaign(s, i),
            Role::Candidate => self.lead(s, i),
            Role::Follower | Role::Leader => {}
        }
    }

    /// A leader begins its term with a blank entry.
    fn lead(&self, s: &mut State, i: u8) {
        let server = &mut s.servers[i];
        server.role = Role::Leader;
        server.votes = 0;
        let next = server.length() + 1;
        let unknown = Progress { matched: 0, next, told: 0 };
        server.progress = vec![unknown; usize::from(self.bounds.servers)];
        self.append(s, i, Content::Blank);
    }

    /// A leader appends an entry to its log.
    pub(super) fn append(&self, s: &mut State, i: u8, content: Content) {
        let server = &mut s.servers[i];
        let term = server.term;
        server.log.push(Entry { term, content });
        self.sync(s, i);
        self.advance(s, i);
    }

    fn campaign_at_once(&self, s: &mut State, i: u8, reached: Servers, heard: bool) {
        s.budgets.timeouts -= 1;
        self.stand(s, i);
        let (term, last) = (s.servers[i].term, s.servers[i].last());
        let mut later = term;
        for j in (0..self.bounds.servers).filter(|j| reached & just(*j) != 0) {
            if s.servers[j].promised {
                continue;
            }
            self.update_term(s, j, term);
            later = later.max(s.servers[j].term);
            if s.servers[j].term == term && self.grants(s, j, i, last) {
                s.servers[j].voted = Some(i);
                if heard {
                    s.servers[i].votes |= just(j);
                }
            }
        }
        self.count(s, i);
        if heard {
            self.update_term(s, i, later);
        }
    }
}
