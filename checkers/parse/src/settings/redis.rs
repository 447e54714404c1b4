//! `redis.conf`: a name and its arguments.

use seatrial_core::Span;

use super::scan::{Cursor, statements, trimmed};
use super::{Setting, Settings, included};

pub(super) fn read(text: &str) -> Settings {
    let mut settings = Settings::default();
    for (line, span) in statements(text) {
        read_line(&mut settings, line, span);
    }
    settings
}

fn read_line(settings: &mut Settings, line: &str, span: Span) {
    let start = span.start as usize;
    // Some write `name=value`, which Redis itself does not.
    let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    if name.is_empty() {
        return settings.complain(span, "a value without a name", Some("write `name value`"));
    }
    let name_span = Span::new(start, start + name.len());
    let (text, value_span) = trimmed(rest, start + line.len() - rest.len());
    match arguments(text) {
        Ok(arguments) => {
            let (name, value) = (name.to_owned(), arguments.join(" "));
            if name.eq_ignore_ascii_case("include") {
                return settings.skip(value_span, included(&value));
            }
            let is_final = false;
            settings.settings.push(Setting {
                name,
                value,
                arguments,
                name_span,
                value_span,
                is_final,
            });
        }
        Err(message) => settings.complain(value_span, message, None),
    }
}

/// Splits a line as Redis does: at spaces, outside quotes; `"` resolves escapes, `'` does not.
fn arguments(text: &str) -> Result<Vec<String>, &'static str> {
    let mut cursor = Cursor::new(text);
    let mut arguments = Vec::new();
    loop {
        cursor.skip_while(char::is_whitespace);
        match cursor.peek() {
            None => return Ok(arguments),
            Some('"') => arguments.push(quoted(&mut cursor, '"')?),
            Some('\'') => arguments.push(quoted(&mut cursor, '\'')?),
            Some(_) => arguments.push(cursor.skip_while(|c| !c.is_whitespace()).to_owned()),
        }
    }
}

fn quoted(cursor: &mut Cursor<'_>, quote: char) -> Result<String, &'static str> {
    cursor.next();
    let mut text = String::new();
    while let Some(next) = cursor.next() {
        match next {
            '\\' if quote == '"' => text.push(match cursor.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('x') => byte(cursor).unwrap_or('x'),
                Some(other) => other,
                None => return Err("a quote is not closed"),
            }),
            '\\' if cursor.take("'") => text.push('\''),
            _ if next == quote => {
                let ends = cursor.peek().is_none_or(char::is_whitespace);
                return ends.then_some(text).ok_or("a text goes on behind its closing quote");
            }
            _ => text.push(next),
        }
    }
    Err("a quote is not closed")
}

fn byte(cursor: &mut Cursor<'_>) -> Option<char> {
    let digits = cursor.rest().get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    cursor.skip(2);
    u8::from_str_radix(digits, 16).ok().map(char::from)
}
