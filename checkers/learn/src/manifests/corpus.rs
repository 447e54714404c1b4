//! What is learned from: objects as rows, with the source that each comes from.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use seatrial_manifests::Object;

use super::lexicon::{Lexicon, Sym};
use super::rows::{self, Row};
use super::sort::Json;
use super::texts::Texts;

/// How many parts the sources are dealt into for cross-validation.
pub(crate) const FOLDS: u64 = 5;

/// One object, without its tree.
#[derive(Debug)]
pub(crate) struct Doc {
    /// The table of the object as a whole.
    pub(crate) kind: Sym,
    /// The directory that counts as one independent source.
    pub(crate) source: Sym,
    /// The collection or repository that the source belongs to.
    pub(crate) group: Sym,
    pub(crate) file: Sym,
    /// Which part of the cross-validation it belongs to.
    pub(crate) fold: u64,
    pub(crate) rows: Box<[Row]>,
}

impl Doc {
    pub(crate) fn new(object: &Object, source: &str, group: &str, lexicon: &mut Lexicon) -> Self {
        let (rows, _) = rows::read(object, lexicon, rows::Wanted::Lessons);
        Self::of_rows(rows, object.file.path(), source, group, lexicon)
    }

    pub(crate) fn of_rows(
        rows: Vec<Row>,
        file: &str,
        source: &str,
        group: &str,
        lexicon: &mut Lexicon,
    ) -> Self {
        let nothing = lexicon.intern("");
        Self {
            kind: rows.first().map_or(nothing, |row| row.contexts[0]),
            source: lexicon.intern(source),
            group: lexicon.intern(group),
            file: lexicon.intern(file),
            fold: hash(source.as_bytes()) % FOLDS,
            rows: rows.into(),
        }
    }

    /// The rows of a table.
    pub(crate) fn rows_of(&self, context: Sym) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().enumerate().filter(move |(_, row)| row.is_in(context))
    }

    /// The tables that it has rows of, each once.
    pub(crate) fn contexts(&self) -> Vec<Sym> {
        let mut contexts: Vec<_> = self.rows.iter().flat_map(|row| row.contexts).collect();
        contexts.sort_unstable();
        contexts.dedup();
        contexts
    }
}

/// Objects to learn from. The order in which they are added does not matter.
#[derive(Debug, Default)]
pub struct Corpus {
    pub(crate) lexicon: Lexicon,
    pub(crate) docs: Vec<Doc>,
    /// What decides the order: file, then the place in it.
    order: Vec<(Box<str>, u32)>,
}

impl Corpus {
    /// Adds an object of a source; a group is the collection or repository of several sources.
    pub fn add(&mut self, object: &Object, source: &str, group: &str) {
        let doc = Doc::new(object, source, group, &mut self.lexicon);
        self.docs.push(doc);
        self.order.push((object.file.path().as_ref().into(), object.node.span.start));
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.docs.len()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// How many independent sources there are.
    pub fn sources(&self) -> usize {
        self.docs.iter().map(|doc| doc.source).collect::<FxHashSet<_>>().len()
    }

    /// The objects in their order, without those that are nearly the same as an earlier one: a
    /// copied demonstration is one piece of evidence, however often it is copied.
    pub(crate) fn distinct(&self) -> Vec<&Doc> {
        let mut sorted: Vec<_> = self.docs.iter().zip(&self.order).collect();
        sorted.sort_by_key(|(_, order)| *order);
        let mut kept: Vec<(&Doc, Vec<u64>)> = Vec::new();
        let mut buckets: FxHashMap<(Sym, usize, u64), Vec<usize>> = FxHashMap::default();
        for (doc, _) in sorted {
            let features = features(doc, &self.lexicon);
            let bands = bands(&features);
            let near = bands.iter().enumerate().any(|(band, key)| {
                let leaders = buckets.get(&(doc.kind, band, *key));
                let is_near =
                    |at: &usize| kept.get(*at).is_some_and(|(_, other)| is_near(&features, other));
                leaders.is_some_and(|leaders| leaders.iter().any(is_near))
            });
            if !near {
                for (band, key) in bands.into_iter().enumerate() {
                    buckets.entry((doc.kind, band, key)).or_default().push(kept.len());
                }
                kept.push((doc, features));
            }
        }
        kept.into_iter().map(|(doc, _)| doc).collect()
    }
}

/// The objects that have rows of a table, in their order. No object has rows of the table that stands
/// for any: there, all are meant.
pub(crate) fn by_context<'a>(docs: &[&'a Doc]) -> FxHashMap<Sym, Vec<&'a Doc>> {
    let mut found: FxHashMap<Sym, Vec<&Doc>> = FxHashMap::default();
    for doc in docs {
        for context in doc.contexts() {
            found.entry(context).or_default().push(doc);
        }
    }
    found
}

