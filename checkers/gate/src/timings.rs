//! What each rule cost.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What a rule, or all schemas together, cost over all objects and threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// The rule's id, or `schemas`.
    pub what: String,
    /// Wall time, summed over the threads.
    pub time: Duration,
    /// How often it ran.
    pub runs: u64,
}

/// Adds up what rules cost, if asked for. Shared by threads.
#[derive(Debug)]
pub(crate) struct Timings(Option<Mutex<BTreeMap<String, (Duration, u64)>>>);

impl Timings {
    pub(crate) fn new(wanted: bool) -> Self {
        Self(wanted.then(Mutex::default))
    }

    /// Begins to measure on this thread.
    pub(crate) fn start(&self) -> Lap<'_> {
        Lap { timings: self, last: self.0.as_ref().map(|_| Instant::now()) }
    }

    /// The dearest first.
    pub(crate) fn sorted(&self) -> Vec<Timing> {
        let Some(Ok(sums)) = self.0.as_ref().map(Mutex::lock) else { return Vec::new() };
        let all = sums.iter();
        let mut all: Vec<_> =
            all.map(|(what, &(time, runs))| Timing { what: what.clone(), time, runs }).collect();
        all.sort_by(|a, b| (b.time, &a.what).cmp(&(a.time, &b.what)));
        all
    }
}

/// Measures one thing after another.
pub(crate) struct Lap<'a> {
    timings: &'a Timings,
    last: Option<Instant>,
}

impl Lap<'_> {
    /// Charges the time since the last call to something.
    pub(crate) fn done(&mut self, what: &str) {
        let (Some(last), Some(sums)) = (&mut self.last, &self.timings.0) else { return };
        let now = Instant::now();
        let Ok(mut sums) = sums.lock() else { return };
        let (time, runs) = match sums.get_mut(what) {
            Some(sum) => sum,
            None => sums.entry(what.to_owned()).or_default(),
        };
        *time += now - *last;
        *runs += 1;
        drop(sums);
        *last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_not_measured() {
        for (wanted, expected) in [(false, 0), (true, 2)] {
            let timings = Timings::new(wanted);
            let mut lap = timings.start();
            for what in ["a", "b", "a"] {
                lap.done(what);
            }
            let sorted = timings.sorted();
            assert_eq!(sorted.len(), expected);
            assert!(sorted.iter().all(|timing| timing.runs == 1 + u64::from(timing.what == "a")));
        }
    }
}
