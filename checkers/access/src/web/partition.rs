//! Paths and hosts in classes: what is true of one path of a class is true of all.
//!
//! A path is told from another by the literals that are equal to it or that it begins with, and by
//! the expressions that are found in it; and, as a path may be continued by the server (the file
//! that is the index of a directory), by the same of its continuations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::automaton::{Label, Machine, State, TooLarge, Universe, Ways};
use super::pattern::Pattern;

/// How many classes there may be.
const MOST_CLASSES: usize = 50_000;

/// What a configuration tells paths apart by.
#[derive(Clone, Debug, Default)]
pub struct Tests<'c> {
    /// Texts that paths may begin with.
    pub prefixes: BTreeSet<&'c [u8]>,
    /// Texts that paths may be.
    pub exact: BTreeSet<&'c [u8]>,
    /// Expressions that may be found in them.
    pub patterns: Vec<&'c Pattern>,
    /// What may be appended to any path.
    pub suffixes: BTreeSet<&'c str>,
    /// What may be appended to a path that ends in a slash.
    pub indexes: BTreeSet<&'c str>,
}

impl<'c> Tests<'c> {
    /// Adds an expression.
    pub fn add_pattern(&mut self, pattern: &'c Pattern) {
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }

    /// Adds those of another configuration.
    pub fn extend(&mut self, other: Self) {
        self.prefixes.extend(other.prefixes);
        self.exact.extend(other.exact);
        other.patterns.into_iter().for_each(|pattern| self.add_pattern(pattern));
        self.suffixes.extend(other.suffixes);
        self.indexes.extend(other.indexes);
    }
}

/// What a path is, or begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Literal {
    /// It begins with this text (by its position), and with none that is longer; or with none.
    Prefix(Option<usize>),
    /// It is this text.
    Exact(usize),
}

/// Paths that nothing tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathClass {
    /// One of them.
    pub witness: Vec<u8>,
    /// What they are, as people read it: without the continuations, which may split it further.
    pub name: String,
    /// Whether they end in a slash.
    pub slash: bool,
}

/// A node of the tree of literals.
#[derive(Default)]
struct Node {
    children: BTreeMap<u8, usize>,
    prefix: Option<usize>,
    exact: Option<usize>,
    /// The longest prefix that ends here or before.
    longest: Option<usize>,
}

struct Trie<'c> {
    nodes: Vec<Node>,
    literals: Vec<&'c [u8]>,
}

impl<'c> Trie<'c> {
    fn new(tests: &Tests<'c>) -> Self {
        let mut trie = Self { nodes: vec![Node::default()], literals: Vec::new() };
        // Shorter ones first, so that the longest prefix of a node is known when it is made.
        let mut prefixes: Vec<_> = tests.prefixes.iter().copied().collect();
        prefixes.sort_by_key(|text| text.len());
        for text in prefixes {
            let (node, literal) = (trie.insert(text), trie.literals.len());
            trie.literals.push(text);
            if let Some(node) = trie.nodes.get_mut(node) {
                node.prefix = Some(literal);
            }
        }
        for &text in &tests.exact {
            let (node, literal) = (trie.insert(text), trie.literals.len());
            trie.literals.push(text);
            if let Some(node) = trie.nodes.get_mut(node) {
                node.exact = Some(literal);
            }
        }
        trie.settle(0, None);
        trie
    }

    fn insert(&mut self, text: &[u8]) -> usize {
        let mut at = 0;
        for &byte in text {
            let known = self.nodes.get(at).and_then(|node| node.children.get(&byte)).copied();
            at = known.unwrap_or_else(|| {
                let new = self.nodes.len();
                self.nodes.push(Node::default());
                if let Some(node) = self.nodes.get_mut(at) {
                    node.children.insert(byte, new);
                }
                new
            });
        }
        at
    }

    /// Hands the longest prefixes down.
    fn settle(&mut self, root: usize, longest: Option<usize>) {
        let mut open = vec![(root, longest)];
        while let Some((at, longest)) = open.pop() {
            let Some(node) = self.nodes.get_mut(at) else { continue };
            node.longest = node.prefix.or(longest);
            let longest = node.longest;
            open.extend(node.children.values().map(|&child| (child, longest)));
        }
    }

    /// What a path is that goes on behind a node.
    fn literal(&self, mut at: usize, rest: &[u8]) -> Literal {
        for byte in rest {
            let Some(node) = self.nodes.get(at) else { return Literal::Prefix(None) };
            match node.children.get(byte) {
                Some(&child) => at = child,
                None => return Literal::Prefix(node.longest),
            }
        }
        let node = self.nodes.get(at);
        match node.and_then(|node| node.exact) {
            Some(exact) => Literal::Exact(exact),
            None => Literal::Prefix(node.and_then(|node| node.longest)),
        }
    }
}

/// What is told of a path, and of its continuations.
type Key = Vec<(Literal, Label)>;

struct Partition<'p, 'c> {
    machine: &'p Machine,
    trie: &'p Trie<'c>,
    suffixes: Vec<&'c str>,
    indexes: Vec<&'c str>,
}

impl Partition<'_, '_> {
    /// The texts that a path that ends in a state may be continued by.
    fn continuations(&self, state: State) -> impl Iterator<Item = &[u8]> {
        let indexes = self.machine.is_between(state).then_some(&self.indexes);
        let all = self.suffixes.iter().chain(indexes.into_iter().flatten());
        all.map(|suffix| suffix.as_bytes())
    }

