//! Traces as text, ITF and Mermaid.

use super::line;
use crate::Trace;
use serde_json::{Map, Value, json};

/// How a trace is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TraceFormat {
    /// Each step with what it changes, then the final state.
    #[default]
    Full,
    /// As `model replay` reads it.
    Json,
    /// The Informal Trace Format of Apalache and Quint.
    Itf,
    /// A Mermaid sequence diagram.
    Mermaid,
}

/// The trace in a format.
pub fn trace(trace: &Trace, format: TraceFormat) -> String {
    match format {
        TraceFormat::Full => full(trace),
        TraceFormat::Json => pretty(&json!(trace)),
        TraceFormat::Itf => pretty(&itf(trace)),
        TraceFormat::Mermaid => mermaid(trace),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn full(trace: &Trace) -> String {
    let mut text = String::new();
    line(&mut text, "state 1 (initial)");
    assignments(&mut text, &trace.initial, &trace.initial);
    let states = trace.states();
    for (step, before) in trace.steps.iter().zip(&states) {
        if trace.loop_to == Some(step.state - 1) {
            line(&mut text, "-- from here the run repeats --");
        }
        let actor = step.actor.as_ref().map(|actor| format!("{actor}: ")).unwrap_or_default();
        line(&mut text, &format!("state {}  {actor}{}", step.state, step.action));
        assignments(&mut text, &step.changed, before);
    }
    match trace.loop_to {
        Some(number) if number == trace.depth() => {
            line(&mut text, "-- here the run may stop for ever --");
        }
        Some(number) => {
            line(&mut text, &format!("-- and so on for ever: back to state {number} --"));
        }
        None => {}
    }
    for (term, value) in &trace.terms {
        line(&mut text, &format!("  {term} = {value}"));
    }
    if !trace.steps.is_empty() {
        line(&mut text, "final state");
        assignments(&mut text, &trace.last, &trace.last);
    }
    text
}

/// Each variable with its value; of a function only the arguments at which it differs.
fn assignments(text: &mut String, values: &Map<String, Value>, before: &Map<String, Value>) {
    for (name, value) in values {
        match (value, before.get(name)) {
            (Value::Object(now), Some(Value::Object(then)))
                if now != then && now.len() == then.len() =>
            {
                for (argument, value) in
                    now.iter().filter(|(argument, value)| then.get(*argument) != Some(value))
                {
                    line(text, &format!("  {name}[{argument}] = {}", plain(value)));
                }
            }
            _ => line(text, &format!("  {name} = {}", plain(value))),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn itf(trace: &Trace) -> Value {
    let states: Vec<Value> = trace
        .states()
        .into_iter()
        .enumerate()
        .map(|(index, state)| {
            let mut with_meta = Map::new();
            with_meta.insert("#meta".to_owned(), json!({ "index": index }));
            with_meta.extend(state.into_iter().map(|(name, value)| (name, itf_value(value))));
            Value::Object(with_meta)
        })
        .collect();
    let mut document = json!({
        "#meta": { "format": "ITF", "description": format!("{} of {}", trace.property.as_deref().unwrap_or("a run"), trace.model.name) },
        "vars": trace.initial.keys().collect::<Vec<_>>(),
        "states": states,
    });
    if let (Some(number), Value::Object(fields)) = (trace.loop_to, &mut document) {
        fields.insert("loop".to_owned(), json!(number - 1));
    }
    document
}

/// ITF writes functions as `#map` and integers beyond 2^53 as `#bigint`; null is no ITF value.
fn itf_value(value: Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Array(items) => items.into_iter().map(itf_value).collect(),
        Value::Object(fields) => {
            let pairs: Vec<Value> =
                fields.into_iter().map(|(key, value)| json!([key, itf_value(value)])).collect();
            json!({ "#map": pairs })
        }
        other => other,
    }
}

fn mermaid(trace: &Trace) -> String {
    let mut text = String::new();
    line(&mut text, "sequenceDiagram");
    for step in &trace.steps {
        let actor = step.actor.as_deref().unwrap_or("environment");
        let changed: Vec<&str> = step.changed.keys().map(String::as_str).collect();
        let action = step.action.replace(';', ",");
        line(&mut text, &format!("    {actor}->>{actor}: {}. {action}", step.state));
        if !changed.is_empty() {
            line(&mut text, &format!("    Note right of {actor}: {}", changed.join(", ")));
        }
    }
    if let Some(number) = trace.loop_to {
        line(
            &mut text,
            &format!(
                "    Note over {}: back to state {number}",
                trace.steps.first().and_then(|step| step.actor.as_deref()).unwrap_or("environment")
            ),
        );
    }
    text
}
