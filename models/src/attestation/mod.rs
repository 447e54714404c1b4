//! Attestation of nodes by quotes of their TPM, and of pods that may run on trusted nodes only.
//!
//! After Keylime (keylime/keylime) and its operator on Kubernetes (keylime/attestation-operator): a
//! verifier asks each agent for a quote again and again; a node whose quote is invalid is tainted.
//! The README says what is modelled.

mod claims;
mod cluster;
mod nodes;
mod state;
#[cfg(test)]
mod tests;
mod variants;
mod verifier;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain};
use state::{Budgets, Pod, State};

type Rule = crate::rules::Rule<Attestation>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    nodes: u8,
    pods: u8,
    /// `quote_interval`, in ticks.
    interval: u8,
    /// `max_retries`, a tick apart.
    retries: u8,
    budgets: Budgets,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct Attestation {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl Attestation {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// The ticks that a verifier needs to find out: it has just asked, and then nobody answers.
    const fn poll(&self) -> u8 {
        self.bounds.interval + self.bounds.retries
    }

    /// The ticks after which no pod starts: those of the verifier, and one each until the operator
    /// sets the taint, the scheduler sees it, and a pod that is bound starts.
    fn window(&self) -> u8 {
        let window = self.poll() + 3;
        match self.variant {
            "no-window" => 0,
            "smaller-window" => window - 1,
            _ => window,
        }
    }
}

impl Ruled for Attestation {
    type State = State;
    const VARIABLES: &'static [&'static str] = &[
        "nodes",
        "agents",
        "exchanges",
        "captured",
        "taints",
        "pods",
        "half",
        "wrongs",
        "budgets",
    ];

    fn description() -> Description {
        Description {
            name: "attestation",
            summary: "nodes prove by quotes what ran on them, and pods keep off those that cannot",
            modules: vec![
                plain("nodes", "nodes run binaries, are attacked, and reboot"),
                module(
                    "quotes",
                    &[
                        ("coarse", "an agent is asked, answers and is judged in one step"),
                        (BASELINE, "requests and quotes that are lost, replayed or garbled"),
                    ],
                ),
                plain("cluster", "an operator taints nodes, a scheduler binds pods, time passes"),
            ],
            merged: &[],
            paths: &["models/src/attestation/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "agents are judged in one step, for work on taints and pods",
                grains: vec![("quotes", "coarse")],
            }],
            variants: variants::all(),
            masks: vec![],
            bounds: vec![
                bound("nodes", "nodes, each with an agent", (1, 1, 2)),
                bound("pods", "pods that may run on trusted nodes only", (1, 0, 2)),
                bound("interval", "ticks between quotes", (2, 1, 4)),
                bound("retries", "requests that are tried again, a tick apart", (1, 0, 2)),
                bound("executions", "allowed binaries that run", (1, 0, 2)),
                bound("attacks", "bad binaries that run", (1, 0, 2)),
                bound("reboots", "reboots of nodes", (1, 0, 2)),
                bound("losses", "requests or quotes that are lost", (1, 0, 2)),
                bound("restarts", "restarts of the verifier", (1, 0, 2)),
                bound("reactivations", "failed agents that the tenant adds again", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let budgets = Budgets {
            executions: bound("executions"),
            attacks: bound("attacks"),
            reboots: bound("reboots"),
            losses: bound("losses"),
            restarts: bound("restarts"),
            reactivations: bound("reactivations"),
        };
        let bounds = Bounds {
            nodes: bound("nodes"),
            pods: bound("pods"),
            interval: bound("interval"),
            retries: bound("retries"),
            budgets,
        };
        let fine = configuration.grain("quotes") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = nodes::rules(self);
        rules.extend(if self.fine { verifier::fine(self) } else { verifier::coarse(self) });
        rules.extend(verifier::both(self));
        rules.extend(cluster::rules(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which agents are trusted or have failed, which nodes are tainted, and where pods run.
    fn observation(&self, s: &State) -> Option<Value> {
        let agents = s.agents.peek().iter();
        let agents = agents.map(|agent| json!([agent.is_trusted(), agent.has_failed()]));
        let taints = s.taints.peek().iter().map(|taint| json!(taint.untrusted));
        let pods = s.pods.peek().iter().map(|pod| match pod {
            Pod::Running { node, .. } => json!(node),
            _ => Value::Null,
        });
        Some(json!([
            agents.collect::<Vec<_>>(),
            taints.collect::<Vec<_>>(),
            pods.collect::<Vec<_>>(),
        ]))
    }
}
