//! `ZooKeeper`'s replication protocol as its code has it, at mixed granularity.
//!
//! After the TLA+ specifications of Remix (`EuroSys` 2025): actions, variables and messages carry
//! their names, and those of the code (`FastLeaderElection`, `Leader`, `LearnerHandler`, `Learner`,
//! `Follower`, `SyncRequestProcessor`, `CommitProcessor`). Where this model differs from the
//! published files, and why, is in the README beside it.
//!
//! One file a module, and one more a grain: [`election`] and [`discovery`] or, in one step, the
//! module `election_coarse`; `synchronization` and `newleader`, with the followers' `threads` and
//! their `memory_log`; `broadcast`; `faults`.

#![expect(
    clippy::unused_self,
    reason = "guards and updates have one form, whether they depend on the configuration or not"
)]

mod actions;
mod broadcast;
mod code;
mod declarations;
mod discovery;
mod election;
mod election_coarse;
mod family;
mod faults;
mod invariants;
mod memory_log;
mod newleader;
mod observe;
mod packing;
mod recorder;
mod setup;
mod state;
mod synchronization;
mod threads;
mod types;
mod variants;
mod vote;

#[cfg(test)]
mod tests;

pub use actions::Action;
pub use code::{Change, Code};
pub use family::ZooKeeperFamily;
pub use state::State;
pub use variants::Mutant;

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
    /// `MaxTimeoutFailures`: faults that hit a server which serves.
    pub timeouts: u8,
    /// `MaxTransactionNum`: transactions in the longest history.
    pub txns: u8,
    /// `MaxEpoch`, of the discovery at its baseline.
    pub epochs: u8,
    /// `MaxCrashes`.
    pub crashes: u8,
    /// `MaxPartitions`.
    pub partitions: u8,
    /// Whether a quorum must elect a leader before a server fails again (`noExecute`,
    /// `nConsequentFailure`).
    pub spaced_faults: bool,
    /// Whether a run begins in a cluster that serves (`SetInitState`).
    pub running: bool,
}

/// How finely election and discovery are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElectionGrain {
    /// `ElectionAndDiscovery`: both in one step, of all servers that look for a leader.
    Coarse,
    /// The same of any quorum of them; the others join the leader later, in one step each.
    Joining,
    /// Fast leader election and discovery, message by message.
    Baseline,
}

/// How finely synchronization is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SynchronizationGrain {
    /// A follower processes NEWLEADER in one step.
    Baseline,
    /// It updates the epoch in a step of its own.
    FineAtomic,
    /// Logging, committing and acknowledging are steps too.
    FineConcurrent,
    /// The same, and a leader synchronizes its learners from the committed log in memory.
    CommittedLog,
}

/// How finely broadcast is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroadcastGrain {
    /// A follower logs and commits as soon as it is told to.
    Baseline,
    /// Its threads do.
    FineConcurrent,
}

/// A choice of grains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grains {
    /// Of election and discovery.
    pub election: ElectionGrain,
    /// Of synchronization.
    pub synchronization: SynchronizationGrain,
    /// Of broadcast.
    pub broadcast: BroadcastGrain,
}

/// The protocol with `N` servers.
#[derive(Debug)]
pub struct ZooKeeper<const N: usize> {
    bounds: Bounds,
    election: ElectionGrain,
    synchronization: SynchronizationGrain,
    broadcast: BroadcastGrain,
    code: Code,
    mutant: Option<Mutant>,
    classes: Vec<ActionClass>,
    modelled: Vec<Class>,
    /// By class, its place among those that are modelled.
    places: [usize; Class::ALL.len()],
}

impl<const N: usize> ZooKeeper<N> {
    /// The protocol within bounds, at a grain, as some code has it or with a fault.
    pub fn new(bounds: Bounds, grains: Grains, code: Code, mutant: Option<Mutant>) -> Self {
        let Grains { election, synchronization, broadcast } = grains;
        let mut this = Self {
            bounds,
            election,
            synchronization,
            broadcast,
            code,
            mutant,
            classes: Vec::new(),
            modelled: Vec::new(),
            places: [usize::MAX; Class::ALL.len()],
        };
        let modelled: Vec<Class> =
            Class::ALL.into_iter().filter(|&class| this.models(class)).collect();
        let place = |class| modelled.iter().position(|modelled| *modelled == class);
        this.places = Class::ALL.map(|class| place(class).unwrap_or(usize::MAX));
        this.classes = modelled.iter().map(|class| class.declaration()).collect();
        this.modelled = modelled;
        this
    }

    fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// `IsQuorum`.
    fn is_quorum(&self, servers: ServerSet) -> bool {
        let needed = if self.has(Mutant::SmallQuorum) { N / 2 } else { N / 2 + 1 };
        servers.len() >= needed
    }

    /// The epoch that a leader chooses after the highest accepted one.
    fn next_epoch(&self, accepted: u8) -> u8 {
        if self.has(Mutant::EpochNotIncremented) { accepted } else { accepted + 1 }
    }

    /// Whether a follower's threads are steps of their own.
    fn has_threads(&self) -> bool {
        self.synchronization.is_concurrent() || self.broadcast == BroadcastGrain::FineConcurrent
    }
}

impl<const N: usize> Model for ZooKeeper<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        let mut state = State::default();
        if !self.bounds.running {
            *state.do_init.peek_mut() = true;
            self.vote_for_oneself(&mut state);
        }
        vec![state]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        within_bounds(self, state, actions);
    }

    fn next_state(&self, last_state: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = last_state.clone();
        self.take(&mut next, last_state, action);
        Some(next)
    }
}

impl<const N: usize> Protocol for ZooKeeper<N> {
    fn classes(&self) -> &[ActionClass] {
        &self.classes
    }

    fn class_of(&self, action: &Self::Action) -> usize {
        self.places.get(action.class as usize).copied().unwrap_or(usize::MAX)
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
        self.bound_of(state, *action)
    }

    fn next_into(
        &self,
        state: &Self::State,
        action: &Self::Action,
        next: &mut Self::State,
    ) -> bool {
        next.clone_from(state);
        self.take(next, state, *action);
        true
    }

    fn actor(&self, action: &Self::Action) -> Option<String> {
        Some(action.i.to_string())
    }

    fn label(&self, action: &Self::Action) -> String {
        action.to_string()
    }

    fn specification(&self) -> Vec<Property<Self>> {
        invariants::all()
    }

    /// All servers may have crashed.
    fn may_stop(&self, _: &Self::State) -> bool {
        true
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

    fn encode(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        pack(state, Renaming::identity(), bytes);
    }

    fn decode(&self, bytes: &[u8]) -> Option<Self::State> {
        unpack(bytes)
    }

    fn observation(&self, state: &Self::State) -> Option<Value> {
        Some(crate::zab::observe::of_clients(
            state.current_epoch.peek(),
            state.history.peek(),
            state.last_committed.peek(),
        ))
    }
}
