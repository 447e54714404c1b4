//! What was found out, as text and as JSON.

mod filters;
mod json;
mod text;

use std::collections::BTreeSet;

use seatrial_certificate::check::Status;
use seatrial_certificate::{Rule, Verification};

pub use filters::{NoSuchPod, filters};
pub use json::{json, json_of_verification};
pub use text::{text, text_of_verification};

/// What a bound rests on, in a word.
fn word(status: Status) -> &'static str {
    match status {
        Status::Certified => "certified",
        Status::Solver => "solver",
        Status::Gap => "gap",
        Status::Conditional => "conditional",
    }
}

/// The rules of a proof: `R1+R3`.
fn names(rules: &BTreeSet<Rule>) -> String {
    rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

/// What all tiers together rest on: the weakest.
pub fn weakest(verification: &Verification) -> Status {
    let costs = verification.fragments.iter().map(|cost| cost.status);
    let tiers = verification.tiers.iter().map(|tier| tier.status);
    tiers.chain(costs).max().unwrap_or(Status::Certified)
}
