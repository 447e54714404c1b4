//! The state: jobs of tasks, task executors with their weights, and pre-warmed pods.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::{Bounds, TASKS};
use crate::rules::Rows;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Progress {
    New,
    Pending,
    Running,
    /// It has taken effect, and nobody was told.
    Effective,
    Done,
}

/// A task of a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) progress: Progress,
    /// How often it has taken effect.
    pub(crate) effects: u8,
}

/// What a task executor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Stage {
    Absent,
    /// It has seen a pod in the pool, and not taken it: a fault.
    Choosing,
    /// It has a pod, and no weights.
    Preparing,
    /// It loads the weights from memory.
    Loading,
    /// It gets the weights chunk by chunk from another executor.
    Forking {
        source: u8,
        chunks: u8,
    },
    /// Its source is gone, and it waits for it: a fault.
    Waiting,
    Ready,
}

/// A task executor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Executor {
    pub(crate) stage: Stage,
    pub(crate) pod: Option<u8>,
    /// The version of its weights.
    pub(crate) version: u8,
    /// It has chunks of more than one version.
    pub(crate) mixed: bool,
    /// It has all chunks.
    pub(crate) full: bool,
    /// The task that it runs.
    pub(crate) task: Option<u8>,
}

impl Executor {
    pub(crate) const ABSENT: Self =
        Self { stage: Stage::Absent, pod: None, version: 0, mixed: false, full: false, task: None };

    /// Whether it gets its weights from that executor.
    pub(crate) const fn forks_from(&self, other: u8) -> bool {
        matches!(self.stage, Stage::Forking { source, .. } if source == other)
    }
}

/// The version of the weights, and what may still happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cluster {
    pub(crate) version: u8,
    pub(crate) rollouts: u8,
    pub(crate) scale_ins: u8,
    pub(crate) crashes: u8,
    /// The source of a fork was scaled in.
    pub(crate) cut: bool,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    /// The tasks of all jobs, one after the other.
    pub(crate) tasks: Var<0, Rows<Task>>,
    pub(crate) executors: Var<1, Rows<Executor>>,
    /// Whether each pod is in the pool.
    pub(crate) pool: Var<2, Rows<bool>>,
    pub(crate) cluster: Var<3, Cluster>,
}

impl State {
    /// One executor is ready, and the pool is full.
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let task = Task { progress: Progress::New, effects: 0 };
        let mut executors = Rows::new(bounds.npus + 1, Executor::ABSENT);
        let mut pool = Rows::new(bounds.npus + 1, false);
        executors[0] =
            Executor { stage: Stage::Ready, pod: Some(0), full: true, ..Executor::ABSENT };
        pool[1] = true;
        Self {
            tasks: Var::new(Rows::new(bounds.jobs * TASKS, task)),
            executors: Var::new(executors),
            pool: Var::new(pool),
            cluster: Var::new(Cluster {
                version: 0,
                rollouts: bounds.rollouts,
                scale_ins: bounds.scale_ins,
                crashes: bounds.crashes,
                cut: false,
            }),
        }
    }
}
