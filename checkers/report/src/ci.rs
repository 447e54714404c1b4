//! Reports for two CI services: annotations of GitHub Actions, and GitLab Code Quality.

use seatrial_core::{Finding, Location, Severity, Undecided};
use serde::Serialize;

use crate::fingerprint::Fingerprints;
use crate::format::RenderError;
use crate::text::{clean, sentence};
use crate::{Report, Style};

/// Writes a workflow command for each finding and undecided item, and the summary as a line of the
/// log. GitHub shows the first ten errors, warnings and notices of a step beside the changed lines.
///
/// Source: GitHub's documentation of workflow commands for GitHub Actions.
pub(crate) fn github(report: &Report) -> String {
    let mut lines: Vec<String> = report.findings.iter().map(annotation).collect();
    lines.extend(report.undecided.iter().map(undecided_annotation));
    lines.push(sentence(&report.summary(), Style::PLAIN));
    lines.join("\n") + "\n"
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    workflow_command(command, &finding.location, &finding.rule, &description(finding))
}

fn undecided_annotation(item: &Undecided) -> String {
    let of = item.resource.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
    let title = format!("undecided: {}", item.rule);
    let message = format!("{}{}", clean(&of), clean(&item.reason));
    workflow_command("warning", &item.location, &title, &message)
}

fn workflow_command(command: &str, location: &Location, title: &str, message: &str) -> String {
    let Location { path, line, column, end_line, end_column, .. } = location;
    let mut properties = vec![format!("title={}", escape_property(title))];
    if &**path != "-" {
        properties.push(format!("file={},line={line}", escape_property(in_repository(path))));
        // Columns may be given only for a place on one line.
        if line == end_line {
            properties.push(format!("col={column},endLine={end_line},endColumn={end_column}"));
        } else {
            properties.push(format!("endLine={end_line}"));
        }
    }
    format!("::{command} {}::{}", properties.join(","), escape_data(message))
}

/// Message, object, facts and fix, one a line.
fn description(finding: &Finding) -> String {
    let mut lines = vec![clean(&finding.message).into_owned()];
    lines.extend(finding.resource.iter().map(|id| clean(&format!("in: {id}")).into_owned()));
    lines.extend(finding.facts().map(|fact| clean(&fact).into_owned()));
    lines.extend(finding.fix.iter().map(|fix| format!("help: {}", clean(&fix.description))));
    lines.join("\n")
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(&clean(text)).replace(':', "%3A").replace(',', "%2C")
}

/// An issue of a Code Quality report.
///
/// Source: GitLab's documentation of Code Quality, "Code Quality report format".
#[derive(Debug, Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation<'a>,
}

#[derive(Debug, Serialize)]
struct IssueLocation<'a> {
    path: &'a str,
    lines: IssueLines,
}

#[derive(Debug, Serialize)]
struct IssueLines {
    begin: u32,
    end: u32,
}

/// Writes a Code Quality report; what is undecided is listed as an issue of its own.
pub(crate) fn gitlab(report: &Report) -> Result<String, RenderError> {
    let mut fingerprints = Fingerprints::default();
    let mut issues = Vec::new();
    for finding in &report.findings {
        issues.push(Issue {
            description: one_line(finding),
            check_name: &finding.rule,
            fingerprint: fingerprints.in_report(finding),
            severity: match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Note => "info",
            },
            location: issue_location(&finding.location),
        });
    }
    for item in &report.undecided {
        issues.push(Issue {
            description: format!("undecided: {}", item.reason),
            check_name: &item.rule,
            fingerprint: fingerprints.of_undecided(item),
            severity: "minor",
            location: issue_location(&item.location),
        });
    }
    Ok(serde_json::to_string_pretty(&issues)? + "\n")
}

fn one_line(finding: &Finding) -> String {
    match &finding.resource {
        Some(resource) => format!("{} (in {resource})", finding.message),
        None => finding.message.clone(),
    }
}

fn issue_location(location: &Location) -> IssueLocation<'_> {
    let lines = IssueLines { begin: location.line, end: location.end_line };
    IssueLocation { path: in_repository(&location.path), lines }
}

/// The path as both services compare it with those of changed files.
fn in_repository(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, end_line: u32) -> Location {
        let start = Location::start_of(path.into());
        Location { end_line, end_column: 5, ..start }
    }

    #[test]
    fn properties_and_data_are_escaped() {
        let command = workflow_command("error", &at("a,b:c%.yaml", 1), "x:y", "50%\r\nmore: a, b");
        assert_eq!(
            command,
            "::error title=x%3Ay,file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=1,endColumn=5\
             ::50%25%0D%0Amore: a, b"
        );
    }

    #[test]
    fn columns_are_left_out_over_several_lines_and_the_file_for_standard_input() {
        let over_lines = workflow_command("notice", &at("a.yaml", 3), "x", "m");
        assert_eq!(over_lines, "::notice title=x,file=a.yaml,line=1,endLine=3::m");
        let here = workflow_command("notice", &at("./a.yaml", 3), "x", "m");
        assert_eq!(here, over_lines);
        assert_eq!(workflow_command("notice", &at("-", 1), "x", "m"), "::notice title=x::m");
    }
}
