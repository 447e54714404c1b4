//! The best placement, its plan and its certificate.

pub mod generate;
