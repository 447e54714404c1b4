//! Accepted findings: by a comment, by an annotation, by `seatrial.yaml`; always with a reason.
//!
//! ```yaml
//! # seatrial: ignore[single-replica] leader election comes with 2.0
//! replicas: 1
//! hostNetwork: true # seatrial: ignore[host-namespace] it is the CNI agent
//! ```
//!
//! A comment behind a value covers its line. A comment on a line of its own covers the entry or
//! list item that begins on the next line, with all that is in it; above the first line of an
//! object, the whole object. The annotation `ignore.seatrial.dev/RULE: reason` covers its object.
//!
//! In configurations of other systems a comment behind a value covers its line, too, and one on a
//! line of its own the next parameter; in Hadoop's XML it is `<!-- seatrial: ignore[RULE] reason -->`.
//! In configurations of web servers, one on a line of its own covers the next line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use seatrial_core::{Finding, Location, Severity, SourceFile, Span};
use seatrial_learn::systems::System;
use seatrial_manifests::{Manifest, Object};
use seatrial_parse::settings::{self, Setting, Settings};
use seatrial_parse::{Comment, Node, comments, nginx};
use seatrial_report::{Suppressed, SuppressedBy};
use seatrial_rules::{Part, Rule};

use crate::config::{Config, Override};

/// The prefix of annotations that accept a finding.
const ANNOTATION: &str = "ignore.seatrial.dev/";

/// How a comment that speaks to seatrial begins.
const COMMENT: &str = "seatrial:";

/// A suppression that accepts nothing.
pub(crate) static UNUSED: Rule = Rule::fixed(
    "unused-suppression",
    Part::Configuration,
    Severity::Warning,
    "a suppression that accepts no finding",
    "## What it checks\n\nEvery comment, annotation and override that accepts a finding \
         accepts one: the rule exists, it runs, and it would report something there.\n\n\
         ## Why it matters\n\nA suppression that outlives its finding hides the next one of its \
         kind without anybody having looked at it.\n\n\
         ## What to do\n\nRemove it, or correct the name of the rule.\n\n\
         ## Known limits\n\nA suppression of a rule that does not run (`--select`, `--ignore`) is \
         not reported.",
);

/// A suppression that is not understood.
pub(crate) static INVALID: Rule = Rule::fixed(
    "invalid-suppression",
    Part::Configuration,
    Severity::Error,
    "a suppression that is not understood, or gives no reason",
    "## What it checks\n\nComments that begin with `seatrial:` have the form \
         `seatrial: ignore[RULE, …] reason`, and annotations `ignore.seatrial.dev/RULE` have a \
         reason as their value. Without a reason, nothing is accepted.\n\n\
         ## Why it matters\n\nWho reviews the next change has to know why a finding was accepted, \
         and until when that holds.\n\n\
         ## What to do\n\nWrite the reason behind the closing bracket, or as the annotation's \
         value.",
);

/// One rule accepted at one place.
#[derive(Debug)]
pub(crate) struct Suppression {
    rule: String,
    reason: String,
    by: SuppressedBy,
    /// Where it is written.
    at: Location,
    /// The text that it covers.
    covers: Span,
}

/// Collects the suppressions of all files, and findings about those that are not understood.
pub(crate) fn collect(manifests: &[Manifest]) -> (Vec<Suppression>, Vec<Finding>) {
    let per_file: Vec<_> = manifests.par_iter().map(of_file).collect();
    let (mut suppressions, mut findings) = (Vec::new(), Vec::new());
    for (of_file, about_file) in per_file {
        suppressions.extend(of_file);
        findings.extend(about_file);
    }
    (suppressions, findings)
}

