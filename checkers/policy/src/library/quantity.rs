//! `quantity("1.5Gi")`: amounts of resources.

use std::cmp::Ordering;

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, Opaque, global, member};

/// An amount, exact down to 10⁻⁹ (finer ones are rounded up, as Kubernetes does).
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    /// Whether Kubernetes takes it for an integer: it does not reduce, so that `5.0` and `1000m`
    /// are none.
    integral: bool,
}

/// The amount that a quantity such as `1.5Gi` states, in billionths; `None` for what is none.
pub fn in_nanos(text: &str) -> Option<i128> {
    Quantity::parse(text).map(|quantity| quantity.nanos)
}

const NANO: i128 = 1_000_000_000;
/// The largest amount: 2⁶³ − 1, to which Kubernetes cuts larger ones.
const MAX: i128 = (i64::MAX as i128) * NANO;

impl Quantity {
    /// Reads `100m`, `1.5Gi`, `2e3`, ...
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end =
            unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (binary, exponent) = scale(suffix)?;
        let digits = format!("{whole}{fraction}");
        let fraction_digits = i32::try_from(fraction.len()).ok()?;
        let magnitude = if binary {
            scaled(&digits, 9 - fraction_digits, 1_i128.checked_shl(u32::try_from(exponent).ok()?)?)
        } else {
            scaled(&digits, exponent + 9 - fraction_digits, 1)
        };
        let nanos = magnitude.min(MAX);
        let integral = if binary { fraction.is_empty() } else { exponent >= fraction_digits };
        Some(Self { nanos: if negative { -nanos } else { nanos }, integral })
    }

    fn as_integer(self) -> Option<i64> {
        (self.integral && self.nanos % NANO == 0).then(|| i64::try_from(self.nanos / NANO).ok())?
    }

    fn plus(self, other: Self) -> Self {
        let nanos = self.nanos.saturating_add(other.nanos);
        Self { nanos, integral: self.integral && other.integral }
    }

    fn minus(self, other: Self) -> Self {
        self.plus(Self { nanos: -other.nanos, integral: other.integral })
    }

    fn from_integer(value: i64) -> Self {
        Self { nanos: i128::from(value) * NANO, integral: true }
    }

    /// The order by amount.
    pub fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// Whether a suffix stands for a power of two, and the power of two or ten.
fn scale(suffix: &str) -> Option<(bool, i32)> {
    Some(match suffix {
        "Ki" => (true, 10),
        "Mi" => (true, 20),
        "Gi" => (true, 30),
        "Ti" => (true, 40),
        "Pi" => (true, 50),
        "Ei" => (true, 60),
        "n" => (false, -9),
        "u" => (false, -6),
        "m" => (false, -3),
        "" => (false, 0),
        "k" => (false, 3),
        "M" => (false, 6),
        "G" => (false, 9),
        "T" => (false, 12),
        "P" => (false, 15),
        "E" => (false, 18),
        _ => (false, suffix.strip_prefix(['e', 'E'])?.parse::<i16>().ok()?.into()),
    })
}

/// `digits` · 10^`power` · `factor`, rounded up; saturates.
fn scaled(digits: &str, power: i32, factor: i128) -> i128 {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    // Digits beyond the 30th cannot change an amount below 2^63, except by rounding up.
    let (head, tail) = digits.split_at_checked(30).unwrap_or((digits, ""));
    let Ok(value) = head.parse::<i128>() else { return MAX };
    let power = power.saturating_add(i32::try_from(tail.len()).unwrap_or(i32::MAX));
    let inexact = i128::from(tail.bytes().any(|digit| digit != b'0'));
    if power >= 0 {
        let ten = u32::try_from(power).ok().and_then(|power| 10_i128.checked_pow(power));
        let value =
            ten.and_then(|ten| value.checked_mul(ten)).and_then(|value| value.checked_mul(factor));
        return value.map_or(MAX, |value| value.min(MAX));
    }
    let Some(divisor) = 10_i128.checked_pow(power.unsigned_abs()) else { return 1 };
    // The factor may not fit beside 30 digits; then the amount is beyond the largest anyway.
    let Some(product) = value.checked_mul(factor) else { return MAX };
    (product / divisor + i128::from(product % divisor != 0).max(inexact)).min(MAX)
}

