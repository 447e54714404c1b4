//! JUnit XML, as Jenkins and GitLab read it.
//!
//! A test suite is a file, a test case an object in it; `file` is the test case of what concerns
//! no object. A test case *fails* by findings at or above `--fail-on`, so that a red test and a
//! failed run are the same thing; milder findings are its output. It has an *error* where something
//! could not be decided, because such a test has neither passed nor failed.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use seatrial_core::{Finding, Location, ResourceId, Undecided};

use crate::format::RenderError;
use crate::text::{clean, count};
use crate::{CheckedObject, Report};

/// The test case of what concerns no object.
const WHOLE_FILE: &str = "file";

/// What is said of one object, or of a file as a whole.
#[derive(Default)]
struct Case<'a> {
    findings: Vec<&'a Finding>,
    undecided: Vec<&'a Undecided>,
}

/// A file: its objects in order, each with what is said of it, and what is said of no object.
#[derive(Default)]
struct Suite<'a> {
    objects: Vec<(&'a CheckedObject, Case<'a>)>,
    /// Where in `objects` an identity stands.
    places: BTreeMap<&'a ResourceId, Vec<usize>>,
    whole: Case<'a>,
}

impl<'a> Suite<'a> {
    fn add(&mut self, object: &'a CheckedObject) {
        self.places.entry(&object.resource).or_default().push(self.objects.len());
        self.objects.push((object, Case::default()));
    }

    /// The case of an object at a place: of objects that say they are the same, the nearest above.
    fn case(&mut self, resource: Option<&ResourceId>, location: &Location) -> &mut Case<'a> {
        let same = resource.and_then(|id| self.places.get(id)).map_or(&[][..], Vec::as_slice);
        let above = |at: &&usize| {
            let object = self.objects.get(**at);
            object.is_some_and(|(object, _)| object.location.span.start <= location.span.start)
        };
        let at = same.iter().rfind(above).or(same.first()).copied();
        match at.and_then(|at| self.objects.get_mut(at)) {
            Some((_, case)) => case,
            None => &mut self.whole,
        }
    }
}

/// Writes a report as JUnit XML.
pub(crate) fn render(report: &Report) -> Result<String, RenderError> {
    let mut document = quick_junit::Report::new(format!("seatrial {}", report.command));
    for (path, suite) in suites(report) {
        document.add_test_suite(test_suite(path, &suite, report));
    }
    let skipped = format!(" skipped=\"{}\"", document.skipped);
    // The schema of Jenkins has no such attribute at the root; the first one in the text is there.
    Ok(document.to_string()?.replacen(&skipped, "", 1))
}

fn suites(report: &Report) -> BTreeMap<&str, Suite<'_>> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for object in &report.objects {
        suites.entry(&*object.location.path).or_default().add(object);
    }
    for finding in &report.findings {
        let suite = suites.entry(&finding.location.path).or_default();
        suite.case(finding.resource.as_ref(), &finding.location).findings.push(finding);
    }
    for item in &report.undecided {
        let suite = suites.entry(&item.location.path).or_default();
        suite.case(item.resource.as_ref(), &item.location).undecided.push(item);
    }
    suites
}

fn test_suite(path: &str, suite: &Suite<'_>, report: &Report) -> TestSuite {
    let mut written = TestSuite::new(&*clean(path));
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (object, case) in &suite.objects {
        let name = object.resource.to_string();
        let number = names.entry(name.clone()).or_default();
        *number += 1;
        let name = if *number > 1 { format!("{name} (number {number})") } else { name };
        written.add_test_case(test_case(path, &name, case, report));
    }
    if !suite.whole.findings.is_empty() || !suite.whole.undecided.is_empty() {
        written.add_test_case(test_case(path, WHOLE_FILE, &suite.whole, report));
    }
    written
}

fn test_case(path: &str, name: &str, case: &Case<'_>, report: &Report) -> TestCase {
    let (failing, mild): (Vec<&Finding>, Vec<&Finding>) =
        case.findings.iter().partition(|finding| report.fails(finding));
    let mut lines: Vec<String> = failing.iter().flat_map(|finding| described(finding)).collect();
    lines.extend(case.undecided.iter().map(|item| {
        let line = format!("{}: undecided[{}] {}", place(&item.location), item.rule, item.reason);
        clean(&line).into_owned()
    }));
    let status = match (failing.first(), case.undecided.first()) {
        (Some(first), _) => {
            Some((NonSuccessKind::Failure, &first.rule, &first.message, failing.len()))
        }
        (None, Some(first)) => {
            Some((NonSuccessKind::Error, &first.rule, &first.reason, case.undecided.len()))
        }
        (None, None) => None,
    };
    let status = status.map_or_else(TestCaseStatus::success, |(kind, rule, message, number)| {
        let mut status = TestCaseStatus::non_success(kind);
        let more = match number - 1 {
            0 => String::new(),
            more => format!(" (and {})", count(more, "more", "more")),
        };
        status.set_type(&*clean(rule)).set_message(&*clean(&format!("{message}{more}")));
        status.set_description(lines.join("\n"));
        status
    });
    let mut written = TestCase::new(&*clean(name), status);
    written.set_classname(&*clean(path));
    if !mild.is_empty() {
        let lines: Vec<String> = mild.iter().flat_map(|finding| described(finding)).collect();
        written.set_system_out(lines.join("\n"));
    }
    written
}

/// A finding in the `concise` form, with its facts and its fix below. XML cannot hold control
/// characters.
fn described(finding: &Finding) -> Vec<String> {
    let Finding { rule, severity, message, .. } = finding;
    let mut lines = vec![format!("{}: {severity}[{rule}] {message}", place(&finding.location))];
    lines.extend(finding.facts().map(|fact| format!("  note: {fact}")));
    lines.extend(finding.fix.iter().map(|fix| format!("  help: {}", fix.description)));
    lines.iter().map(|line| clean(line).into_owned()).collect()
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", location.path, location.line, location.column)
}
