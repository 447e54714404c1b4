//! Traces as text, ITF and Mermaid.

use super::line;
use crate::{Step, Trace};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

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
    assignments(&mut text, &trace.initial);
    let states = trace.states();
    for (step, before) in trace.steps.iter().zip(&states) {
        if trace.loop_to == Some(step.state - 1) {
            line(&mut text, "-- from here the run repeats --");
        }
        let actor = step.actor.as_ref().map(|actor| format!("{actor}: ")).unwrap_or_default();
        line(&mut text, &format!("state {}  {actor}{}", step.state, step.action));
        for change in changes(&step.changed, before) {
            line(&mut text, &format!("  {change}"));
        }
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
    if !trace.steps.is_empty() {
        line(&mut text, "final state");
        assignments(&mut text, &trace.last);
    }
    if !trace.terms.is_empty() {
        line(&mut text, "the property's terms in the final state");
    }
    for (term, value) in &trace.terms {
        line(&mut text, &format!("  {term} = {value}"));
    }
    text
}

fn assignments(text: &mut String, values: &Map<String, Value>) {
    for (name, value) in values {
        line(text, &format!("  {name} = {}", plain(value)));
    }
}

/// What a step changes, as assignments: of a function only the arguments at which it differs.
fn changes(changed: &Map<String, Value>, before: &Map<String, Value>) -> Vec<String> {
    let mut assigned = Vec::new();
    for (name, value) in changed {
        differences(&mut assigned, name, value, before.get(name));
    }
    assigned
}

fn differences(assigned: &mut Vec<String>, place: &str, now: &Value, then: Option<&Value>) {
    match (now, then) {
        (now, Some(then)) if now == then => {}
        (Value::Object(now), Some(Value::Object(then))) if now.keys().eq(then.keys()) => {
            for (argument, value) in now {
                differences(assigned, &format!("{place}[{argument}]"), value, then.get(argument));
            }
        }
        _ => assigned.push(format!("{place} = {}", plain(now))),
    }
}

/// A value without quotation marks.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", join(items.iter().map(plain))),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", plain(value)));
            format!("{{{}}}", join(fields))
        }
        other => other.to_string(),
    }
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// The trace as Apalache's ADR 15 has it. A loop is the states from its first one to the last, so
/// that the state in which it closes is not repeated. What was done is in each state's `#meta`.
fn itf(trace: &Trace) -> Value {
    let mut states = trace.states();
    if trace.loop_to.is_some_and(|number| number < trace.depth()) {
        states.pop();
    }
    let steps = std::iter::once(None).chain(trace.steps.iter().map(Some));
    let states = states.into_iter().zip(steps).enumerate().map(|(index, (state, step))| {
        let mut meta = Map::from_iter([("index".to_owned(), json!(index))]);
        if let Some(step) = step {
            meta.insert("action".to_owned(), json!(step.action));
            meta.extend(step.actor.iter().map(|actor| ("actor".to_owned(), json!(actor))));
        }
        let mut with_meta = Map::from_iter([("#meta".to_owned(), Value::Object(meta))]);
        with_meta.extend(state.into_iter().map(|(name, value)| (name, itf_value(value))));
        Value::Object(with_meta)
    });
    let property = trace.property.as_deref().unwrap_or("a run");
    let mut document = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "description": format!("{property} of {}", trace.model.name),
            "source": trace.model.name,
            "configuration": trace.model.configuration,
        },
        "vars": trace.initial.keys().collect::<Vec<_>>(),
        "states": states.collect::<Vec<_>>(),
    });
    if let (Some(number), Value::Object(fields)) = (trace.loop_to, &mut document) {
        fields.insert("loop".to_owned(), json!(number - 1));
    }
    document
}

/// ITF writes functions as `#map` and integers of 2^53 and more as `#bigint`; it has neither null
/// nor fractions, which become strings.
fn itf_value(value: Value) -> Value {
    const LIMIT: u64 = 1 << 53;
    match value {
        Value::Null => json!("null"),
        Value::Number(number) => {
            let small = number.as_i64().is_some_and(|value| value.unsigned_abs() < LIMIT);
            match (small, number.is_f64()) {
                (true, _) => Value::Number(number),
                (false, true) => json!(number.to_string()),
                (false, false) => json!({ "#bigint": number.to_string() }),
            }
        }
        Value::Array(items) => items.into_iter().map(itf_value).collect(),
        Value::Object(fields) => {
            let pairs: Vec<Value> =
                fields.into_iter().map(|(key, value)| json!([key, itf_value(value)])).collect();
            json!({ "#map": pairs })
        }
        other => other,
    }
}

