//! Sets of cells: rectangles, and unions of them.

use std::cmp::Reverse;

use crate::{AtomSet, Extent, Space};

/// A product of one set of atoms a dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rectangle {
    sets: Vec<AtomSet>,
}

impl Rectangle {
    /// The product of these sets, in the order of the space's dimensions; `None` if it is empty.
    #[must_use]
    pub fn new(sets: Vec<AtomSet>) -> Option<Self> {
        let empty = sets.iter().any(AtomSet::is_empty);
        (!empty).then_some(Self { sets })
    }

    /// The whole space; `None` if it is empty.
    #[must_use]
    pub fn whole(space: &Space) -> Option<Self> {
        Self::new(space.dimensions.iter().map(crate::Dimension::all).collect())
    }

    /// The sets, one a dimension.
    #[must_use]
    pub fn sets(&self) -> &[AtomSet] {
        &self.sets
    }

    /// How many cells it has; exact below 2^128.
    #[must_use]
    pub fn cells(&self) -> u128 {
        self.sets.iter().map(|set| set.len() as u128).fold(1, u128::saturating_mul)
    }

    /// Whether it has this cell, given by one atom a dimension.
    #[must_use]
    pub fn contains(&self, cell: &[usize]) -> bool {
        self.sets.iter().zip(cell).all(|(set, &atom)| set.contains(atom))
    }

    /// Whether no cell is in both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.sets.iter().zip(&other.sets).any(|(a, b)| a.is_disjoint(b))
    }

    /// Whether each of its cells is in the other, too.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.sets.iter().zip(&other.sets).all(|(a, b)| a.is_subset(b))
    }

    /// The cells in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::new(self.sets.iter().zip(&other.sets).map(|(a, b)| a.intersection(b)).collect())
    }

    /// The cells in this one alone, as disjoint rectangles: the first differs from the other in the
    /// first dimension, the second agrees there and differs in the second, and so on.
    fn minus(&self, other: &Self) -> Vec<Self> {
        let mut rest = self.clone();
        let mut pieces = Vec::new();
        for (at, theirs) in other.sets.iter().enumerate() {
            let Some(set) = rest.sets.get_mut(at) else { break };
            let (outside, inside) = (set.difference(theirs), set.intersection(theirs));
            *set = outside;
            if !set.is_empty() {
                pieces.push(rest.clone());
            }
            if let Some(set) = rest.sets.get_mut(at) {
                *set = inside;
            }
        }
        pieces
    }

    /// What it covers of each dimension, as people read it.
    #[must_use]
    pub fn extents(&self, space: &Space) -> Vec<Extent> {
        let pairs = space.dimensions.iter().zip(&self.sets);
        pairs.map(|(dimension, set)| dimension.extent(set)).collect()
    }
}

/// A set of cells, held as rectangles of which no two overlap.
#[derive(Clone, Debug, Default)]
pub struct Region {
    rectangles: Vec<Rectangle>,
}

impl Region {
    /// The empty region.
    #[must_use]
    pub const fn new() -> Self {
        Self { rectangles: Vec::new() }
    }

    /// The union of rectangles, which may overlap.
    pub fn union_of(rectangles: impl IntoIterator<Item = Rectangle>) -> Self {
        // Large ones first: what they cover is then not cut into pieces.
        let mut rectangles: Vec<_> = rectangles.into_iter().collect();
        rectangles.sort_by_cached_key(|rectangle| Reverse(rectangle.cells()));
        let mut region = Self::new();
        for rectangle in rectangles {
            region.add(rectangle);
        }
        region
    }

    /// The rectangles, of which no two overlap.
    #[must_use]
    pub fn rectangles(&self) -> &[Rectangle] {
        &self.rectangles
    }

