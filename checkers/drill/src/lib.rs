//! A cluster change through its sea trials: the manifests as a model, explored in all schedules
//! under the faults that are asked for.
//!
//! The state holds pods by what they do and where, nodes by how they are, and the sizes of replica
//! sets; no names, versions or clocks, so that loops close. Each controller is a file here, after
//! its source in Kubernetes, and reconciles in one step. Time is not modelled: what takes time may
//! take any. What is modelled and what is not stands in [`ASSUMED`], and in
//! [`World::left_out`] for the manifests at hand.
//!
//! Architecture invariant: nothing here reads files, prints or exits.

mod action;
mod ask;
mod autoscaler;
mod cluster;
pub mod contract;
mod deployment;
mod disruption;
mod event;
mod kubelet;
mod node;
mod protocol;
mod quota;
mod read;
mod replica_set;
pub mod report;
mod run;
mod scheduler;
mod scope;
mod share;
mod state;
mod story;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod world;

pub use action::Action;
pub use ask::Ask;
pub use cluster::{DEFAULT, MOST_NODES, Surroundings};
pub use event::{Event, Faults};
pub use protocol::Drill;
pub use read::read;
pub use run::{ASSUMED, Answered, Claim, Drilled, Options, Question, Row, drill};
pub use scope::Scope;
pub use share::Share;
pub use state::{NOWHERE, NodeStatus, Phase, Pod, Set, State};
pub use story::{Because, Story, Told};
pub use world::{
    Aspect, Budget, Floor, LeftOut, NodeClasses, Quota, Scaler, Strategy, Workload, World,
};
