//! The set of fingerprints of visited states, and how each state was first reached.
//!
//! The set is sharded by the low bits of the fingerprint. Workers read it without a lock while
//! they expand, and insert shard by shard between two expansions: no atomics, and a result that
//! does not depend on the number of workers. A slot holds one fingerprint; its place grows with
//! the fingerprint, so that a shard may have any capacity and grow by less than a factor of two.

/// Shards; more than any sensible number of workers, few enough to scan each batch once a shard.
pub(crate) const SHARDS: usize = 16;

/// A shard grows when more than 7/8 of its slots are taken, and then by 3/2.
const FIRST_SLOTS: usize = 1 << 10;

/// The visited fingerprints.
#[derive(Debug)]
pub(crate) struct Visited {
    shards: Vec<Shard>,
}

impl Visited {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::new(FIRST_SLOTS)).collect() }
    }

    /// An empty set with room for so many fingerprints. They may then come in ascending order,
    /// which in a set that is still small would crowd them at the front of each shard.
    pub(crate) fn with_room_for(fingerprints: u64) -> Self {
        let each = usize::try_from(fingerprints).unwrap_or_default().div_ceil(SHARDS);
        let slots = Shard::new(FIRST_SLOTS).slots_for(each + each / 16 + 64);
        Self { shards: (0..SHARDS).map(|_| Shard::new(slots)).collect() }
    }

    /// The shard that a fingerprint belongs to.
    #[inline]
    pub(crate) fn shard_of(fingerprint: u64) -> usize {
        usize::try_from(fingerprint).unwrap_or_default() % SHARDS
    }

    #[inline]
    pub(crate) fn contains(&self, fingerprint: u64) -> bool {
        self.shards
            .get(Self::shard_of(fingerprint))
            .is_some_and(|shard| shard.contains(fingerprint))
    }

    /// Adds a fingerprint; `true` if it is new.
    pub(crate) fn insert(&mut self, fingerprint: u64) -> bool {
        let shard = Self::shard_of(fingerprint);
        self.shards.get_mut(shard).is_some_and(|shard| shard.insert(fingerprint))
    }

    /// The shards, to be filled in parallel.
    pub(crate) fn shards_mut(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| 8 * shard.slots.len() as u64).sum()
    }

    /// Bytes held once `more` further fingerprints are in, at the worst while one shard grows.
    pub(crate) fn bytes_after(&self, more: usize) -> u64 {
        let each = more.div_ceil(SHARDS) + more / 64;
        let grown = |shard: &Shard| 8 * shard.slots_for(shard.taken + each) as u64;
        let largest = self.shards.iter().map(|shard| 8 * shard.slots.len() as u64).max();
        let growing =
            self.shards.iter().any(|shard| shard.slots_for(shard.taken + each) > shard.slots.len());
        self.shards.iter().map(grown).sum::<u64>() + if growing { largest.unwrap_or(0) } else { 0 }
    }

    /// All fingerprints, in an order that depends on nothing but the set and its history.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.shards.iter().flat_map(|shard| shard.slots.iter().copied().filter(|&slot| slot != 0))
    }
}

/// The fingerprints of one shard, in open addressing with linear probing; 0 is an empty slot.
#[derive(Debug)]
pub(crate) struct Shard {
    slots: Vec<u64>,
    taken: usize,
}

impl Shard {
    fn new(slots: usize) -> Self {
        Self { slots: vec![0; slots], taken: 0 }
    }

    /// The slot at which the search for a fingerprint starts: its share of the capacity.
    #[inline]
    fn home(&self, fingerprint: u64) -> usize {
        let share = (u128::from(fingerprint) * self.slots.len() as u128) >> 64;
        usize::try_from(share).unwrap_or_default()
    }

    /// The slot that holds the fingerprint, or the empty one in which it belongs.
    #[inline]
    fn find(&self, fingerprint: u64) -> (usize, bool) {
        let home = self.home(fingerprint);
        let (before, from) = self.slots.split_at(home.min(self.slots.len()));
        let hit = |&(_, &slot): &(usize, &u64)| slot == fingerprint || slot == 0;
        let found = from.iter().enumerate().find(hit).map(|(at, &slot)| (home + at, slot));
        let found =
            found.or_else(|| before.iter().enumerate().find(hit).map(|(at, &slot)| (at, slot)));
        found.map_or((0, true), |(at, slot)| (at, slot == fingerprint))
    }

    #[inline]
    fn contains(&self, fingerprint: u64) -> bool {
        self.find(fingerprint).1
    }

    /// Adds a fingerprint; `true` if it is new.
    #[inline]
    pub(crate) fn insert(&mut self, fingerprint: u64) -> bool {
        let (at, present) = self.find(fingerprint);
        if present {
            return false;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = fingerprint;
        }
        self.taken += 1;
        if self.slots_for(self.taken + 1) > self.slots.len() {
            self.grow();
        }
        true
    }

