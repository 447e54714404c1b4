//! Quantities: `100m`, `1.5Gi`, `2e3`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Nothing that is counted reaches this: 2^62 units.
pub(super) const LIMIT: u64 = 1 << 62;

const NANOS: u128 = 1_000_000_000;

/// A quantity, exact to a billionth of a unit (what is finer is rounded up, as
/// `apimachinery/pkg/api/resource` does), not negative and below 2^62 units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(u128);

impl Quantity {
    /// Reads `<number><suffix>`: digits with at most one point, and one of the suffixes `n u m k M
    /// G T P E`, `Ki Mi Gi Ti Pi Ei`, `e<integer>`, `E<integer>`, or none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no quantity");
        let absurd = || format!("`{text}` is out of range: a quantity is below 2^62");
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        if unsigned.starts_with('-') && Self::parse(unsigned.trim_start_matches('-')).is_ok() {
            return Err(format!("`{text}` is negative"));
        }
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let (binary, decimal) = scale(suffix).ok_or_else(wrong)?;
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return Err(wrong());
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self(0));
        }
        let mantissa: u128 = digits.parse().map_err(|_| absurd())?;
        let exponent = decimal + 9 - i32::try_from(fraction.len()).map_err(|_| absurd())?;
        let ten = 10_u128.checked_pow(exponent.unsigned_abs());
        let scaled = mantissa.checked_mul(binary).ok_or_else(absurd)?;
        let nanos = match ten {
            Some(ten) if exponent >= 0 => scaled.checked_mul(ten).ok_or_else(absurd)?,
            Some(ten) => scaled.div_ceil(ten),
            None if exponent >= 0 => return Err(absurd()),
            None => 1,
        };
        if nanos < u128::from(LIMIT) * NANOS { Ok(Self(nanos)) } else { Err(absurd()) }
    }

    /// The sum; far from overflow for what can be read.
    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In units of `resource` (thousandths of `cpu`), rounded up; none from 2^62 on.
    pub(super) fn units(self, resource: &str) -> Option<u64> {
        let unit = if resource == "cpu" { NANOS / 1000 } else { NANOS };
        u64::try_from(self.0.div_ceil(unit)).ok().filter(|&units| units < LIMIT)
    }
}

/// The factor and the power of ten that a suffix stands for.
fn scale(suffix: &str) -> Option<(u128, i32)> {
    Some(match suffix {
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
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (1, exponent.clamp(-100, 100))
        }
    })
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Quantity;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a quantity")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
                Quantity::parse(text).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Quantity, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn a_quantity_is_read_exactly() {
        for (text, resource, units) in [
            ("0", "memory", 0),
            ("100m", "cpu", 100),
            ("0.1", "cpu", 100),
            ("1.5", "cpu", 1500),
            ("+2", "cpu", 2000),
            (".5", "cpu", 500),
            ("5.", "cpu", 5000),
            ("1n", "cpu", 1),
            ("1000001n", "cpu", 2),
            ("250u", "cpu", 1),
            ("1", "memory", 1),
            ("100m", "memory", 1),
            ("1Ki", "memory", 1024),
            ("1.5Gi", "memory", 1_610_612_736),
            ("0.3Ki", "memory", 308),
            ("1k", "memory", 1000),
            ("1e3", "memory", 1000),
            ("1E3", "memory", 1000),
            ("12e-1", "memory", 2),
            ("1E", "memory", 1_000_000_000_000_000_000),
            ("3Ei", "memory", 3 << 60),
            ("0.000", "memory", 0),
            ("0e999999", "memory", 0),
            ("1e-999999", "memory", 1),
            ("0000000000000000000000000000000000000000000000007", "memory", 7),
        ] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.units(resource), Some(units), "{text} of {resource}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            ".",
            "-1",
            "-0.5Gi",
            "1 Gi",
            "1gi",
            "1KI",
            "1e",
            "1e1.5",
            "1.2.3",
            "Gi",
            "0x10",
            "1_0",
            "NaN",
            "inf",
            "--1",
            "1i",
            "4Ei",
            "4611686018427387904",
            "1e20",
            "1e99999999999",
            "٣",
            "99999999999999999999999999999999999999999999",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sum_is_rounded_once() {
        let half = Quantity::parse("500u").unwrap();
        assert_eq!(half.plus(half).units("cpu"), Some(1));
        let most = Quantity::parse("4611686018427387903").unwrap();
        assert_eq!(most.plus(most).units("memory"), None);
        assert_eq!(most.units("cpu"), None);
    }
}
