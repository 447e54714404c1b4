//! `semver("1.2.3")`: semantic versions.

use std::cmp::Ordering;

use semver::Version;

use crate::error::{Evaluated, Failure};
use crate::value::Value;

use super::{Call, Cost, Function, Opaque, global, member};

pub(super) const FUNCTIONS: &[Function] = &[
    global("semver", 1, Cost::Traversal, |call| Some(of_text(call.str(0)?, false))),
    global("semver", 2, Cost::Traversal, |call| Some(of_text(call.str(0)?, call.bool(1)?))),
    global("isSemver", 1, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(parse(call.str(0)?, false).is_some())))
    }),
    global("isSemver", 2, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(parse(call.str(0)?, call.bool(1)?).is_some())))
    }),
    member("major", 1, Cost::Fixed(1), |call| Some(number(version(call, 0)?.major))),
    member("minor", 1, Cost::Fixed(1), |call| Some(number(version(call, 0)?.minor))),
    member("patch", 1, Cost::Fixed(1), |call| Some(number(version(call, 0)?.patch))),
    member("isLessThan", 2, Cost::Fixed(1), |call| Some(Ok(Value::Bool(compare(call)?.is_lt())))),
    member("isGreaterThan", 2, Cost::Fixed(1), |call| {
        Some(Ok(Value::Bool(compare(call)?.is_gt())))
    }),
    member("compareTo", 2, Cost::Fixed(1), |call| Some(Ok(Value::Int(compare(call)? as i64)))),
];

/// Reads a version; a tolerant reading takes `v1.2` and `01.2.3`, too.
fn parse(text: &str, tolerant: bool) -> Option<Version> {
    if !tolerant {
        return Version::parse(text).ok();
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at_checked(end)?;
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        digits => digits.to_owned(),
    };
    let mut parts: Vec<String> = core.split('.').map(plain).collect();
    if parts.len() < 3 && !rest.is_empty() {
        return None;
    }
    while parts.len() < 3 {
        parts.push("0".to_owned());
    }
    Version::parse(&format!("{}{rest}", parts.join("."))).ok()
}

fn of_text<'a>(text: &str, tolerant: bool) -> Evaluated<Value<'a>> {
    let wrong = || Failure::error(format!("`{text}` is no semantic version"));
    let version = parse(text, tolerant).ok_or_else(wrong)?;
    Ok(Value::Opaque(Opaque::Semver(version).into()))
}

fn version<'c>(call: Call<'c, '_>, index: usize) -> Option<&'c Version> {
    match call.opaque(index)? {
        Opaque::Semver(version) => Some(version),
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn number<'a>(value: u64) -> Evaluated<Value<'a>> {
    Ok(Value::Int(i64::try_from(value).unwrap_or(i64::MAX)))
}

/// The order by precedence, which build metadata does not count for.
fn compare(call: Call<'_, '_>) -> Option<Ordering> {
    Some(version(call, 0)?.cmp_precedence(version(call, 1)?))
}
