//! Who can do what in a cluster: decide it, compare two configurations, bound what can be reached.
//!
//! Every part is a decision function over a product of finite partitions. The literals of both
//! configurations, and fresh symbols for all that they do not name, split each [`Dimension`] into
//! [`Atom`]s that no rule can tell apart; a [`Region`] is a set of cells of the product. What is
//! true of one cell is true of every request in it, so that a comparison covers all requests, and
//! an empty one is a proof.
//!
//! Two implementations decide: one by regions, one by asking each rule about one concrete request.
//! Every difference has a witness that the second replays.
//!
//! Architecture invariant: nothing here reads files; objects come from `seatrial-manifests`. What
//! cannot be modelled is [`Decision::Unknown`] with a reason, never silently allowed or denied.

pub mod admission;
pub mod assertion;
mod decision;
pub mod istio;
pub mod network;
pub mod rbac;
mod region;
pub mod report;
mod space;
pub mod web;

pub use decision::{Change, Decision, Difference, Differences, Source};
pub use region::{Rectangle, Region};
pub use space::{Atom, AtomSet, Dimension, Extent, Members, Space};
