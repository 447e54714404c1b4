//! Fields and indexes.

use seatrial_parse::Number;

use crate::error::{Evaluated, Failure};
use crate::program::Field;
use crate::value::{Fields, Items, Plain, Value};

use super::Inputs;

/// The value of a field. In an object of the API, a field that is null is one that is not set, and
/// the server may fill it in.
fn lookup<'a>(inputs: &dyn Inputs<'a>, map: Fields<'_, 'a>, field: &Field) -> Option<Value<'a>> {
    let get = |name: &str| match map {
        Fields::Nodes(node) => {
            let found = node.as_mapping().and_then(|map| map.get(name));
            let found = found.filter(|node| !node.is_null()).map(Value::Node);
            found.or_else(|| inputs.absent(node, name))
        }
        Fields::Typed(..) | Fields::Values(_) => map.get(&Value::Str(name)),
    };
    get(&field.name).or_else(|| get(field.unescaped.as_deref()?))
}

/// `operand.field`, or `operand.?field`.
pub(super) fn select<'a>(
    inputs: &dyn Inputs<'a>,
    operand: &Value<'a>,
    field: &Field,
    optional: bool,
) -> Evaluated<Value<'a>> {
    // A selection from an optional is optional, too.
    let optional = optional || matches!(operand.plain(), Plain::Optional(_));
    match field_of(inputs, operand, field) {
        Some(unknown @ Value::Unknown(_)) => Ok(unknown),
        Some(value) if optional => Ok(Value::some(value)),
        Some(value) => Ok(value),
        None if optional => Ok(Value::Optional(None)),
        None => Err(Failure::error(format!("no such key: {}", field.name))),
    }
}

fn field_of<'a>(inputs: &dyn Inputs<'a>, value: &Value<'a>, field: &Field) -> Option<Value<'a>> {
    match value.plain() {
        Plain::Map(map) => lookup(inputs, map, field),
        Plain::Optional(Some(inner)) => field_of(inputs, inner, field),
        _ => None,
    }
}

/// `has(operand.field)`.
pub(super) fn has<'a>(inputs: &dyn Inputs<'a>, operand: &Value<'a>, field: &Field) -> Value<'a> {
    match field_of(inputs, operand, field) {
        Some(unknown @ Value::Unknown(_)) => unknown,
        found => Value::Bool(found.is_some()),
    }
}

/// `operand[key]`, or `operand[?key]`.
pub(crate) fn index<'a>(
    operand: &Value<'a>,
    key: &Value<'a>,
    optional: bool,
) -> Evaluated<Value<'a>> {
    let (found, optional) = match operand.plain() {
        Plain::Optional(None) => return Ok(Value::Optional(None)),
        Plain::Optional(Some(inner)) => (element(inner, key), true),
        _ => (element(operand, key), optional),
    };
    match found {
        Ok(unknown @ Value::Unknown(_)) => Ok(unknown),
        Ok(value) if optional => Ok(Value::some(value)),
        Err(Missing::Absent(_)) if optional => Ok(Value::Optional(None)),
        Ok(value) => Ok(value),
        Err(Missing::Absent(message) | Missing::Wrong(message)) => Err(Failure::error(message)),
    }
}

/// Why there is no element.
enum Missing {
    Absent(String),
    /// The operand has no elements, or the key is of a wrong type.
    Wrong(String),
}

fn element<'a>(operand: &Value<'a>, key: &Value<'_>) -> Result<Value<'a>, Missing> {
    match operand.plain() {
        Plain::Map(map) => map.get(key).ok_or_else(|| match key.plain() {
            Plain::Str(text) => Missing::Absent(format!("no such key: {text}")),
            Plain::Int(value) => Missing::Absent(format!("no such key: {value}")),
            Plain::UInt(value) => Missing::Absent(format!("no such key: {value}")),
            Plain::Bool(value) => Missing::Absent(format!("no such key: {value}")),
            _ => Missing::Wrong("unsupported key type".to_owned()),
        }),
        Plain::List(items) => list_element(items, key),
        _ => Err(Missing::Wrong("no such overload".to_owned())),
    }
}

fn list_element<'a>(items: Items<'_, 'a>, key: &Value<'_>) -> Result<Value<'a>, Missing> {
    let position = match key.plain() {
        Plain::Int(value) => Some(value),
        Plain::UInt(value) => i64::try_from(value).ok(),
        Plain::Double(value) => Number::Float(value).as_i64(),
        _ => None,
    };
    let Some(position) = position else {
        let message = format!("unsupported index type `{}` in list", key.type_name());
        return Err(Missing::Wrong(message));
    };
    usize::try_from(position)
        .ok()
        .and_then(|position| items.get(position))
        .ok_or_else(|| Missing::Absent(format!("index out of bounds: {position}")))
}
