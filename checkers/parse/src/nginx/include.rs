//! `include`: the files that it names, in its place.

use std::sync::Arc;

use seatrial_core::{Location, MAX_DEPTH, SourceFile};

use super::{Block, Directive, location, place, read};
use crate::{Problem, ProblemKind};

/// How deeply files may include others.
pub const MAX_INCLUDES: usize = 32;

/// How many times files are included at most.
pub const MAX_FILES: usize = 4096;

/// The files that a pattern means: those that match, in the order of their names; of one without
/// wildcards, the one file, or none if it is there and cannot be looked at.
///
/// # Errors
///
/// Why there is none, as a lower-case fragment.
pub type Included = Result<Vec<Arc<SourceFile>>, String>;

/// A configuration with all that it includes.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The files, the main one first; one that is included twice is there twice.
    pub files: Vec<Arc<SourceFile>>,
    /// The directives, those of included files in place of `include`.
    pub directives: Vec<Directive>,
    /// What could not be read, with its place.
    pub problems: Vec<(Location, Problem)>,
}

/// Reads a main file and all that it includes; `resolve` finds the files of the argument of an
/// `include`. A pattern with wildcards that matches nothing is no problem, as for nginx; an `include`
/// of a file that cannot be looked at stays among the directives.
pub fn expand(main: &Arc<SourceFile>, resolve: &mut dyn FnMut(&str) -> Included) -> Expanded {
    let mut expansion = Expansion { expanded: Expanded::default(), resolve, including: Vec::new() };
    expansion.expanded.directives = expansion.file(main, 0);
    expansion.expanded
}

struct Expansion<'r> {
    expanded: Expanded,
    resolve: &'r mut dyn FnMut(&str) -> Included,
    /// The paths of the files that include one another down to here.
    including: Vec<Arc<str>>,
}

impl Expansion<'_> {
    fn file(&mut self, file: &Arc<SourceFile>, depth: usize) -> Vec<Directive> {
        let parsed = read(file.text());
        let at = self.expanded.files.len();
        self.expanded.files.push(Arc::clone(file));
        for problem in parsed.problems {
            self.expanded.problems.push((file.location(problem.span), problem));
        }
        self.including.push(Arc::clone(file.path()));
        let directives = self.directives(parsed.directives, at, depth);
        self.including.pop();
        directives
    }

    fn directives(&mut self, all: Vec<Directive>, file: usize, depth: usize) -> Vec<Directive> {
        let mut expanded = Vec::with_capacity(all.len());
        for mut directive in all {
            directive.file = file;
            if directive.name.text == "include" && directive.block.is_none() {
                expanded.append(&mut self.include(&directive, depth));
                continue;
            }
            if let Some(Block::Directives(inner)) = directive.block.take() {
                let inner = self.directives(inner, file, depth + 1);
                directive.block = Some(Block::Directives(inner));
            } else if directive.name.text.ends_with("_by_lua_block") {
                directive.block = Some(Block::Lua);
            }
            expanded.push(directive);
        }
        expanded
    }

    fn include(&mut self, directive: &Directive, depth: usize) -> Vec<Directive> {
        let [word] = directive.arguments.as_slice() else {
            self.problem(directive, "`include` takes one argument".to_owned());
            return Vec::new();
        };
        let found = match (self.resolve)(&word.text) {
            Ok(found) => found,
            Err(message) => {
                self.problem(directive, format!("cannot include `{}`: {message}", word.text));
                return Vec::new();
            }
        };
        if found.is_empty() && !word.text.contains(['*', '?', '[']) {
            return vec![directive.clone()];
        }
        let mut all = Vec::new();
        for file in found {
            if self.including.contains(file.path()) {
                self.problem(directive, format!("`{}` includes itself", file.path()));
            } else if self.including.len() >= MAX_INCLUDES || depth >= MAX_DEPTH {
                self.problem(directive, format!("files include others {MAX_INCLUDES} levels deep"));
            } else if self.expanded.files.len() >= MAX_FILES {
                self.problem(directive, format!("more than {MAX_FILES} files are included"));
            } else {
                all.append(&mut self.file(&file, depth));
            }
        }
        all
    }

    fn problem(&mut self, directive: &Directive, message: String) {
        let span = directive.head();
        let problem =
            Problem { span, kind: ProblemKind::Syntax, message, help: None, related: None };
        let at = match directive.arguments.first() {
            Some(word) => place(&self.expanded.files, directive.file, word.span),
            None => location(&self.expanded.files, directive),
        };
        self.expanded.problems.push((at, problem));
    }
}
