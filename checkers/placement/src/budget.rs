//! Time: how much there is, and who may stop whom.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A deadline that several threads keep, and a word that stops them earlier.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    deadline: Instant,
    stopped: AtomicBool,
}

impl Clock {
    pub(crate) fn new(limit: Duration) -> Self {
        let start = Instant::now();
        let deadline = start.checked_add(limit).unwrap_or(start + Duration::from_secs(86_400));
        Self { start, deadline, stopped: AtomicBool::new(false) }
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || Instant::now() >= self.deadline
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
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// How long it has been.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
