//! `include`: the files that it names, in its place.

use std::sync::Arc;

use seatrial_core::SourceFile;

use super::{Block, Directive, read};
use crate::include;

/// The files that a pattern means: those that match, in the order of their names; of one without
/// wildcards, the one file, or none if it is there and cannot be looked at.
///
/// # Errors
///
/// Why there is none, as a lower-case fragment.
pub type Included = Result<Vec<Arc<SourceFile>>, String>;

/// A configuration with all that it includes.
pub type Expanded = include::Expanded<Directive>;

/// Reads a main file and all that it includes; `resolve` finds the files of the argument of an
/// `include`. A pattern with wildcards that matches nothing is no problem, as for nginx; an `include`
/// of a file that cannot be looked at stays among the directives.
pub fn expand(main: &Arc<SourceFile>, resolve: &mut dyn FnMut(&str) -> Included) -> Expanded {
    let mut expansion = Expansion { reading: include::Expansion::new(), resolve };
    expansion.reading.expanded.directives = expansion.file(main, 0);
    expansion.reading.expanded
}

struct Expansion<'r> {
    reading: include::Expansion<Directive>,
    resolve: &'r mut dyn FnMut(&str) -> Included,
}

impl Expansion<'_> {
    fn file(&mut self, file: &Arc<SourceFile>, depth: usize) -> Vec<Directive> {
        let parsed = read(file.text());
        let at = self.reading.enter(file, parsed.problems);
        let directives = self.directives(parsed.directives, at, depth);
        self.reading.leave();
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
            match self.reading.refusal(&file, depth) {
                Some(message) => self.problem(directive, message),
                None => all.append(&mut self.file(&file, depth)),
            }
        }
        all
    }

    fn problem(&mut self, directive: &Directive, message: String) {
        let place = (directive.file, directive.head(), directive.arguments.first());
        self.reading.problem(place, message);
    }
}
