//! Each finding with the lines it is about, in the manner of rustc.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};
use seatrial_core::{Edit, Finding, Fix, Location, Severity, Span, Undecided};

use super::excerpt::{Excerpt, excerpt, underlined};
use super::places::{Mark, clusters, edits, is_whole_file, questions};
use super::{Paint, clean, columns, count, summary, wrap};
use crate::{Report, Sources, Style, render_statistics};

/// How many places of one undecided question are named.
const MAX_UNDECIDED_PLACES: usize = 3;

/// Writes each finding with its lines, then what is undecided, then the summary.
pub(crate) fn full(report: &Report, sources: &Sources, style: Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.hyperlink(false).term_width(style.columns());
    let mut out = String::new();
    for finding in &report.findings {
        out += &renderer.render(&finding_groups(finding, sources, style));
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

fn finding_groups<'a>(finding: &'a Finding, sources: &Sources, style: Style) -> Vec<Group<'a>> {
    let title =
        level(finding.severity).primary_title(clean(&finding.message)).id(clean(&finding.rule));
    let (places, labels) = places(finding, sources, style);
    let mut main = Group::with_title(title).elements(places);
    if let Some(resource) = &finding.resource {
        let pointer = finding.pointer.as_deref().filter(|pointer| !pointer.is_empty());
        let at = pointer.map(|pointer| format!(" at {pointer}")).unwrap_or_default();
        let text = clean(&format!("{resource}{at}")).into_owned();
        main = main.element(Level::NOTE.with_name(Some("in")).message(text));
    }
    for fact in labels.into_iter().chain(finding.facts().map(Cow::into_owned)) {
        main = main.element(Level::NOTE.message(prose(&fact, style)));
    }
    let Some(fix) = &finding.fix else { return vec![main] };
    let edits = edited(fix, sources);
    if edits.is_empty() {
        return vec![main.element(Level::HELP.message(prose(&fix.description, style)))];
    }
    vec![main, Level::HELP.secondary_title(clean(&fix.description)).elements(edits)]
}

/// What stands before a note: the margin of line numbers, and `= note: `.
const MARGIN: usize = 15;

/// A label of up to so many columns stands at its place, however far to the right that is.
const LABEL: usize = 40;

/// A text in lines.
fn prose(text: &str, style: Style) -> String {
    wrap(&clean(text), style.columns() - MARGIN).join("\n")
}

/// The excerpts of all places of a finding, its own first; and the labels that have no room there.
fn places<'a>(
    finding: &'a Finding,
    sources: &Sources,
    style: Style,
) -> (Vec<Element<'a>>, Vec<String>) {
    let mut labels = Vec::new();
    let clusters = clusters(finding);
    let elements = clusters
        .iter()
        .flat_map(|cluster| cluster_elements(cluster, sources, style, &mut labels))
        .collect();
    (elements, labels)
}

/// The path, line and column of the place, and the lines with the places underlined. What has no
/// room there is added to `labels`.
fn cluster_elements<'a>(
    cluster: &[Mark<'a>],
    sources: &Sources,
    style: Style,
    labels: &mut Vec<String>,
) -> Vec<Element<'a>> {
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
        let labels = labels.map(|label| Level::NOTE.message(prose(label, style)).into());
        return std::iter::once(origin(head.location).into()).chain(labels).collect();
    };
    let mut annotations = Vec::new();
    for (mark, place) in shown.into_iter().zip(places) {
        let line = text.get(..place.start).and_then(|before| before.rsplit('\n').next());
        let room = style.columns().saturating_sub(MARGIN + line.map_or(0, columns));
        let label = mark.label.map(clean);
        let fits = label.as_ref().is_none_or(|label| columns(label) <= room.max(LABEL));
        if let Some(label) = label.as_ref().filter(|_| !fits) {
            let Location { path, line, .. } = mark.location;
            let at = if mark.primary { String::new() } else { format!("{path}:{line}: ") };
            labels.push(format!("{at}{label}"));
        }
        let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        annotations.push(kind.span(place).label(label.filter(|_| fits)));
    }
    let path = clean(&head.location.path).into_owned();
    let snippet = Snippet::source(text).path(Some(path)).line_start(first_line);
    vec![snippet.annotations(annotations).into()]
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
