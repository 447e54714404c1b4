//! Reads that do not go through the log: by `ReadIndex`, or under a lease.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Body, Message, Read, Servers, State, just};
use super::{Raft, Rule};
use crate::rules::By;

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "consensus")
}

const RECEIVED: &[&str] = &["server", "from", "message"];

/// The rules of both grains.
pub(super) fn all(p: &Raft) -> Vec<Rule> {
    let mut rules = Vec::new();
    if p.bounds.budgets.reads == 0 {
        return rules;
    }
    rules.push(Rule::new(
        class("ReadIndex")
            .reads(&["servers", "acknowledged"])
            .caused_by(Cause::Input)
            .guard(&["servers", "read", "budgets"])
            .modifies(&["messages", "read", "budgets"]),
        By::Of("server", 0),
        &["server"],
        |p, s| s.servers.those_numbered(|i, _| p.may_read(s, i)),
        |p, s, [i, ..]| p.ask(s, i),
    ));
    if p.fine {
        rules.extend(fine(p));
    } else {
        rules.push(Rule::new(
            class("Confirm")
                .reads(&["servers"])
                .guard(&["servers", "read"])
                .modifies(&["servers", "read"]),
            By::Of("server", 1),
            &["to", "server"],
            |p, s| {
                p.links(|to, from| {
                    matches!(*s.read, Read::Pending { leader, heard, .. }
                        if leader == from && heard & just(to) == 0)
                        && p.members(&s.servers[from]).has(to)
                })
            },
            |p, s, [to, from, _]| {
                let term = s.servers[from].term;
                p.hear_of_leader(s, to, term);
                let term = s.servers[to].term;
                p.confirm(s, Message { to: from, from: to, term, body: Body::Probed });
            },
        ));
    }
    rules.extend(leases(p));
    rules
}

fn fine(p: &Raft) -> Vec<Rule> {
    vec![
        Rule::new(
            class("ReceiveProbe")
                .reads(&["servers", "messages"])
                .guard(&["messages"])
                .modifies(&["servers", "messages", "read"]),
            By::Of("server", 0),
            RECEIVED,
            |_, s| s.those(|m| m.body == Body::Probe),
            |p, s, [_, _, place]| {
                let Some(Message { to, from, term, .. }) = s.take(place) else { return };
                p.hear_of_leader(s, to, term);
                let term = s.servers[to].term;
                s.send(Message { to: from, from: to, term, body: Body::Probed });
            },
        )
        .each(p.bounds.servers),
        Rule::new(
            class("ReceiveProbed")
                .reads(&["servers", "messages"])
                .guard(&["messages"])
                .modifies(&["servers", "messages", "read"]),
            By::Of("server", 0),
            RECEIVED,
            |_, s| s.those(|m| m.body == Body::Probed),
            |p, s, [_, _, place]| {
                if let Some(message) = s.take(place) {
                    p.confirm(s, message);
                }
            },
        )
        .each(p.bounds.servers),
    ]
}

/// A leader is promised by a quorum that nobody else is elected for a while, and reads meanwhile.
fn leases(p: &Raft) -> Vec<Rule> {
    if p.bounds.budgets.leases == 0 {
        return Vec::new();
    }
    let lease = |name| ActionClass::new(name, "leases");
    vec![
        Rule::new(
            lease("RenewLease")
                .reads(&["servers"])
                .caused_by(Cause::Input)
                .guard(&["servers", "budgets"])
                .modifies(&["servers", "read", "budgets"]),
            By::Of("server", 0),
            &["server", "by{}"],
            |p, s| {
                let mut all = Vec::new();
                for i in 0..p.bounds.servers {
                    let members = p.members(&s.servers[i]);
                    let may = s.budgets.leases > 0 && s.servers[i].is_leader();
                    let sets = (0..=members.all()).filter(|by| by & !members.all() == 0);
                    let sets = sets.filter(|by| by & just(i) == 0 && members.quorum(by | just(i)));
                    all.extend(sets.filter(|_| may).map(|by| [i, by, 0]));
                }
                all
            },
            |p, s, [i, by, _]| p.renew(s, i, by),
        ),
        Rule::new(
            lease("EndLease").caused_by(Cause::Fault).guard(&["servers"]).modifies(&["servers"]),
            By::Of("server", 0),
            &["server"],
            |_, s| s.servers.those(|leader| leader.lease != 0),
            |_, s, [i, ..]| s.servers[i].lease = 0,
        ),
        Rule::new(
            lease("LeaseRead")
                .reads(&["servers", "acknowledged"])
                .caused_by(Cause::Input)
                .guard(&["servers", "read", "budgets"])
                .modifies(&["read", "budgets"]),
            By::Of("server", 0),
            &["server"],
            |p, s| s.servers.those_numbered(|i, leader| leader.lease != 0 && p.may_read(s, i)),
            |_, s, [i, ..]| {
                s.budgets.reads -= 1;
                *s.read = Read::Done { index: s.servers[i].commit, floor: *s.acknowledged };
            },
        ),
    ]
}

impl Raft {
    /// A leader reads once an entry of its term is committed: what it knows to be committed before
    /// may be less than what clients know.
    fn may_read(&self, s: &State, i: u8) -> bool {
        let leader = &s.servers[i];
        let knows = leader.has_committed_in_term() || self.has("reads-before-own-commit");
        s.budgets.reads > 0 && *s.read == Read::None && leader.is_leader() && knows
    }

    fn ask(&self, s: &mut State, i: u8) {
        s.budgets.reads -= 1;
        let (index, floor) = (s.servers[i].commit, *s.acknowledged);
        if self.has("reads-unconfirmed") {
            *s.read = Read::Done { index, floor };
            return;
        }
        *s.read = Read::Pending { leader: i, index, floor, heard: just(i) };
        let others = self.members(&s.servers[i]).all() & !just(i);
        for to in (0..self.bounds.servers).filter(|to| self.fine && others & just(*to) != 0) {
            s.send(Message { to, from: i, term: s.servers[i].term, body: Body::Probe });
        }
        self.answer_if_confirmed(s);
    }

    /// A leader hears that a server knows of no later term.
    fn confirm(&self, s: &mut State, message: Message) {
        let Message { to, from, term, .. } = message;
        self.update_term(s, to, term);
        let current = term == s.servers[to].term;
        if let Read::Pending { leader, heard, .. } = &mut *s.read
            && *leader == to
            && current
        {
            *heard |= just(from);
            self.answer_if_confirmed(s);
        }
    }

    fn answer_if_confirmed(&self, s: &mut State) {
        if let Read::Pending { leader, index, floor, heard } = *s.read
            && self.members(&s.servers[leader]).quorum(heard)
        {
            *s.read = Read::Done { index, floor };
        }
    }

    fn renew(&self, s: &mut State, i: u8, by: Servers) {
        s.budgets.leases -= 1;
        let term = s.servers[i].term;
        let mut held = just(i);
        for j in (0..self.bounds.servers).filter(|j| by & just(*j) != 0) {
            self.hear_of_leader(s, j, term);
            if s.servers[j].term == term {
                s.servers[j].promised = true;
                held |= just(j);
            }
        }
        if self.members(&s.servers[i]).quorum(held) {
            s.servers[i].lease = held;
            s.servers[i].promised = true;
        }
    }
}
