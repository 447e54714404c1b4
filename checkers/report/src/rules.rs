//! The list of rules, for `seatrial rules list`.

use std::collections::BTreeMap;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::Style;
use crate::format::RenderError;
use crate::json::{Document, Tool, VERSION};
use crate::text::{Paint, clean, count};
use seatrial_core::{Part, Rule};

/// Writes the rules as a table: by part, then by id, with severity and summary.
pub fn rules_text(rules: &[Rule], style: Style) -> String {
    let paint = Paint::new(style);
    let id_width = rules.iter().map(|rule| clean(&rule.id).width()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (part, rules) in by_part(rules) {
        lines.push(paint.bold(part.as_str()));
        for rule in rules {
            let id = clean(&rule.id);
            let space = " ".repeat(id_width - id.width().min(id_width));
            let severity = paint.severity(rule.severity, &format!("{:7}", rule.severity.as_str()));
            lines.push(format!("  {id}{space}  {severity}  {}", clean(&rule.summary)));
        }
        lines.push(String::new());
    }
    let number = count(rules.len(), "rule", "rules");
    lines.push(format!("{number}; `seatrial explain ID` prints the manual page of one"));
    lines.join("\n") + "\n"
}

/// Writes the rules as the JSON document of `configs/output/rules.schema.json`.
pub fn rules_json(rules: &[Rule]) -> Result<String, RenderError> {
    let parts = by_part(rules);
    Document {
        version: VERSION,
        tool: Tool::seatrial(env!("CARGO_PKG_VERSION")),
        command: "rules list",
        summary: RulesSummary { rules: rules.len() },
        bounds: &[],
        body: RulesBody { rules: parts.into_values().flatten().collect() },
    }
    .render()
}

/// The rules of each part, by id.
fn by_part(rules: &[Rule]) -> BTreeMap<Part, Vec<&Rule>> {
    let mut parts: BTreeMap<Part, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        parts.entry(rule.part).or_default().push(rule);
    }
    for rules in parts.values_mut() {
        rules.sort();
    }
    parts
}

#[derive(Debug, Serialize)]
struct RulesSummary {
    rules: usize,
}

#[derive(Debug, Serialize)]
struct RulesBody<'a> {
    rules: Vec<&'a Rule>,
}