fn of_file(manifest: &Manifest) -> (Vec<Suppression>, Vec<Finding>) {
    let (mut suppressions, mut findings) = (Vec::new(), Vec::new());
    let file = &manifest.file;
    for object in &manifest.objects {
        of_annotations(object, &mut suppressions, &mut findings);
    }
    if file.text().contains(COMMENT) {
        let roots = || manifest.objects.iter().map(|object| &object.node);
        for comment in comments(file.text(), roots()) {
            let covers = || covered(file, comment, roots());
            of_comment(file, comment, covers, &mut suppressions, &mut findings);
        }
    }
    (suppressions, findings)
}

/// Collects the suppressions of configurations of other systems.
pub(crate) fn collect_settings(
    files: &[(Arc<SourceFile>, System)],
) -> (Vec<Suppression>, Vec<Finding>) {
    let (mut suppressions, mut findings) = (Vec::new(), Vec::new());
    for (file, system) in files.iter().filter(|(file, _)| file.text().contains(COMMENT)) {
        let dialect = system.dialect_of(file.text());
        let read = settings::read(file.text(), dialect);
        for comment in settings::comments(file.text(), dialect, &read) {
            let covers = || covered_setting(file, comment, &read);
            of_comment(file, comment, covers, &mut suppressions, &mut findings);
        }
    }
    (suppressions, findings)
}

/// Collects the suppressions of configurations of web servers, whose comments begin with `#`: one
/// behind a directive covers its line, one on a line of its own the next.
pub(crate) fn collect_web(files: &[Arc<SourceFile>]) -> (Vec<Suppression>, Vec<Finding>) {
    let (mut suppressions, mut findings) = (Vec::new(), Vec::new());
    for file in files.iter().filter(|file| file.text().contains(COMMENT)) {
        let tokens = nginx::tokens(file.text());
        for token in tokens.iter().filter(|it| it.kind == nginx::TokenKind::Comment) {
            let text = file.slice(token.span).trim_start_matches('#').trim();
            let line = line_of(file.text(), token.span.start as usize);
            let alone = file.slice(line).trim_start().starts_with('#');
            let comment = Comment { span: token.span, text, alone };
            let covers = || if alone { content_line(file, comment, &['#']) } else { line };
            of_comment(file, comment, covers, &mut suppressions, &mut findings);
        }
    }
    (suppressions, findings)
}

/// What a comment accepts, if it speaks to seatrial.
fn of_comment(
    file: &SourceFile,
    comment: Comment<'_>,
    covers: impl Fn() -> Span,
    suppressions: &mut Vec<Suppression>,
    findings: &mut Vec<Finding>,
) {
    let Some(directive) = comment.text.strip_prefix(COMMENT) else { return };
    match parse_directive(directive) {
        Ok((rules, reason)) => {
            let covers = covers();
            suppressions.extend(rules.into_iter().map(|rule| Suppression {
                rule: rule.to_owned(),
                reason: reason.to_owned(),
                by: SuppressedBy::Comment,
                at: file.location(comment.span),
                covers,
            }));
        }
        Err(message) => findings.push(invalid(file.location(comment.span), message)),
    }
}

/// The text that a comment of a configuration covers: its line, or the next parameter.
fn covered_setting(file: &SourceFile, comment: Comment<'_>, read: &Settings) -> Span {
    if !comment.alone {
        return line_of(file.text(), comment.span.start as usize);
    }
    let line = content_line(file, comment, &['#', ';', '!']);
    let ends_behind = |s: &&Setting| comment.span.end <= s.name_span.to(s.value_span).end;
    // An element of XML may begin lines before the name that it holds.
    let is_xml = file.slice(line).trim_start().starts_with('<');
    match read.settings.iter().find(ends_behind) {
        Some(next) if is_xml || next.name_span.start < line.end => {
            line.to(next.name_span.to(next.value_span))
        }
        _ => line,
    }
}

