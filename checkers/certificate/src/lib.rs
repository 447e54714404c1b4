//! The independent checker of placement certificates.

pub mod classes;
mod document;
pub mod feasible;
mod index_set;
mod instance;
mod lookup;
pub mod plan;
mod refusal;
mod validate;

pub use classes::{NodeClass, Partition, PodClass};
pub use document::{Bounded, Certificate, Classes, Combination, Proof, Quantity, Row, Step, Tier};
pub use feasible::{Filter, Filters, State};
pub use index_set::IndexSet;
pub use instance::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, Instance, Node, Objective, Pod, Question,
    Shape, Spread, Topology,
};
pub use plan::{Outcome, PlanError, replay};
pub use refusal::Refusal;
