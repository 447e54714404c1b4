//! The independent checker of placement certificates.

#[cfg(any(test, feature = "brute"))]
pub mod brute;
pub mod check;
pub mod classes;
pub mod derive;
mod document;
pub mod enumerate;
pub mod feasible;
mod halves;
mod index_set;
mod instance;
mod lookup;
pub mod patterns;
pub mod plan;
pub mod proof;
mod refusal;
pub mod rows;
pub mod steps;
#[cfg(any(test, feature = "brute"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod validate;

pub use check::{Rejection, Status, Verification, check, check_within};
pub use classes::{NodeClass, Partition, PodClass};
pub use document::{Bounded, Certificate, Classes, Combination, Proof, Quantity, Row, Step, Tier};
pub use feasible::{Filter, Filters, State};
pub use index_set::IndexSet;
pub use instance::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, Instance, Node, Objective, Pod, Question,
    Shape, Spread, Topology,
};
pub use patterns::{OneNode, PodSet};
pub use plan::{Outcome, PlanError, replay};
pub use proof::Rule;
pub use refusal::Refusal;
pub use rows::{Facts, Relaxation, Target};
pub use steps::{OutOfSteps, Steps};
