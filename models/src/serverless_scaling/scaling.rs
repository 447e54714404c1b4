//! Scaling: pods from the pool, weights from memory or from another executor, versions.

use seatrial_explore::{ActionClass, Cause};

use super::jobs::{free, is_next};
use super::state::{Executor, Stage, State};
use super::{CHUNKS, Rule, ServerlessScaling};
use crate::rules::{About, By, once};

const MANAGER: By = By::One("cluster manager");
const EXECUTOR: &[&str] = &["executor"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "scaling")
        .guard(&["executors", "pool", "tasks", "cluster"])
        .modifies(&["executors", "pool"])
}

/// The rules of the fine grain.
pub(super) fn fine(p: &ServerlessScaling) -> Vec<Rule> {
    let mut rules = if p.has("double-take") { checked_take() } else { vec![take()] };
    rules.push(Rule::new(
        class("CreatePod"),
        MANAGER,
        EXECUTOR,
        |p, s| if pooled(s).is_none() { p.wanted(s) } else { Vec::new() },
        |_, s, [executor, ..]| {
            s.executors[executor].stage = Stage::Preparing;
            s.executors[executor].pod = unused(s);
        },
    ));
    rules.extend(weights(p));
    rules
}

/// A pod is taken from the pool in one step.
fn take() -> Rule {
    Rule::new(
        class("TakePod"),
        MANAGER,
        EXECUTOR,
        |p, s| if pooled(s).is_some() { p.wanted(s) } else { Vec::new() },
        |_, s, [executor, ..]| {
            let pod = pooled(s);
            prepare(s, executor, pod);
        },
    )
}

/// A pod is seen in the pool first, and taken then: a fault.
fn checked_take() -> Vec<Rule> {
    vec![
        Rule::new(
            class("ChoosePod"),
            MANAGER,
            EXECUTOR,
            |p, s| if pooled(s).is_some() { p.wanted(s) } else { Vec::new() },
            |_, s, [executor, ..]| {
                s.executors[executor].stage = Stage::Choosing;
                s.executors[executor].pod = pooled(s);
            },
        ),
        Rule::new(
            class("TakeChosen"),
            MANAGER,
            EXECUTOR,
            |_, s| s.executors.those(|executor| executor.stage == Stage::Choosing),
            |_, s, [executor, ..]| {
                let pod = s.executors[executor].pod;
                prepare(s, executor, pod);
            },
        ),
    ]
}

fn prepare(s: &mut State, executor: u8, pod: Option<u8>) {
    s.executors[executor].stage = Stage::Preparing;
    s.executors[executor].pod = pod;
    if let Some(pod) = pod {
        s.pool[pod] = false;
    }
}

/// How an executor gets its weights.
fn weights(p: &ServerlessScaling) -> Vec<Rule> {
    let executors = p.executors();
    vec![
        Rule::new(
            class("GetWeights"),
            By::Of("executor", 0),
            EXECUTOR,
            |_, s| s.executors.those(|executor| executor.stage == Stage::Preparing),
            |_, s, [executor, ..]| {
                let version = s.cluster.version;
                let current = |other: &Executor| {
                    other.stage == Stage::Ready && other.full && other.version == version
                };
                let source = s.executors.those(current).first().map(|[number, ..]| *number);
                let row = &mut s.executors[executor];
                row.version = version;
                (row.mixed, row.full) = (false, false);
                row.stage =
                    source.map_or(Stage::Loading, |source| Stage::Forking { source, chunks: 0 });
            },
        )
        .each(executors),
        Rule::new(
            class("Load"),
            By::Of("executor", 0),
            EXECUTOR,
            |_, s| s.executors.those(|executor| executor.stage == Stage::Loading),
            |_, s, [executor, ..]| {
                s.executors[executor].stage = Stage::Ready;
                s.executors[executor].full = true;
            },
        )
        .each(executors),
        Rule::new(
            class("ForkChunk"),
            By::Of("executor", 0),
            EXECUTOR,
            |_, s| s.executors.those(|e| matches!(e.stage, Stage::Forking { .. })),
            ServerlessScaling::fork_chunk,
        )
        .each(executors),
    ]
}

/// An executor is ready in one step: the coarse grain.
pub(super) fn coarse() -> Vec<Rule> {
    vec![Rule::new(
        class("ScaleOut"),
        MANAGER,
        EXECUTOR,
        ServerlessScaling::wanted,
        |_, s, [executor, ..]| {
            let pod = pooled(s).or_else(|| unused(s));
            prepare(s, executor, pod);
            let version = s.cluster.version;
            let row = &mut s.executors[executor];
            (row.stage, row.full, row.version) = (Stage::Ready, true, version);
        },
    )]
}

