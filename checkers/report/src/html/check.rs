//! The page of `seatrial check`.

use std::collections::BTreeSet;

use seatrial_core::Severity;

use super::findings::{self, Rules};
use super::markup::Markup;
use super::page::{Head, Tone, bounds, page, section, table_head};
use super::{coverage, exhibits, place, prose, rules};
use crate::text::{count, enumerate, questions, sentence};
use crate::{Report, Sources, Style};

/// A severity, worst first, with the title of its section.
const SEVERITIES: [(Severity, &str, &str); 3] = [
    (Severity::Error, "errors", "Errors"),
    (Severity::Warning, "warnings", "Warnings"),
    (Severity::Note, "notes", "Notes"),
];

/// Writes a report of `check` as a page.
pub(crate) fn check(report: &Report, sources: &Sources) -> String {
    let rules = Rules::of(report);
    let (tone, verdict) = verdict(report);
    let exhibits = exhibits::sections(&report.exhibits);
    let head = Head {
        command: &report.command,
        version: &report.tool_version,
        tone,
        verdict: &verdict,
        remarks: &remarks(report),
        unknown: unknown(report),
        sections: &sections(report, &rules, &exhibits),
    };
    page(&head, |out| {
        undecided(out, report, &rules);
        findings::controls(out, report);
        for (severity, id, title) in SEVERITIES {
            findings::of_severity(out, report, sources, &rules, (severity, id, title));
        }
        exhibits::write(out, &report.exhibits);
        accepted(out, report, &rules);
        fixes(out, report);
        coverage::write(out, report);
        bounds(out, &limits(report));
        rules::pages(out, &rules);
    })
}

/// How the run ended. Only a run that looked at something, found nothing and left nothing open is
/// good.
fn verdict(report: &Report) -> (Tone, String) {
    let summary = report.summary();
    let failing = report.findings.iter().filter(|finding| report.fails(finding)).count();
    let open = count(summary.undecided, "question", "questions");
    let looked = summary.objects.total > 0 || summary.files.checked > 0;
    match (failing, summary.undecided, summary.findings.total()) {
        (0, 0, 0) if !looked => (Tone::Plain, "Nothing was checked".to_owned()),
        (0, 0, 0) => (Tone::Good, "Nothing found".to_owned()),
        (0, 0, found) => {
            let found = count(found, "finding", "findings");
            (Tone::Plain, format!("{found}, none of which fails the run"))
        }
        (0, _, 0) => (Tone::Undecided, format!("Undecided: {open}")),
        (0, _, found) => {
            let found = count(found, "finding", "findings");
            (Tone::Undecided, format!("Undecided: {open}; {found}"))
        }
        (failing, 0, _) => {
            (Tone::Bad, count(failing, "finding fails the run", "findings fail the run"))
        }
        (failing, ..) => {
            let failing = count(failing, "finding fails the run", "findings fail the run");
            (Tone::Bad, format!("{failing}; {open} undecided"))
        }
    }
}

fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = vec![format!("{}.", sentence(&report.summary(), Style::PLAIN))];
    remarks.push(format!(
        "Held against Kubernetes {}; findings fail the run from severity `{}` on.",
        report.kubernetes_version, report.fail_on
    ));
    remarks
}

/// The rules that have left something open.
fn unknown(report: &Report) -> Option<String> {
    let rules: BTreeSet<&str> = report.undecided.iter().map(|item| &*item.rule).collect();
    let names: Vec<String> = rules.into_iter().map(|rule| format!("`{rule}`")).collect();
    let text = format!("Not decided, and so not known to be safe: {}.", enumerate(&names));
    (!names.is_empty()).then_some(text)
}

