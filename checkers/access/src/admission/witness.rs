//! Concrete requests: made from a solver's values, replayed, and made as small as they can be.

use std::collections::BTreeSet;
use std::fmt;

use seatrial_core::{ResourceId, Span};
use seatrial_parse::{Entry, Key, Mapping, Node, Number, Value as Tree};
use seatrial_policy::{KnownNamespace, Operation, Request};
use seatrial_smt::Model;
use serde::Serialize;

use super::leaf::{Leaf, Leaves, Root, Step, Type, name};
use super::reading::{Answer, Side};
use super::scope::{Part, Scope};

/// A concrete request that is decided differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Witness {
    /// `CREATE`, `UPDATE` or `DELETE`.
    pub operation: &'static str,
    /// The resource, such as `deployments.apps`.
    pub resource: String,
    /// The namespace, if the kind has one.
    pub namespace: Option<String>,
    /// The object as JSON; of a deletion, the one that is deleted.
    pub object: String,
    /// The object before an update, as JSON.
    pub old_object: Option<String>,
    /// The namespace as JSON, where more than its name matters.
    pub namespace_object: Option<String>,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.operation, self.resource, self.object)?;
        if let Some(old) = &self.old_object {
            write!(f, ", before {old}")?;
        }
        if let Some(namespace) = &self.namespace_object {
            write!(f, ", in {namespace}")?;
        }
        Ok(())
    }
}

/// A request with its objects.
#[derive(Clone, Debug)]
pub(super) struct Concrete {
    scope: Scope,
    object: Node,
    old: Node,
    namespace: Node,
}

impl Concrete {
    /// The request that a model describes.
    pub(super) fn of(scope: &Scope, model: &Model, leaves: &Leaves) -> Self {
        let mut concrete =
            Self { scope: scope.clone(), object: map(), old: map(), namespace: map() };
        for part in Part::ALL.into_iter().filter(|part| scope.apart(*part).is_some()) {
            if let Some(word) = model.text(part.constant()) {
                concrete.scope.with(part, word);
            }
        }
        for (path, leaf) in leaves.all().filter(|(path, _)| !path.steps.is_empty()) {
            if let Some(value) = value(model, leaf) {
                place(concrete.root(path.root), &path.steps, value);
            }
        }
        concrete.complete();
        for node in [&mut concrete.object, &mut concrete.old, &mut concrete.namespace] {
            sort_as_usual(node);
        }
        concrete
    }

    fn root(&mut self, root: Root) -> &mut Node {
        match root {
            Root::Object => &mut self.object,
            Root::Old => &mut self.old,
            Root::Namespace => &mut self.namespace,
        }
    }

    /// Adds what every object has.
    fn complete(&mut self) {
        let id = self.scope.id();
        let text =
            |node: &Node, path: &[&str]| node.at(path).and_then(Node::as_str).map(str::to_owned);
        let name = text(&self.object, &["metadata", "name"]).unwrap_or(id.name);
        let namespace = text(&self.object, &["metadata", "namespace"])
            .or_else(|| text(&self.namespace, &["metadata", "name"]))
            .or(id.namespace)
            .filter(|_| self.scope.resource.namespaced);
        for node in [&mut self.object, &mut self.old] {
            set(node, &["apiVersion"], &id.api_version);
            set(node, &["kind"], &id.kind);
            set(node, &["metadata", "name"], &name);
            if let Some(namespace) = &namespace {
                set(node, &["metadata", "namespace"], namespace);
            }
        }
        if let Some(namespace) = &namespace {
            set(&mut self.namespace, &["metadata", "name"], namespace);
        }
    }

    /// Asks a side about it.
    pub(super) fn ask(&self, side: &Side<'_>) -> Answer {
        let text = |path: &[&str]| self.object.at(path).and_then(Node::as_str).unwrap_or_default();
        let namespace = text(&["metadata", "namespace"]).to_owned();
        let id = ResourceId {
            namespace: self.scope.resource.namespaced.then(|| namespace.clone()),
            name: text(&["metadata", "name"]).to_owned(),
            ..self.scope.id()
        };
        let update = self.scope.operation == Operation::Update;
        side.decide(Request {
            operation: self.scope.operation,
            id: &id,
            resource: &self.scope.resource,
            object: &self.object,
            old_object: update.then_some(&self.old),
            namespace: &namespace,
            namespace_object: if self.scope.is_namespace() {
                KnownNamespace::NameOnly
            } else {
                KnownNamespace::Object(&self.namespace)
            },
            user_info: None,
        })
    }

    /// Takes away whatever can be spared without making a property false.
    pub(super) fn minimal(mut self, property: impl Fn(&Self) -> bool) -> Self {
        loop {
            let before = self.size();
            for root in [Root::Namespace, Root::Old, Root::Object] {
                let mut paths = Vec::new();
                collect(self.root(root), &mut Vec::new(), &mut paths);
                for path in paths.iter().rev() {
                    let mut smaller = self.clone();
                    let removed = remove(smaller.root(root), path);
                    smaller.complete();
                    if removed && smaller.size() < self.size() && property(&smaller) {
                        self = smaller;
                    }
                }
            }
            if self.size() == before {
                return self;
            }
        }
    }

