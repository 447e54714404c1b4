//! SARIF 2.1.0, for code scanning.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", and GitHub's
//! documentation of what code scanning reads of it.

use std::collections::BTreeMap;

use seatrial_core::{
    Edit, Finding, Fix, Location, Related, ResourceId, Rule, Severity, Span, Step, Story, Undecided,
};
use serde_json::{Value, json};
use serde_sarif::sarif;

use crate::fingerprint::Fingerprints;
use crate::format::RenderError;
use crate::{Report, Suppressed, SuppressedBy};

/// The name of our fingerprints; a new way to make them gets a new number.
const FINGERPRINT: &str = "seatrial/v1";

/// Where the schema of the format is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes a report as SARIF.
pub(crate) fn render(report: &Report) -> Result<String, RenderError> {
    let rules = Rules::of(report);
    let mut fingerprints = Fingerprints::default();
    let mut results: Vec<sarif::Result> =
        report.findings.iter().map(|finding| result(finding, &rules, &mut fingerprints)).collect();
    results.extend(report.suppressed.iter().map(|item| {
        let mut result = result(&item.finding, &rules, &mut fingerprints);
        result.suppressions = Some(vec![suppression(item)]);
        result
    }));
    let driver = sarif::ToolComponent::builder()
        .name("seatrial")
        .version(report.tool_version.as_str())
        .semantic_version(report.tool_version.as_str())
        .rules(rules.descriptors)
        .build();
    let run = sarif::Run::builder()
        .tool(sarif::Tool::builder().driver(driver).build())
        .column_kind("unicodeCodePoints")
        .invocations(vec![invocation(report)])
        .results(results)
        .properties(properties([
            ("kubernetesVersion", json!(report.kubernetes_version)),
            ("bounds", json!(report.bounds)),
            ("summary", json!(report.summary())),
        ]))
        .build();
    let log =
        sarif::Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

/// The rules of a run, and the index of each.
struct Rules {
    descriptors: Vec<sarif::ReportingDescriptor>,
    index: BTreeMap<String, i64>,
}

impl Rules {
    /// The rules that the report describes, then those that its findings merely name.
    fn of(report: &Report) -> Self {
        let mut rules = Self { descriptors: Vec::new(), index: BTreeMap::new() };
        for info in &report.rules {
            rules.add(&info.id, || described(info));
        }
        let accepted = report.suppressed.iter().map(|suppressed| &suppressed.finding);
        for finding in report.findings.iter().chain(accepted) {
            let bare = || sarif::ReportingDescriptor::builder().id(&*finding.rule).build();
            rules.add(&finding.rule, bare);
        }
        rules
    }

    fn add(&mut self, id: &str, describe: impl FnOnce() -> sarif::ReportingDescriptor) {
        if !self.index.contains_key(id) {
            let next = i64::try_from(self.descriptors.len()).unwrap_or(-1);
            self.index.insert(id.to_owned(), next);
            self.descriptors.push(describe());
        }
    }
}

fn described(rule: &Rule) -> sarif::ReportingDescriptor {
    let help = sarif::MultiformatMessageString::builder()
        .text(&*rule.explanation)
        .markdown(&*rule.explanation)
        .build();
    let summary = sarif::MultiformatMessageString::builder().text(&*rule.summary).build();
    let configuration =
        sarif::ReportingConfiguration::builder().level(rule.severity.as_str()).build();
    let problem = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    };
    sarif::ReportingDescriptor::builder()
        .id(&*rule.id)
        .name(&*rule.id)
        .short_description(summary)
        .help(help)
        .default_configuration(configuration)
        .properties(properties([
            ("tags", json!([rule.part])),
            ("problem.severity", json!(problem)),
        ]))
        .build()
}

fn result(finding: &Finding, rules: &Rules, prints: &mut Fingerprints) -> sarif::Result {
    let mut result = sarif::Result::builder()
        .rule_id(&*finding.rule)
        .level(match finding.severity {
            Severity::Error => sarif::ResultLevel::Error,
            Severity::Warning => sarif::ResultLevel::Warning,
            Severity::Note => sarif::ResultLevel::Note,
        })
        .message(message(&words(finding)))
        .locations(vec![place(&finding.location, finding.resource.as_ref())])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), prints.in_file(finding))]))
        .build();
    result.rule_index = rules.index.get(&*finding.rule).copied();
    result.related_locations = non_empty((1..).zip(&finding.related).map(related).collect());
    let story = finding.story.as_ref().filter(|story| !story.steps.is_empty());
    result.code_flows = story.map(|story| vec![flow(story, &finding.location)]);
    result.fixes = finding.fix.as_ref().and_then(fix).map(|fix| vec![fix]);
    result.properties =
        finding.pointer.as_ref().map(|pointer| properties([("pointer", json!(pointer))]));
    result
}

/// Message, facts and fix: what a viewer shows that knows nothing of our own fields.
fn words(finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.facts().map(|fact| format!("note: {fact}")));
    lines.extend(finding.fix.iter().map(|fix| format!("help: {}", fix.description)));
    lines.join("\n")
}

fn message(text: &str) -> sarif::Message {
    sarif::Message::builder().text(text).build()
}

