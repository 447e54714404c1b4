//! The rules of `seatrial check`: schemas, written invariants, references between objects.
//!
//! Each rule describes itself as a [`Rule`]; [`rules`] lists those that are code. A written
//! invariant is data and describes itself by annotations of its policy.

mod fix;
pub mod invariants;
pub mod reading;
pub mod references;
pub mod schema;

pub use seatrial_core::{Part, Rule};
