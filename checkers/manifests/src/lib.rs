//! Trees to Kubernetes objects, pod templates and the index of references.
//!
//! Architecture invariant: nothing here reads a file or judges an object; it only says what is
//! there. Reading never fails: what is no object is counted and named.

mod object;

pub use object::{Manifest, Object, Skipped, SkippedReason, read};
