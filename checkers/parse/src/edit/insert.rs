//! Adding to collections.

use serde_json::Value as Json;

use super::walk::{Walk, column, is_flow};
use super::write::{dash_of, is_inline};
use super::{Editor, Replacement};
use crate::tree::{Node, Value};

impl Editor<'_> {
    /// Adds an entry at the end of a map.
    pub(super) fn insert(&self, map: &Node, key: &str, value: &Json) -> Option<Replacement> {
        if is_flow(self.text, map) {
            let style = self.style_in(map);
            let entry = format!("{}: {}", style.text(key), style.in_brackets(value));
            return self.add_in_brackets(map, &entry);
        }
        let lines = self.style.entry(key, value, column(self.text, map.span.start));
        self.add_lines(map, &lines)
    }

    /// Adds an item at the end of a list.
    pub(super) fn append(&self, list: &Node, items: &[Node], value: &Json) -> Option<Replacement> {
        if is_flow(self.text, list) {
            return self.add_in_brackets(list, &self.style_in(list).in_brackets(value));
        }
        let dash = dash_of(self.text, items.last()?)?;
        self.add_lines(list, &self.style.item(value, column(self.text, dash)))
    }

    /// Writes a value where there is none, or `null`.
    pub(super) fn fill(&self, walk: &Walk<'_>, value: &Json) -> Option<Replacement> {
        let node = walk.node;
        let (_, entry) = walk.entry()?;
        if node.span != entry.key.span {
            return Some(Replacement { span: node.span, text: self.style.in_brackets(value) });
        }
        let behind = self.text.get(entry.key.span.end as usize..)?;
        let colon = behind.len() - behind.trim_start_matches([' ', '\t']).strip_prefix(':')?.len();
        let colon = entry.key.span.end as usize + colon;
        let in_brackets = walk.steps.last().is_some_and(|step| is_flow(self.text, step.from));
        if in_brackets || is_inline(value) {
            return Some(Replacement::insert(colon, format!(" {}", self.style.in_brackets(value))));
        }
        let at = self.end_of_line(colon)?;
        let lines = self.style.below(value, column(self.text, entry.key.span.start));
        Some(Replacement::insert(at, self.joined(&lines)))
    }

    /// The style within brackets: JSON's where keys have its quotes.
    fn style_in(&self, node: &Node) -> super::Style {
        let quoted =
            node.entries().first().is_some_and(|entry| self.slice(entry.key.span).starts_with('"'));
        super::Style { json: self.style.json || quoted, ..self.style }
    }

    /// Adds to a collection in brackets, on a line of its own if its last member has one.
    fn add_in_brackets(&self, node: &Node, member: &str) -> Option<Replacement> {
        let inside = self.text.get(node.span.start as usize + 1..node.span.end as usize - 1)?;
        let members = inside.trim_end();
        let at = node.span.start as usize + 1 + members.len();
        if members.is_empty() {
            return Some(Replacement::insert(node.span.start as usize + 1, member.to_owned()));
        }
        // A comment would swallow what is written behind it.
        let last_line = members.rsplit('\n').next().unwrap_or_default();
        if last_line.contains('#') {
            return None;
        }
        let start = match &node.value {
            Value::Mapping(map) => map.entries.last()?.key.span.start,
            _ => node.items().last()?.span.start,
        };
        let line = self.text.get(..start as usize)?.rsplit('\n').next().unwrap_or_default();
        let own_line = inside.contains('\n') && line.trim().is_empty();
        let space = if own_line { format!("{}{line}", self.style.eol) } else { " ".to_owned() };
        let comma = if members.ends_with(',') { "" } else { "," };
        Some(Replacement::insert(at, format!("{comma}{space}{member}")))
    }

    /// Adds lines behind a block collection.
    fn add_lines(&self, node: &Node, lines: &[String]) -> Option<Replacement> {
        if ends_open(node) {
            return None;
        }
        let behind = self.text.get(node.span.end as usize..)?;
        // The last value may be empty: then its key is the end of the text.
        let spaces = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        let colon = behind.get(spaces..)?.starts_with(':');
        let end = node.span.end as usize + if colon { spaces + 1 } else { 0 };
        Some(Replacement::insert(self.end_of_line(end)?, self.joined(lines)))
    }

    fn joined(&self, lines: &[String]) -> String {
        lines.iter().flat_map(|line| [self.style.eol, line]).collect()
    }

    /// The end of a line of which nothing but a comment is left.
    pub(super) fn end_of_line(&self, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let blank = line.trim_start_matches([' ', '\t']);
        let comment = blank.starts_with('#') && blank.len() < line.len();
        (blank.is_empty() || comment).then_some(from + line.len())
    }
}

/// Whether the last text of a collection ends with empty lines that belong to it, so that nothing
/// can be written behind it.
fn ends_open(node: &Node) -> bool {
    let last = node.entries().last().map(|entry| &entry.value).or_else(|| node.items().last());
    match last {
        Some(last) => ends_open(last),
        None => node.as_str().is_some_and(|text| text.ends_with("\n\n")),
    }
}
