//! The space of requests, split by what rules say.
//!
//! Each dimension is split into atoms: values that the same lists of the rules name are one atom,
//! and so are all values that none names. A rule covers an atom as a whole or not at all.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::shape::{ResourceShape, UrlShape, Values};
use super::{Action, ResourceAction};
use crate::{Atom, AtomSet, Dimension, Rectangle, Space};

/// Values that people know, one of which stands for those that no rule names.
const NAMESPACES: &[&str] = &["default", "kube-system", "example"];
const VERBS: &[&str] = &["get", "update", "delete", "patch", "create", "list", "watch", "frob"];
const GROUPS: &[&str] = &["", "apps", "example.com"];
const RESOURCES: &[&str] = &["pods", "secrets", "configmaps", "things"];
const SUBRESOURCES: &[&str] = &["", "status", "log", "part"];
const NAMES: &[&str] = &["example", "other"];
const METHODS: &[&str] = &["get", "post", "put"];

/// Verbs whose requests name no object.
const NAMELESS: [&str; 4] = ["create", "list", "watch", "deletecollection"];

/// A dimension with the atoms of the values that are named.
#[derive(Debug)]
struct Axis<'s> {
    dimension: Dimension,
    atom_of: FxHashMap<&'s str, usize>,
}

impl<'s> Axis<'s> {
    /// Splits a dimension by lists of values.
    fn split(
        name: &'static str,
        lists: impl Iterator<Item = &'s Values<'s>>,
        known: &[&'static str],
    ) -> Self {
        let mut list_at: FxHashMap<&[&str], usize> = FxHashMap::default();
        let mut lists_with: FxHashMap<&str, AtomSet> = FxHashMap::default();
        for list in lists {
            let Values::Only(values) = list else { continue };
            let next = list_at.len();
            let at = *list_at.entry(values).or_insert(next);
            if at == next {
                for value in values {
                    lists_with.entry(value).or_default().insert(at);
                }
            }
        }
        let mut values: Vec<_> = lists_with.into_iter().collect();
        values.sort_unstable();
        let mut classes: BTreeMap<AtomSet, usize> = BTreeMap::new();
        let mut atoms: Vec<Atom> = Vec::new();
        let mut atom_of = FxHashMap::default();
        for (value, lists) in values {
            let at = *classes.entry(lists).or_insert(atoms.len());
            atom_of.insert(value, at);
            match atoms.get_mut(at) {
                Some(atom) => atom.names.push(shown(value).into()),
                None => {
                    atoms.push(Atom { witness: value.into(), names: vec![shown(value).into()] });
                }
            }
        }
        atoms.push(Atom::other(unnamed(known, |value| atom_of.contains_key(value))));
        Self { dimension: Dimension::new(name, atoms), atom_of }
    }

    /// The atoms that values cover. Values that are not named by the lists are left out.
    fn set(&self, values: &Values<'_>) -> AtomSet {
        match values {
            Values::All => self.dimension.all(),
            Values::Only(values) => {
                values.iter().filter_map(|value| self.atom_of.get(value).copied()).collect()
            }
        }
    }

    /// The atom of a value.
    fn atom(&self, value: &str) -> usize {
        let other = self.dimension.atoms.len() - 1;
        self.atom_of.get(value).copied().unwrap_or(other)
    }

    /// Whether all values that are not named are in a set.
    fn has_other(&self, set: &AtomSet) -> bool {
        set.contains(self.dimension.atoms.len() - 1)
    }

    /// A value of a set: one that people know, else the first.
    fn witness(&self, set: &AtomSet, known: &[&str]) -> String {
        let known = known.iter().find(|value| set.contains(self.atom(value)));
        let first = || set.iter().next().and_then(|at| self.dimension.atoms.get(at));
        match known {
            Some(value) => (*value).to_owned(),
            None => first().map(|atom| atom.witness.to_string()).unwrap_or_default(),
        }
    }
}

/// A value as people read it: nothing is shown as `""`.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

/// A value that is not named: the first of these that is free, else a made-up one.
pub(super) fn unnamed(known: &[&str], named: impl Fn(&str) -> bool) -> String {
    let made_up = (1..=u32::MAX).map(|number| format!("other-{number}"));
    let mut values = known.iter().map(|value| (*value).to_owned()).chain(made_up);
    values.find(|value| !named(value)).unwrap_or_default()
}

/// The requests about resources: namespace, verb, API group, resource, subresource, name.
#[derive(Debug)]
pub(super) struct ResourceSpace<'s> {
    axes: [Axis<'s>; 6],
    pub(super) space: Space,
}

impl<'s> ResourceSpace<'s> {
    /// Splits the space by products of sets, each with the namespaces in which it counts.
    pub(super) fn split<I>(shapes: &I) -> Self
    where
        I: Iterator<Item = (&'s Values<'s>, &'s ResourceShape<'s>)> + Clone,
    {
        let split = |name, of: fn(&'s ResourceShape<'s>) -> &'s Values<'s>, known| {
            Axis::split(name, shapes.clone().map(|(_, shape)| of(shape)), known)
        };
        let axes = [
            Axis::split("namespace", shapes.clone().map(|(namespaces, _)| namespaces), NAMESPACES),
            split("verb", |shape| &shape.verbs, VERBS),
            split("group", |shape| &shape.groups, GROUPS),
            split("resource", |shape| &shape.resources, RESOURCES),
            split("subresource", |shape| &shape.subresources, SUBRESOURCES),
            split("name", |shape| &shape.names, NAMES),
        ];
        let space = Space::new(axes.iter().map(|axis| axis.dimension.clone()).collect());
        Self { axes, space }
    }

