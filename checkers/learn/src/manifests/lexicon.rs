//! Texts as numbers: each text is stored once, with what is asked of it often.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::rows::PAIRS;
use super::sort::{self, Json, Sorts};

/// A text of a [`Lexicon`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sym(u32);

impl Sym {
    /// Texts are numbered from 0, in the order in which they are stored.
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// What numbers measure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// Counts, bytes, processors: quantities of the API.
    Amount,
    /// Seconds.
    Time,
}

#[derive(Debug)]
struct Entry {
    text: Arc<str>,
    /// What is asked of values alone, worked out when it is asked for.
    meaning: OnceLock<Meaning>,
    parts: Option<Parts>,
}

/// What a column is made of.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// The map that it stands in.
    parent: Sym,
    /// The name of its field.
    leaf: Sym,
    /// The last word of that.
    word: Sym,
    /// Whether users choose the name.
    chosen: bool,
}

/// What a text stands for as a value.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    sorts: Sorts,
    amount: Option<f64>,
    time: Option<f64>,
}

impl Entry {
    fn meaning(&self) -> Meaning {
        *self.meaning.get_or_init(|| Meaning {
            sorts: sort::sorts(Json::Text, &self.text),
            amount: sort::quantity(&self.text).map(|(number, _)| number),
            time: sort::duration(&self.text),
        })
    }
}

/// All texts of a corpus: contexts, columns and values.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    entries: Vec<Entry>,
    known: FxHashMap<Arc<str>, u32>,
}

impl Lexicon {
    /// The number of a text, which is stored if it is new.
    pub(crate) fn intern(&mut self, text: &str) -> Sym {
        if let Some(known) = self.known.get(text) {
            return Sym(*known);
        }
        let id = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.known.insert(Arc::clone(&text), id);
        self.entries.push(Entry { text, meaning: OnceLock::new(), parts: None });
        Sym(id)
    }

    /// The number of a value, whose shape and unit are stored with it.
    pub(crate) fn value(&mut self, text: &str) -> Sym {
        if let Some(known) = self.find(text) {
            return known;
        }
        self.intern(&sort::shape(text));
        if let Some(unit) = sort::unit(text) {
            self.intern(sort::magnitude(unit));
        }
        self.intern(text)
    }

    /// The number of a column, whose parts are stored with it.
    pub(crate) fn column(&mut self, text: &str) -> Sym {
        let column = self.intern(text);
        if self.entry(column).is_some_and(|entry| entry.parts.is_none()) {
            let (parent, leaf) = parts(text);
            let above = if parent.is_empty() { self.intern("") } else { self.column(parent) };
            let word = format!("*{}", last_word(leaf).to_ascii_lowercase());
            let map = parent.rsplit('.').next().unwrap_or(parent);
            let parts = Parts {
                parent: above,
                leaf: self.intern(leaf),
                word: self.intern(&word),
                chosen: text.ends_with(['}', '*', ']', '"'])
                    || PAIRS.contains(&map)
                    || map == "properties",
            };
            if let Some(entry) = self.entries.get_mut(column.number()) {
                entry.parts = Some(parts);
            }
        }
        column
    }

    /// The number of a text, if it is stored.
    pub(crate) fn find(&self, text: &str) -> Option<Sym> {
        self.known.get(text).copied().map(Sym)
    }

    /// The text of a number.
    pub(crate) fn text(&self, sym: Sym) -> &str {
        self.entry(sym).map_or("", |entry| &entry.text)
    }

    /// The name of the field at the end of a column.
    pub(crate) fn leaf(&self, sym: Sym) -> Sym {
        self.entry(sym).and_then(|entry| entry.parts).map_or(sym, |parts| parts.leaf)
    }

    /// The last word of the name of a column's field, after a star: `*storage` of
    /// `ephemeral-storage`, `*timeout` of `perTryTimeout`.
    pub(crate) fn word(&self, column: Sym) -> Option<Sym> {
        self.entry(column)?.parts.map(|parts| parts.word)
    }

    /// The map that a column stands in; the empty text stands for the row itself.
    pub(crate) fn parent(&self, sym: Sym) -> Option<Sym> {
        self.entry(sym)?.parts.map(|parts| parts.parent)
    }

    /// Whether a column is a key that users choose: a label, say.
    pub(crate) fn is_chosen(&self, column: Sym) -> bool {
        self.entry(column).and_then(|entry| entry.parts).is_none_or(|parts| parts.chosen)
    }

    /// What sorts of thing a value of a JSON type is.
    pub(crate) fn sorts(&self, json: Json, value: Sym) -> Sorts {
        match json {
            Json::Text => self.entry(value).map_or(Sorts::default(), |entry| entry.meaning().sorts),
            _ => sort::sorts(json, ""),
        }
    }

    /// The number that a value stands for.
    pub(crate) fn number(&self, value: Sym, dimension: Dimension) -> Option<f64> {
        let entry = self.entry(value)?;
        match dimension {
            Dimension::Amount => entry.meaning().amount,
            Dimension::Time => entry.meaning().time,
        }
    }

    fn entry(&self, sym: Sym) -> Option<&Entry> {
        self.entries.get(sym.number())
    }
}

/// The last word of a name of several: after a hump, a hyphen, a dot or a line.
fn last_word(name: &str) -> &str {
    let hump = |(at, c): (usize, char)| {
        let before = name.get(..at).and_then(|before| before.chars().next_back());
        (c.is_ascii_uppercase() && before.is_some_and(|c| c.is_ascii_lowercase())).then_some(at)
    };
    let joint = name.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let hump = name.char_indices().filter_map(hump).next_back().unwrap_or(0);
    name.get(joint.max(hump)..).unwrap_or(name)
}

/// A column as the map that it stands in and the field there: `spec` and `args[*]` of
/// `spec.args[*]`. Keys with dots are quoted.
fn parts(column: &str) -> (&str, &str) {
    if let Some(parent) = column.strip_suffix("{}") {
        return (parent, "{}");
    }
    if let Some((parent, key)) = column.split_once(".\"") {
        return (parent, key.trim_end_matches('"'));
    }
    column.rsplit_once('.').unwrap_or(("", column))
}
