//! Rescheduling: virtual machines are moved so that less room is in fragments.
//!
//! After VM rescheduling with a limit on the number of migrations: a planner looks at the
//! placement once and plans a few migrations, which are carried out while others place machines
//! and take them away. The README says what is modelled.

mod claims;
mod execution;
mod planning;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::State;

type Rule = crate::rules::Rule<Rescheduling>;

/// The machines that a host has room for.
const CAPACITY: u8 = 2;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    hosts: u8,
    machines: u8,
    /// Migrations of a plan.
    migrations: u8,
    /// Machines that others place or take away.
    changes: u8,
    /// Copies that fail.
    failures: u8,
    /// Restarts of the executor.
    crashes: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct Rescheduling {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl Rescheduling {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for Rescheduling {
    type State = State;
    const VARIABLES: &'static [&'static str] = &["machines", "plan", "environment", "failures"];

    fn description() -> Description {
        Description {
            name: "rescheduling",
            summary: "a bounded number of machines is moved so that less room is in fragments",
            modules: vec![
                plain("planning", "a plan is made of what was seen once"),
                module(
                    "execution",
                    &[
                        ("coarse", "a machine moves in one step"),
                        (BASELINE, "a copy that may fail, then clearing up"),
                    ],
                ),
                plain("others", "others place machines and take them away"),
            ],
            merged: &[],
            paths: &["models/src/rescheduling/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "machines move in one step, for work on plans",
                grains: vec![("execution", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("hosts", "hosts, each with room for two machines", (3, 2, 3)),
                bound("machines", "virtual machines", (4, 1, 5)),
                bound("migrations", "migrations of a plan", (2, 1, 3)),
                bound("changes", "machines that others place or take away", (1, 0, 3)),
                bound("failures", "copies that fail", (1, 0, 2)),
                bound("crashes", "restarts of the executor", (1, 0, 1)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            hosts: bound("hosts"),
            machines: bound("machines"),
            migrations: bound("migrations"),
            changes: bound("changes"),
            failures: bound("failures"),
            crashes: bound("crashes"),
        };
        let fine = configuration.grain("execution") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        State::initial(self.bounds)
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = planning::planner(self);
        rules.extend(if self.fine { execution::fine(self) } else { execution::coarse(self) });
        rules.extend(planning::others(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Where the machines are.
    fn observation(&self, s: &State) -> Option<Value> {
        Some(s.machines.peek().iter().map(|machine| json!(machine.host)).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("checked", "room is looked at again before each migration, and kept", &[]),
        variant(
            "unchecked-room",
            "migrations start by the room that the planner saw",
            &["CapacityRespected"],
        ),
        variant(
            "frees-early",
            "a machine that is copied takes no room where it is",
            &["CapacityRespected"],
        ),
        variant(
            "forgets-count",
            "a restarted executor counts migrations from the beginning",
            &["MigrationsBounded"],
        ),
        variant("any-plan", "a plan need not be better", &["FewerFragments"]),
        variant("waits-for-room", "a migration that has no room waits for it", &["PlansEnd"]),
        variant(
            "keeps-reservation",
            "room is not given back when a copy fails",
            &["RoomReturns", "PlansEnd"],
        ),
    ]
}
