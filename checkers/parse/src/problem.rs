//! What a parser has to complain about.

use seatrial_core::Span;

/// What kind of problem it is; each kind is one rule of `seatrial check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The text is not YAML or not JSON; its document is not read.
    Syntax,
    /// A key occurs twice in one mapping; the last value is kept, as the API server does.
    DuplicateKey,
    /// A key is a sequence, a mapping or null; its document is not read.
    InvalidKey,
    /// A plain key reads as a boolean or a number, and is kept under that value's text.
    AmbiguousKey,
    /// A number that JSON cannot carry, such as `.inf`; kept as null.
    InvalidNumber,
    /// A tag that has no meaning here; the value is kept without it.
    UnknownTag,
    /// Aliases expand to too many nodes; the document is not read.
    AliasBudget,
    /// The text nests deeper than [`seatrial_core::MAX_DEPTH`]; the document is not read.
    TooDeep,
}

/// Something that could not be read, or that reads otherwise than it looks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The text concerned.
    pub span: Span,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong, as a lower-case fragment with user text in backticks.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
    /// Another place that belongs to it, with what it is: the first of two equal keys.
    pub related: Option<(Span, String)>,
}