fn of_annotations(
    object: &Object,
    suppressions: &mut Vec<Suppression>,
    findings: &mut Vec<Finding>,
) {
    let annotations = object.node.at(&["metadata", "annotations"]).map_or(&[][..], Node::entries);
    for entry in annotations {
        let Some(rule) = entry.key.text.strip_prefix(ANNOTATION) else { continue };
        let at = object.location(entry.key.span);
        match entry.value.as_str().map(str::trim).filter(|reason| !reason.is_empty()) {
            Some(reason) => suppressions.push(Suppression {
                rule: rule.to_owned(),
                reason: reason.to_owned(),
                by: SuppressedBy::Annotation,
                at,
                covers: object.node.span,
            }),
            None => findings.push(invalid(at, "this suppression gives no reason".to_owned())),
        }
    }
}

/// Reads ` ignore[rule, rule] reason`.
fn parse_directive(text: &str) -> Result<(Vec<&str>, &str), String> {
    let form = || "expected `seatrial: ignore[RULE, …] reason`".to_owned();
    let list = text.trim_start().strip_prefix("ignore").map(str::trim_start).ok_or_else(form)?;
    let (rules, reason) =
        list.strip_prefix('[').and_then(|list| list.split_once(']')).ok_or_else(form)?;
    let rules: Vec<_> = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect();
    let reason = reason.trim_start_matches([':', ' ', '-', '–', '—']).trim();
    if rules.is_empty() {
        return Err("this suppression names no rule".to_owned());
    }
    if reason.is_empty() {
        return Err("this suppression gives no reason".to_owned());
    }
    Ok((rules, reason))
}

fn invalid(at: Location, message: String) -> Finding {
    Finding::new(INVALID.id.clone(), INVALID.severity, at, message)
        .help("write the reason behind the closing bracket: `seatrial: ignore[RULE] reason`")
}

/// The text that a comment covers; see the module's documentation.
fn covered<'a>(
    file: &SourceFile,
    comment: Comment<'_>,
    mut roots: impl Iterator<Item = &'a Node>,
) -> Span {
    let text = file.text();
    if !comment.alone {
        return line_of(text, comment.span.start as usize);
    }
    let line = content_line(file, comment, &['#']);
    let begins = |span: Span| line.start <= span.start && span.start < line.end;
    let around = |root: &&Node| root.span.start < line.end && line.start < root.span.end;
    match roots.find(around) {
        Some(root) if begins(root.span) => root.span,
        Some(root) => outermost(root, &begins, line.start).unwrap_or(line),
        None => line,
    }
}

/// The first line behind a comment that says something.
fn content_line(file: &SourceFile, comment: Comment<'_>, marks: &[char]) -> Span {
    let text = file.text();
    let mut line = line_of(text, comment.span.end as usize);
    while (line.end as usize) < text.len() {
        line = line_of(text, line.end as usize);
        let content = file.slice(line).trim();
        if !content.is_empty() && !content.starts_with(marks) && !content.starts_with("---") {
            break;
        }
    }
    line
}

/// The outermost entry or item below a node that begins as asked.
fn outermost(node: &Node, begins: &impl Fn(Span) -> bool, line_start: u32) -> Option<Span> {
    if node.span.end <= line_start {
        return None;
    }
    let of_items = |item: &Node| {
        if begins(item.span) { Some(item.span) } else { outermost(item, begins, line_start) }
    };
    node.items().iter().find_map(of_items).or_else(|| {
        node.entries().iter().find_map(|entry| {
            if begins(entry.key.span) {
                return Some(entry.key.span.to(entry.value.span));
            }
            outermost(&entry.value, begins, line_start)
        })
    })
}

/// The line around an offset, with its line break.
fn line_of(text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(offset..).unwrap_or_default();
    let end = rest.find('\n').map_or(text.len(), |at| offset + at + 1);
    Span::new(start, end)
}

/// What became of the findings.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Those that are reported, with the severities that the configuration gives them.
    pub(crate) findings: Vec<Finding>,
    /// Those that are accepted.
    pub(crate) suppressed: Vec<Suppressed>,
}

