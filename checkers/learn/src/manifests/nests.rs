//! Maps by the name that they stand under, in objects of all kinds: what is true of every
//! `metadata`, or of every item of `containers`.
//!
//! This is the widest context: a kind that was hardly seen is held against what all kinds have in
//! common. A nest is named by one step (`metadata`), by two (`template.metadata`), by its list
//! (`ports[*]`), or is the object as a whole.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::learn::{Candidate, Miner};
use super::lexicon::{Lexicon, Sym};
use super::rows::{DATA, PAIRS, Row};
use super::sort::Json;
use super::tables::Count;
use super::template::{Bench, Breach, Template};

/// The names that a column of a row has as a nest and as the key of one.
#[derive(Debug, Default)]
struct Names {
    nests: Vec<Sym>,
    /// Each nest that it is a key of, with the column of the key there: `metadata.name`.
    keys: Vec<(Sym, Sym)>,
}

/// The names of all columns, by the nest of the row and the column.
#[derive(Debug, Default)]
pub(crate) struct Nests(FxHashMap<(Sym, Sym), Names>);

impl Nests {
    /// Names the columns of objects; the names become texts of the lexicon.
    pub(crate) fn of(docs: &[Doc], lexicon: &mut Lexicon) -> Self {
        let rows = docs.iter().flat_map(|doc| &doc.rows);
        let columns: BTreeSet<(Sym, Sym)> = rows
            .filter(|row| !lexicon.text(row.nest).is_empty())
            .flat_map(|row| row.cells.iter().map(|cell| (row.nest, cell.column)))
            .collect();
        let named = columns.into_iter().map(|(nest, column)| {
            let nests = names_of_map(nest, column, lexicon);
            let nests = nests.iter().map(|name| lexicon.column(name)).collect();
            ((nest, column), Names { nests, keys: keys(nest, column, lexicon) })
        });
        Self(named.collect())
    }
}

/// The names of a map that is a column of a row; none if its keys are chosen by users.
fn names_of_map(nest: Sym, column: Sym, lexicon: &Lexicon) -> Vec<String> {
    let leaf = lexicon.text(lexicon.leaf(column));
    let chosen = |name: &str| PAIRS.contains(&name) || DATA.contains(&name) || !is_plain(name);
    let Some(parent) = lexicon.parent(column).filter(|_| !chosen(leaf)) else { return Vec::new() };
    let above = match lexicon.text(parent) {
        "" => lexicon.text(nest),
        _ => lexicon.text(lexicon.leaf(parent)),
    };
    if chosen(above.trim_matches(['(', ')', '[', '*', ']'])) {
        return Vec::new();
    }
    vec![leaf.to_owned(), format!("{above}.{leaf}")]
}

/// The nests that a column is a key of.
fn keys(nest: Sym, column: Sym, lexicon: &mut Lexicon) -> Vec<(Sym, Sym)> {
    let leaf = lexicon.text(lexicon.leaf(column)).to_owned();
    let Some(parent) = lexicon.parent(column).filter(|_| is_plain(&leaf)) else {
        return Vec::new();
    };
    let nests = match lexicon.text(parent) {
        "" => vec![lexicon.text(nest).to_owned()],
        _ => names_of_map(nest, parent, lexicon),
    };
    let key = |name: String| (lexicon.column(&name), lexicon.column(&format!("{name}.{leaf}")));
    nests.into_iter().map(key).collect()
}

/// Whether a key is one word.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-".contains(&c))
}

/// How often a nest was seen, in which tables, and with which keys.
#[derive(Default)]
struct Seen {
    all: Count,
    contexts: BTreeSet<Sym>,
    keys: BTreeMap<Sym, Count>,
}

impl Miner<'_> {
    /// The candidates on nests: keys that are there wherever the nest is, and keys misspelt.
    pub(crate) fn nests(&self, anywhere: Sym, nests: &Nests, found: &mut Vec<Candidate>) {
        for (nest, seen) in self.seen(nests) {
            if seen.contexts.len() < 2 || !self.is_enough(seen.all) {
                continue;
            }
            for (key, count) in &seen.keys {
                let identity = ["(object).apiVersion", "(object).kind"];
                if identity.contains(&self.lexicon.text(*key)) {
                    continue;
                }
                if count.objects * 10 >= seen.all.objects * 9 {
                    found.push(Candidate::new(anywhere, Template::Required { column: *key }));
                }
            }
            let known = |(key, count): (&Sym, &Count)| {
                let long = self.lexicon.text(self.lexicon.leaf(*key)).len() >= 4;
                (long && count.sources >= self.settings.sources).then_some(*key)
            };
            let keys: BTreeSet<Sym> = seen.keys.iter().filter_map(known).collect();
            if !keys.is_empty() {
                found.push(Candidate::new(anywhere, Template::Keys { column: nest, keys }));
            }
        }
    }

    fn seen(&self, nests: &Nests) -> BTreeMap<Sym, Seen> {
        let mut all: BTreeMap<Sym, Seen> = BTreeMap::new();
        for (object, doc) in self.docs.iter().enumerate() {
            for row in doc.rows.iter().filter(|row| Some(row.nest) != self.empty) {
                let mut see = |nest: Sym| {
                    let seen = all.entry(nest).or_default();
                    seen.all.add(object, doc.source);
                    seen.contexts.insert(row.contexts[0]);
                };
                see(row.nest);
                for cell in row.cells.iter().filter(|cell| cell.json == Json::Map) {
                    let names = nests.0.get(&(row.nest, cell.column));
                    names.iter().flat_map(|names| &names.nests).for_each(|nest| see(*nest));
                }
                for cell in row.cells.iter().filter(|cell| cell.json != Json::Null) {
                    let names = nests.0.get(&(row.nest, cell.column));
                    for (nest, key) in names.iter().flat_map(|names| &names.keys) {
                        let keys = &mut all.entry(*nest).or_default().keys;
                        keys.entry(*key).or_default().add(object, doc.source);
                    }
                }
            }
        }
        all
    }
}

