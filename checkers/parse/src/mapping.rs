//! Building a mapping: unique keys, whether there are three of them or three million.

use rustc_hash::FxHashMap;

use crate::problem::{Problem, ProblemKind};
use crate::tree::{Entry, Mapping};

/// From so many entries on, an index finds keys; below, looking at all of them is faster.
const INDEX_FROM: usize = 24;

/// A mapping under construction.
#[derive(Debug, Default)]
pub(crate) struct MappingBuilder {
    map: Mapping,
    index: FxHashMap<Box<str>, usize>,
    /// Positions of entries that a merge key brought: to override one is no duplicate.
    merged: Vec<usize>,
}

impl MappingBuilder {
    /// Adds an entry; a duplicate key is reported, and its last value stays.
    pub(crate) fn insert(&mut self, entry: Entry, problems: &mut Vec<Problem>) {
        let Some(position) = self.position(&entry.key.text) else {
            return self.push(entry);
        };
        let Some(first) = self.map.entries.get_mut(position) else { return };
        match self.merged.iter().position(|&merged| merged == position) {
            Some(merged) => {
                self.merged.swap_remove(merged);
            }
            None => problems.push(Problem {
                span: entry.key.span,
                kind: ProblemKind::DuplicateKey,
                message: format!("the key `{}` occurs twice; the last one counts", entry.key.text),
                help: Some("remove one of the two".to_owned()),
                related: Some((first.key.span, "first here".to_owned())),
            }),
        }
        *first = entry;
    }

    /// Adds an entry that a merge key brings: it replaces one of the same key before it.
    pub(crate) fn merge(&mut self, entry: Entry) {
        match self.position(&entry.key.text) {
            Some(position) => {
                if let Some(known) = self.map.entries.get_mut(position) {
                    *known = entry;
                }
            }
            None => {
                self.merged.push(self.map.entries.len());
                self.push(entry);
            }
        }
    }

    /// The finished mapping.
    pub(crate) fn finish(self) -> Mapping {
        self.map
    }

    fn push(&mut self, entry: Entry) {
        let position = self.map.entries.len();
        if position == INDEX_FROM {
            let known = self.map.entries.iter().enumerate();
            self.index = known.map(|(at, known)| (known.key.text.clone(), at)).collect();
        }
        if position >= INDEX_FROM {
            self.index.insert(entry.key.text.clone(), position);
        }
        self.map.entries.push(entry);
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.map.entries.len() > INDEX_FROM {
            return self.index.get(key).copied();
        }
        self.map.entries.iter().position(|entry| &*entry.key.text == key)
    }
}
