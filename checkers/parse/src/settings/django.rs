//! Settings of Django: assignments of a Python module to upper-case names.
//!
//! Nothing is evaluated. A value that is one literal string is that string; every other value is
//! the text of its expression. Statements other than such assignments are skipped by name.

use seatrial_core::{MAX_DEPTH, Span};

use super::Settings;
use super::scan::Cursor;

pub(super) fn read(text: &str) -> Settings {
    let mut settings = Settings::default();
    let mut cursor = Cursor::new(text);
    cursor.take("\u{feff}");
    while cursor.peek().is_some() {
        let start = cursor.at();
        let end = statement(&mut cursor, &mut settings);
        let whole = text.get(start..end).unwrap_or_default();
        read_statement(&mut settings, whole, start);
    }
    settings
}

fn read_statement(settings: &mut Settings, whole: &str, start: usize) {
    let text = whole.trim();
    if text.is_empty() {
        return;
    }
    let start = start + whole.len() - whole.trim_start().len();
    let span = Span::new(start, start + text.len());
    let indented = whole.trim_start_matches(['\r', '\n']).starts_with([' ', '\t']);
    match assignment(text).filter(|_| !indented) {
        Some((name, at)) => {
            let rest = text.get(at..).unwrap_or_default();
            let value = rest.trim_start();
            let from = start + at + rest.len() - value.len();
            let value_span = Span::new(from, from + value.len());
            let meaning = literal(value).unwrap_or_else(|| value.to_owned());
            settings.add(name, Span::new(start, start + name.len()), meaning, value_span);
        }
        None => {
            let first = text.lines().next().unwrap_or_default();
            settings.skip(span, format!("the statement `{first}`"));
        }
    }
}

/// The name assigned to, and where the value begins; `None` for any other statement.
fn assignment(text: &str) -> Option<(&str, usize)> {
    let mut cursor = Cursor::new(text);
    let name = cursor.skip_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    cursor.skip_while(|c| c == ' ' || c == '\t');
    if cursor.take(":") {
        // An annotation: `DEBUG: bool = True`.
        cursor.skip_while(|c| c != '=' && c != '\n');
    }
    let named = name.starts_with(|c: char| c.is_ascii_uppercase());
    let assigned = cursor.take("=") && !cursor.rest().starts_with('=');
    (named && assigned).then(|| (name, cursor.at()))
}

/// Moves behind a statement, its comments and its line end; returns where its text ends.
fn statement(cursor: &mut Cursor<'_>, settings: &mut Settings) -> usize {
    let start = cursor.at();
    let mut depth = 0_usize;
    let mut deepest = 0;
    loop {
        let at = cursor.at();
        match cursor.peek() {
            None | Some('#') if depth == 0 => {
                cursor.skip_while(|c| c != '\n');
                cursor.take("\n");
                return at;
            }
            None => {
                settings.complain(Span::new(start, at), "a bracket is not closed", None);
                return at;
            }
            Some('\n') if depth == 0 => {
                cursor.skip(1);
                return at;
            }
            Some('#') => {
                cursor.skip_while(|c| c != '\n');
            }
            Some('\\') => {
                cursor.skip(1);
                cursor.take("\r");
                cursor.next();
            }
            Some(quote @ ('"' | '\'')) => {
                if !string(cursor, quote) {
                    settings.complain(cursor.span_from(at), "a text is not closed", None);
                }
            }
            Some(open) => {
                cursor.skip(open.len_utf8());
                match open {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        if depth > MAX_DEPTH && deepest <= MAX_DEPTH {
            settings.complain(Span::new(start, cursor.at()), "brackets nest too deeply", None);
        }
        deepest = deepest.max(depth);
    }
}

/// Moves behind a string; whether it is closed. One in single quotes ends with its line.
fn string(cursor: &mut Cursor<'_>, quote: char) -> bool {
    let triple = [quote; 3].iter().collect::<String>();
    let long = cursor.take(&triple);
    if !long {
        cursor.skip(1);
    }
    while let Some(next) = cursor.peek() {
        if long && cursor.take(&triple) {
            return true;
        }
        if !long && next == '\n' {
            return false;
        }
        cursor.skip(next.len_utf8());
        match next {
            '\\' => {
                cursor.next();
            }
            _ if !long && next == quote => return true,
            _ => {}
        }
    }
    false
}

/// The text of an expression that is one plain string literal and nothing else.
fn literal(expression: &str) -> Option<String> {
    let unprefixed = expression.strip_prefix(['r', 'R', 'u', 'U', 'b', 'B']).unwrap_or(expression);
    let raw = expression.starts_with(['r', 'R']);
    let quote = unprefixed.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut cursor = Cursor::new(unprefixed);
    if !string(&mut cursor, quote) || !cursor.rest().is_empty() {
        return None;
    }
    let triple = [quote; 3].iter().collect::<String>();
    let long = unprefixed.len() >= 6 && unprefixed.starts_with(&triple);
    let width = if long { 3 } else { 1 };
    let inner = unprefixed.get(width..unprefixed.len() - width)?;
    Some(if raw { inner.to_owned() } else { unescaped(inner) })
}

fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match (next, (next == '\\').then(|| chars.clone().next()).flatten()) {
            ('\\', Some(escaped @ ('n' | 't' | 'r' | '\\' | '\'' | '"' | '\n'))) => {
                chars.next();
                match escaped {
                    'n' => result.push('\n'),
                    't' => result.push('\t'),
                    'r' => result.push('\r'),
                    '\n' => {}
                    other => result.push(other),
                }
            }
            _ => result.push(next),
        }
    }
    result
}
