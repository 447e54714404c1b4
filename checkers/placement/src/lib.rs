//! The best placement, its plan and its certificate.

pub mod generate;
mod instance;

pub use instance::instance;
