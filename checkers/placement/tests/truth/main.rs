//! Placements and certificates of tiny instances with every kind of constraint, held against the
//! truth by brute force: what is found, and what is left of a certificate when it is tampered with.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

mod certificates;
mod lies;
mod mutants;
mod optimum;
mod snapshots;
mod verdict;
