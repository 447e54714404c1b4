//! YAML, one document at a time.
//!
//! A file is first cut at its `---` lines, as kubectl does, so that a document which cannot be
//! read takes no other with it. Each piece is then parsed by `saphyr-parser`, and its events are
//! built into a tree by [`Builder`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScanError, Span as Mark, StrInput};
use seatrial_core::Span;

use crate::problem::{Problem, ProblemKind};
use crate::{Document, Parsed, Unreadable};

mod build;
mod reindent;

use build::{Builder, Fatal};
use reindent::Reindented;

/// Reads all documents of a YAML file.
pub fn yaml(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, piece) in pieces(text).into_iter().enumerate() {
        if piece.is_blank() {
            // What stands before the first `---` is no document if it is blank.
            parsed.empty += usize::from(piece.explicit || (index == 0 && piece.is_last));
            continue;
        }
        read_piece(&piece, &mut parsed);
    }
    parsed
}

/// The text of one document, or of several that `...` separates.
struct Piece<'a> {
    text: &'a str,
    /// Where the text begins in the file.
    offset: usize,
    /// Whether a `---` stands before it.
    explicit: bool,
    /// Whether no other piece follows.
    is_last: bool,
}

impl Piece<'_> {
    /// Whether there is nothing but white space, comments and directives.
    fn is_blank(&self) -> bool {
        self.text.lines().map(str::trim_start).enumerate().all(|(index, line)| {
            let directive = line.starts_with('%') && !(index == 0 && self.explicit);
            line.is_empty() || line.starts_with('#') || directive
        })
    }
}

/// Cuts a file at the lines that begin with `---`.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut offset = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut starts = vec![(offset, offset, false)];
    for line in text.get(offset..).unwrap_or_default().split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            starts.push((offset, offset + 3, true));
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).map(|&(end, ..)| end).chain([text.len()]);
    let count = starts.len();
    (starts.iter().zip(ends).enumerate())
        .map(|(index, (&(_, start, explicit), end))| Piece {
            text: text.get(start..end).unwrap_or_default(),
            offset: start,
            explicit,
            is_last: index + 1 == count,
        })
        .collect()
}

/// Reads one piece; on a fatal problem, the documents of the piece read so far stay.
fn read_piece(piece: &Piece<'_>, parsed: &mut Parsed) {
    let text = hide_colons(piece.text);
    let mut read = read_text(&text, None, piece);
    if read.wants_indentation
        && let Some(reindented) = Reindented::of(&text)
    {
        let again = read_text(&reindented.text, Some(&reindented), piece);
        if again.fatal.is_none() {
            read = again;
        }
    }
    parsed.documents.append(&mut read.documents);
    parsed.problems.append(&mut read.problems);
    parsed.empty += read.empty;
    if let Some(problem) = read.fatal {
        let text = Span::new(piece.offset, piece.offset + piece.text.len());
        parsed.unreadable.push(Unreadable { text, problem });
    }
}

/// What one attempt to read a piece comes to.
#[derive(Default)]
struct Attempt {
    documents: Vec<Document>,
    problems: Vec<Problem>,
    empty: usize,
    fatal: Option<Problem>,
    /// Whether it failed because of the indentation of a line.
    wants_indentation: bool,
}

/// Reads a text that stands for a piece: the piece's own, or that with lines indented further.
fn read_text(text: &str, reindented: Option<&Reindented>, piece: &Piece<'_>) -> Attempt {
    let mut offsets =
        Offsets { text: piece.text, base: piece.offset, chars: 0, bytes: 0, reindented };
    let mut parser = Parser::new(StrInput::new(text));
    let mut builder = Builder::new(piece.text, piece.offset);
    let mut attempt = Attempt::default();
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((Event::DocumentEnd, _)) => {
                documents += 1;
                builder.finish_document(&mut attempt.documents, &mut attempt.empty);
                Ok(())
            }
            Ok((event, mark)) => builder.event(event, offsets.span(mark)),
            Err(error) => {
                attempt.wants_indentation = error.info().contains("invalid indentation");
                Err(Fatal(syntax_problem(&error, &mut offsets)))
            }
        };
        if let Err(Fatal(problem)) = step {
            attempt.fatal = Some(problem);
            break;
        }
    }
    attempt.empty += usize::from(documents == 0 && attempt.fatal.is_none());
    attempt.problems = builder.problems;
    attempt
}

