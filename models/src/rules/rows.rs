//! Tables with a row for each actor of one kind.

use serde::{Deserialize, Serialize};
use std::ops::{Index, IndexMut};

use super::{About, each};

/// A table with a row for each actor of one kind, by number from 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Rows<T>(Vec<T>);

impl<T: Clone> Rows<T> {
    /// So many equal rows.
    pub(crate) fn new(count: u8, row: T) -> Self {
        Self(vec![row; usize::from(count)])
    }
}

impl<T> Rows<T> {
    /// The rows in order.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The rows in order, to be changed.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }

    /// The number of rows.
    pub(crate) fn count(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }

    /// The numbers of the rows for which `holds`.
    pub(crate) fn those(&self, holds: impl Fn(&T) -> bool) -> Vec<About> {
        each(self.count(), |number| holds(&self[number]))
    }

    /// The numbers of the rows for which `holds`, which is told the number too.
    pub(crate) fn those_numbered(&self, holds: impl Fn(u8, &T) -> bool) -> Vec<About> {
        each(self.count(), |number| holds(number, &self[number]))
    }
}

#[expect(clippy::indexing_slicing, reason = "the table has a row for each actor of the model")]
impl<T> Index<u8> for Rows<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: u8) -> &T {
        &self.0[usize::from(number)]
    }
}

#[expect(clippy::indexing_slicing, reason = "the table has a row for each actor of the model")]
impl<T> IndexMut<u8> for Rows<T> {
    #[inline]
    fn index_mut(&mut self, number: u8) -> &mut T {
        &mut self.0[usize::from(number)]
    }
}
