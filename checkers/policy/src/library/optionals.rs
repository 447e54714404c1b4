//! Optional values.

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, global, member};

pub(super) const FUNCTIONS: &[Function] = &[
    global("optional.of", 1, Cost::Fixed(1), |call| Some(Ok(Value::some(call.value(0)?.clone())))),
    global("optional.none", 0, Cost::Fixed(1), |_| Some(Ok(Value::Optional(None)))),
    global("optional.ofNonZeroValue", 1, Cost::Fixed(1), |call| {
        let value = call.value(0)?;
        let zero = is_zero(value);
        Some(Ok(if zero { Value::Optional(None) } else { Value::some(value.clone()) }))
    }),
    global("optional.unwrap", 1, Cost::Elements, unwrap),
    member("unwrapOpt", 1, Cost::Elements, unwrap),
    member("hasValue", 1, Cost::Fixed(1), |call| Some(Ok(Value::Bool(optional(call)?.is_some())))),
    member("value", 1, Cost::Fixed(1), |call| {
        let value = optional(call)?.cloned();
        Some(value.ok_or_else(|| Failure::error("optional.none() dereference")))
    }),
    member("or", 2, Cost::Fixed(1), |call| {
        let (value, other) = (call.value(0)?, call.value(1)?);
        matches!(other.plain(), Plain::Optional(_)).then_some(())?;
        Some(Ok(if optional(call)?.is_some() { value.clone() } else { other.clone() }))
    }),
    member("orValue", 2, Cost::Fixed(1), |call| {
        let other = call.value(1)?;
        Some(Ok(optional(call)?.unwrap_or(other).clone()))
    }),
];

/// What the receiver holds, if it is an optional.
#[expect(clippy::option_option, reason = "not an optional, an empty one, or one with a value")]
fn optional<'c, 'a>(call: Call<'c, 'a>) -> Option<Option<&'c Value<'a>>> {
    match call.plain(0)? {
        Plain::Optional(value) => Some(value),
        _ => None,
    }
}

fn unwrap<'a>(call: Call<'_, 'a>) -> Option<Evaluated<Value<'a>>> {
    let mut values = Vec::new();
    for item in call.list(0)?.iter() {
        let Plain::Optional(value) = item.plain() else { return None };
        values.extend(value.cloned());
    }
    Some(Ok(Value::list(values)))
}

fn is_zero(value: &Value<'_>) -> bool {
    match value.plain() {
        Plain::Null => true,
        Plain::Bool(value) => !value,
        Plain::Int(value) => value == 0,
        Plain::UInt(value) => value == 0,
        Plain::Double(value) => value == 0.0,
        Plain::Str(text) => text.is_empty(),
        Plain::Bytes(bytes) => bytes.is_empty(),
        Plain::List(items) => items.len() == 0,
        Plain::Map(map) => map.len() == 0,
        Plain::Duration(value) => value.0 == 0,
        Plain::Optional(value) => value.is_none(),
        Plain::Timestamp(_) | Plain::Type(_) | Plain::Opaque(_) => false,
    }
}
