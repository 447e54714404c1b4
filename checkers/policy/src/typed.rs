//! Values typed by a structural schema, as rules of custom resources see them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use seatrial_parse::{Node, Value as Tree};

use crate::time::{Duration, Timestamp};
use crate::value::Value;

/// The value of a node of a given schema: a number is a `double`, text of a known format a
/// `timestamp`, a `duration` or `bytes`. Lists and maps stay as they are and type their parts.
pub(crate) fn typed<'a>(node: &'a Node, schema: &'a Node) -> Value<'a> {
    if node.as_mapping().is_some() || node.type_name() == "array" {
        return Value::Typed(node, schema);
    }
    let word = |field: &str| schema.get(field).and_then(Node::as_str);
    let value = match (word("type"), word("format"), node.as_str()) {
        (Some("number"), ..) => match node.value {
            Tree::Number(number) => Some(Value::Double(number.as_f64())),
            _ => None,
        },
        (Some("string"), Some("date-time"), Some(text)) => {
            Timestamp::parse(text).map(Value::Timestamp)
        }
        (Some("string"), Some("date"), Some(text)) => {
            Timestamp::parse(&format!("{text}T00:00:00Z")).map(Value::Timestamp)
        }
        (Some("string"), Some("duration"), Some(text)) => {
            Duration::parse(text).map(Value::Duration)
        }
        (Some("string"), Some("byte"), Some(text)) => {
            STANDARD.decode(text).ok().map(|bytes| Value::Bytes(bytes.into()))
        }
        _ => None,
    };
    value.unwrap_or(Value::Node(node))
}

/// The item of a list of a given schema.
pub(crate) fn item<'a>(node: &'a Node, schema: &'a Node) -> Value<'a> {
    match schema.get("items") {
        Some(items) => typed(node, items),
        None => Value::Node(node),
    }
}

/// The schema of a field.
fn field_schema<'a>(schema: &'a Node, name: &str) -> Option<&'a Node> {
    let property = schema.get("properties").and_then(|properties| properties.get(name));
    property
        .or_else(|| schema.get("additionalProperties").filter(|node| node.as_mapping().is_some()))
}

/// The field of a map of a given schema; its default where it is not set.
pub(crate) fn field<'a>(map: &'a Node, schema: &'a Node, name: &str) -> Option<Value<'a>> {
    let field_schema = field_schema(schema, name);
    let nullable =
        field_schema.and_then(|schema| schema.get("nullable")?.as_bool()).unwrap_or(false);
    let set = map.get(name).filter(|node| nullable || !node.is_null());
    let found = set.or_else(|| field_schema?.get("default"))?;
    Some(field_schema.map_or(Value::Node(found), |schema| typed(found, schema)))
}

/// How a list of a given schema is told from another: `set`, `map` or, by default, `atomic`.
fn list_type(schema: &Node) -> &str {
    schema.get("x-kubernetes-list-type").and_then(Node::as_str).unwrap_or("atomic")
}

/// Whether the order of a list counts when it is compared.
pub(crate) fn is_ordered(schema: &Node) -> bool {
    !matches!(list_type(schema), "set" | "map")
}

/// `left + right` for lists of a given schema: a set takes what it does not have, a map replaces
/// items of the same keys, and any other list is followed by the other.
pub(crate) fn joined<'a>(
    schema: &'a Node,
    mut left: Vec<Value<'a>>,
    right: Vec<Value<'a>>,
) -> Vec<Value<'a>> {
    let keys: Vec<&str> = match list_type(schema) {
        "map" => {
            let keys = schema.get("x-kubernetes-list-map-keys").map_or(&[][..], Node::items);
            keys.iter().filter_map(Node::as_str).collect()
        }
        _ => Vec::new(),
    };
    let is_set = list_type(schema) == "set";
    for item in right {
        let same = left.iter().position(|known| match item.node().zip(known.node()) {
            Some((a, b)) if !keys.is_empty() => keys.iter().all(|key| same_field(a, b, key)),
            _ => is_set && known.equals(&item),
        });
        match same.and_then(|at| left.get_mut(at)) {
            Some(known) => *known = item,
            None => left.push(item),
        }
    }
    left
}

fn same_field(a: &Node, b: &Node, key: &str) -> bool {
    match (a.get(key), b.get(key)) {
        (Some(a), Some(b)) => a.same_value(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}