    /// The cells of a product of sets.
    pub(super) fn rectangle(
        &self,
        namespaces: &Values<'_>,
        shape: &ResourceShape<'_>,
    ) -> Option<Rectangle> {
        let sets = std::iter::once(namespaces).chain(shape.sets());
        Rectangle::new(self.axes.iter().zip(sets).map(|(axis, values)| axis.set(values)).collect())
    }

    /// All requests in some namespaces.
    pub(super) fn within(&self, namespaces: AtomSet) -> Option<Rectangle> {
        let mut sets: Vec<_> = self.axes.iter().map(|axis| axis.dimension.all()).collect();
        if let Some(first) = sets.first_mut() {
            *first = namespaces;
        }
        Rectangle::new(sets)
    }

    /// The atoms of namespaces, and those that values cover.
    pub(super) fn namespaces(&self, values: &Values<'_>) -> AtomSet {
        let [namespaces, ..] = &self.axes;
        namespaces.set(values)
    }

    /// How many atoms of namespaces there are.
    pub(super) fn namespace_count(&self) -> usize {
        let [namespaces, ..] = &self.axes;
        namespaces.dimension.atoms.len()
    }

    /// The cell of a request.
    #[cfg(test)]
    pub(super) fn cell(&self, action: &ResourceAction) -> [usize; 6] {
        let ResourceAction { namespace, verb, group, resource, subresource, name } = action;
        let values = [namespace, verb, group, resource, subresource, name];
        let mut axes = self.axes.iter();
        values.map(|value| axes.next().map_or(0, |axis| axis.atom(value)))
    }

    /// A request of a rectangle, as ordinary as it can be: a verb that names an object with a name,
    /// and one that does not without.
    pub(super) fn witness(&self, rectangle: &Rectangle) -> Option<Action> {
        let [namespaces, verbs, groups, resources, subresources, names] = &self.axes;
        let [namespace, verb, group, resource, subresource, name] = rectangle.sets() else {
            return None;
        };
        let verb = verbs.witness(verb, VERBS);
        let subresource = subresources.witness(subresource, SUBRESOURCES);
        let nameless = subresource.is_empty() && NAMELESS.contains(&&*verb);
        let no_name = names.has_other(name) && nameless && !names.atom_of.contains_key("");
        Some(Action::Resource(ResourceAction {
            verb,
            group: groups.witness(group, GROUPS),
            resource: resources.witness(resource, RESOURCES),
            subresource,
            namespace: namespaces.witness(namespace, NAMESPACES),
            name: if no_name { String::new() } else { names.witness(name, NAMES) },
        }))
    }
}

/// The requests about URLs: verb and path.
#[derive(Debug)]
pub(super) struct UrlSpace<'s> {
    verbs: Axis<'s>,
    /// The paths that are named, and the prefixes: the atom of a prefix has the paths of which it is
    /// the longest prefix and that are not named. The empty prefix has all that is left.
    pub(super) paths: Vec<Pattern<'s>>,
    pub(super) space: Space,
}

