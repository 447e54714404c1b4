//! Step sequences as users and other tools see them.

use crate::run::Run;
use crate::{Property, Protocol, Refusal};
use seatrial_core::Bound;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A run, with names for everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The model that the run belongs to, and how it was configured.
    pub model: ModelId,
    /// The property that the run violates or witnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The values of all variables in the initial state.
    pub initial: Map<String, Value>,
    /// The steps.
    pub steps: Vec<Step>,
    /// The number of the state to which the last step returns; the initial state is 1. The steps
    /// behind it repeat for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_to: Option<usize>,
    /// The values of all variables in the last state.
    #[serde(rename = "final")]
    pub last: Map<String, Value>,
    /// The property's terms in the last state, as `(term, value)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<(String, String)>,
}

/// A model and its configuration, as strings that compare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelId {
    /// The model's name.
    pub name: String,
    /// Grains, variant, masks and bounds.
    pub configuration: BTreeMap<String, String>,
}

impl ModelId {
    /// The configuration as the bounds of a report.
    pub(crate) fn bounds(&self) -> Vec<Bound> {
        let pairs = self.configuration.iter();
        pairs.map(|(name, value)| Bound { name: name.clone(), value: value.clone() }).collect()
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The number of the state that the step leads to; the initial state is 1.
    pub state: usize,
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The action with its arguments.
    pub action: String,
    /// The action's class.
    pub class: String,
    /// The variables that changed, with their new values.
    pub changed: Map<String, Value>,
}

impl Trace {
    pub(crate) fn of<P: Protocol>(
        protocol: &P,
        model: &ModelId,
        run: &Run<P>,
        property: Option<&Property<P>>,
    ) -> Self {
        let mut before = observe(protocol, &run.initial);
        let initial = before.clone();
        let mut steps = Vec::with_capacity(run.steps.len());
        for (number, (action, state)) in (2..).zip(&run.steps) {
            let after = observe(protocol, state);
            let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
            let changed = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
            steps.push(Step {
                state: number,
                actor: protocol.actor(action),
                action: protocol.label(action),
                class: class_name(protocol, action),
                changed,
            });
            before = after;
        }
        let terms = property.and_then(|property| property.terms.as_ref());
        Self {
            model: model.clone(),
            property: property.map(|property| property.name.clone()),
            initial,
            steps,
            loop_to: run.loops_to.map(|index| index + 1),
            last: before,
            terms: terms.map(|terms| terms(protocol, run.last())).unwrap_or_default(),
        }
    }

    /// The number of states, the initial one included.
    pub fn depth(&self) -> usize {
        self.steps.len() + 1
    }

    /// The values of all variables in each state.
    pub fn states(&self) -> Vec<Map<String, Value>> {
        let mut states = vec![self.initial.clone()];
        let mut current = self.initial.clone();
        for step in &self.steps {
            current.extend(step.changed.clone());
            states.push(current.clone());
        }
        states
    }

    /// Takes the trace's steps again, one by one. Each step is found by its label and must lead
    /// to the recorded values; a loop must close.
    pub(crate) fn replay<P: Protocol>(&self, protocol: &P) -> Result<Run<P>, Refusal> {
        let mut initial = protocol.init_states().into_iter();
        let initial =
            initial.find(|state| observe(protocol, state) == self.initial).ok_or_else(|| {
                Refusal::new("the trace's first state is no initial state of the model")
            })?;
        let mut run = Run::of(initial);
        let states = self.states();
        for (step, expected) in self.steps.iter().zip(states.iter().skip(1)) {
            let next = retake(protocol, run.last(), step, expected)?;
            run.steps.push(next);
        }
        run.loops_to = match self.loop_to {
            None => None,
            Some(number) => Some(self.close(&run, number)?),
        };
        Ok(run)
    }

    /// The index of the state that the run's last state repeats.
    fn close<P: Protocol>(&self, run: &Run<P>, number: usize) -> Result<usize, Refusal> {
        let index = number.checked_sub(1);
        index.filter(|&index| run.state(index) == Some(run.last())).ok_or_else(|| {
            Refusal::new(format!(
                "the loop does not close: state {} differs from state {number}",
                self.depth()
            ))
        })
    }
}

/// Takes one recorded step; says what is enabled instead if it is not.
fn retake<P: Protocol>(
    protocol: &P,
    state: &P::State,
    step: &Step,
    expected: &Map<String, Value>,
) -> Result<(P::Action, P::State), Refusal> {
    let mut actions = Vec::new();
    protocol.enabled(state, &mut actions);
    let mut near = None;
    for action in actions.iter().filter(|action| protocol.label(action) == step.action) {
        let Some(next) = protocol.next_state(state, action.clone()) else { continue };
        let observed = observe(protocol, &next);
        if observed == *expected {
            return Ok((action.clone(), next));
        }
        near = Some(observed);
    }
    let number = step.state;
    if let Some(observed) = near {
        let differing = expected.iter().find(|(name, value)| observed.get(*name) != Some(value));
        let name = differing.map_or("state", |(name, _)| name.as_str());
        return Err(Refusal::new(format!(
            "step {number}: `{}` leads to another `{name}`",
            step.action
        )));
    }
    let labels: Vec<String> = actions.iter().map(|action| protocol.label(action)).collect();
    let unknown = Refusal::unknown("action", &step.action, labels.iter().map(String::as_str));
    Err(Refusal::new(format!("step {number} is not enabled: {unknown}")))
}

/// The values of all variables by name.
pub(crate) fn observe<P: Protocol>(protocol: &P, state: &P::State) -> Map<String, Value> {
    let names = protocol.variables().iter().map(|&name| name.to_owned());
    names.zip(protocol.observe(state)).collect()
}

/// The name of an action's class.
pub(crate) fn class_name<P: Protocol>(protocol: &P, action: &P::Action) -> String {
    let class = protocol.classes().get(protocol.class_of(action));
    class.map(|class| class.name.to_owned()).unwrap_or_default()
}
