//! Serverless scaling of a service of language models.
//!
//! After `DeepServe` (arXiv 2501.14417), whose abstraction of requests, jobs and tasks is called
//! `DeepFlow`: executors scale out with pre-warmed pods and fork their weights from one that
//! serves. The README says what is modelled.

mod claims;
mod jobs;
mod scaling;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Progress, State};

type Rule = crate::rules::Rule<ServerlessScaling>;

/// Tasks of a job, one after the other.
const TASKS: u8 = 2;
/// Chunks of the weights.
const CHUNKS: u8 = 2;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    jobs: u8,
    npus: u8,
    rollouts: u8,
    scale_ins: u8,
    /// Executors that crash.
    crashes: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct ServerlessScaling {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl ServerlessScaling {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// The places for executors: one more than there are NPUs.
    const fn executors(&self) -> u8 {
        self.bounds.npus + 1
    }
}

impl Ruled for ServerlessScaling {
    type State = State;
    const VARIABLES: &'static [&'static str] = &["tasks", "executors", "pool", "cluster"];

    fn description() -> Description {
        Description {
            name: "serverless-scaling",
            summary: "executors scale out with pre-warmed pods and weights forked from others",
            modules: vec![
                plain("jobs", "jobs of tasks run on executors, which crash"),
                module(
                    "scaling",
                    &[
                        ("coarse", "an executor is ready in one step"),
                        (BASELINE, "a pod is taken, then weights come chunk by chunk"),
                    ],
                ),
                plain("operations", "executors are scaled in and updated; the pool is refilled"),
            ],
            merged: &[],
            paths: &["models/src/serverless_scaling/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "executors are ready in one step, for work on jobs",
                grains: vec![("scaling", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("jobs", "jobs of two tasks", (2, 1, 3)),
                bound("npus", "NPUs, each for one executor", (2, 1, 3)),
                bound("rollouts", "new versions of the weights", (1, 0, 2)),
                bound("scale-ins", "executors that are scaled in", (1, 0, 2)),
                bound("crashes", "executors that crash", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            jobs: bound("jobs"),
            npus: bound("npus"),
            rollouts: bound("rollouts"),
            scale_ins: bound("scale-ins"),
            crashes: bound("crashes"),
        };
        let fine = configuration.grain("scaling") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = jobs::rules(self);
        rules.extend(if self.fine { scaling::fine(self) } else { scaling::coarse() });
        rules.extend(scaling::operations(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which tasks were submitted, and which are done.
    fn observation(&self, s: &State) -> Option<Value> {
        let shown = |progress| match progress {
            Progress::Running | Progress::Effective => Progress::Pending,
            other => other,
        };
        Some(s.tasks.peek().iter().map(|task| json!(shown(task.progress))).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("guarded", "pods are taken in one step, and sources of forks are kept", &[]),
        variant(
            "double-take",
            "a pod is seen in the pool first, and taken then",
            &["PodsNotShared"],
        ),
        variant("counts-ready", "executors count once they are ready", &["NpusRespected"]),
        variant(
            "serves-early",
            "an executor serves with the first chunk of its weights",
            &["ServesFullWeights"],
        ),
        variant("updates-source", "a source is updated while it is forked", &["OneVersion"]),
        variant("scales-in-source", "a source is scaled in while it is forked", &["SourceKept"]),
        variant("reruns-tasks", "a task that is run again takes effect again", &["EffectOnce"]),
        variant(
            "waits-for-source",
            "a fork waits for its source, which has crashed",
            &["ForksEnd"],
        ),
        variant("loses-tasks", "the task of an executor that crashes is lost", &["JobsEnd"]),
        variant("never-refills", "nobody refills the pool", &["PoolRefills"]),
    ]
}
