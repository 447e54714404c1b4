//! Parameters of systems with flat or XML configurations: what is learned and what is checked.
//!
//! Three sources say what a parameter may be, and every finding names the one it rests on:
//!
//! * [`facts`]: what the documentation of the system states; reviewed tables in
//!   `corpus/learned/systems`. What breaks them is an error.
//! * [`learned`]: what configurations that work have in common, by parameter and by the words of
//!   which names are made, learned over all systems. What departs from it is a warning.
//! * [`names`]: what the words of a name mean in any system: a `port` ends at 65,535.
//!
//! A working configuration outweighs all three: a relation that one of them breaks is not reported.

pub mod evaluate;
pub mod facts;
pub mod learned;
pub mod names;
pub mod rules;

mod check;
mod existence;
mod expectation;
mod relations;
mod system;
mod typing;

pub use check::{Alarm, Knowledge, learn};
pub use expectation::{Expectation, Source, Wanted};
pub use system::System;
