//! Arithmetic, comparison and membership.

use std::cmp::Ordering;

use crate::error::{Evaluated, Failure};
use crate::syntax::BinaryOperator;
use crate::time::{Duration, Timestamp};
use crate::typed;
use crate::value::{Items, Plain, Value};

use super::no_such_overload;

/// What an operation costs: comparing and joining texts costs a tenth of their size, looking
/// through a list its size, anything else one.
pub(super) fn cost(operator: BinaryOperator, left: &Value<'_>, right: &Value<'_>) -> u64 {
    use BinaryOperator::{Add, In};
    let text = |value: &Value<'_>| matches!(value.plain(), Plain::Str(_) | Plain::Bytes(_));
    match operator {
        Add if text(left) => (left.cost_size().saturating_add(right.cost_size())).div_ceil(10),
        // Joining lists copies them here.
        Add => match (left.plain(), right.plain()) {
            // Joining sets looks through the one for each item of the other.
            (Plain::List(Items::Typed(..)), Plain::List(_)) => {
                left.cost_size().saturating_mul(right.cost_size()).max(1)
            }
            (Plain::List(_), Plain::List(_)) => {
                (left.cost_size().saturating_add(right.cost_size())).max(1)
            }
            _ => 1,
        },
        In if matches!(right.plain(), Plain::List(_)) => right.cost_size(),
        _ => left.cost_size().min(right.cost_size()).div_ceil(10).max(1),
    }
}

pub(super) fn binary<'a>(
    operator: BinaryOperator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Evaluated<Value<'a>> {
    use BinaryOperator as Operator;
    match operator {
        Operator::Equal => Ok(Value::Bool(left.equals(right))),
        Operator::NotEqual => Ok(Value::Bool(!left.equals(right))),
        Operator::Less => ordered(left, right, Ordering::is_lt),
        Operator::LessEqual => ordered(left, right, Ordering::is_le),
        Operator::Greater => ordered(left, right, Ordering::is_gt),
        Operator::GreaterEqual => ordered(left, right, Ordering::is_ge),
        Operator::In => contains(right, left).map(Value::Bool).ok_or_else(no_such_overload),
        Operator::Add => add(left, right),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply | Operator::Divide | Operator::Modulo => scale(operator, left, right),
    }
}

fn ordered<'a>(
    left: &Value<'_>,
    right: &Value<'_>,
    holds: fn(Ordering) -> bool,
) -> Evaluated<Value<'a>> {
    match left.compare(right) {
        Some(ordering) => Ok(Value::Bool(holds(ordering))),
        None if left.comparable(right) => Ok(Value::Bool(false)), // NaN
        None => Err(no_such_overload()),
    }
}

/// Whether a list has the element, or a map the key.
pub(crate) fn contains(container: &Value<'_>, element: &Value<'_>) -> Option<bool> {
    match container.plain() {
        Plain::List(items) => Some(items.iter().any(|item| item.equals(element))),
        Plain::Map(map) => Some(map.get(element).is_some()),
        _ => None,
    }
}

/// A result of arithmetic, or the error that it is too large.
fn checked<'a, T>(
    result: Option<T>,
    value: fn(T) -> Value<'a>,
    what: &str,
) -> Evaluated<Value<'a>> {
    result.map(value).ok_or_else(|| Failure::error(format!("{what} overflow")))
}

pub(crate) fn add<'a>(left: &Value<'a>, right: &Value<'a>) -> Evaluated<Value<'a>> {
    match (left.plain(), right.plain()) {
        (Plain::Int(a), Plain::Int(b)) => checked(a.checked_add(b), Value::Int, "integer"),
        (Plain::UInt(a), Plain::UInt(b)) => {
            checked(a.checked_add(b), Value::UInt, "unsigned integer")
        }
        (Plain::Double(a), Plain::Double(b)) => Ok(Value::Double(a + b)),
        (Plain::Str(a), Plain::Str(b)) => Ok(Value::text([a, b].concat())),
        (Plain::Bytes(a), Plain::Bytes(b)) => Ok(Value::Bytes([a, b].concat().into())),
        (Plain::List(a @ Items::Typed(_, schema)), Plain::List(b)) => {
            Ok(Value::list(typed::joined(schema, a.to_vec(), b.to_vec())))
        }
        (Plain::List(a), Plain::List(b)) => Ok(Value::list(a.iter().chain(b.iter()).collect())),
        (Plain::Duration(a), Plain::Duration(b)) => {
            checked(a.0.checked_add(b.0).map(Duration), Value::Duration, "duration")
        }
        (Plain::Timestamp(a), Plain::Duration(b)) | (Plain::Duration(b), Plain::Timestamp(a)) => {
            shift(a, i128::from(b.0))
        }
        _ => Err(no_such_overload()),
    }
}

