//! Which places of an object made a validation false.

use std::marker::PhantomData;

use seatrial_core::Span;
use seatrial_parse::Node;

/// A place that made a validation false.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Culprit {
    /// The text to underline: a key with its value, an item, or the name of what lacks a field.
    pub span: Span,
    /// JSON pointer (RFC 6901) into the object.
    pub pointer: String,
    /// The name of the innermost named item around it, such as a container.
    pub subject: Option<String>,
    /// The field that is not set there, where that is what made it false.
    pub missing: Option<String>,
}

/// Where the nodes of an object stand in it.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    of: PhantomData<&'a Node>,
}

impl<'a> Places<'a> {
    pub(crate) fn of(_object: &'a Node) -> Self {
        Self { of: PhantomData }
    }
}
