//! `postgresql.conf`: `name = value`, with the `=` left out at will.

use seatrial_core::Span;

use super::scan::{Cursor, statements, trimmed};
use super::{Settings, included};

pub(super) fn read(text: &str) -> Settings {
    let mut settings = Settings::default();
    for (line, span) in statements(text) {
        read_line(&mut settings, line, span);
    }
    settings
}

fn read_line(settings: &mut Settings, line: &str, span: Span) {
    let start = span.start as usize;
    let mut cursor = Cursor::new(line);
    let name = cursor.skip_while(|c| c.is_alphanumeric() || "_.$".contains(c));
    if name.is_empty() {
        let help = Some("write `name = value`");
        return settings.complain(span, "a line that sets no parameter", help);
    }
    let name_span = Span::new(start, start + name.len());
    cursor.skip_while(char::is_whitespace);
    cursor.take("=");
    cursor.skip_while(char::is_whitespace);
    let at = cursor.at();
    let value = if cursor.peek() == Some('\'') {
        quoted(&mut cursor)
    } else {
        Some(cursor.skip_while(|c| c != '#').trim_end().to_owned())
    };
    let (_, value_span) = trimmed(line.get(at..cursor.at()).unwrap_or_default(), start + at);
    let Some(value) = value else {
        return settings.complain(value_span, "a quote is not closed", Some("end it with `'`"));
    };
    let behind = cursor.skip_while(char::is_whitespace).len();
    if cursor.peek().is_some_and(|next| next != '#') {
        let rest = Span::new(start + cursor.at() - behind, start + line.len());
        settings.complain(rest, "text behind the value", Some("quote the whole value"));
    }
    if ["include", "include_dir", "include_if_exists"].contains(&name) {
        return settings.skip(value_span, included(&value));
    }
    settings.add(name, name_span, value, value_span);
}

/// A text in single quotes; `''` and `\'` are one quote.
fn quoted(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.next();
    let mut text = String::new();
    while let Some(next) = cursor.next() {
        match next {
            '\'' if cursor.take("'") => text.push('\''),
            '\'' => return Some(text),
            '\\' => text.push(match cursor.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                other => other,
            }),
            _ => text.push(next),
        }
    }
    None
}