fn shift<'a>(time: Timestamp, nanoseconds: i128) -> Evaluated<Value<'a>> {
    let shifted = Timestamp::from_nanoseconds(time.nanoseconds() + nanoseconds);
    checked(shifted, Value::Timestamp, "timestamp")
}

fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Evaluated<Value<'a>> {
    match (left.plain(), right.plain()) {
        (Plain::Int(a), Plain::Int(b)) => checked(a.checked_sub(b), Value::Int, "integer"),
        (Plain::UInt(a), Plain::UInt(b)) => {
            checked(a.checked_sub(b), Value::UInt, "unsigned integer")
        }
        (Plain::Double(a), Plain::Double(b)) => Ok(Value::Double(a - b)),
        (Plain::Duration(a), Plain::Duration(b)) => {
            checked(a.0.checked_sub(b.0).map(Duration), Value::Duration, "duration")
        }
        (Plain::Timestamp(a), Plain::Duration(b)) => shift(a, -i128::from(b.0)),
        (Plain::Timestamp(a), Plain::Timestamp(b)) => {
            let difference = i64::try_from(a.nanoseconds() - b.nanoseconds()).ok();
            checked(difference.map(Duration), Value::Duration, "duration")
        }
        _ => Err(no_such_overload()),
    }
}

fn scale<'a>(
    operator: BinaryOperator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Evaluated<Value<'a>> {
    use BinaryOperator as Operator;
    let zero = |what: &str| Err(Failure::error(format!("{what} by zero")));
    match (operator, left.plain(), right.plain()) {
        (Operator::Divide, Plain::Int(_), Plain::Int(0))
        | (Operator::Divide, Plain::UInt(_), Plain::UInt(0)) => zero("division"),
        (Operator::Modulo, Plain::Int(_), Plain::Int(0))
        | (Operator::Modulo, Plain::UInt(_), Plain::UInt(0)) => zero("modulus"),
        (Operator::Multiply, Plain::Int(a), Plain::Int(b)) => {
            checked(a.checked_mul(b), Value::Int, "integer")
        }
        (Operator::Divide, Plain::Int(a), Plain::Int(b)) => {
            checked(a.checked_div(b), Value::Int, "integer")
        }
        (Operator::Modulo, Plain::Int(a), Plain::Int(b)) => {
            checked(a.checked_rem(b), Value::Int, "integer")
        }
        (Operator::Multiply, Plain::UInt(a), Plain::UInt(b)) => {
            checked(a.checked_mul(b), Value::UInt, "unsigned integer")
        }
        (Operator::Divide, Plain::UInt(a), Plain::UInt(b)) => Ok(Value::UInt(a / b)),
        (Operator::Modulo, Plain::UInt(a), Plain::UInt(b)) => Ok(Value::UInt(a % b)),
        (Operator::Multiply, Plain::Double(a), Plain::Double(b)) => Ok(Value::Double(a * b)),
        (Operator::Divide, Plain::Double(a), Plain::Double(b)) => Ok(Value::Double(a / b)),
        _ => Err(no_such_overload()),
    }
}

pub(super) fn negate<'a>(operand: &Value<'a>) -> Evaluated<Value<'a>> {
    match operand.plain() {
        Plain::Int(value) => checked(value.checked_neg(), Value::Int, "integer"),
        Plain::Double(value) => Ok(Value::Double(-value)),
        Plain::Duration(value) => {
            checked(value.0.checked_neg().map(Duration), Value::Duration, "duration")
        }
        _ => Err(no_such_overload()),
    }
}
