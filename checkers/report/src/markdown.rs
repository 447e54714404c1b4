//! The summary of a CI job: GitHub's Markdown, as `$GITHUB_STEP_SUMMARY` takes it.
//!
//! GitHub refuses a summary of more than 1 MiB ("Adding a job summary" in its documentation of
//! workflow commands), so each part has a share of that and says how much it leaves out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_core::{Finding, Location, Undecided};

use crate::explain::code_span;
use crate::text::{clean, count, is_whole_file, questions, sentence};
use crate::{Report, Style};

/// Shares of 1 MiB, in bytes.
const UNDECIDED_BYTES: usize = 100 << 10;
const TABLE_BYTES: usize = 400 << 10;
const DETAILS_BYTES: usize = 400 << 10;
/// A longer text is cut off.
const MAX_CHARACTERS: usize = 2000;
/// So many places of an undecided question are named.
const PLACES: usize = 5;

/// Writes counts, what is undecided by name, a table of the findings, and their details folded.
pub(crate) fn markdown(report: &Report) -> String {
    let summary = report.summary();
    let mut out = format!("## seatrial {}\n\n", literal(&report.command));
    let _ = writeln!(out, "**{}**\n", literal(&sentence(&summary, Style::PLAIN)));
    out += &undecided(&report.undecided);
    if !report.findings.is_empty() {
        out += &counts(report);
        out += &table(report);
        out += &details(&report.findings);
    }
    let _ = writeln!(
        out,
        "<sub>seatrial {}, for Kubernetes {}; findings fail the run from severity {} on{}</sub>",
        literal(&report.tool_version),
        literal(&report.kubernetes_version),
        report.fail_on,
        bounds(report)
    );
    out
}

fn bounds(report: &Report) -> String {
    let bounds = report.bounds.iter();
    bounds.map(|bound| format!("; {}: {}", literal(&bound.name), literal(&bound.value))).collect()
}

