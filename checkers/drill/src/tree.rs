//! Changes to the trees of manifests, before pods are made from them.

use seatrial_core::Span;
use seatrial_parse::{Entry, Key, Mapping, Node, Number, Value};

/// A number.
pub(crate) fn number(number: i64, span: Span) -> Node {
    Node { value: Value::Number(Number::Int(number)), span }
}

/// A text.
pub(crate) fn text(text: &str, span: Span) -> Node {
    Node { value: Value::String(text.into()), span }
}

/// Sets the field below a path; what is missing on the way is made.
pub(crate) fn set(node: &mut Node, path: &[&str], value: Node) {
    let Some((key, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    let span = node.span;
    if node.as_mapping().is_none() {
        node.value = Value::Mapping(Mapping::default());
    }
    let Value::Mapping(map) = &mut node.value else { return };
    if map.entry(key).is_none() {
        let value = Node { value: Value::Null, span };
        map.entries.push(Entry { key: Key { text: (*key).into(), span }, value });
    }
    if let Some(entry) = map.entries.iter_mut().find(|entry| &*entry.key.text == *key) {
        set(&mut entry.value, rest, value);
    }
}
