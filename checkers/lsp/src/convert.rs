//! Findings as an editor shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location as Place,
    NumberOrString, Range, TextEdit, Uri,
};
use seatrial_core::{Finding, Fix, Location, Related, Safety, Severity, SourceFile, Undecided};
use seatrial_gate::Checked;

use crate::text::Lines;
use crate::uri::uri_of;

/// Who says it.
const SOURCE: &str = "seatrial";

/// One thing that is shown in a document.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What is shown.
    pub(crate) diagnostic: Diagnostic,
    /// The id of the rule that says it.
    pub(crate) rule: String,
    /// How it can be mended.
    pub(crate) offer: Option<Offer>,
}

/// A fix that can be carried out.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// What it does, in words.
    pub(crate) title: String,
    /// Whether it may be made without a look at it.
    pub(crate) safe: bool,
    /// The edits, all in the document.
    pub(crate) edits: Vec<TextEdit>,
}

/// Why a document is not checked, as an item at its start: silence would look like a clean file.
pub(crate) fn trouble(message: &str) -> Item {
    let message = format!("nothing is checked: {message}");
    Item {
        diagnostic: diagnostic(Range::default(), DiagnosticSeverity::ERROR, None, message),
        rule: String::new(),
        offer: None,
    }
}

/// Makes items of what a check came to.
pub(crate) struct Converter<'c> {
    checked: &'c Checked,
    /// The addresses of open documents, as the client writes them.
    open: &'c BTreeMap<PathBuf, Uri>,
    lines: BTreeMap<Arc<str>, Lines<'c>>,
}

impl<'c> Converter<'c> {
    pub(crate) fn new(checked: &'c Checked, open: &'c BTreeMap<PathBuf, Uri>) -> Self {
        Self { checked, open, lines: BTreeMap::new() }
    }

    /// The items of a document, in the order of places.
    pub(crate) fn items(&mut self, document: &Path) -> Vec<Item> {
        let here = |location: &Location| absolute(&location.path) == document;
        let report = &self.checked.report;
        let findings = report.findings.iter().filter(|finding| here(&finding.location));
        let mut items: Vec<_> = findings.map(|finding| self.finding(finding)).collect();
        let undecided = report.undecided.iter().filter(|undecided| here(&undecided.location));
        items.extend(undecided.map(|undecided| self.undecided(undecided)));
        items.sort_by_key(|item| item.diagnostic.range.start);
        items
    }

    fn finding(&mut self, finding: &Finding) -> Item {
        let severity = match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        };
        let mut message = message(finding);
        let mut related = Vec::new();
        for Related { location, message: what } in &finding.related {
            match self.place(location) {
                Some(location) => {
                    related.push(DiagnosticRelatedInformation { location, message: what.clone() });
                }
                None => {
                    let Location { path, line, .. } = location;
                    let _ = write!(message, "\n{path}:{line}: {what}");
                }
            }
        }
        let range = self.range(&finding.location);
        let mut diagnostic = diagnostic(range, severity, Some(&finding.rule), message);
        diagnostic.related_information = Some(related).filter(|related| !related.is_empty());
        let offer = finding.fix.as_ref().and_then(|fix| self.offer(fix, &finding.location));
        Item { diagnostic, rule: finding.rule.to_string(), offer }
    }

    fn undecided(&mut self, undecided: &Undecided) -> Item {
        let message = format!("undecided: {}", undecided.reason);
        let range = self.range(&undecided.location);
        let severity = DiagnosticSeverity::INFORMATION;
        Item {
            diagnostic: diagnostic(range, severity, Some(&undecided.rule), message),
            rule: undecided.rule.to_string(),
            offer: None,
        }
    }

    /// A fix as edits of the file that the finding lies in; none if only words say what to do.
    fn offer(&mut self, fix: &Fix, at: &Location) -> Option<Offer> {
        let is_here = fix.edits.iter().all(|edit| edit.location.path == at.path);
        if fix.edits.is_empty() || !is_here {
            return None;
        }
        let edits = fix.edits.iter().map(|edit| TextEdit {
            range: self.range(&edit.location),
            new_text: edit.replacement.clone(),
        });
        let edits = edits.collect();
        let safe = fix.safety == Safety::Safe;
        let caution = if safe { "" } else { " (unsafe: the cluster will do something else)" };
        Some(Offer { title: format!("{}{caution}", fix.description), safe, edits })
    }

    /// A place in a file that can be opened.
    fn place(&mut self, location: &Location) -> Option<Place> {
        let path = Path::new(&*location.path);
        let uri = self.open.get(path).cloned().or_else(|| uri_of(path))?;
        Some(Place { uri, range: self.range(location) })
    }

    /// A place as the protocol counts; by columns of characters where the text is not at hand.
    fn range(&mut self, location: &Location) -> Range {
        let Some(file) = self.checked.sources.get(&location.path) else {
            let from = |line: u32, column: u32| {
                lsp_types::Position::new(line.saturating_sub(1), column.saturating_sub(1))
            };
            let end = from(location.end_line, location.end_column);
            return Range::new(from(location.line, location.column), end);
        };
        let text = SourceFile::text(file);
        let lines =
            self.lines.entry(Arc::clone(&location.path)).or_insert_with(|| Lines::new(text));
        lines.range(location.span)
    }
}

/// A path as the documents have it; those of settings may count from the current folder.
pub(crate) fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path))
}

fn diagnostic(
    range: Range,
    severity: DiagnosticSeverity,
    rule: Option<&str>,
    message: String,
) -> Diagnostic {
    Diagnostic {
        range,
        severity: Some(severity),
        code: rule.map(|rule| NumberOrString::String(rule.to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        ..Diagnostic::default()
    }
}

/// What is wrong, the facts that show it, and what to do.
fn message(finding: &Finding) -> String {
    let label = finding.label.iter().map(|label| format!("\n{label}"));
    let facts = finding.facts().map(|fact| format!("\n{fact}"));
    let help = finding.fix.iter().map(|fix| format!("\nhelp: {}", fix.description));
    let more: String = label.chain(facts).chain(help).collect();
    finding.message.clone() + &more
}
