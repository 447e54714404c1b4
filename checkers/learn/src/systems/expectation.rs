//! What a value is expected to be, and why.

use std::fmt;

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// On or off, in the system's words.
    Boolean,
    /// A number, with a unit or without; several of them are fine too.
    Number,
    /// A number from 0 to 65,535.
    Port,
    /// An octal permission.
    Permission,
    /// A word in capitals, as constants are written.
    Constant,
    /// One of these words.
    Choice(Vec<String>),
    /// Anything.
    Anything,
}

impl Wanted {
    /// The name in a file of rules; choices have none.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Port => "port",
            Self::Permission => "permission",
            Self::Constant => "constant",
            Self::Choice(_) => "choice",
            Self::Anything => "text",
        }
    }

    /// Reads a name of [`Wanted::as_str`].
    pub fn named(name: &str) -> Option<Self> {
        [Self::Boolean, Self::Number, Self::Port, Self::Permission, Self::Constant, Self::Anything]
            .into_iter()
            .find(|wanted| wanted.as_str() == name)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Port => "a port",
            Self::Permission => "an octal permission",
            Self::Constant => "a word in capitals",
            Self::Choice(_) => "one of a few words",
            Self::Anything => "any text",
        })
    }
}

/// What an expectation rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The system's documentation states it.
    Documented,
    /// Working configurations have it so.
    Observed,
    /// The words of the name say so.
    Named,
}

/// What a value is expected to be, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What it must be.
    pub wanted: Wanted,
    /// What that rests on.
    pub source: Source,
    /// The evidence, one sentence each.
    pub evidence: Vec<String>,
}