/// What both grains share: scaling in, versions, and the pool.
pub(super) fn operations(p: &ServerlessScaling) -> Vec<Rule> {
    let class = |name| {
        ActionClass::new(name, "operations")
            .guard(&["executors", "cluster"])
            .modifies(&["executors", "cluster"])
    };
    vec![
        Rule::new(
            class("ScaleIn").caused_by(Cause::Input),
            MANAGER,
            EXECUTOR,
            |p, s| {
                let may = s.cluster.scale_ins > 0;
                s.executors.those_numbered(|number, row| {
                    let spare = row.stage == Stage::Ready && row.task.is_none();
                    may && spare && (!is_source(s, number) || p.has("scales-in-source"))
                })
            },
            |p, s, [executor, ..]| {
                s.cluster.scale_ins -= 1;
                let cut = is_source(s, executor);
                s.cluster.cut |= cut;
                p.remove(s, executor);
            },
        ),
        Rule::new(
            class("RollOut").caused_by(Cause::Input),
            By::One("operator"),
            &[],
            |_, s| once(s.cluster.rollouts > 0),
            |_, s, _| {
                s.cluster.rollouts -= 1;
                s.cluster.version += 1;
            },
        ),
        Rule::new(
            class("Update"),
            MANAGER,
            EXECUTOR,
            |p, s| {
                s.executors.those_numbered(|number, row| {
                    let old = row.stage == Stage::Ready && row.version < s.cluster.version;
                    let busy = is_source(s, number) && !p.has("updates-source");
                    old && row.task.is_none() && !busy
                })
            },
            |_, s, [executor, ..]| {
                let version = s.cluster.version;
                s.executors[executor].version = version;
            },
        )
        .each(p.executors()),
        Rule::new(
            ActionClass::new("Refill", "operations")
                .guard(&["pool", "executors"])
                .modifies(&["pool"]),
            MANAGER,
            &[],
            |p, s| {
                let lacks = pooled(s).is_none() && unused(s).is_some();
                once(lacks && !p.has("never-refills"))
            },
            |_, s, _| {
                if let Some(pod) = unused(s) {
                    s.pool[pod] = true;
                }
            },
        ),
    ]
}

fn is_source(s: &State, number: u8) -> bool {
    s.executors.iter().any(|other| other.forks_from(number))
}

/// A pod in the pool.
pub(super) fn pooled(s: &State) -> Option<u8> {
    s.pool.those(|pooled| *pooled).first().map(|[pod, ..]| *pod)
}

/// The number of a pod that is neither in the pool nor in use.
fn unused(s: &State) -> Option<u8> {
    let used = |pod| s.executors.iter().any(|executor| executor.pod == Some(pod));
    let free = s.pool.those_numbered(|pod, pooled| !pooled && !used(pod));
    free.first().map(|[pod, ..]| *pod)
}

impl ServerlessScaling {
    /// The place for one executor more, if a task waits for it and there is an NPU.
    fn wanted(&self, s: &State) -> Vec<About> {
        let waits = (0..s.tasks.count()).any(|task| is_next(s, task)) && free(s).is_none();
        let counts = |stage| match stage {
            Stage::Absent => false,
            Stage::Ready => true,
            _ => !self.has("counts-ready"),
        };
        let there = s.executors.iter().filter(|executor| counts(executor.stage)).count();
        let room = there < usize::from(self.bounds.npus);
        let mut places = s.executors.those(|executor| executor.stage == Stage::Absent);
        places.truncate(usize::from(waits && room));
        places
    }

    /// An executor is gone: whoever forks from it notices, and asks for weights again.
    pub(super) fn remove(&self, s: &mut State, number: u8) {
        s.executors[number] = Executor::ABSENT;
        let waits = self.has("waits-for-source");
        for executor in s.executors.iter_mut().filter(|other| other.forks_from(number)) {
            executor.stage = if waits { Stage::Waiting } else { Stage::Preparing };
        }
    }

    fn fork_chunk(&self, s: &mut State, [executor, ..]: About) {
        let Stage::Forking { source, chunks } = s.executors[executor].stage else { return };
        let version = s.executors[source].version;
        let row = &mut s.executors[executor];
        row.mixed |= version != row.version;
        let chunks = chunks + 1;
        row.full = chunks == CHUNKS;
        let serves = row.full || self.has("serves-early");
        row.stage = if serves { Stage::Ready } else { Stage::Forking { source, chunks } };
    }
}
