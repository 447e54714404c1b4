//! The lines of a file that a finding is about, with the places marked.

use std::ops::Range;

use seatrial_core::{SourceFile, Span};
use unicode_width::UnicodeWidthStr;

use super::markup::Markup;
use super::place;
use crate::Sources;
use crate::text::{Excerpt, Mark, excerpt, is_whole_file, underlined};

/// So many lines are shown around a place.
const CONTEXT: usize = 2;
/// Of a longer line, a part around its first place is shown.
const MAX_LINE_CHARACTERS: usize = 400;
/// So much of a line that is cut stands before its first place.
const BEFORE_PLACE: usize = 80;

/// Writes the lines around some places of one file, or where the first of them is if there are no
/// lines to show.
pub(super) fn write(out: &mut Markup, cluster: &[Mark<'_>], sources: &Sources) {
    let Some(head) = cluster.iter().find(|mark| mark.primary).or(cluster.first()) else { return };
    let shown: Vec<&Mark<'_>> = cluster.iter().filter(|m| !is_whole_file(m.location)).collect();
    let cut = sources.get(&head.location.path).and_then(|file| around(file, &shown));
    out.element("figure", &[("class", "source")], |out| {
        out.leaf("figcaption", &[], &place(head.location));
        let Some(cut) = cut else {
            // What cannot be shown is still said.
            for label in cluster.iter().filter_map(|mark| mark.label) {
                out.leaf("p", &[], label);
            }
            return;
        };
        out.element("pre", &[], |out| lines(out, &cut, &shown));
    });
}

/// The lines of some places, and a few around them.
fn around(file: &SourceFile, marks: &[&Mark<'_>]) -> Option<Excerpt> {
    let mut spans: Vec<Span> =
        marks.iter().map(|mark| underlined(file, mark.location.span)).collect();
    let start = spans.iter().map(|span| span.start).min()? as usize;
    let end = spans.iter().map(|span| span.end).max()? as usize;
    let before = file.text().get(..start)?;
    let after = file.text().get(end..)?;
    let first = before.rmatch_indices('\n').nth(CONTEXT).map_or(0, |(at, _)| at + 1);
    let last = after.match_indices('\n').nth(CONTEXT).map_or(file.text().len(), |(at, _)| end + at);
    spans.push(Span::new(first, last));
    excerpt(file, &spans)
}

/// A line: its number, its text, and the places that begin or go on in it.
struct Line<'e> {
    number: usize,
    text: &'e str,
    /// What is marked of the text, in bytes, and whose mark it is.
    marked: Vec<(Range<usize>, usize)>,
    /// The marks that end here: their words come below.
    ends: Vec<usize>,
}

fn lines(out: &mut Markup, cut: &Excerpt, marks: &[&Mark<'_>]) {
    let lines = marked_lines(cut, marks.len());
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let around = lines.get(from..lines.len().min(at + CONTEXT + 1)).unwrap_or_default();
        around.iter().any(|line| !line.marked.is_empty())
    };
    let mut skipped = false;
    for (at, line) in lines.iter().enumerate() {
        if !near(at) {
            if !skipped {
                out.leaf("span", &[("class", "gap")], "⋮");
                out.line_break();
            }
            skipped = true;
            continue;
        }
        skipped = false;
        let number = line.number.to_string();
        let class = if line.marked.is_empty() { "l" } else { "l at" };
        out.element("span", &[("class", class), ("data-n", &number)], |out| {
            line_text(out, line, marks);
        });
        out.line_break();
        for &mark in &line.ends {
            label(out, line, mark, marks);
        }
    }
}

/// The lines of an excerpt with the first `marks` of its places.
fn marked_lines(cut: &Excerpt, marks: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (number, text) in (cut.first_line..).zip(cut.text.split('\n')) {
        let end = start + text.len();
        let mut line = Line { number, text, marked: Vec::new(), ends: Vec::new() };
        for (mark, place) in cut.places.iter().take(marks).enumerate() {
            let from = place.start.max(start).min(end);
            let to = place.end.max(start).min(end);
            let here = from < to || (place.start == place.end && (start..=end).contains(&from));
            if here && place.start <= end && place.end >= start {
                line.marked.push((from - start..to - start, mark));
                if place.end <= end {
                    line.ends.push(mark);
                }
            }
        }
        line.marked.sort_by_key(|(range, mark)| (range.start, range.end, *mark));
        lines.push(line);
        start = end + 1;
    }
    // A line break at the end of a file begins no line.
    lines.pop_if(|line| line.text.is_empty() && line.marked.is_empty());
    lines
}

/// The text of a line. Of places that overlap, the first one is marked.
fn line_text(out: &mut Markup, line: &Line<'_>, marks: &[&Mark<'_>]) {
    let window = window(line);
    let mut at = window.start;
    if at > 0 {
        out.text("…");
    }
    for (range, mark) in &line.marked {
        let (from, to) = (range.start.clamp(at, window.end), range.end.clamp(at, window.end));
        out.code(line.text.get(at..from).unwrap_or_default());
        let own = marks.get(*mark).is_some_and(|mark| mark.primary);
        if from < to {
            let class: &[(&'static str, &str)] = if own { &[] } else { &[("class", "other")] };
            out.element("mark", class, |out| out.code(line.text.get(from..to).unwrap_or_default()));
        }
        at = to.max(at);
    }
    out.code(line.text.get(at..window.end).unwrap_or_default());
    if window.end < line.text.len() {
        out.text("…");
    }
}

/// What is shown of a line, in bytes: all, or a part around its first place.
fn window(line: &Line<'_>) -> Range<usize> {
    let all = line.text.len();
    if all <= MAX_LINE_CHARACTERS {
        return 0..all;
    }
    let place = line.marked.first().map_or(0, |(range, _)| range.start);
    let boundary =
        |at: usize| (0..=at.min(all)).rev().find(|at| line.text.is_char_boundary(*at)).unwrap_or(0);
    let start =
        boundary(if place > MAX_LINE_CHARACTERS - BEFORE_PLACE { place - BEFORE_PLACE } else { 0 });
    start..boundary(start + MAX_LINE_CHARACTERS)
}

/// The words of a mark, below its last line.
fn label(out: &mut Markup, line: &Line<'_>, mark: usize, marks: &[&Mark<'_>]) {
    let Some(mark_of) = marks.get(mark) else { return };
    let Some(words) = mark_of.label else { return };
    let range = line.marked.iter().find(|(_, of)| *of == mark).map(|(range, _)| range.start);
    let window = window(line);
    let before = line.text.get(window.start..range.unwrap_or(0).max(window.start));
    let cut = usize::from(window.start > 0);
    let indent = before.unwrap_or_default().replace('\t', "    ").width() + cut;
    let class = if mark_of.primary { "label" } else { "label other" };
    out.element("span", &[("class", class)], |out| {
        out.code(&" ".repeat(indent));
        out.text("╰ ");
        super::prose::sentence(out, words);
    });
    out.line_break();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::{Finding, Severity};

    use super::*;
    use crate::text::clusters;

    fn written(text: &str, at: &str, label: &str) -> String {
        let file = Arc::new(SourceFile::new("a.yaml", text));
        let start = text.find(at).unwrap();
        let location = file.location(Span::new(start, start + at.len()));
        let finding = Finding::new("x", Severity::Error, location, "m").labelled(label);
        let sources: Sources = std::iter::once(file).collect();
        let mut out = Markup::default();
        write(&mut out, &clusters(&finding)[0], &sources);
        out.finish()
    }

    #[test]
    fn the_place_is_marked_among_its_lines() {
        let text = written("a: 1\nb: 2\nc: 3\nd: <x>\ne: 5\nf: 6\ng: 7\n", "<x>", "not `y`");
        assert_eq!(
            text,
            "<figure class=\"source\"><figcaption>a.yaml:4:4</figcaption><pre>\
             <span class=\"l\" data-n=\"2\">b: 2</span>\n<span class=\"l\" data-n=\"3\">c: 3</span>\n\
             <span class=\"l at\" data-n=\"4\">d: <mark>&lt;x&gt;</mark></span>\n\
             <span class=\"label\">   ╰ not <code>y</code></span>\n\
             <span class=\"l\" data-n=\"5\">e: 5</span>\n<span class=\"l\" data-n=\"6\">f: 6</span>\n\
             </pre></figure>"
        );
    }

    #[test]
    fn a_place_of_several_lines_is_marked_on_each() {
        let text = written("a:\n  b: 1\n  c: 2\nd: 3\n", "b: 1\n  c: 2", "both");
        assert!(text.contains("  <mark>b: 1</mark></span>\n"), "{text}");
        assert!(text.contains("<mark>  c: 2</mark></span>\n<span class=\"label\">"), "{text}");
        assert_eq!(text.matches("<mark>").count(), 2);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let long = format!("{}HERE{}", "é".repeat(2000), "ü".repeat(2000));
        let text = written(&long, "HERE", "this");
        assert!(text.contains("<mark>HERE</mark>"), "{text}");
        assert!(text.contains("\">…é") && text.contains("ü…</span>"), "{text}");
        assert!(text.len() < 1500, "{}", text.len());
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let far = format!("{}HERE", "x".repeat(20_000));
        let text = written(&far, "HERE", "this");
        assert!(text.contains("<figcaption>a.yaml:1:20001</figcaption><p>this</p>"), "{text}");
    }
}
