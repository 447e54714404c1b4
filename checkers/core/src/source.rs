//! Source files and places in them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A range of bytes in a source file: from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`; offsets beyond 4 GiB saturate (inputs are smaller, see the
    /// size limit of the gate).
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A place in a source file, for people (lines and columns) and for renderers (bytes).
///
/// Lines and columns count from 1; columns count Unicode characters; the end is exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The path as the user would write it, with `/` between its parts; `-` is standard input.
    pub path: Arc<str>,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character behind the last.
    pub end_line: u32,
    /// Column of the character behind the last.
    pub end_column: u32,
    /// The same place in bytes.
    #[serde(skip)]
    pub span: Span,
}

impl Location {
    /// The start of a file, for what concerns the file as a whole or could not be read.
    pub fn start_of(path: Arc<str>) -> Self {
        Self { path, line: 1, column: 1, end_line: 1, end_column: 1, span: Span::default() }
    }
}

/// A source file: its path, its text, and where its lines begin.
#[derive(Debug)]
pub struct SourceFile {
    path: Arc<str>,
    text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// Takes a text read from `path`.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        line_starts.extend(ends.map(|(offset, _)| Span::new(offset + 1, offset + 1).start));
        Self { path: path.into(), text, line_starts }
    }

    /// The path as the user would write it.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text of a span; empty where the span does not lie on character boundaries of the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The line, from 1, of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        let line = self.line_starts.partition_point(|&start| start <= offset).max(1);
        Span::new(line, line).start
    }

    /// As [`Self::line`], found at once where the offset lies on the line `near` or the next one.
    pub fn line_near(&self, near: u32, offset: u32) -> u32 {
        let ends = |line: u32| self.line_starts.get(line as usize).is_none_or(|end| offset < *end);
        let start = (near as usize).checked_sub(1).and_then(|at| self.line_starts.get(at));
        match start {
            Some(start) if *start <= offset && ends(near) => near,
            Some(start) if *start <= offset && ends(near + 1) => near + 1,
            _ => self.line(offset),
        }
    }

    /// Line and column, both from 1, of a byte offset. A byte order mark takes no column.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.line_starts.get(line as usize - 1).copied().unwrap_or(0);
        let before = self.slice(Span { start, end: offset });
        let visible = before.strip_prefix('\u{feff}').unwrap_or(before);
        let column = Span::new(visible.chars().count() + 1, 0).start;
        (line, column)
    }

    /// The place of a span, in lines and columns.
    pub fn location(&self, span: Span) -> Location {
        let (line, column) = self.line_column(span.start);
        let (end_line, end_column) = self.line_column(span.end);
        Location { path: Arc::clone(&self.path), line, column, end_line, end_column, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_same_from_near_and_far() {
        let file = SourceFile::new("a", "one\ntwo\n\nfour");
        for offset in 0..=14 {
            for near in 0..=6 {
                assert_eq!(file.line_near(near, offset), file.line(offset), "{offset} near {near}");
            }
        }
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::new("a.yaml", "kind: Pod\r\nname: \"zoë x\"\n");
        let at = |text: &str| {
            let start = file.text().find(text).unwrap();
            file.location(Span::new(start, start + text.len()))
        };
        assert_eq!((at("kind").line, at("kind").column, at("kind").end_column), (1, 1, 5));
        assert_eq!((at("x\"").line, at("x\"").column, at("x\"").end_column), (2, 12, 14));
        assert_eq!(file.line_column(u32::try_from(file.text().len()).unwrap()), (3, 1));
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(SourceFile::new("a.yaml", "\u{feff}a: b").line_column(6), (1, 4));
    }

    #[test]
    fn a_span_off_the_text_is_empty_and_does_not_panic() {
        let file = SourceFile::new("a.yaml", "ë");
        assert_eq!(file.slice(Span { start: 1, end: 9 }), "");
        assert_eq!(file.location(Span { start: 1, end: 9 }).line, 1);
    }
}
