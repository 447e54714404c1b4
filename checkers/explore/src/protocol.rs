//! What the engine asks of a protocol.

use crate::{Fairness, Property, codec};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use stateright::Model;
use std::fmt::Debug;
use std::hash::Hash;

/// What a state must offer: it is compared, hashed, packed into a frontier and shown.
pub trait ProtocolState:
    Clone + Eq + Hash + Debug + Send + Sync + Serialize + DeserializeOwned + 'static
{
}
impl<T> ProtocolState for T where
    T: Clone + Eq + Hash + Debug + Send + Sync + Serialize + DeserializeOwned + 'static
{
}

/// What an action must offer.
pub trait ProtocolAction: Clone + PartialEq + Debug + Send + Sync + 'static {}
impl<T: Clone + PartialEq + Debug + Send + Sync + 'static> ProtocolAction for T {}

/// Who causes the actions of a class. Bounds may limit faults and inputs only; a bound on an
/// internal class makes a liveness question about it undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The protocol itself.
    Internal,
    /// A client or an operator.
    Input,
    /// The environment: a crash, a timeout, a partition.
    Fault,
}

/// A set of actions with one name and one declaration of what it reads and writes: an action
/// definition of a TLA+ specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionClass {
    /// The name, as in the specification.
    pub name: &'static str,
    /// The module that the class belongs to; modules partition the classes.
    pub module: &'static str,
    /// Modules whose actions the class stands for too: with its own they count as one.
    pub merges: &'static [&'static str],
    /// Who causes it.
    pub cause: Cause,
    /// Variables that the guard reads, or that choose between branches of the update, each of which
    /// is an action with its own guard.
    pub guard: &'static [&'static str],
    /// Variables that the update reads.
    pub reads: &'static [&'static str],
    /// Variables that the update writes.
    pub writes: &'static [&'static str],
    /// Variables that the update modifies in place: the new value depends on the old one and on
    /// `reads`, but no other variable's new value depends on this one's old value.
    pub modifies: &'static [&'static str],
}

impl ActionClass {
    /// A class of internal actions that declares nothing yet.
    pub const fn new(name: &'static str, module: &'static str) -> Self {
        Self {
            name,
            module,
            merges: &[],
            cause: Cause::Internal,
            guard: &[],
            reads: &[],
            writes: &[],
            modifies: &[],
        }
    }

    /// The same class with another cause.
    #[must_use]
    pub const fn caused_by(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// The same class, which stands for the actions of these modules too.
    #[must_use]
    pub const fn merging(mut self, modules: &'static [&'static str]) -> Self {
        self.merges = modules;
        self
    }

    /// The same class with the variables that its guard reads.
    #[must_use]
    pub const fn guard(mut self, variables: &'static [&'static str]) -> Self {
        self.guard = variables;
        self
    }

    /// The same class with the variables that its update reads.
    #[must_use]
    pub const fn reads(mut self, variables: &'static [&'static str]) -> Self {
        self.reads = variables;
        self
    }

    /// The same class with the variables that its update writes.
    #[must_use]
    pub const fn writes(mut self, variables: &'static [&'static str]) -> Self {
        self.writes = variables;
        self
    }

    /// The same class with the variables that its update modifies in place.
    #[must_use]
    pub const fn modifies(mut self, variables: &'static [&'static str]) -> Self {
        self.modifies = variables;
        self
    }

    /// The variables that the update assigns, in place or not.
    pub fn assigns(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.writes.iter().chain(self.modifies).copied()
    }
}

/// A protocol: a stateright [`Model`] with what its exploration needs to be exact.
///
/// A minimal protocol defines [`classes`](Self::classes), [`class_of`](Self::class_of) and
/// [`specification`](Self::specification). The rest has defaults that are right for a protocol
/// without bounds, symmetry, fairness or declared variables.
///
/// Two methods tell enabledness from bounds. [`enabled`](Self::enabled) lists the actions whose
/// guard holds, before any bound; [`bound_on`](Self::bound_on) names the bound that forbids one
/// of them. [`Model::actions`] must list the difference; [`within_bounds`] does.
pub trait Protocol: Model<State: ProtocolState, Action: ProtocolAction> + Send + Sync {
    /// The action classes of this composition, in a fixed order.
    fn classes(&self) -> &[ActionClass];

