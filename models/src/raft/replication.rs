//! Replication: a leader sends its log to the others, entry by entry, and commits what a quorum has.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Body, Content, Message, Role, Server, State, just};
use super::{Raft, Rule};
use crate::rules::By;

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "consensus")
}

const RECEIVED: &[&str] = &["server", "from", "message"];

/// What clients ask.
pub(super) fn clients(p: &Raft) -> Vec<Rule> {
    if p.bounds.budgets.writes == 0 {
        return Vec::new();
    }
    vec![Rule::new(
        ActionClass::new("ClientRequest", "clients")
            .caused_by(Cause::Input)
            .guard(&["servers", "budgets"])
            .modifies(&["servers", "acknowledged", "read", "budgets"]),
        By::Of("server", 0),
        &["server"],
        |_, s| {
            let may = s.budgets.writes > 0;
            s.servers.those(|server| may && server.is_leader())
        },
        |p, s, [i, ..]| {
            s.budgets.writes -= 1;
            p.append(s, i, Content::Write);
        },
    )]
}

/// The rules of the fine grain.
pub(super) fn fine(p: &Raft) -> Vec<Rule> {
    vec![
        Rule::new(
            class("AppendEntries")
                .reads(&["servers"])
                .guard(&["servers", "messages"])
                .modifies(&["messages"]),
            By::Of("server", 1),
            &["to", "server"],
            |p, s| p.links(|to, from| p.may_send(s, to, from)),
            |p, s, [to, from, _]| {
                let message = p.next_for(&s.servers[from], to);
                let term = s.servers[from].term;
                s.send(Message { to, from, term, body: message });
            },
        )
        .each(p.bounds.servers),
        Rule::new(
            class("ReceiveAppendEntries")
                .reads(&["servers", "messages"])
                .guard(&["messages"])
                .modifies(&["servers", "messages", "read"]),
            By::Of("server", 0),
            RECEIVED,
            |_, s| s.those(|m| matches!(m.body, Body::Append { .. })),
            |p, s, [_, _, place]| {
                if let Some(message) = s.take(place)
                    && let Some(answer) = p.accept(s, message)
                {
                    s.send(answer);
                }
            },
        )
        .each(p.bounds.servers),
        Rule::new(
            class("ReceiveAppended")
                .reads(&["servers", "messages"])
                .guard(&["messages"])
                .modifies(&["servers", "messages", "acknowledged", "read"]),
            By::Of("server", 0),
            RECEIVED,
            |_, s| s.those(|m| matches!(m.body, Body::Appended { .. })),
            |p, s, [_, _, place]| {
                if let Some(message) = s.take(place) {
                    p.note(s, message);
                }
            },
        )
        .each(p.bounds.servers),
    ]
}

/// The rules of the coarse grain: an entry and its answer in one step.
pub(super) fn coarse(p: &Raft) -> Vec<Rule> {
    vec![
        Rule::new(
            class("Replicate").reads(&["servers"]).guard(&["servers"]).modifies(&[
                "servers",
                "acknowledged",
                "read",
            ]),
            By::Of("server", 1),
            &["to", "server", "heard?"],
            |p, s| {
                let links = p.links(|to, from| p.may_send(s, to, from));
                let useful = |about: &[u8; 3]| p.is_useful(s, *about);
                let both =
                    links.into_iter().flat_map(|[to, from, _]| [[to, from, 0], [to, from, 1]]);
                both.filter(useful).collect()
            },
            Raft::replicate,
        )
        .each(p.bounds.servers),
    ]
}

