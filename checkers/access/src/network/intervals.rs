//! Sets of integers as sorted intervals: what ports and addresses are made of.

/// An integer type whose values are the points of a line.
pub(crate) trait Point: Copy + Ord + std::hash::Hash + std::fmt::Debug {
    /// The first point.
    const FIRST: Self;
    /// The last point.
    const LAST: Self;
    /// The point behind this one.
    fn next(self) -> Option<Self>;
    /// The point before this one.
    fn previous(self) -> Option<Self>;
}

macro_rules! point {
    ($integer:ty) => {
        impl Point for $integer {
            const FIRST: Self = Self::MIN;
            const LAST: Self = Self::MAX;

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    };
}

point!(u32);
point!(u128);

/// A set of points: disjoint closed intervals in ascending order, no two of which touch. So two
/// sets are equal if and only if they hold the same points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Intervals<T> {
    ranges: Vec<(T, T)>,
}

impl<T: Point> Default for Intervals<T> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T: Point> Intervals<T> {
    /// The set of no points.
    pub(crate) const fn empty() -> Self {
        Self { ranges: Vec::new() }
    }

    /// The points from `first` to `last`, both included; none if `last` is below `first`.
    pub(crate) fn range(first: T, last: T) -> Self {
        Self { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// The points of all these ranges, given in any order.
    pub(crate) fn of(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut sorted: Vec<_> = ranges.into_iter().filter(|(a, b)| a <= b).collect();
        sorted.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match merged.last_mut() {
                Some(before) if before.1.next().is_none_or(|next| first <= next) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    /// The intervals, ascending.
    pub(crate) fn ranges(&self) -> &[(T, T)] {
        &self.ranges
    }

    /// Whether there is no point in it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The least point.
    pub(crate) fn first(&self) -> Option<T> {
        self.ranges.first().map(|range| range.0)
    }

    /// Whether a point is in it.
    pub(crate) fn contains(&self, point: T) -> bool {
        let after = self.ranges.partition_point(|range| range.0 <= point);
        after.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|at| point <= at.1)
    }

    /// The points of either set.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        Self::of(self.ranges.iter().chain(&other.ranges).copied())
    }

    /// The points of both sets.
    #[must_use]
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.ranges.as_slice(), other.ranges.as_slice());
        let mut both = Vec::new();
        while let (Some((a, rest_a)), Some((b, rest_b))) =
            (ours.split_first(), theirs.split_first())
        {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                both.push((first, last));
            }
            if a.1 <= b.1 {
                ours = rest_a;
            } else {
                theirs = rest_b;
            }
        }
        Self { ranges: both }
    }

    /// The points that are not in it.
    #[must_use]
    pub(crate) fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.ranges.len() + 1);
        let mut from = Some(T::FIRST);
        for &(first, last) in &self.ranges {
            if let (Some(from), Some(to)) = (from, first.previous()) {
                gaps.push((from, to));
            }
            from = last.next();
        }
        gaps.extend(from.map(|from| (from, T::LAST)));
        Self { ranges: gaps.into_iter().filter(|(a, b)| a <= b).collect() }
    }

    /// The points that are in this set but not in the other.
    #[must_use]
    pub(crate) fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        self.intersection(&other.complement())
    }

    /// Whether all its points are in the other set.
    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Whether the two sets have no point in common.
    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        self.intersection(other).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn points(set: &Intervals<u32>) -> BTreeSet<u32> {
        (0..40).filter(|&point| set.contains(point)).collect()
    }

    prop_compose! {
        fn set()(ranges in prop::collection::vec((0_u32..32, 0_u32..8), 0..5)) -> Intervals<u32> {
            Intervals::of(ranges.into_iter().map(|(first, length)| (first, first + length)))
        }
    }

    proptest! {
        #[test]
        fn operations_agree_with_sets_of_points(a in set(), b in set()) {
            let (x, y) = (points(&a), points(&b));
            prop_assert_eq!(points(&a.union(&b)), x.union(&y).copied().collect());
            prop_assert_eq!(points(&a.intersection(&b)), x.intersection(&y).copied().collect());
            prop_assert_eq!(points(&a.difference(&b)), x.difference(&y).copied().collect());
            prop_assert_eq!(a.is_subset(&b), x.is_subset(&y));
            prop_assert_eq!(a.is_disjoint(&b), x.is_disjoint(&y));
            prop_assert_eq!(a.complement().complement(), a.clone());
            prop_assert_eq!(a.first(), x.first().copied());
            prop_assert_eq!(a == b, x == y, "equal sets have equal intervals");
        }
    }

    #[test]
    fn the_ends_of_the_line_are_no_special_case() {
        let all = Intervals::range(0_u32, u32::MAX);
        assert!(all.complement().is_empty());
        assert_eq!(Intervals::empty().complement(), all);
        assert_eq!(Intervals::of([(5, u32::MAX), (0, 4)]), all);
        assert!(Intervals::range(3_u32, 2).is_empty());
    }
}
