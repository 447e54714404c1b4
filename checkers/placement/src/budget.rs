//! Time: how much there is, and who may stop whom.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A deadline that several threads keep, and a word that stops them earlier.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// In microseconds after the start.
    deadline: AtomicU64,
    stopped: AtomicBool,
}

impl Clock {
    pub(crate) fn new(limit: Duration) -> Self {
        let clock = Self {
            start: Instant::now(),
            deadline: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        };
        clock.set_limit(limit);
        clock
    }

    /// Changes how long there is from the start.
    pub(crate) fn set_limit(&self, limit: Duration) {
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        self.deadline.store(micros, Ordering::Relaxed);
    }

    /// How long there is from the start.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_micros(self.deadline.load(Ordering::Relaxed))
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.start.elapsed() >= self.limit()
    }

    /// Stops everybody.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What is left.
    pub(crate) fn left(&self) -> Duration {
        if self.stopped.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        self.limit().saturating_sub(self.start.elapsed())
    }

    /// How long it has been.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
