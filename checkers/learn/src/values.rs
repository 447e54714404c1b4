//! What kind of thing the text of a value is.
//!
//! Every reader answers for one kind: the meaning of the text, or `None` if it is not of that kind.
//! [`kinds`] are all kinds that a text can be read as, and [`kind`] is the most telling of them.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What a value can be. Ordered from the most telling kind to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing at all.
    Empty,
    /// Another parameter or variable to be put in: `${user.home}/x`.
    Reference,
    /// `true`, `no`, `on` and their kin.
    Boolean,
    /// An IPv4 or IPv6 address.
    Address,
    /// An address range: `10.0.0.0/8`.
    AddressRange,
    /// A host with a port: `localhost:2181`, `0.0.0.0:0`.
    HostPort,
    /// `scheme://…`.
    Url,
    /// A path of the file system with more than one part.
    Path,
    /// Digits 0 to 7, three or four of them, or `rwxr-xr-x`.
    Permission,
    /// A share in percent: `80%`.
    Percent,
    /// A whole number.
    Integer,
    /// A number with a fraction or an exponent.
    Decimal,
    /// A number with a unit of time.
    Duration,
    /// A number with a unit of storage.
    Size,
    /// A qualified name of a class or module: `org.example.Thing`.
    ClassName,
    /// Several values between brackets, commas or spaces.
    List,
    /// One word of letters, digits, `_`, `-` and `.`.
    Word,
    /// Anything else.
    Text,
}

impl Kind {
    /// The name in words: `a whole number`.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Empty => "nothing",
            Self::Reference => "a reference to another parameter",
            Self::Boolean => "a boolean",
            Self::Address => "an IP address",
            Self::AddressRange => "an address range",
            Self::HostPort => "a host with a port",
            Self::Url => "a URL",
            Self::Path => "a path",
            Self::Permission => "an octal permission",
            Self::Percent => "a percentage",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Duration => "a duration with a unit",
            Self::Size => "a size with a unit",
            Self::ClassName => "a class name",
            Self::List => "a list",
            Self::Word => "a word",
            Self::Text => "a text",
        }
    }

    /// Whether it begins with a number that can be compared.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Duration | Self::Size | Self::Percent)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_words())
    }
}

/// All kinds that a text can be read as; never empty.
pub fn kinds(text: &str) -> BTreeSet<Kind> {
    let text = text.trim();
    if text.is_empty() {
        return BTreeSet::from([Kind::Empty]);
    }
    let readings = [
        (Kind::Reference, text.contains("${")),
        (Kind::Boolean, boolean(text).is_some()),
        (Kind::Address, address(text).is_some()),
        (Kind::AddressRange, is_address_range(text)),
        (Kind::HostPort, host_port(text).is_some()),
        (Kind::Url, url(text).is_some()),
        (Kind::Path, is_path(text)),
        (Kind::Permission, permission(text).is_some()),
        (Kind::Percent, percent(text).is_some()),
        (Kind::Integer, integer(text).is_some()),
        (Kind::Decimal, integer(text).is_none() && decimal(text).is_some()),
        (Kind::Duration, duration(text).is_some()),
        (Kind::Size, size(text).is_some()),
        (Kind::ClassName, is_class_name(text)),
        (Kind::List, is_list(text)),
        (Kind::Word, is_word(text)),
    ];
    let mut kinds: BTreeSet<_> =
        readings.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect();
    if kinds.is_empty() {
        kinds.insert(Kind::Text);
    }
    kinds
}

/// The most telling kind of a text. A plain number is a whole number, not a permission.
pub fn kind(text: &str) -> Kind {
    let kinds = kinds(text);
    let plain = kinds.contains(&Kind::Integer) && !text.trim().starts_with('0');
    let telling = kinds.iter().copied().find(|kind| !(plain && *kind == Kind::Permission));
    telling.unwrap_or(Kind::Text)
}

/// `true`, `yes`, `on`, and their opposites, in any letter case.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A whole number in decimals, or in Python's octal and hexadecimal notation.
pub fn integer(text: &str) -> Option<i128> {
    let lower = text.to_ascii_lowercase();
    let (sign, digits) = match lower.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    let (radix, digits) = match digits {
        _ if digits.starts_with("0x") => (16, digits.get(2..)?),
        _ if digits.starts_with("0o") => (8, digits.get(2..)?),
        _ => (10, digits),
    };
    let starts = digits.chars().next().is_some_and(|first| first.is_digit(radix));
    let number = i128::from_str_radix(starts.then_some(digits)?, radix).ok()?;
    number.checked_mul(sign)
}

/// A number, whole or not: `3`, `0.5`, `1e6`, `1.0f`. Never infinite.
pub fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_suffix(['f', 'F', 'd', 'D', 'L', 'l']).unwrap_or(text);
    let unsigned = digits.trim_start_matches(['-', '+']);
    let starts = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = starts.then_some(digits)?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// `80%`, as 80.
pub fn percent(text: &str) -> Option<f64> {
    decimal(text.strip_suffix('%')?.trim_end())
}