    /// The capacity with which `taken` fingerprints fit.
    fn slots_for(&self, taken: usize) -> usize {
        let mut slots = self.slots.len();
        while taken * 8 > slots * 7 {
            slots += slots / 2;
        }
        slots
    }

    fn grow(&mut self) {
        let mut grown = Self::new(self.slots.len() + self.slots.len() / 2);
        for &fingerprint in self.slots.iter().filter(|&&slot| slot != 0) {
            let (at, _) = grown.find(fingerprint);
            if let Some(slot) = grown.slots.get_mut(at) {
                *slot = fingerprint;
            }
        }
        grown.taken = self.taken;
        *self = grown;
    }
}

/// The parent of an initial state.
pub(crate) const NO_PARENT: u32 = u32::MAX;

/// How each state was first reached, by its number in the order of discovery: the number of its
/// parent, and which of the parent's enabled actions led to it (for an initial state, which of
/// the initial states it is).
#[derive(Debug, Default)]
pub(crate) struct Origins {
    parents: Vec<Vec<u32>>,
    ordinals: Vec<Vec<u16>>,
    len: usize,
}

/// Origins are kept in blocks, so that growing copies nothing and wastes little.
const BLOCK: usize = 1 << 14;

impl Origins {
    pub(crate) fn push(&mut self, parent: u32, ordinal: u16) {
        if self.len.is_multiple_of(BLOCK) {
            self.parents.push(Vec::with_capacity(BLOCK));
            self.ordinals.push(Vec::with_capacity(BLOCK));
        }
        if let (Some(parents), Some(ordinals)) = (self.parents.last_mut(), self.ordinals.last_mut())
        {
            parents.push(parent);
            ordinals.push(ordinal);
        }
        self.len += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, index: u32) -> Option<(u32, u16)> {
        let index = index as usize;
        let parent = *self.parents.get(index / BLOCK)?.get(index % BLOCK)?;
        let ordinal = *self.ordinals.get(index / BLOCK)?.get(index % BLOCK)?;
        Some((parent, ordinal))
    }

    /// The ordinals from the initial state to the state with this number.
    pub(crate) fn path(&self, index: u32) -> Vec<u16> {
        let mut path = Vec::new();
        let mut at = Some(index);
        while let Some((parent, ordinal)) = at.and_then(|index| self.get(index)) {
            path.push(ordinal);
            at = (parent != NO_PARENT).then_some(parent);
        }
        path.reverse();
        path
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        self.parents.iter().flatten().copied().zip(self.ordinals.iter().flatten().copied())
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.parents.len() * BLOCK * 6) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_set_agrees_with_a_tree(fingerprints in prop::collection::vec(1_u64.., 0..5000)) {
            let (mut visited, mut model) = (Visited::new(), BTreeSet::new());
            for &fingerprint in &fingerprints {
                prop_assert_eq!(visited.contains(fingerprint), model.contains(&fingerprint));
                prop_assert_eq!(visited.insert(fingerprint), model.insert(fingerprint));
            }
            prop_assert_eq!(visited.iter().collect::<BTreeSet<_>>(), model);
        }
    }

    #[test]
    fn growth_keeps_all_and_stays_within_twelve_and_a_half_bytes_a_state() {
        let mut visited = Visited::new();
        let spread = |n: u64| (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for n in 0..200_000 {
            assert!(visited.insert(spread(n)));
        }
        assert!((0..200_000).all(|n| visited.contains(spread(n))));
        assert!(visited.bytes() < 200_000 * 14, "{}", visited.bytes());
        assert!(visited.bytes_after(1_000_000) > visited.bytes());
    }

    #[test]
    fn a_set_with_room_takes_fingerprints_in_order_without_growing() {
        let mut visited = Visited::with_room_for(100_000);
        let bytes = visited.bytes();
        let step = u64::MAX / 100_000;
        assert!((1..=100_000).all(|n| visited.insert(n * step)));
        assert_eq!(visited.bytes(), bytes);
    }

    #[test]
    fn a_run_of_equal_homes_wraps_around() {
        let mut visited = Visited::new();
        let top: Vec<u64> = (0..600).map(|n| u64::MAX - n * SHARDS as u64).collect();
        assert!(top.iter().all(|&fingerprint| visited.insert(fingerprint)));
        assert!(top.iter().all(|&fingerprint| !visited.insert(fingerprint)));
    }

    #[test]
    fn paths_go_back_to_the_initial_state() {
        let mut origins = Origins::default();
        origins.push(NO_PARENT, 1);
        origins.push(0, 4);
        origins.push(0, 5);
        origins.push(2, 6);
        assert_eq!(origins.path(3), [1, 5, 6]);
        assert_eq!(origins.path(0), [1]);
        assert_eq!(origins.path(9), [] as [u16; 0]);
    }
}
