//! Changes to a text that leave the rest of it alone: comments, order, quotes and indentation.
//!
//! A [`Change`] names a place of a tree by its JSON pointer; [`replacement`] says which bytes of the
//! text to replace for it. Where the text does not allow that, nothing is said: behind an alias, at
//! an anchor (the change would show at other places, too), at a tag, in a block scalar. Whoever
//! applies replacements makes sure of them by [`differences`] between the trees before and after.

mod compare;
mod insert;
mod remove;
mod walk;
mod write;

use seatrial_core::Span;
use serde_json::Value as Json;

use crate::tree::{Node, Value};
use walk::{Walk, is_flow};
use write::{Style, quoted_like};

pub use compare::{Difference, differences};

/// A change to a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The value at the pointer becomes this one; maps on the way to it that are not there are made.
    Set {
        /// JSON pointer (RFC 6901).
        pointer: String,
        /// The value.
        value: Json,
    },
    /// The list at the pointer gets one more item, at its end; one that is not there is made.
    Append {
        /// JSON pointer of the list.
        pointer: String,
        /// The item.
        value: Json,
    },
    /// The entry of a map or the item of a list goes. If it was the only one, so does what held it.
    Remove {
        /// JSON pointer.
        pointer: String,
    },
    /// The key of an entry becomes another one.
    Rename {
        /// JSON pointer of the entry.
        pointer: String,
        /// The other key.
        key: String,
    },
}

/// Bytes of a text, and what to write in their place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// The bytes; none where something is inserted.
    pub span: Span,
    /// What to write.
    pub text: String,
}

impl Replacement {
    fn insert(at: usize, text: String) -> Self {
        Self { span: Span::new(at, at), text }
    }
}

/// The replacement that carries out a change to a tree read from a text; `None` if it changes
/// nothing, if there is no such place, or if the text there cannot be changed by itself.
pub fn replacement(text: &str, root: &Node, change: &Change) -> Option<Replacement> {
    let editor = Editor { text, style: Style::of(text, root) };
    match change {
        Change::Set { pointer, value } => editor.set(&Walk::to(text, root, pointer)?, value),
        Change::Append { pointer, value } => {
            let walk = Walk::to(text, root, pointer)?;
            match &walk.node.value {
                Value::Sequence(items) if walk.rest.is_empty() => {
                    editor.append(walk.node, items, value)
                }
                _ => editor.set(&walk, &Json::Array(vec![value.clone()])),
            }
        }
        Change::Remove { pointer } => editor.remove(&Walk::to(text, root, pointer)?),
        Change::Rename { pointer, key } => {
            let walk = Walk::to(text, root, pointer)?;
            let (map, entry) = walk.entry().filter(|_| walk.rest.is_empty())?;
            if map.get(key).is_some() {
                return None;
            }
            let span = entry.key.span;
            let written = text.get(span.start as usize..span.end as usize)?;
            Some(Replacement { span, text: quoted_like(written, key, editor.style.json) })
        }
    }
}

/// A text after some replacements; `None` if two of them overlap or one lies off the text. What is
/// inserted at one place is in the order of `replacements`.
pub fn apply(text: &str, replacements: &[Replacement]) -> Option<String> {
    let mut sorted: Vec<_> = replacements.iter().collect();
    sorted.sort_by_key(|replacement| replacement.span);
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for Replacement { span, text: new } in sorted {
        result.push_str(text.get(done..span.start as usize)?);
        result.push_str(new);
        done = span.end as usize;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

/// Writes replacements for one text.
struct Editor<'a> {
    text: &'a str,
    style: Style,
}

impl Editor<'_> {
    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Sets the place that a walk leads to.
    fn set(&self, walk: &Walk<'_>, value: &Json) -> Option<Replacement> {
        let (first, rest) = match walk.rest.split_first() {
            None => return self.replace(walk, value),
            Some((first, rest)) => (first, rest),
        };
        let made = rest.iter().rev().fold(value.clone(), |value, key| {
            Json::Object(std::iter::once((key.clone(), value)).collect())
        });
        match &walk.node.value {
            Value::Mapping(_) => self.insert(walk.node, first, &made),
            Value::Null => {
                let map = Json::Object(std::iter::once((first.clone(), made)).collect());
                self.fill(walk, &map)
            }
            _ => None,
        }
    }

    /// Replaces a value that is there: a scalar, or a collection in brackets.
    fn replace(&self, walk: &Walk<'_>, value: &Json) -> Option<Replacement> {
        let node = walk.node;
        if node.to_json() == *value {
            return None;
        }
        if node.is_null() {
            return self.fill(walk, value);
        }
        let written = self.slice(node.span);
        let collection = matches!(node.value, Value::Sequence(_) | Value::Mapping(_));
        if collection && !is_flow(self.text, node) {
            return None;
        }
        let text = match value {
            Json::String(text) => quoted_like(written, text, self.style.json),
            _ => self.style.in_brackets(value),
        };
        Some(Replacement { span: node.span, text })
    }
}

#[cfg(test)]
mod tests;
