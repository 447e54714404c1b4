//! What is the same for all configurations that include files: words, places, and how far it goes.

use std::sync::Arc;

use seatrial_core::{Location, MAX_DEPTH, SourceFile, Span};

use crate::{Problem, ProblemKind};

/// How deeply files may include others.
pub const MAX_INCLUDES: usize = 32;

/// How many times files are included at most.
pub const MAX_FILES: usize = 4096;

/// A word: a name or an argument.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    /// The text, without quotes and with escapes resolved.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A configuration with all that it includes; `D` is a directive of it.
#[derive(Debug)]
pub struct Expanded<D> {
    /// The files, the main one first; one that is included twice is there twice.
    pub files: Vec<Arc<SourceFile>>,
    /// The directives, those of included files in place of the one that includes them.
    pub directives: Vec<D>,
    /// What could not be read, with its place.
    pub problems: Vec<(Location, Problem)>,
}

/// A configuration while its files are read.
pub(crate) struct Expansion<D> {
    pub(crate) expanded: Expanded<D>,
    /// The paths of the files that include one another down to here.
    including: Vec<Arc<str>>,
}

impl<D> Expansion<D> {
    pub(crate) const fn new() -> Self {
        let expanded = Expanded { files: Vec::new(), directives: Vec::new(), problems: Vec::new() };
        Self { expanded, including: Vec::new() }
    }

    /// Goes into a file, in which these problems were found; its number.
    pub(crate) fn enter(&mut self, file: &Arc<SourceFile>, problems: Vec<Problem>) -> usize {
        let at = self.expanded.files.len();
        self.expanded.files.push(Arc::clone(file));
        for problem in problems {
            self.expanded.problems.push((file.location(problem.span), problem));
        }
        self.including.push(Arc::clone(file.path()));
        at
    }

    /// Goes back to the file around.
    pub(crate) fn leave(&mut self) {
        self.including.pop();
    }

    /// Why a file is not included, if it is not.
    pub(crate) fn refusal(&self, file: &SourceFile, depth: usize) -> Option<String> {
        if self.including.contains(file.path()) {
            Some(format!("`{}` includes itself", file.path()))
        } else if self.including.len() >= MAX_INCLUDES || depth >= MAX_DEPTH {
            Some(format!("files include others {MAX_INCLUDES} levels deep"))
        } else if self.expanded.files.len() >= MAX_FILES {
            Some(format!("more than {MAX_FILES} files are included"))
        } else {
            None
        }
    }

    /// Notes a problem with a directive of a file: at its first argument if there is one.
    pub(crate) fn problem(
        &mut self,
        (file, head, argument): (usize, Span, Option<&Word>),
        message: String,
    ) {
        let problem =
            Problem { span: head, kind: ProblemKind::Syntax, message, help: None, related: None };
        let at = place(&self.expanded.files, file, argument.map_or(head, |word| word.span));
        self.expanded.problems.push((at, problem));
    }
}

/// The place of a span of one of some files.
pub fn place(files: &[Arc<SourceFile>], file: usize, span: Span) -> Location {
    files.get(file).map_or_else(|| Location::start_of("".into()), |file| file.location(span))
}
