//! The words that all parts of seatrial share.
//!
//! A checker says what it found as a [`Finding`], where it found it as a [`Location`], what it
//! could not decide as an [`Undecided`], and what a proof concluded as a [`Verdict`]. What it has to
//! say goes to a [`Target`].
//!
//! Architecture invariant: this crate has no input or output, no clock, no randomness and no
//! global state, and depends on no other crate of the project.

mod finding;
mod limits;
mod output;
mod resource;
mod rule;
mod severity;
mod source;
mod story;
mod suggest;
mod verdict;

pub use finding::{Edit, Finding, Fix, Found, Related, Safety, Undecided};
pub use limits::{MAX_DEPTH, duration};
pub use output::{Target, Unpaired, pair};
pub use resource::ResourceId;
pub use rule::{Part, Rule};
pub use severity::Severity;
pub use source::{Location, SourceFile, Span};
pub use story::{Changed, Step, Story, Values};
pub use suggest::{nearest, only_nearest};
pub use verdict::{Bound, Verdict};