    /// Whether it has no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rectangles.is_empty()
    }

    /// How many cells it has; exact below 2^128.
    #[must_use]
    pub fn cells(&self) -> u128 {
        self.rectangles.iter().map(Rectangle::cells).fold(0, u128::saturating_add)
    }

    /// Whether it has this cell, given by one atom a dimension.
    #[must_use]
    pub fn contains(&self, cell: &[usize]) -> bool {
        self.rectangles.iter().any(|rectangle| rectangle.contains(cell))
    }

    /// Adds the cells of a rectangle.
    pub fn add(&mut self, rectangle: Rectangle) {
        let mut news = Self { rectangles: vec![rectangle] };
        for known in &self.rectangles {
            if news.is_empty() {
                return;
            }
            news.remove(known);
        }
        self.rectangles.append(&mut news.rectangles);
    }

    /// Takes the cells of a rectangle out.
    pub fn remove(&mut self, rectangle: &Rectangle) {
        if self.rectangles.iter().all(|own| own.is_disjoint(rectangle)) {
            return;
        }
        let mut rest = Vec::with_capacity(self.rectangles.len() + 2);
        for own in self.rectangles.drain(..) {
            if own.is_disjoint(rectangle) {
                rest.push(own);
            } else {
                rest.append(&mut own.minus(rectangle));
            }
        }
        self.rectangles = rest;
    }

    /// The cells in this one alone.
    #[must_use]
    pub fn minus<'r>(mut self, others: impl IntoIterator<Item = &'r Rectangle>) -> Self {
        for other in others {
            if self.is_empty() {
                break;
            }
            self.remove(other);
        }
        self
    }

    /// The cells in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let pairs = self
            .rectangles
            .iter()
            .flat_map(|own| other.rectangles.iter().filter_map(|other| own.intersection(other)));
        Self { rectangles: pairs.collect() }
    }

    /// Whether both have the same cells.
    #[must_use]
    pub fn same_cells(&self, other: &Self) -> bool {
        self.clone().minus(&other.rectangles).is_empty()
            && other.clone().minus(&self.rectangles).is_empty()
    }

    /// The region as few large rectangles that people read: each is maximal (no atom can be added
    /// to any of its sets), together they cover exactly the region, and they may overlap.
    ///
    /// Greedy: the largest piece that is left is grown first. The order is deterministic.
    #[must_use]
    pub fn maximal(&self) -> Vec<Rectangle> {
        let mut rest = self.clone();
        let mut grown = Vec::new();
        // Of the largest, the first in order.
        while let Some(seed) =
            rest.rectangles.iter().min_by_key(|piece| (Reverse(piece.cells()), *piece)).cloned()
        {
            let grown_one = self.grown(seed);
            rest.remove(&grown_one);
            grown.push(grown_one);
        }
        grown.sort_unstable();
        grown
    }

    /// A rectangle of the region, grown in one dimension after the other, the last first.
    fn grown(&self, mut rectangle: Rectangle) -> Rectangle {
        for at in (0..rectangle.sets.len()).rev() {
            let grown = self.widest(&rectangle, at);
            if let Some(set) = rectangle.sets.get_mut(at) {
                *set = grown;
            }
        }
        rectangle
    }

    /// The atoms of a dimension for which the rest of the rectangle lies in the region. As the
    /// region's rectangles do not overlap, these are the atoms whose shares add up to all cells.
    fn widest(&self, rectangle: &Rectangle, at: usize) -> AtomSet {
        let others = |sets: &[AtomSet]| -> Vec<AtomSet> {
            let kept = sets.iter().enumerate().filter(|&(other, _)| other != at);
            kept.map(|(_, set)| set.clone()).collect()
        };
        let slab = others(&rectangle.sets);
        let size = |sets: &[AtomSet]| {
            sets.iter().map(|set| set.len() as u128).fold(1, u128::saturating_mul)
        };
        let mut shares: Vec<u128> = Vec::new();
        for piece in &self.rectangles {
            let pairs = slab.iter().zip(others(&piece.sets));
            let common: Vec<_> = pairs.map(|(a, b)| a.intersection(&b)).collect();
            let share = size(&common);
            for atom in piece.sets.get(at).iter().flat_map(|set| set.iter()) {
                if atom >= shares.len() {
                    shares.resize(atom + 1, 0);
                }
                if let Some(sum) = shares.get_mut(atom) {
                    *sum = sum.saturating_add(share);
                }
            }
        }
        let all = size(&slab);
        let full = shares.iter().enumerate().filter(|&(_, &share)| share == all);
        full.map(|(atom, _)| atom).collect()
    }
}

impl FromIterator<Rectangle> for Region {
    fn from_iter<I: IntoIterator<Item = Rectangle>>(rectangles: I) -> Self {
        Self::union_of(rectangles)
    }
}

#[cfg(test)]
mod tests;
