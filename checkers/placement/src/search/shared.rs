//! What the search for plans and the search for bounds tell each other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::score::Solution;
use crate::budget::Clock;

/// So many times as long as it took to find the best plan, a better one is searched for.
const PATIENCE: u32 = 3;

/// The best plan and the best bounds so far.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    known: Mutex<Known>,
    changed: Condvar,
}

/// What is known so far.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The best plan; none until there is one.
    pub(crate) best: Option<Solution>,
    /// How many plans have been the best.
    pub(crate) version: u64,
    /// When the best plan was found.
    pub(crate) best_after: Duration,
    /// At most so many pods of each tier and above, if the tiers before have what the best plan
    /// places.
    pub(crate) bounds: Vec<u64>,
    /// The fewest fragments, given the tiers.
    pub(crate) fragments: u64,
    /// The least disruption, given the tiers and the fragments.
    pub(crate) disruption: u64,
    /// The number of the plan about which there is nothing left to prove that may succeed.
    pub(crate) exhausted: Option<u64>,
    /// Whether the search for plans has ended.
    pub(crate) searched: bool,
}

impl Known {
    /// The first tier in which more may be possible than the best plan places.
    pub(crate) fn open_tier(&self) -> Option<usize> {
        let placed = &self.best.as_ref()?.placed;
        placed.iter().zip(&self.bounds).position(|(placed, bound)| placed < bound)
    }

    /// Whether to stop although it may be possible to disturb less: all tiers are proven, nothing
    /// more can be proven, and for a time several times as long as the best plan took, no better
    /// one was found. `patience` is the least such time. For fewer fragments the search goes on.
    pub(crate) fn is_enough(&self, elapsed: Duration, patience: Duration) -> bool {
        let counts_fragments = |best: &Solution| best.fragments.is_some();
        self.best.as_ref().is_some_and(|best| !counts_fragments(best))
            && self.open_tier().is_none()
            && self.exhausted == Some(self.version)
            && elapsed.saturating_sub(self.best_after) >= patience.max(self.best_after * PATIENCE)
    }

    /// Whether the best plan is proven best in all respects.
    pub(crate) fn is_closed(&self) -> bool {
        self.best.as_ref().is_some_and(|best| {
            best.placed.iter().zip(&self.bounds).all(|(placed, bound)| placed >= bound)
                && best.fragments.is_none_or(|fragments| fragments <= self.fragments)
                && best.disruption <= self.disruption
        })
    }
}

impl Shared {
    pub(crate) fn new(clock: Clock, bounds: Vec<u64>) -> Self {
        let known = Known {
            best: None,
            version: 0,
            best_after: Duration::ZERO,
            bounds,
            fragments: 0,
            disruption: 0,
            exhausted: None,
            searched: false,
        };
        Self { clock, known: Mutex::new(known), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now.
    pub(crate) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Hands in a plan; whether it is the best so far.
    pub(crate) fn offer(&self, solution: &Solution) -> bool {
        let mut known = self.lock();
        if known.best.as_ref().is_some_and(|best| !solution.is_better_than(best)) {
            return false;
        }
        known.best = Some(solution.clone());
        known.version += 1;
        known.best_after = self.clock.elapsed();
        self.settle(&known);
        true
    }

    /// Hands in a bound of a tier. It holds for all plans that place at least as many in the tiers
    /// before as the best plan did; as long as those are closed, that is for good.
    pub(crate) fn bound_tier(&self, tier: usize, bound: u64) {
        let mut known = self.lock();
        if let Some(slot) = known.bounds.get_mut(tier) {
            *slot = (*slot).min(bound);
        }
        self.settle(&known);
    }

    /// Hands in what else is known.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.lock();
        change(&mut known);
        self.settle(&known);
    }

    fn settle(&self, known: &Known) {
        if known.is_closed() {
            self.clock.stop();
        }
        self.changed.notify_all();
    }

    /// Waits until something changes, at most so long.
    pub(crate) fn wait(&self, most: Duration) {
        let known = self.lock();
        drop(self.changed.wait_timeout(known, most));
    }
}
