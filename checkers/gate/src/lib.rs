//! Which parts run on what; one result.

mod check;
mod git;
mod placement;
mod progress;
mod suppress;
mod timings;

pub mod access;
pub mod cluster;
pub mod config;
pub mod files;
pub mod learned;
pub mod parameters;
pub mod web;

pub use check::{CheckError, Checked, Options, check, rules};
pub use git::GitError;
pub use progress::Progress;
pub use seatrial_rules::invariants::Profile;
pub use timings::Timing;
