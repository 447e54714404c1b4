//! Limits that several parts must agree on, and how a user writes one.

use std::time::Duration;

/// How deeply sequences and mappings of an input may nest.
///
/// Deeper input is reported by the parser and not handed on, so that every later walk over a tree
/// may recurse. Real objects stay below 40 levels; the API server itself stops at 10,000.
pub const MAX_DEPTH: usize = 256;

/// Reads `90`, `90s`, `500ms`, `2m` or `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("unknown unit `{unit}`: one of `ms`, `s`, `m`, `h`")),
    };
    let number: f64 = number.parse().map_err(|_| "expected a duration such as `30s`".to_owned())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, milliseconds) in [("2", 2000), ("0.5s", 500), ("500ms", 500), ("2m", 120_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "1d", "-1", "soon", "1e999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
