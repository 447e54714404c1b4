//! A cache of adapters, and queues of requests by their size.
//!
//! After Chameleon (arXiv 2411.17741): requests for a language model with one of many adapters wait
//! in a queue by their predicted size, each with a quota of memory; idle memory caches adapters.
//! The README says what is modelled.

mod adapters;
mod claims;
mod scheduler;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Phase, Request, State};

type Rule = crate::rules::Rule<AdapterQueues>;

/// The classes of requests by size, each with a queue: small and large.
pub(crate) const CLASSES: u8 = 2;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Requests at a time; one that is done comes again.
    requests: u8,
    adapters: u8,
    /// The quota of each queue.
    quota: u8,
    /// How often a request is passed by others of its queue.
    patience: u8,
    /// Requests that turn out larger than predicted.
    mispredictions: u8,
    /// Adapters whose loading fails.
    failures: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct AdapterQueues {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl AdapterQueues {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for AdapterQueues {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["requests", "order", "quotas", "adapters", "faults"];

    fn description() -> Description {
        Description {
            name: "adapter-queues",
            summary: "requests wait in queues by size, with quotas, for memory that caches adapters",
            modules: vec![
                plain(
                    "queues",
                    "requests come, wait in the queue of their class, and are admitted",
                ),
                module(
                    "adapters",
                    &[
                        ("coarse", "an adapter is there when a request is admitted"),
                        (BASELINE, "an adapter is loaded, which takes time and may fail"),
                    ],
                ),
            ],
            merged: &[],
            paths: &["models/src/adapter_queues/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "adapters are loaded in one step, for work on the queues",
                grains: vec![("adapters", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("requests", "requests at a time", (3, 1, 4)),
                bound("adapters", "adapters, of which the first is light", (2, 2, 3)),
                bound("quota", "units of memory of each queue", (4, 4, 6)),
                bound("patience", "times that a request is passed in its queue", (1, 0, 2)),
                bound("mispredictions", "requests larger than predicted", (1, 0, 2)),
                bound("failures", "adapters whose loading fails", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            requests: bound("requests"),
            adapters: bound("adapters"),
            quota: bound("quota"),
            patience: bound("patience"),
            mispredictions: bound("mispredictions"),
            failures: bound("failures"),
        };
        let fine = configuration.grain("adapters") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![self.initial_state()]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = scheduler::rules(self);
        if self.fine {
            rules.extend(adapters::rules(self));
        }
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which requests wait in which queue, and which were admitted.
    fn observation(&self, s: &State) -> Option<Value> {
        let seen = |r: &Request| match r.phase {
            Phase::Admitted | Phase::Running => json!("Admitted"),
            waits => json!([waits, r.class]),
        };
        Some(s.requests.peek().iter().map(seen).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant(
            "weighted",
            "quotas that fit every request of their queue, lent only while idle",
            &[],
        ),
        variant(
            "starving-quota",
            "the quota of small requests does not fit the largest of them",
            &["RequestsServed"],
        ),
        variant("keeps-lent", "quota that was lent is not returned", &["RequestsServed"]),
        variant(
            "lends-under-demand",
            "lent quota is used again though its own queue waits for it",
            &["RequestsServed"],
        ),
        variant(
            "returns-at-once",
            "lent quota is returned while requests run by it",
            &["QuotasRespected", "MemoryRespected"],
        ),
        variant(
            "blocked-head",
            "a request that does not fit blocks those behind it that do",
            &["NoHeadOfLineBlocking"],
        ),
        variant(
            "always-bypasses",
            "a request that does not fit is passed without limit",
            &["BypassBounded", "RequestsServed"],
        ),
        variant(
            "evicts-in-use",
            "eviction takes the adapter of a request that runs",
            &["AdapterInUseKept"],
        ),
        variant("caches-beyond", "adapters that are cached are not counted", &["MemoryRespected"]),
        variant(
            "trusts-prediction",
            "no memory is kept for requests that turn out larger",
            &["MemoryRespected"],
        ),
        variant("preempts", "a small request takes the place of a large one", &["NeverPreempted"]),
        variant("never-reloads", "what fails to load is not loaded again", &["RequestsServed"]),
    ]
}
