//! Parts of timestamps and durations.

use crate::error::{Evaluated, Failure};
use crate::time::{Civil, offset_seconds};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, member};

/// The function on a timestamp in UTC, or in a time zone.
macro_rules! part {
    ($name:literal, $of:expr) => {
        [
            member($name, 1, Cost::Fixed(1), |call| part(call, $of)),
            member($name, 2, Cost::Fixed(1), |call| part(call, $of)),
        ]
    };
}

pub(super) static PARTS: [[Function; 2]; 6] = [
    part!("getFullYear", |civil| civil.year),
    part!("getMonth", |civil| civil.month - 1),
    part!("getDate", |civil| civil.day),
    part!("getDayOfMonth", |civil| civil.day - 1),
    part!("getDayOfWeek", |civil| civil.weekday),
    part!("getDayOfYear", |civil| civil.day_of_year),
];

/// The functions that durations have, too: there they count whole units.
pub(super) static CLOCK: [[Function; 2]; 4] = [
    part!("getHours", |civil| civil.hour),
    part!("getMinutes", |civil| civil.minute),
    part!("getSeconds", |civil| civil.second),
    part!("getMilliseconds", |civil| civil.nanosecond / 1_000_000),
];

pub(super) static DURATIONS: &[Function] = &[
    member("getHours", 1, Cost::Fixed(1), |call| whole(call, 3_600_000_000_000)),
    member("getMinutes", 1, Cost::Fixed(1), |call| whole(call, 60_000_000_000)),
    member("getSeconds", 1, Cost::Fixed(1), |call| whole(call, 1_000_000_000)),
    member("getMilliseconds", 1, Cost::Fixed(1), |call| {
        let Plain::Duration(value) = call.plain(0)? else { return None };
        Some(Ok(Value::Int(value.0 / 1_000_000)))
    }),
];

fn whole<'a>(call: Call<'_, 'a>, unit: i64) -> Option<Evaluated<Value<'a>>> {
    match call.plain(0)? {
        Plain::Duration(value) => Some(Ok(Value::Int(value.whole(unit)))),
        _ => None,
    }
}

fn part<'a>(call: Call<'_, 'a>, of: fn(Civil) -> i64) -> Option<Evaluated<Value<'a>>> {
    let Plain::Timestamp(time) = call.plain(0)? else { return None };
    let offset = match call.value(1) {
        None => Some(0),
        Some(zone) => offset_seconds(zone.as_str()?),
    };
    Some(match offset {
        Some(offset) => Ok(Value::Int(of(time.civil(offset)))),
        None => Err(Failure::undecided("the offset of a named time zone is not known here")),
    })
}