    /// The labels of a text that ends in a state, and of its continuations.
    fn labels(&self, state: State) -> Option<Vec<Label>> {
        let own = self.machine.label(state)?;
        let rest = self.continuations(state).map(|suffix| {
            // A continuation need not be a path that a request could have; it is told apart as one
            // that ends in the same way, if it is one at all.
            self.machine.label(self.machine.walk(state, suffix)).unwrap_or(Label::MAX)
        });
        Some(std::iter::once(own).chain(rest).collect())
    }

    fn key(&self, node: usize, state: State) -> Option<Key> {
        let labels = self.labels(state)?;
        let rest = self.continuations(state).map(|suffix| self.trie.literal(node, suffix));
        let literals = std::iter::once(self.trie.literal(node, &[])).chain(rest);
        Some(literals.zip(labels).collect())
    }
}

/// The classes of the paths that normalisation leaves.
///
/// # Errors
///
/// If there are more than can be handled.
pub(super) fn paths(tests: &Tests<'_>, merge_slashes: bool) -> Result<Vec<PathClass>, TooLarge> {
    let machine = Machine::build(&tests.patterns, Universe::Paths { merge_slashes })?;
    let trie = Trie::new(tests);
    let partition = Partition {
        machine: &machine,
        trie: &trie,
        suffixes: tests.suffixes.iter().copied().collect(),
        indexes: tests.indexes.iter().copied().collect(),
    };
    let kinds: Vec<_> = (0..machine.len())
        .map(|state| {
            let state = State::try_from(state).unwrap_or_default();
            let labels = partition.labels(state)?;
            Some((machine.is_between(state), labels))
        })
        .collect();
    let ways = machine.ways(&kinds);
    let mut classes: BTreeMap<(bool, Key), Vec<u8>> = BTreeMap::new();
    let mut fallen: BTreeSet<(Option<usize>, State)> = BTreeSet::new();
    let mut open = vec![(0_usize, machine.start(), Vec::new())];
    while let Some((at, state, path)) = open.pop() {
        let Some(node) = trie.nodes.get(at) else { continue };
        if let Some(key) = partition.key(at, state) {
            add(&mut classes, (machine.is_between(state), key), path.clone());
        }
        for (&byte, &child) in &node.children {
            let next = machine.step(state, byte);
            if next != super::automaton::GONE {
                open.push((child, next, [path.as_slice(), &[byte]].concat()));
            }
        }
        let is_child = |byte: u8| node.children.contains_key(&byte);
        for (byte, next) in machine.successors(state, &is_child) {
            if !fallen.insert((node.longest, next)) {
                continue;
            }
            for ((slash, labels), ways) in &ways {
                if let Some(rest) = way(ways, next) {
                    let literal = Literal::Prefix(node.longest);
                    let key = labels.iter().map(|&label| (literal, label)).collect();
                    let path = [path.as_slice(), &[byte], &rest].concat();
                    add(&mut classes, (*slash, key), path);
                }
            }
        }
        if classes.len() > MOST_CLASSES {
            return Err(TooLarge("more than 50,000 classes of them"));
        }
    }
    let named = classes.into_iter().map(|((slash, key), witness)| {
        let name = key.first().map_or_else(String::new, |it| name(tests, &trie, &machine, *it));
        PathClass { witness, name, slash }
    });
    Ok(named.collect())
}

fn way(ways: &Ways, from: State) -> Option<Vec<u8>> {
    ways.leads_from(from).then(|| ways.from(from)).flatten()
}

/// Keeps the shortest witness, and of those the first.
fn add(classes: &mut BTreeMap<(bool, Key), Vec<u8>>, key: (bool, Key), path: Vec<u8>) {
    let better = |old: &Vec<u8>| (path.len(), &path) < (old.len(), old);
    match classes.get(&key) {
        Some(old) if !better(old) => {}
        _ => {
            classes.insert(key, path);
        }
    }
}

/// `/admin/*`, `= /x`, `/admin/* ~ \.php$`.
fn name(
    tests: &Tests<'_>,
    trie: &Trie<'_>,
    machine: &Machine,
    (literal, label): (Literal, Label),
) -> String {
    let text = |at: usize| {
        let bytes = trie.literals.get(at).copied().unwrap_or_default();
        super::percent_encoded(bytes)
    };
    let mut name = match literal {
        Literal::Exact(at) => return format!("= {}", text(at)),
        Literal::Prefix(Some(at)) => format!("{}*", text(at)),
        Literal::Prefix(None) => "*".to_owned(),
    };
    for at in machine.expressions(label).into_iter().flatten() {
        if let Some(pattern) = tests.patterns.get(*at) {
            let _ = write!(name, " {pattern}");
        }
    }
    name
}

/// Names of hosts that nothing tells apart: of each class, one name, and the expressions that it is
/// found by.
pub(super) fn hosts(patterns: &[&Pattern]) -> Result<Vec<(String, BTreeSet<usize>)>, TooLarge> {
    let machine = Machine::build(patterns, Universe::Hosts)?;
    let kinds: Vec<_> = (0..machine.len())
        .map(|it| machine.label(State::try_from(it).unwrap_or_default()))
        .collect();
    let ways = machine.ways(&kinds);
    let hosts = ways.iter().filter_map(|(&label, ways)| {
        let host = String::from_utf8(way(ways, machine.start())?).ok()?;
        Some((host, machine.expressions(label)?.clone()))
    });
    Ok(hosts.collect())
}

#[cfg(test)]
mod tests;
