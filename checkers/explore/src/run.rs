//! Runs: sequences of steps that the protocol itself takes.

use crate::space::{Outcome, Space};
use crate::{Protocol, Refusal};
use stateright::Model;

/// A run from an initial state. With `loops_to`, the last state equals that one and the steps
/// between repeat for ever; a loop without steps stutters.
pub(crate) struct Run<P: Model> {
    pub(crate) initial: P::State,
    pub(crate) steps: Vec<(P::Action, P::State)>,
    pub(crate) loops_to: Option<usize>,
}

impl<P: Protocol> Run<P> {
    pub(crate) fn of(initial: P::State) -> Self {
        Self { initial, steps: Vec::new(), loops_to: None }
    }

    pub(crate) fn last(&self) -> &P::State {
        self.steps.last().map_or(&self.initial, |(_, state)| state)
    }

    /// The states in order; the initial one has index 0.
    pub(crate) fn state(&self, index: usize) -> Option<&P::State> {
        match index.checked_sub(1) {
            None => Some(&self.initial),
            Some(step) => self.steps.get(step).map(|(_, state)| state),
        }
    }
}

/// The states of the space on a path given by ordinals: which initial state, then which of the
/// enabled actions.
pub(crate) fn follow<P: Protocol>(
    space: &Space<'_, P>,
    ordinals: &[u16],
) -> Result<Vec<P::State>, Refusal> {
    let broken = || Refusal::new("the path does not belong to this protocol");
    let (first, rest) = ordinals.split_first().ok_or_else(broken)?;
    let mut states = vec![space.initial().into_iter().nth(usize::from(*first)).ok_or_else(broken)?];
    let mut actions = Vec::new();
    for &ordinal in rest {
        let state = states.last().ok_or_else(broken)?;
        actions.clear();
        space.protocol.enabled(state, &mut actions);
        let action = actions.get(usize::from(ordinal)).ok_or_else(broken)?;
        let Some(Outcome::To(next)) = space.step(state, action) else { return Err(broken()) };
        states.push(space.normalise(next));
    }
    Ok(states)
}

/// A run of the protocol through the classes of states that `path` lists. In a space that is no
/// quotient these are the states themselves.
pub(crate) fn concrete<P: Protocol>(
    space: &Space<'_, P>,
    path: &[P::State],
) -> Result<Run<P>, Refusal> {
    let broken = || Refusal::new("a state of the quotient stands for no state on this run");
    let (first, rest) = path.split_first().ok_or_else(broken)?;
    let mut initial = space.protocol.init_states().into_iter();
    let initial =
        initial.find(|state| space.normalise(state.clone()) == *first).ok_or_else(broken)?;
    let mut run = Run::of(initial);
    for target in rest {
        let step = step_to(space, run.last(), target).ok_or_else(broken)?;
        run.steps.push(step);
    }
    Ok(run)
}

/// A step from `state` to a state that `target` stands for.
pub(crate) fn step_to<P: Protocol>(
    space: &Space<'_, P>,
    state: &P::State,
    target: &P::State,
) -> Option<(P::Action, P::State)> {
    let mut actions = Vec::new();
    space.protocol.enabled(state, &mut actions);
    actions.into_iter().find_map(|action| match space.step(state, &action) {
        Some(Outcome::To(next)) if space.normalise(next.clone()) == *target => Some((action, next)),
        _ => None,
    })
}