fn sections<'a>(
    report: &Report,
    rules: &Rules<'_>,
    exhibits: &'a [(String, String)],
) -> Vec<(&'a str, String)> {
    let found = report.summary().findings;
    let numbers = [found.error, found.warning, found.note];
    let mut sections = vec![("undecided", format!("Undecided ({})", report.undecided.len()))];
    sections.extend(
        SEVERITIES.iter().zip(numbers).map(|((_, id, title), n)| (*id, format!("{title} ({n})"))),
    );
    sections.extend(exhibits.iter().map(|(id, title)| (id.as_str(), title.clone())));
    sections.push(("accepted", format!("Accepted ({})", report.suppressed.len())));
    sections.push(("rules", format!("Rules ({})", rules.described().count())));
    sections.retain(|(_, title)| !title.ends_with("(0)"));
    sections.push(("coverage", "What was looked at".to_owned()));
    sections.push(("bounds", "Bounds and versions".to_owned()));
    sections
}

/// What is undecided: first, since nobody may overlook it.
fn undecided(out: &mut Markup, report: &Report, rules: &Rules<'_>) {
    if report.undecided.is_empty() {
        return;
    }
    section(out, "undecided", &format!("Undecided ({})", report.undecided.len()), |out| {
        out.leaf("p", &[], "These questions have no answer. That is not the same as a clean one.");
        for ((rule, reason), items) in questions(&report.undecided) {
            out.element("details", &[("class", "f undecided")], |out| {
                out.element("summary", &[], |out| {
                    out.element("span", &[("class", "m")], |out| prose::sentence(out, reason));
                    out.element("span", &[("class", "at")], |out| {
                        rules.refer(out, rule);
                        out.text(&format!(" · {}", count(items.len(), "place", "places")));
                    });
                });
                out.element("ul", &[], |out| {
                    for item in items {
                        let of = item.resource.as_ref().map(|id| format!(" · {id}"));
                        let text = place(&item.location) + &of.unwrap_or_default();
                        out.leaf("li", &[], &text);
                    }
                });
            });
        }
    });
}

/// What users have accepted, and why.
fn accepted(out: &mut Markup, report: &Report, rules: &Rules<'_>) {
    if report.suppressed.is_empty() {
        return;
    }
    section(out, "accepted", &format!("Accepted ({})", report.suppressed.len()), |out| {
        out.leaf("p", &[], "Findings that somebody has accepted, with the reason given.");
        out.element("div", &[("class", "scroll")], |out| {
            out.element("table", &[], |out| {
                table_head(out, &["Finding", "Rule", "Where", "Accepted by", "Reason"]);
                out.element("tbody", &[], |out| {
                    for item in &report.suppressed {
                        let by = serde_json::to_value(item.suppressed_by).unwrap_or_default();
                        out.element("tr", &[], |out| {
                            out.element("td", &[], |out| {
                                prose::sentence(out, &item.finding.message);
                            });
                            out.element("td", &[], |out| rules.refer(out, &item.finding.rule));
                            out.leaf("td", &[("class", "where")], &place(&item.finding.location));
                            out.leaf("td", &[], by.as_str().unwrap_or_default());
                            out.element("td", &[], |out| prose::sentence(out, &item.reason));
                        });
                    }
                });
            });
        });
    });
}

/// What `--fix` did.
fn fixes(out: &mut Markup, report: &Report) {
    let Some(fixes) = &report.fixes else { return };
    section(out, "fixes", "Fixes", |out| {
        let applied = count(fixes.applied, "finding was fixed", "findings were fixed");
        let places = count(fixes.files.len(), "file", "files");
        let text = format!("{applied} in {places}; {} more with `--unsafe`.", fixes.with_unsafe);
        out.element("p", &[], |out| prose::sentence(out, &text));
        out.element("ul", &[], |out| {
            for refused in &fixes.refused {
                let text = format!(
                    "not applied: `{}` at {}: {}",
                    refused.rule,
                    place(&refused.location),
                    refused.reason
                );
                out.element("li", &[], |out| prose::sentence(out, &text));
            }
        });
    });
}

fn limits(report: &Report) -> Vec<(String, String)> {
    let mut rows = vec![
        ("seatrial".to_owned(), report.tool_version.clone()),
        ("Kubernetes".to_owned(), report.kubernetes_version.clone()),
        ("the run fails from severity".to_owned(), report.fail_on.to_string()),
    ];
    rows.extend(report.bounds.iter().map(|bound| (bound.name.clone(), bound.value.clone())));
    rows
}
