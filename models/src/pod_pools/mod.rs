//! Pools of pods for functions, their cold starts, and how long they are kept alive.
//!
//! After the study of cold starts at Huawei (arXiv 2410.06145): a request is served by a pod that
//! is kept alive for its function, else by one from the pool of its runtime, else by a new one.
//! The README says what is modelled.

mod claims;
mod pools;
mod starting;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Request, State};

type Rule = crate::rules::Rule<PodPools>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Requests at a time; one that has ended comes again.
    requests: u8,
    functions: u8,
    runtimes: u8,
    /// Pods at a time.
    quota: u8,
    /// Deployments that fail.
    failures: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct PodPools {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl PodPools {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// The places for pods: one more than the quota allows.
    const fn pods(&self) -> u8 {
        self.bounds.quota + 1
    }

    /// The function that a request is of.
    const fn function_of(&self, request: u8) -> u8 {
        request % self.bounds.functions
    }

    /// The runtime that a function needs.
    const fn runtime_of(&self, function: u8) -> u8 {
        function % self.bounds.runtimes
    }
}

impl Ruled for PodPools {
    type State = State;
    const VARIABLES: &'static [&'static str] = &["requests", "pods", "queue", "failures"];

    fn description() -> Description {
        Description {
            name: "pod-pools",
            summary: "requests are served by pods that are kept alive, pooled, or new",
            modules: vec![
                plain("load", "requests come and end"),
                module(
                    "starting",
                    &[
                        ("coarse", "a request starts in one step, and a pod ends in one"),
                        (BASELINE, "assignment, creation, deployment, start; expiry, then the end"),
                    ],
                ),
                plain("pools", "pools are refilled, and give way to requests"),
            ],
            merged: &[],
            paths: &["models/src/pod_pools/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "requests start and pods end in one step, for work on pools",
                grains: vec![("starting", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("requests", "requests at a time", (2, 1, 3)),
                bound("functions", "functions", (2, 1, 3)),
                bound("runtimes", "runtimes", (2, 1, 2)),
                bound("quota", "pods at a time", (2, 1, 3)),
                bound("failures", "deployments that fail", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            requests: bound("requests"),
            functions: bound("functions"),
            runtimes: bound("runtimes"),
            quota: bound("quota"),
            failures: bound("failures"),
        };
        let fine = configuration.grain("starting") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = pools::rules(self);
        rules.extend(if self.fine { starting::fine(self) } else { starting::coarse(self) });
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which requests are there, and which of them run.
    fn observation(&self, s: &State) -> Option<Value> {
        let shown = |request: &Request| match request {
            Request::Assigned => Request::Waiting,
            other => *other,
        };
        Some(s.requests.peek().iter().map(|request| json!(shown(request))).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("drained", "a pod that expires is no longer assigned before it is killed", &[]),
        variant(
            "expiry-races",
            "a timer fires, and the pod is killed though a request was assigned meanwhile",
            &["AssignedNotKilled", "RequestsStart"],
        ),
        variant("key-ignores-runtime", "the pools of all runtimes are one", &["RuntimeFits"]),
        variant(
            "reuses-without-reset",
            "a pod that is kept alive gets the code of another function",
            &["OneFunction"],
        ),
        variant(
            "counts-late",
            "pods count towards the quota once they are created",
            &["QuotaRespected"],
        ),
        variant(
            "refills-first",
            "pools are refilled while requests wait for room",
            &["RequestsStart"],
        ),
    ]
}
