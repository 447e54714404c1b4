//! What a fix changes, as lines before and after.

use seatrial_core::{Edit, Fix, SourceFile};

use super::markup::Markup;
use super::place;
use crate::Sources;
use crate::text::edits;

/// A fix that changes more lines than this is shown by its words alone.
const MAX_LINES: usize = 60;

/// The lines that a group of edits changes.
struct Changed<'a> {
    /// Where the first edit is.
    place: String,
    first_line: u32,
    old: Vec<&'a str>,
    new: Vec<String>,
}

/// Writes the edits of a fix as removed and added lines; nothing where they cannot be shown exactly.
pub(super) fn write(out: &mut Markup, fix: &Fix, sources: &Sources) {
    let groups = edits(fix).unwrap_or_default();
    let changed: Option<Vec<Changed<'_>>> =
        groups.iter().map(|group| changed(group, sources)).collect();
    for changed in changed.into_iter().flatten() {
        out.element("figure", &[("class", "source diff")], |out| {
            out.leaf("figcaption", &[], &changed.place);
            out.element("pre", &[], |out| {
                for (number, line) in (changed.first_line..).zip(&changed.old) {
                    diff_line(out, "del", number, line);
                }
                for (number, line) in (changed.first_line..).zip(&changed.new) {
                    diff_line(out, "ins", number, line);
                }
            });
        });
    }
}

fn diff_line(out: &mut Markup, tag: &'static str, number: u32, line: &str) {
    let number = number.to_string();
    out.element(tag, &[("class", "l"), ("data-n", &number)], |out| out.code(line));
    out.line_break();
}

fn changed<'a>(edits: &[&Edit], sources: &'a Sources) -> Option<Changed<'a>> {
    let (first, last) = (edits.first()?, edits.last()?);
    let file = sources.get(&first.location.path)?;
    let text: &str = file.text();
    let start = text.get(..first.location.span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let end = last.location.span.end as usize;
    let end = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at);
    let (mut new, mut at) = (String::new(), start);
    for edit in edits {
        new += text.get(at..edit.location.span.start as usize)?;
        new += &edit.replacement;
        at = edit.location.span.end as usize;
    }
    new += text.get(at..end)?;
    Some(trimmed(file, first, text.get(start..end)?, &new))
        .filter(|changed| changed.old.len().max(changed.new.len()) <= MAX_LINES)
}

/// The lines that differ: those alike at both ends are left out.
fn trimmed<'a>(file: &SourceFile, first: &Edit, old: &'a str, new: &str) -> Changed<'a> {
    let ends = |line: &str| line.ends_with('\r');
    let bare = |line: &'a str| if ends(line) { line.trim_end_matches('\r') } else { line };
    let mut old: Vec<&str> =
        if old.is_empty() { Vec::new() } else { old.split('\n').map(bare).collect() };
    let mut new: Vec<String> =
        new.split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect();
    if new.len() == 1 && new.iter().all(String::is_empty) {
        new.clear();
    }
    let same = old.iter().zip(&new).take_while(|(old, new)| **old == new.as_str()).count();
    old.drain(..same);
    new.drain(..same);
    while old.last().zip(new.last()).is_some_and(|(old, new)| *old == new.as_str()) {
        old.pop();
        new.pop();
    }
    let (line, _) = file.line_column(first.location.span.start);
    let skipped = u32::try_from(same).unwrap_or(0);
    Changed { place: place(&first.location), first_line: line + skipped, old, new }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::{Safety, Span};

    use super::*;

    fn written(text: &str, at: &[(&str, &str)]) -> String {
        let file = Arc::new(SourceFile::new("a.yaml", text));
        let edits = at.iter().map(|(old, new)| {
            let start = text.find(old).unwrap();
            let location = file.location(Span::new(start, start + old.len()));
            Edit { location, replacement: (*new).to_owned() }
        });
        let edits = edits.collect();
        let fix = Fix { description: "x".to_owned(), safety: Safety::Safe, edits };
        let mut out = Markup::default();
        write(&mut out, &fix, &std::iter::once(file).collect());
        out.finish()
    }

    #[test]
    fn edits_are_shown_as_lines() {
        let del = |n: u32, text: &str| format!("<del class=\"l\" data-n=\"{n}\">{text}</del>\n");
        let ins = |n: u32, text: &str| format!("<ins class=\"l\" data-n=\"{n}\">{text}</ins>\n");
        for (text, edits, expected) in [
            ("a: 1\r\nb: 2\r\n", &[("2", "<3>")][..], del(2, "b: 2") + &ins(2, "b: &lt;3&gt;")),
            ("a: 1\nb: 2\n", &[("1\n", "1\nx: 0\n")], ins(2, "x: 0")),
            ("a: 1\nb: 2\nc: 3\n", &[("b: 2\n", "")], del(2, "b: 2")),
            (
                "a: 1, b: 2\n",
                &[("1", "x"), ("2", "y")],
                del(1, "a: 1, b: 2") + &ins(1, "a: x, b: y"),
            ),
        ] {
            let written = written(text, edits);
            assert!(written.contains(&format!("<pre>{expected}</pre>")), "{written}\n{expected}");
        }
        assert_eq!(written("abc", &[("ab", "x"), ("bc", "y")]), "");
    }
}
