//! The lines of a file that a finding is about, made safe to show.

use std::ops::Range;

use seatrial_core::{SourceFile, Span};

use super::clean::visible;

/// Longer lines are cut off, and places beyond are not shown.
const MAX_LINE_BYTES: usize = 10_000;
/// How many lines of a place are shown; of a longer one, its first line stands for all.
const MAX_LINES: usize = 6;

/// Some lines of a file, without characters that a terminal acts on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Number of the first line, from 1.
    pub(crate) first_line: usize,
    /// The lines.
    pub(crate) text: String,
    /// Where in `text` the places are that were asked for, in the same order.
    pub(crate) places: Vec<Range<usize>>,
}

/// Cuts out the lines from the first to the last of some places, or nothing where a place lies too
/// far to the right.
///
/// The columns in the excerpt are those of the file, because the renderer counts them again.
pub(crate) fn excerpt(file: &SourceFile, spans: &[Span]) -> Option<Excerpt> {
    let text = file.text();
    let spans: Vec<Range<usize>> = spans.iter().map(|span| on_boundaries(text, *span)).collect();
    let first = spans.iter().map(|span| span.start).min()?;
    let last = spans.iter().map(|span| span.end).max()?;
    let start = line_start(text, first);
    let lines = text.get(start..line_end(text, last))?;
    let far = |span: &Range<usize>| span.start - line_start(text, span.start) > MAX_LINE_BYTES;
    if spans.iter().any(far) {
        return None;
    }
    let mut builder = Builder::new(&spans);
    let mut at = start;
    for line in lines.split_inclusive('\n') {
        builder.line(line, at);
        at += line.len();
    }
    let (text, places) = builder.finish();
    let first_line = file.line_column(Span::new(start, start).start).0 as usize;
    Some(Excerpt { first_line, text, places })
}

/// The span as it is underlined: without the white space behind it, and if it is long, its first
/// line only.
pub(crate) fn underlined(file: &SourceFile, span: Span) -> Span {
    let text = file.slice(span);
    let trimmed = text.trim_end();
    let shown = if trimmed.lines().nth(MAX_LINES).is_some() {
        trimmed.lines().next().unwrap_or_default().trim_end()
    } else {
        trimmed
    };
    let start = span.start as usize;
    Span::new(start, start + shown.len())
}

/// The span within the text, moved to character boundaries.
fn on_boundaries(text: &str, span: Span) -> Range<usize> {
    let start = boundary(text, span.start as usize);
    start..boundary(text, span.end as usize).max(start)
}

/// The last character boundary at or before an offset.
fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|after| after.find('\n')).map_or(text.len(), |at| offset + at)
}

/// Copies characters, and notes where the ends of the spans come to lie.
struct Builder {
    text: String,
    /// The ends of the spans that lie ahead: offset in the file and slot, the nearest one last.
    ahead: Vec<(usize, usize)>,
    /// Where they came to lie: start and end of each span in turn.
    slots: Vec<usize>,
}

impl Builder {
    fn new(spans: &[Range<usize>]) -> Self {
        let mut ahead: Vec<_> =
            spans.iter().flat_map(|span| [span.start, span.end]).enumerate().collect();
        ahead.sort_by(|(_, a), (_, b)| b.cmp(a));
        let ahead = ahead.into_iter().map(|(slot, offset)| (offset, slot)).collect();
        Self { text: String::new(), ahead, slots: vec![usize::MAX; spans.len() * 2] }
    }

