//! What happens on nodes.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Entry, Exchange, Log, State};
use super::{Attestation, Rule};
use crate::rules::{By, each};

const NODE: &[&str] = &["node"];

/// Binaries that run, and reboots.
pub(super) fn rules(p: &Attestation) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "nodes").guard(&["budgets"]);
    let mut rules = Vec::new();
    if p.bounds.budgets.executions > 0 {
        rules.push(Rule::new(
            class("Execute").caused_by(Cause::Input).modifies(&["nodes", "budgets"]),
            By::Of("node", 0),
            NODE,
            |p, s| each(p.bounds.nodes, |_| s.budgets.executions > 0),
            |_, s, [n, ..]| {
                s.budgets.executions -= 1;
                s.nodes[n].log.push(Entry::Allowed);
            },
        ));
    }
    if p.bounds.budgets.attacks > 0 {
        rules.push(Rule::new(
            class("ExecuteBad").caused_by(Cause::Fault).modifies(&["nodes", "budgets"]),
            By::Of("node", 0),
            NODE,
            |p, s| each(p.bounds.nodes, |_| s.budgets.attacks > 0),
            |p, s, [n, ..]| {
                s.budgets.attacks -= 1;
                let node = &mut s.nodes[n];
                let cached = p.has("cached-hash") && node.log.contains(&Entry::Allowed);
                if !cached {
                    node.log.push(Entry::Bad);
                }
                node.compromised = node.compromised.or(Some(0));
            },
        ));
    }
    if p.bounds.budgets.reboots > 0 {
        rules.push(Rule::new(
            class("Reboot")
                .caused_by(Cause::Input)
                .guard(&["budgets"])
                .reads(&["exchanges"])
                .modifies(&["nodes", "exchanges", "budgets"]),
            By::Of("node", 0),
            NODE,
            |p, s| each(p.bounds.nodes, |_| s.budgets.reboots > 0),
            |_, s, [n, ..]| {
                reboot(s, n);
                // The agent goes away while it answers.
                if s.exchanges[n] != Exchange::None {
                    s.exchanges[n] = Exchange::Garbled;
                }
            },
        ));
    }
    rules
}

/// A node begins another boot: with an empty list, and with nothing bad in memory.
pub(super) fn reboot(s: &mut State, n: u8) {
    s.budgets.reboots -= 1;
    let node = &mut s.nodes[n];
    node.boot += 1;
    node.log = Log::new();
    node.compromised = None;
}