/// A number and what follows it: `10` and `sec`. `None` if it does not begin with a number, or
/// nothing but letters follows.
pub fn quantity(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let signs = text.len() - unsigned.len();
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(signs + digits)?;
    let unit = unit.trim_start();
    let letters = !unit.is_empty() && unit.chars().all(char::is_alphabetic);
    Some((number.parse().ok()?, letters.then_some(unit)?))
}

/// A duration with its unit, in seconds: `10sec`, `1.5h`, `2 days`.
pub fn duration(text: &str) -> Option<f64> {
    let (number, unit) = quantity(text)?;
    seconds_of(unit).map(|seconds| number * seconds)
}

/// How many seconds a unit of time has.
pub fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ns" | "nanos" | "nanosecond" | "nanoseconds" => 1e-9,
        "us" | "micros" | "microsecond" | "microseconds" => 1e-6,
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

/// A size with its unit, in bytes: `64MB`, `16k`, `2 GiB`. Units count in powers of 1,024.
pub fn size(text: &str) -> Option<f64> {
    let (number, unit) = quantity(text)?;
    bytes_of(unit).map(|bytes| number * bytes)
}

/// How many bytes a unit of storage has, in powers of 1,024.
pub fn bytes_of(unit: &str) -> Option<f64> {
    let lower = unit.to_ascii_lowercase();
    if matches!(lower.as_str(), "byte" | "bytes") {
        return Some(1.0);
    }
    let prefix = lower.strip_suffix("ib").or_else(|| lower.strip_suffix('b')).unwrap_or(&lower);
    let power = ["", "k", "m", "g", "t", "p", "e"].iter().position(|known| *known == prefix)?;
    Some(1024_f64.powi(i32::try_from(power).ok()?))
}

/// A permission: three or four octal digits (`0o` before them as in Python), or `rwxr-x---`.
pub fn permission(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let octal =
        (3..=4).contains(&digits.len()) && digits.bytes().all(|d| (b'0'..=b'7').contains(&d));
    if octal {
        return u32::from_str_radix(digits, 8).ok();
    }
    let letters = text.len() == 9
        && text.chars().zip("rwxrwxrwx".chars()).all(|(bit, name)| bit == name || bit == '-');
    letters.then(|| text.chars().fold(0, |mode, bit| mode << 1 | u32::from(bit != '-')))
}

/// A port: 0 to 65,535.
pub fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// An IPv4 or IPv6 address, the latter also in brackets.
pub fn address(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(text).parse().ok()
}

fn is_address_range(text: &str) -> bool {
    let Some((base, bits)) = text.split_once('/') else { return false };
    let most = match base.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

/// A host name: labels of letters, digits, `-` and `_` between dots.
pub fn is_host_name(text: &str) -> bool {
    let fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    text.len() <= 253 && text.split('.').all(fits)
}

/// A host name or address with a port.
pub fn host_port(text: &str) -> Option<(&str, u16)> {
    let (host, digits) = text.rsplit_once(':')?;
    let is_host =
        is_host_name(host) || address(host).is_some_and(|ip| ip.is_ipv4() || host.starts_with('['));
    Some((is_host.then_some(host)?, port(digits)?))
}

/// The scheme of a URL and what follows `scheme:`. One that names no place (`file:/`) is none.
pub fn url(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = scheme(text)?;
    let place = rest.strip_prefix("//")?;
    let bare = place.chars().any(|c| c.is_whitespace() || c == '<' || c == '>');
    (!place.is_empty() && !bare).then_some((scheme, rest))
}

/// The scheme of what looks like a URI (`letters:/…`), and what follows the colon.
pub fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let letters = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (letters && scheme.len() > 1 && rest.starts_with('/')).then_some((scheme, rest))
}

/// Whether a text is a path of the file system: it has a `/` or is `.`, and holds nothing that
/// speaks against it.
pub fn is_path(text: &str) -> bool {
    let odd = |c: char| c.is_control() || "*?<>|\"'`,;".contains(c);
    let begins = text.starts_with(['/', '.', '~', '$']);
    let inner = text.contains('/') && !text.contains(':') && !text.contains(' ');
    (begins && text.contains('/') || text == "." || inner) && !text.chars().any(odd)
}

/// Whether a text is a qualified name of a class or module: parts between dots, the last but for
/// inner classes beginning with a letter.
pub fn is_class_name(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    text.contains('.') && text.split('.').count() >= 2 && text.split('.').all(part)
}

/// Whether a text is several values: between brackets, or with commas.
pub fn is_list(text: &str) -> bool {
    let bracketed = [('[', ']'), ('(', ')'), ('{', '}')]
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    bracketed || (text.len() > 1 && text.contains(','))
}

/// The parts of a list: between its brackets, at commas or spaces, trimmed.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.trim().trim_start_matches(['[', '(', '{']).trim_end_matches([']', ')', '}']);
    inner
        .split(|c: char| c == ',' || c.is_whitespace())
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// One word of letters, digits, `_`, `-` and `.` with a letter in it.
pub fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
        && text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests;
