//! Preemption by the scheduler, under disruption budgets.
//!
//! After kube-scheduler: a pod that fits nowhere makes room by deleting less important ones, is
//! nominated to their node, and is scheduled once their grace periods have ended. The README says
//! what is modelled.

mod claims;
mod lifecycle;
mod scheduling;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Phase, State};

type Rule = crate::rules::Rule<Preemption>;

/// The room of a node: two small pods, or a large one.
const CAPACITY: u8 = 2;
/// The first so many pods are covered by the budget.
const COVERED: u8 = 2;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    nodes: u8,
    /// Small pods of the lowest priority, which run at first.
    low: u8,
    /// Large pods, each more important than the one before.
    high: u8,
    /// Pods that the budget asks for.
    available: u8,
    /// Evictions that operators ask for.
    evictions: u8,
    /// Bindings that fail.
    failures: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct Preemption {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl Preemption {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    const fn pods(&self) -> u8 {
        self.bounds.low + self.bounds.high
    }

    const fn size(&self, pod: u8) -> u8 {
        if pod < self.bounds.low { 1 } else { CAPACITY }
    }

    const fn is_covered(&self, pod: u8) -> bool {
        pod < COVERED && pod < self.bounds.low
    }
}

impl Ruled for Preemption {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["pods", "budget", "wrongs", "evictions", "failures", "raised"];

    fn description() -> Description {
        Description {
            name: "preemption",
            summary: "the scheduler makes room for important pods by deleting others",
            modules: vec![
                plain("scheduling", "pods are scheduled where they fit, and bound"),
                module(
                    "preemption",
                    &[
                        ("coarse", "the victims are gone and the pod runs in one step"),
                        (BASELINE, "nomination, deletions, grace periods, then scheduling"),
                    ],
                ),
                plain("lifecycle", "pods end and are made again; evictions under a budget"),
            ],
            merged: &[],
            paths: &["models/src/preemption/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "preemption in one step, for work on scheduling and budgets",
                grains: vec![("preemption", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("nodes", "nodes, each with room for two small pods", (2, 1, 3)),
                bound("low", "small pods of the lowest priority", (3, 1, 4)),
                bound("high", "large pods, each more important than the one before", (1, 1, 2)),
                bound("available", "pods that the budget asks for", (1, 0, 2)),
                bound("evictions", "evictions that operators ask for", (2, 0, 2)),
                bound("failures", "bindings that fail", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let nodes = bound("nodes");
        let bounds = Bounds {
            nodes,
            low: bound("low").min(nodes * CAPACITY),
            high: bound("high"),
            available: bound("available"),
            evictions: bound("evictions"),
            failures: bound("failures"),
        };
        let fine = configuration.grain("preemption") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = scheduling::scheduling(self);
        rules.extend(if self.fine { scheduling::fine(self) } else { scheduling::coarse(self) });
        rules.extend(lifecycle::rules(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which pods run, once nothing is under way.
    fn observation(&self, s: &State) -> Option<Value> {
        let runs = |phase| matches!(phase, Phase::Running(_));
        let pods = || s.pods.peek().iter().map(|pod| json!(runs(pod.phase))).collect();
        claims::is_settled(s).then(pods)
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("kept", "room that was made for a pod is kept for it", &[]),
        variant(
            "ignores-nominations",
            "room that was made for a pod is anybody's",
            &["NominatedRuns", "Settles", "ImportantRuns"],
        ),
        variant("ignores-priority", "any pod may be a victim", &["NeverDownward"]),
        variant(
            "no-assume",
            "pods whose binding is under way take no room",
            &["CapacityRespected"],
        ),
        variant("ignores-budgets", "any node may be chosen", &["BudgetsPreferred"]),
        variant(
            "lagging-budget",
            "an eviction is counted only when the status is computed again",
            &["BudgetRespected"],
        ),
        variant(
            "default-raised",
            "the default priority is raised: pods that are made again outrank the others",
            &["ImportantRuns"],
        ),
    ]
}
