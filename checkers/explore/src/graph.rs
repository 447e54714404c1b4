//! The explored graph with its edges: what liveness is decided on.

use crate::bfs::Progress;
use crate::frontier::Packed;
use crate::limits::{Budget, Stop};
use crate::space::{Outcome, Space};
use crate::visited::{NO_PARENT, Origins};
use crate::{Cause, Fairness, Formula, LivenessCost, Protocol, Refusal, Strength};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Fairness assumptions a run can carry: one bit each.
const MAX_FAIRNESS: usize = 64;

/// An edge of the graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) target: u32,
    /// Which of the source's enabled actions it is.
    pub(crate) ordinal: u16,
    /// The fairness assumptions whose actions it takes, as bits.
    pub(crate) takes: u64,
}

/// A graph of numbered states.
pub(crate) struct StateGraph<P: Protocol> {
    pub(crate) fairness: Vec<Fairness<P>>,
    pub(crate) origins: Origins,
    /// The states, packed, by number.
    pub(crate) states: Packed,
    /// The edges, grouped by source; those of state `s` start at `starts[s]`.
    edges: Vec<Edge>,
    starts: Vec<usize>,
    /// The fairness assumptions of which an action is enabled, before bounds, by state.
    enabled: Vec<u64>,
    /// For each property two bits by state: its first and its second predicate.
    truths: Vec<u128>,
    pub(crate) initial: Vec<u32>,
    pub(crate) stop: Stop,
    /// What was cut that a fair run might need: reasons to call an unrefuted question undecided.
    pub(crate) cuts: BTreeSet<String>,
}

