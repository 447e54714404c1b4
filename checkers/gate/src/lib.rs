//! Which parts run on what; one result.

mod check;
mod placement;
mod progress;
mod suppress;

pub mod cluster;
pub mod config;
pub mod files;

pub use check::{CheckError, Checked, Options, check, rules};
pub use progress::Progress;
