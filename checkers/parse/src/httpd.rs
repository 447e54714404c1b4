//! Configurations of Apache httpd: directives with their words, sections and places.
//!
//! [`read`] reads one file as httpd does and never fails: what cannot be read is a [`Problem`] with
//! its place. [`expand`] puts the files that `Include` names in their places, replaces `${NAME}`, and
//! takes away what a condition such as `<IfModule>` excludes; which files a pattern means and which
//! conditions hold is the caller's to say. Nothing else here knows what a directive means.

mod include;
mod line;

use std::sync::Arc;

use seatrial_core::{Location, MAX_DEPTH, SourceFile, Span};

pub use include::{Environment, Expanded, expand};
pub use line::{Line, LineKind, lines};

pub use crate::include::{MAX_FILES, MAX_INCLUDES, Word, place};
use crate::{Problem, ProblemKind};

/// A directive, `Name argument …`, or a section, `<Name argument …> … </Name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The file that it stands in: of [`Expanded::files`]; 0 where one file is read.
    pub file: usize,
    /// Its name, of which the case makes no difference.
    pub name: Word,
    /// All behind the name as one text, quotes included.
    pub rest: Word,
    /// Its arguments.
    pub arguments: Vec<Word>,
    /// What a section encloses.
    pub section: Option<Vec<Directive>>,
    /// From the name to the end of the line, or to the end of the section.
    pub span: Span,
}

impl Directive {
    /// Whether it has this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }

    /// The directives that it encloses; none where it encloses none.
    pub fn inner(&self) -> &[Directive] {
        self.section.as_deref().unwrap_or_default()
    }

    /// The text of an argument.
    pub fn argument(&self, at: usize) -> Option<&str> {
        self.arguments.get(at).map(|word| word.text.as_str())
    }

    /// The span of its name and its arguments.
    pub fn head(&self) -> Span {
        self.name.span.to(self.rest.span)
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
    let mut reader = Reader { lines: line::lines(text), at: 0, text, problems: Vec::new() };
    let directives = reader.directives(0, None);
    Parsed { directives, problems: reader.problems }
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<Line>,
    at: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: Span, message: impl Into<String>) {
        let (kind, message) = (ProblemKind::Syntax, message.into());
        self.problems.push(Problem { span, kind, message, help: None, related: None });
    }

    /// The directives up to the end of a section, or of the file.
    fn directives(&mut self, depth: usize, open: Option<&Word>) -> Vec<Directive> {
        let mut directives = Vec::new();
        while let Some(line) = self.lines.get(self.at).copied() {
            self.at += 1;
            let logical = line::Logical::of(self.text, line.span);
            match line.kind {
                LineKind::Blank | LineKind::Comment => {}
                LineKind::Directive => directives.push(logical.directive(line.span)),
                LineKind::Open => directives.extend(self.section(depth, &logical, line.span)),
                LineKind::Close => {
                    let name = logical.closes();
                    match open {
                        Some(open) if open.text.eq_ignore_ascii_case(&name) => return directives,
                        Some(open) => {
                            let message = format!("expected `</{}>`, not `</{name}>`", open.text);
                            self.problem(line.span, message);
                            return directives;
                        }
                        None => {
                            let message = format!("`</{name}>` closes no section that is open");
                            self.problem(line.span, message);
                        }
                    }
                }
            }
        }
        if let Some(open) = open {
            let message = format!("`<{0}>` is not closed: `</{0}>` is missing", open.text);
            self.problem(open.span, message);
        }
        directives
    }

    fn section(&mut self, depth: usize, line: &line::Logical<'_>, span: Span) -> Option<Directive> {
        let mut section = line.directive(span);
        section.name.text.remove(0);
        if let Some(rest) = line.within_brackets() {
            line.replace_rest(&mut section, rest);
        } else if section.name.text.ends_with('>') {
            section.name.text.pop();
        } else {
            self.problem(span, format!("`<{}` lacks its `>`", section.name.text));
        }
        if depth >= MAX_DEPTH {
            self.problem(span, format!("nested deeper than {MAX_DEPTH} levels"));
            self.skip();
            return None;
        }
        let inner = self.directives(depth + 1, Some(&section.name));
        let end = self.at.checked_sub(1).and_then(|at| self.lines.get(at)).map(|it| it.span);
        section.span = section.name.span.to(end.unwrap_or(span));
        section.section = Some(inner);
        Some(section)
    }

    /// Leaves a section out, whatever it encloses.
    fn skip(&mut self) {
        let mut open = 1_usize;
        while let Some(line) = self.lines.get(self.at) {
            self.at += 1;
            match line.kind {
                LineKind::Open => open += 1,
                LineKind::Close => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}

/// The place of a directive's name and arguments.
pub fn location(files: &[Arc<SourceFile>], directive: &Directive) -> Location {
    place(files, directive.file, directive.head())
}

#[cfg(test)]
mod tests;