    /// Adds a line that begins at offset `at` of the file.
    fn line(&mut self, line: &str, at: usize) {
        let content = line.trim_end_matches('\n').trim_end_matches('\r');
        let shown = boundary(content, MAX_LINE_BYTES);
        for (offset, c) in content.char_indices().take_while(|&(offset, _)| offset < shown) {
            self.pass(at + offset);
            // A byte order mark takes no column, neither here nor in an editor.
            if at + offset > 0 || c != '\u{feff}' {
                self.text.push(if c == '\t' { c } else { visible(c) });
            }
        }
        self.pass(at + content.len());
        if shown < content.len() {
            self.text.push('…');
        }
        if line.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Notes the place of everything up to an offset of the file.
    fn pass(&mut self, offset: usize) {
        while let Some((_, slot)) = self.ahead.pop_if(|(end, _)| *end <= offset) {
            if let Some(place) = self.slots.get_mut(slot) {
                *place = self.text.len();
            }
        }
    }

    fn finish(mut self) -> (String, Vec<Range<usize>>) {
        self.pass(usize::MAX);
        let places = self.slots.chunks_exact(2).map(|ends| match ends {
            &[start, end] => start..end.max(start),
            _ => 0..0,
        });
        (self.text, places.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The excerpt around each of some words, with the places marked by brackets.
    fn marked(text: &str, words: &[&str]) -> (usize, String) {
        let file = SourceFile::new("a.yaml", text);
        let spans: Vec<Span> = words
            .iter()
            .map(|word| text.find(word).map(|at| Span::new(at, at + word.len())).unwrap())
            .collect();
        let cut = excerpt(&file, &spans).unwrap();
        let mut shown = cut.text.clone();
        let mut ends: Vec<_> =
            cut.places.iter().flat_map(|p| [(p.start, '['), (p.end, ']')]).collect();
        ends.sort_unstable();
        for (at, bracket) in ends.into_iter().rev() {
            shown.insert(at, bracket);
        }
        (cut.first_line, shown)
    }

    #[test]
    fn places_keep_to_their_text() {
        for (text, words, expected) in [
            ("a: 1\nb: two\nc: 3\n", &["two"][..], (2, "b: [two]")),
            ("a: 1\r\nb: two\r\nc: 3\r\n", &["two", "3"], (2, "b: [two]\nc: [3]")),
            ("\u{feff}kind: Pod\n", &["kind"], (1, "[kind]: Pod")),
            ("a: \u{9b}31m x\u{1b}[0m y\n", &["y"], (1, "a: �31m x␛[0m [y]")),
            ("\ta: 名前\n", &["名前"], (1, "\ta: [名前]")),
            ("last", &["last"], (1, "[last]")),
        ] {
            assert_eq!(marked(text, words), (expected.0, expected.1.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn a_very_long_line_is_cut_off_and_a_place_far_to_the_right_is_not_shown() {
        let text = format!("first\nHERE{}\nlast", "é".repeat(5_000));
        let (line, shown) = marked(&text, &["HERE"]);
        assert_eq!(line, 2);
        assert!(shown.starts_with("[HERE]é") && shown.ends_with("é…"));
        assert_eq!(shown.len(), MAX_LINE_BYTES + "[]…".len());
        let text = format!("{}HERE", "é".repeat(5_001));
        let file = SourceFile::new("a.yaml", text.as_str());
        assert_eq!(excerpt(&file, &[Span::new(10_002, 10_006)]), None);
    }

    #[test]
    fn spans_off_the_text_or_within_a_character_do_no_harm() {
        let file = SourceFile::new("a.yaml", "é: 1\n");
        for (start, end) in [(0, 1), (1, 1), (1, 2), (5, 99), (98, 99)] {
            let cut = excerpt(&file, &[Span { start, end }]).unwrap();
            assert!(cut.text.get(cut.places[0].clone()).is_some(), "{start}..{end}");
        }
        let nowhere = excerpt(&SourceFile::new("b.yaml", ""), &[Span { start: 3, end: 1 }]);
        assert_eq!(nowhere.map(|cut| (cut.first_line, cut.text)), Some((1, String::new())));
        assert_eq!(excerpt(&file, &[]), None);
    }

    #[test]
    fn a_long_place_is_underlined_on_its_first_line() {
        let lines = "spec: \n  a: 1\n  b: 2\n  c: 3\n  d: 4\n  e: 5\n  f: 6\n\n\n";
        let file = SourceFile::new("a.yaml", lines);
        let all = underlined(&file, Span::new(0, lines.len()));
        assert_eq!(file.slice(all), "spec:");
        let short = underlined(&file, Span::new(0, 22));
        assert_eq!(file.slice(short), "spec: \n  a: 1\n  b: 2");
    }
}