/// What an object says, each value a number, sorted.
fn features(doc: &Doc, lexicon: &Lexicon) -> Vec<u64> {
    let of_row = |row: &Row| {
        let [context, _] = row.contexts;
        let context = hash(lexicon.text(context).as_bytes());
        let feature = move |cell: &rows::Cell| {
            let column = hash(lexicon.text(cell.column).as_bytes());
            mix(mix(context, column), hash(lexicon.text(cell.value).as_bytes()))
        };
        row.cells.iter().filter(|cell| cell.json != Json::Map).map(feature).collect::<Vec<_>>()
    };
    let mut all: Vec<u64> = doc.rows.iter().flat_map(of_row).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Four minima of hashes, each over two: objects that share nine tenths agree in one of them with
/// a probability above 99.8 %.
fn bands(features: &[u64]) -> [u64; 4] {
    let least = |seed: u64| features.iter().map(|feature| mix(*feature, seed)).min().unwrap_or(0);
    [1, 3, 5, 7].map(|seed| mix(least(seed), least(seed + 1)))
}

/// Whether two sorted sets share most of what they have together: nine tenths of it, which is that
/// of all they list, one in nineteen at most is in one of them alone.
fn is_near(a: &[u64], b: &[u64]) -> bool {
    let most = (a.len() + b.len()) / 19;
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    let mut alone = 0;
    while alone <= most {
        let (Some(x), Some(y)) = (left.peek(), right.peek()) else {
            return alone + left.len() + right.len() <= most;
        };
        let order = x.cmp(y);
        alone += usize::from(order.is_ne());
        if order.is_le() {
            left.next();
        }
        if order.is_ge() {
            right.next();
        }
    }
    false
}

/// The values of the columns that others may name, by source.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Context, column and source to the values there.
    named: FxHashMap<(Sym, Sym, Sym), FxHashSet<Sym>>,
    /// Context and column with the files that have one.
    files: FxHashSet<(Sym, Sym, Sym)>,
    /// Context and column to how many sources have which value.
    spread: BTreeMap<(Sym, Sym), FxHashMap<Sym, u32>>,
    /// How many sources have the column at all.
    sources: FxHashMap<(Sym, Sym), u32>,
    /// The texts of each source.
    texts: Texts,
    /// Whether what another source names is good enough.
    shared: bool,
}

impl World {
    /// Collects what the objects name, at the targets given.
    pub(crate) fn of(docs: &[&Doc], targets: &BTreeSet<(Sym, Sym)>, texts: Texts) -> Self {
        let mut columns: FxHashMap<Sym, Vec<Sym>> = FxHashMap::default();
        for (context, column) in targets {
            columns.entry(*context).or_default().push(*column);
        }
        let mut named: FxHashMap<(Sym, Sym, Sym), FxHashSet<Sym>> = FxHashMap::default();
        let mut files: FxHashSet<(Sym, Sym, Sym)> = FxHashSet::default();
        for (doc, row) in docs.iter().flat_map(|doc| doc.rows.iter().map(move |row| (doc, row))) {
            for context in row.contexts {
                for column in columns.get(&context).into_iter().flatten() {
                    let cells = row.cells_of(*column);
                    if !cells.is_empty() {
                        files.insert((context, *column, doc.file));
                        let values = named.entry((context, *column, doc.source)).or_default();
                        values.extend(cells.iter().map(|cell| cell.value));
                    }
                }
            }
        }
        let mut spread: BTreeMap<(Sym, Sym), FxHashMap<Sym, u32>> = BTreeMap::new();
        let mut sources: FxHashMap<(Sym, Sym), u32> = FxHashMap::default();
        let mut keys: Vec<_> = named.keys().copied().collect();
        keys.sort_unstable();
        for key @ (context, column, _) in keys {
            *sources.entry((context, column)).or_default() += 1;
            let counts = spread.entry((context, column)).or_default();
            let mut values: Vec<_> = named.get(&key).into_iter().flatten().copied().collect();
            values.sort_unstable();
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
        Self { named, files, spread, sources, texts, shared: false }
    }

    pub(crate) const fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The same world, in which what another source has is there as well: checking asks whether
    /// anything is named, learning whether it is what stands beside it.
    pub(crate) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// Whether anything of the source has the label of a pair with any value, where a target is pairs.
    pub(crate) fn has_label(
        &self,
        target: (Sym, Sym),
        source: Sym,
        pair: Sym,
        lexicon: &Lexicon,
    ) -> bool {
        let label = |pair: Sym| lexicon.text(pair).split_once('=').map(|(label, _)| label);
        let values = self.named.get(&(target.0, target.1, source));
        !lexicon.text(target.1).ends_with('}')
            || values.is_none_or(|all| all.iter().any(|other| label(*other) == label(pair)))
    }

    /// Whether anything in a file has the target at all.
    pub(crate) fn is_in_file(&self, target: (Sym, Sym), file: Sym) -> bool {
        self.files.contains(&(target.0, target.1, file))
    }

    /// Whether anything of the source has the value at the target; `None` if the source has no
    /// such target at all.
    pub(crate) fn has(&self, target: (Sym, Sym), source: Sym, value: Sym) -> Option<bool> {
        let values = self.named.get(&(target.0, target.1, source))?;
        let elsewhere =
            || self.shared && self.spread.get(&target).is_some_and(|all| all.contains_key(&value));
        Some(values.contains(&value) || elsewhere())
    }

    /// The share of sources with the target that have a value there: how likely it is named by
    /// chance.
    pub(crate) fn chance(&self, target: (Sym, Sym), value: Sym) -> f64 {
        let with = self.spread.get(&target).and_then(|counts| counts.get(&value)).copied();
        let all = self.sources.get(&target).copied().unwrap_or(0);
        if all == 0 { 1.0 } else { f64::from(with.unwrap_or(0)) / f64::from(all) }
    }
}

/// A hash that is the same on every machine and in every version (FNV-1a, 64 bits).
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Mixes two hashes (the finalizer of `SplitMix64`).
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nine_tenths_of_the_union_are_near(
            common in prop::collection::btree_set(0_u64..1_000, 0..80),
            one in prop::collection::btree_set(1_000_u64..2_000, 0..8),
            other in prop::collection::btree_set(2_000_u64..3_000, 0..8),
        ) {
            let with = |own: &BTreeSet<u64>| common.union(own).copied().collect::<Vec<u64>>();
            let all = common.len() + one.len() + other.len();
            prop_assert_eq!(is_near(&with(&one), &with(&other)), 10 * common.len() >= 9 * all);
        }
    }
}
