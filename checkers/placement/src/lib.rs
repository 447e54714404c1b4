//! The best placement, its plan and its certificate.

mod bounds;
mod budget;
mod columns;
mod disruption;
pub mod generate;
mod instance;
mod place;
mod plan;
mod search;

pub use instance::instance;
pub use place::{Figures, NoPlan, OnProgress, Options, Placed, Progress, place};
