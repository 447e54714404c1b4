//! Dimensions split into atoms, and sets of atoms.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tinyvec::TinyVec;

/// A set of atoms of one dimension, by their positions: a bit set, inline up to 128 atoms.
///
/// The last word is never zero, so that equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomSet {
    words: TinyVec<[u64; 2]>,
}

impl AtomSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The atoms from 0 up to, not including, `len`.
    #[must_use]
    pub fn full(len: usize) -> Self {
        let (whole, rest) = (len / 64, len % 64);
        let mut words: TinyVec<[u64; 2]> = std::iter::repeat_n(u64::MAX, whole).collect();
        if rest > 0 {
            words.push((1 << rest) - 1);
        }
        Self { words }
    }

    /// The set of one atom.
    #[must_use]
    pub fn single(atom: usize) -> Self {
        std::iter::once(atom).collect()
    }

    /// Adds an atom.
    pub fn insert(&mut self, atom: usize) {
        let word = atom / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (atom % 64);
        }
    }

    /// Whether an atom is in it.
    #[must_use]
    pub fn contains(&self, atom: usize) -> bool {
        self.words.get(atom / 64).is_some_and(|word| word & (1 << (atom % 64)) != 0)
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many atoms it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The atoms in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// Whether no atom is in both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & b == 0)
    }

    /// Whether each of its atoms is in the other, too.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.len() <= other.words.len()
            && self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }

    /// The atoms in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of_words(self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect())
    }

    /// The atoms in this one alone.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let others = other.words.iter().chain(std::iter::repeat(&0));
        Self::of_words(self.words.iter().zip(others).map(|(a, b)| a & !b).collect())
    }

    /// The atoms in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (short, long) =
            if self.words.len() < other.words.len() { (self, other) } else { (other, self) };
        let mut words = long.words.clone();
        words.iter_mut().zip(&short.words).for_each(|(a, b)| *a |= b);
        Self { words }
    }

    fn of_words(mut words: TinyVec<[u64; 2]>) -> Self {
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

impl FromIterator<usize> for AtomSet {
    fn from_iter<I: IntoIterator<Item = usize>>(atoms: I) -> Self {
        let mut set = Self::new();
        atoms.into_iter().for_each(|atom| set.insert(atom));
        set
    }
}

/// A class of values that nothing in the configurations tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// One value of the class, as a request would carry it.
    pub witness: Arc<str>,
    /// The values of the class as people read them; empty for the atom of all values that are not
    /// named.
    pub names: Vec<Arc<str>>,
}

impl Atom {
    /// The class of one value that reads as it is written.
    pub fn literal(value: impl Into<Arc<str>>) -> Self {
        let value = value.into();
        Self { witness: Arc::clone(&value), names: vec![value] }
    }

    /// The class of all values that are not named, with one of them.
    pub fn other(witness: impl Into<Arc<str>>) -> Self {
        Self { witness: witness.into(), names: Vec::new() }
    }

    /// Whether this is the class of all values that are not named.
    #[must_use]
    pub fn is_other(&self) -> bool {
        self.names.is_empty()
    }
}

/// One dimension of a space: its name, and its atoms, which share out all its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// What its values are, such as `verb`.
    pub name: &'static str,
    /// The atoms, in the order in which they are shown.
    pub atoms: Vec<Atom>,
}

impl Dimension {
    /// A dimension of these atoms.
    pub const fn new(name: &'static str, atoms: Vec<Atom>) -> Self {
        Self { name, atoms }
    }

    /// All its atoms.
    #[must_use]
    pub fn all(&self) -> AtomSet {
        AtomSet::full(self.atoms.len())
    }

    /// A set of its atoms as people read it.
    #[must_use]
    pub fn extent(&self, set: &AtomSet) -> Extent {
        let names = |inside: bool| {
            let atoms = self.atoms.iter().enumerate();
            let chosen = atoms.filter(|&(at, _)| set.contains(at) == inside);
            let mut names: Vec<_> =
                chosen.flat_map(|(_, atom)| atom.names.iter().cloned()).collect();
            names.sort_unstable();
            names
        };
        let other = self.atoms.iter().position(Atom::is_other);
        let members = if *set == self.all() {
            Members::Any
        } else if other.is_some_and(|other| set.contains(other)) {
            Members::AllBut(names(false))
        } else {
            Members::Only(names(true))
        };
        Extent { dimension: self.name, members }
    }
}

/// A product of dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// The dimensions, in the order of the sets of a [`crate::Rectangle`].
    pub dimensions: Vec<Dimension>,
}

impl Space {
    /// The product of these dimensions.
    pub const fn new(dimensions: Vec<Dimension>) -> Self {
        Self { dimensions }
    }

    /// How many cells it has; exact below 2^128.
    #[must_use]
    pub fn cells(&self) -> u128 {
        let sizes = self.dimensions.iter().map(|dimension| dimension.atoms.len() as u128);
        sizes.fold(1, u128::saturating_mul)
    }
}

/// What a region covers of one dimension, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Extent {
    /// The name of the dimension.
    pub dimension: &'static str,
    /// The values.
    #[serde(flatten)]
    pub members: Members,
}

/// Values of a dimension, named or all but some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "members", content = "names")]
pub enum Members {
    /// All.
    Any,
    /// These, sorted.
    Only(Vec<Arc<str>>),
    /// All but these, sorted.
    AllBut(Vec<Arc<str>>),
}

impl fmt::Display for Members {
    /// Writes `any`, the names, or `any but` the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Only(names) => f.write_str(&names.join(", ")),
            Self::AllBut(names) => write!(f, "any but {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn atoms() -> impl Strategy<Value = BTreeSet<usize>> {
        proptest::collection::btree_set(0_usize..200, 0..12)
    }

    proptest! {
        #[test]
        fn sets_of_atoms_are_sets(a in atoms(), b in atoms()) {
            let set = |atoms: &BTreeSet<usize>| atoms.iter().copied().collect::<AtomSet>();
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(x.intersection(&y), set(&(&a & &b)));
            prop_assert_eq!(x.union(&y), set(&(&a | &b)));
            prop_assert_eq!(x.difference(&y), set(&(&a - &b)));
            prop_assert_eq!(x.is_subset(&y), a.is_subset(&b));
            prop_assert_eq!(x.is_disjoint(&y), a.is_disjoint(&b));
            prop_assert_eq!(x.len(), a.len());
            prop_assert_eq!(x.is_empty(), a.is_empty());
            prop_assert!(x.iter().eq(a.iter().copied()));
            prop_assert!((0..200).all(|atom| x.contains(atom) == a.contains(&atom)));
        }

        #[test]
        fn the_full_set_has_all(len in 0_usize..300) {
            prop_assert_eq!(AtomSet::full(len), (0..len).collect());
        }
    }

    #[test]
    fn sets_read_as_what_they_hold_or_as_what_they_lack() {
        let atoms = vec![Atom::literal("get"), Atom::literal("list"), Atom::other("other")];
        let dimension = Dimension::new("verb", atoms);
        for (set, expected) in [
            (vec![0, 1, 2], "any"),
            (vec![1, 0], "get, list"),
            (vec![0, 2], "any but list"),
            (vec![2], "any but get, list"),
        ] {
            let extent = dimension.extent(&set.into_iter().collect());
            assert_eq!(extent.members.to_string(), expected);
        }
    }
}
