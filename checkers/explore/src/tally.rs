//! What a run counts.

use crate::{Formula, Kind, Property, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often the actions of one class were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Successors generated.
    pub generated: u64,
    /// Successors that were new.
    pub distinct: u64,
    /// Enabled actions that a bound forbade.
    pub bounded: u64,
}

/// How often something was found, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) count: u64,
    /// The number of the first such state.
    pub(crate) first: Option<u32>,
}

impl Found {
    pub(crate) fn add(&mut self, state: u32) {
        self.count += 1;
        self.first.get_or_insert(state);
    }
}

/// The counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Initial states and successors, duplicates included, as TLC counts them.
    pub(crate) generated: u64,
    /// By action class.
    pub(crate) classes: Vec<ClassCount>,
    /// By property: violations of an invariant, witnesses of a reachability claim.
    pub(crate) found: Vec<Found>,
    /// Properties whose antecedent was true in some state.
    pub(crate) relevant: u64,
    /// States in which nothing is enabled and that may not stop.
    pub(crate) deadlocks: Found,
    /// Steps that a bound forbade, by bound.
    pub(crate) bounded: BTreeMap<String, u64>,
    /// Successors outside the protocol's boundary.
    pub(crate) outside: u64,
}

impl Tally {
    pub(crate) fn new(classes: usize, properties: usize) -> Self {
        Self {
            classes: vec![ClassCount::default(); classes],
            found: vec![Found::default(); properties],
            ..Self::default()
        }
    }

    /// Violations of these properties, deadlocks included.
    pub(crate) fn violations<P: Protocol>(&self, properties: &[Property<P>]) -> u64 {
        let properties = properties.iter().zip(&self.found);
        let invariants = properties.filter(|(property, _)| property.kind() == Kind::Always);
        invariants.map(|(_, found)| found.count).sum::<u64>() + self.deadlocks.count
    }

    /// Adds what one expansion counted; what it *found* is added state by state.
    pub(crate) fn add(&mut self, other: &Self) {
        self.generated += other.generated;
        self.relevant |= other.relevant;
        self.outside += other.outside;
        for (mine, theirs) in self.classes.iter_mut().zip(&other.classes) {
            mine.generated += theirs.generated;
            mine.distinct += theirs.distinct;
            mine.bounded += theirs.bounded;
        }
        for (bound, count) in &other.bounded {
            *self.bounded.entry(bound.clone()).or_default() += count;
        }
    }

    /// Adds what was found in the state with this number.
    pub(crate) fn record(&mut self, number: u32, marks: Marks) {
        self.relevant |= marks.relevant;
        let mut found = marks.found;
        while found != 0 {
            if let Some(property) = self.found.get_mut(found.trailing_zeros() as usize) {
                property.add(number);
            }
            found &= found - 1;
        }
    }

    /// Counts a step that a bound forbids.
    pub(crate) fn bounded(&mut self, class: usize, bound: &str) {
        self.class(class, |count| count.bounded += 1);
        match self.bounded.get_mut(bound) {
            Some(count) => *count += 1,
            None => drop(self.bounded.insert(bound.to_owned(), 1)),
        }
    }

    pub(crate) fn class(&mut self, class: usize, update: impl FnOnce(&mut ClassCount)) {
        if let Some(count) = self.classes.get_mut(class) {
            update(count);
        }
    }
}

/// What one state says about each property, as bits by the property's index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Invariants that are violated and reachability claims that are witnessed.
    pub(crate) found: u64,
    /// Invariants whose antecedent is true.
    pub(crate) relevant: u64,
}

/// Evaluates all properties that are decided state by state.
#[inline]
pub(crate) fn evaluate<P: Protocol>(
    protocol: &P,
    properties: &[Property<P>],
    state: &P::State,
) -> Marks {
    let mut marks = Marks::default();
    for (index, property) in properties.iter().enumerate() {
        let bit = 1_u64 << index;
        match &property.formula {
            Formula::Always { when, holds } => {
                if when.as_ref().is_none_or(|when| when(protocol, state)) {
                    marks.relevant |= bit;
                    marks.found |= if holds(protocol, state) { 0 } else { bit };
                }
            }
            Formula::Sometimes(holds) => {
                marks.found |= if holds(protocol, state) { bit } else { 0 }
            }
            Formula::Eventually(_)
            | Formula::LeadsTo(..)
            | Formula::AlwaysEventually(_)
            | Formula::EventuallyAlways(_) => {}
        }
    }
    marks
}
