//! What was found out, as text and as JSON.

mod filters;
mod json;
mod nodes;
mod text;

use std::collections::BTreeSet;

use seatrial_certificate::check::Status;
use seatrial_certificate::{Rule, Verification};

pub use filters::{NoSuchPod, filters};
pub use json::{json, json_of_rejection, json_of_verification};
pub use nodes::page;
pub use text::{text, text_of_verification};

/// What a bound rests on, in a word; `rerun` if a solver has refuted it once more.
fn word(status: Status, rules: &BTreeSet<Rule>) -> &'static str {
    match status {
        Status::Certified if rules.contains(&Rule::Solver) => "rerun",
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

/// What a certificate rests on as a whole, in a word.
fn word_of_all(verification: &Verification) -> &'static str {
    let tiers = verification.tiers.iter().map(|tier| &tier.rules);
    let costs = verification.fragments.iter().map(|cost| &cost.rules);
    word(weakest(verification), &tiers.chain(costs).flatten().copied().collect())
}

/// What all tiers together rest on: the weakest.
pub fn weakest(verification: &Verification) -> Status {
    let costs = verification.fragments.iter().map(|cost| cost.status);
    let tiers = verification.tiers.iter().map(|tier| tier.status);
    tiers.chain(costs).max().unwrap_or(Status::Certified)
}
