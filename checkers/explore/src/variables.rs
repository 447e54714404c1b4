//! State variables that know when they are read and written.
//!
//! A protocol wraps the fields of its state in [`Var`]. In builds with debug assertions each
//! access is noted, so that the declarations of [`crate::ActionClass`] can be held against what
//! its guard and its update really touch. In other builds a `Var` is its content.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// A state variable: the one with index `ID` in [`crate::Protocol::variables`].
#[derive(Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Var<const ID: usize, T>(T);

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derived `clone_from` keeps nothing")]
impl<const ID: usize, T: Clone> Clone for Var<ID, T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Keeps what the old value has allocated.
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

impl<const ID: usize, T> Var<ID, T> {
    /// A variable with this value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, without noting a read: for showing, hashing and renaming, which are no part
    /// of an action.
    pub const fn peek(&self) -> &T {
        &self.0
    }

    /// The value, without noting a write.
    pub const fn peek_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<const ID: usize, T> Deref for Var<ID, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        note(|accesses| accesses.reads |= 1 << ID);
        &self.0
    }
}

impl<const ID: usize, T> DerefMut for Var<ID, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        note(|accesses| accesses.writes |= 1 << ID);
        &mut self.0
    }
}

/// Sets of variables by index, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Variables that were read.
    pub reads: u64,
    /// Variables that were written.
    pub writes: u64,
}

thread_local! {
    static NOTED: Cell<Accesses> = const { Cell::new(Accesses { reads: 0, writes: 0 }) };
}

#[inline]
fn note(update: impl FnOnce(&mut Accesses)) {
    if cfg!(debug_assertions) {
        NOTED.with(|noted| {
            let mut accesses = noted.get();
            update(&mut accesses);
            noted.set(accesses);
        });
    }
}

/// What `action` returns, and the variables that this thread read and wrote meanwhile. Without
/// debug assertions nothing is noted.
pub fn observing<T>(action: impl FnOnce() -> T) -> (T, Accesses) {
    let before = NOTED.replace(Accesses::default());
    let result = action();
    (result, NOTED.replace(before))
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    // Accesses are observed in debug builds only.
    #[test]
    fn reads_and_writes_are_noted_and_peeks_are_not() {
        let (mut x, mut y, z) =
            (Var::<0, _>::new(1), Var::<1, _>::new(vec![2]), Var::<2, _>::new(3));
        let ((), seen) = observing(|| {
            y.push(*x + z.peek());
            *x.peek_mut() = 5;
        });
        assert_eq!(seen, Accesses { reads: 0b001, writes: 0b010 });
        assert_eq!((*x, y.as_slice()), (5, [2, 4].as_slice()));
    }
}
