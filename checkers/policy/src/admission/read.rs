//! Reading policies and bindings from trees, with a problem for whatever is not as it should be.

use seatrial_core::{Span, nearest};
use seatrial_parse::{Entry, Node};

/// Something that is wrong with a policy, a binding or one of their expressions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyProblem {
    /// The key or the value that is wrong.
    pub span: Span,
    /// The part of the expression's text that is wrong, in bytes; see
    /// [`place_in_source`](super::place_in_source).
    pub within: Option<Span>,
    /// What is wrong, as a lower-case fragment with user text in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Reads a tree and keeps the problems met on the way.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) problems: Vec<PolicyProblem>,
}

impl Reader {
    pub(crate) fn problem(&mut self, span: Span, message: impl Into<String>) {
        let message = message.into();
        self.problems.push(PolicyProblem { span, within: None, message, help: None });
    }

    /// Reports keys that do not belong into a map, and a value that is no map.
    pub(crate) fn fields(&mut self, node: &Node, known: &[&str]) {
        if node.as_mapping().is_none() {
            self.problem(node.span, format!("expected an object, found {}", node.type_name()));
        }
        for Entry { key, .. } in node.entries() {
            if known.contains(&&*key.text) {
                continue;
            }
            let help = nearest(&key.text, known.iter().copied());
            self.problems.push(PolicyProblem {
                span: key.span,
                within: None,
                message: format!("unknown field `{}`", key.text),
                help: help.map(|known| format!("did you mean `{known}`?")),
            });
        }
    }

    /// The text of a field, if it is there; a problem if it is no text.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, field: &str) -> Option<(&'n str, Span)> {
        let value = node.get(field).filter(|value| !value.is_null())?;
        match value.as_str() {
            Some(text) => Some((text, value.span)),
            None => {
                let found = value.type_name();
                self.problem(value.span, format!("`{field}` must be a string, found {found}"));
                None
            }
        }
    }

    /// The text of a field that must be there and not be blank.
    pub(crate) fn required<'n>(&mut self, node: &'n Node, field: &str) -> Option<(&'n str, Span)> {
        if node.get(field).is_none_or(Node::is_null) {
            self.problem(node.span, format!("missing `{field}`"));
            return None;
        }
        let (text, span) = self.text(node, field)?;
        if text.trim().is_empty() {
            self.problem(span, format!("`{field}` must not be empty"));
        }
        Some((text, span))
    }

    /// The items of a list field; a problem if it is no list.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, field: &str) -> &'n [Node] {
        match node.get(field) {
            Some(value) if !value.is_null() && !matches!(value.type_name(), "array") => {
                let found = value.type_name();
                self.problem(value.span, format!("`{field}` must be a list, found {found}"));
                &[]
            }
            Some(value) => value.items(),
            None => &[],
        }
    }

    /// The texts of a list field.
    pub(crate) fn texts(&mut self, node: &Node, field: &str) -> Vec<Box<str>> {
        let mut texts = Vec::new();
        for item in self.items(node, field) {
            match item.as_str() {
                Some(text) => texts.push(text.into()),
                None => {
                    let found = item.type_name();
                    self.problem(item.span, format!("expected a string, found {found}"));
                }
            }
        }
        texts
    }

    /// One of several words.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        field: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let (text, span) = self.text(node, field)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.problem(span, format!("`{field}` must be one of {}", known.join(", ")));
        }
        found
    }
}
