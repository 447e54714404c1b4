//! Leader election by a lease in a record of the API server, as client-go does it.
//!
//! After `tools/leaderelection` of kubernetes/client-go. By its own words it tolerates clocks of any
//! offset, but not of rates that differ by more than the lease exceeds the deadline to renew it; and
//! it is no fence: a leader that is paused may act when another one leads. The README says what
//! is modelled.

mod claims;
mod electors;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Budgets, State};

type Rule = crate::rules::Rule<LeaseElection>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    electors: u8,
    /// `LeaseDuration`, in ticks.
    lease: u8,
    /// `RenewDeadline`, in ticks.
    renew: u8,
    budgets: Budgets,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct LeaseElection {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl LeaseElection {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for LeaseElection {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["electors", "record", "resource", "half", "budgets"];

    fn description() -> Description {
        Description {
            name: "lease-election",
            summary: "a leader is elected by a lease that it has to renew in time",
            modules: vec![
                module(
                    "record",
                    &[
                        ("coarse", "the record is read and written in one step"),
                        (BASELINE, "the record is read, and written if it has not changed"),
                    ],
                ),
                plain("leaders", "leaders check that they lead, act, stop and release"),
                plain("environment", "time passes, electors are paused and crash"),
            ],
            merged: &[],
            paths: &["models/src/lease_election/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "the record is read and written in one step, for work on what leaders do",
                grains: vec![("record", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("electors", "electors", (2, 1, 3)),
                bound("lease", "ticks that others wait for the holder", (3, 1, 5)),
                bound("renew", "ticks that a leader has to renew", (2, 1, 5)),
                bound("pauses", "pauses of electors", (1, 0, 2)),
                bound("crashes", "crashes of electors", (1, 0, 2)),
                bound("releases", "leases given up", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let budgets = Budgets {
            pauses: bound("pauses"),
            crashes: bound("crashes"),
            releases: bound("releases"),
        };
        let (electors, lease, renew) = (bound("electors"), bound("lease"), bound("renew"));
        let fine = configuration.grain("record") == BASELINE;
        let bounds = Bounds { electors, lease, renew, budgets };
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = electors::record(self);
        rules.extend(electors::leaders(self));
        rules.extend(electors::environment(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Who leads, who is about to act, and in which order the leases are.
    fn observation(&self, s: &State) -> Option<Value> {
        let electors = s.electors.peek().iter();
        let shown = electors.map(|it| json!([it.leads, it.checked, it.paused, it.token]));
        Some(json!([shown.collect::<Vec<_>>(), s.resource.peek()]))
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant(
            "fenced",
            "client-go, and a resource that refuses what comes under earlier leases",
            &[],
        ),
        variant(
            "unfenced",
            "the resource takes what comes from any leader, and a pause lets two act",
            &["ActsInOrder"],
        ),
        variant(
            "slow-clock",
            "the clock of one elector has half the rate of the others",
            &["OneLeads"],
        ),
        variant(
            "trusts-renew-time",
            "the time in the record is compared with the own clock (kubernetes/kubernetes#120824)",
            &["OneLeads"],
        ),
        variant(
            "own-duration",
            "an elector waits for its own lease duration, not for that of the record (kubernetes/kubernetes#114872)",
            &["OneLeads"],
        ),
        variant(
            "never-stops",
            "a leader that could not renew goes on (kubernetes/kubernetes#23731)",
            &["OneLeads"],
        ),
        variant(
            "releases-early",
            "the lease is released before the work is done, and the resource has no fence",
            &["ActsInOrder"],
        ),
        variant(
            "waits-for-release",
            "electors wait until the lease is released, and a holder that crashed never does that",
            &["SomebodyLeads"],
        ),
        variant(
            "writes-blindly",
            "the record is written even if it has changed since it was read",
            &["OneLeads"],
        ),
    ]
}
