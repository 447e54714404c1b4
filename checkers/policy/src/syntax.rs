//! CEL text to a syntax tree with the place of every part.
//!
//! Own code rather than the `cel` crate's parsers: one of those drops all positions, the other is
//! slow and neither bounds the depth of its tree; and the macros here stay what the author wrote,
//! which blame needs. The tree's height is limited, so that every later walk may recurse.

mod ast;
mod lex;
mod literal;
mod parse;

pub use ast::{Ast, AstKind, BinaryOperator, Literal, UnaryOperator};
pub(crate) use parse::RESERVED;
pub use parse::{SyntaxError, parse};

/// How high an expression's tree may be, and how deeply its brackets may nest. The API server's
/// parser stops at 250 nested brackets; real expressions stay below 40. Lower here, so that walks
/// over a tree fit the stack of any thread.
pub const MAX_EXPRESSION_HEIGHT: u16 = 120;

/// How long an expression may be, in bytes (the API server's parser: 100,000 code points).
pub const MAX_EXPRESSION_LENGTH: usize = 100_000;

#[cfg(test)]
mod tests;
