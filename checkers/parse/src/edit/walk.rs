//! The way from the root of a tree to a place in its text.

use crate::tree::{Entry, Mapping, Node, Value, unescape_pointer_token};

/// One step of a walk: the collection, and the position of what it goes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) from: &'a Node,
    pub(super) at: usize,
}

/// The way to a place, as far as it is there.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) steps: Vec<Step<'a>>,
    /// The last node that is there.
    pub(super) node: &'a Node,
    /// The keys that are not.
    pub(super) rest: Vec<String>,
}

impl<'a> Walk<'a> {
    /// Walks along a pointer; `None` if it leads into a scalar, beyond the end of a list, or to a
    /// text that stands elsewhere or counts elsewhere, too.
    pub(super) fn to(text: &str, root: &'a Node, pointer: &str) -> Option<Self> {
        let mut walk = Self { steps: Vec::new(), node: root, rest: Vec::new() };
        let mut tokens = pointer.split('/');
        if tokens.next() != Some("") {
            return None;
        }
        for token in tokens {
            let key = unescape_pointer_token(token);
            if !walk.rest.is_empty() {
                walk.rest.push(key.into_owned());
                continue;
            }
            let from = walk.node;
            let at = match &from.value {
                Value::Sequence(_) => Some(token.parse().ok()?),
                Value::Mapping(map) => map.entries.iter().position(|it| *it.key.text == *key),
                Value::Null => None,
                _ => return None,
            };
            let Some(at) = at else {
                walk.rest.push(key.into_owned());
                continue;
            };
            let step = Step { from, at };
            walk.node = step.stands_here(text)?;
            walk.steps.push(step);
        }
        Some(walk)
    }

    /// The map and the entry in it that the last step leads to.
    pub(super) fn entry(&self) -> Option<(&'a Mapping, &'a Entry)> {
        let map = self.steps.last()?.from.as_mapping()?;
        Some((map, map.entries.get(self.steps.last()?.at)?))
    }
}

impl<'a> Step<'a> {
    /// The node that the step leads to, if its text stands here and nowhere else.
    fn stands_here(self, text: &str) -> Option<&'a Node> {
        let around = self.from.span;
        match &self.from.value {
            Value::Sequence(items) => {
                let item = items.get(self.at)?;
                let gap = text.get(around.start as usize..item.span.start as usize)?;
                let begins = gap.is_empty() || gap.trim_end().ends_with(['-', ',', '[']);
                (begins && is_plain(text, item)).then_some(item)
            }
            Value::Mapping(map) => {
                let Entry { key, value } = map.entries.get(self.at)?;
                let inside = around.start <= key.span.start && key.span.end <= around.end;
                let in_line = is_flow(text, self.from)
                    || column(text, key.span.start) == column(text, around.start);
                if !inside || !in_line || is_marked(text, key.span.start) {
                    return None;
                }
                if value.is_null() && value.span == key.span {
                    return Some(value);
                }
                let gap = text.get(key.span.end as usize..value.span.start as usize)?;
                let only_colon = without_comments(gap).trim() == ":"
                    || value
                        .items()
                        .first()
                        .is_some_and(|first| first.span.start == value.span.start)
                        && without_comments(gap).split_whitespace().eq([":", "-"]);
                (only_colon && is_plain(text, value)).then_some(value)
            }
            _ => None,
        }
    }
}

/// Whether the text of a node has neither an anchor nor a tag; that of an alias is what it stands
/// for, anchor included.
fn is_plain(text: &str, node: &Node) -> bool {
    !is_marked(text, node.span.start)
}

fn is_marked(text: &str, at: u32) -> bool {
    text.get(at as usize..).is_none_or(|rest| rest.starts_with(['&', '!', '*']))
}

/// Whether a collection is written in brackets. A list whose dashes are not indented begins with
/// its first item, which may have brackets of its own.
pub(super) fn is_flow(text: &str, node: &Node) -> bool {
    let brackets =
        text.get(node.span.start as usize..).is_some_and(|rest| rest.starts_with(['{', '[']));
    brackets && node.items().first().is_none_or(|first| first.span.start > node.span.start)
}

/// The characters before an offset on its line.
pub(super) fn column(text: &str, at: u32) -> usize {
    let before = text.get(..at as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_start_matches('\u{feff}').chars().count()
}

/// A text between two words, without the comments in it.
fn without_comments(text: &str) -> String {
    let lines = text.split('\n').enumerate().map(|(at, line)| {
        let comment = line.match_indices('#').map(|(hash, _)| hash).find(|&hash| {
            let before = line.get(..hash).unwrap_or_default();
            before.ends_with([' ', '\t']) || before.is_empty() && at > 0
        });
        comment.and_then(|hash| line.get(..hash)).unwrap_or(line).to_owned() + "\n"
    });
    lines.collect()
}
