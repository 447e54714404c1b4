//! The tables of a corpus and what their columns hold.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::lexicon::{Lexicon, Sym};
use super::rows::{Cell, Row};
use super::sort::Json;

/// A count of objects and of their sources. Objects come in the order of their sources.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) objects: u32,
    pub(crate) sources: u32,
    last: Option<(usize, Sym)>,
}

impl Count {
    /// Counts an object, once.
    pub(crate) fn add(&mut self, object: usize, source: Sym) {
        let (last, last_source) = self.last.map_or((None, None), |(o, s)| (Some(o), Some(s)));
        self.objects += u32::from(last != Some(object));
        self.sources += u32::from(last_source != Some(source));
        self.last = Some((object, source));
    }
}

/// What a column holds.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// How many objects have it.
    pub(crate) all: Count,
    /// How many have which value; of maps, the empty text.
    values: FxHashMap<(Json, Sym), Count>,
}

impl Column {
    fn add(&mut self, cell: &Cell, object: usize, source: Sym) {
        self.all.add(object, source);
        self.values.entry((cell.json, cell.value)).or_default().add(object, source);
    }

    /// The values with their counts, the most common first.
    pub(crate) fn values(&self, lexicon: &Lexicon) -> Vec<(Json, Sym, Count)> {
        let mut values: Vec<_> =
            self.values.iter().map(|((json, value), count)| (*json, *value, *count)).collect();
        values.sort_by(|a, b| {
            let texts = || lexicon.text(a.1).cmp(lexicon.text(b.1));
            b.2.objects.cmp(&a.2.objects).then_with(texts).then_with(|| a.0.cmp(&b.0))
        });
        values
    }

    /// How many different values there are.
    pub(crate) fn distinct(&self) -> usize {
        self.values.len()
    }

    /// The share of objects that have a value, by its text.
    pub(crate) fn shares(&self) -> BTreeMap<Sym, f64> {
        let total: f64 = self.values.values().map(|count| f64::from(count.objects)).sum();
        let mut shares = BTreeMap::new();
        let mut counts: Vec<_> = self.values.iter().collect();
        counts.sort_by_key(|(value, _)| **value);
        for ((_, value), count) in counts {
            *shares.entry(*value).or_default() += f64::from(count.objects) / total;
        }
        shares
    }

    /// Whether all that it holds are scalars.
    pub(crate) fn is_scalar(&self) -> bool {
        self.values.keys().all(|(json, _)| !matches!(json, Json::Map | Json::List))
    }

    /// Whether it holds lists at all.
    pub(crate) fn has_lists(&self) -> bool {
        self.values.keys().any(|(json, _)| *json == Json::List)
    }

    /// Whether it holds maps, more often than not.
    pub(crate) fn is_map(&self, empty: Option<Sym>) -> bool {
        let maps = empty.and_then(|empty| self.values.get(&(Json::Map, empty)));
        maps.is_some_and(|count| count.objects * 2 > self.all.objects)
    }
}

/// All rows of a context.
#[derive(Debug, Default)]
pub(crate) struct Table<'a> {
    /// The rows, each with the number of its object.
    pub(crate) rows: Vec<(usize, &'a Row)>,
    pub(crate) all: Count,
    pub(crate) columns: BTreeMap<Sym, Column>,
}

impl<'a> Table<'a> {
    fn add(&mut self, object: usize, doc: &Doc, row: &'a Row) {
        self.rows.push((object, row));
        self.all.add(object, doc.source);
        for cell in &row.cells {
            self.columns.entry(cell.column).or_default().add(cell, object, doc.source);
        }
    }

    /// The columns in the order of their names.
    pub(crate) fn sorted(&self, lexicon: &Lexicon) -> Vec<(Sym, &Column)> {
        let mut columns: Vec<_> =
            self.columns.iter().map(|(name, column)| (*name, column)).collect();
        columns.sort_by_key(|(name, _)| lexicon.text(*name).to_owned());
        columns
    }
}

/// The tables of objects.
pub(crate) fn tables<'a>(docs: &[&'a Doc]) -> BTreeMap<Sym, Table<'a>> {
    let mut tables: BTreeMap<Sym, Table<'a>> = BTreeMap::new();
    for (object, doc) in docs.iter().enumerate() {
        for row in &doc.rows {
            let [first, last] = row.contexts;
            tables.entry(first).or_default().add(object, doc, row);
            if first != last {
                tables.entry(last).or_default().add(object, doc, row);
            }
        }
    }
    tables
}

/// The fields of objects wherever they occur, and in how many contexts each does.
pub(crate) fn fields(docs: &[&Doc], lexicon: &Lexicon) -> BTreeMap<Sym, (Column, u32)> {
    pooled(docs, |row, cell| Some((lexicon.leaf(cell.column), row.contexts[0])))
}

/// The fields of objects by the last word of their names, and how many fields share each.
pub(crate) fn words(docs: &[&Doc], lexicon: &Lexicon) -> BTreeMap<Sym, (Column, u32)> {
    pooled(docs, |_, cell| Some((lexicon.word(cell.column)?, lexicon.leaf(cell.column))))
}

/// What columns hold together, by the first of two keys, and how many second ones each has.
fn pooled(
    docs: &[&Doc],
    keys: impl Fn(&Row, &Cell) -> Option<(Sym, Sym)>,
) -> BTreeMap<Sym, (Column, u32)> {
    let mut fields: BTreeMap<Sym, (Column, BTreeSet<Sym>)> = BTreeMap::new();
    for (object, doc) in docs.iter().enumerate() {
        for row in &doc.rows {
            for cell in &row.cells {
                let Some((key, of)) = keys(row, cell) else { continue };
                let (column, all) = fields.entry(key).or_default();
                column.add(cell, object, doc.source);
                all.insert(of);
            }
        }
    }
    let count = |contexts: BTreeSet<Sym>| u32::try_from(contexts.len()).unwrap_or(u32::MAX);
    fields.into_iter().map(|(leaf, (column, contexts))| (leaf, (column, count(contexts)))).collect()
}
