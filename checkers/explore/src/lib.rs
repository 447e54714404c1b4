//! temp
mod bfs;
mod catalogue;
mod check;
mod checkpoint;
mod codec;
pub mod commands;
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
mod visited;

pub use bfs::Progress;
pub use catalogue::{
    BASELINE, BoundChoice, Catalogue, Choice, Composition, Configuration, Description, Family,
    Instance, Module, RefineReport, Replay, Selection, Variant, View,
};
pub use check::{CheckOptions, Strategy, check};
pub use codec::{decode, encode};
pub use fingerprint::collision_probability;
pub use interaction::{dependencies, interaction, preserves_interaction};
pub use limits::{Limits, Stop};
pub use property::{Fairness, Formula, Kind, Predicate, Property, Strength, Terms};
pub use protocol::{ActionClass, Cause, Protocol, ProtocolAction, ProtocolState, within_bounds};
pub use refine::{Inclusion, ObservedGraph};
pub use refusal::Refusal;
pub use report::{Answer, CheckReport, Coverage, Decision, Engine, LivenessCost, PropertyReport};
pub use tally::ClassCount;
pub use trace::{ModelId, Step, Trace};
pub use variables::{Accesses, Var, observing};
