//! Strings: CEL's own functions and version 2 of its strings extension. Positions count code
//! points.

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, global, member};

pub(super) const FUNCTIONS: &[Function] = &[
    member("contains", 2, Cost::Substring, |call| Some(bool(call.str(0)?.contains(call.str(1)?)))),
    member("startsWith", 2, Cost::Traversal, |call| {
        Some(bool(call.str(0)?.starts_with(call.str(1)?)))
    }),
    member("endsWith", 2, Cost::Traversal, |call| Some(bool(call.str(0)?.ends_with(call.str(1)?)))),
    member("size", 1, Cost::Fixed(1), size),
    global("size", 1, Cost::Fixed(1), size),
    member("lowerAscii", 1, Cost::Traversal, |call| Some(text(call.str(0)?.to_ascii_lowercase()))),
    member("upperAscii", 1, Cost::Traversal, |call| Some(text(call.str(0)?.to_ascii_uppercase()))),
    member("trim", 1, Cost::Traversal, |call| Some(text(call.str(0)?.trim()))),
    member("charAt", 2, Cost::Fixed(1), |call| Some(char_at(call.str(0)?, call.int(1)?))),
    member("indexOf", 2, Cost::Substring, |call| Some(index_of(call.str(0)?, call.str(1)?, 0))),
    member("indexOf", 3, Cost::Substring, |call| {
        Some(index_of(call.str(0)?, call.str(1)?, call.int(2)?))
    }),
    member("lastIndexOf", 2, Cost::Substring, |call| {
        Some(last_index_of(call.str(0)?, call.str(1)?, None))
    }),
    member("lastIndexOf", 3, Cost::Substring, |call| {
        Some(last_index_of(call.str(0)?, call.str(1)?, Some(call.int(2)?)))
    }),
    member("replace", 3, Cost::TwoTraversals, |call| {
        Some(replace(call.str(0)?, call.str(1)?, call.str(2)?, -1))
    }),
    member("replace", 4, Cost::TwoTraversals, |call| {
        Some(replace(call.str(0)?, call.str(1)?, call.str(2)?, call.int(3)?))
    }),
    member("split", 2, Cost::TwoTraversals, |call| Some(split(call.str(0)?, call.str(1)?, -1))),
    member("split", 3, Cost::TwoTraversals, |call| {
        Some(split(call.str(0)?, call.str(1)?, call.int(2)?))
    }),
    member("substring", 2, Cost::Traversal, |call| {
        Some(substring(call.str(0)?, call.int(1)?, None))
    }),
    member("substring", 3, Cost::Traversal, |call| {
        Some(substring(call.str(0)?, call.int(1)?, Some(call.int(2)?)))
    }),
    member("join", 1, Cost::TwoTraversals, |call| join(call, "")),
    member("join", 2, Cost::TwoTraversals, |call| join(call, call.str(1)?)),
    global("strings.quote", 1, Cost::Traversal, |call| Some(text(quote(call.str(0)?)))),
];

/// How long a computed string may be: the API server bounds it by the size of a request.
const MAX_TEXT: usize = 3 * 1024 * 1024;

#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn bool<'a>(value: bool) -> Evaluated<Value<'a>> {
    Ok(Value::Bool(value))
}

fn text<'a>(text: impl Into<String>) -> Evaluated<Value<'a>> {
    let text: String = text.into();
    if text.len() > MAX_TEXT { Err(Failure::OutOfBudget) } else { Ok(Value::text(text)) }
}

fn size<'a>(call: Call<'_, 'a>) -> Option<Evaluated<Value<'a>>> {
    Some(Ok(Value::size(match call.plain(0)? {
        Plain::Str(text) => text.chars().count(),
        Plain::Bytes(bytes) => bytes.len(),
        Plain::List(items) => items.len(),
        Plain::Map(map) => map.len(),
        _ => return None,
    })))
}

fn out_of_range(index: i64) -> Failure {
    Failure::error(format!("index out of range: {index}"))
}

/// The byte offset of the character at a position; the position behind the last one counts.
fn offset(text: &str, position: i64) -> Evaluated<usize> {
    let wanted = usize::try_from(position).map_err(|_| out_of_range(position))?;
    let offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    offsets.into_iter().nth(wanted).ok_or_else(|| out_of_range(position))
}