impl Bench<'_> {
    /// The maps of a row that a nest names: the row itself, or cells of it.
    fn nested(self, nest: Sym, row: &Row) -> Vec<Option<usize>> {
        let mut all = Vec::new();
        if row.nest == nest {
            all.push(None);
        }
        let (leaf, above) = (self.lexicon.leaf(nest), self.lexicon.parent(nest));
        for (nth, cell) in row.cells.iter().enumerate() {
            let is_leaf = cell.json == Json::Map && self.lexicon.leaf(cell.column) == leaf;
            if is_leaf && above.is_none_or(|above| self.is_under(cell.column, above, row)) {
                all.push(Some(nth));
            }
        }
        all
    }

    /// Whether a column stands in a map or list of a name; everything does in one without.
    fn is_under(self, column: Sym, above: Sym, row: &Row) -> bool {
        let Some(parent) = self.lexicon.parent(column) else { return false };
        let name = match self.lexicon.text(parent) {
            "" => row.nest,
            _ => self.lexicon.leaf(parent),
        };
        self.lexicon.text(above).is_empty() || name == above
    }

    /// The column of the map that a cell is, or of the row.
    fn column_of(self, map: Option<usize>, row: &Row) -> Option<Sym> {
        match map {
            None => self.lexicon.find(""),
            Some(nth) => row.cells.get(nth).map(|cell| cell.column),
        }
    }

    /// T5 for every nest of a name: the key is there.
    pub(crate) fn required_in_nests(
        self,
        column: Sym,
        (at, row): (usize, &Row),
        breaches: &mut Vec<Breach>,
    ) -> bool {
        let Some(nest) = self.lexicon.parent(column).filter(|_| self.is_nest(row)) else {
            return false;
        };
        let key = self.lexicon.leaf(column);
        let maps = self.nested(nest, row);
        for map in &maps {
            let within = self.column_of(*map, row);
            let mut own = row.cells.iter().filter(|cell| {
                self.lexicon.parent(cell.column) == within && cell.json != Json::Null
            });
            if !own.any(|cell| self.stands_for(self.lexicon.leaf(cell.column), key)) {
                breaches.push(Breach { row: at, cell: *map });
            }
        }
        !maps.is_empty()
    }

    /// T5, open, for every nest of a name: no key is one slip from a common one that is not there.
    pub(crate) fn keys_in_nests(
        self,
        (nest, known): (Sym, &BTreeSet<Sym>),
        (at, row): (usize, &Row),
        breaches: &mut Vec<Breach>,
    ) -> bool {
        if !self.is_nest(row) {
            return false;
        }
        let known: Vec<Sym> = known.iter().map(|key| self.lexicon.leaf(*key)).collect();
        let maps = self.nested(nest, row);
        for map in &maps {
            let within = self.column_of(*map, row);
            let is_own = |column: Sym| self.lexicon.parent(column) == within;
            let own = row.cells.iter().enumerate().filter(|(_, cell)| is_own(cell.column));
            let own: Vec<(usize, Sym)> =
                own.map(|(nth, cell)| (nth, self.lexicon.leaf(cell.column))).collect();
            for (nth, key) in own.iter().filter(|(_, key)| !known.contains(key)) {
                let meant = known.iter().find(|known| {
                    let (one, other) = (self.lexicon.text(*key), self.lexicon.text(**known));
                    one.len().abs_diff(other.len()) <= 1
                        && seatrial_manifests::one_slip_apart(one, other)
                });
                if meant.is_some_and(|meant| own.iter().all(|(_, key)| key != meant)) {
                    breaches.push(Breach { row: at, cell: Some(*nth) });
                }
            }
        }
        !maps.is_empty()
    }

    /// Whether a key is the one asked for, or ends in it as a word: `generateName` and `name`.
    fn stands_for(self, key: Sym, asked: Sym) -> bool {
        let (text, asked_text) = (self.lexicon.text(key), self.lexicon.text(asked));
        let ending = || text.get(text.len().checked_sub(asked_text.len())?..);
        let is_word = |ending: &str| {
            ending.starts_with(|c: char| c.is_ascii_uppercase())
                && ending.eq_ignore_ascii_case(asked_text)
        };
        key == asked || ending().is_some_and(is_word)
    }

    fn is_nest(self, row: &Row) -> bool {
        !self.lexicon.text(row.nest).is_empty()
    }
}