/// A path, or all paths with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pattern<'s> {
    Exact(&'s str),
    Prefix(&'s str),
}

impl<'s> Pattern<'s> {
    pub(super) fn of(url: &'s str) -> Self {
        if url.ends_with('*') { Self::Prefix(url.trim_end_matches('*')) } else { Self::Exact(url) }
    }

    fn text(self) -> &'s str {
        match self {
            Self::Exact(text) | Self::Prefix(text) => text,
        }
    }

    /// Whether it covers all paths of an atom, which is a pattern, too.
    fn covers(self, atom: Pattern<'_>) -> bool {
        match self {
            Self::Exact(path) => atom == Pattern::Exact(path),
            Self::Prefix(prefix) => atom.text().starts_with(prefix),
        }
    }
}

impl<'s> UrlSpace<'s> {
    /// Splits the space by the rules' verbs, paths and prefixes.
    pub(super) fn split<I: Iterator<Item = &'s UrlShape<'s>> + Clone>(shapes: &I) -> Self {
        let verbs = Axis::split("verb", shapes.clone().map(|shape| &shape.verbs), METHODS);
        let mut paths: Vec<_> = shapes
            .clone()
            .flat_map(|shape| shape.urls.iter().map(|url| Pattern::of(url)))
            .collect();
        paths.push(Pattern::Prefix(""));
        paths.sort_unstable();
        paths.dedup();
        let atoms = paths.iter().map(|pattern| match pattern {
            Pattern::Exact(path) => Atom::literal(*path),
            Pattern::Prefix("") => Atom::other(path_below("", &paths)),
            Pattern::Prefix(prefix) => Atom {
                witness: path_below(prefix, &paths).into(),
                names: vec![format!("{prefix}*").into()],
            },
        });
        let dimension = Dimension::new("url", atoms.collect());
        let space = Space::new(vec![verbs.dimension.clone(), dimension]);
        Self { verbs, paths, space }
    }

    /// The cells of a rule.
    pub(super) fn rectangle(&self, shape: &UrlShape<'_>) -> Option<Rectangle> {
        let patterns: Vec<_> = shape.urls.iter().map(|url| Pattern::of(url)).collect();
        let paths = self.paths.iter().enumerate();
        let covered =
            paths.filter(|(_, atom)| patterns.iter().any(|pattern| pattern.covers(**atom)));
        let covered = covered.map(|(at, _)| at).collect();
        Rectangle::new(vec![self.verbs.set(&shape.verbs), covered])
    }

    /// The cell of a request.
    #[cfg(test)]
    pub(super) fn cell(&self, verb: &str, path: &str) -> [usize; 2] {
        [self.verbs.atom(verb), atom_of_path(&self.paths, path)]
    }

    /// A request of a rectangle.
    pub(super) fn witness(&self, rectangle: &Rectangle) -> Option<Action> {
        let [verbs, paths] = rectangle.sets() else { return None };
        let [_, dimension] = self.space.dimensions.as_slice() else { return None };
        let path = dimension.atoms.get(paths.iter().next()?)?;
        let verb = self.verbs.witness(verbs, METHODS);
        Some(Action::Url { verb, path: path.witness.to_string() })
    }
}

/// The atom of a path: its own, if it is named, else that of its longest prefix.
fn atom_of_path(patterns: &[Pattern<'_>], path: &str) -> usize {
    let holds = |pattern: &Pattern<'_>| match pattern {
        Pattern::Exact(exact) => *exact == path,
        Pattern::Prefix(prefix) => path.starts_with(prefix),
    };
    let rank = |pattern: &Pattern<'_>| match pattern {
        Pattern::Exact(_) => (true, 0),
        Pattern::Prefix(prefix) => (false, prefix.len()),
    };
    let candidates = patterns.iter().enumerate().filter(|(_, pattern)| holds(pattern));
    candidates.max_by_key(|(_, pattern)| rank(pattern)).map_or(0, |(at, _)| at)
}

/// A path of the atom of a prefix: not named, and with no longer prefix. There is one, as a pattern
/// takes away paths that go on with one character only.
fn path_below(prefix: &str, patterns: &[Pattern<'_>]) -> String {
    let own = patterns.iter().position(|pattern| *pattern == Pattern::Prefix(prefix));
    let words = if prefix.is_empty() { ["/example", "/other"] } else { ["example", "other"] };
    let characters = ('a'..='z').chain('0'..='9').chain('\u{e0}'..='\u{ffff}').map(String::from);
    let ends = words.into_iter().map(str::to_owned).chain(characters);
    let mut paths = ends.map(|end| format!("{prefix}{end}"));
    paths.find(|path| own == Some(atom_of_path(patterns, path))).unwrap_or_default()
}
