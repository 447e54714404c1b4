//! The exploration engine over protocols.
//!
//! A [`Protocol`] is a stateright model with names for its actions, properties that may capture
//! what they need, fairness, bounds that are told apart from guards, and, where it has them,
//! symmetry and declared reads and writes. [`check`] explores it breadth-first, depth-first or at
//! random, and decides liveness on the strongly connected components of the explored graph. A
//! [`Catalogue`] gives protocols names and choices; [`commands`] puts a command line over it.
//!
//! Three rules hold everywhere. What a limit cut is *undecided*, never *holds*. What a request
//! asks for is honoured or refused, never ignored. Every counterexample was taken again, step by
//! step, before it is shown.
//!
//! # A protocol of one's own
//!
//! The same commands work for protocols that live elsewhere. This is a whole program:
//!
//! ```
//! use clap::Parser;
//! use seatrial_explore::commands::{ModelCommand, Target, run};
//! use seatrial_explore::{
//!     ActionClass, Catalogue, Configuration, Description, Family, Instance, Property, Protocol, Refusal,
//! };
//! use stateright::Model;
//!
//! /// A counter modulo five.
//! struct Clock;
//!
//! impl Model for Clock {
//!     type State = u8;
//!     type Action = ();
//!     fn init_states(&self) -> Vec<u8> {
//!         vec![0]
//!     }
//!     fn actions(&self, _: &u8, actions: &mut Vec<()>) {
//!         actions.push(());
//!     }
//!     fn next_state(&self, state: &u8, (): ()) -> Option<u8> {
//!         Some((state + 1) % 5)
//!     }
//! }
//!
//! impl Protocol for Clock {
//!     fn classes(&self) -> &[ActionClass] {
//!         const TICK: [ActionClass; 1] = [ActionClass::new("Tick", "clock").reads(&["state"]).writes(&["state"])];
//!         &TICK
//!     }
//!     fn class_of(&self, (): &()) -> usize {
//!         0
//!     }
//!     fn specification(&self) -> Vec<Property<Self>> {
//!         vec![Property::always("BelowFour", |_, state: &u8| *state < 4)]
//!     }
//! }
//!
//! impl Family for Clock {
//!     fn description(&self) -> Description {
//!         Description { name: "clock", summary: "a counter modulo five", ..Description::default() }
//!     }
//!     fn instance(&self, _: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
//!         Ok(Box::new(Clock))
//!     }
//! }
//!
//! #[derive(Parser)]
//! struct Arguments {
//!     #[command(subcommand)]
//!     command: ModelCommand,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let catalogue = Catalogue::new(vec![Box::new(Clock)]);
//! let arguments = Arguments::parse_from(["clock", "check", "clock"]); // `parse()` in earnest
//! let output = run(&catalogue, &arguments.command, &mut |_| {})?;
//! for (target, text) in &output.texts {
//!     match target {
//!         Target::Stdout => print!("{text}"),
//!         Target::File(path) => std::fs::write(path, text)?,
//!     }
//! }
//! assert_eq!(output.code, 1); // `BelowFour` is violated, five states deep
//! # Ok(())
//! # }
//! ```
//!
//! Architecture invariant: nothing here prints, exits or reads the environment. The doors to the
//! outside are one module each: `memory` (what the process occupies), `checkpoint` (files),
//! `explorer` (a socket), `commands::changes` (git) and the trace that `commands` reads.
mod bfs;
mod catalogue;
mod check;
mod checkpoint;
mod codec;
pub mod commands;
mod declarations;
mod dfs;
mod explorer;
mod fingerprint;
mod frontier;
mod graph;
mod interaction;
mod limits;
mod liveness;
mod memory;
mod property;
mod protocol;
mod refine;
mod refusal;
pub mod render;
mod report;
mod run;
mod simulate;
mod space;
mod tally;
#[cfg(test)]
mod testing;
mod trace;
mod variables;
mod view;
mod visited;

pub use bfs::Progress;
pub use catalogue::{
    BASELINE, BoundChoice, Catalogue, Choice, Composition, Configuration, Description, Family,
    Instance, Module, RefineReport, Replay, Selection, Variant,
};
pub use check::{CheckOptions, Strategy, check};
pub use codec::{decode, encode};
pub use declarations::verify_declarations;
pub use fingerprint::collision_probability;
pub use interaction::{dependencies, interaction, preserves_interaction};
pub use limits::{Limits, Stop};
pub use property::{ActionSet, Fairness, Formula, Kind, Predicate, Property, Strength, Terms};
pub use protocol::{ActionClass, Cause, Protocol, ProtocolAction, ProtocolState, within_bounds};
pub use refine::{Inclusion, ObservedGraph};
pub use refusal::Refusal;
pub use report::{Answer, CheckReport, Coverage, Decision, Engine, LivenessCost, PropertyReport};
pub use tally::ClassCount;
pub use trace::{ModelId, Step, Trace};
pub use variables::{Accesses, Var, observing};
pub use view::{Glance, View, Way};
