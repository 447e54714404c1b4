//! Lists: the Kubernetes library and version 3 of CEL's lists extension.

use std::cmp::Ordering;

use crate::error::{Evaluated, Failure};
use crate::eval::{add, contains};
use crate::time::Duration;
use crate::value::{Items, Plain, Value};

use super::{Cost, Function, global, member};

pub(super) const FUNCTIONS: &[Function] = &[
    member("isSorted", 1, Cost::Elements, |call| Some(is_sorted(call.list(0)?))),
    member("sum", 1, Cost::Elements, |call| Some(sum(call.list(0)?))),
    member("min", 1, Cost::Elements, |call| Some(extreme(call.list(0)?, Ordering::Less, "min"))),
    member("max", 1, Cost::Elements, |call| Some(extreme(call.list(0)?, Ordering::Greater, "max"))),
    member("indexOf", 2, Cost::Elements, |call| {
        let (list, item) = (call.list(0)?, call.value(1)?);
        Some(Ok(position(list.iter().position(|found| found.equals(item)))))
    }),
    member("lastIndexOf", 2, Cost::Elements, |call| {
        let (list, item) = (call.list(0)?.to_vec(), call.value(1)?);
        Some(Ok(position(list.iter().rposition(|found| found.equals(item)))))
    }),
    member("includes", 2, Cost::Elements, |call| {
        let (target, item) = (call.value(0)?, call.value(1)?);
        let included = match target.plain() {
            Plain::List(_) => contains(target, item)?,
            _ => target.equals(item),
        };
        Some(Ok(Value::Bool(included)))
    }),
    member("slice", 3, Cost::Elements, |call| {
        Some(slice(call.list(0)?, call.int(1)?, call.int(2)?))
    }),
    member("flatten", 1, Cost::Elements, |call| Some(flatten(call.list(0)?, 1))),
    member("flatten", 2, Cost::Elements, |call| Some(flatten(call.list(0)?, call.int(1)?))),
    member("sort", 1, Cost::Elements, |call| Some(sort(call.list(0)?))),
    member("distinct", 1, Cost::Square, |call| Some(Ok(distinct(call.list(0)?)))),
    member("reverse", 1, Cost::Elements, |call| {
        let mut items = call.list(0)?.to_vec();
        items.reverse();
        Some(Ok(Value::list(items)))
    }),
    member("first", 1, Cost::Fixed(1), |call| {
        let first = call.list(0)?.get(0);
        Some(Ok(Value::Optional(first.map(Into::into))))
    }),
    member("last", 1, Cost::Fixed(1), |call| {
        let list = call.list(0)?;
        let last = list.len().checked_sub(1).and_then(|last| list.get(last));
        Some(Ok(Value::Optional(last.map(Into::into))))
    }),
    global("lists.range", 1, Cost::Count, |call| Some(Ok(range(call.int(0)?)))),
];

fn position(found: Option<usize>) -> Value<'static> {
    found.map_or(Value::Int(-1), Value::size)
}

fn incomparable() -> Failure {
    Failure::error("list elements must be comparable and of one type")
}

/// The order of two elements of a list.
fn compare(a: &Value<'_>, b: &Value<'_>) -> Evaluated<Ordering> {
    a.compare(b).ok_or_else(incomparable)
}

fn is_sorted<'a>(list: Items<'_, 'a>) -> Evaluated<Value<'a>> {
    let items = list.to_vec();
    for (a, b) in items.iter().zip(items.iter().skip(1)) {
        if compare(a, b)?.is_gt() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// The sum; that of nothing is the integer 0.
fn sum<'a>(list: Items<'_, 'a>) -> Evaluated<Value<'a>> {
    let mut items = list.iter();
    let Some(first) = items.next() else { return Ok(Value::Int(0)) };
    // Adding zero makes sure that a single element is a number.
    let zero = match first.plain() {
        Plain::Int(_) => Value::Int(0),
        Plain::UInt(_) => Value::UInt(0),
        Plain::Double(_) => Value::Double(0.0),
        Plain::Duration(_) => Value::Duration(Duration(0)),
        _ => return Err(Failure::error("no such overload")),
    };
    items.try_fold(add(&zero, &first)?, |sum, item| add(&sum, &item))
}

fn extreme<'a>(list: Items<'_, 'a>, wanted: Ordering, name: &str) -> Evaluated<Value<'a>> {
    let mut items = list.iter();
    let first = items.next();
    let first = first.ok_or_else(|| Failure::error(format!("{name} called on empty list")))?;
    items.try_fold(first, |best, item| {
        Ok(if compare(&item, &best)? == wanted { item } else { best })
    })
}

fn slice<'a>(list: Items<'_, 'a>, start: i64, end: i64) -> Evaluated<Value<'a>> {
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match bounds.filter(|&(start, end)| start <= end && end <= list.len()) {
        Some((start, end)) => Ok(Value::list(list.iter().skip(start).take(end - start).collect())),
        None => Err(Failure::error(format!(
            "cannot slice({start}, {end}), list is length {}",
            list.len()
        ))),
    }
}

fn flatten<'a>(list: Items<'_, 'a>, depth: i64) -> Evaluated<Value<'a>> {
    fn into<'a>(list: Items<'_, 'a>, depth: i64, flat: &mut Vec<Value<'a>>) {
        for item in list.iter() {
            match item.plain() {
                Plain::List(inner) if depth > 0 => into(inner, depth - 1, flat),
                _ => flat.push(item),
            }
        }
    }
    if depth < 0 {
        return Err(Failure::error("level must be non-negative"));
    }
    let mut flat = Vec::new();
    into(list, depth, &mut flat);
    Ok(Value::list(flat))
}

fn sort<'a>(list: Items<'_, 'a>) -> Evaluated<Value<'a>> {
    let mut items = list.to_vec();
    if let Some(first) = items.first()
        && !items.iter().all(|item| item.type_name() == first.type_name() && item.comparable(first))
    {
        return Err(incomparable());
    }
    items.sort_by(|a, b| a.compare(b).unwrap_or(Ordering::Equal));
    Ok(Value::list(items))
}

fn distinct<'a>(list: Items<'_, 'a>) -> Value<'a> {
    let mut kept: Vec<Value<'a>> = Vec::new();
    for item in list.iter() {
        if !kept.iter().any(|known| known.equals(&item)) {
            kept.push(item);
        }
    }
    Value::list(kept)
}

/// The numbers from 0 up to `end`.
fn range<'a>(end: i64) -> Value<'a> {
    Value::list((0..end).map(Value::Int).collect())
}