/// Sorts out accepted findings, and reports suppressions that accept none.
///
/// `runs` says whether a rule runs, and is `None` for a rule that does not exist.
pub(crate) fn apply(
    findings: Vec<Finding>,
    suppressions: &[Suppression],
    config: &Config,
    runs: impl Fn(&str) -> Option<bool>,
) -> Sorted {
    let mut ledger = Ledger::new(suppressions, config);
    let mut sorted = Sorted::default();
    for mut finding in findings {
        finding.severity = ledger.severity(&finding);
        match ledger.accept(&finding) {
            Some((suppressed_by, reason, at)) => sorted.suppressed.push(Suppressed {
                finding,
                suppressed_by,
                reason: reason.to_owned(),
                suppressed_at: Some(at.clone()),
            }),
            None => sorted.findings.push(finding),
        }
    }
    let unused = ledger.unused().filter_map(|(rule, at)| unused_finding(rule, at, runs(rule)));
    sorted.findings.extend(unused);
    sorted
}

/// What accepts findings, and which of it has accepted one.
struct Ledger<'a> {
    suppressions: &'a [Suppression],
    used: Vec<bool>,
    /// The suppressions of each file, by position.
    by_file: BTreeMap<&'a str, Vec<usize>>,
    config: &'a Config,
    /// The places of ignored rules of overrides that have accepted one.
    used_overrides: BTreeSet<&'a Location>,
}

impl<'a> Ledger<'a> {
    fn new(suppressions: &'a [Suppression], config: &'a Config) -> Self {
        let mut by_file: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, suppression) in suppressions.iter().enumerate() {
            by_file.entry(&*suppression.at.path).or_default().push(index);
        }
        let used = vec![false; suppressions.len()];
        Self { suppressions, used, by_file, config, used_overrides: BTreeSet::new() }
    }

    /// The overrides for a finding.
    fn overrides(&self, finding: &Finding) -> Vec<&'a Override> {
        self.config.overrides_of(&finding.location.path, finding.resource.as_ref())
    }

    /// The severity that the overrides give a finding; the last that names its rule counts.
    fn severity(&self, finding: &Finding) -> Severity {
        let overrides = self.overrides(finding).into_iter().rev();
        let mut named = overrides.filter_map(|rule| rule.severity.get(&*finding.rule));
        named.next().copied().unwrap_or(finding.severity)
    }

    /// What accepts a finding first: how, why, and where it is written. All that accept it are
    /// marked as used.
    fn accept(&mut self, finding: &Finding) -> Option<(SuppressedBy, &'a str, &'a Location)> {
        let mut accepted = None;
        let nearby = self.by_file.get(&*finding.location.path).map_or(&[][..], Vec::as_slice);
        for &index in nearby {
            if let Some(suppression) = self.suppressions.get(index)
                && suppression.accepts(finding)
                && let Some(used) = self.used.get_mut(index)
            {
                *used = true;
                let Suppression { by, reason, at, .. } = suppression;
                accepted.get_or_insert((*by, reason.as_str(), at));
            }
        }
        for rule in self.overrides(finding) {
            for (_, at) in rule.ignore.iter().filter(|(ignored, _)| *ignored == finding.rule) {
                self.used_overrides.insert(at);
                accepted.get_or_insert((SuppressedBy::Configuration, &rule.reason, at));
            }
        }
        accepted
    }

    /// The rules named by what has accepted nothing, with the places.
    fn unused(&self) -> impl Iterator<Item = (&'a str, &'a Location)> {
        let of_files = self.suppressions.iter().zip(&self.used).filter(|(_, used)| !**used);
        let of_files =
            of_files.map(|(suppression, _)| (suppression.rule.as_str(), &suppression.at));
        let of_overrides = self.config.overrides.iter().flat_map(|rule| &rule.ignore);
        let of_overrides = of_overrides.map(|(rule, at)| (rule.as_str(), at));
        of_files.chain(of_overrides.filter(|(_, at)| !self.used_overrides.contains(at)))
    }
}

