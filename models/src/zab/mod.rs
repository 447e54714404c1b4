//! Zab, the atomic broadcast protocol of `ZooKeeper`, as its published TLA+ specification has it
//! (`Zab.tla` of the `ZooKeeper` project's protocol specification, after the DSN 2011 paper).
//!
//! Actions, variables and invariants carry the names of the specification, and the numbers of
//! generated and distinct states agree with TLC's. One file a module: election, faults,
//! discovery, synchronization, broadcast.

mod actions;
mod broadcast;
mod discovery;
mod election;
mod family;
mod faults;
mod invariants;
pub(crate) mod observe;
mod packing;
pub(crate) mod state;
mod symmetry;
mod synchronization;
pub(crate) mod types;

#[cfg(test)]
mod tests;

pub use actions::Action;
pub use broadcast::AckCase;
pub use family::ZabFamily;
pub use state::State;

use crate::ServerSet;
use crate::packing::{Renaming, pack, unpack};
use actions::Class;
use seatrial_explore::{ActionClass, Property, Protocol, within_bounds};
use serde_json::Value;
use state::VARIABLES;
use stateright::Model;

/// How far the environment may go. The names are those of the specification's `Parameters`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// `MaxTimeoutFailures`; a restart counts as a timeout too.
    pub timeouts: u8,
    /// `MaxTransactionNum`.
    pub txns: u8,
    /// `MaxEpoch`.
    pub epochs: u8,
    /// `MaxRestarts`.
    pub restarts: u8,
}

/// How finely the election is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElectionGrain {
    /// As in the specification: servers follow the oracle one by one.
    Baseline,
    /// A quorum has its leader and follows it in one step.
    Coarse,
}

/// A seeded fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Any half of the servers counts as a quorum.
    HalfQuorum,
    /// A leader takes over the highest accepted epoch instead of the next one.
    EpochNotIncremented,
    /// A leader starts from the least recent history of its quorum.
    LeastRecentHistory,
    /// A follower writes the initial history in the reverse order.
    HistoryReversed,
    /// A follower writes another value than was proposed.
    ProposalCorrupted,
    /// A leader has its followers commit the initial history before it does so itself.
    LeaderCommitsLate,
}

/// Zab with `N` servers.
#[derive(Debug)]
pub struct Zab<const N: usize> {
    bounds: Bounds,
    mutant: Option<Mutant>,
    classes: Vec<ActionClass>,
    modelled: Vec<Class>,
    /// By class, its place among those that are modelled.
    places: [usize; Class::ALL.len()],
}

impl<const N: usize> Zab<N> {
    /// The protocol within bounds, at a grain, as published or with a fault.
    pub fn new(bounds: Bounds, election: ElectionGrain, mutant: Option<Mutant>) -> Self {
        let modelled: Vec<Class> =
            Class::ALL.into_iter().filter(|class| class.is_part_of(election)).collect();
        let classes = modelled.iter().map(|class| class.declaration()).collect();
        let place = |class| modelled.iter().position(|modelled| *modelled == class);
        let places = Class::ALL.map(|class| place(class).unwrap_or(usize::MAX));
        Self { bounds, mutant, classes, modelled, places }
    }

    fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// `IsQuorum`.
    fn is_quorum(&self, servers: ServerSet) -> bool {
        let twice = 2 * servers.len();
        twice > N || (self.has(Mutant::HalfQuorum) && twice == N)
    }
}

impl<const N: usize> Model for Zab<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        vec![State::default()]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        within_bounds(self, state, actions);
    }

    fn next_state(&self, last_state: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = last_state.clone();
        self.take(&mut next, action);
        Some(next)
    }

    /// For stateright's own checkers, with which the engine is compared.
    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::always("Invariants", |_, state| invariants::hold(state))]
    }
}

impl<const N: usize> Protocol for Zab<N> {
    fn classes(&self) -> &[ActionClass] {
        &self.classes
    }

    fn class_of(&self, action: &Self::Action) -> usize {
        self.places.get(action.class() as usize).copied().unwrap_or(usize::MAX)
    }

    fn enabled(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        for &class in &self.modelled {
            self.enabled_of(class, state, actions);
        }
    }

    fn enabled_in(&self, class: usize, state: &Self::State, actions: &mut Vec<Self::Action>) {
        if let Some(&class) = self.modelled.get(class) {
            self.enabled_of(class, state, actions);
        }
    }

    fn bound_on(&self, state: &Self::State, action: &Self::Action) -> Option<&'static str> {
        let (bound, used, limit) = match action.class() {
            Class::Timeout => ("timeouts", *state.n_timeout.peek(), self.bounds.timeouts),
            Class::Restart => ("restarts", *state.n_restart.peek(), self.bounds.restarts),
            Class::LeaderProcessCEPOCH => ("epochs", *state.max_epoch.peek(), self.bounds.epochs),
            Class::LeaderProcessRequest => ("txns", *state.n_transaction.peek(), self.bounds.txns),
            _ => return None,
        };
        (used >= limit).then_some(bound)
    }

    fn next_into(
        &self,
        state: &Self::State,
        action: &Self::Action,
        next: &mut Self::State,
    ) -> bool {
        next.clone_from(state);
        self.take(next, *action);
        true
    }

    fn actor(&self, action: &Self::Action) -> Option<String> {
        action.servers().0.map(|server| server.to_string())
    }

    fn label(&self, action: &Self::Action) -> String {
        action.to_string()
    }

    fn specification(&self) -> Vec<Property<Self>> {
        invariants::all()
    }

    fn variables(&self) -> &[&'static str] {
        &VARIABLES
    }

    fn observe(&self, state: &Self::State) -> Vec<Value> {
        observe::variables(state)
    }

    fn forget(&self, state: &mut Self::State, variable: usize) -> bool {
        observe::forget(state, variable)
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn representative(&self, state: Self::State) -> Self::State {
        let mut bytes = Vec::new();
        symmetry::pack_representative(&state, &mut bytes);
        unpack(&bytes).unwrap_or(state)
    }

    fn encode(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        pack(state, Renaming::identity(), bytes);
    }

    fn encode_representative(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        symmetry::pack_representative(state, bytes);
    }

    fn decode(&self, bytes: &[u8]) -> Option<Self::State> {
        unpack(bytes)
    }

    fn observation(&self, state: &Self::State) -> Option<Value> {
        Some(observe::of_clients(
            state.current_epoch.peek(),
            state.history.peek(),
            state.last_committed.peek(),
        ))
    }
}
