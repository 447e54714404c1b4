//! Changes of the members: one server at a time, or by a joint change of any.
//!
//! The members are those of the last entry that names them, committed or not, as in chapter 4 of
//! Ongaro's dissertation.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Content, Members, Server, Servers, State, just};
use super::{Raft, Rule};
use crate::rules::By;

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "membership").guard(&["servers", "budgets"]).modifies(&[
        "servers",
        "acknowledged",
        "read",
        "budgets",
    ])
}

/// The rules.
pub(super) fn all(p: &Raft) -> Vec<Rule> {
    if p.bounds.budgets.changes == 0 {
        return Vec::new();
    }
    let mut rules = Vec::new();
    if !p.bounds.joint {
        rules.push(Rule::new(
            class("ChangeMember").reads(&["servers"]).caused_by(Cause::Input),
            By::Of("server", 0),
            &["server", "changed"],
            |p, s| {
                crate::rules::pairs((p.bounds.servers, p.bounds.servers), |i, changed| {
                    let others = p.members(&s.servers[i]).voters & !just(changed);
                    p.may_change(s, i) && others != 0
                })
            },
            |p, s, [i, changed, _]| {
                let voters = p.members(&s.servers[i]).voters ^ just(changed);
                p.change(s, i, Members { voters, outgoing: 0 });
            },
        ));
        return rules;
    }
    rules.push(Rule::new(
        class("EnterJoint").reads(&["servers"]).caused_by(Cause::Input),
        By::Of("server", 0),
        &["server", "target{}"],
        |p, s| {
            let all: Servers = just(p.bounds.servers) - 1;
            let targets = move |i| (1..=all).map(move |target| [i, target, 0]);
            let those = (0..p.bounds.servers).filter(|i| p.may_change(s, *i)).flat_map(targets);
            those.filter(|[i, target, _]| *target != p.members(&s.servers[*i]).voters).collect()
        },
        |p, s, [i, target, _]| {
            let outgoing = p.members(&s.servers[i]).voters;
            let outgoing = if p.has("skips-joint") { 0 } else { outgoing };
            p.change(s, i, Members { voters: target, outgoing });
        },
    ));
    if !p.has("skips-joint") {
        rules.push(
            Rule::new(
                ActionClass::new("LeaveJoint", "membership").guard(&["servers"]).modifies(&[
                    "servers",
                    "acknowledged",
                    "read",
                ]),
                By::Of("server", 0),
                &["server"],
                |p, s| s.servers.those(|server| p.may_leave_joint(server)),
                |p, s, [i, ..]| {
                    let Members { voters, .. } = p.members(&s.servers[i]);
                    p.append(s, i, Content::Members(Members { voters, outgoing: 0 }));
                },
            )
            .each(p.bounds.servers),
        );
    }
    rules
}

impl Raft {
    /// The members by the log of a server.
    pub(super) fn members(&self, server: &Server) -> Members {
        let named = server.log.iter().rev().find_map(|entry| match entry.content {
            Content::Members(members) => Some(members),
            Content::Blank | Content::Write => None,
        });
        let first = Members { voters: just(self.bounds.members) - 1, outgoing: 0 };
        named.unwrap_or(first)
    }

    /// Whether all that the log says of the members is committed.
    fn is_settled(server: &Server) -> bool {
        let open = server.log.get(usize::from(server.commit)..).unwrap_or_default();
        !open.iter().any(|entry| matches!(entry.content, Content::Members(_)))
    }

    /// A leader changes the members if the last change is committed, and an entry of its own term.
    fn may_change(&self, s: &State, i: u8) -> bool {
        let leader = &s.servers[i];
        let own = leader.has_committed_in_term() || self.has("changes-before-own-commit");
        let settled = Self::is_settled(leader) && self.members(leader).outgoing == 0;
        s.budgets.changes > 0 && leader.is_leader() && settled && own
    }

    fn change(&self, s: &mut State, i: u8, members: Members) {
        s.budgets.changes -= 1;
        self.append(s, i, Content::Members(members));
    }

    fn may_leave_joint(&self, leader: &Server) -> bool {
        let joint = self.members(leader).outgoing != 0;
        let settled = Self::is_settled(leader) || self.has("leaves-joint-early");
        leader.is_leader() && joint && settled
    }

    /// A leader that is no member any more follows once that is committed.
    pub(super) fn leave_if_removed(&self, s: &mut State, i: u8) {
        let leader = &s.servers[i];
        if Self::is_settled(leader) && !self.members(leader).has(i) {
            self.step_down(s, i);
        }
    }
}
