//! Quantities: `100m`, `1.5Gi`, `2e3`.

use thiserror::Error;

/// No amount of anything reaches this: 2^62 units.
pub(crate) const LIMIT: u64 = 1 << 62;

const NANO: u128 = 1_000_000_000;

/// An amount, exact to a billionth of a unit (what is finer is rounded up, as
/// `apimachinery/pkg/api/resource/quantity.go` does), and not negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(u128);

/// Why a text is no amount of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum BadQuantity {
    #[error("`{0}` is no quantity")]
    NoNumber(String),
    #[error("unknown unit `{1}` in `{0}`")]
    Unit(String, String),
    #[error("`{0}` is negative")]
    Negative(String),
    #[error("`{0}` is absurdly much: amounts stay below 2^62")]
    Absurd(String),
}

impl BadQuantity {
    /// What may have been meant.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Unit(text, unit) => Some(help_on_unit(text.strip_suffix(unit)?, unit)),
            _ => None,
        }
    }
}

fn help_on_unit(number: &str, unit: &str) -> String {
    let known = unit.chars().next().map(|first| first.to_ascii_uppercase());
    match known.filter(|first| "KMGTPE".contains(*first) && unit.len() <= 3) {
        Some(first) => {
            let decimal = if first == 'K' { 'k' } else { first };
            format!("write `{number}{decimal}` (powers of 1000) or `{number}{first}i` (of 1024)")
        }
        None => "units are n u m k M G T P E and Ki Mi Gi Ti Pi Ei, or none".to_owned(),
    }
}

impl Quantity {
    /// Reads an amount.
    pub(super) fn parse(text: &str) -> Result<Self, BadQuantity> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return Err(BadQuantity::NoNumber(text.to_owned()));
        }
        let (factor, power) =
            scale(unit).ok_or_else(|| BadQuantity::Unit(text.to_owned(), unit.to_owned()))?;
        let absurd = || BadQuantity::Absurd(text.to_owned());
        let nanos = in_nanos(whole, fraction, factor, power).ok_or_else(absurd)?;
        if negative && nanos > 0 {
            return Err(BadQuantity::Negative(text.to_owned()));
        }
        if nanos < u128::from(LIMIT) * NANO { Ok(Self(nanos)) } else { Err(absurd()) }
    }

    /// The sum.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In units of a resource (thousandths of `cpu`), rounded up.
    pub(super) fn rounded_up(self, resource: &str) -> u64 {
        u64::try_from(self.0.div_ceil(unit_of(resource))).unwrap_or(u64::MAX)
    }
}

fn unit_of(resource: &str) -> u128 {
    if resource == "cpu" { NANO / 1000 } else { NANO }
}

/// A number with its factor and its power of ten, in billionths, rounded up; `None` beyond all
/// limits.
fn in_nanos(whole: &str, fraction: &str, factor: u128, power: i32) -> Option<u128> {
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let number = digits.parse::<u128>().ok()?.checked_mul(factor)?;
    let power = power.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    match 10_u128.checked_pow(power.unsigned_abs()) {
        Some(ten) if power >= 0 => number.checked_mul(ten),
        Some(ten) => Some(number.div_ceil(ten)),
        None => (power < 0).then_some(1),
    }
}

/// The factor and the power of ten that a unit stands for.
fn scale(unit: &str) -> Option<(u128, i32)> {
    Some(match unit {
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "" => (1, 0),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        _ => (1, unit.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?.clamp(-1000, 1000)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_rounded_at_the_end() {
        for (text, resource, units) in [
            ("100m", "cpu", 100),
            ("0.1", "cpu", 100),
            (".5", "cpu", 500),
            ("+2.", "cpu", 2000),
            ("1500u", "cpu", 2),
            ("1n", "cpu", 1),
            ("0.0000000001", "cpu", 1),
            ("100m", "memory", 1),
            ("1.5Gi", "memory", 1_610_612_736),
            ("0.3Ki", "memory", 308),
            ("1e3", "memory", 1000),
            ("12E-1", "memory", 2),
            ("3Ei", "memory", 3 << 60),
            ("0e999999", "memory", 0),
            ("-0", "memory", 0),
            ("1e-999999", "memory", 1),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().rounded_up(resource), units, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_said_to_be_none() {
        for (text, expected) in [
            ("", "`` is no quantity"),
            ("lots", "`lots` is no quantity"),
            ("1.2.3", "`1.2.3` is no quantity"),
            ("Gi", "`Gi` is no quantity"),
            ("10GB", "unknown unit `GB` in `10GB`"),
            ("1 Gi", "unknown unit ` Gi` in `1 Gi`"),
            ("1e", "unknown unit `e` in `1e`"),
            ("-1", "`-1` is negative"),
            ("4Ei", "`4Ei` is absurdly much: amounts stay below 2^62"),
            ("1e400", "`1e400` is absurdly much: amounts stay below 2^62"),
            (
                "99999999999999999999999999999999999999999",
                "`99999999999999999999999999999999999999999` is absurdly much: amounts stay below 2^62",
            ),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn an_unknown_unit_is_answered_with_those_near_it() {
        for (text, help) in [
            ("10GB", "write `10G` (powers of 1000) or `10Gi` (of 1024)"),
            ("10K", "write `10k` (powers of 1000) or `10Ki` (of 1024)"),
            ("10cores", "units are n u m k M G T P E and Ki Mi Gi Ti Pi Ei, or none"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err().help().as_deref(), Some(help));
        }
    }
}
