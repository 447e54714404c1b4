//! `url("…")`: URLs as Go's `net/url` takes them apart, without normalising anything.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::error::{Evaluated, Failure};
use crate::value::{Key, MapValue, Value};

use super::{Call, Cost, Function, Opaque, global, member};

/// A URL in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: Box<str>,
    scheme: Box<str>,
    /// Host and port, without user information.
    host: Box<str>,
    path: Box<str>,
    query: Box<str>,
}

impl Url {
    /// Reads a URL that is absolute, or a path that begins with `/`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.chars().any(|c| c.is_ascii_control()) {
            return None;
        }
        let (scheme, rest) = scheme(text)?;
        // A fragment is no part of a request; it is cut off only where it follows the rest.
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !rest.starts_with('/') {
            // `mailto:a@b` is opaque: it has neither host nor path.
            return (!scheme.is_empty()).then(|| Self::of(text, scheme, "", "", query));
        }
        let (authority, path) = match rest.strip_prefix("//") {
            Some(after) if !scheme.is_empty() => {
                after.split_at_checked(after.find('/').unwrap_or(after.len()))?
            }
            _ => ("", rest),
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let sound = is_host(host) && escapes_are_sound(path);
        sound.then(|| Self::of(text, scheme, host, path, query))
    }

    fn of(text: &str, scheme: &str, host: &str, path: &str, query: &str) -> Self {
        Self {
            text: text.into(),
            scheme: scheme.to_ascii_lowercase().into(),
            host: host.into(),
            path: path.into(),
            query: query.into(),
        }
    }

    /// The URL as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn port_at(&self) -> Option<usize> {
        let colon = self.host.rfind(':')?;
        self.host.rfind(']').is_none_or(|bracket| bracket < colon).then_some(colon)
    }

    fn hostname(&self) -> &str {
        let host = self.port_at().and_then(|colon| self.host.get(..colon)).unwrap_or(&self.host);
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    fn port(&self) -> &str {
        self.port_at().and_then(|colon| self.host.get(colon + 1..)).unwrap_or_default()
    }
}

/// Splits `scheme:rest`; a text without a scheme has an empty one, a leading colon is wrong.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let end = text.find(|c| !letters(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    match rest.strip_prefix(':') {
        Some(_) if name.is_empty() => None,
        Some(rest) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Some((name, rest)),
        _ => Some(("", text)),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) => (name, port),
            None => return false,
        },
        None => host.split_at_checked(host.rfind(':').unwrap_or(host.len())).unwrap_or((host, "")),
    };
    let forbidden = |c: char| c == ' ' || "\"<>^`{|}\\".contains(c);
    let port_ok = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    port_ok && !name.chars().any(forbidden) && escapes_are_sound(name)
}

fn escapes_are_sound(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    })
}

pub(super) const FUNCTIONS: &[Function] = &[
    global("url", 1, Cost::Traversal, |call| {
        let text = call.str(0)?;
        let url = Url::parse(text).map(|url| Value::Opaque(Opaque::Url(url).into()));
        Some(url.ok_or_else(|| Failure::error(format!("`{text}` is no URL"))))
    }),
    global("isURL", 1, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(Url::parse(call.str(0)?).is_some())))
    }),
    member("getScheme", 1, Cost::Fixed(1), |call| Some(text(&url(call)?.scheme))),
    member("getHost", 1, Cost::Fixed(1), |call| Some(text(&url(call)?.host))),
    member("getHostname", 1, Cost::Fixed(1), |call| Some(text(url(call)?.hostname()))),
    member("getPort", 1, Cost::Fixed(1), |call| Some(text(url(call)?.port()))),
    member("getEscapedPath", 1, Cost::Fixed(1), |call| Some(text(&escaped(&url(call)?.path)))),
    member("getQuery", 1, Cost::Fixed(1), |call| Some(Ok(query(&url(call)?.query)))),
];

fn url<'c>(call: Call<'c, '_>) -> Option<&'c Url> {
    match call.opaque(0)? {
        Opaque::Url(url) => Some(url),
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn text<'a>(text: &str) -> Evaluated<Value<'a>> {
    Ok(Value::text(text))
}

/// A path in which everything that needs an escape has one.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@%!'()*[]".contains(&byte);
    path.bytes().fold(String::with_capacity(path.len()), |mut escaped, byte| {
        if plain(byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// The parameters, each with all its values; a malformed one is left out.
fn query<'a>(query: &str) -> Value<'a> {
    let mut parameters: BTreeMap<String, Vec<Value<'a>>> = BTreeMap::new();
    for parameter in query.split('&').filter(|text| !text.is_empty() && !text.contains(';')) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if let Some((name, value)) = unescaped(name).zip(unescaped(value)) {
            parameters.entry(name).or_default().push(Value::text(value));
        }
    }
    let mut map = MapValue::default();
    for (name, values) in parameters {
        map.insert(Key::Text(name.as_str().into()), Value::text(name), Value::list(values));
    }
    Value::Map(map.into())
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}
