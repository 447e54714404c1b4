//! The page of `seatrial model check`.

use seatrial_core::Story;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::document::{Common, plain};
use super::markup::Markup;
use super::page::{Head, Tone, badge, bounds, page as whole, section, table_head};
use super::prose;
use super::{capital, sequence};
use crate::story::of_states;
use crate::text::enumerate;

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(flatten)]
    common: Common<String>,
    verdict: String,
    reason: Option<String>,
    depth: u64,
    generated: u64,
    distinct: u64,
    diameter: u64,
    coverage: Vec<Coverage>,
    trace: Option<Trace>,
    properties: Vec<Property>,
    warnings: Vec<String>,
    stop: Value,
    queue: u64,
    engine: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Coverage {
    action: String,
    module: String,
    generated: u64,
    distinct: u64,
}

#[derive(Debug, Deserialize)]
struct Property {
    name: String,
    kind: String,
    #[serde(default)]
    summary: String,
    verdict: String,
    reason: Option<String>,
    states: u64,
    vacuous: bool,
    trace: Option<Trace>,
}

#[derive(Debug, Deserialize)]
struct Trace {
    property: Option<String>,
    initial: Map<String, Value>,
    steps: Vec<Taken>,
    loop_to: Option<usize>,
    #[serde(default)]
    terms: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
struct Taken {
    actor: Option<String>,
    action: String,
    changed: Map<String, Value>,
}

/// Writes the page.
pub(super) fn page(model: &Model) -> String {
    let mut remarks = vec![format!(
        "{} distinct states of {} generated, {} levels; the run ended by `{}`.",
        model.distinct,
        model.generated,
        model.diameter,
        plain(&model.stop)
    )];
    remarks.extend(model.warnings.iter().map(|warning| format!("Doubtful: {warning}.")));
    let traces = traces(model);
    let mut sections = vec![("properties", "Properties".to_owned())];
    if !traces.is_empty() {
        sections.push(("traces", format!("Step by step ({})", traces.len())));
    }
    sections.push(("actions", "Actions".to_owned()));
    sections.push(("bounds", "Bounds and versions".to_owned()));
    let head = Head {
        command: &model.common.command,
        version: &model.common.version(),
        tone: tone(model),
        verdict: &capital(&model.common.summary),
        remarks: &remarks,
        unknown: unknown(model),
        sections: &sections,
    };
    whole(&head, |out| {
        section(out, "properties", "Properties", |out| properties(out, model));
        if !traces.is_empty() {
            section(out, "traces", &format!("Step by step ({})", traces.len()), |out| {
                for (number, (title, class, trace)) in (1..).zip(&traces) {
                    write_trace(out, number, (title, class), trace);
                }
            });
        }
        section(out, "actions", "Actions", |out| actions(out, model));
        bounds(out, &limits(model));
    })
}

/// What is doubtful or vacuous has not been shown.
fn tone(model: &Model) -> Tone {
    let doubtful = !model.warnings.is_empty() || model.properties.iter().any(|it| it.vacuous);
    match Tone::of(&model.verdict) {
        Tone::Good if doubtful => Tone::Plain,
        tone => tone,
    }
}

/// The properties without an answer, or why there is none at all.
fn unknown(model: &Model) -> Option<String> {
    let names = model.properties.iter().filter(|it| it.verdict == "undecided");
    let names: Vec<String> = names.map(|it| format!("`{}`", it.name)).collect();
    let why = model.reason.as_ref().map(|reason| format!("Undecided: {reason}."));
    let which = (!names.is_empty())
        .then(|| format!("Not decided, and so not known to hold: {}.", enumerate(&names)));
    let both: Vec<String> = why.into_iter().chain(which).collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// Each trace with what it is: a counterexample, or the witness of something that can happen.
fn traces(model: &Model) -> Vec<(String, &'static str, &Trace)> {
    let of_properties = model.properties.iter().filter_map(|property| {
        let class = Tone::of(&property.verdict).class();
        Some((property.name.clone(), class, property.trace.as_ref()?))
    });
    let mut traces: Vec<_> = of_properties.collect();
    let first = model
        .trace
        .iter()
        .filter(|trace| !traces.iter().any(|(name, ..)| Some(name) == trace.property.as_ref()));
    let first: Vec<_> = first
        .map(|trace| {
            let name = trace.property.clone().unwrap_or_else(|| "a run".to_owned());
            (name, Tone::of(&model.verdict).class(), trace)
        })
        .collect();
    traces.splice(0..0, first);
    traces
}

fn properties(out: &mut Markup, model: &Model) {
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[], |out| {
            table_head(out, &["Property", "Kind", "Verdict", "States", "What it says"]);
            out.element("tbody", &[], |out| {
                for property in &model.properties {
                    out.element("tr", &[], |out| {
                        out.leaf("th", &[("scope", "row")], &property.name);
                        out.leaf("td", &[], &property.kind);
                        out.element("td", &[], |out| {
                            // What nothing put to the test has not been shown.
                            if property.vacuous {
                                badge(out, "plain", &format!("{}, but vacuous", property.verdict));
                            } else {
                                badge(out, Tone::of(&property.verdict).class(), &property.verdict);
                            }
                        });
                        out.leaf("td", &[("class", "number")], &property.states.to_string());
                        out.element("td", &[], |out| {
                            prose::sentence(out, &property.summary);
                            if let Some(reason) = &property.reason {
                                out.element("small", &[], |out| prose::sentence(out, reason));
                            }
                        });
                    });
                }
            });
        });
    });
}

