//! Runs: sequences of steps that the protocol itself takes.

use crate::space::{Outcome, Space};
use crate::{Formula, Predicate, Property, Protocol, Refusal, Strength};
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

/// A path through a space: its first state, then for each step the class of the action and the
/// state it leads to.
pub(crate) struct Path<S> {
    pub(crate) first: S,
    pub(crate) steps: Vec<(usize, S)>,
}

/// The path given by ordinals: which initial state, then which of the enabled actions.
pub(crate) fn follow<P: Protocol>(
    space: &Space<'_, P>,
    ordinals: &[u16],
) -> Result<Path<P::State>, Refusal> {
    let broken = || Refusal::new("the path does not belong to this protocol");
    let (first, rest) = ordinals.split_first().ok_or_else(broken)?;
    let first = space.initial().into_iter().nth(usize::from(*first)).ok_or_else(broken)?;
    let first = space.normalise(first);
    let mut path = Path { first, steps: Vec::with_capacity(rest.len()) };
    let mut actions = Vec::new();
    for &ordinal in rest {
        let state = path.steps.last().map_or(&path.first, |(_, state)| state);
        actions.clear();
        space.protocol.enabled(state, &mut actions);
        let action = actions.get(usize::from(ordinal)).ok_or_else(broken)?;
        let Some(Outcome::To(next)) = space.step(state, action) else { return Err(broken()) };
        path.steps.push((space.protocol.class_of(action), space.normalise(next)));
    }
    Ok(path)
}

/// A run of the protocol through the states that `path` stands for. In a space that is no
/// quotient these are the states themselves.
pub(crate) fn concrete<P: Protocol>(
    space: &Space<'_, P>,
    path: &Path<P::State>,
) -> Result<Run<P>, Refusal> {
    let mut initial = space.protocol.init_states().into_iter();
    let initial = initial.find(|state| space.normalise(state.clone()) == path.first);
    let mut run = Run::of(initial.ok_or_else(no_state)?);
    for (class, target) in &path.steps {
        run.advance(space, *class, target)?;
    }
    Ok(run)
}

/// The run along a lasso. In a quotient the states may come back renamed; the loop is then
/// followed until a state itself comes back.
pub(crate) fn concrete_lasso<P: Protocol>(
    space: &Space<'_, P>,
    stem: &[u16],
    cycle: &[u16],
) -> Result<Run<P>, Refusal> {
    let whole: Vec<u16> = stem.iter().chain(cycle).copied().collect();
    let mut path = follow(space, &whole)?;
    let around = path.steps.split_off(stem.len().saturating_sub(1));
    let mut run = concrete(space, &path)?;
    let mut turns = vec![run.steps.len()];
    loop {
        for (class, target) in &around {
            run.advance(space, *class, target)?;
        }
        if let Some(&start) = turns.iter().find(|&&turn| run.state(turn) == Some(run.last())) {
            run.loops_to = Some(start);
            return Ok(run);
        }
        turns.push(run.steps.len());
    }
}

impl<P: Protocol> Run<P> {
    /// Takes a step of this class to a state that `target` stands for.
    fn advance(
        &mut self,
        space: &Space<'_, P>,
        class: usize,
        target: &P::State,
    ) -> Result<(), Refusal> {
        let mut actions = Vec::new();
        space.protocol.enabled(self.last(), &mut actions);
        let mut actions =
            actions.into_iter().filter(|action| space.protocol.class_of(action) == class);
        let step = actions.find_map(|action| match space.step(self.last(), &action) {
            Some(Outcome::To(next)) if space.normalise(next.clone()) == *target => {
                Some((action, next))
            }
            _ => None,
        });
        self.steps.push(step.ok_or_else(no_state)?);
        Ok(())
    }

    /// Whether the run goes on for ever and treats all actions fairly: by the definition of
    /// fairness, from the protocol's own guards.
    pub(crate) fn is_fair(&self, protocol: &P) -> bool {
        let Some(start) = self.loops_to else { return false };
        let states: Vec<&P::State> =
            (start..=self.steps.len()).filter_map(|index| self.state(index)).collect();
        let steps = self.steps.iter().enumerate().skip(start);
        protocol.fairness().iter().all(|fairness| {
            let covers = |action: &P::Action| (fairness.covers)(protocol, action);
            let enabled = |state: &P::State| {
                let mut actions = Vec::new();
                protocol.enabled(state, &mut actions);
                let mut covered = actions.into_iter().filter(|action| covers(action));
                covered.any(|action| {
                    protocol.next_state(state, action).is_some_and(|next| next != *state)
                })
            };
            let mut steps = steps.clone();
            let taken = steps
                .any(|(index, (action, next))| covers(action) && self.state(index) != Some(next));
            taken
                || match fairness.strength {
                    Strength::Weak => !states.iter().all(|state| enabled(state)),
                    Strength::Strong => !states.iter().any(|state| enabled(state)),
                }
        })
    }

    /// Whether the run violates a liveness property: from a bad start on, it never meets the
    /// goal, or leaves it again and again, and it goes round for ever.
    pub(crate) fn violates(&self, protocol: &P, property: &Property<P>) -> bool {
        let Some(start) = self.loops_to else { return false };
        let holds = |predicate: &Predicate<P>, index: usize| {
            self.state(index).is_some_and(|state| predicate(protocol, state))
        };
        let never = |goal: &Predicate<P>, from: usize| {
            (from..=self.steps.len()).all(|index| !holds(goal, index))
        };
        match &property.formula {
            Formula::Always { .. } | Formula::Sometimes(_) => false,
            Formula::Eventually(goal) => never(goal, 0),
            Formula::AlwaysEventually(goal) => never(goal, start),
            Formula::EventuallyAlways(goal) => {
                (start..=self.steps.len()).any(|index| !holds(goal, index))
            }
            Formula::LeadsTo(from, to) => {
                let mut bad = (0..=self.steps.len()).filter(|&index| holds(from, index));
                bad.any(|index| never(to, index) && never(to, start))
            }
        }
    }
}

fn no_state() -> Refusal {
    Refusal::new("a state of the quotient stands for no state on this run")
}
