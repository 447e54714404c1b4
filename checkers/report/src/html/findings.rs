//! Findings by severity, rule and place, and the controls that filter and group them.

use std::collections::BTreeMap;

use seatrial_core::{Finding, Rule, Severity};

use super::markup::Markup;
use super::page::section;
use super::{diff, excerpt, place, prose, sequence};
use crate::text::{clusters, count};
use crate::{Report, Sources};

/// Up to so many findings are open when the page opens.
const OPEN: usize = 40;
/// So many files are listed for choosing; the filter finds the others.
const FILES: usize = 200;

/// The rules that a report names, and the anchors of those that it explains.
pub(super) struct Rules<'r> {
    anchors: BTreeMap<&'r str, (String, &'r Rule)>,
}

impl<'r> Rules<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let accepted = report.suppressed.iter().map(|item| &item.finding.rule);
        let undecided = report.undecided.iter().map(|item| &item.rule);
        let found = report.findings.iter().map(|finding| &finding.rule);
        let named: std::collections::BTreeSet<&str> =
            found.chain(accepted).chain(undecided).map(|id| &**id).collect();
        let described = report.rules.iter().filter(|rule| named.contains(&*rule.id));
        let anchors = described.enumerate().map(|(at, rule)| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let id: &str = &rule.id;
            // An id that is no plain word gets a number instead.
            let anchor =
                if id.chars().all(plain) { format!("rule-{id}") } else { format!("rule--{at}") };
            (id, (anchor, rule))
        });
        Self { anchors: anchors.collect() }
    }

    /// The explained rules with their anchors, by id.
    pub(super) fn described(&self) -> impl Iterator<Item = &(String, &'r Rule)> {
        self.anchors.values()
    }

    /// Names a rule; a link to its explanation, if there is one.
    pub(super) fn refer(&self, out: &mut Markup, id: &str) {
        match self.anchors.get(id) {
            Some((anchor, _)) => {
                out.leaf("a", &[("class", "rule"), ("href", &format!("#{anchor}"))], id);
            }
            None => out.leaf("span", &[("class", "rule")], id),
        }
    }
}

/// The filter, the switches and the list of files; nothing where there is little to choose from.
pub(super) fn controls(out: &mut Markup, report: &Report) {
    if report.findings.len() < 2 {
        return;
    }
    let attributes = [("class", "controls"), ("role", "search"), ("hidden", "")];
    out.element("form", &attributes, |out| {
        out.element("label", &[], |out| {
            out.leaf("span", &[("class", "hidden")], "Filter the findings");
            let what = "Filter: words, a rule, a file, an object";
            out.empty(
                "input",
                &[
                    ("type", "search"),
                    ("id", "filter"),
                    ("placeholder", what),
                    ("autocomplete", "off"),
                ],
            );
        });
        out.element(
            "span",
            &[("class", "switches"), ("role", "group"), ("aria-label", "Severities")],
            |out| {
                let found = report.summary().findings;
                for (severity, number) in
                    [("error", found.error), ("warning", found.warning), ("note", found.note)]
                {
                    if number > 0 {
                        let attributes = [
                            ("type", "button"),
                            ("data-severity", severity),
                            ("aria-pressed", "true"),
                        ];
                        out.leaf("button", &attributes, &format!("{severity} {number}"));
                    }
                }
            },
        );
        choice(out, "file", "All files", &files(report));
        out.element("label", &[], |out| {
            out.text("Group by ");
            out.element("select", &[("id", "group")], |out| {
                out.leaf("option", &[("value", "rule")], "rule");
                out.leaf("option", &[("value", "file")], "file");
            });
        });
        out.leaf("button", &[("type", "button"), ("id", "expand")], "Open all");
        out.leaf("button", &[("type", "button"), ("id", "collapse")], "Close all");
        out.leaf("output", &[("id", "shown"), ("role", "status"), ("aria-live", "polite")], "");
    });
    out.line_break();
}

fn choice(out: &mut Markup, id: &str, all: &str, choices: &[(&str, usize)]) {
    if choices.len() < 2 {
        return;
    }
    out.element("label", &[], |out| {
        out.leaf("span", &[("class", "hidden")], "File");
        out.element("select", &[("id", id)], |out| {
            out.leaf("option", &[("value", " ")], all);
            for (name, number) in choices {
                out.leaf("option", &[("value", name)], &format!("{name} ({number})"));
            }
        });
    });
}

