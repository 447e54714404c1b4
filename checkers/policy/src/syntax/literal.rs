//! String and number literals.

use super::Literal;

/// The value of a decimal or `0x` integer without sign.
pub(crate) fn magnitude(digits: &str) -> Option<u64> {
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16).ok(),
        None => digits.parse().ok(),
    }
}

/// The length of the string or bytes literal that a text begins with; `None` where it begins with
/// something else, an error where the literal does not end.
pub(crate) fn quoted_length(text: &str) -> Option<Result<usize, String>> {
    let (prefix, body) = split_prefix(text)?;
    let quote = quotes(body);
    let raw = prefix.contains(['r', 'R']);
    let mut at = prefix.len() + quote.len();
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return Some(Err("the string is not closed".to_owned()));
        };
        if rest.starts_with(quote) {
            return Some(Ok(at + quote.len()));
        }
        if quote.len() == 1 && (first == '\n' || first == '\r') {
            return Some(Err("the string is not closed on its line".to_owned()));
        }
        at += first.len_utf8();
        if first == '\\' && !raw {
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
    }
}

/// Splits `br'...'` into `br` and the rest, if the text begins a string or bytes literal.
fn split_prefix(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(3).position(|byte| byte == b'"' || byte == b'\'')?;
    let (prefix, body) = text.split_at_checked(end)?;
    matches!(prefix.to_ascii_lowercase().as_str(), "" | "r" | "b" | "br" | "rb")
        .then_some((prefix, body))
}

/// The quotes that a text begins with.
fn quotes(body: &str) -> &str {
    let length = if body.starts_with("\"\"\"") || body.starts_with("'''") { 3 } else { 1 };
    body.get(..length).unwrap_or_default()
}

/// The value of a whole string or bytes literal.
pub(crate) fn quoted(source: &str) -> Result<Literal, String> {
    let (prefix, body) = split_prefix(source).ok_or("not a string")?;
    let quote = quotes(body).len();
    let text = body.get(quote..body.len() - quote).unwrap_or_default();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let bytes = prefix.contains(['b', 'B']);
    let raw = prefix.contains(['r', 'R']);
    let value = if raw { text.into_bytes() } else { unescape(&text, bytes)? };
    if bytes {
        return Ok(Literal::Bytes(value.into()));
    }
    let text = String::from_utf8(value).map_err(|_| "the string is not UTF-8".to_owned())?;
    Ok(Literal::String(text.into()))
}

fn unescape(text: &str, bytes: bool) -> Result<Vec<u8>, String> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
        if first == '\\' {
            rest = escape(rest, bytes, &mut value)?;
        } else {
            push(&mut value, first);
        }
    }
    Ok(value)
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads what follows a backslash, and returns the rest of the text.
fn escape<'t>(text: &'t str, bytes: bool, value: &mut Vec<u8>) -> Result<&'t str, String> {
    let kind = text.chars().next().ok_or("a backslash ends the string")?;
    let simple = match kind {
        'a' => Some('\x07'),
        'b' => Some('\x08'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        '\\' | '\'' | '"' | '`' | '?' => Some(kind),
        _ => None,
    };
    if let Some(character) = simple {
        push(value, character);
        return Ok(text.get(1..).unwrap_or_default());
    }
    let (skip, length, radix) = match kind {
        'x' | 'X' => (1, 2, 16),
        'u' if !bytes => (1, 4, 16),
        'U' if !bytes => (1, 8, 16),
        '0'..='3' => (0, 3, 8),
        _ => return Err(format!("`\\{kind}` is no escape")),
    };
    let digits =
        text.get(skip..skip + length).filter(|text| text.chars().all(|c| c.is_digit(radix)));
    let digits = digits.ok_or_else(|| format!("`\\{kind}` wants {length} digits"))?;
    let code = u32::from_str_radix(digits, radix).map_err(|_| "not a character".to_owned())?;
    match u8::try_from(code) {
        Ok(byte) if bytes => value.push(byte),
        _ => push(
            value,
            char::from_u32(code).ok_or_else(|| format!("`\\{kind}{digits}` is no character"))?,
        ),
    }
    Ok(text.get(skip + length..).unwrap_or_default())
}
