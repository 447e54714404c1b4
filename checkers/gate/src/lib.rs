//! Which parts run on what; one result.

mod check;
mod git;
mod placement;
mod progress;
mod suppress;

pub mod access;
pub mod cluster;
pub mod config;
pub mod files;
pub mod learned;

pub use check::{CheckError, Checked, Options, check, rules};
pub use git::GitError;
pub use progress::Progress;
