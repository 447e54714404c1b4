//! Building trees: what is made rather than read has the place of what it is made from.

use seatrial_core::Span;
use seatrial_parse::{Entry, Key, Mapping, Node, Value};

/// A text.
pub(crate) fn text(text: impl Into<String>, span: Span) -> Node {
    Node { value: Value::String(text.into().into_boxed_str()), span }
}

/// A truth value.
pub(crate) fn truth(value: bool, span: Span) -> Node {
    Node { value: Value::Bool(value), span }
}

/// A list.
pub(crate) fn list(items: Vec<Node>, span: Span) -> Node {
    Node { value: Value::Sequence(items), span }
}

/// A map.
pub(crate) fn map<const N: usize>(entries: [(&str, Node); N], span: Span) -> Node {
    let entry = |(key, value): (&str, Node)| Entry { key: Key { text: key.into(), span }, value };
    let entries = entries.into_iter().map(entry).collect();
    Node { value: Value::Mapping(Mapping { entries }), span }
}

/// Sets a field of a map, in place of what it was; anything but a map becomes one.
pub(crate) fn set(node: &mut Node, key: &str, value: Node) {
    let span = node.span;
    if node.as_mapping().is_none() {
        *node = map([], span);
    }
    let Value::Mapping(map) = &mut node.value else { return };
    match map.entries.iter_mut().find(|entry| &*entry.key.text == key) {
        Some(entry) => entry.value = value,
        None => map.entries.push(Entry { key: Key { text: key.into(), span }, value }),
    }
}

/// A field of a map for change; an empty map, if it is not there.
pub(crate) fn field<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    let span = node.span;
    if node.get(key).is_none_or(Node::is_null) {
        set(node, key, map([], span));
    }
    let Value::Mapping(map) = &mut node.value else { return None };
    map.entries.iter_mut().find(|entry| &*entry.key.text == key).map(|entry| &mut entry.value)
}

/// Adds items to a list that is a field of a map; a new list, if it is not there.
pub(crate) fn extend(node: &mut Node, key: &str, items: Vec<Node>) {
    let mut all = node.get(key).map_or(Vec::new(), |list| list.items().to_vec());
    all.extend(items);
    let span = node.span;
    set(node, key, list(all, span));
}
