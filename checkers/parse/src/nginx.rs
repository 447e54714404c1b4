//! Configurations of nginx: directives with their words, blocks and places.
//!
//! [`read`] reads one file as nginx does (`ngx_conf_read_token`) and never fails: what cannot be read
//! is a [`Problem`] with its place. [`expand`] puts the files that `include` names in their places;
//! which files a pattern means is the caller's to say. Nothing here knows what a directive means,
//! except that `include` includes and that a block of Lua is no block of directives.

mod include;
mod lex;

use std::sync::Arc;

use seatrial_core::{Location, MAX_DEPTH, SourceFile, Span};

pub use include::{Expanded, Included, expand};
pub use lex::{Token, TokenKind, tokens};

pub use crate::include::{MAX_FILES, MAX_INCLUDES, Word, place};
use crate::{Problem, ProblemKind};

/// A directive: `name argument …;` or `name argument … { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The file that it stands in: of [`Expanded::files`]; 0 where one file is read.
    pub file: usize,
    /// Its name.
    pub name: Word,
    /// Its arguments.
    pub arguments: Vec<Word>,
    /// What it encloses.
    pub block: Option<Block>,
    /// From the name to the semicolon, or to the closing brace.
    pub span: Span,
}

/// What braces enclose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Directives.
    Directives(Vec<Directive>),
    /// A program in Lua, which is not read.
    Lua,
}

impl Directive {
    /// The directives that it encloses; none where it encloses none.
    pub fn inner(&self) -> &[Directive] {
        match &self.block {
            Some(Block::Directives(directives)) => directives,
            Some(Block::Lua) | None => &[],
        }
    }

    /// The text of an argument.
    pub fn argument(&self, at: usize) -> Option<&str> {
        self.arguments.get(at).map(|word| word.text.as_str())
    }

    /// The span of its name and its arguments.
    pub fn head(&self) -> Span {
        self.arguments.last().map_or(self.name.span, |last| self.name.span.to(last.span))
    }
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its directives.
    pub directives: Vec<Directive>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads a file.
pub fn read(text: &str) -> Parsed {
    let mut reader = Reader { text, tokens: tokens(text), at: 0, problems: Vec::new() };
    let directives = reader.directives(0, None);
    Parsed { directives, problems: reader.problems }
}

/// Whether the braces behind a directive hold a program in Lua.
fn holds_lua(name: &str) -> bool {
    name.ends_with("_by_lua_block")
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: Span, message: impl Into<String>) {
        let (kind, message) = (ProblemKind::Syntax, message.into());
        self.problems.push(Problem { span, kind, message, help: None, related: None });
    }

    /// The next token that is neither space nor comment.
    fn next(&mut self) -> Option<Token> {
        loop {
            let token = self.tokens.get(self.at).copied()?;
            self.at += 1;
            if !matches!(token.kind, TokenKind::Space | TokenKind::Comment) {
                return Some(token);
            }
        }
    }

    /// The directives up to the brace that closes the block `opened`, or up to the end of the file.
    fn directives(&mut self, depth: usize, opened: Option<Span>) -> Vec<Directive> {
        let mut directives = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        loop {
            let Some(token) = self.next() else {
                self.end_of_file(&words, opened);
                return directives;
            };
            match token.kind {
                TokenKind::Word => words.push(self.word(token)),
                TokenKind::Broken => {
                    let message = lex::broken(self.text, token.span);
                    self.problem(token.span, message);
                    words.push(self.word(token));
                }
                TokenKind::End => match directive(std::mem::take(&mut words), None, token.span) {
                    Some(directive) => directives.push(directive),
                    None => self.problem(token.span, "unexpected `;`"),
                },
                TokenKind::Open => {
                    let inner = self.block(depth, token.span);
                    let (block, end) = (Some(Block::Directives(inner)), self.behind());
                    match directive(std::mem::take(&mut words), block, end) {
                        Some(directive) => directives.push(directive),
                        None => self.problem(token.span, "unexpected `{`"),
                    }
                }
                TokenKind::Lua => {
                    directives.extend(directive(
                        std::mem::take(&mut words),
                        Some(Block::Lua),
                        token.span,
                    ));
                }
                TokenKind::Close => {
                    if let Some(first) = words.first() {
                        let span = first.span;
                        self.problem(span, "the directive lacks its `;`");
                        words.clear();
                    }
                    if opened.is_some() {
                        return directives;
                    }
                    self.problem(token.span, "unexpected `}`: no block is open");
                }
                TokenKind::Space | TokenKind::Comment => {}
            }
        }
    }

    /// The span of the last token.
    fn behind(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or_else(Span::default, |it| it.span)
    }

    fn block(&mut self, depth: usize, open: Span) -> Vec<Directive> {
        if depth < MAX_DEPTH {
            return self.directives(depth + 1, Some(open));
        }
        self.problem(open, format!("nested deeper than {MAX_DEPTH} levels"));
        let mut open = 1_usize;
        while open > 0 {
            match self.next().map(|token| token.kind) {
                Some(TokenKind::Open) => open += 1,
                Some(TokenKind::Close) => open -= 1,
                Some(_) => {}
                None => break,
            }
        }
        Vec::new()
    }

    fn word(&self, token: Token) -> Word {
        Word { text: lex::unescaped(self.text, token.span), span: token.span }
    }

    fn end_of_file(&mut self, words: &[Word], opened: Option<Span>) {
        if let Some(first) = words.first() {
            self.problem(first.span, "the file ends in a directive: `;` or `{` is missing");
        }
        if let Some(open) = opened {
            self.problem(open, "this block is not closed: `}` is missing");
        }
    }
}

fn directive(words: Vec<Word>, block: Option<Block>, end: Span) -> Option<Directive> {
    let mut words = words.into_iter();
    let name = words.next()?;
    let span = name.span.to(end);
    Some(Directive { file: 0, name, arguments: words.collect(), block, span })
}

/// The place of a directive's name and arguments.
pub fn location(files: &[Arc<SourceFile>], directive: &Directive) -> Location {
    place(files, directive.file, directive.head())
}

#[cfg(test)]
mod tests;