pub(super) const FUNCTIONS: &[Function] = &[
    global("quantity", 1, Cost::Traversal, |call| Some(of_text(call.str(0)?))),
    global("isQuantity", 1, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(Quantity::parse(call.str(0)?).is_some())))
    }),
    member("isInteger", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Bool(quantity(call, 0)?.as_integer().is_some())))
    }),
    member("asInteger", 1, Cost::Fixed(1), |call| {
        let value = quantity(call, 0)?.as_integer().map(Value::Int);
        Some(value.ok_or_else(|| Failure::error("cannot convert value to integer")))
    }),
    member("asApproximateFloat", 1, Cost::Fixed(1), |call| {
        #[expect(clippy::cast_precision_loss, reason = "approximate by name")]
        let value = quantity(call, 0)?.nanos as f64 / 1e9;
        Some(Ok(Value::Double(value)))
    }),
    member("sign", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Int(i64::from(quantity(call, 0)?.nanos.signum() as i8))))
    }),
    global("sign", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Int(i64::from(quantity(call, 0)?.nanos.signum() as i8))))
    }),
    member("add", 2, Cost::Fixed(1), |call| {
        Some(Ok(of(quantity(call, 0)?.plus(quantity_or_integer(call, 1)?))))
    }),
    member("sub", 2, Cost::Fixed(1), |call| {
        Some(Ok(of(quantity(call, 0)?.minus(quantity_or_integer(call, 1)?))))
    }),
    member("isLessThan", 2, Cost::Fixed(1), |call| {
        Some(Ok(Value::Bool(quantity(call, 0)?.cmp(&quantity(call, 1)?).is_lt())))
    }),
    member("isGreaterThan", 2, Cost::Fixed(1), |call| {
        Some(Ok(Value::Bool(quantity(call, 0)?.cmp(&quantity(call, 1)?).is_gt())))
    }),
    member("compareTo", 2, Cost::Fixed(1), |call| {
        Some(Ok(Value::Int(quantity(call, 0)?.cmp(&quantity(call, 1)?) as i64)))
    }),
];

fn of(quantity: Quantity) -> Value<'static> {
    Value::Opaque(Opaque::Quantity(quantity).into())
}

fn of_text(text: &str) -> Evaluated<Value<'static>> {
    let wrong = || Failure::error(format!("`{text}` is no quantity"));
    Quantity::parse(text).map(of).ok_or_else(wrong)
}

fn quantity(call: Call<'_, '_>, index: usize) -> Option<Quantity> {
    match call.opaque(index)? {
        Opaque::Quantity(quantity) => Some(*quantity),
        _ => None,
    }
}

fn quantity_or_integer(call: Call<'_, '_>, index: usize) -> Option<Quantity> {
    match call.plain(index)? {
        Plain::Int(value) => Some(Quantity::from_integer(value)),
        _ => quantity(call, index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_kubernetes_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("1", NANO),
            ("-1", -NANO),
            ("100m", NANO / 10),
            ("1.5", NANO * 3 / 2),
            (".5", NANO / 2),
            ("5.", NANO * 5),
            ("1k", NANO * 1000),
            ("1Ki", NANO * 1024),
            ("1.5Gi", NANO * 1_610_612_736),
            ("1e3", NANO * 1000),
            ("1E3", NANO * 1000),
            ("1E", NANO * 1_000_000_000_000_000_000),
            ("1e-3", NANO / 1000),
            ("0.1n", 1),
            ("1n", 1),
            ("1e300", MAX),
            ("1e-300", 1),
            ("123456789012345678901234567890123456789", MAX),
            ("0.0000000000000000000000000000000000000001", 1),
        ] {
            assert_eq!(Quantity::parse(text).map(|q| q.nanos), Some(nanos), "{text}");
        }
        for text in ["", "-", "Mi", "1Xi", "1.2.3", "1 Gi", "abc", "1e", "0x1", "1ki", "--1"] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_integer_is_one_only_as_it_is_written() {
        for (text, integer) in [
            ("50k", Some(50_000)),
            ("1Gi", Some(1 << 30)),
            ("0.5k", Some(500)),
            ("5.0", None),
            ("1000m", None),
            ("1.5Gi", None),
            ("9999999999999999999999G", Some(i64::MAX)),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().as_integer(), integer, "{text}");
        }
    }
}
