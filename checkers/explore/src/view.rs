//! A state space as it is walked by hand: where a run has come to, and the ways on.

use crate::run::{concrete, follow};
use crate::space::{Outcome, Space};
use crate::trace::observe;
use crate::{Kind, ModelId, Property, Protocol, Refusal, Trace};
use serde::Serialize;

/// The state at the end of a run, and the ways on from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The run; `None` before an initial state is chosen.
    pub run: Option<Trace>,
    /// What each property says of the state.
    pub properties: Vec<Glance>,
    /// The enabled actions, or the initial states if there is no run.
    pub ways: Vec<Way>,
}

/// What a property says of one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Glance {
    /// The property's name.
    pub name: String,
    /// Its kind: an invariant that does not hold is violated, another property asks for more than
    /// one state.
    pub kind: Kind,
    /// What it means.
    pub summary: String,
    /// Whether its predicate holds here; for a leads-to, its goal.
    pub holds: bool,
}

/// A way on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// What to append to the path.
    pub ordinal: u16,
    /// Who acts.
    pub actor: Option<String>,
    /// The action with its arguments.
    pub label: String,
    /// Why it cannot be gone.
    pub blocked: Option<String>,
    /// The variables that it changes.
    pub changes: Vec<String>,
    /// The invariants that do not hold behind it.
    pub violates: Vec<String>,
}

/// The view from the end of the path given by ordinals: which initial state, then which of the
/// enabled actions.
pub(crate) fn look<P: Protocol>(
    protocol: &P,
    model: &ModelId,
    ordinals: &[u16],
) -> Result<View, Refusal> {
    let space = Space::plain(protocol);
    if ordinals.is_empty() {
        let ways = (0..).zip(space.initial()).map(|(ordinal, state)| Way {
            ordinal,
            actor: None,
            label: format!("initial state {}", ordinal + 1),
            blocked: None,
            changes: Vec::new(),
            violates: violated(&space, &state),
        });
        return Ok(View { run: None, properties: Vec::new(), ways: ways.collect() });
    }
    let run = concrete(&space, &follow(&space, ordinals)?)?;
    let state = run.last();
    let mut actions = Vec::new();
    protocol.enabled(state, &mut actions);
    let ways = (0..).zip(&actions).map(|(ordinal, action)| way(&space, state, (ordinal, action)));
    let glance = |property: &Property<P>| Glance {
        name: property.name.clone(),
        kind: property.kind(),
        summary: property.summary.clone(),
        holds: property.holds_in(protocol, state),
    };
    Ok(View {
        properties: space.properties.iter().map(glance).collect(),
        ways: ways.collect(),
        run: Some(Trace::of(protocol, model, &run, None)),
    })
}

fn way<P: Protocol>(
    space: &Space<'_, P>,
    state: &P::State,
    (ordinal, action): (u16, &P::Action),
) -> Way {
    let (mut changes, mut violates) = (Vec::new(), Vec::new());
    let blocked = match space.step(state, action) {
        None => Some("leads nowhere".to_owned()),
        Some(Outcome::Outside) => Some("leads out of the model's boundary".to_owned()),
        Some(Outcome::Bounded(bound)) => Some(format!("the bound {bound} forbids it")),
        Some(Outcome::To(next)) => {
            let (before, after) = (observe(space.protocol, state), observe(space.protocol, &next));
            let differing = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
            changes.extend(differing.map(|(name, _)| name.clone()));
            violates = violated(space, &next);
            None
        }
    };
    let (actor, label) = (space.protocol.actor(action), space.protocol.label(action));
    Way { ordinal, actor, label, blocked, changes, violates }
}

/// The invariants that do not hold in `state`.
fn violated<P: Protocol>(space: &Space<'_, P>, state: &P::State) -> Vec<String> {
    let invariants = space.properties.iter().filter(|property| property.kind() == Kind::Always);
    let violated = invariants.filter(|property| !property.holds_in(space.protocol, state));
    violated.map(|property| property.name.clone()).collect()
}
