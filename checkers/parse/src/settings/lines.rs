//! Configurations of one parameter a line.

use std::borrow::Cow;

use seatrial_core::Span;

use super::Settings;
use super::scan::{Cursor, lines, trimmed};

/// How lines are written.
pub(super) struct Notation {
    separators: &'static [char],
    comments: &'static [char],
    sections: bool,
}

pub(super) const KEY_VALUE: Notation =
    Notation { separators: &['='], comments: &['#', ';'], sections: false };
pub(super) const KEY_COLON: Notation =
    Notation { separators: &[':'], comments: &['#'], sections: false };
pub(super) const INI: Notation =
    Notation { separators: &['=', ':'], comments: &['#', ';'], sections: true };

pub(super) fn read(text: &str, notation: &Notation) -> Settings {
    let mut settings = Settings::default();
    let mut section = String::new();
    for (start, line) in lines(text) {
        let (line, span) = trimmed(line, start);
        if line.is_empty() || line.starts_with(notation.comments) {
            continue;
        }
        let header = line.strip_prefix('[').filter(|_| notation.sections);
        match header.map(|rest| rest.strip_suffix(']')) {
            Some(Some(name)) => name.trim().clone_into(&mut section),
            Some(None) => {
                settings.complain(span, "a section is not closed", Some("end it with `]`"));
            }
            None => read_line(&mut settings, line, span, notation, &section),
        }
    }
    settings
}

fn read_line(settings: &mut Settings, line: &str, span: Span, notation: &Notation, section: &str) {
    let start = span.start as usize;
    let Some(at) = line.find(notation.separators).filter(|at| *at > 0) else {
        let separator = notation.separators.first().copied().unwrap_or('=');
        let help = format!("write `name{separator}value`");
        return settings.complain(span, "a line that sets no parameter", Some(&help));
    };
    let (name, rest) = line.split_at(at);
    let (name, name_span) = trimmed(name, start);
    let (value, value_span) = trimmed(rest.get(1..).unwrap_or_default(), start + at + 1);
    let name =
        if section.is_empty() { name.into() } else { Cow::from(format!("{section}.{name}")) };
    settings.add(&name, name_span, unquoted(value).to_owned(), value_span);
}

/// A text without the quotes around it, if both are there.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Reads what `java.util.Properties.load` reads.
pub(super) fn properties(text: &str) -> Settings {
    let mut settings = Settings::default();
    let mut cursor = Cursor::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mark = text.len() - cursor.rest().len();
    while cursor.peek().is_some() {
        cursor.skip_while(char::is_whitespace);
        match cursor.peek() {
            None => {}
            Some('#' | '!') => {
                cursor.skip_while(|c| c != '\n' && c != '\r');
            }
            Some(_) => property(&mut settings, &mut cursor, mark),
        }
    }
    settings
}

fn property(settings: &mut Settings, cursor: &mut Cursor<'_>, mark: usize) {
    let from = |span: Span| Span::new(span.start as usize + mark, span.end as usize + mark);
    let start = cursor.at();
    let name = escaped(settings, cursor, mark, |c| matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}'));
    let name_span = from(cursor.span_from(start));
    let blank = |c| matches!(c, ' ' | '\t' | '\u{c}');
    cursor.skip_while(blank);
    if cursor.take("=") || cursor.take(":") {
        cursor.skip_while(blank);
    }
    let start = cursor.at();
    let value = escaped(settings, cursor, mark, |_| false);
    let value_span = from(cursor.span_from(start));
    if name.is_empty() {
        let span = name_span.to(value_span);
        return settings.complain(span, "a value without a name", Some("write `name=value`"));
    }
    settings.add(&name, name_span, value.trim_end().to_owned(), value_span);
}

/// Reads up to an end or the end of the logical line, with escapes resolved.
fn escaped(
    settings: &mut Settings,
    cursor: &mut Cursor<'_>,
    mark: usize,
    ends: impl Fn(char) -> bool,
) -> String {
    let mut text = String::new();
    while let Some(next) = cursor.peek() {
        if next == '\n' || next == '\r' || ends(next) {
            break;
        }
        let start = cursor.at();
        cursor.skip(next.len_utf8());
        if next != '\\' {
            text.push(next);
            continue;
        }
        match cursor.next() {
            None => {}
            Some('\r') => {
                cursor.take("\n");
                cursor.skip_while(|c| matches!(c, ' ' | '\t' | '\u{c}'));
            }
            Some('\n') => {
                cursor.skip_while(|c| matches!(c, ' ' | '\t' | '\u{c}'));
            }
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some('u') => match by_number(cursor) {
                Some(character) => text.push(character),
                None => {
                    let span = Span::new(start + mark, cursor.at() + mark);
                    settings.complain(span, "`\\u` without four digits of a character", None);
                }
            },
            Some(other) => text.push(other),
        }
    }
    text
}

/// A character by its four hexadecimal digits; those of half a pair become the replacement
/// character, as no text can hold them.
fn by_number(cursor: &mut Cursor<'_>) -> Option<char> {
    let digits = cursor.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    cursor.skip(4);
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
}
