//! Clusters to measure with, each a function of its parameters and a seed.
//!
//! Everything is first a [`Blueprint`]: nodes and workloads in plain words. A blueprint becomes the
//! canonical instance directly, or Kubernetes objects that are read like any other snapshot; that
//! both ways lead to the same instance holds one against the other.

mod blueprint;
pub mod large;
mod objects;
pub mod priority_matters;
pub mod rescheduling;
mod resolved;
pub mod small;
mod stream;
#[cfg(test)]
mod testing;

pub use blueprint::{Apart, Blueprint, Near, Node, Spread, Workload};

/// Why there is no such cluster.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is out of its range.
    #[error("the {parameter} is `{value}`, but has to be from {least} to {most}")]
    OutOfRange {
        /// Which one.
        parameter: &'static str,
        /// What it is.
        value: String,
        /// The least that it may be.
        least: f64,
        /// The most that it may be.
        most: f64,
    },
}

/// Refuses a parameter that is not within its range.
fn within<Number>(
    parameter: &'static str,
    value: Number,
    least: f64,
    most: f64,
) -> Result<(), Error>
where
    Number: Copy + Into<f64> + std::fmt::Display,
{
    if (least..=most).contains(&value.into()) {
        return Ok(());
    }
    Err(Error::OutOfRange { parameter, value: value.to_string(), least, most })
}
