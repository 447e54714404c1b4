//! Which parts run on what; one result.

mod cache;
mod catalogue;
mod check;
mod distinct;
mod drill;
mod fix;
mod git;
mod inputs;
mod parts;
mod placement;
mod progress;
mod protocols;
mod render;
mod selection;
mod suppress;
mod timings;
mod tool;

pub mod access;
pub mod baseline;
pub mod cluster;
pub mod config;
pub mod entailed;
pub mod files;
pub mod init;
pub mod learned;
pub mod opinion;
pub mod parameters;
pub mod web;

pub use catalogue::rules;
pub use check::{CheckError, Checked, Known, Models, Options, check, check_texts};
pub use fix::{Fixed, FixedFile, fix};
pub use git::GitError;
pub use progress::Progress;
pub use seatrial_rules::invariants::Profile;
pub use timings::Timing;