/// What happens to servers and to messages.
pub(super) fn faults(p: &Raft) -> Vec<Rule> {
    let fault = |name, module| ActionClass::new(name, module).caused_by(Cause::Fault);
    let mut rules = Vec::new();
    if p.bounds.budgets.restarts > 0 {
        rules.push(Rule::new(
            fault("Restart", "servers")
                .guard(&["servers", "budgets"])
                .modifies(&["servers", "read", "budgets"]),
            By::Of("server", 0),
            &["server"],
            |_, s| {
                let may = s.budgets.restarts > 0;
                s.servers.those(|_| may)
            },
            |p, s, [i, ..]| p.restart(s, i),
        ));
    }
    if p.has("answers-before-sync") {
        rules.push(Rule::new(
            ActionClass::new("Sync", "servers").guard(&["servers"]).modifies(&["servers"]),
            By::Of("server", 0),
            &["server"],
            |_, s| s.servers.those(|server| server.durable < server.length()),
            |_, s, [i, ..]| s.servers[i].durable = s.servers[i].length(),
        ));
    }
    if p.fine && p.bounds.budgets.losses > 0 {
        rules.push(Rule::new(
            fault("DropMessage", "consensus")
                .guard(&["messages", "budgets"])
                .modifies(&["messages", "budgets"]),
            By::One("network"),
            &["to", "from", "message"],
            |_, s| s.those(|_| s.budgets.losses > 0),
            |_, s, [_, _, place]| {
                s.budgets.losses -= 1;
                s.take(place);
            },
        ));
    }
    if p.fine && p.bounds.budgets.duplicates > 0 {
        rules.push(Rule::new(
            fault("DuplicateMessage", "consensus")
                .guard(&["messages", "budgets"])
                .modifies(&["messages", "budgets"]),
            By::One("network"),
            &["to", "from", "message"],
            |_, s| s.those(|_| s.budgets.duplicates > 0),
            |_, s, [_, _, place]| {
                s.budgets.duplicates -= 1;
                let again = s.messages.get(usize::from(place)).copied();
                if let Some(message) = again {
                    s.send(message);
                }
            },
        ));
    }
    rules
}

impl Raft {
    /// The pairs of different servers for which a condition holds.
    pub(super) fn links(&self, holds: impl Fn(u8, u8) -> bool) -> Vec<[u8; 3]> {
        let count = self.bounds.servers;
        crate::rules::pairs((count, count), |to, from| to != from && holds(to, from))
    }

    /// Whether a leader has something to tell a server, and waits for no answer of it.
    fn may_send(&self, s: &State, to: u8, from: u8) -> bool {
        let leader = &s.servers[from];
        let Some(known) = leader.progress.get(usize::from(to)) else { return false };
        let lags = known.next <= leader.length() || known.told < leader.commit.min(known.matched);
        let waits = self.fine
            && s.messages.iter().any(|m| match m.body {
                Body::Append { .. } => (m.to, m.from) == (to, from),
                Body::Appended { .. } => (m.to, m.from) == (from, to),
                _ => false,
            });
        self.members(leader).has(to) && lags && !waits
    }

    #[expect(clippy::unused_self, reason = "a method as the other steps are")]
    fn next_for(&self, leader: &Server, to: u8) -> Body {
        let next = leader.progress.get(usize::from(to)).map_or(1, |known| known.next);
        let previous = next.saturating_sub(1);
        let entry = leader.entry(next);
        Body::Append {
            previous: (leader.term_at(previous), previous),
            entry,
            commit: leader.commit,
        }
    }

    /// A follower takes an entry if it has the one before; the answer.
    fn accept(&self, s: &mut State, message: Message) -> Option<Message> {
        let Message { to, from, term, body: Body::Append { previous, entry, commit } } = message
        else {
            return None;
        };
        self.hear_of_leader(s, to, term);
        let server = &mut s.servers[to];
        if server.is_leader() {
            return None;
        }
        let index = previous.1;
        let fits = index <= server.length() && server.term_at(index) == previous.0
            || self.has("skips-check");
        let body = if term < server.term || !fits {
            // A leader of the past learns the term, one of this term where to go on.
            let hint = index.saturating_sub(1).min(server.length());
            Body::Appended { accepted: false, index: hint, commit: server.commit }
        } else {
            let matched = index + u8::from(entry.is_some());
            if let Some(entry) = entry
                && server.entry(matched) != Some(entry)
            {
                server.log.truncate(usize::from(index));
                server.durable = server.durable.min(index);
                server.log.push(entry);
            }
            server.commit = server.commit.max(commit.min(matched));
            let commit = server.commit;
            self.sync(s, to);
            Body::Appended { accepted: true, index: matched, commit }
        };
        Some(Message { to: from, from: to, term: s.servers[to].term, body })
    }

    /// A server hears of the leader of a term.
    pub(super) fn hear_of_leader(&self, s: &mut State, i: u8, term: u8) {
        self.update_term(s, i, term);
        if term == s.servers[i].term && !s.servers[i].is_leader() {
            self.step_down(s, i);
        }
    }

