//! Each finding with the lines it is about, in the manner of rustc.

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};
use seatrial_core::{Edit, Finding, Fix, Location, Severity, Span, Undecided};

use super::excerpt::{Excerpt, excerpt, underlined};
use super::places::{Mark, clusters, edits, is_whole_file, questions};
use super::{Paint, clean, count, summary};
use crate::{Report, Sources, Style, render_statistics};

/// How many places of one undecided question are named.
const MAX_UNDECIDED_PLACES: usize = 3;

/// Writes each finding with its lines, then what is undecided, then the summary.
pub(crate) fn full(report: &Report, sources: &Sources, style: Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.hyperlink(false).term_width(style.columns());
    let mut out = String::new();
    for finding in &report.findings {
        out += &renderer.render(&finding_groups(finding, sources));
        out += "\n\n";
    }
    out += &undecided(&report.undecided, Paint::new(style));
    if report.with_statistics {
        out += &render_statistics(&report.statistics(), style);
        out.push('\n');
    }
    out += &summary::paragraph(report, style);
    out
}

const fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

fn finding_groups<'a>(finding: &'a Finding, sources: &Sources) -> Vec<Group<'a>> {
    let title =
        level(finding.severity).primary_title(clean(&finding.message)).id(clean(&finding.rule));
    let mut main = Group::with_title(title).elements(places(finding, sources));
    if let Some(resource) = &finding.resource {
        let pointer = finding.pointer.as_deref().filter(|pointer| !pointer.is_empty());
        let at = pointer.map(|pointer| format!(" at {pointer}")).unwrap_or_default();
        let text = clean(&format!("{resource}{at}")).into_owned();
        main = main.element(Level::NOTE.with_name(Some("in")).message(text));
    }
    for fact in finding.facts() {
        main = main.element(Level::NOTE.message(clean(&fact).into_owned()));
    }
    let Some(fix) = &finding.fix else { return vec![main] };
    let edits = edited(fix, sources);
    if edits.is_empty() {
        return vec![main.element(Level::HELP.message(clean(&fix.description)))];
    }
    vec![main, Level::HELP.secondary_title(clean(&fix.description)).elements(edits)]
}

/// The excerpts of all places of a finding, its own first.
fn places<'a>(finding: &'a Finding, sources: &Sources) -> Vec<Element<'a>> {
    let clusters = clusters(finding);
    clusters.iter().flat_map(|cluster| cluster_elements(cluster, sources)).collect()
}

/// The path, line and column of the place, and the lines with the places underlined.
fn cluster_elements<'a>(cluster: &[Mark<'a>], sources: &Sources) -> Vec<Element<'a>> {
    let Some(head) = cluster.iter().find(|mark| mark.primary).or(cluster.first()) else {
        return Vec::new();
    };
    let shown: Vec<&Mark<'_>> = cluster.iter().filter(|m| !is_whole_file(m.location)).collect();
    let cut = sources.get(&head.location.path).filter(|_| !shown.is_empty()).and_then(|file| {
        let underlined = |mark: &&Mark<'_>| underlined(file, mark.location.span);
        excerpt(file, &shown.iter().map(underlined).collect::<Vec<_>>())
    });
    let Some(Excerpt { first_line, text, places }) = cut else {
        // What cannot be shown is still said.
        let labels = cluster.iter().filter_map(|mark| mark.label);
        let labels = labels.map(|label| Level::NOTE.message(clean(label)).into());
        return std::iter::once(origin(head.location).into()).chain(labels).collect();
    };
    let annotations = shown.iter().zip(places).map(|(mark, place)| annotation(mark, place));
    let path = clean(&head.location.path).into_owned();
    let snippet = Snippet::source(text).path(Some(path)).line_start(first_line);
    vec![snippet.annotations(annotations).into()]
}

fn annotation<'a>(mark: &Mark<'a>, place: std::ops::Range<usize>) -> Annotation<'a> {
    let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    kind.span(place).label(mark.label.map(clean))
}

fn origin(location: &Location) -> Origin<'static> {
    let origin = Origin::path(clean(&location.path).into_owned());
    if is_whole_file(location) {
        return origin;
    }
    origin.line(location.line as usize).char_column(location.column as usize)
}

/// The edits of a fix as changed lines; nothing where they cannot be shown exactly.
fn edited(fix: &Fix, sources: &Sources) -> Vec<Element<'static>> {
    // The renderer drops a deleted line between others, so each chunk is an element of its own.
    let chunks: Option<Vec<_>> = edits(fix)
        .and_then(|chunks| chunks.iter().map(|edits| edited_lines(edits, sources)).collect());
    chunks.unwrap_or_default()
}

fn edited_lines(edits: &[&Edit], sources: &Sources) -> Option<Element<'static>> {
    let path = &edits.first()?.location.path;
    let spans: Vec<Span> = edits.iter().map(|edit| edit.location.span).collect();
    let Excerpt { first_line, text, places } = excerpt(sources.get(path)?, &spans)?;
    let patches = edits.iter().zip(places).map(|(edit, place)| {
        let lines: Vec<_> = edit.replacement.split('\n').map(clean).collect();
        Patch::new(place, lines.join("\n"))
    });
    let snippet = Snippet::source(text).path(Some(clean(path).into_owned()));
    Some(snippet.line_start(first_line).patches(patches).into())
}

/// What is undecided: each question once, with the first few of its places.
fn undecided(items: &[Undecided], paint: Paint) -> String {
    questions(items)
        .into_iter()
        .map(|((rule, reason), items)| question(rule, reason, &items, paint))
        .collect()
}

fn question(rule: &str, reason: &str, items: &[&Undecided], paint: Paint) -> String {
    let head = paint.undecided(&format!("undecided[{}]", clean(rule)));
    let mut lines = vec![format!("{head}{}", paint.bold(&format!(": {}", clean(reason))))];
    for item in items.iter().take(MAX_UNDECIDED_PLACES) {
        let Location { path, line, column, .. } = &item.location;
        let of = item.resource.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        lines.push(format!("  --> {}:{line}:{column}{}", clean(path), clean(&of)));
    }
    let more = items.len().saturating_sub(MAX_UNDECIDED_PLACES);
    if more > 0 {
        lines.push(format!("  ... and in {}", count(more, "other place", "other places")));
    }
    lines.join("\n") + "\n\n"
}
