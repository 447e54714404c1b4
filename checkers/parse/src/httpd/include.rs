//! `Include`, `Define` and sections that depend on conditions: the configuration as it is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::SourceFile;

use super::{Directive, Word, line, read};
use crate::include;

/// How often `${NAME}` is replaced in one line at most.
const MOST_REPLACED: usize = 100;

/// What a configuration is read in.
pub trait Environment {
    /// The files that a path or a pattern means, in the order of their names; none if there is none.
    ///
    /// # Errors
    ///
    /// Why they cannot be read, as a lower-case fragment.
    fn files(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String>;

    /// Whether what a section stands for that depends on a condition is read; `None` if the section is
    /// of another kind. `defined` says what `Define` has defined.
    ///
    /// # Errors
    ///
    /// Why that is not known, as a lower-case fragment.
    fn holds(
        &mut self,
        section: &Directive,
        defined: &dyn Fn(&str) -> bool,
    ) -> Option<Result<bool, String>>;

    /// Is told of each directive on the way, so that later conditions may depend on it.
    fn meets(&mut self, directive: &Directive);
}

/// A configuration with all that it includes.
pub type Expanded = include::Expanded<Directive>;

/// Reads a main file and all that it includes.
pub fn expand(main: &Arc<SourceFile>, environment: &mut dyn Environment) -> Expanded {
    let mut expansion =
        Expansion { reading: include::Expansion::new(), environment, defined: BTreeMap::new() };
    expansion.reading.expanded.directives = expansion.file(main, 0);
    expansion.reading.expanded
}

struct Expansion<'r> {
    reading: include::Expansion<Directive>,
    environment: &'r mut dyn Environment,
    defined: BTreeMap<String, String>,
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
            self.replace(&mut directive);
            if directive.section.is_none() {
                self.plain(directive, depth, &mut expanded);
                continue;
            }
            let defined = |name: &str| self.defined.contains_key(name);
            let holds = self.environment.holds(&directive, &defined);
            let inner = directive.section.take().unwrap_or_default();
            match holds {
                Some(Ok(true)) => expanded.append(&mut self.directives(inner, file, depth)),
                Some(Ok(false)) => {}
                Some(Err(message)) => self.problem(&directive, message),
                None => {
                    let inner = self.directives(inner, file, depth + 1);
                    directive.section = Some(inner);
                    expanded.push(directive);
                }
            }
        }
        expanded
    }

    fn plain(&mut self, directive: Directive, depth: usize, expanded: &mut Vec<Directive>) {
        self.environment.meets(&directive);
        if directive.is("Include") || directive.is("IncludeOptional") {
            expanded.append(&mut self.include(&directive, depth));
        } else if directive.is("Define") {
            let value = directive.argument(1).unwrap_or_default().to_owned();
            match directive.argument(0) {
                Some(name) => {
                    self.defined.insert(name.to_owned(), value);
                }
                None => self.problem(&directive, "`Define` lacks its name".to_owned()),
            }
        } else if directive.is("UnDefine") {
            self.defined.remove(directive.argument(0).unwrap_or_default());
        } else {
            expanded.push(directive);
        }
    }

    /// Replaces `${NAME}` by what it is defined as; what is not defined stays as it is.
    fn replace(&self, directive: &mut Directive) {
        if !directive.rest.text.contains("${") || self.defined.is_empty() {
            return;
        }
        let (mut text, mut from) = (directive.rest.text.clone(), 0);
        for _ in 0..MOST_REPLACED {
            let Some(start) = text.get(from..).and_then(|it| it.find("${")).map(|it| from + it)
            else {
                break;
            };
            let Some(length) = text.get(start..).and_then(|it| it.find('}')) else { break };
            let name = text.get(start + 2..start + length).unwrap_or_default();
            match self.defined.get(name) {
                Some(value) => {
                    text.replace_range(start..=start + length, value);
                    from = start + value.len();
                }
                None => from = start + 2,
            }
        }
        let span = directive.rest.span;
        let words = line::words(&text).into_iter();
        directive.arguments = words.map(|(text, _)| Word { text, span }).collect();
        directive.rest.text = text;
    }

    fn include(&mut self, directive: &Directive, depth: usize) -> Vec<Directive> {
        let [word] = directive.arguments.as_slice() else {
            self.problem(directive, format!("`{}` takes one argument", directive.name.text));
            return Vec::new();
        };
        let found = match self.environment.files(&word.text) {
            Ok(found) => found,
            Err(message) => {
                self.problem(directive, format!("cannot include `{}`: {message}", word.text));
                return Vec::new();
            }
        };
        if found.is_empty() && directive.is("Include") {
            self.problem(directive, format!("cannot include `{}`: no such file", word.text));
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