    fn size(&self) -> usize {
        [&self.object, &self.old, &self.namespace].map(|node| node.to_string().len()).iter().sum()
    }

    pub(super) fn shown(&self) -> Witness {
        let update = self.scope.operation == Operation::Update;
        let named_only = self.namespace.entries().len() <= 1
            && self.namespace.get("metadata").is_none_or(|metadata| metadata.entries().len() <= 1);
        Witness {
            operation: self.scope.operation.as_str(),
            resource: self.scope.resource_name(),
            namespace: self
                .object
                .at(&["metadata", "namespace"])
                .and_then(Node::as_str)
                .map(Into::into),
            object: self.object.to_string(),
            old_object: update.then(|| self.old.to_string()),
            namespace_object: (!named_only).then(|| self.namespace.to_string()),
        }
    }
}

/// The value of a field in a model: none where it is not there.
fn value(model: &Model, leaf: Leaf) -> Option<Node> {
    let number = |letter| model.value(&name(leaf, letter)).unwrap_or(0);
    let tag = number('t');
    let kind = Type::ALL.into_iter().find(|kind| kind.tag() == tag)?;
    Some(node(match kind {
        Type::Bool => Tree::Bool(number('b') == 1),
        Type::Int => Tree::Number(Number::Int(number('i'))),
        Type::Text => Tree::String(model.text(&name(leaf, 's')).unwrap_or_default().into()),
        Type::List => {
            let length = usize::try_from(number('n')).unwrap_or(0).min(MAX_ITEMS);
            Tree::Sequence(vec![map(); length])
        }
        Type::Any => Tree::String(format!("v{}", number('u')).into()),
        Type::Map => return Some(map()),
    }))
}

/// How many items a list of a witness has at most.
const MAX_ITEMS: usize = 64;

fn node(value: Tree) -> Node {
    Node { value, span: Span::new(0, 0) }
}

fn map() -> Node {
    node(Tree::Mapping(Mapping { entries: Vec::new() }))
}

/// The place that steps lead to, made if it is not there.
fn reach<'n>(root: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    let Some((step, rest)) = steps.split_first() else { return Some(root) };
    let next = match (step, &mut root.value) {
        (Step::Field(key), Tree::Mapping(map)) => {
            let found = map.entries.iter().position(|entry| entry.key.text == *key);
            let at = found.unwrap_or(map.entries.len());
            if found.is_none() {
                let key = Key { text: key.clone(), span: Span::new(0, 0) };
                map.entries.push(Entry { key, value: self::map() });
            }
            map.entries.get_mut(at).map(|entry| &mut entry.value)
        }
        (Step::Item(at), Tree::Sequence(items)) => items.get_mut(*at),
        _ => None,
    };
    reach(next?, rest)
}

fn place(root: &mut Node, steps: &[Step], value: Node) -> Option<()> {
    *reach(root, steps)? = value;
    Some(())
}

fn set(root: &mut Node, fields: &[&str], text: &str) {
    let steps: Vec<Step> = fields.iter().map(|&field| Step::Field(field.into())).collect();
    place(root, &steps, node(Tree::String(text.into())));
}

/// Puts the fields that every object has first.
fn sort_as_usual(node: &mut Node) {
    const FIRST: [&str; 3] = ["apiVersion", "kind", "metadata"];
    if let Tree::Mapping(map) = &mut node.value {
        map.entries.sort_by_key(|entry| {
            FIRST.iter().position(|first| *first == &*entry.key.text).unwrap_or(FIRST.len())
        });
    }
}

/// All places below one, parents before what is in them.
fn collect(node: &Node, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let children: Vec<(Step, &Node)> = match &node.value {
        Tree::Mapping(map) => map
            .entries
            .iter()
            .map(|entry| (Step::Field(entry.key.text.clone()), &entry.value))
            .collect(),
        Tree::Sequence(items) => {
            items.iter().enumerate().map(|(at, item)| (Step::Item(at), item)).collect()
        }
        _ => Vec::new(),
    };
    for (step, child) in children {
        at.push(step);
        found.push(at.clone());
        collect(child, at, found);
        at.pop();
    }
}

/// Takes a place away; whether it was there.
fn remove(root: &mut Node, path: &[Step]) -> bool {
    let Some((last, before)) = path.split_last() else { return false };
    match (last, reach(root, before).map(|node| &mut node.value)) {
        (Step::Field(key), Some(Tree::Mapping(map))) => {
            let length = map.entries.len();
            map.entries.retain(|entry| entry.key.text != *key);
            map.entries.len() < length
        }
        (Step::Item(at), Some(Tree::Sequence(items))) if *at < items.len() => {
            items.remove(*at);
            true
        }
        _ => false,
    }
}

/// The fields that occur in some constants, for a model that is to be looked at.
pub(super) fn known(constants: &BTreeSet<&str>, leaf: Leaf) -> bool {
    constants.contains(&*name(leaf, 't')) || constants.contains(&*name(leaf, 's'))
}
