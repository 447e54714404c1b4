//! Values as text, in the style of what stands around them.

use serde_json::Value as Json;

use super::walk::{column, is_flow};
use crate::scalar::{Resolved, resolve};
use crate::tree::{Node, Value};

/// How a text is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether it is JSON, or written like it: in brackets, with quotes.
    pub(super) json: bool,
    /// By how many spaces a map is indented within another one.
    pub(super) step: usize,
    /// By how many spaces the dashes of a list are indented within a map.
    pub(super) list: usize,
    /// What ends a line.
    pub(super) eol: &'static str,
}

impl Style {
    /// The style of a text, seen from one of its objects.
    pub(super) fn of(text: &str, root: &Node) -> Self {
        let begins = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let mut style = Self {
            json: begins.starts_with(['{', '[']),
            step: first(root, &|parent, child| indentation(text, parent, child, false))
                .unwrap_or(2),
            list: first(root, &|parent, child| indentation(text, parent, child, true)).unwrap_or(2),
            eol: "\n",
        };
        if text.find('\n').is_some_and(|at| text.get(..at).is_some_and(|line| line.ends_with('\r')))
        {
            style.eol = "\r\n";
        }
        style
    }

    /// A value on one line.
    pub(super) fn in_brackets(&self, value: &Json) -> String {
        match value {
            Json::String(text) => self.text(text),
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.in_brackets(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Json::Object(map) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| format!("{}: {}", self.text(key), self.in_brackets(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        }
    }

    /// A text on one line: plain if it reads as itself then.
    pub(super) fn text(&self, text: &str) -> String {
        if !self.json && is_safe_plain(text) {
            text.to_owned()
        } else {
            Json::from(text).to_string()
        }
    }

    /// The lines of an entry of a map whose keys stand in a column; each with its indentation.
    pub(super) fn entry(&self, key: &str, value: &Json, column: usize) -> Vec<String> {
        let head = format!("{}{}:", " ".repeat(column), self.text(key));
        if is_inline(value) {
            return vec![format!("{head} {}", self.in_brackets(value))];
        }
        let mut lines = vec![head];
        lines.extend(self.below(value, column));
        lines
    }

    /// The lines of a collection below its key, which stands in a column.
    pub(super) fn below(&self, value: &Json, column: usize) -> Vec<String> {
        match value {
            Json::Object(map) => {
                let inner = column + self.step;
                map.iter().flat_map(|(key, value)| self.entry(key, value, inner)).collect()
            }
            Json::Array(items) => {
                items.iter().flat_map(|item| self.item(item, column + self.list)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The lines of an item of a list whose dashes stand in a column.
    pub(super) fn item(&self, value: &Json, column: usize) -> Vec<String> {
        let dash = format!("{}- ", " ".repeat(column));
        let Json::Object(map) = value else {
            return vec![dash + &self.in_brackets(value)];
        };
        let lines = map.iter().flat_map(|(key, value)| self.entry(key, value, column + 2));
        let mut lines: Vec<_> = lines.collect();
        match lines.first_mut() {
            Some(first) => *first = dash + first.trim_start(),
            None => lines.push(dash + "{}"),
        }
        lines
    }
}

/// Whether a value is written on the line of its key.
pub(super) fn is_inline(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => true,
    }
}

/// A text in place of one that was written like this: its quotes are kept.
pub(super) fn quoted_like(written: &str, text: &str, json: bool) -> String {
    let one_line = !text.contains(|c: char| c.is_control());
    match written.chars().next() {
        Some('"') => Json::from(text).to_string(),
        Some('\'') if one_line => format!("'{}'", text.replace('\'', "''")),
        _ if !json && is_safe_plain(text) => text.to_owned(),
        _ => Json::from(text).to_string(),
    }
}

/// Whether a text may stand without quotes anywhere, and reads as itself.
fn is_safe_plain(text: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || "/_.@:+-=%".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "/_.".contains(c));
    let is_text = matches!(resolve(text), Resolved::Value(Value::String(_)));
    begins && is_text && text.chars().all(safe) && !text.ends_with(':')
}

/// The first answer that a block collection and what holds it give, in the order of the text.
fn first(node: &Node, ask: &dyn Fn(&Node, &Node) -> Option<usize>) -> Option<usize> {
    let values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    for child in values {
        if let Some(answer) = ask(node, child).or_else(|| first(child, ask)) {
            return Some(answer);
        }
    }
    None
}

/// By how many spaces a block map, or a block list, is indented within a block map.
fn indentation(text: &str, parent: &Node, child: &Node, list: bool) -> Option<usize> {
    if is_flow(text, parent) || is_flow(text, child) || parent.as_mapping().is_none() {
        return None;
    }
    let outer = column(text, parent.span.start);
    let inner = match (&child.value, list) {
        (Value::Mapping(_), false) => column(text, child.span.start),
        (Value::Sequence(items), true) => column(text, dash_of(text, items.first()?)?),
        _ => return None,
    };
    inner.checked_sub(outer).filter(|step| list || *step > 0)
}

/// The dash before an item of a block list.
pub(super) fn dash_of(text: &str, item: &Node) -> Option<u32> {
    let before = text.get(..item.span.start as usize)?.trim_end();
    let dash = before.strip_suffix('-')?.len();
    u32::try_from(dash).ok()
}
