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

/// Takes the field at a path away.
pub(crate) fn remove(node: &mut Node, path: &[&str]) {
    let Some((key, rest)) = path.split_first() else { return };
    let Value::Mapping(map) = &mut node.value else { return };
    if rest.is_empty() {
        map.entries.retain(|entry| &*entry.key.text != *key);
    } else if let Some(entry) = map.entries.iter_mut().find(|entry| &*entry.key.text == *key) {
        remove(&mut entry.value, rest);
    }
}

/// A value, all of it at one place.
pub(crate) fn of(value: &serde_json::Value, span: Span) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Number(Number::Int(number)),
            None => Value::Number(Number::Float(number.as_f64().unwrap_or_default())),
        },
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Array(items) => Value::Sequence(items.iter().map(|item| of(item, span)).collect()),
        Json::Object(fields) => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: Key { text: key.as_str().into(), span },
                value: of(value, span),
            };
            Value::Mapping(Mapping { entries: fields.iter().map(entry).collect() })
        }
    };
    Node { value, span }
}
