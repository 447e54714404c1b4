//! The independent checker of placement certificates.
//!
//! Given a canonical [`Instance`] and a [`Certificate`], [`check`] says what is true of the plan in
//! it: that every step is feasible, what it reaches, and for each tier and cost the bound that no
//! plan beats, each proven again in exact arithmetic. Nothing of whoever wrote the certificate is
//! trusted, no solver is run, no placement is searched for, and what is not known is refused.
//!
//! From the outside in:
//!
//! * reading and refusing documents ([`Instance::from_slice`], [`Instance::validate`],
//!   [`Certificate::from_slice`], [`Refusal`]);
//! * [`feasible`]: what may be done, the one definition; [`plan`]: a plan, step by step, and with
//!   it which placements are *reachable*. Bounds are about all reachable placements;
//! * [`classes`]: pods and nodes that no inequality tells apart; [`rows`]: the inequalities that
//!   every reachable placement meets, and why; [`patterns`]: which sets of pods fit one node;
//!   [`enumerate`](mod@enumerate): which of them can occur if there is little slack; [`proof`]: how
//!   these refute that there is anything better; [`mod@check`]: what follows from that.
//!
//! Each of these modules states what it claims and argues why it is so. The functions that compute
//! classes, sums, heaviest sets and lists are public: a prover uses the same ones, and is no less
//! checked for it, as everything is computed again from the instance.
//!
//! # Limits
//!
//! Sizes of documents ([`Instance::validate`]), the nesting of proofs (some 60 splits in a file),
//! the steps of each claim (stated in the certificate) and of all together
//! ([`check::MOST_STEPS`]), some 33 million entries and 2 million sets per enumeration (under 1 GB).
//! Whoever exceeds one is told which, in bounded time.
//!
//! # What it does not say
//!
//! Affinity and spread restrict which plans are feasible, but no row speaks of them: bounds are
//! valid without, and may be loose. A certificate is about its instance; that the instance is that of a
//! snapshot is shown by deriving it again.

pub mod arrivals;
#[cfg(any(test, feature = "brute"))]
pub mod brute;
pub mod check;
pub mod classes;
pub mod derive;
mod document;
pub mod enumerate;
pub mod facts;
pub mod feasible;
mod halves;
mod index_set;
mod instance;
mod lookup;
pub mod opb;
pub mod patterns;
pub mod plan;
pub mod proof;
mod refusal;
pub mod rows;
pub mod script;
pub mod steps;
#[cfg(any(test, feature = "brute"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod validate;

pub use check::{Rejection, Status, Verification, check, check_within};
pub use classes::{NodeClass, Partition, PodClass};
pub use document::{Bounded, Certificate, Classes, Combination, Proof, Quantity, Row, Step, Tier};
pub use facts::Facts;
pub use feasible::{Filter, Filters, State};
pub use index_set::IndexSet;
pub use instance::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, Instance, Node, Objective, Pod, Question,
    Shape, Spread, Topology,
};
pub use patterns::{OneNode, PodSet};
pub use plan::{Outcome, PlanError, fragments, replay};
pub use proof::Rule;
pub use refusal::Refusal;
pub use rows::{Relaxation, Target};
pub use steps::{OutOfSteps, Steps};
