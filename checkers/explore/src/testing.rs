//! Explicit graphs as protocols: what the engine is held against.

use crate::{ActionClass, Fairness, Property, Protocol, Strength};
use proptest::prelude::*;
use serde_json::{Value, json};
use stateright::Model;

/// A graph whose edges are actions. State `s` is where two predicates hold, and where an
/// observer sees `seen[s]`.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) initial: Vec<u8>,
    /// Source, target, class.
    pub(crate) edges: Vec<(u8, u8, usize)>,
    pub(crate) bad: Vec<bool>,
    pub(crate) goal: Vec<bool>,
    pub(crate) seen: Vec<Option<u8>>,
    /// The fairness of each class.
    pub(crate) fair: [Option<Strength>; 3],
    pub(crate) property: Claim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Never,
    Eventually,
    LeadsTo,
    AlwaysEventually,
    EventuallyAlways,
}

pub(crate) const CLASSES: [ActionClass; 3] = [
    ActionClass::new("A", "m").writes(&["state"]),
    ActionClass::new("B", "m").writes(&["state"]),
    ActionClass::new("C", "m").writes(&["state"]),
];

impl Graph {
    fn at(bits: &[bool], state: u8) -> bool {
        bits.get(usize::from(state)).copied().unwrap_or_default()
    }

    pub(crate) fn is_bad(&self, state: u8) -> bool {
        Self::at(&self.bad, state)
    }

    pub(crate) fn is_goal(&self, state: u8) -> bool {
        Self::at(&self.goal, state)
    }
}

impl Model for Graph {
    type State = u8;
    type Action = (u8, u8, usize);

    fn init_states(&self) -> Vec<u8> {
        self.initial.clone()
    }

    fn actions(&self, state: &u8, actions: &mut Vec<Self::Action>) {
        actions.extend(self.edges.iter().filter(|edge| edge.0 == *state));
    }

    fn next_state(&self, _: &u8, action: Self::Action) -> Option<u8> {
        Some(action.1)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        match self.property {
            Claim::Never => {
                vec![stateright::Property::always("claim", |graph: &Graph, s| !graph.is_bad(*s))]
            }
            _ => vec![stateright::Property::eventually("claim", |graph: &Graph, s| {
                graph.is_goal(*s)
            })],
        }
    }
}

impl Protocol for Graph {
    fn classes(&self) -> &[ActionClass] {
        &CLASSES
    }

    fn class_of(&self, action: &Self::Action) -> usize {
        action.2
    }

    fn specification(&self) -> Vec<Property<Self>> {
        let bad = |graph: &Self, s: &u8| graph.is_bad(*s);
        let goal = |graph: &Self, s: &u8| graph.is_goal(*s);
        vec![match self.property {
            Claim::Never => Property::always("claim", |graph: &Self, s: &u8| !graph.is_bad(*s)),
            Claim::Eventually => Property::eventually("claim", goal),
            Claim::LeadsTo => Property::leads_to("claim", bad, goal),
            Claim::AlwaysEventually => Property::always_eventually("claim", goal),
            Claim::EventuallyAlways => Property::eventually_always("claim", goal),
        }]
    }

    fn fairness(&self) -> Vec<Fairness<Self>> {
        let classes = CLASSES.iter().zip(self.fair);
        classes
            .filter_map(|(class, strength)| Some(Fairness::of_class(class.name, strength?)))
            .collect()
    }

    fn observation(&self, state: &u8) -> Option<Value> {
        self.seen.get(usize::from(*state)).copied().flatten().map(|seen| json!(seen))
    }
}

/// Graphs of up to `states` states.
pub(crate) fn graphs(
    states: u8,
    property: impl Strategy<Value = Claim>,
) -> impl Strategy<Value = Graph> {
    let strength =
        prop_oneof![Just(None), Just(Some(Strength::Weak)), Just(Some(Strength::Strong))];
    let n = usize::from(states);
    (
        prop::collection::vec(0..states, 1..3),
        prop::collection::vec((0..states, 0..states, 0_usize..3), 0..3 * n),
        prop::collection::vec(prop::bool::weighted(0.4), n),
        prop::collection::vec(prop::bool::weighted(0.2), n),
        prop::collection::vec(prop::option::weighted(0.8, 0_u8..3), n),
        [strength.clone(), strength.clone(), strength],
        property,
    )
        .prop_map(|(initial, edges, bad, goal, seen, fair, property)| Graph {
            initial,
            edges,
            bad,
            goal,
            seen,
            fair,
            property,
        })
}

/// Any liveness claim.
pub(crate) fn liveness_claim() -> impl Strategy<Value = Claim> {
    prop_oneof![
        Just(Claim::Eventually),
        Just(Claim::LeadsTo),
        Just(Claim::AlwaysEventually),
        Just(Claim::EventuallyAlways),
    ]
}
