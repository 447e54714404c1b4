//! Conversions between types, and `dyn` and `type`.

use seatrial_parse::Number;

use crate::error::{Evaluated, Failure};
use crate::time::{Duration, Timestamp};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, Opaque, global};

pub(super) const FUNCTIONS: &[Function] = &[
    global("dyn", 1, Cost::Fixed(1), |call| Some(Ok(call.value(0)?.clone()))),
    global("type", 1, Cost::Fixed(1), |call| Some(Ok(Value::Type(call.value(0)?.type_name())))),
    global("int", 1, Cost::Fixed(1), int),
    global("uint", 1, Cost::Fixed(1), uint),
    global("double", 1, Cost::Fixed(1), double),
    global("bool", 1, Cost::Fixed(1), boolean),
    global("string", 1, Cost::Traversal, string),
    global("bytes", 1, Cost::Traversal, bytes),
    global("duration", 1, Cost::Fixed(1), duration),
    global("timestamp", 1, Cost::Fixed(1), timestamp),
];

type Converted<'a> = Option<Evaluated<Value<'a>>>;

/// The result of a conversion, or the error that the value has none.
#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn converted<'a, T>(value: Option<T>, wrap: fn(T) -> Value<'a>, error: &str) -> Converted<'a> {
    Some(value.map(wrap).ok_or_else(|| Failure::error(error)))
}

fn int<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    let value = match call.plain(0)? {
        Plain::Int(value) => Some(value),
        Plain::UInt(value) => i64::try_from(value).ok(),
        Plain::Double(value) => {
            Number::Float(value.trunc()).as_i64().filter(|&value| value != i64::MIN)
        }
        Plain::Str(text) => text.parse().ok(),
        Plain::Timestamp(time) => i64::try_from(time.nanoseconds().div_euclid(1_000_000_000)).ok(),
        _ => return None,
    };
    converted(value, Value::Int, "type conversion error: no int")
}

fn uint<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0; // 2^64
    let value = match call.plain(0)? {
        Plain::UInt(value) => Some(value),
        Plain::Int(value) => u64::try_from(value).ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        Plain::Double(value) => (0.0..LIMIT).contains(&value.trunc()).then_some(value as u64),
        Plain::Str(text) => text.parse().ok(),
        _ => return None,
    };
    converted(value, Value::UInt, "type conversion error: no uint")
}

fn double<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    #[expect(clippy::cast_precision_loss, reason = "the nearest one is what is asked for")]
    let value = match call.plain(0)? {
        Plain::Double(value) => Some(value),
        Plain::Int(value) => Some(value as f64),
        Plain::UInt(value) => Some(value as f64),
        Plain::Str(text) => text.parse().ok(),
        _ => return None,
    };
    converted(value, Value::Double, "type conversion error: no double")
}

fn boolean<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    let value = match call.plain(0)? {
        Plain::Bool(value) => Some(value),
        Plain::Str("1" | "t" | "T" | "true" | "TRUE" | "True") => Some(true),
        Plain::Str("0" | "f" | "F" | "false" | "FALSE" | "False") => Some(false),
        Plain::Str(_) => None,
        _ => return None,
    };
    converted(value, Value::Bool, "type conversion error: no bool")
}

fn string<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    let text = match call.plain(0)? {
        Plain::Str(_) => return Some(Ok(call.value(0)?.clone())),
        Plain::Bool(value) => value.to_string(),
        Plain::Int(value) => value.to_string(),
        Plain::UInt(value) => value.to_string(),
        Plain::Double(value) => double_text(value),
        Plain::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                return Some(Err(Failure::error(
                    "invalid UTF-8 in bytes, cannot convert to string",
                )));
            }
        },
        Plain::Duration(value) => value.to_string(),
        Plain::Timestamp(value) => value.to_string(),
        Plain::Opaque(Opaque::Ip(address)) => address.to_string(),
        Plain::Opaque(Opaque::Cidr(network)) => network.to_string(),
        _ => return None,
    };
    Some(Ok(Value::text(text)))
}

/// A float as Go's `strconv` writes it in its shortest form (`%g`).
pub(super) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn bytes<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    Some(Ok(Value::Bytes(match call.plain(0)? {
        Plain::Bytes(bytes) => bytes.into(),
        Plain::Str(text) => text.as_bytes().into(),
        _ => return None,
    })))
}

fn duration<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    let value = match call.plain(0)? {
        Plain::Duration(value) => Some(value),
        Plain::Str(text) => Duration::parse(text),
        _ => return None,
    };
    converted(value, Value::Duration, "type conversion error: no duration")
}

fn timestamp<'a>(call: Call<'_, 'a>) -> Converted<'a> {
    let value = match call.plain(0)? {
        Plain::Timestamp(value) => Some(value),
        Plain::Str(text) => Timestamp::parse(text),
        Plain::Int(seconds) => Timestamp::from_nanoseconds(i128::from(seconds) * 1_000_000_000),
        _ => return None,
    };
    converted(value, Value::Timestamp, "type conversion error: no timestamp")
}
