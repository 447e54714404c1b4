//! Places in a text as the protocol counts them, and what an edit does to them.
//!
//! The protocol counts lines from 0 and columns in UTF-16 units, and ends a line by `\n`, `\r\n` or
//! `\r` alone; a place outside of the text means the nearest one in it.

use lsp_types::{Diagnostic, Position, Range, TextDocumentContentChangeEvent};
use seatrial_core::Span;

/// A text and where its lines begin.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: usize| match bytes.get(at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = (0..bytes.len()).filter(|at| ends(*at)).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The place of a byte, or of the character that it belongs to.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position::new(number(line), number(before.encode_utf16().count()))
    }

    /// The byte at a place.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or_default();
        let content = content.trim_end_matches(['\r', '\n']);
        let mut units = 0;
        for (at, char) in content.char_indices() {
            units += char.len_utf16();
            if units > position.character as usize {
                return start + at;
            }
        }
        start + content.len()
    }

    /// The place of a span.
    pub(crate) fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.start as usize), self.position(span.end as usize))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Carries out an edit; one without a place replaces all.
pub(crate) fn apply(text: &mut String, change: TextDocumentContentChangeEvent) {
    let Some(range) = change.range else {
        *text = change.text;
        return;
    };
    let lines = Lines::new(text);
    let (one, other) = (lines.offset(range.start), lines.offset(range.end));
    text.replace_range(one.min(other)..one.max(other), &change.text);
}

/// How lines moved from one text to another, where only one stretch of lines differs.
pub(crate) struct Shift {
    /// How many lines at the start are alike.
    before: usize,
    /// The first line of the old text behind the stretch.
    behind: usize,
    /// How many lines the new text has more.
    more: i64,
}

impl Shift {
    pub(crate) fn between(old: &str, new: &str) -> Self {
        let old: Vec<_> = old.split('\n').collect();
        let new: Vec<_> = new.split('\n').collect();
        let before = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let left = old.len().min(new.len()) - before;
        let pairs = old.iter().rev().zip(new.iter().rev()).take(left);
        let after = pairs.take_while(|(old, new)| old == new).count();
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self { before, behind: old.len() - after, more: signed(new.len()) - signed(old.len()) }
    }

    /// The place where a diagnostic is now; none if the text of it changed.
    pub(crate) fn moved(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let (from, to) = (diagnostic.range.start.line, diagnostic.range.end.line);
        if (to as usize) < self.before {
            return Some(diagnostic);
        }
        if (from as usize) < self.behind {
            return None;
        }
        let line = |line: u32| u32::try_from(i64::from(line) + self.more).ok();
        diagnostic.range.start.line = line(from)?;
        diagnostic.range.end.line = line(to)?;
        Some(diagnostic)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_count_utf_16_units_and_lines_of_all_endings() {
        let text = "zoë: 🚢 x\r\nb\rc\n";
        let lines = Lines::new(text);
        let at = |part: &str| lines.position(text.find(part).unwrap());
        assert_eq!(at("🚢"), Position::new(0, 5));
        assert_eq!(at("x"), Position::new(0, 8));
        assert_eq!(at("b"), Position::new(1, 0));
        assert_eq!(at("c"), Position::new(2, 0));
        assert_eq!(lines.position(99), Position::new(3, 0));
        // In the middle of a character, behind a line, behind the text.
        for (position, rest) in [
            (Position::new(0, 6), "🚢 x\r\nb\rc\n"),
            (Position::new(0, 99), "\r\nb\rc\n"),
            (Position::new(1, 5), "\rc\n"),
            (Position::new(9, 0), ""),
        ] {
            assert_eq!(&text[lines.offset(position)..], rest, "{position:?}");
        }
    }

    #[test]
    fn edits_replace_what_lies_at_their_place() {
        let mut text = "a: 🚢\nb: 2\n".to_owned();
        let edit = |from: (u32, u32), to: (u32, u32), with: &str| TextDocumentContentChangeEvent {
            range: Some(Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1))),
            range_length: None,
            text: with.to_owned(),
        };
        apply(&mut text, edit((0, 3), (0, 5), "é"));
        assert_eq!(text, "a: é\nb: 2\n");
        apply(&mut text, edit((1, 4), (1, 3), "3"));
        assert_eq!(text, "a: é\nb: 3\n");
        apply(&mut text, edit((7, 0), (9, 9), "c"));
        assert_eq!(text, "a: é\nb: 3\nc");
        let whole = TextDocumentContentChangeEvent {
            range: None,
            range_length: None,
            text: "new".to_owned(),
        };
        apply(&mut text, whole);
        assert_eq!(text, "new");
    }

    #[test]
    fn diagnostics_move_with_the_lines_around_a_change() {
        let at = |line| {
            let place = Position::new(line, 1);
            Diagnostic { range: Range::new(place, place), ..Diagnostic::default() }
        };
        let line = |shift: &Shift, line| Some(shift.moved(at(line))?.range.start.line);
        let shift = Shift::between("a\nb\nc\nd", "a\nx\ny\nc\nd");
        let lines: Vec<_> = (0..4).map(|from| line(&shift, from)).collect();
        assert_eq!(lines, [Some(0), None, Some(3), Some(4)]);
        let shift = Shift::between("a\nb\nc\nd", "a\nd");
        let lines: Vec<_> = (0..4).map(|from| line(&shift, from)).collect();
        assert_eq!(lines, [Some(0), None, None, Some(1)]);
        // One of two equal lines went: the place may be off by it, but not off the text.
        let shift = Shift::between("a\na", "a");
        assert_eq!((line(&shift, 0), line(&shift, 1)), (Some(0), None));
        assert_eq!(line(&Shift::between("a\nb", "a\nb"), 1), Some(1));
    }

    proptest! {
        #[test]
        fn offsets_and_places_agree(text in "[aë🚢\r\n]{0,30}") {
            let lines = Lines::new(&text);
            for (offset, _) in text.char_indices() {
                let ends_line = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
                if !ends_line {
                    prop_assert_eq!(lines.offset(lines.position(offset)), offset);
                }
            }
        }

        /// A line that a shift has moved has the text that it had.
        #[test]
        fn moved_lines_are_the_same_lines(old in "[ab\n]{0,12}", new in "[ab\n]{0,12}") {
            let shift = Shift::between(&old, &new);
            for (index, line) in old.split('\n').enumerate() {
                let place = Position::new(u32::try_from(index).unwrap(), 0);
                let here = Diagnostic { range: Range::new(place, place), ..Diagnostic::default() };
                if let Some(moved) = shift.moved(here) {
                    let at = moved.range.start.line as usize;
                    prop_assert_eq!(new.split('\n').nth(at), Some(line));
                }
            }
        }
    }
}
