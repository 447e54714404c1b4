//! A protocol's state space as a run sees it: through its bounds, a symmetry and a projection.

use crate::fingerprint::fingerprint;
use crate::{Property, Protocol, Refusal};

/// Properties a run can carry: one bit each.
const MAX_PROPERTIES: usize = 64;

/// What lies behind an enabled action.
pub(crate) enum Outcome<S> {
    /// The successor, as the protocol made it.
    To(S),
    /// A bound forbids the action.
    Bounded(&'static str),
    /// The successor is outside the protocol's boundary.
    Outside,
}

/// The state space of one run.
#[derive(Debug)]
pub(crate) struct Space<'p, P: Protocol> {
    pub(crate) protocol: &'p P,
    pub(crate) properties: Vec<Property<P>>,
    symmetry: bool,
    hidden: Vec<usize>,
}

impl<'p, P: Protocol> Space<'p, P> {
    /// The space as the protocol defines it.
    pub(crate) fn plain(protocol: &'p P) -> Self {
        Self { protocol, properties: protocol.specification(), symmetry: false, hidden: Vec::new() }
    }

    /// The space of orbits (with `symmetry`) of states without the variables `hide`. Refused
    /// where the quotient could give another answer than the space itself.
    pub(crate) fn new(
        protocol: &'p P,
        properties: Vec<Property<P>>,
        symmetry: bool,
        hide: &[String],
    ) -> Result<Self, Refusal> {
        if properties.len() > MAX_PROPERTIES {
            return Err(Refusal::new(format!("more than {MAX_PROPERTIES} properties in one run")));
        }
        if symmetry && !protocol.is_symmetric() {
            return Err(Refusal::new("the protocol declares no symmetry"));
        }
        if symmetry && let Some(property) = properties.iter().find(|property| !property.symmetric) {
            let name = &property.name;
            return Err(Refusal::new(format!(
                "property `{name}` is not invariant under the symmetry"
            )));
        }
        let hidden = hide.iter().map(|name| hideable(protocol, &properties, name));
        let hidden = hidden.collect::<Result<_, _>>()?;
        Ok(Self { protocol, properties, symmetry, hidden })
    }

    /// The state of this space that stands for `state`.
    #[inline]
    pub(crate) fn normalise(&self, mut state: P::State) -> P::State {
        for &variable in &self.hidden {
            self.protocol.forget(&mut state, variable);
        }
        if self.symmetry { self.protocol.representative(state) } else { state }
    }

    /// Writes the packed form of the state that stands for `state` into `bytes`, and returns its
    /// fingerprint.
    #[inline]
    pub(crate) fn pack(&self, state: &P::State, bytes: &mut Vec<u8>) -> u64 {
        bytes.clear();
        if !self.hidden.is_empty() {
            self.protocol.encode(&self.normalise(state.clone()), bytes);
        } else if self.symmetry {
            self.protocol.encode_representative(state, bytes);
        } else {
            self.protocol.encode(state, bytes);
        }
        fingerprint(bytes)
    }

    /// The state that `bytes` are the packed form of.
    #[inline]
    pub(crate) fn unpack(&self, bytes: &[u8]) -> Result<P::State, Refusal> {
        let state = self.protocol.decode(bytes);
        state.ok_or_else(|| Refusal::new("a packed state does not unpack"))
    }

    /// Whether states are replaced by representatives.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.symmetry
    }

    /// The initial states, in the protocol's order, with duplicates, not normalised.
    pub(crate) fn initial(&self) -> Vec<P::State> {
        let states = self.protocol.init_states().into_iter();
        states.filter(|state| self.protocol.within_boundary(state)).collect()
    }

    /// What lies behind an action that is enabled in `state`; `None` if it leads nowhere. The
    /// successor is as the protocol makes it, not normalised.
    #[inline]
    pub(crate) fn step(&self, state: &P::State, action: &P::Action) -> Option<Outcome<P::State>> {
        let mut next = state.clone();
        Some(match self.step_into(state, action, &mut next)? {
            Outcome::To(()) => Outcome::To(next),
            Outcome::Bounded(bound) => Outcome::Bounded(bound),
            Outcome::Outside => Outcome::Outside,
        })
    }

    /// As [`step`](Self::step), with the successor in place of the state in `next`.
    #[inline]
    pub(crate) fn step_into(
        &self,
        state: &P::State,
        action: &P::Action,
        next: &mut P::State,
    ) -> Option<Outcome<()>> {
        if let Some(bound) = self.protocol.bound_on(state, action) {
            return Some(Outcome::Bounded(bound));
        }
        let leads_on = self.protocol.next_into(state, action, next);
        let inside = leads_on && self.protocol.within_boundary(next);
        leads_on.then_some(if inside { Outcome::To(()) } else { Outcome::Outside })
    }

    /// Refuses the symmetry if `state` and its representative differ in a property or in the
    /// action classes that are enabled: then the declaration is wrong.
    pub(crate) fn check_symmetry(
        &self,
        state: &P::State,
        representative: &P::State,
    ) -> Result<(), Refusal> {
        for property in &self.properties {
            if property.valuation(self.protocol, state)
                != property.valuation(self.protocol, representative)
            {
                let name = &property.name;
                return Err(Refusal::new(format!(
                    "property `{name}` is declared invariant under the symmetry but is not"
                )));
            }
        }
        if self.enabled_classes(state) != self.enabled_classes(representative) {
            return Err(Refusal::new("the symmetry changes which actions are enabled"));
        }
        Ok(())
    }

    fn enabled_classes(&self, state: &P::State) -> Vec<usize> {
        let mut actions = Vec::new();
        self.protocol.enabled(state, &mut actions);
        let mut classes: Vec<usize> =
            actions.iter().map(|action| self.protocol.class_of(action)).collect();
        classes.sort_unstable();
        classes
    }
}

/// The index of a variable that may be projected out: the protocol can, and no guard, property
/// or update of another variable reads it.
fn hideable<P: Protocol>(
    protocol: &P,
    properties: &[Property<P>],
    name: &str,
) -> Result<usize, Refusal> {
    let variables = protocol.variables();
    let Some(index) = variables.iter().position(|variable| variable == &name) else {
        return Err(Refusal::unknown("variable", name, variables.iter().copied()));
    };
    let readers = protocol.classes().iter().filter_map(|class| {
        let updates_others = class.assigns().any(|assigned| assigned != name);
        if class.guard.contains(&name) {
            Some(format!("the guard of `{}` reads it", class.name))
        } else if class.reads.contains(&name) && updates_others {
            Some(format!("the update of `{}` reads it", class.name))
        } else {
            None
        }
    });
    let readers = readers.chain(properties.iter().filter_map(|property| match &property.reads {
        None => Some(format!("property `{}` does not declare what it reads", property.name)),
        Some(reads) if reads.contains(&name) => {
            Some(format!("property `{}` reads it", property.name))
        }
        Some(_) => None,
    }));
    if let Some(reason) = readers.into_iter().next() {
        return Err(Refusal::new(format!("variable `{name}` cannot be hidden: {reason}")));
    }
    let able =
        protocol.init_states().first_mut().is_some_and(|state| protocol.forget(state, index));
    able.then_some(index).ok_or_else(|| {
        Refusal::new(format!(
            "variable `{name}` cannot be hidden: the protocol does not support it"
        ))
    })
}

#[cfg(test)]
mod tests;
