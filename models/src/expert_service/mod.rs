//! Experts as a service: calls of stateless experts that are retried and fail over.
//!
//! After `EaaS` (arXiv 2509.17863): a client runs a token through layers, each of which calls experts;
//! any server with the weights of an expert may answer. The README says what is modelled.

mod calls;
mod claims;
mod client;
mod servers;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Slot, State};

type Rule = crate::rules::Rule<ExpertService>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Experts that each layer calls.
    experts: u8,
    /// Servers that have an expert's weights at first.
    replicas: u8,
    losses: u8,
    /// Calls that time out although an answer is under way.
    timeouts: u8,
    crashes: u8,
    /// Servers that are taken off the registry although they are up.
    suspicions: u8,
    /// Servers that get the weights of another expert.
    moves: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct ExpertService {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl ExpertService {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// How many servers there are.
    const fn servers(&self) -> u8 {
        self.bounds.experts * self.bounds.replicas
    }
}

impl Ruled for ExpertService {
    type State = State;
    const VARIABLES: &'static [&'static str] = &["layer", "slots", "servers", "messages", "faults"];

    fn description() -> Description {
        Description {
            name: "expert-service",
            summary: "experts are called layer by layer, retried, and fail over to other servers",
            modules: vec![
                plain("client", "a client begins layers, passes them, or reports an error"),
                plain("registry", "servers crash, come back, get other weights, and are listed"),
                module(
                    "calls",
                    &[
                        ("coarse", "an expert answers in one step"),
                        (BASELINE, "calls and answers that are lost or late, and time-outs"),
                    ],
                ),
            ],
            merged: &[],
            paths: &["models/src/expert_service/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "experts answer in one step, for work on the registry",
                grains: vec![("calls", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("experts", "experts that each layer calls", (2, 1, 2)),
                bound("replicas", "servers that have an expert's weights at first", (2, 1, 3)),
                bound("losses", "messages that are lost", (1, 0, 2)),
                bound("timeouts", "calls that time out though an answer is under way", (1, 0, 2)),
                bound("crashes", "servers that crash, and may come back", (2, 0, 3)),
                bound(
                    "suspicions",
                    "servers that are taken for dead though they are up",
                    (0, 0, 2),
                ),
                bound("moves", "servers that get the weights of another expert", (0, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            experts: bound("experts"),
            replicas: bound("replicas"),
            losses: bound("losses"),
            timeouts: bound("timeouts"),
            crashes: bound("crashes"),
            suspicions: bound("suspicions"),
            moves: bound("moves"),
        };
        let fine = configuration.grain("calls") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = client::rules();
        rules.extend(servers::rules(self));
        rules.extend(if self.fine { calls::fine(self) } else { calls::coarse(self) });
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// How the layer is, and which experts have answered.
    fn observation(&self, s: &State) -> Option<Value> {
        let answered: Vec<bool> = s.slots.peek().iter().map(Slot::is_filled).collect();
        Some(json!([s.layer.peek().phase, answered]))
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("tagged", "each call and answer says of which layer it is", &[]),
        variant(
            "untagged-retry",
            "answers carry no tag, and a retried call is added twice",
            &["CombinesOnce"],
        ),
        variant(
            "reuses-slot",
            "a slot is used again while a write to it may be under way",
            &["LateNeverLands"],
        ),
        variant("serves-any", "a server answers with whatever weights it has", &["RightExpert"]),
        variant("bills-attempts", "each computation is billed", &["BilledOnce"]),
        variant(
            "passes-early",
            "a layer is passed with the first answer",
            &["BarrierComplete", "BilledOnce"],
        ),
        variant("gives-up", "the first time-out is an error", &["NoNeedlessError"]),
        variant(
            "waits-on-removed",
            "nobody times out a call of a server that was taken off the registry",
            &["LayersEnd"],
        ),
        variant("never-delists", "servers that died stay listed", &["LayersEnd"]),
    ]
}
