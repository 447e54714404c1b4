//! The best placement, its plan and its certificate.

mod bounds;
mod budget;
mod columns;
mod disruption;
pub mod generate;
mod instance;
mod picture;
mod place;
mod plan;
pub mod report;
mod search;
mod study;

pub use instance::instance;
pub use picture::svg;
pub use place::{Figures, NoPlan, OnProgress, Options, Placed, Progress, place};
pub use study::{Ask, Study, StudyError, resolve, study};
