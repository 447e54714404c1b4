//! Servers of experts, and the registry that lists them.

use seatrial_explore::{ActionClass, Cause};

use super::state::{State, What};
use super::{ExpertService, Rule};
use crate::rules::{By, pairs};

const SERVER: &[&str] = &["server"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "registry")
}

/// What the registry does, and what happens to servers.
pub(super) fn rules(p: &ExpertService) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            class("List").guard(&["servers"]).modifies(&["servers"]),
            By::One("registry"),
            SERVER,
            |_, s| s.servers.those(|server| server.up && server.listed != Some(server.expert)),
            |_, s, [server, ..]| {
                let server = &mut s.servers[server];
                server.listed = Some(server.expert);
            },
        )
        .each(p.servers()),
    ];
    if p.bounds.crashes > 0 {
        rules.extend(crashes(p));
    }
    if p.bounds.suspicions > 0 {
        rules.push(Rule::new(
            class("Suspect")
                .caused_by(Cause::Fault)
                .guard(&["servers", "faults"])
                .modifies(&["servers", "faults"]),
            By::One("registry"),
            SERVER,
            |_, s| {
                let suspects = s.faults.suspicions > 0;
                s.servers.those(|server| suspects && server.up && server.listed.is_some())
            },
            |_, s, [server, ..]| {
                s.faults.suspicions -= 1;
                s.servers[server].listed = None;
            },
        ));
    }
    if p.bounds.moves > 0 && p.bounds.experts > 1 {
        rules.push(rebalance());
    }
    rules
}

/// A server gets the weights of another expert; the registry hears of it later.
fn rebalance() -> Rule {
    Rule::new(
        class("Rebalance")
            .caused_by(Cause::Input)
            .guard(&["servers", "faults"])
            .modifies(&["servers", "faults"]),
        By::One("environment"),
        &["server", "expert"],
        |p, s| {
            pairs((p.servers(), p.bounds.experts), |server, expert| {
                let server = s.servers[server];
                s.faults.moves > 0 && server.up && server.expert != expert
            })
        },
        |_, s, [server, expert, _]| {
            s.faults.moves -= 1;
            s.servers[server].expert = expert;
        },
    )
}

fn crashes(p: &ExpertService) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            class("Crash")
                .caused_by(Cause::Fault)
                .guard(&["servers", "faults"])
                .modifies(&["servers", "faults", "messages"]),
            By::Of("server", 0),
            SERVER,
            |_, s| s.servers.those(|server| s.faults.crashes > 0 && server.up),
            |_, s, [server, ..]| crash(s, server),
        ),
        Rule::new(
            class("Join").caused_by(Cause::Input).guard(&["servers"]).modifies(&["servers"]),
            By::Of("server", 0),
            SERVER,
            |_, s| s.servers.those(|server| !server.up && server.listed.is_none()),
            |_, s, [server, ..]| s.servers[server].up = true,
        ),
    ];
    if !p.has("never-delists") {
        rules.push(
            Rule::new(
                class("Delist").guard(&["servers"]).modifies(&["servers"]),
                By::One("registry"),
                SERVER,
                |_, s| s.servers.those(|server| !server.up && server.listed.is_some()),
                |_, s, [server, ..]| s.servers[server].listed = None,
            )
            .each(p.servers()),
        );
    }
    rules
}

/// A server crashes: what it was called for is never computed; what it has answered may arrive.
fn crash(s: &mut State, server: u8) {
    s.faults.crashes -= 1;
    s.servers[server].up = false;
    s.messages.retain(|message| message.server != server || message.what != What::Call);
}
