//! `'%s has %d'.format([a, b])`: version 1 of CEL's string formatting.

use std::fmt::Write;

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::conversions::double_text;
use super::{Cost, Function, Opaque, member};

pub(super) const FUNCTIONS: &[Function] = &[member("format", 2, Cost::Traversal, |call| {
    let (pattern, args) = (call.str(0)?, call.list(1)?.to_vec());
    Some(format(pattern, &args).map(Value::text))
})];

/// How long a formatted string may be.
const MAX_LENGTH: usize = 3 * 1024 * 1024;
/// How many digits a precision may ask for.
const MAX_PRECISION: usize = 100;

fn format(pattern: &str, args: &[Value<'_>]) -> Evaluated<String> {
    let mut written = String::with_capacity(pattern.len());
    let mut args = args.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        written.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            written.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = precision(after)?;
        let mut clause = after.chars();
        let kind = clause.next().ok_or_else(|| Failure::error("unexpected end of string"))?;
        rest = clause.as_str();
        let arg = args.next().ok_or_else(|| Failure::error("index out of range in format"))?;
        one(kind, precision, arg, &mut written)?;
        if written.len() > MAX_LENGTH {
            return Err(Failure::OutOfBudget);
        }
    }
    written.push_str(rest);
    Ok(written)
}

/// Reads `.2`; the default is 6.
fn precision(text: &str) -> Evaluated<(usize, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Ok((6, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    match digits.parse() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((precision, rest)),
        _ => Err(Failure::error("precision is no number up to 100")),
    }
}

fn one(kind: char, precision: usize, arg: &Value<'_>, out: &mut String) -> Evaluated<()> {
    let wrong =
        |what: &str| Failure::error(format!("could not format `{}` {what}", arg.type_name()));
    match (kind, arg.plain()) {
        ('s', _) => return shown(arg, out),
        ('d', Plain::Int(value)) => push(out, format_args!("{value}")),
        ('d', Plain::UInt(value)) => push(out, format_args!("{value}")),
        ('d', _) => return Err(wrong("as a decimal integer")),
        ('f', Plain::Double(value)) => push(out, format_args!("{value:.precision$}")),
        ('f', _) => return Err(wrong("as a fixed-point number")),
        ('e', Plain::Double(value)) => {
            let text = format!("{value:.precision$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            push(out, format_args!("{mantissa}e{sign}{:02}", exponent.abs()));
        }
        ('e', _) => return Err(wrong("in scientific notation")),
        ('b', Plain::Bool(value)) => push(out, format_args!("{}", u8::from(value))),
        ('b' | 'o' | 'x' | 'X', Plain::Int(value)) => {
            integer(kind, value < 0, value.unsigned_abs(), out);
        }
        ('b' | 'o' | 'x' | 'X', Plain::UInt(value)) => integer(kind, false, value, out),
        ('x' | 'X', Plain::Str(text)) => hexadecimal(kind, text.as_bytes(), out),
        ('x' | 'X', Plain::Bytes(bytes)) => hexadecimal(kind, bytes, out),
        ('b' | 'o' | 'x' | 'X', _) => return Err(wrong("in another base")),
        _ => return Err(Failure::error(format!("unrecognized formatting clause `{kind}`"))),
    }
    Ok(())
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(arguments);
}

fn integer(kind: char, negative: bool, magnitude: u64, out: &mut String) {
    if negative {
        out.push('-');
    }
    match kind {
        'b' => push(out, format_args!("{magnitude:b}")),
        'o' => push(out, format_args!("{magnitude:o}")),
        'x' => push(out, format_args!("{magnitude:x}")),
        _ => push(out, format_args!("{magnitude:X}")),
    }
}

fn hexadecimal(kind: char, bytes: &[u8], out: &mut String) {
    for byte in bytes {
        if kind == 'x' {
            push(out, format_args!("{byte:02x}"));
        } else {
            push(out, format_args!("{byte:02X}"));
        }
    }
}

/// Writes a value as `%s` does.
fn shown(value: &Value<'_>, out: &mut String) -> Evaluated<()> {
    if out.len() > MAX_LENGTH {
        return Err(Failure::OutOfBudget);
    }
    match value.plain() {
        Plain::Null => out.push_str("null"),
        Plain::Bool(value) => push(out, format_args!("{value}")),
        Plain::Int(value) => push(out, format_args!("{value}")),
        Plain::UInt(value) => push(out, format_args!("{value}")),
        Plain::Double(value) => out.push_str(&double_text(value)),
        Plain::Str(text) => out.push_str(text),
        Plain::Bytes(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Plain::Duration(value) => push(out, format_args!("{value}")),
        Plain::Timestamp(value) => push(out, format_args!("{value}")),
        Plain::Type(name) => out.push_str(name),
        Plain::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                shown(&item, out)?;
            }
            out.push(']');
        }
        Plain::Map(map) => {
            let mut entries = Vec::new();
            for (key, value) in map.entries() {
                let (mut name, mut text) = (String::new(), String::new());
                shown(&key, &mut name)?;
                shown(&value, &mut text)?;
                entries.push(format!("{name}: {text}"));
            }
            entries.sort();
            push(out, format_args!("{{{}}}", entries.join(", ")));
        }
        Plain::Opaque(Opaque::Ip(address)) => push(out, format_args!("{address}")),
        Plain::Opaque(Opaque::Cidr(network)) => push(out, format_args!("{network}")),
        Plain::Optional(_) | Plain::Opaque(_) => {
            return Err(Failure::error(format!(
                "could not format `{}` as a string",
                value.type_name()
            )));
        }
    }
    Ok(())
}
