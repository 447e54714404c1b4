//! Rules of Kubernetes manifests: learned from objects that work, with the evidence.
//!
//! A [`Corpus`] takes objects as rows of tables, [`learn`] makes [`Rule`]s of it.

mod candidates;
mod corpus;
mod departure;
mod difference;
mod entailed;
mod file;
mod index;
mod learn;
mod lexicon;
mod nests;
mod pairs;
mod partial;
mod references;
mod related;
mod rows;
mod rule;
mod sort;
mod tables;
mod template;
mod texts;

pub use corpus::Corpus;
pub use departure::{Checker, Departure};
pub use difference::{Difference, difference};
pub use file::{FileError, Reviewed, RuleFile, State};
pub use learn::{Learned, Settings, learn};
pub use lexicon::Dimension;
pub use rule::{Evidence, Rule};
pub use sort::Sort;
pub use template::{Atom, Part, Scope, Template};

#[cfg(test)]
mod tests;
