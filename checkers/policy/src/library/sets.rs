//! Lists as sets: CEL's sets extension.

use crate::value::{Items, Value};

use super::{Cost, Function, global};

pub(super) const FUNCTIONS: &[Function] = &[
    global("sets.contains", 2, Cost::Product, |call| {
        Some(Ok(Value::Bool(covers(call.list(0)?, call.list(1)?))))
    }),
    global("sets.equivalent", 2, Cost::Product, |call| {
        let (a, b) = (call.list(0)?, call.list(1)?);
        Some(Ok(Value::Bool(covers(a, b) && covers(b, a))))
    }),
    global("sets.intersects", 2, Cost::Product, |call| {
        let (a, b) = (call.list(0)?, call.list(1)?);
        Some(Ok(Value::Bool(b.iter().any(|item| has(a, &item)))))
    }),
];

fn has(list: Items<'_, '_>, item: &Value<'_>) -> bool {
    list.iter().any(|found| found.equals(item))
}

/// Whether `list` has all of `items`.
fn covers(list: Items<'_, '_>, items: Items<'_, '_>) -> bool {
    items.iter().all(|item| has(list, &item))
}