fn write_trace(out: &mut Markup, number: usize, (title, class): (&str, &str), trace: &Trace) {
    let id = format!("t{number}");
    out.element("article", &[("class", "page"), ("id", &id)], |out| {
        out.element("h3", &[], |out| {
            out.text(title);
            out.text(" ");
            badge(out, class, if class == "bad" { "counterexample" } else { "witness" });
        });
        sequence::write(out, &told(trace), &format!("{id}-steps"));
        if !trace.terms.is_empty() {
            out.leaf("h4", &[], "The terms of the property in the last state");
            super::pairs(out, ["Term", "Value"], &trace.terms);
        }
    });
}

fn told(trace: &Trace) -> Story {
    let who = |step: &Taken| step.actor.clone().unwrap_or_else(|| "environment".to_owned());
    let steps = trace.steps.iter().map(|step| (who(step), step.action.clone(), &step.changed));
    of_states(&trace.initial, steps, trace.loop_to)
}

fn actions(out: &mut Markup, model: &Model) {
    out.leaf("p", &[], "How often each action fired. One that never fires has shown nothing.");
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[], |out| {
            table_head(out, &["Action", "Module", "Generated", "Distinct"]);
            out.element("tbody", &[], |out| {
                for action in &model.coverage {
                    out.element("tr", &[], |out| {
                        out.leaf("th", &[("scope", "row")], &action.action);
                        out.leaf("td", &[], &action.module);
                        out.leaf("td", &[("class", "number")], &action.generated.to_string());
                        out.leaf("td", &[("class", "number")], &action.distinct.to_string());
                    });
                }
            });
        });
    });
}

fn limits(model: &Model) -> Vec<(String, String)> {
    let mut rows = model.common.limits();
    rows.extend([
        ("distinct states".to_owned(), model.distinct.to_string()),
        ("depth".to_owned(), model.depth.to_string()),
        ("states that wait".to_owned(), model.queue.to_string()),
    ]);
    // What a run cost differs from run to run, and says nothing of the model.
    let told = ["strategy", "workers", "symmetry", "hidden", "seed", "collision_probability"];
    rows.extend(told.iter().filter_map(|name| {
        let value = model.engine.get(*name).filter(|value| !value.is_null())?;
        Some((name.replace('_', " "), plain(value)))
    }));
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_taken_apart_and_loops_counted_in_steps() {
        let trace = json!({
            "initial": {"f": {"a": {"b": null}, "c": {}}, "s": ["x", 1]},
            "steps": [
                {"state": 2, "actor": "p", "action": "Go", "changed": {"f": {"a": {"b": 1}, "c": {}}}},
                {"state": 3, "action": "Back", "changed": {"f": {"a": {"b": null}, "c": {}}}},
            ],
            "loop_to": 2,
        });
        let told = told(&serde_json::from_value(trace).unwrap());
        let wanted = [
            "at first: f[a][b] = null",
            "1. p: Go [f[a][b] = 1]",
            "2. environment: Back [f[a][b] = null]",
            "the steps from 2 on repeat for ever",
        ];
        assert_eq!(told.facts(), wanted);
    }
}
