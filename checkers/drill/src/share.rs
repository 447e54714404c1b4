//! Numbers or percentages of pods, and how controllers round them.

use seatrial_parse::{Node, Value};

/// A number of pods, or a percentage of the replicas (`IntOrString`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many pods.
    Number(u32),
    /// So many of a hundred.
    Percent(u32),
}

impl Share {
    /// Reads a number or a text such as `25%`; `None` for anything else.
    pub fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::String(text) => {
                let digits = text.strip_suffix('%')?;
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                plain.then(|| digits.parse().ok()).flatten().map(Self::Percent)
            }
            _ => node.as_i64().and_then(|number| u32::try_from(number).ok()).map(Self::Number),
        }
    }

    /// How many of `total` it is, a fraction of a pod rounded up.
    pub fn up(self, total: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => percent.saturating_mul(total).div_ceil(100),
        }
    }

    /// How many of `total` it is, a fraction of a pod rounded down.
    pub fn down(self, total: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Percent(percent) => percent.saturating_mul(total) / 100,
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Share> {
        Share::read(&seatrial_parse::yaml(text).documents.first()?.root)
    }

    #[test]
    fn numbers_and_percentages_are_read_and_nothing_else() {
        for (text, expected) in [
            ("2", Some(Share::Number(2))),
            ("25%", Some(Share::Percent(25))),
            ("\"0%\"", Some(Share::Percent(0))),
            ("-1", None),
            ("\"2\"", None),
            ("%", None),
            ("+5%", None),
            ("1.5", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_quarter_of_a_few_pods_is_rounded_both_ways() {
        let quarter = Share::Percent(25);
        let rounded: Vec<_> =
            (1..=5).map(|total| (quarter.up(total), quarter.down(total))).collect();
        assert_eq!(rounded, [(1, 0), (1, 0), (1, 0), (1, 1), (2, 1)]);
        assert_eq!((Share::Number(3).up(1), Share::Number(3).down(1)), (3, 3));
    }
}
