//! Sets of indexes, written as ranges.

use serde::{Deserialize, Serialize};

/// A set of indexes (of nodes, shapes or pods), as ascending, disjoint, not adjacent, inclusive
/// ranges: `[[0, 9], [12, 12]]`. There is one way to write a set, so equality is that of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IndexSet {
    ranges: Vec<(u32, u32)>,
}

impl IndexSet {
    /// The set of all indexes below a number.
    #[must_use]
    pub fn below(end: u32) -> Self {
        Self { ranges: end.checked_sub(1).map(|last| (0, last)).into_iter().collect() }
    }

    /// Whether an index is in the set.
    #[must_use]
    pub fn contains(&self, index: u32) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= index);
        after
            .checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|&(_, last)| index <= last)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many indexes are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|&(first, last)| u64::from(last) - u64::from(first) + 1).sum()
    }

    /// The indexes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Whether the ranges are ascending, disjoint and not adjacent, and end below `end`: what is
    /// read from a file is asked this before anything else.
    #[must_use]
    pub fn is_canonical(&self, end: u32) -> bool {
        let ordered = self.ranges.iter().all(|&(first, last)| first <= last && last < end);
        let apart = self.ranges.windows(2).all(|pair| match pair {
            [(_, last), (first, _)] => u64::from(*last) + 1 < u64::from(*first),
            _ => true,
        });
        ordered && apart
    }
}

impl FromIterator<u32> for IndexSet {
    fn from_iter<I: IntoIterator<Item = u32>>(indexes: I) -> Self {
        let mut sorted: Vec<u32> = indexes.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for index in sorted {
            match ranges.last_mut() {
                Some((_, last)) if index <= last.saturating_add(1) => *last = index.max(*last),
                _ => ranges.push((index, index)),
            }
        }
        Self { ranges }
    }
}
