//! How far a run has come, for whoever watches it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const STAGES: [&str; 5] = ["reading", "checking", "sorting", "learning", "asking"];

/// How far a run has come. Written by the run, read from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicUsize,
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// The name of the stage, and how much of it is done, of how much.
    pub fn now(&self) -> (&'static str, u64, u64) {
        let stage = STAGES.get(self.stage.load(Ordering::Relaxed)).copied().unwrap_or_default();
        (stage, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    pub(crate) fn begin(&self, stage: usize, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total as u64, Ordering::Relaxed);
        self.stage.store(stage, Ordering::Relaxed);
    }

    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
