//! Rules mined from configurations that work, with the evidence.
//!
//! [`statistics`] says how far a count can be trusted, [`values`] what kind of thing a text is, and
//! [`systems`] learns and checks the parameters of systems with flat or XML configurations;
//! [`opinion`] asks a language model about them.
//!
//! Architecture invariant: nothing here reads a file, asks a clock or draws a random number, and
//! what is learned depends on what was read alone, not on its order.

pub mod manifests;
pub mod opinion;
pub mod statistics;
pub mod systems;
pub mod values;
