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
mod again;
mod answer;
mod ask;
mod autoscaler;
mod cluster;
pub mod contract;
mod daemon_set;
mod deployment;
mod descheduler;
mod disruption;
mod event;
mod grain;
mod happens;
mod job;
mod kubelet;
mod node;
mod preemption;
mod protocol;
mod question;
mod quota;
mod read;
mod reasons;
mod replica_set;
pub mod report;
mod run;
mod scheduler;
mod scope;
mod share;
mod state;
mod stated;
mod stateful_set;
mod step;
mod story;
mod suggest;
mod symmetry;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod told;
mod tree;
mod world;

pub use action::Action;
pub use ask::Ask;
pub use cluster::{DEFAULT, MOST_NODES, Surroundings};
pub use event::{Event, Faults};
pub use grain::{Grain, Grains, Lag, Memory, Mind, Plan, Reader, Task};
pub use protocol::Drill;
pub use question::Question;
pub use read::read;
pub use run::{ASSUMED, Answered, Claim, Drilled, NO_WORKLOAD, Options, Row, drill};
pub use scope::Scope;
pub use share::Share;
pub use state::{Health, Kind, Load, NOWHERE, NodeStatus, Phase, Pod, Set, State};
pub use stated::{Claimed, Judged, Stated};
pub use story::{Because, Story};
pub use suggest::{Change, Suggestion};
pub use told::{Changed, Told};
pub use world::{
    Aspect, Blind, Budget, Daemon, Descheduler, Floor, LeftOut, NodeClasses, Pace, Probes, Quota,
    Rule, Scaler, Shape, Strategy, Wait, Workload, World,
};