    /// The index in [`classes`](Self::classes) of the class of `action`.
    fn class_of(&self, action: &Self::Action) -> usize;

    /// What is claimed of the protocol.
    fn specification(&self) -> Vec<Property<Self>>
    where
        Self: Sized;

    /// The actions whose guard holds in `state`, before any bound; one for each satisfied
    /// disjunct and each instance of an existential, as TLC generates them. The order is part of
    /// the result: traces refer to it.
    fn enabled(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        self.actions(state, actions);
    }

    /// The enabled actions of one class. Override where guards are separate functions, so that
    /// the reads of one guard are not attributed to another.
    fn enabled_in(&self, class: usize, state: &Self::State, actions: &mut Vec<Self::Action>) {
        let mut all = Vec::new();
        self.enabled(state, &mut all);
        actions.extend(all.into_iter().filter(|action| self.class_of(action) == class));
    }

    /// The name of the bound that forbids an enabled `action` in `state`.
    fn bound_on(&self, _state: &Self::State, _action: &Self::Action) -> Option<&'static str> {
        None
    }

    /// Makes the successor of `state` by an enabled `action` in place of the state in `next`;
    /// `false` where [`Model::next_state`] gives none. Override to use again what `next` holds.
    fn next_into(
        &self,
        state: &Self::State,
        action: &Self::Action,
        next: &mut Self::State,
    ) -> bool {
        let successor = self.next_state(state, action.clone());
        successor.map(|successor| *next = successor).is_some()
    }

    /// Fairness assumptions. Without any, a run may stop in any state, as in TLA+.
    fn fairness(&self) -> Vec<Fairness<Self>>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Who takes `action`: a server, a client, the network.
    fn actor(&self, _action: &Self::Action) -> Option<String> {
        None
    }

    /// `action` as a trace shows it. Labels of different actions enabled in one state differ,
    /// except for repeated disjuncts of one action.
    fn label(&self, action: &Self::Action) -> String {
        self.format_action(action)
    }

    /// Whether it is fine that nothing is enabled in `state`.
    fn may_stop(&self, _state: &Self::State) -> bool {
        false
    }

    /// The names of the variables, in the order of [`observe`](Self::observe).
    fn variables(&self) -> &[&'static str] {
        &["state"]
    }

    /// The values of the variables, to be shown and compared.
    fn observe(&self, state: &Self::State) -> Vec<Value> {
        vec![Value::String(format!("{state:?}"))]
    }

    /// Resets a variable to a fixed value, to project it out of the state. `false` if the
    /// protocol cannot.
    fn forget(&self, _state: &mut Self::State, _variable: usize) -> bool {
        false
    }

    /// Whether [`representative`](Self::representative) is implemented.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// The representative of the state's orbit under the protocol's symmetry group.
    fn representative(&self, state: Self::State) -> Self::State {
        state
    }

    /// What a refinement check sees of `state`; `None` where the state is no observation point.
    fn observation(&self, state: &Self::State) -> Option<Value> {
        Some(Value::Array(self.observe(state)))
    }

    /// Packs a state: what its fingerprint is taken of, and what waits in the frontier. Equal
    /// states give equal bytes and vice versa.
    fn encode(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        codec::encode(state, bytes);
    }

    /// Packs the representative of the state's orbit. Override where it need not be made for that.
    fn encode_representative(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        self.encode(&self.representative(state.clone()), bytes);
    }

    /// Unpacks a state; `None` for bytes that [`encode`](Self::encode) did not write.
    fn decode(&self, bytes: &[u8]) -> Option<Self::State> {
        codec::decode(bytes)
    }
}

/// The enabled actions that no bound forbids: the body of [`Model::actions`] for a protocol
/// with bounds.
pub fn within_bounds<P: Protocol>(protocol: &P, state: &P::State, actions: &mut Vec<P::Action>) {
    let start = actions.len();
    protocol.enabled(state, actions);
    let mut index = 0;
    actions.retain(|action| {
        index += 1;
        index <= start || protocol.bound_on(state, action).is_none()
    });
}
