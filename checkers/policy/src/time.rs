//! Durations and timestamps, as `google.protobuf` defines them and Go writes them.

use std::fmt;

/// A length of time in nanoseconds, up to about 292 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i128);

/// Nanoseconds per second.
const SECOND: i128 = 1_000_000_000;
/// Seconds per day.
const DAY: i64 = 86_400;

impl Duration {
    /// Reads `1h30m`, `-1.5s`, `100ms` and so on, as Go's `time.ParseDuration` does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total = 0_i128;
        while !rest.is_empty() {
            let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, after) = rest.split_at_checked(number_end)?;
            let unit_end =
                after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(unit_end)?;
            total = total.checked_add(part(number, unit_nanoseconds(unit)?)?)?;
            rest = after;
        }
        i64::try_from(if negative { -total } else { total }).ok().map(Self)
    }

    /// Hours, minutes, ... that have passed entirely.
    pub(crate) const fn whole(self, unit: i64) -> i64 {
        self.0 / unit
    }
}

fn unit_nanoseconds(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    })
}

/// The nanoseconds of a decimal number of units.
fn part(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    // Twelve digits suffice: beyond them even an hour has no whole nanosecond left.
    let digits: String = fraction.chars().chain("000000000000".chars()).take(12).collect();
    let fraction = i128::from(digits.parse::<u64>().ok()?);
    i128::from(whole).checked_mul(unit)?.checked_add(fraction * unit / 1_000_000_000_000)
}

impl fmt::Display for Duration {
    /// Writes seconds, as CEL's `string()` does: `5400s`, `0.1s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanoseconds = self.0.unsigned_abs();
        write!(f, "{sign}{}", nanoseconds / 1_000_000_000)?;
        match nanoseconds % 1_000_000_000 {
            0 => f.write_str("s"),
            rest => write!(f, ".{}s", format!("{rest:09}").trim_end_matches('0')),
        }
    }
}

/// A calendar date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) nanosecond: i64,
    /// From 0, which is Sunday.
    pub(crate) weekday: i64,
    /// From 0.
    pub(crate) day_of_year: i64,
}

impl Timestamp {
    /// The point in time so many nanoseconds after 1970 began, if it lies within years 1 to 9999.
    pub(crate) fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        const FIRST: i128 = -62_135_596_800 * SECOND;
        const END: i128 = 253_402_300_800 * SECOND;
        (FIRST..END).contains(&nanoseconds).then_some(Self(nanoseconds))
    }

    pub(crate) const fn nanoseconds(self) -> i128 {
        self.0
    }

    /// Reads RFC 3339: `2026-11-22T04:00:00Z`, `2026-11-22T04:00:00.5+01:00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let separated = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if !separated.iter().all(|&(at, byte)| bytes.get(at) == Some(&byte))
            || !matches!(bytes.get(10), Some(b'T' | b't'))
        {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_range = (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !in_range {
            return None;
        }
        let rest = text.get(19..)?;
        let zone_at = rest.find(['Z', 'z', '+', '-'])?;
        let (fraction, zone) = rest.split_at_checked(zone_at)?;
        let seconds = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        let nanoseconds =
            i128::from(seconds - offset_seconds(zone)?) * SECOND + nanoseconds(fraction)?;
        Self::from_nanoseconds(nanoseconds)
    }

    /// Date and time of day at an offset from UTC in seconds.
    pub(crate) fn civil(self, offset: i64) -> Civil {
        let shifted = self.0 + i128::from(offset) * SECOND;
        let seconds = i64::try_from(shifted.div_euclid(SECOND)).unwrap_or(0);
        let nanosecond = i64::try_from(shifted.rem_euclid(SECOND)).unwrap_or(0);
        let days = seconds.div_euclid(DAY);
        let in_day = seconds.rem_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: in_day / 3600,
            minute: in_day / 60 % 60,
            second: in_day % 60,
            nanosecond,
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - days_from_civil(year, 1, 1),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, hour, minute, second, nanosecond, .. } = self.civil(0);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match nanosecond {
            0 => f.write_str("Z"),
            rest => write!(f, ".{}Z", format!("{rest:09}").trim_end_matches('0')),
        }
    }
}

/// The nanoseconds of `.5`; zero of nothing.
fn nanoseconds(fraction: &str) -> Option<i128> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = fraction.strip_prefix('.').filter(|digits| !digits.is_empty())?;
    let digits = digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)?;
    format!("{digits:0<9}").get(..9)?.parse().ok()
}

/// The offset of `Z`, `UTC` or `+01:00` from UTC in seconds; `None` for a name of a place.
pub(crate) fn offset_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z" | "" | "UTC") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str| -> Option<i64> {
        (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The day of 1970-01-01 is 0 (the usual algorithm over 400-year eras that begin in March).
pub(crate) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// How many days a month has.
pub(crate) const fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