/// What has no answer, question by question. Never left out, however long the list.
fn undecided(items: &[Undecided]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let number = count(items.len(), "question has", "questions have");
    let mut out =
        format!("### Undecided\n\n{number} no answer. That is not the same as a clean one.\n\n");
    let questions = questions(items);
    let number = questions.len();
    let lines = questions.into_iter().map(|((rule, reason), items)| {
        let places: Vec<String> =
            items.iter().take(PLACES).map(|item| code(&place(&item.location))).collect();
        let more = items.len().saturating_sub(PLACES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("* {}: {} ({}{more})\n", code(rule), prose(reason), places.join(", "))
    });
    out += &bounded(lines, number, UNDECIDED_BYTES, "questions");
    out + "\n"
}

/// How many findings each rule has.
fn counts(report: &Report) -> String {
    let mut rules: BTreeMap<(std::cmp::Reverse<_>, &str), usize> = BTreeMap::new();
    for finding in &report.findings {
        *rules.entry((std::cmp::Reverse(finding.severity), &*finding.rule)).or_default() += 1;
    }
    let mut out = "| Severity | Rule | Findings |\n| --- | --- | ---: |\n".to_owned();
    let number = rules.len();
    let lines = rules.into_iter().map(|((severity, rule), number)| {
        format!("| {} | {} | {number} |\n", severity.0, code(rule))
    });
    out += &bounded(lines, number, UNDECIDED_BYTES, "rules");
    out + "\n"
}

/// The findings, the worst first.
fn table(report: &Report) -> String {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut out =
        "### Findings\n\n| | Where | Finding | Rule |\n| --- | --- | --- | --- |\n".to_owned();
    let lines = findings.iter().map(|finding| {
        format!(
            "| {} | {} | {} | {} |\n",
            finding.severity,
            code(&place(&finding.location)),
            prose(&finding.message),
            code(&finding.rule)
        )
    });
    out += &bounded(lines, findings.len(), TABLE_BYTES, "findings");
    out + "\n"
}

/// What stands behind each finding, folded.
fn details(findings: &[Finding]) -> String {
    let told = |finding: &&Finding| {
        finding.fix.is_some() || finding.resource.is_some() || !finding.evidence.is_empty()
    };
    let findings: Vec<&Finding> = findings.iter().filter(told).collect();
    if findings.is_empty() {
        return String::new();
    }
    let mut out = "<details><summary>Details</summary>\n\n".to_owned();
    let lines = findings.iter().map(|finding| {
        let mut item =
            format!("* {}: {}\n", code(&place(&finding.location)), prose(&finding.message));
        if let Some(resource) = &finding.resource {
            let _ = writeln!(item, "  * in {}", code(&resource.to_string()));
        }
        for fact in finding.facts() {
            let _ = writeln!(item, "  * {}", prose(&fact));
        }
        if let Some(fix) = &finding.fix {
            let _ = writeln!(item, "  * help: {}", prose(&fix.description));
        }
        item
    });
    out += &bounded(lines, findings.len(), DETAILS_BYTES, "findings");
    out + "\n</details>\n\n"
}

/// As many of the lines as fit, and how many there are beside.
fn bounded(lines: impl Iterator<Item = String>, number: usize, bytes: usize, what: &str) -> String {
    let mut out = String::new();
    for (written, line) in lines.enumerate() {
        if out.len() + line.len() > bytes {
            let _ =
                writeln!(out, "\n… and {} more {what}: too many for a summary.", number - written);
            break;
        }
        out += &line;
    }
    out
}

fn place(location: &Location) -> String {
    if is_whole_file(location) {
        return location.path.to_string();
    }
    format!("{}:{}", location.path, location.line)
}

/// A sentence; what stands in backticks is code.
fn prose(text: &str) -> String {
    let text = shortened(text);
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some((before, inner, after)) = code_span(rest) {
        out += &literal(before);
        out += &code(inner);
        rest = after;
    }
    out + &literal(rest)
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", literal(&shortened(text)))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// Text of one line that Markdown takes as it is: what could be markup is written as an entity,
/// which is never markup (`CommonMark`, "Entity and numeric character references").
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if c.is_ascii_punctuation() && !",.;:/-()'\"=%?".contains(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use seatrial_core::Severity;

    use super::*;

    #[test]
    fn text_is_no_markup() {
        for (text, expected) in [
            ("a `b|c` *d*", "a <code>b&#124;c</code> &#42;d&#42;"),
            ("</details><img onerror=x>", "&#60;/details&#62;&#60;img onerror=x&#62;"),
            ("a\n\n# b", "a␊␊&#35; b"),
            (
                "[x](https://a.b) @me $1 ~x~ _y_",
                "&#91;x&#93;(https://a.b) &#64;me &#36;1 &#126;x&#126; &#95;y&#95;",
            ),
            ("1 ` alone", "1 &#96; alone"),
        ] {
            assert_eq!(prose(text), expected);
        }
        assert_eq!(prose(&"x".repeat(5000)).chars().count(), MAX_CHARACTERS + 1);
    }

    #[test]
    fn a_summary_of_any_report_is_within_the_limit() {
        let mut report = Report::new("0.1.0", "check", "1.37");
        for number in 0..20_000 {
            let location = Location::start_of(format!("folder/file-{number}.yaml").into());
            let message = "*".repeat(number % 3000);
            let fact = "<".repeat(number % 700);
            report.findings.push(
                Finding::new("unknown-field", Severity::Error, location.clone(), message)
                    .because(fact),
            );
            let (rule, reason) = ("x".into(), format!("reason {number}"));
            report.undecided.push(Undecided { location, rule, reason, resource: None });
        }
        let text = markdown(&report);
        assert!(text.len() < 1 << 20, "{}", text.len());
        assert!(text.contains("more findings: too many for a summary"), "{text}");
        assert!(text.contains("more questions: too many for a summary"));
        assert!(text.contains("20000 questions have no answer"));
        assert!(text.trim_end().ends_with("</sub>") && text.matches("</details>").count() == 1);
    }
}
