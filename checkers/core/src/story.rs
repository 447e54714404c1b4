//! A run that shows what a finding says, step by step.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Location;

/// Values by their places, such as `ready pods` or `rmState[r1]`.
pub type Values = BTreeMap<String, String>;

/// So many steps are told as facts; the story has them all.
const TOLD: usize = 200;

/// A run, step by step: a counterexample or the witness of something that can happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Story {
    /// The values before the first step; empty where they are not known.
    pub initial: Values,
    /// What happens, in its order.
    pub steps: Vec<Step>,
    /// The index of the first step that repeats for ever; the number of steps if the run may stop
    /// for ever where it ends; `None` where nothing is said of what follows.
    pub repeats_from: Option<usize>,
    /// How it ends, as a lower-case fragment.
    pub end: Option<String>,
    /// The place of the value that tells most; the facts tell that of each step, and no others.
    pub gist: Option<String>,
}

/// A step of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// Who acts.
    pub who: String,
    /// What it does.
    pub what: String,
    /// What is otherwise behind it.
    pub changes: Vec<Changed>,
    /// The line that it goes by.
    pub location: Option<Location>,
}

/// A value that a step changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Changed {
    /// Its place.
    pub place: String,
    /// As it was; `None` where there was none, or nobody knows.
    pub from: Option<String>,
    /// As it is; `None` for what is gone.
    pub to: Option<String>,
}

impl Story {
    /// The story in plain lines, for those who see no more of a finding than its facts.
    pub fn facts(&self) -> Vec<String> {
        let mut facts: Vec<String> = self.at_first().into_iter().collect();
        let mut gist = self.gist.as_ref().and_then(|place| self.initial.get(place));
        for (number, step) in (1_usize..).zip(&self.steps).take(TOLD) {
            let told = format!("{number}. {}: {}", step.who, step.what);
            let values = match &self.gist {
                Some(place) => {
                    let own = step.changes.iter().rfind(|changed| changed.place == *place);
                    gist = own.map_or(gist, |changed| changed.to.as_ref());
                    gist.map(|value| format!("{value} {place}"))
                }
                None => step.told_changes(),
            };
            facts.push(values.map_or_else(|| told.clone(), |values| format!("{told} [{values}]")));
        }
        if let Some(more) = self.steps.len().checked_sub(TOLD).filter(|more| *more > 0) {
            facts.push(format!("and {more} steps more"));
        }
        facts.extend(self.ending());
        facts
    }

    /// How it ends: in its own words, or whether it goes on for ever.
    pub fn ending(&self) -> Option<String> {
        let for_ever = || match self.repeats_from? {
            from if from < self.steps.len() => {
                Some(format!("the steps from {} on repeat for ever", from + 1))
            }
            _ => Some("here the run may stop for ever".to_owned()),
        };
        self.end.clone().or_else(for_ever)
    }

    /// The initial values that some step changes, unless the facts tell another value.
    fn at_first(&self) -> Option<String> {
        let changes = self.steps.iter().flat_map(|step| &step.changes);
        let places: BTreeSet<&String> = changes.map(|it| &it.place).collect();
        let told = self.initial.iter().filter(|(place, _)| places.contains(place));
        let told: Vec<String> = told.map(|(place, value)| format!("{place} = {value}")).collect();
        let shown = self.gist.is_none() && !told.is_empty();
        shown.then(|| format!("at first: {}", told.join(", ")))
    }
}

impl Step {
    fn told_changes(&self) -> Option<String> {
        let told = self.changes.iter().map(|Changed { place, to, .. }| match to {
            Some(value) => format!("{place} = {value}"),
            None => format!("{place} is gone"),
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(what: &str, changes: &[(&str, Option<&str>)]) -> Step {
        let change = |(place, to): &(&str, Option<&str>)| Changed {
            place: (*place).to_owned(),
            from: None,
            to: to.map(str::to_owned),
        };
        let changes = changes.iter().map(change).collect();
        Step { who: "p".to_owned(), what: what.to_owned(), changes, location: None }
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(place, value)| ((*place).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn facts_tell_what_changes() {
        let story = Story {
            initial: values(&[("a", "1"), ("never changed", "x")]),
            steps: vec![step("adds", &[("a", Some("2")), ("b", None)]), step("waits", &[])],
            repeats_from: Some(1),
            ..Story::default()
        };
        let wanted = [
            "at first: a = 1",
            "1. p: adds [a = 2, b is gone]",
            "2. p: waits",
            "the steps from 2 on repeat for ever",
        ];
        assert_eq!(story.facts(), wanted);
    }

    #[test]
    fn with_a_gist_facts_tell_it_at_each_step() {
        let ready = |number| [("ready", Some(number)), ("other", Some("x"))];
        let story = Story {
            initial: values(&[("ready", "3")]),
            steps: vec![step("waits", &[]), step("evicts", &ready("2"))],
            repeats_from: Some(2),
            end: Some("and so it stays".to_owned()),
            gist: Some("ready".to_owned()),
        };
        assert_eq!(
            story.facts(),
            ["1. p: waits [3 ready]", "2. p: evicts [2 ready]", "and so it stays"]
        );
        let stops = Story { end: None, ..story };
        assert_eq!(stops.ending().as_deref(), Some("here the run may stop for ever"));
    }

    #[test]
    fn of_a_long_story_the_rest_is_counted() {
        let story = Story { steps: vec![step("waits", &[]); TOLD + 3], ..Story::default() };
        let facts = story.facts();
        assert_eq!(facts.len(), TOLD + 1);
        assert_eq!(facts.last().map(String::as_str), Some("and 3 steps more"));
    }
}
