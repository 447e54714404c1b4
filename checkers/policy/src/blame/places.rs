//! Where the nodes of an object stand in it.

use rustc_hash::FxHashMap;
use seatrial_core::Span;
use seatrial_parse::{Entry, Node, Value, escape_pointer_token};

use super::{Culprit, Evidence, Read};

/// Where the nodes of an object stand in it, found by their addresses.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    all: Vec<Place<'a>>,
    by_address: FxHashMap<usize, usize>,
    /// Keys of maps, by the addresses of their texts.
    by_key: FxHashMap<usize, usize>,
}

#[derive(Debug)]
struct Place<'a> {
    node: &'a Node,
    /// Index of the place around it.
    parent: usize,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Entry(&'a Entry),
    Item(usize),
}

impl<'a> Places<'a> {
    /// Finds the places of all nodes of an object.
    pub(crate) fn of(object: &'a Node) -> Self {
        let mut places = Self {
            all: Vec::new(),
            by_address: FxHashMap::default(),
            by_key: FxHashMap::default(),
        };
        places.add(object, 0, Step::Root);
        let mut next = 0;
        // Breadth first: what is added behind is walked later.
        while let Some(node) = places.all.get(next).map(|place| place.node) {
            match &node.value {
                Value::Sequence(items) => {
                    for (index, item) in items.iter().enumerate() {
                        places.add(item, next, Step::Item(index));
                    }
                }
                Value::Mapping(map) => {
                    for entry in &map.entries {
                        places.add(&entry.value, next, Step::Entry(entry));
                    }
                }
                _ => {}
            }
            next += 1;
        }
        places
    }

    fn add(&mut self, node: &'a Node, parent: usize, step: Step<'a>) {
        let index = self.all.len();
        self.by_address.insert(std::ptr::from_ref(node).addr(), index);
        if let Step::Entry(entry) = step
            && !entry.key.text.is_empty()
        {
            self.by_key.insert(entry.key.text.as_ptr().addr(), index);
        }
        self.all.push(Place { node, parent, step });
    }

    /// The culprits that evidence points at, in the order of the file. Evidence from elsewhere,
    /// such as params, has no place here; what only led to deeper evidence is left out.
    pub(crate) fn culprits(&self, evidence: &[Evidence<'a>]) -> Vec<Culprit> {
        let found: Vec<(usize, &Evidence<'a>)> = evidence
            .iter()
            .filter_map(|evidence| Some((self.index(&evidence.1)?, evidence)))
            .collect();
        let mut around: Vec<usize> =
            found.iter().flat_map(|(index, _)| self.around(*index)).collect();
        around.sort_unstable();
        around.dedup();
        let mut culprits: Vec<Culprit> = found
            .iter()
            .filter(|(index, (_, read))| {
                !matches!(read, Read::At(_)) || around.binary_search(index).is_err()
            })
            .filter_map(|(index, (fault, read))| self.culprit(*index, *fault, read))
            .collect();
        culprits.sort();
        // A place that several faults share belongs to the first.
        culprits.dedup_by(|later, first| {
            let fault = later.fault;
            later.fault = first.fault;
            let same = later == first;
            later.fault = fault;
            same
        });
        culprits
    }

    /// The place that evidence points at.
    fn index(&self, read: &Read<'a>) -> Option<usize> {
        match read {
            Read::At(node) | Read::Missing(node, _) => {
                self.by_address.get(&std::ptr::from_ref(*node).addr()).copied()
            }
            Read::Key(text) => self.by_key.get(&text.as_ptr().addr()).copied(),
        }
    }

    fn culprit(&self, index: usize, fault: usize, read: &Read<'a>) -> Option<Culprit> {
        let (span, missing) = match read {
            Read::At(_) => (self.span(index)?, None),
            Read::Key(_) => match self.all.get(index)?.step {
                Step::Entry(entry) => (entry.key.span, None),
                Step::Root | Step::Item(_) => return None,
            },
            Read::Missing(_, field) => (self.span_of_collection(index)?, Some(field.to_string())),
        };
        let (pointer, subject) = (self.pointer(index), self.subject(index));
        Some(Culprit { span, pointer, subject, missing, fault })
    }

    /// What to underline for a node: of a scalar all of it, of a collection its name or its key.
    fn span(&self, index: usize) -> Option<Span> {
        let place = self.all.get(index)?;
        match (&place.node.value, place.step) {
            (Value::Sequence(items), _) if !items.is_empty() => self.span_of_collection(index),
            (Value::Mapping(map), _) if !map.entries.is_empty() => self.span_of_collection(index),
            (_, Step::Entry(entry)) => Some(entry.key.span.to(entry.value.span)),
            (_, Step::Item(_) | Step::Root) => Some(place.node.span),
        }
    }

    fn span_of_collection(&self, index: usize) -> Option<Span> {
        let place = self.all.get(index)?;
        let scalar = |entry: &&Entry| entry.value.as_str().is_some();
        let name = place.node.entry("name").filter(scalar);
        if let Some(name) = name {
            return Some(name.key.span.to(name.value.span));
        }
        match place.step {
            Step::Entry(entry) => Some(entry.key.span),
            Step::Item(_) => match place.node.entries().first() {
                Some(first)
                    if first.value.as_mapping().is_none() && first.value.items().is_empty() =>
                {
                    Some(first.key.span.to(first.value.span))
                }
                Some(first) => Some(first.key.span),
                None => Some(place.node.span),
            },
            Step::Root => {
                let metadata =
                    place.node.get("metadata").and_then(|metadata| metadata.entry("name"));
                let shown = metadata.or_else(|| place.node.entry("kind"));
                Some(shown.map_or(place.node.span, |entry| entry.key.span.to(entry.value.span)))
            }
        }
    }

    /// The places around this one, innermost first.
    fn around(&self, index: usize) -> Vec<usize> {
        let mut around = Vec::new();
        let mut at = index;
        while let Some(place) = self.all.get(at).filter(|place| !matches!(place.step, Step::Root)) {
            at = place.parent;
            around.push(at);
        }
        around
    }

    /// The places from the root to this one.
    fn path(&self, index: usize) -> Vec<&Place<'a>> {
        let mut path = self.around(index);
        path.reverse();
        path.push(index);
        path.into_iter().filter_map(|index| self.all.get(index)).collect()
    }

    /// The JSON pointer of a node; `None` for one of another object.
    pub(crate) fn pointer_of(&self, node: &'a Node) -> Option<String> {
        self.index(&Read::At(node)).map(|index| self.pointer(index))
    }

    fn pointer(&self, index: usize) -> String {
        let mut pointer = String::new();
        for place in self.path(index) {
            match place.step {
                Step::Root => {}
                Step::Item(item) => pointer.extend(["/", &item.to_string()]),
                Step::Entry(entry) => {
                    pointer.extend(["/", &escape_pointer_token(&entry.key.text)]);
                }
            }
        }
        pointer
    }

    fn subject(&self, index: usize) -> Option<String> {
        let path = self.path(index);
        let items = path.iter().rev().filter(|place| matches!(place.step, Step::Item(_)));
        items.filter_map(|item| item.node.get("name")?.as_str()).map(str::to_owned).next()
    }
}
