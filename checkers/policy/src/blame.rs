//! Which places of an object made a validation false.
//!
//! A second evaluation, run only for what has failed, asks of each part of the expression why it
//! has the value it has: of `&&` the false operands, of `||` all of them, of `all` each element
//! that makes it false, of a comparison what was read for it. What was read is a node of the
//! object; where a field is not set, it is the map that lacks it.

mod explain;
mod places;

use std::cmp::Ordering;

use seatrial_core::Span;
use seatrial_parse::Node;

pub(crate) use explain::{explain_failure, explain_false};
pub(crate) use places::Places;

/// A place that made a validation false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// The text to underline: a key with its value, an item, or the name of what lacks a field.
    pub span: Span,
    /// JSON pointer (RFC 6901) into the object.
    pub pointer: String,
    /// The name of the innermost named item around it, such as a container.
    pub subject: Option<String>,
    /// The field that is not set there, where that is what made it false.
    pub missing: Option<String>,
    /// Which fault it belongs to: places that made the same element of a list offend, or the
    /// object as a whole, have the same number.
    pub fault: usize,
}

impl Ord for Culprit {
    /// In the order of the file.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |culprit: &Self| {
            (
                culprit.span,
                culprit.pointer.clone(),
                culprit.missing.clone(),
                culprit.subject.clone(),
                culprit.fault,
            )
        };
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Culprit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Something that was read, or found missing, and the fault that it belongs to.
pub(crate) type Evidence<'a> = (usize, Read<'a>);

/// Something that was read, or found missing, on the way to a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Read<'a> {
    At(&'a Node),
    /// A key of a map, by its text in the tree.
    Key(&'a str),
    /// A map without the field.
    Missing(&'a Node, Box<str>),
}

impl Read<'_> {
    /// The text of a node that was read; keys and what is missing have none of their own.
    pub(crate) fn span(&self) -> Option<Span> {
        match self {
            Self::At(node) => Some(node.span),
            Self::Key(_) => None,
            Self::Missing(node, _) => Some(node.span),
        }
    }
}
