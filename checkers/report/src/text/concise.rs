//! One line a finding.

use seatrial_core::{Finding, Location, Severity, Undecided};

use super::{Paint, clean, summary};
use crate::{Report, Style, render_statistics};

/// Writes `path:line:column: severity[rule] message` for each finding, the same for what is
/// undecided, and the summary in one line.
pub(crate) fn concise(report: &Report, style: Style) -> String {
    let paint = Paint::new(style);
    let mut lines: Vec<String> = report.findings.iter().map(|f| finding(f, paint)).collect();
    lines.extend(report.undecided.iter().map(|u| undecided(u, paint)));
    if report.with_statistics {
        let table = render_statistics(&report.statistics(), style);
        lines.extend(table.lines().map(str::to_owned));
    }
    lines.push(summary::sentence(&report.summary(), style));
    lines.join("\n") + "\n"
}

fn finding(finding: &Finding, paint: Paint) -> String {
    let head = tag(finding.severity, finding.severity.as_str(), &finding.rule, paint);
    format!("{}: {head} {}", place(&finding.location, paint), clean(&finding.message))
}

fn undecided(item: &Undecided, paint: Paint) -> String {
    let head = tag(Severity::Warning, "undecided", &item.rule, paint);
    let of = item.resource.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
    format!("{}: {head} {}{}", place(&item.location, paint), clean(&of), clean(&item.reason))
}

fn tag(severity: Severity, word: &str, rule: &str, paint: Paint) -> String {
    paint.severity(severity, &format!("{word}[{}]", clean(rule)))
}

fn place(location: &Location, paint: Paint) -> String {
    let path = paint.bold(&clean(&location.path));
    format!("{path}:{}:{}", location.line, location.column)
}
