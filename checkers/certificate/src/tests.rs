//! Tests across modules: tables with what is accepted and what is refused, and everything against
//! brute force.

mod arrivals;
mod attacks;
mod filters;
mod hostile;
mod plans;
mod proofs;
mod refusals;
mod rules;
