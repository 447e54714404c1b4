//! The best placement, its plan and its certificate.

mod bounds;
mod budget;
mod columns;
mod disruption;
pub mod explain;
pub mod generate;
mod instance;
mod picture;
mod place;
mod plan;
mod proof_log;
pub mod report;
mod rerun;
mod search;
pub mod solver;
mod study;

pub use instance::instance;
pub use picture::svg;
pub use place::{Figures, NoPlan, OnProgress, Options, Placed, Progress, place};
pub use proof_log::{NoProblem, ProofLog, proof_log};
pub use rerun::{Rerun, Script, Solver, Word, confirmed, rerun, scripts};
pub use study::{Ask, Study, StudyError, resolve, study};
