//! What a plain scalar means: the resolution of `sigs.k8s.io/yaml`, which reads YAML 1.1.
//!
//! Source: `goyaml.v2/resolve.go` of `kubernetes-sigs/yaml`. Differs from YAML 1.2 in the
//! booleans (`yes`, `on`, `y`), octals (`0777`) and underscores (`1_000`); base-60 numbers and
//! timestamps stay strings.

use crate::tree::{Number, Value};

/// What a plain scalar resolves to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Resolved {
    /// A JSON value.
    Value(Value),
    /// Infinity or not-a-number, which JSON cannot carry.
    NotJson,
}

/// Resolves a plain scalar.
pub(crate) fn resolve(text: &str) -> Resolved {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF"
        | ".nan" | ".NaN" | ".NAN" => return Resolved::NotJson,
        _ => number(text).map_or_else(|| Value::String(text.into()), Value::Number),
    };
    Resolved::Value(value)
}

/// Where the quote that opens a text is closed: `"` may be escaped by `\`, `'` by doubling it.
pub(crate) fn closing_quote(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().peekable();
    let (_, quote) = bytes.next()?;
    while let Some((at, byte)) = bytes.next() {
        let escapes = byte == b'\\' && quote == b'"';
        let mut doubled = || bytes.peek().is_some_and(|&(_, next)| byte == b'\'' && next == b'\'');
        if byte == quote && !doubled() {
            return Some(at);
        }
        if escapes || byte == quote {
            bytes.next();
        }
    }
    None
}

/// The text that a `!!binary` scalar encodes, if it is base64 of UTF-8; white space does not count.
pub(crate) fn decode_base64(text: &str) -> Option<String> {
    use base64::Engine;
    let compact: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
    String::from_utf8(bytes).ok()
}

/// Reads a number as Go's `ParseInt(…, 0, 64)`, `ParseUint` and, for the shape of a YAML float,
/// `ParseFloat` do, in that order; underscores do not count unless the text begins with a dot.
fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if first == b'.' {
        return float(text);
    }
    if !first.is_ascii_digit() && first != b'+' && first != b'-' {
        return None;
    }
    let plain: String = text.chars().filter(|&c| c != '_').collect();
    integer(&plain).or_else(|| float(&plain))
}

fn integer(text: &str) -> Option<Number> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Number::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Number::Int(value)),
        // Go's ParseUint takes no sign.
        Err(_) if signed => None,
        Err(_) => Some(Number::UInt(magnitude)),
    }
}

/// Reads what matches `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` and is finite.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !(mantissa_ok && exponent_ok) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i64) -> Resolved {
        Resolved::Value(Value::Number(Number::Int(value)))
    }

    fn real(value: f64) -> Resolved {
        Resolved::Value(Value::Number(Number::Float(value)))
    }

    #[test]
    fn integers_and_floats_read_as_the_api_server_reads_them() {
        for (text, expected) in [
            ("0", int(0)),
            ("-0", int(0)),
            ("+1", int(1)),
            ("0777", int(511)),
            ("012", int(10)),
            ("0o17", int(15)),
            ("0x1F", int(31)),
            ("0b11", int(3)),
            ("-0b11", int(-3)),
            ("1_000", int(1000)),
            ("-9223372036854775808", int(i64::MIN)),
            ("1e3", real(1000.0)),
            ("1.0", real(1.0)),
            ("1.", real(1.0)),
            (".5", real(0.5)),
            ("+.5e3", real(500.0)),
            ("1_0.5", real(10.5)),
            ("08", real(8.0)),
            ("18446744073709551616", real(18_446_744_073_709_551_616.0)),
        ] {
            assert_eq!(resolve(text), expected, "{text}");
        }
        let unsigned = Resolved::Value(Value::Number(Number::UInt(9_223_372_036_854_775_808)));
        assert_eq!(resolve("9223372036854775808"), unsigned);
    }

    #[test]
    fn booleans_and_nulls_are_those_of_yaml_1_1() {
        for text in ["y", "Y", "yes", "on", "ON", "true", "True"] {
            assert_eq!(resolve(text), Resolved::Value(Value::Bool(true)), "{text}");
        }
        for text in ["n", "N", "no", "off", "False"] {
            assert_eq!(resolve(text), Resolved::Value(Value::Bool(false)), "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(text), Resolved::Value(Value::Null), "{text}");
        }
        for text in [".inf", "-.Inf", ".nan"] {
            assert_eq!(resolve(text), Resolved::NotJson, "{text}");
        }
    }

    #[test]
    fn everything_else_is_a_string() {
        for text in [
            "2001-01-01",
            "12:30:45",
            "=",
            "tRUE",
            "1e",
            "e3",
            ".",
            "-",
            "+",
            "0x",
            "0xg",
            "1.2.3",
            "100m",
            "1Gi",
            "<<",
            "_1",
            "--1",
            "+-1",
            "._5",
            "+18446744073709551616x",
            "nULL",
        ] {
            assert_eq!(resolve(text), Resolved::Value(Value::String(text.into())), "{text}");
        }
    }
}
