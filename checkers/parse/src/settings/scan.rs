//! A cursor over a text, and its lines.

use seatrial_core::Span;

/// A place in a text that moves forward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Moves on by so many bytes, at most to the end.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    /// Moves behind what fits.
    pub(super) fn skip_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Moves behind a text if it is next.
    pub(super) fn take(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    /// Moves behind the next occurrence of a text and returns what is before it; if there is none,
    /// stays.
    pub(super) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, _) = self.rest().split_once(end)?;
        self.at += before.len() + end.len();
        Some(before)
    }

    pub(super) fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }
}

/// The lines of a text with the offset of each, without their ends and a byte order mark.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let mark =
            if start == 0 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let line = line.get(mark..).unwrap_or_default();
        (start + mark, line.trim_end_matches(['\n', '\r']))
    })
}

/// The lines that say something, without the space around them, and their places: those that are
/// not empty and do not begin with `#`.
pub(super) fn statements(text: &str) -> impl Iterator<Item = (&str, Span)> {
    let trimmed = lines(text).map(|(start, line)| trimmed(line, start));
    trimmed.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
}

/// A part of a line without the space around it, and its place; `start` is the place of the part.
pub(super) fn trimmed(part: &str, start: usize) -> (&str, Span) {
    let inner = part.trim_start();
    let start = start + part.len() - inner.len();
    let inner = inner.trim_end();
    (inner, Span::new(start, start + inner.len()))
}
