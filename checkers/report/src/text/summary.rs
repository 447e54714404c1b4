//! The summary of a run in words.

use seatrial_core::Severity;

use super::{Paint, clean};
use crate::{KindCount, Report, Style, Summary};

/// How many names a list shows before it says how many more there are.
const MAX_NAMES: usize = 8;

/// `1 error`, `2 errors`: a number with its noun.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub fn enumerate(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The whole summary in one line.
pub fn sentence(summary: &Summary<'_>, style: Style) -> String {
    let mut remarks: Vec<String> = summary
        .files
        .unchecked()
        .into_iter()
        .filter(|(_, _, names)| !names.is_empty())
        .map(|(one, many, names)| count(names.len(), one, many))
        .collect();
    if !summary.objects.without_schema.is_empty() {
        remarks.push(without_schema(&summary.objects.without_schema));
    }
    remarks.extend(aside(summary, Paint::new(style)));
    let remarks =
        if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
    format!("{}{remarks}", headline(summary, "", style))
}

/// The summary as a paragraph: the headline, and below it what was not looked at, by name.
pub(super) fn paragraph(report: &Report, style: Style) -> String {
    let summary = report.summary();
    let paint = Paint::new(style);
    let version = format!(", for Kubernetes {}", clean(&report.kubernetes_version));
    let mut lines = vec![headline(&summary, &version, style)];
    for (one, many, names) in summary.files.unchecked() {
        if !names.is_empty() {
            lines.push(format!("  {}: {}", count(names.len(), one, many), some_of(names)));
        }
    }
    if !summary.objects.without_schema.is_empty() {
        lines.push(format!("  {}", without_schema(&summary.objects.without_schema)));
    }
    lines.extend(aside(&summary, paint).into_iter().map(|line| format!("  {line}")));
    lines.join("\n") + "\n"
}

/// How much was found, in how much, and by which standard.
fn headline(summary: &Summary<'_>, standard: &str, style: Style) -> String {
    let files = summary.files;
    if files.total == 0 {
        return "no manifest found: nothing was checked".to_owned();
    }
    let total = summary.objects.total;
    if total == 0 && summary.findings.total() == 0 {
        if files.checked > 0 {
            let checked = count(files.checked, "configuration", "configurations");
            return format!("nothing found in {checked} of other systems");
        }
        let files = count(files.total, "file", "files");
        return format!("no Kubernetes object in {files}: nothing was checked");
    }
    format!(
        "{} in {} of {}{standard}",
        findings(summary, Paint::new(style)),
        count(total, "object", "objects"),
        count(files.checked, "file", "files")
    )
}

fn findings(summary: &Summary<'_>, paint: Paint) -> String {
    let found = summary.findings;
    let counts = [
        (Severity::Error, found.error, "errors"),
        (Severity::Warning, found.warning, "warnings"),
        (Severity::Note, found.note, "notes"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|&(_, number, _)| number > 0)
        .map(|(severity, number, many)| {
            paint.severity(severity, &count(number, severity.as_str(), many))
        })
        .collect();
    match (parts.is_empty(), summary.undecided) {
        (false, _) => enumerate(&parts),
        (true, 0) => paint.good("no findings"),
        // Not green: undecided is never shown as safe.
        (true, _) => "no findings".to_owned(),
    }
}

/// What was found and does not count, and what remains unknown.
fn aside(summary: &Summary<'_>, paint: Paint) -> Vec<String> {
    let mut remarks = Vec::new();
    if summary.suppressed > 0 {
        remarks.push(count(summary.suppressed, "suppressed finding", "suppressed findings"));
    }
    if summary.undecided > 0 {
        remarks.push(paint.undecided(&format!("{} undecided", summary.undecided)));
    }
    remarks
}

/// `4 objects of 2 kinds without a schema: a/v1 X (3), b/v1 Y (1)`.
fn without_schema(kinds: &[KindCount]) -> String {
    let objects = kinds.iter().map(|kind| kind.count).sum();
    let names: Vec<String> = kinds
        .iter()
        .map(|kind| format!("{} {} ({})", kind.api_version, kind.kind, kind.count))
        .collect();
    format!(
        "{} of {} without a schema: {}",
        count(objects, "object", "objects"),
        count(kinds.len(), "kind", "kinds"),
        some_of(&names)
    )
}

/// The first few names, and how many more there are.
fn some_of(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(MAX_NAMES).map(|name| clean(name)).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_as_english() {
        assert_eq!(count(0, "error", "errors"), "0 errors");
        assert_eq!(count(1, "error", "errors"), "1 error");
        let items = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(enumerate(&items(0)), "");
        assert_eq!(enumerate(&items(1)), "0");
        assert_eq!(enumerate(&items(2)), "0 and 1");
        assert_eq!(enumerate(&items(3)), "0, 1 and 2");
        assert_eq!(some_of(&items(8)), "0, 1, 2, 3, 4, 5, 6, 7");
        assert_eq!(some_of(&items(10)), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
    }
}