    /// A leader notes what a follower has.
    fn note(&self, s: &mut State, message: Message) {
        let Message { to, from, term, body: Body::Appended { accepted, index, commit } } = message
        else {
            return;
        };
        self.update_term(s, to, term);
        let leader = &mut s.servers[to];
        if term < leader.term {
            return;
        }
        let Some(known) = leader.progress.get_mut(usize::from(from)) else { return };
        if accepted {
            known.matched = known.matched.max(index);
            known.next = known.next.max(known.matched + 1);
            known.told = known.told.max(commit);
        } else if !self.has("never-steps-back") {
            known.next = (index + 1).max(known.matched + 1);
        }
        self.advance(s, to);
    }

    /// A leader commits the last entry that a quorum has, if it is one of its own term.
    pub(super) fn advance(&self, s: &mut State, i: u8) {
        let leader = &s.servers[i];
        if !leader.is_leader() {
            return;
        }
        let has = |j: u8, index| match leader.progress.get(usize::from(j)) {
            _ if j == i => leader.durable >= index || self.has("answers-before-sync"),
            known => known.is_some_and(|known| known.matched >= index),
        };
        let members = self.members(leader);
        let may = |index: &u8| {
            let holders = (0..self.bounds.servers).filter(|j| has(*j, *index));
            let holders = holders.fold(0, |all, j| all | just(j));
            let own = leader.term_at(*index) == leader.term || self.has("counts-older-terms");
            own && members.quorum(holders)
        };
        let all = leader.commit + 1..=leader.length();
        let Some(commit) = all.rev().find(may) else { return };
        s.servers[i].commit = commit;
        *s.acknowledged = (*s.acknowledged).max(commit);
        self.leave_if_removed(s, i);
    }

    /// What is written is durable before it is answered.
    pub(super) fn sync(&self, s: &mut State, i: u8) {
        if !self.has("answers-before-sync") {
            s.servers[i].durable = s.servers[i].length();
        }
    }

    fn restart(&self, s: &mut State, i: u8) {
        s.budgets.restarts -= 1;
        self.step_down(s, i);
        let server = &mut s.servers[i];
        server.log.truncate(usize::from(server.durable));
        server.commit = 0;
        if self.has("forgets-vote") {
            server.voted = None;
        }
    }

    fn replicate(&self, s: &mut State, [to, from, heard]: [u8; 3]) {
        let term = s.servers[from].term;
        // The leader learns in the same step where the logs part.
        if s.servers[to].term <= term {
            let next = self.next_of(s, to, from);
            let known = s.servers[from].progress.get_mut(usize::from(to));
            if let Some(known) = known {
                known.next = next;
            }
        }
        let body = self.next_for(&s.servers[from], to);
        let answer = self.accept(s, Message { to, from, term, body });
        if let Some(answer) = answer.filter(|_| heard == 1) {
            self.note(s, answer);
        }
    }

    /// Whether an entry, or its answer, changes anything.
    fn is_useful(&self, s: &State, [to, from, heard]: [u8; 3]) -> bool {
        let (leader, follower) = (&s.servers[from], &s.servers[to]);
        if follower.term > leader.term {
            return heard == 1;
        }
        let shared = shared(leader, follower);
        let index = self.next_of(s, to, from).min(leader.length());
        let commit = leader.commit.min(index).max(follower.commit);
        let follows = follower.term == leader.term && follower.role == Role::Follower;
        let learns = index > shared || commit > follower.commit;
        let known = leader.progress.get(usize::from(to));
        let answers = known.is_some_and(|it| it.matched < index || it.told < commit);
        !follows || learns || heard == 1 && answers
    }

    /// The entry that a leader sends next once it knows where the logs part.
    fn next_of(&self, s: &State, to: u8, from: u8) -> u8 {
        let (leader, follower) = (&s.servers[from], &s.servers[to]);
        let Some(known) = leader.progress.get(usize::from(to)) else { return 1 };
        let finds = !self.has("never-steps-back") && !self.has("skips-check");
        let parts = if finds { shared(leader, follower) + 1 } else { known.next };
        known.next.min(parts).max(known.matched + 1)
    }
}

/// So many entries two logs have in common.
fn shared(one: &Server, other: &Server) -> u8 {
    let same = one.log.iter().zip(&other.log).take_while(|(one, other)| one == other);
    u8::try_from(same.count()).unwrap_or(u8::MAX)
}