fn unused_finding(rule: &str, at: &Location, runs: Option<bool>) -> Option<Finding> {
    let message = match runs {
        Some(false) => return None,
        Some(true) => format!("this suppression of `{rule}` accepts no finding"),
        None => format!("this suppression names `{rule}`, which is no rule"),
    };
    let finding = Finding::new(UNUSED.id.clone(), UNUSED.severity, at.clone(), message);
    Some(finding.help("remove it, or correct the name of the rule"))
}

impl Suppression {
    fn accepts(&self, finding: &Finding) -> bool {
        let start = finding.location.span.start;
        self.rule == finding.rule
            && self.at.path == finding.location.path
            && self.covers.start <= start
            && start < self.covers.end
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const TEXT: &str = "\
# seatrial: ignore[whole] the team knows
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    ignore.seatrial.dev/annotated: accepted until 2.0
    ignore.seatrial.dev/blank: ''
spec:
  # seatrial: ignore[entry] one is enough
  replicas: 1
  paused: true # seatrial: ignore[line, other] for now
  template:
    spec:
      containers:
      # seatrial: ignore[item] legacy
      - name: a
        image: b
      - name: c # seatrial: ignore[x]
";

    fn manifest() -> Manifest {
        seatrial_manifests::read(Arc::new(SourceFile::new("a.yaml", TEXT)))
    }

    fn finding(rule: &'static str, text: &str) -> Finding {
        let file = manifest().file;
        let start = TEXT.find(text).unwrap();
        let at = file.location(Span::new(start, start + text.len()));
        Finding::new(rule, Severity::Error, at, "message")
    }

    #[test]
    fn comments_and_annotations_cover_what_they_stand_at() {
        let manifests = [manifest()];
        let (suppressions, invalid) = collect(&manifests);
        assert_eq!(invalid.len(), 2, "{invalid:?}");
        let accepted = |rule, text| {
            let sorted =
                apply(vec![finding(rule, text)], &suppressions, &Config::default(), |_| {
                    Some(false)
                });
            assert_eq!(sorted.findings.len() + sorted.suppressed.len(), 1);
            sorted.suppressed.first().map(|s| s.suppressed_by)
        };
        let comment = Some(SuppressedBy::Comment);
        assert_eq!(accepted("whole", "image: b"), comment);
        assert_eq!(accepted("annotated", "image: b"), Some(SuppressedBy::Annotation));
        assert_eq!(accepted("blank", "image: b"), None);
        assert_eq!(accepted("entry", "replicas: 1"), comment);
        assert_eq!(accepted("entry", "paused"), None);
        assert_eq!(accepted("line", "true"), comment);
        assert_eq!(accepted("other", "paused"), comment);
        assert_eq!(accepted("line", "replicas"), None);
        assert_eq!(accepted("item", "image: b"), comment);
        assert_eq!(accepted("item", "name: c"), None);
        assert_eq!(accepted("x", "name: c"), None);
    }

    #[test]
    fn a_suppression_that_accepts_nothing_is_reported_unless_its_rule_does_not_run() {
        let (suppressions, _) = collect(&[manifest()]);
        let runs = |rule: &str| match rule {
            "whole" => Some(true),
            "entry" => None,
            _ => Some(false),
        };
        let sorted = apply(Vec::new(), &suppressions, &Config::default(), runs);
        let messages: Vec<_> = sorted.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "this suppression of `whole` accepts no finding",
                "this suppression names `entry`, which is no rule",
            ]
        );
    }

    #[test]
    fn directives_are_read_strictly() {
        assert_eq!(parse_directive(" ignore[a, b]: why"), Ok((vec!["a", "b"], "why")));
        assert_eq!(parse_directive("ignore [a] — why not"), Ok((vec!["a"], "why not")));
        for wrong in ["", "ignore", "ignore[a]", "ignore[] why", "disable[a] why", "ignore[a why"] {
            assert!(parse_directive(wrong).is_err(), "{wrong}");
        }
    }
}
