//! Stories from the documents of `seatrial model` and `seatrial drill`.

use std::collections::BTreeSet;

use seatrial_core::{Changed, Location, Step, Story, Values};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::html::plain;

/// The story of a run: the values of all variables in the initial state, and of each step who acts,
/// what it does, and the variables that it changes. `loop_to` is the number of the state to which
/// the last step returns; the initial state is 1.
///
/// Functions are taken apart, argument by argument, so that a step changes no more than it does.
pub fn of_states<'t>(
    initial: &Map<String, Value>,
    steps: impl IntoIterator<Item = (String, String, &'t Map<String, Value>)>,
    loop_to: Option<usize>,
) -> Story {
    let mut state = leaves(initial);
    let mut story = Story { initial: state.clone(), ..Story::default() };
    for (who, what, changed) in steps {
        let mut after: Values = state.clone();
        after.retain(|place, _| !changed.contains_key(variable(place)));
        after.extend(leaves(changed));
        let differing = differences(&state, &after);
        state = after;
        let step = Step { who, what, changes: differing, location: None };
        story.steps.push(step);
    }
    story.repeats_from = loop_to.and_then(|state| state.checked_sub(1));
    story
}

/// The places at which values differ.
fn differences(before: &Values, after: &Values) -> Vec<Changed> {
    let places: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |place: &String| Changed {
        place: place.clone(),
        from: before.get(place).cloned(),
        to: after.get(place).cloned(),
    };
    places.into_iter().map(change).filter(|changed| changed.from != changed.to).collect()
}

/// The variable that a place belongs to: `rmState` of `rmState[r1]`.
fn variable(place: &str) -> &str {
    place.split_once('[').map_or(place, |(variable, _)| variable)
}

/// The values of a state by their places.
fn leaves(state: &Map<String, Value>) -> Values {
    let mut leaves = Values::new();
    for (name, value) in state {
        add_leaves(&mut leaves, name.clone(), value);
    }
    leaves
}

fn add_leaves(leaves: &mut Values, place: String, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                add_leaves(leaves, format!("{place}[{name}]"), value);
            }
        }
        value => {
            leaves.insert(place, plain(value));
        }
    }
}

/// A story as the documents of `seatrial drill` have it.
#[derive(Debug, Deserialize)]
pub struct Drilled {
    steps: Vec<Told>,
    end: String,
    repeats_from: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Told {
    who: String,
    what: String,
    ready: usize,
    changes: Vec<OfObject>,
    #[serde(default)]
    lines: Vec<Location>,
}

#[derive(Debug, Deserialize)]
struct OfObject {
    object: String,
    field: String,
    from: Option<String>,
    to: Option<String>,
}

/// What is told of each step of a drill.
const READY: &str = "ready";

impl Drilled {
    /// The story, with the number of ready pods as its gist.
    pub fn story(&self) -> Story {
        let mut ready = None;
        let steps = self.steps.iter().map(|told| {
            let now = Some(told.ready.to_string());
            let before = std::mem::replace(&mut ready, now.clone());
            let number = Changed { place: READY.to_owned(), from: before, to: now };
            let number = Some(number).filter(|it| it.from != it.to);
            let others = told.changes.iter().map(|OfObject { object, field, from, to }| Changed {
                place: format!("{object}: {field}"),
                from: from.clone(),
                to: to.clone(),
            });
            let changes = number.into_iter().chain(others).collect();
            let location = told.lines.first().cloned();
            Step { who: told.who.clone(), what: told.what.clone(), changes, location }
        });
        Story {
            steps: steps.collect(),
            repeats_from: self.repeats_from.and_then(|number| number.checked_sub(1)),
            end: Some(self.end.clone()),
            gist: Some(READY.to_owned()),
            ..Story::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn functions_are_taken_apart_and_only_what_differs_is_a_change() {
        let initial = object(&json!({"rm": {"r1": "working", "r2": "working"}, "sent": ["a"]}));
        let first = object(&json!({"rm": {"r1": "prepared", "r2": "working"}}));
        let second = object(&json!({"rm": {"r1": "prepared"}, "sent": ["a", "b"]}));
        let steps = [("r1", &first), ("network", &second)];
        let steps = steps.map(|(who, changed)| (who.to_owned(), "acts".to_owned(), changed));
        let story = of_states(&initial, steps, Some(2));
        let facts = story.facts();
        let wanted = [
            "at first: rm[r1] = working, rm[r2] = working, sent = [a]",
            "1. r1: acts [rm[r1] = prepared]",
            "2. network: acts [rm[r2] is gone, sent = [a, b]]",
            "the steps from 2 on repeat for ever",
        ];
        assert_eq!(facts, wanted);
        assert_eq!(story.initial.get("rm[r2]").map(String::as_str), Some("working"));
        assert_eq!(story.repeats_from, Some(1));
    }

    #[test]
    fn a_drill_tells_how_many_pods_are_ready_at_each_step() {
        let phase =
            json!({"object": "a pod of web", "field": "phase", "from": "ready", "to": null});
        let steps = json!([
            {"who": "kubelet", "what": "starts web-0", "ready": 2, "changes": []},
            {"who": "scheduler", "what": "waits", "ready": 2, "changes": []},
            {"who": "drain", "what": "evicts web-0", "ready": 1, "changes": [phase]},
        ]);
        let document = json!({"steps": steps, "end": "it stays so", "repeats_from": 2});
        let story = serde_json::from_value::<Drilled>(document).unwrap().story();
        let wanted = [
            "1. kubelet: starts web-0 [2 ready]",
            "2. scheduler: waits [2 ready]",
            "3. drain: evicts web-0 [1 ready]",
            "it stays so",
        ];
        assert_eq!(story.facts(), wanted);
        assert_eq!(story.repeats_from, Some(1));
        let of_third = story.steps.last().map(|step| json!(step.changes));
        let wanted = json!([
            {"place": "ready", "from": "2", "to": "1"},
            {"place": "a pod of web: phase", "from": "ready", "to": null},
        ]);
        assert_eq!(of_third, Some(wanted));
    }
}