/// A sequence diagram. Actors have aliases, since their names may be words of Mermaid.
fn mermaid(trace: &Trace) -> String {
    let actors: Vec<&str> = trace.steps.iter().map(actor_of).collect();
    let mut names = actors.clone();
    names.sort_unstable();
    names.dedup();
    let mut text = String::new();
    line(&mut text, "sequenceDiagram");
    for (number, name) in (1..).zip(&names) {
        line(&mut text, &format!("    participant p{number} as {}", mermaid_text(name)));
    }
    let alias = |actor: &str| format!("p{}", names.partition_point(|name| *name < actor) + 1);
    for ((step, before), actor) in trace.steps.iter().zip(&trace.states()).zip(&actors) {
        let actor = alias(actor);
        if trace.loop_to == Some(step.state - 1) {
            line(&mut text, "    loop for ever");
        }
        let action = mermaid_text(&step.action);
        line(&mut text, &format!("    {actor}->>{actor}: {}. {action}", step.state));
        let changes = changes(&step.changed, before);
        if !changes.is_empty() {
            let changes: Vec<String> = changes.iter().map(|change| mermaid_text(change)).collect();
            line(&mut text, &format!("    Note right of {actor}: {}", changes.join("<br/>")));
        }
    }
    match (trace.loop_to, actors.last()) {
        (Some(number), _) if number < trace.depth() => line(&mut text, "    end"),
        (Some(_), Some(actor)) => {
            line(
                &mut text,
                &format!("    Note over {}: here the run may stop for ever", alias(actor)),
            );
        }
        _ => {}
    }
    text
}

fn actor_of(step: &Step) -> &str {
    step.actor.as_deref().unwrap_or("environment")
}

/// Text that Mermaid takes as it is: what would end a statement, start an entity or be markup is
/// written as an entity.
pub fn mermaid_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '#' | ';' | '<' | '>' | '&' | '%' | '`' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            '\n' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelId;

    /// Two players and a loop, with everything that a format must take care of.
    fn lasso(loop_to: usize) -> Trace {
        let values = |value: Value| Map::from_iter([("f".to_owned(), value)]);
        let step = |state, actor: Option<&str>, action: &str, value| Step {
            state,
            actor: actor.map(str::to_owned),
            action: action.to_owned(),
            class: "Step".to_owned(),
            changed: values(value),
        };
        let (first, second) =
            (json!({ "a": { "b": null, "c": 1 } }), json!({ "a": { "b": "<x>", "c": 1 } }));
        Trace {
            model: ModelId { name: "players".to_owned(), ..ModelId::default() },
            property: Some("Ends".to_owned()),
            initial: values(first.clone()),
            steps: vec![
                step(2, Some("end"), "Go(#1; 2)", second),
                step(3, None, "Back", first.clone()),
            ],
            loop_to: Some(loop_to),
            last: values(first),
            terms: vec![("rounds".to_owned(), "9".to_owned())],
        }
    }

    #[test]
    fn only_what_differs_is_shown() {
        let text = full(&lasso(1));
        assert!(
            text.contains("state 2  end: Go(#1; 2)\n  f[a][b] = <x>\nstate 3  Back\n"),
            "{text}"
        );
        assert!(text.contains("-- from here the run repeats --\nstate 2"), "{text}");
        assert!(
            text.ends_with("the property's terms in the final state\n  rounds = 9\n"),
            "{text}"
        );
    }

    #[test]
    fn a_loop_in_itf_does_not_repeat_the_state_in_which_it_closes() {
        for (loop_to, states) in [(1, 2), (3, 3)] {
            let itf = itf(&lasso(loop_to));
            assert_eq!(itf["loop"], json!(loop_to - 1));
            assert_eq!(itf["states"].as_array().map(Vec::len), Some(states));
        }
        let itf = itf(&lasso(1));
        assert_eq!(
            itf["states"][1]["#meta"],
            json!({ "index": 1, "action": "Go(#1; 2)", "actor": "end" })
        );
        let inner = json!({ "#map": [["b", "<x>"], ["c", 1]] });
        assert_eq!(itf["states"][1]["f"], json!({ "#map": [["a", inner]] }));
    }

    #[test]
    fn itf_has_neither_null_nor_fractions_nor_large_numbers() {
        for (value, expected) in [
            (json!(null), json!("null")),
            (json!(0.5), json!("0.5")),
            (json!((1_u64 << 53) - 1), json!((1_u64 << 53) - 1)),
            (json!(u64::MAX), json!({ "#bigint": "18446744073709551615" })),
            (json!(-7), json!(-7)),
            (json!(i64::MIN), json!({ "#bigint": "-9223372036854775808" })),
            (json!([true]), json!([true])),
        ] {
            assert_eq!(itf_value(value), expected);
        }
    }

    #[test]
    fn mermaid_gets_no_word_or_sign_of_its_own() {
        let text = mermaid(&lasso(1));
        assert_eq!(
            text,
            "sequenceDiagram
    participant p1 as end
    participant p2 as environment
    loop for ever
    p1->>p1: 2. Go(#35;1#59; 2)
    Note right of p1: f[a][b] = #60;x#62;
    p2->>p2: 3. Back
    Note right of p2: f[a][b] = null
    end
"
        );
        assert!(mermaid(&lasso(3)).ends_with("Note over p2: here the run may stop for ever\n"));
    }
}
