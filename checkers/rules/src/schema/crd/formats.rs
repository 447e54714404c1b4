//! The formats of custom resources that are checked.
//!
//! The API server knows more of them (`apiextensions-apiserver/pkg/apiserver/validation/formats.go`).
//! Those whose readers are lenient in ways of their own, such as `email` and `uri`, are not checked,
//! and unknown ones the API server ignores.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::schema::formats::{is_base64, is_date_time};

/// A format: its name and its test.
type Format = (&'static str, fn(&str) -> bool);

/// All formats that are checked.
pub(super) const ALL: &[Format] = &[
    ("byte", is_base64),
    ("cidr", is_cidr),
    ("date", is_date),
    ("date-time", is_time),
    ("datetime", is_time),
    ("ipv4", is_ipv4),
    ("ipv6", is_ipv6),
    ("uuid", is_uuid),
];

/// Whether a format is checked.
pub(super) fn is_known(name: &str) -> bool {
    ALL.iter().any(|(known, _)| *known == name)
}

/// A time; letters of either case, unlike in native types.
fn is_time(text: &str) -> bool {
    is_date_time(&text.to_uppercase())
}

fn is_date(text: &str) -> bool {
    is_date_time(&format!("{text}T00:00:00Z"))
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let bits = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    digits && length.parse::<u8>().is_ok_and(|length| length <= bits)
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12, with or without `-` between them.
fn is_uuid(text: &str) -> bool {
    let mut rest = text;
    for (at, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, behind)) = rest.split_at_checked(length) else { return false };
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_and_reject() {
        for (name, right, wrong) in [
            ("byte", "YQ==", "YQ"),
            ("cidr", "10.0.0.0/8", "10.0.0.0"),
            ("cidr", "fd00::/8", "fd00::/129"),
            ("date", "2024-02-29", "2023-02-29"),
            ("date-time", "2024-01-01t00:00:00z", "2024-01-01"),
            ("datetime", "2024-01-01T00:00:00+01:00", "now"),
            ("ipv4", "127.0.0.1", "127.0.0.256"),
            ("ipv6", "::1", "127.0.0.1"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("uuid", "123E4567e89b12d3a456426614174000", "zzze4567-e89b-12d3-a456-426614174000"),
        ] {
            let (_, test) = ALL.iter().find(|(known, _)| *known == name).unwrap();
            assert!(test(right), "{name} {right}");
            assert!(!test(wrong), "{name} {wrong}");
        }
        assert!(!is_known("email"));
    }
}
