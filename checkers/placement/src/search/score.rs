//! What a plan is worth.

use std::cmp::Ordering;

use seatrial_certificate::{Filters, Step, plan};

/// A feasible plan and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Solution {
    /// The steps.
    pub(crate) plan: Vec<Step>,
    /// Where every pod runs in the end.
    pub(crate) places: Vec<Option<u32>>,
    /// How many pods of each priority and above run.
    pub(crate) placed: Vec<u64>,
    /// The fragments that are left, if they matter.
    pub(crate) fragments: Option<u64>,
    /// How much is disturbed.
    pub(crate) disruption: u64,
}

impl Solution {
    /// Replays a plan; none if it is not feasible.
    pub(crate) fn of(filters: &Filters<'_>, steps: Vec<Step>) -> Result<Self, plan::PlanError> {
        let outcome = plan::replay(filters, &steps)?;
        Ok(Self {
            plan: steps,
            places: outcome.state.places().to_vec(),
            placed: outcome.placed,
            fragments: outcome.fragments,
            disruption: outcome.disruption,
        })
    }

    /// Which of two is better (greater): more pods tier by tier, then fewer fragments, then less
    /// disruption.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.placed
            .cmp(&other.placed)
            .then_with(|| other.fragments.cmp(&self.fragments))
            .then_with(|| other.disruption.cmp(&self.disruption))
    }

    /// Whether this is better than another.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Greater
    }
}
