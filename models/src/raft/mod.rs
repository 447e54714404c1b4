//! Raft: a replicated log with an elected leader.
//!
//! After Ongaro's dissertation (2014), with the messages and names of etcd's implementation
//! (etcd-io/raft) and the invariants of its published specification. The README says what is
//! modelled.

mod claims;
mod election;
mod membership;
mod reading;
mod replication;
mod state;
#[cfg(test)]
mod tests;
mod variants;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain};
use state::{Budgets, State};

type Rule = crate::rules::Rule<Raft>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    servers: u8,
    /// The first so many servers are members at first.
    members: u8,
    /// Whether servers ask whether they would be elected before they stand.
    pre_vote: bool,
    /// Whether members are changed by joint changes.
    joint: bool,
    budgets: Budgets,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct Raft {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl Raft {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for Raft {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["servers", "messages", "acknowledged", "read", "budgets"];

    fn description() -> Description {
        Description {
            name: "raft",
            summary: "a replicated log with an elected leader, changes of members, and reads",
            modules: vec![
                plain("clients", "clients write"),
                module(
                    "consensus",
                    &[
                        ("coarse", "a message and its answer in one step, or lost"),
                        (BASELINE, "messages that are delayed, reordered, lost and doubled"),
                    ],
                ),
                plain("membership", "leaders change the members"),
                plain("leases", "leaders read under leases"),
                plain("servers", "servers restart"),
            ],
            merged: &[],
            paths: &["models/src/raft/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "messages are answered in one step, for work on members and reads",
                grains: vec![("consensus", "coarse")],
            }],
            variants: variants::all(),
            masks: vec![],
            bounds: vec![
                bound("servers", "servers", (3, 1, 5)),
                bound("members", "servers that are members at first", (3, 1, 5)),
                bound("timeouts", "timers that fire", (2, 1, 4)),
                bound("writes", "writes of clients", (0, 0, 2)),
                bound("changes", "changes of the members", (0, 0, 2)),
                bound("joint", "whether changes are joint", (0, 0, 1)),
                bound("restarts", "restarts of servers", (0, 0, 2)),
                bound("losses", "messages lost", (0, 0, 2)),
                bound("duplicates", "messages doubled", (0, 0, 2)),
                bound("reads", "reads of clients", (0, 0, 1)),
                bound("leases", "renewals of leases", (0, 0, 2)),
                bound("pre-vote", "whether servers ask before they stand", (0, 0, 1)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let budgets = Budgets {
            timeouts: bound("timeouts"),
            writes: bound("writes"),
            changes: bound("changes"),
            restarts: bound("restarts"),
            losses: bound("losses"),
            duplicates: bound("duplicates"),
            reads: bound("reads"),
            leases: bound("leases"),
        };
        let bounds = Bounds {
            servers: bound("servers"),
            members: bound("members").min(bound("servers")),
            pre_vote: bound("pre-vote") > 0,
            joint: bound("joint") > 0,
            budgets,
        };
        let fine = configuration.grain("consensus") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = replication::clients(self);
        if self.fine {
            rules.extend(election::fine(self));
            rules.extend(replication::fine(self));
        } else {
            rules.extend(election::coarse(self));
            rules.extend(replication::coarse(self));
        }
        rules.extend(membership::all(self));
        rules.extend(reading::all(self));
        rules.extend(replication::faults(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Who leads in which term, what clients know to be committed, and the read.
    fn observation(&self, s: &State) -> Option<Value> {
        let leads = s.servers.iter().map(|server| server.is_leader().then_some(server.term));
        Some(json!([leads.collect::<Vec<_>>(), *s.acknowledged, *s.read]))
    }
}
