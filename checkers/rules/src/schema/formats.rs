//! The syntax of quantities, times and base64, as the API server reads them.

/// Whether a text is a quantity: a decimal number with an optional suffix.
///
/// Source: `parseQuantityString` in `apimachinery/pkg/api/resource/quantity.go`, which also takes
/// a suffix without a number for zero.
pub(super) fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let behind = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
    let suffix = match behind.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => behind,
    };
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" => true,
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => {
            suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| exponent.parse::<i64>().is_ok())
        }
    }
}

/// Whether a text is a time as RFC 3339 writes it, read as strictly as Go's `time` package does.
pub(super) fn is_date_time(text: &str) -> bool {
    date_time(text).is_some()
}

fn date_time(text: &str) -> Option<()> {
    let (date, time) = (text.get(..10)?, text.get(10..)?.strip_prefix('T')?);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.get(..8)?, ':')?;
    let mut rest = time.get(8..)?;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return None;
        }
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let in_range = (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    (in_range && is_zone(rest)).then_some(())
}

/// `Z`, or a sign with hours and minutes.
fn is_zone(text: &str) -> bool {
    let offset = text.strip_prefix(['+', '-']);
    let parsed = offset.and_then(|offset| match offset.split_once(':')? {
        (hours, minutes) if hours.len() == 2 && minutes.len() == 2 => {
            Some((digits(hours)?, digits(minutes)?))
        }
        _ => None,
    });
    text == "Z" || parsed.is_some_and(|(hours, minutes)| hours <= 24 && minutes < 60)
}

/// Three numbers between separators.
fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut next = || parts.next().and_then(digits);
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Whether a text is base64 as Go's `encoding/base64` reads it: padded, line breaks allowed.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    bytes.len().is_multiple_of(4)
        && padding <= 2
        && bytes.iter().rev().skip(padding).all(in_alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_the_api_server_reads_them() {
        for right in [
            "0", "1", "-1", "+1", "0.5", ".5", "1.", "100m", "1Gi", "1.5Gi", "1e3", "1E3", "1e-3",
            "5E", " 1 ", "Mi", "1n",
        ] {
            assert!(is_quantity(right), "{right}");
        }
        for wrong in [
            "", "1GB", "1K", "1 Gi", "1gi", "1mi", "abc", "1e", "1ee3", "1.2.3", "--1", "1i",
            "0x10", "1,5",
        ] {
            assert!(!is_quantity(wrong), "{wrong}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        for right in [
            "2024-02-29T23:59:59Z",
            "2023-01-01T00:00:00.123456Z",
            "2023-01-01T00:00:00+02:00",
            "2023-12-31T00:00:00-11:30",
        ] {
            assert!(is_date_time(right), "{right}");
        }
        for wrong in [
            "",
            "2023-02-29T00:00:00Z",
            "2023-01-01",
            "2023-01-01 00:00:00Z",
            "2023-01-01T00:00:00",
            "2023-01-01T00:00:00z",
            "2023-01-01T24:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00+2:00",
            "2023-1-01T00:00:00Z",
            "yesterday",
            "202é-01-01T00:00:00Z",
        ] {
            assert!(!is_date_time(wrong), "{wrong}");
        }
    }

    #[test]
    fn base64_is_padded_and_may_have_line_breaks() {
        for right in ["", "YQ==", "YWI=", "YWJj", "YWJj\nYWJj\n", "+/+/"] {
            assert!(is_base64(right), "{right}");
        }
        for wrong in ["YQ", "YQ=", "Y===", "YW J", "hunter2!", "YQ==YQ==", "-_-_", "===="] {
            assert!(!is_base64(wrong), "{wrong}");
        }
    }
}