fn place(location: &Location, resource: Option<&ResourceId>) -> sarif::Location {
    let physical = sarif::PhysicalLocation::builder()
        .artifact_location(artifact(&location.path))
        .region(region(location))
        .build();
    let mut place = sarif::Location::builder().physical_location(physical).build();
    place.logical_locations = resource.map(|resource| {
        let logical = sarif::LogicalLocation::builder()
            .name(resource.name.as_str())
            .fully_qualified_name(format!("{} {resource}", resource.api_version))
            .kind("resource")
            .build();
        vec![logical]
    });
    place
}

fn artifact(path: &str) -> sarif::ArtifactLocation {
    sarif::ArtifactLocation::builder().uri(uri(path)).build()
}

/// The path as a URI reference: every byte but unreserved characters and `/` is encoded (RFC 3986).
fn uri(path: &str) -> String {
    let base = if path.starts_with('/') { "file://" } else { "" };
    let encoded = path.strip_prefix("./").unwrap_or(path).bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    base.to_owned() + &encoded.collect::<String>()
}

/// The place within its file. A whole file has its first line, which GitHub insists on.
fn region(location: &Location) -> sarif::Region {
    let region = sarif::Region::builder().start_line(i64::from(location.line));
    if location.span == Span::default() {
        return region.build();
    }
    region
        .start_column(i64::from(location.column))
        .end_line(i64::from(location.end_line))
        .end_column(i64::from(location.end_column))
        .build()
}

fn related((id, related): (i64, &Related)) -> sarif::Location {
    let mut written = place(&related.location, None);
    written.id = Some(id);
    written.message = Some(message(&related.message));
    written
}

/// A story, step by step, each at its line or else at that of the finding.
fn flow(story: &Story, of_finding: &Location) -> sarif::CodeFlow {
    let step = |(number, step): (i64, &Step)| {
        let mut at = place(step.location.as_ref().unwrap_or(of_finding), None);
        at.message = Some(message(&format!("{}: {}", step.who, step.what)));
        sarif::ThreadFlowLocation::builder().execution_order(number).location(at).build()
    };
    let steps: Vec<_> = (1..).zip(&story.steps).map(step).collect();
    let thread = sarif::ThreadFlow::builder().locations(steps).build();
    let flow = sarif::CodeFlow::builder().thread_flows(vec![thread]);
    match story.ending() {
        Some(end) => flow.message(message(&end)).build(),
        None => flow.build(),
    }
}

/// The edits of a fix; nothing where it has words only.
fn fix(fix: &Fix) -> Option<sarif::Fix> {
    let mut by_path: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_path.entry(&edit.location.path).or_default().push(edit);
    }
    let change = |(path, edits): (&str, Vec<&Edit>)| {
        sarif::ArtifactChange::builder()
            .artifact_location(artifact(path))
            .replacements(edits.into_iter().map(replacement).collect::<Vec<_>>())
            .build()
    };
    let changes = non_empty(by_path.into_iter().map(change).collect())?;
    Some(
        sarif::Fix::builder()
            .description(message(&fix.description))
            .artifact_changes(changes)
            .build(),
    )
}

fn replacement(edit: &Edit) -> sarif::Replacement {
    let content = sarif::ArtifactContent::builder().text(edit.replacement.as_str()).build();
    sarif::Replacement::builder()
        .deleted_region(region(&edit.location))
        .inserted_content(content)
        .build()
}

fn suppression(item: &Suppressed) -> sarif::Suppression {
    let kind = match item.suppressed_by {
        SuppressedBy::Comment | SuppressedBy::Annotation => "inSource",
        SuppressedBy::Configuration | SuppressedBy::Baseline => "external",
    };
    let mut suppression =
        sarif::Suppression::builder().kind(kind).justification(item.reason.as_str()).build();
    suppression.location = item.suppressed_at.as_ref().map(|location| place(location, None));
    suppression
}

fn invocation(report: &Report) -> sarif::Invocation {
    let mut invocation = sarif::Invocation::builder()
        .execution_successful(report.coverage.files.unreadable.is_empty())
        .build();
    let notifications = report.undecided.iter().map(notification).collect();
    invocation.tool_execution_notifications = non_empty(notifications);
    invocation
}

/// Something undecided: no result of the analysis, but a limit that it ran into.
fn notification(item: &Undecided) -> sarif::Notification {
    let rule = sarif::ReportingDescriptorReference::builder().id(&*item.rule).build();
    sarif::Notification::builder()
        .level("warning")
        .message(message(&format!("undecided: {}", item.reason)))
        .associated_rule(rule)
        .locations(vec![place(&item.location, item.resource.as_ref())])
        .build()
}

fn properties<const N: usize>(values: [(&str, Value); N]) -> sarif::PropertyBag {
    let values = values.map(|(name, value)| (name.to_owned(), value));
    sarif::PropertyBag::builder().additional_properties(BTreeMap::from(values)).build()
}

fn non_empty<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        for (path, expected) in [
            ("apps/web.yaml", "apps/web.yaml"),
            ("./a b.yaml", "a%20b.yaml"),
            ("/srv/a.yaml", "file:///srv/a.yaml"),
            ("c:d/größe#1?.yaml", "c%3Ad/gr%C3%B6%C3%9Fe%231%3F.yaml"),
            ("../100%.yaml", "../100%25.yaml"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
