//! What of a holder's grants changed.

use rustc_hash::FxHashMap;

use crate::rbac::holders::{Entry, Granted, Interner, places};
use crate::rbac::shape::Values;

/// What is granted, and where before and after; sorted by what is granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Situation<'a> {
    pub(super) grants: Vec<Placed<'a>>,
}

/// Something granted, with its places on the old and on the new side; `None` where it is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed<'a> {
    pub(super) granted: Granted,
    pub(super) places: [Option<Values<'a>>; 2],
}

impl Placed<'_> {
    pub(super) fn is_changed(&self) -> bool {
        let [old, new] = &self.places;
        old != new
    }

    /// Whether some request may be allowed by both, on whatever side.
    fn meets(&self, other: &Self, overlaps: &mut Overlaps, interner: &Interner<'_>) -> bool {
        let mut pairs = self.places.iter().flatten().flat_map(|own| {
            other.places.iter().flatten().map(move |other| !own.is_disjoint(other))
        });
        pairs.any(|meet| meet) && overlaps.overlap(self.granted, other.granted, interner)
    }
}

impl<'a> Situation<'a> {
    pub(super) fn of<'e>(
        old: impl Iterator<Item = &'e Entry<'a>>,
        new: impl Iterator<Item = &'e Entry<'a>>,
    ) -> Self
    where
        'a: 'e,
    {
        let plain = |entry: &Entry<'a>, side: usize| (entry.granted, side, entry.namespace);
        let old = old.map(|entry| plain(entry, 0));
        let mut all: Vec<_> = old.chain(new.map(|entry| plain(entry, 1))).collect();
        all.sort_unstable();
        all.dedup();
        let grants = all.chunk_by(|(a, ..), (b, ..)| a == b).filter_map(|chunk| {
            let granted = chunk.first()?.0;
            let on = |side: usize| {
                let here = chunk.iter().filter(|(_, other, _)| *other == side);
                let here: Vec<_> =
                    here.map(|(granted, _, namespace)| (*granted, *namespace)).collect();
                (!here.is_empty()).then(|| places(&here))
            };
            Some(Placed { granted, places: [on(0), on(1)] })
        });
        Self { grants: grants.collect() }
    }

    /// The grants that changed, and those that may allow what they allow, too; `None` if none
    /// changed.
    pub(super) fn relevant(
        mut self,
        overlaps: &mut Overlaps,
        interner: &Interner<'_>,
    ) -> Option<Self> {
        let changed: Vec<_> =
            self.grants.iter().filter(|grant| grant.is_changed()).cloned().collect();
        if changed.is_empty() {
            return None;
        }
        self.grants.retain(|grant| {
            grant.is_changed() || changed.iter().any(|other| grant.meets(other, overlaps, interner))
        });
        Some(self)
    }
}

/// Which grants share requests, as far as it was asked.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    known: FxHashMap<(u32, u32), bool>,
}

impl Overlaps {
    fn overlap(&mut self, a: Granted, b: Granted, interner: &Interner<'_>) -> bool {
        let (Granted::Known(a), Granted::Known(b)) = (a, b) else { return true };
        let pair = (a.min(b), a.max(b));
        *self.known.entry(pair).or_insert_with(|| {
            let content = |at: u32| interner.contents.get(at as usize);
            let (Some(a), Some(b)) = (content(a), content(b)) else { return false };
            !a.is_disjoint(b) || (!a.urls.is_empty() && !b.urls.is_empty())
        })
    }
}