impl<P: Protocol> StateGraph<P> {
    /// Explores the graph of `space`, as far as the budget goes.
    pub(crate) fn explore(
        space: &Space<'_, P>,
        budget: &Budget,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Refusal> {
        let fairness = space.protocol.fairness();
        if fairness.len() > MAX_FAIRNESS {
            return Err(Refusal::new(format!("more than {MAX_FAIRNESS} fairness assumptions")));
        }
        let mut builder = Builder::new(space, &fairness);
        for (ordinal, state) in (0_u16..).zip(space.initial()) {
            let number = builder.number(&state, NO_PARENT, ordinal)?;
            builder.initial.push(number);
        }
        let mut expanded = 0;
        let stop = loop {
            if expanded == builder.states.len() {
                break Stop::Complete;
            }
            if expanded.is_multiple_of(1024) {
                let distinct = builder.states.len() as u64;
                let spent = budget.spent(distinct, 0).filter(|stop| *stop != Stop::Depth);
                let memory = budget.out_of_memory(builder.bytes()).then_some(Stop::Memory);
                if let Some(stop) = spent.or(memory) {
                    break stop;
                }
                let queue = distinct - expanded as u64;
                progress(Progress {
                    depth: 0,
                    generated: builder.edges.len() as u64,
                    distinct,
                    queue,
                });
            }
            builder.expand(expanded)?;
            expanded += 1;
        };
        let Builder { origins, states, edges, starts, enabled, truths, initial, cuts, .. } =
            builder;
        Ok(Self { fairness, origins, states, edges, starts, enabled, truths, initial, stop, cuts })
    }

    /// States that were expanded; they have the smallest numbers.
    pub(crate) fn expanded(&self) -> u32 {
        u32::try_from(self.enabled.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn edges(&self, state: u32) -> &[Edge] {
        let start = self.starts.get(state as usize).copied().unwrap_or(usize::MAX);
        let end = self.starts.get(state as usize + 1).copied().unwrap_or(self.edges.len());
        self.edges.get(start..end).unwrap_or_default()
    }

    pub(crate) fn enabled(&self, state: u32) -> u64 {
        self.enabled.get(state as usize).copied().unwrap_or_default()
    }

    /// The truth of a property's first (`0`) or second (`1`) predicate.
    pub(crate) fn truth(&self, state: u32, property: usize, predicate: usize) -> bool {
        self.truths
            .get(state as usize)
            .is_some_and(|bits| bits >> (2 * property + predicate) & 1 == 1)
    }

    /// The fairness assumptions of one strength, as bits.
    pub(crate) fn of_strength(&self, strength: Strength) -> u64 {
        let those =
            self.fairness.iter().enumerate().filter(|(_, fairness)| fairness.strength == strength);
        those.fold(0, |bits, (index, _)| bits | 1 << index)
    }

    pub(crate) fn cost(&self) -> LivenessCost {
        let (states, edges) = (self.truths.len() as u64, self.edges.len() as u64);
        LivenessCost { states, edges, bytes: states * (8 + 16 + 8 + 6) + edges * 16 }
    }
}

/// A graph in the making.
struct Builder<'s, 'p, P: Protocol> {
    space: &'s Space<'p, P>,
    fairness: &'s [Fairness<P>],
    numbers: FxHashMap<u64, u32>,
    states: Packed,
    origins: Origins,
    edges: Vec<Edge>,
    starts: Vec<usize>,
    enabled: Vec<u64>,
    truths: Vec<u128>,
    initial: Vec<u32>,
    cuts: BTreeSet<String>,
    /// The packed form of the state at hand.
    packed: Vec<u8>,
}

impl<'s, 'p, P: Protocol> Builder<'s, 'p, P> {
    fn new(space: &'s Space<'p, P>, fairness: &'s [Fairness<P>]) -> Self {
        Self {
            space,
            fairness,
            numbers: FxHashMap::default(),
            states: Packed::default(),
            origins: Origins::default(),
            edges: Vec::new(),
            starts: Vec::new(),
            enabled: Vec::new(),
            truths: Vec::new(),
            initial: Vec::new(),
            cuts: BTreeSet::new(),
            packed: Vec::new(),
        }
    }

    fn bytes(&self) -> u64 {
        let states = self.truths.len() as u64;
        self.states.bytes()
            + self.origins.bytes()
            + self.edges.capacity() as u64 * 16
            + states * (8 + 16 + 8 + 24)
    }

    /// The number of what stands for a state, which is a new one if that is.
    fn number(&mut self, state: &P::State, parent: u32, ordinal: u16) -> Result<u32, Refusal> {
        let next = u32::try_from(self.states.len())
            .map_err(|_| Refusal::new("too many states to number"))?;
        let fingerprint = self.space.pack(state, &mut self.packed);
        let number = *self.numbers.entry(fingerprint).or_insert(next);
        if number == next {
            self.states.push(&self.packed);
            self.origins.push(parent, ordinal);
            self.truths.push(self.truths_of(state));
        }
        Ok(number)
    }

    fn truths_of(&self, state: &P::State) -> u128 {
        let protocol = self.space.protocol;
        let mut bits = 0;
        for (index, property) in self.space.properties.iter().enumerate() {
            let (first, second) = match &property.formula {
                Formula::Eventually(holds)
                | Formula::AlwaysEventually(holds)
                | Formula::EventuallyAlways(holds) => (true, holds(protocol, state)),
                Formula::LeadsTo(from, to) => (from(protocol, state), to(protocol, state)),
                Formula::Always { .. } | Formula::Sometimes(_) => continue,
            };
            bits |= (u128::from(first) | u128::from(second) << 1) << (2 * index);
        }
        bits
    }

    /// The fairness assumptions that cover an action, as bits.
    fn covering(&self, action: &P::Action) -> u64 {
        let fairness = self.fairness.iter().enumerate();
        let covering =
            fairness.filter(|(_, fairness)| (fairness.covers)(self.space.protocol, action));
        covering.fold(0, |bits, (index, _)| bits | 1 << index)
    }

    fn expand(&mut self, index: usize) -> Result<(), Refusal> {
        let source = u32::try_from(index).unwrap_or(u32::MAX);
        let protocol = self.space.protocol;
        let state = self.space.unpack(self.states.get(index).unwrap_or_default())?;
        let mut actions = Vec::new();
        protocol.enabled(&state, &mut actions);
        self.starts.push(self.edges.len());
        let mut enabled = 0;
        for (ordinal, action) in (0_u16..).zip(&actions) {
            let covering = self.covering(action);
            match self.space.step(&state, action) {
                None => {}
                Some(Outcome::Bounded(bound)) => {
                    enabled |= self.beyond_bound(&state, action, covering);
                    self.note_bound(bound, action, covering);
                }
                Some(Outcome::Outside) => {
                    enabled |= covering;
                    self.cuts.insert("a successor is outside the model's boundary".to_owned());
                }
                Some(Outcome::To(next)) => {
                    let takes = if next == state { 0 } else { covering };
                    enabled |= takes;
                    let target = self.target(&next, source, ordinal)?;
                    self.edges.push(Edge { target, ordinal, takes });
                }
            }
        }
        self.enabled.push(enabled);
        Ok(())
    }

    /// The number of a successor. Under symmetry the fairness assumptions must not tell it from
    /// its representative.
    fn target(&mut self, next: &P::State, source: u32, ordinal: u16) -> Result<u32, Refusal> {
        if self.space.is_symmetric() {
            let normalised = self.space.normalise(next.clone());
            self.space.check_symmetry(next, &normalised)?;
            for fairness in self.fairness {
                if self.is_enabled(next, fairness) != self.is_enabled(&normalised, fairness) {
                    let name = &fairness.name;
                    return Err(Refusal::new(format!(
                        "fairness of `{name}` is not invariant under the symmetry"
                    )));
                }
            }
        }
        self.number(next, source, ordinal)
    }

    fn is_enabled(&self, state: &P::State, fairness: &Fairness<P>) -> bool {
        let mut actions = Vec::new();
        self.space.protocol.enabled(state, &mut actions);
        let mut covered =
            actions.into_iter().filter(|action| (fairness.covers)(self.space.protocol, action));
        covered.any(|action| {
            self.space.protocol.next_state(state, action).is_some_and(|next| next != *state)
        })
    }

    /// Which fairness assumptions an action that a bound forbids enables all the same.
    fn beyond_bound(&self, state: &P::State, action: &P::Action, covering: u64) -> u64 {
        let next = self.space.protocol.next_state(state, action.clone());
        if next.is_some_and(|next| next != *state) { covering } else { 0 }
    }

    fn note_bound(&mut self, bound: &str, action: &P::Action, covering: u64) {
        let class = self.space.protocol.classes().get(self.space.protocol.class_of(action));
        let Some(class) = class else { return };
        if covering != 0 {
            self.cuts
                .insert(format!("the bound `{bound}` disables the fair action `{}`", class.name));
        } else if class.cause == Cause::Internal {
            self.cuts.insert(format!(
                "the bound `{bound}` disables the internal action `{}`",
                class.name
            ));
        }
    }
}
