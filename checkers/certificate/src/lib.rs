//! The independent checker of placement certificates.

mod document;
mod index_set;
mod instance;

pub use document::{Bounded, Certificate, Classes, Combination, Proof, Quantity, Row, Step, Tier};
pub use index_set::IndexSet;
pub use instance::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, Instance, Node, Objective, Pod, Question,
    Shape, Spread, Topology,
};
