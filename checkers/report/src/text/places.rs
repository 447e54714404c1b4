//! Which places of a finding, an edit or a question are shown together.

use std::collections::BTreeMap;

use seatrial_core::{Edit, Finding, Fix, Location, Span, Undecided};

/// Places further apart than this many lines are shown as separate excerpts.
const MAX_GAP_LINES: u32 = 40;

/// One underlined place: where, with which words, and whether it is the one the finding is at.
pub(crate) struct Mark<'a> {
    pub(crate) location: &'a Location,
    pub(crate) label: Option<&'a str>,
    pub(crate) primary: bool,
}

/// The places of a finding, in groups that are shown as one excerpt: in one file and near each
/// other. The group of the finding's own place is first, the others follow by file and line.
pub(crate) fn clusters(finding: &Finding) -> Vec<Vec<Mark<'_>>> {
    let own = Mark { location: &finding.location, label: finding.label.as_deref(), primary: true };
    let related = finding.related.iter().map(|related| Mark {
        location: &related.location,
        label: Some(&related.message),
        primary: false,
    });
    let mut marks: Vec<Mark<'_>> = std::iter::once(own).chain(related).collect();
    marks.sort_by(|a, b| a.location.cmp(b.location).then(b.primary.cmp(&a.primary)));
    let mut clusters: Vec<Vec<Mark<'_>>> = Vec::new();
    for mark in marks {
        let near = |last: &Mark<'_>| {
            last.location.path == mark.location.path
                && mark.location.line.saturating_sub(last.location.end_line) <= MAX_GAP_LINES
        };
        match clusters.last_mut() {
            Some(cluster) if cluster.last().is_some_and(near) => cluster.push(mark),
            _ => clusters.push(vec![mark]),
        }
    }
    clusters.sort_by_key(|cluster| !cluster.iter().any(|mark| mark.primary));
    clusters
}

/// Whether a place stands for a file as a whole.
pub(crate) fn is_whole_file(location: &Location) -> bool {
    location.span == Span::default()
}

/// The edits of a fix in the groups that are shown together, or nothing where two overlap. Lines
/// apart are shown apart.
pub(crate) fn edits(fix: &Fix) -> Option<Vec<Vec<&Edit>>> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| &edit.location);
    let overlap = |a: &Location, b: &Location| a.path == b.path && b.span.start < a.span.end;
    if edits.windows(2).any(|w| matches!(w, [a, b] if overlap(&a.location, &b.location))) {
        return None;
    }
    let together = |a: &&Edit, b: &&Edit| {
        a.location.path == b.location.path && a.location.end_line == b.location.line
    };
    Some(edits.chunk_by(together).map(<[_]>::to_vec).collect())
}

/// What is undecided: each question, by rule and reason, with its places.
pub(crate) fn questions(items: &[Undecided]) -> BTreeMap<(&str, &str), Vec<&Undecided>> {
    let mut questions: BTreeMap<(&str, &str), Vec<&Undecided>> = BTreeMap::new();
    for item in items {
        questions.entry((&item.rule, &item.reason)).or_default().push(item);
    }
    questions
}
