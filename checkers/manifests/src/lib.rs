//! Trees to Kubernetes objects, pod templates and the index of references.
//!
//! Architecture invariant: nothing here reads a file or judges an object; it only says what is
//! there. Reading never fails: what is no object is counted and named.

mod index;
mod near;
mod object;
mod pod;
mod selector;

pub use index::Index;
pub use near::one_slip_apart;
pub use object::{Manifest, Object, Skipped, SkippedReason, read};
pub use pod::{Container, ContainerList, Part, PodLabel, PodTemplate, Port, Workload};
pub use selector::{Operator, Requirement, Selector};
