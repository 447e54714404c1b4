//! Counts per rule, for `--statistics`.

use std::collections::BTreeMap;

use seatrial_core::Severity;
use serde::Serialize;

use crate::text::{Paint, clean};
use crate::{Report, Style};

/// Counts per rule, the most frequent rule first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Statistics {
    /// The rules that said anything.
    pub rules: Vec<RuleStatistics>,
}

/// What one rule had to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleStatistics {
    /// Id of the rule.
    pub rule: String,
    /// The worst severity among its findings; absent where it has none.
    pub severity: Option<Severity>,
    /// How many findings it has.
    pub findings: usize,
    /// How many of its findings a user has accepted.
    pub suppressed: usize,
    /// How often it could not decide.
    pub undecided: usize,
}

impl Statistics {
    /// Counts the findings, accepted findings and undecided items of a report.
    pub fn of(report: &Report) -> Self {
        let mut rules: BTreeMap<&str, RuleStatistics> = BTreeMap::new();
        for finding in &report.findings {
            let row = row(&mut rules, &finding.rule);
            row.findings += 1;
            row.severity = row.severity.max(Some(finding.severity));
        }
        for suppressed in &report.suppressed {
            row(&mut rules, &suppressed.finding.rule).suppressed += 1;
        }
        for undecided in &report.undecided {
            row(&mut rules, &undecided.rule).undecided += 1;
        }
        let mut rules: Vec<_> = rules.into_values().collect();
        rules.sort_by(|a, b| b.findings.cmp(&a.findings).then_with(|| a.rule.cmp(&b.rule)));
        Self { rules }
    }
}

fn row<'a, 'r>(
    rules: &'a mut BTreeMap<&'r str, RuleStatistics>,
    rule: &'r str,
) -> &'a mut RuleStatistics {
    rules.entry(rule).or_insert_with(|| RuleStatistics {
        rule: rule.to_owned(),
        severity: None,
        findings: 0,
        suppressed: 0,
        undecided: 0,
    })
}

type Count = fn(&RuleStatistics) -> usize;

const COLUMNS: [(&str, Count); 3] = [
    ("findings", |rule| rule.findings),
    ("suppressed", |rule| rule.suppressed),
    ("undecided", |rule| rule.undecided),
];

/// Writes the counts as a table; columns in which nothing was counted are left out. Empty where
/// no rule said anything.
pub fn render_statistics(statistics: &Statistics, style: Style) -> String {
    let paint = Paint::new(style);
    let rules = &statistics.rules;
    if rules.is_empty() {
        return String::new();
    }
    let counted = |count: Count| rules.iter().any(|rule| count(rule) > 0);
    let columns: Vec<&(&str, Count)> = COLUMNS
        .iter()
        .filter(|&&(heading, count)| heading == "findings" || counted(count))
        .collect();
    let headings: String = columns.iter().map(|(heading, _)| format!("{heading}  ")).collect();
    let mut lines = vec![paint.bold(&format!("{headings}severity  rule"))];
    for rule in rules {
        let cell = |(heading, count): &&(&str, Count)| {
            format!("{:>width$}  ", count(rule), width = heading.len())
        };
        let cells: String = columns.iter().map(cell).collect();
        let severity = rule.severity.map_or_else(
            || format!("{:8}", "-"),
            |severity| paint.severity(severity, &format!("{:8}", severity.as_str())),
        );
        lines.push(format!("{cells}{severity}  {}", clean(&rule.rule)));
    }
    lines.join("\n") + "\n"
}
