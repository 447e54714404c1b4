//! An expression in a policy: its text, its place, and its program once it is needed.

use std::sync::OnceLock;

use seatrial_core::Span;

use crate::compile::{CompileError, Scope, compile};
use crate::program::Program;

use super::read::PolicyProblem;

/// An expression in a policy. Compiled when first needed, then shared.
#[derive(Debug)]
pub struct Expression {
    /// The expression.
    pub text: Box<str>,
    /// The scalar that holds it.
    pub span: Span,
    program: OnceLock<Result<Program, CompileError>>,
}

impl Expression {
    pub(crate) fn new(text: &str, span: Span) -> Self {
        Self { text: text.into(), span, program: OnceLock::new() }
    }

    /// The program, compiled in a scope which must always be the same.
    pub(crate) fn program(&self, scope: Scope<'_>) -> Result<&Program, &CompileError> {
        self.program.get_or_init(|| compile(&self.text, scope)).as_ref()
    }

    /// The program, if it has been compiled.
    pub(crate) fn compiled(&self) -> Option<Result<&Program, &CompileError>> {
        self.program.get().map(Result::as_ref)
    }

    /// Why it does not compile, if it does not.
    pub(crate) fn problem(&self, scope: Scope<'_>) -> Option<PolicyProblem> {
        self.program(scope).err().map(|error| PolicyProblem {
            span: self.span,
            within: Some(error.at),
            message: format!("the expression does not compile: {}", error.message),
            help: error.help.clone(),
        })
    }
}

/// Where a part of a scalar's value stands in the source.
///
/// `scalar` is the scalar's span and `value` its text as it was read; `within` is the part of it.
/// Works for plain, quoted and block scalars, whose line breaks and indents differ from the
/// value's; where the two cannot be laid side by side, the whole scalar is returned.
pub fn place_in_source(source: &str, scalar: Span, value: &str, within: Span) -> Span {
    let (start, end) = (scalar.start as usize, scalar.end as usize);
    let Some(written) = source.get(start..end) else { return scalar };
    let (from, to) = (within.start as usize, within.end as usize);
    let mut offsets = Offsets { written, at: 0 };
    let (mut first, mut last) = (None, None);
    for (offset, character) in value.char_indices() {
        let Some((begin, behind)) = offsets.find(character) else {
            return scalar;
        };
        if offset >= from && first.is_none() {
            first = Some(begin);
        }
        if offset < to.max(from + 1) {
            last = Some(behind);
        }
    }
    match (first, last) {
        (Some(first), Some(last)) if first < last => Span::new(start + first, start + last),
        _ => scalar,
    }
}

/// Walks along the written form of a scalar.
struct Offsets<'s> {
    written: &'s str,
    at: usize,
}

impl Offsets<'_> {
    /// The place of the next character of the value. White space of the value need not be written
    /// (a fold), and what is written but not in the value (indents, quotes, escapes) is skipped.
    fn find(&mut self, character: char) -> Option<(usize, usize)> {
        let rest = self.written.get(self.at..)?;
        if character.is_whitespace() {
            let behind = rest.chars().next().filter(|next| next.is_whitespace());
            let length = behind.map_or(0, char::len_utf8);
            self.at += length;
            return Some((self.at - length, self.at));
        }
        let skipped = rest.find(character)?;
        let begin = self.at + skipped;
        self.at = begin + character.len_utf8();
        Some((begin, self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_expression_is_found_in_any_style_of_scalar() {
        for (source, value) in [
            ("e: object.foo == 1", "object.foo == 1"),
            ("e: 'object.foo == 1'", "object.foo == 1"),
            ("e: >-\n    object.foo\n    == 1\n", "object.foo == 1"),
            ("e: |\n    object.foo\n    == 1\n", "object.foo\n== 1\n"),
        ] {
            let scalar = Span::new(3, source.len());
            for part in ["foo", "==", "1"] {
                let start = value.find(part).unwrap();
                let found =
                    place_in_source(source, scalar, value, Span::new(start, start + part.len()));
                assert_eq!(&source[found.start as usize..found.end as usize], part, "{source}");
            }
        }
    }

    #[test]
    fn what_cannot_be_found_is_the_whole_scalar() {
        let scalar = Span::new(0, 3);
        assert_eq!(place_in_source("abc", scalar, "xyz", Span::new(0, 1)), scalar);
        assert_eq!(place_in_source("abc", Span::new(2, 9), "x", Span::new(0, 1)), Span::new(2, 9));
    }
}
