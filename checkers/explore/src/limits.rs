//! Limits on a run, and why it ended.

use seatrial_core::Bound;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What a run may spend. `None` is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Distinct states.
    pub states: Option<u64>,
    /// Levels; the initial states are level 1.
    pub depth: Option<u64>,
    /// Wall time.
    pub time: Option<Duration>,
    /// Bytes of memory.
    pub memory: Option<u64>,
}

impl Limits {
    /// The limits that there are, as a report states them.
    pub(crate) fn bounds(&self) -> Vec<Bound> {
        let bounds = [
            ("limit on states", self.states.map(|states| states.to_string())),
            ("limit on depth", self.depth.map(|depth| depth.to_string())),
            ("time limit", self.time.map(|time| format!("{} s", time.as_secs_f64()))),
            ("memory limit", self.memory.map(|memory| format!("{memory} bytes"))),
        ];
        let bounds = bounds.into_iter();
        bounds
            .filter_map(|(name, value)| Some(Bound { name: name.to_owned(), value: value? }))
            .collect()
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// All reachable states were explored.
    Complete,
    /// A violation was found, and no more were asked for.
    Violation,
    /// The limit on distinct states was reached.
    States,
    /// The limit on the depth was reached.
    Depth,
    /// The time was up.
    Time,
    /// The memory was used up.
    Memory,
    /// The requested random runs are done.
    Sampled,
}

impl Stop {
    /// The reason that an undecided verdict gives.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Complete => "the exploration is complete",
            Self::Violation => "the run stopped at a violation; `--continue` goes on",
            Self::States => "the limit on states was reached",
            Self::Depth => "the limit on depth was reached",
            Self::Time => "the time limit was reached",
            Self::Memory => "the memory limit was reached",
            Self::Sampled => "random simulation covers a sample only",
        }
    }
}

/// The clock and the memory of a run.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    start: Instant,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), start: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The limit that is used up after so many states and levels.
    pub(crate) fn spent(&self, states: u64, levels: u64) -> Option<Stop> {
        if self.limits.states.is_some_and(|limit| states >= limit) {
            return Some(Stop::States);
        }
        if self.limits.depth.is_some_and(|limit| levels >= limit) {
            return Some(Stop::Depth);
        }
        self.limits.time.is_some_and(|limit| self.elapsed() >= limit).then_some(Stop::Time)
    }

    /// Whether structures of this size, or the process as the system sees it, exceed the memory
    /// limit.
    pub(crate) fn out_of_memory(&self, bytes: u64) -> bool {
        self.limits.memory.is_some_and(|limit| {
            bytes > limit || crate::memory::resident().is_some_and(|resident| resident > limit)
        })
    }
}