/// The files with the most findings, by path.
fn files(report: &Report) -> Vec<(&str, usize)> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        *numbers.entry(&finding.location.path).or_default() += 1;
    }
    let mut files: Vec<_> = numbers.into_iter().collect();
    files.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    files.truncate(FILES);
    files.sort_unstable();
    files
}

/// The findings of a severity, rule by rule.
pub(super) fn of_severity(
    out: &mut Markup,
    report: &Report,
    sources: &Sources,
    rules: &Rules<'_>,
    (severity, id, title): (Severity, &str, &str),
) {
    let mut by_rule: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
    for (number, finding) in (1..).zip(&report.findings) {
        if finding.severity == severity {
            by_rule.entry(&finding.rule).or_default().push((number, finding));
        }
    }
    if by_rule.is_empty() {
        return;
    }
    let number: usize = by_rule.values().map(Vec::len).sum();
    let open = report.findings.len() <= OPEN;
    section(out, id, &format!("{title} ({number})"), |out| {
        for (rule, findings) in by_rule {
            out.element("div", &[("class", "group")], |out| {
                out.element("h3", &[], |out| {
                    rules.refer(out, rule);
                    let number = count(findings.len(), "finding", "findings");
                    out.leaf("span", &[("class", "count")], &number);
                });
                for (number, finding) in findings {
                    let written = Written { number, finding, sources, rules };
                    written.write(out, open, report.advice.contains(&finding.rule));
                }
            });
            out.line_break();
        }
    });
}

/// A finding to write.
struct Written<'a> {
    number: usize,
    finding: &'a Finding,
    sources: &'a Sources,
    rules: &'a Rules<'a>,
}

impl Written<'_> {
    fn write(&self, out: &mut Markup, open: bool, advice: bool) {
        let finding = self.finding;
        let id = format!("f{}", self.number);
        let class = format!("f {}", finding.severity);
        let mut attributes = vec![
            ("class", class.as_str()),
            ("id", id.as_str()),
            ("data-file", &*finding.location.path),
            ("data-severity", finding.severity.as_str()),
        ];
        if open {
            attributes.push(("open", ""));
        }
        out.element("details", &attributes, |out| {
            out.element("summary", &[], |out| self.summary(out, advice));
            self.body(out);
        });
        out.line_break();
    }

    fn summary(&self, out: &mut Markup, advice: bool) {
        let finding = self.finding;
        let severity = if advice { "advice" } else { finding.severity.as_str() };
        super::page::badge(out, finding.severity.as_str(), severity);
        out.element("span", &[("class", "m")], |out| prose::sentence(out, &finding.message));
        out.element("span", &[("class", "at")], |out| {
            out.text(&place(&finding.location));
            if let Some(resource) = &finding.resource {
                out.text(&format!(" · {resource}"));
            }
            out.leaf("span", &[("class", "of")], &format!(" · {}", finding.rule));
        });
    }

    fn facts(&self, out: &mut Markup) {
        if self.finding.evidence.is_empty() {
            return;
        }
        out.element("ul", &[("class", "facts")], |out| {
            for fact in &self.finding.evidence {
                out.element("li", &[], |out| prose::sentence(out, fact));
            }
        });
    }

    fn body(&self, out: &mut Markup) {
        let finding = self.finding;
        for cluster in clusters(finding) {
            excerpt::write(out, &cluster, self.sources);
        }
        if let Some(story) = &finding.story {
            sequence::write(out, story, &format!("s{}", self.number));
        }
        self.facts(out);
        if let Some(fix) = &finding.fix {
            out.element("div", &[("class", "fix")], |out| {
                out.element("p", &[], |out| {
                    out.leaf("b", &[], "What to do: ");
                    prose::sentence(out, &fix.description);
                    if !fix.edits.is_empty() {
                        let safety = match fix.safety.as_str() {
                            "safe" => "safe: `--fix` does it",
                            _ => "changes what the cluster does: `--fix --unsafe`, and try it",
                        };
                        out.text(" (");
                        prose::sentence(out, safety);
                        out.text(")");
                    }
                });
                diff::write(out, fix, self.sources);
            });
        }
        out.element("p", &[("class", "more")], |out| {
            if let Some(pointer) = finding.pointer.as_deref().filter(|text| !text.is_empty()) {
                out.leaf("code", &[], pointer);
                out.text(" · ");
            }
            out.text("rule ");
            self.rules.refer(out, &finding.rule);
        });
    }
}
