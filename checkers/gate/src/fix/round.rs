//! Fixes that are applied together.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{Finding, SourceFile, Span};
use seatrial_parse::edit::{Replacement, apply, differences};
use seatrial_parse::{Parsed, yaml_or_json};

use crate::files::Texts;

/// Fixes that do not get into each other's way, by file.
pub(super) struct Round<'a> {
    by_file: BTreeMap<Arc<str>, Vec<Taken<'a>>>,
}

/// A fix that was taken, with the findings that it mends.
struct Taken<'a> {
    findings: Vec<&'a Finding>,
    replacements: Vec<Replacement>,
}

impl<'a> Round<'a> {
    /// Takes the fixes in the order of rules and places; one that overlaps an earlier one waits
    /// for the next round.
    pub(super) fn of(candidates: &[&'a Finding]) -> Self {
        let mut sorted = candidates.to_vec();
        sorted.sort_by_key(|finding| (&finding.rule, *finding));
        let mut by_file = BTreeMap::<_, Vec<Taken<'a>>>::new();
        for finding in sorted {
            let replacements = replacements(finding);
            let taken = by_file.entry(Arc::clone(&finding.location.path)).or_default();
            match taken.iter_mut().find(|earlier| conflict(&earlier.replacements, &replacements)) {
                // Two findings with the same cure.
                Some(same) if same.replacements == replacements => same.findings.push(finding),
                Some(_) => {}
                None => taken.push(Taken { findings: vec![finding], replacements }),
            }
        }
        Self { by_file }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_file.is_empty()
    }

    /// The findings whose fixes were taken.
    pub(super) fn taken(&self) -> Vec<&'a Finding> {
        self.by_file.values().flatten().flat_map(|taken| taken.findings.iter().copied()).collect()
    }

    /// The texts with the fixes applied, and the findings whose fixes would change more than they
    /// say.
    pub(super) fn apply(&self, texts: &Texts) -> (Texts, Vec<&'a Finding>) {
        let mut fixed = texts.clone();
        let mut unclean = Vec::new();
        for (path, taken) in &self.by_file {
            let Some(file) = texts.get(path) else { continue };
            let all: Vec<_> = taken.iter().flat_map(|it| it.replacements.iter().cloned()).collect();
            match cleanly(file.text(), &all) {
                Some(text) => {
                    fixed.insert(
                        Arc::clone(path),
                        Arc::new(SourceFile::new(Arc::clone(path), text)),
                    );
                }
                None => unclean.extend(culprits(file, taken)),
            }
        }
        (fixed, unclean)
    }
}

/// The fixes of a file that change more than they say; all but the first if each does by itself
/// what it says.
fn culprits<'a>(file: &SourceFile, taken: &[Taken<'a>]) -> Vec<&'a Finding> {
    let of = |taken: &[&Taken<'a>]| {
        taken.iter().flat_map(|taken| taken.findings.iter().copied()).collect()
    };
    let unclean: Vec<_> =
        taken.iter().filter(|it| cleanly(file.text(), &it.replacements).is_none()).collect();
    if unclean.is_empty() { of(&taken.iter().skip(1).collect::<Vec<_>>()) } else { of(&unclean) }
}

fn replacements(finding: &Finding) -> Vec<Replacement> {
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    let mut all: Vec<_> = edits
        .map(|edit| Replacement { span: edit.location.span, text: edit.replacement.clone() })
        .collect();
    all.sort();
    all
}

/// Whether replacements overlap, or write to the same place.
fn conflict(a: &[Replacement], b: &[Replacement]) -> bool {
    let meet = |a: Span, b: Span| a == b || a.start < b.end && b.start < a.end;
    a.iter().any(|a| b.iter().any(|b| meet(a.span, b.span)))
}

/// The text after some replacements, if its trees differ from those before only at what they
/// replace, and nothing that they replace stands for more than one place.
pub(super) fn cleanly(text: &str, replacements: &[Replacement]) -> Option<String> {
    let after = apply(text, replacements)?;
    let (old, new) = (yaml_or_json(text), yaml_or_json(&after));
    let shape = |parsed: &Parsed| (parsed.documents.len(), parsed.unreadable.len(), parsed.empty);
    if shape(&old) != shape(&new) {
        return None;
    }
    let written = written(replacements);
    let documents = old.documents.iter().zip(&new.documents);
    let all: Vec<_> = documents.flat_map(|(old, new)| differences(&old.root, &new.root)).collect();
    // What is empty lies between its neighbours; of what is not, ends that meet share nothing.
    let meet = |a: Span, b: Span| {
        let slack = u32::from(a.start == a.end || b.start == b.end);
        a.start < b.end + slack && b.start < a.end + slack
    };
    let touches = |spans: &[Span], place: Span| spans.iter().any(|span| meet(*span, place));
    let replaced: Vec<_> = replacements.iter().map(|replacement| replacement.span).collect();
    let explained = all.iter().all(|difference| {
        difference.before.is_some_and(|place| touches(&replaced, place))
            || difference.after.is_some_and(|place| touches(&written, place))
    });
    let repeated = |places: Vec<Span>| {
        let mut sorted = places;
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    };
    let twice = repeated(all.iter().filter_map(|it| it.before).collect())
        || repeated(all.iter().filter_map(|it| it.after).collect());
    (explained && !twice && !all.is_empty()).then_some(after)
}

/// Where the replacements stand in the text after them.
fn written(replacements: &[Replacement]) -> Vec<Span> {
    let mut sorted: Vec<_> = replacements.iter().collect();
    sorted.sort_by_key(|replacement| replacement.span);
    let (mut removed, mut added) = (0, 0);
    let mut spans = Vec::new();
    for Replacement { span, text } in sorted {
        let start = span.start as usize + added - removed;
        spans.push(Span::new(start, start + text.len()));
        removed += (span.end - span.start) as usize;
        added += text.len();
    }
    spans
}