/// The position of the character at a byte offset.
fn position(text: &str, offset: usize) -> Value<'static> {
    Value::size(text.get(..offset).unwrap_or_default().chars().count())
}

fn char_at<'a>(string: &str, index: i64) -> Evaluated<Value<'a>> {
    let at = offset(string, index)?;
    text(string.get(at..).unwrap_or_default().chars().take(1).collect::<String>())
}

fn index_of<'a>(string: &str, part: &str, from: i64) -> Evaluated<Value<'a>> {
    let Ok(start) = offset(string, from) else {
        // Behind the end there is nothing to find; before the beginning is an error.
        return if from < 0 { Err(out_of_range(from)) } else { Ok(Value::Int(-1)) };
    };
    let found = string.get(start..).and_then(|rest| rest.find(part));
    Ok(found.map_or(Value::Int(-1), |at| position(string, start + at)))
}

fn last_index_of<'a>(string: &str, part: &str, until: Option<i64>) -> Evaluated<Value<'a>> {
    let end = match until {
        // The match may begin at the given position, but not behind it.
        Some(until) if until < 0 => return Err(out_of_range(until)),
        Some(until) => match offset(string, until) {
            Ok(start) if start < string.len() || part.is_empty() => {
                start.saturating_add(part.len()).min(string.len())
            }
            _ => return Ok(Value::Int(-1)),
        },
        None => string.len(),
    };
    let end =
        (end..=string.len()).find(|&end| string.is_char_boundary(end)).unwrap_or(string.len());
    let found = string.get(..end).and_then(|head| head.rfind(part));
    Ok(found.map_or(Value::Int(-1), |at| position(string, at)))
}

fn replace<'a>(string: &str, from: &str, to: &str, limit: i64) -> Evaluated<Value<'a>> {
    match usize::try_from(limit) {
        Ok(limit) => text(string.replacen(from, to, limit)),
        Err(_) => {
            let times = string.len().checked_div(from.len()).unwrap_or(string.len() + 1);
            if times.saturating_mul(to.len()) > MAX_TEXT {
                return Err(Failure::OutOfBudget);
            }
            text(string.replace(from, to))
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn split<'a>(string: &str, separator: &str, limit: i64) -> Evaluated<Value<'a>> {
    let piece = |piece: &str| Value::text(piece);
    let pieces: Vec<Value<'a>> = match usize::try_from(limit) {
        Ok(0) => Vec::new(),
        Ok(limit) if separator.is_empty() => {
            characters(string, limit).into_iter().map(piece).collect()
        }
        Ok(limit) => string.splitn(limit, separator).map(piece).collect(),
        Err(_) if separator.is_empty() => {
            characters(string, usize::MAX).into_iter().map(piece).collect()
        }
        Err(_) => string.split(separator).map(piece).collect(),
    };
    Ok(Value::list(pieces))
}

/// The characters of a text, all but the first `limit` − 1 in one piece.
fn characters(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if pieces.len() + 1 == limit {
            pieces.push(rest);
            break;
        }
        let (piece, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn substring<'a>(string: &str, from: i64, to: Option<i64>) -> Evaluated<Value<'a>> {
    let start = offset(string, from)?;
    let end = to.map_or(Ok(string.len()), |to| offset(string, to))?;
    match string.get(start..end) {
        Some(part) => text(part),
        None => Err(Failure::error(format!(
            "invalid substring range. start: {from}, end: {}",
            to.unwrap_or_default()
        ))),
    }
}

fn join<'a>(call: Call<'_, 'a>, separator: &str) -> Option<Evaluated<Value<'a>>> {
    let items = call.list(0)?.to_vec();
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(item.as_str()?);
        if joined.len() > MAX_TEXT {
            return Some(Err(Failure::OutOfBudget));
        }
    }
    Some(text(joined))
}

/// The string as a CEL literal.
fn quote(string: &str) -> String {
    let mut quoted = String::with_capacity(string.len() + 2);
    quoted.push('"');
    for character in string.chars() {
        match character {
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
