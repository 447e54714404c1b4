//! What changed, who reaches whom and who may do what, as people and programs read it.
//!
//! [`Comparison::of`] compares all kinds of access that two configurations hold and brings the
//! differences of all kinds into one form, [`Region`]; [`text`], [`csv`] and [`Body`] write it.
//! Every region has a witness that a direct evaluator has decided on both sides.

mod answer;
mod body;
mod compare;
mod connect;
mod csv;
mod picture;
mod reach;
mod recognise;
mod text;
mod weight;
mod words;

pub use answer::{Answer, Holder, WhoCan};
pub use body::{Body, Summary};
pub use compare::{Comparison, Faulty, Options, Region, Verdict, Witness};
pub use connect::{Connectivity, Which};
pub use csv::csv;
pub use picture::{Edge, Graph};
pub use reach::{Way, Ways};
pub use recognise::{Coverage, Kind, KindCount};
pub use text::text;
pub use words::{can_i, place};
