//! Lines of httpd's configurations; together they are the whole text.

use seatrial_core::Span;

use super::{Directive, Word};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// White space.
    Blank,
    /// It begins with `#`.
    Comment,
    /// A directive.
    Directive,
    /// The beginning of a section.
    Open,
    /// The end of a section.
    Close,
}

/// A line with all that continues it, and its place, the end of the line included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Where it is.
    pub span: Span,
}

/// Splits a text into lines without a gap. A backslash at the end continues a line, a comment too.
pub fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let mut end = start;
        loop {
            let rest = bytes.get(end..).unwrap_or_default();
            let Some(found) = rest.iter().position(|&byte| byte == b'\n') else {
                end = bytes.len();
                break;
            };
            end += found + 1;
            if !continues(bytes, start, end) || end == bytes.len() {
                break;
            }
        }
        let span = Span::new(start, end);
        lines.push(Line { kind: kind(&Logical::of(text, span).text), span });
        start = end;
    }
    lines
}

/// Whether the line that ends behind a line feed at `end` goes on.
fn continues(bytes: &[u8], start: usize, end: usize) -> bool {
    let line = bytes.get(start..end - 1).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\")
}

fn kind(line: &str) -> LineKind {
    let line = line.trim_start_matches(is_space);
    match line.as_bytes() {
        [] => LineKind::Blank,
        [b'#', ..] => LineKind::Comment,
        [b'<', b'/', ..] => LineKind::Close,
        [b'<', ..] => LineKind::Open,
        _ => LineKind::Directive,
    }
}

/// White space, as httpd has it.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// A line without the backslashes and line ends that continue it, and where its text stands.
pub(super) struct Logical<'t> {
    pub(super) text: std::borrow::Cow<'t, str>,
    /// The positions in the text at which parts begin, with their positions in the file.
    parts: Vec<(usize, usize)>,
}

impl<'t> Logical<'t> {
    pub(super) fn of(text: &'t str, span: Span) -> Self {
        let (start, end) = (span.start as usize, span.end as usize);
        let raw = text.get(start..end).unwrap_or_default();
        let trimmed = raw.trim_end_matches(is_space);
        if !raw.contains("\\\n") && !raw.contains("\\\r\n") {
            return Self { text: trimmed.into(), parts: vec![(0, start)] };
        }
        let (mut joined, mut parts, mut at) = (String::new(), Vec::new(), start);
        for piece in raw.split_inclusive('\n') {
            parts.push((joined.len(), at));
            at += piece.len();
            let line = piece.trim_end_matches(['\n', '\r']);
            joined.push_str(line.strip_suffix('\\').filter(|_| line != piece).unwrap_or(line));
        }
        joined.truncate(joined.trim_end_matches(is_space).len());
        Self { text: joined.into(), parts }
    }

    /// Where a part of the text stands in the file.
    fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| {
            let part = self.parts.iter().rev().find(|(from, _)| *from <= at);
            part.map_or(0, |(from, file)| file + (at - from))
        };
        Span::new(place(start), place(end.max(start + 1) - 1) + usize::from(end > start))
    }

    /// The name that a line `</Name>` closes.
    pub(super) fn closes(&self) -> String {
        let name = self.text.trim_start_matches(is_space).trim_start_matches("</");
        name.split('>').next().unwrap_or_default().trim_matches(is_space).to_owned()
    }

    /// The line as a directive, with what is behind the name as its arguments.
    pub(super) fn directive(&self, _: Span) -> Directive {
        let (start, end) = word_at(&self.text, 0).unwrap_or((0, 0));
        let name = self.text.get(start..end).unwrap_or_default();
        // `<Name>` may lack the space in front of an argument in quotes.
        let cut = name.find(['"', '\'']).filter(|_| name.starts_with('<')).unwrap_or(name.len());
        let end = start + cut;
        let name = self.text.get(start..end).unwrap_or_default();
        let name = Word { text: unquoted(name), span: self.span(start, end) };
        let rest = (end, self.text.len());
        let mut directive = Directive {
            file: 0,
            name,
            rest: Word { text: String::new(), span: Span::default() },
            arguments: Vec::new(),
            section: None,
            span: self.span(start, self.text.len()),
        };
        self.replace_rest(&mut directive, rest);
        directive
    }

    /// What stands between the name and the last `>` of a line that begins a section; `None` if
    /// there is no such place.
    pub(super) fn within_brackets(&self) -> Option<(usize, usize)> {
        let (_, end) = word_at(&self.text, 0)?;
        let close = self.text.rfind('>')?;
        let name = self.text.get(..end)?;
        let cut = name.find(['"', '\'']).unwrap_or(end);
        (close >= cut).then_some((cut, close))
    }

    /// Takes a part of the line as the arguments of a directive.
    pub(super) fn replace_rest(&self, directive: &mut Directive, (start, end): (usize, usize)) {
        let raw = self.text.get(start..end).unwrap_or_default();
        let text = raw.trim_matches(is_space);
        let from = start + (raw.len() - raw.trim_start_matches(is_space).len());
        let to = from + text.len();
        let span = if text.is_empty() { directive.name.span } else { self.span(from, to) };
        directive.rest = Word { text: text.to_owned(), span };
        directive.arguments = words(text)
            .into_iter()
            .map(|(text, (start, end))| Word { text, span: self.span(from + start, from + end) })
            .collect();
    }
}

/// Where the next word of a text begins and ends: to the closing quote, or to the next space.
fn word_at(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let start = from + (rest.len() - rest.trim_start_matches(is_space).len());
    let word = text.get(start..).filter(|it| !it.is_empty())?;
    let bytes = word.as_bytes();
    let quote = bytes.first().copied().filter(|it| matches!(it, b'"' | b'\''));
    let Some(quote) = quote else {
        return Some((start, start + word.find(is_space).unwrap_or(word.len())));
    };
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match byte {
            b'\\' if next == Some(quote) || next == Some(b'\\') => at += 2,
            _ if byte == quote => return Some((start, start + at + 1)),
            _ => at += 1,
        }
    }
    Some((start, start + word.len()))
}

/// The words of a text, with their places in it.
pub(super) fn words(text: &str) -> Vec<(String, (usize, usize))> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = word_at(text, at) {
        words.push((unquoted(text.get(start..end).unwrap_or_default()), (start, end)));
        at = end;
    }
    words
}

/// The text that a word means: without its quotes. A backslash takes its meaning from a backslash
/// and from the quote alone, so that regular expressions need no more of them.
fn unquoted(word: &str) -> String {
    let quote = word.chars().next().filter(|it| matches!(it, '"' | '\''));
    let inner = match quote {
        Some(quote) => {
            let rest = word.get(1..).unwrap_or_default();
            rest.strip_suffix(quote).unwrap_or(rest)
        }
        None => word,
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(next) = chars.next() {
        let escaped = |it: &char| *it == '\\' || Some(*it) == quote;
        match chars.peek().copied().filter(|it| next == '\\' && escaped(it)) {
            Some(it) => {
                out.push(it);
                chars.next();
            }
            None => out.push(next),
        }
    }
    out
}
