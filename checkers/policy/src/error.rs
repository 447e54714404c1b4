//! Why an evaluation has no value.

use std::fmt;

/// Why an evaluation has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An error as the API server has it, such as ``no such key: `replicas` ``. `&&`, `||` and the
    /// macros built on them absorb it where another operand decides.
    Error(Box<str>),
    /// The expression asks for something that is not known here, such as who sends the request.
    /// Absorbed like an error, but never taken for one.
    Undecided(Box<str>),
    /// The cost budget is used up; nothing absorbs it.
    OutOfBudget,
}

impl Failure {
    /// An error with a message.
    pub(crate) fn error(message: impl Into<Box<str>>) -> Self {
        Self::Error(message.into())
    }

    /// Something not known here, as a lower-case fragment.
    pub(crate) fn undecided(reason: impl Into<Box<str>>) -> Self {
        Self::Undecided(reason.into())
    }

    /// Of two failures, the one that is reported: what cannot be decided might have decided.
    pub(crate) fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::OutOfBudget, _) | (Self::Undecided(_), Self::Error(_)) => self,
            (Self::Error(_), Self::Undecided(_)) | (_, Self::OutOfBudget) => other,
            _ => self,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(message) | Self::Undecided(message) => f.write_str(message),
            Self::OutOfBudget => f.write_str("cost budget exceeded"),
        }
    }
}

impl std::error::Error for Failure {}

/// The result of evaluating something.
pub(crate) type Evaluated<T> = Result<T, Failure>;