/// Stands for a colon that is part of a text; as control characters have no place in YAML, it does
/// not occur otherwise.
const HIDDEN_COLON: char = '\u{1}';

/// Hides colons that end a plain text before `,`, `]` or `}`, as in `[fe80::, b]`: YAML 1.2, which
/// `saphyr-parser` reads, takes them for the end of a key, and the API server's reader does not.
/// No offset changes. In quotes, comments and block scalars this does no harm: what is hidden is
/// restored in every scalar.
fn hide_colons(text: &str) -> Cow<'_, str> {
    let ends_text = |index: usize| {
        let before = text.get(..index).unwrap_or_default().chars().next_back();
        before.is_some_and(|c| !c.is_whitespace() && !"\"'{[,".contains(c))
    };
    let suspects = [":,", ":]", ":}"];
    if !suspects.iter().any(|suspect| text.contains(suspect)) || text.contains(HIDDEN_COLON) {
        return text.into();
    }
    let mut hidden = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let rest = text.get(index..).unwrap_or_default();
        let suspect = c == ':' && suspects.iter().any(|suspect| rest.starts_with(suspect));
        hidden.push(if suspect && ends_text(index) { HIDDEN_COLON } else { c });
    }
    hidden.into()
}

/// Turns the parser's character offsets into byte offsets of the file.
///
/// Offsets are asked for almost in order, so the way from the last one is short.
struct Offsets<'a> {
    text: &'a str,
    base: usize,
    chars: usize,
    bytes: usize,
    /// Where the text that is read has lines indented further.
    reindented: Option<&'a Reindented>,
}

impl Offsets<'_> {
    fn span(&mut self, mark: Mark) -> Span {
        let start = self.byte(mark.start.index());
        Span::new(start, self.byte(mark.end.index()).max(start))
    }

    fn byte(&mut self, chars: usize) -> usize {
        let chars = self.reindented.map_or(chars, |reindented| reindented.original(chars));
        if chars < self.chars {
            let back = self.text.get(..self.bytes).unwrap_or_default().chars().rev();
            let back: usize = back.take(self.chars - chars).map(char::len_utf8).sum();
            self.bytes -= back;
        } else {
            let ahead = self.text.get(self.bytes..).unwrap_or_default().chars();
            let ahead: usize = ahead.take(chars - self.chars).map(char::len_utf8).sum();
            self.bytes += ahead;
        }
        self.chars = chars;
        self.base + self.bytes
    }
}

/// Words a scanner error for people, with what to do about the common ones.
fn syntax_problem(error: &ScanError, offsets: &mut Offsets<'_>) -> Problem {
    let mut start = offsets.byte(error.marker().index());
    let info = error.info();
    let before = offsets.text.get(..start - offsets.base).unwrap_or_default();
    if info.contains("tab") && before.ends_with('\t') {
        start -= 1; // the scanner stops behind the tab
    }
    let rest = offsets.text.get(start - offsets.base..).unwrap_or_default();
    let length = rest.chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let tab = rest.starts_with('\t') || (line.contains('\t') && line.trim().is_empty());
    let help = if tab || info.contains("tab") {
        Some("indent with spaces; YAML does not allow tabs there")
    } else if info.contains("quoted scalar") {
        Some("close the quote, or put the whole text into quotes")
    } else if info.contains("mapping values are not allowed") {
        Some("quote a value that contains `: `, and check the indentation")
    } else if rest.starts_with(['@', '`', '%']) {
        Some("quote a value that begins with this character")
    } else {
        None
    };
    let (kind, message) = if info.contains("recursion limit") {
        (ProblemKind::TooDeep, "nested too deeply".to_owned())
    } else {
        (ProblemKind::Syntax, format!("not valid YAML: {info}"))
    };
    Problem {
        span: Span::new(start, start + length),
        kind,
        message,
        help: help.map(str::to_owned),
        related: None,
    }
}

/// The trees behind anchors, by the parser's anchor number.
type Anchors = BTreeMap<usize, (crate::Node, usize)>;
