//! The check of a certificate against an instance.
//!
//! The plan is replayed, binding by binding, against all filters ([`crate::plan`]); what it
//! reaches has to be what the certificate says. Then each bound is proven again
//! ([`crate::proof`]), tier by tier from high to low, then fragments, then disruption.
//!
//! If in each tier the bound is what is placed, then by induction no reachable placement is
//! lexicographically better: one that were would have at least as many in all tiers before the
//! first in which it differs, and more there, which the proof of that tier refutes. Costs likewise.
//! A bound above what is placed is a gap, and what follows a gap is conditional on its count.

use std::collections::BTreeSet;

use crate::document::{Bounded, Certificate, Classes, Proof};
use crate::plan::{Outcome, PlanError, replay};
use crate::proof::{ProofError, Rule, refute};
use crate::rows::{Relaxation, Target};
use crate::steps::Steps;
use crate::{Facts, Filters, Instance, Partition, Refusal};

/// How many steps [`check`] takes before it gives up: some minutes at the very most.
pub const MOST_STEPS: u64 = 4_000_000_000;

/// What an optimality claim rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Optimal, by arithmetic that was checked.
    Certified,
    /// Optimal, if a solver's word is taken for it or for a tier before.
    Solver,
    /// There may be better: the bound is not reached.
    Gap,
    /// Comes after a gap, and is only about plans with the same counts before it.
    Conditional,
}

/// What was verified of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierVerified {
    /// The priority.
    pub priority: i32,
    /// How many pods of this priority and above there are.
    pub pods: u64,
    /// How many of them run when the plan is done.
    pub placed: u64,
    /// How many can.
    pub bound: u64,
    /// What that rests on.
    pub status: Status,
    /// By which rules.
    pub rules: BTreeSet<Rule>,
}

/// What was verified of a cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostVerified {
    /// What the plan costs.
    pub cost: u64,
    /// No plan with the same counts costs less than this.
    pub bound: u64,
    /// What that rests on.
    pub status: Status,
    /// By which rules.
    pub rules: BTreeSet<Rule>,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// By tier, from high to low.
    pub tiers: Vec<TierVerified>,
    /// With [`crate::Objective::Fragments`].
    pub fragments: Option<CostVerified>,
    /// How much is disturbed.
    pub disruption: CostVerified,
    /// How many steps the proofs took.
    pub steps: u64,
}

/// Why a certificate is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The instance is not valid.
    #[error("the instance is refused: {0}")]
    Instance(#[from] Refusal),
    /// The certificate is of a format or version that is not known.
    #[error("the certificate is of an unknown format or version")]
    Format,
    /// The plan is not feasible.
    #[error("the plan is not feasible: {0}")]
    Plan(#[from] PlanError),
    /// The certificate says something else than what the plan leads to.
    #[error("`{place}` says {claimed}, but it is {actual}")]
    Count {
        /// Where in the certificate.
        place: String,
        /// What it says.
        claimed: i128,
        /// What is the case.
        actual: i128,
    },
    /// A list of the certificate is not as long as it has to be.
    #[error("`{place}` does not fit the instance")]
    Shape {
        /// Where in the certificate.
        place: &'static str,
    },
    /// A bound contradicts the plan itself.
    #[error("the bound of `{place}` is worse than what the plan reaches")]
    Bound {
        /// Where in the certificate.
        place: String,
    },
    /// A bound is not proven.
    #[error("the bound of `{place}` is not proven: {error}")]
    Proof {
        /// Where in the certificate.
        place: String,
        /// Why not.
        error: ProofError,
    },
}

/// Checks a certificate, within [`MOST_STEPS`].
pub fn check(instance: &Instance, certificate: &Certificate) -> Result<Verification, Rejection> {
    check_within(instance, certificate, MOST_STEPS)
}

/// Checks a certificate within so many steps.
pub fn check_within(
    instance: &Instance,
    certificate: &Certificate,
    steps: u64,
) -> Result<Verification, Rejection> {
    instance.validate()?;
    if certificate.format != Certificate::FORMAT || certificate.version != Certificate::VERSION {
        return Err(Rejection::Format);
    }
    let filters = Filters::new(instance);
    let outcome = replay(&filters, &certificate.plan)?;
    compare(instance, certificate, &outcome)?;
    let facts = Facts::new(&filters);
    let mut checker = Checker {
        facts: &facts,
        outcome: &outcome,
        shape: None,
        place: None,
        steps: Steps::new(steps),
        before: Status::Certified,
    };
    let mut tiers = Vec::new();
    for (at, tier) in (0_u32..).zip(&certificate.tiers) {
        let pods = facts.pods_of(at);
        let (priority, placed, bound) = (tier.priority, tier.placed, tier.bound);
        let name = format!("tiers[{at}]");
        let (status, rules) =
            checker.bound(&name, Target::Tier(at), (placed, bound), tier.classes, &tier.proof)?;
        tiers.push(TierVerified { priority, pods, placed, bound, status, rules });
    }
    let fragments = certificate.fragments.as_ref();
    let fragments = fragments
        .map(|bounded| checker.cost("fragments", Target::Fragments, bounded))
        .transpose()?;
    let disruption = checker.cost("disruption", Target::Disruption, &certificate.disruption)?;
    Ok(Verification { tiers, fragments, disruption, steps: checker.steps.taken() })
}

/// Holds what a certificate says against what its plan leads to.
fn compare(
    instance: &Instance,
    certificate: &Certificate,
    outcome: &Outcome<'_>,
) -> Result<(), Rejection> {
    let priorities = instance.priorities();
    if certificate.tiers.len() != priorities.len() {
        return Err(Rejection::Shape { place: "tiers" });
    }
    if certificate.fragments.is_some() != outcome.fragments.is_some() {
        return Err(Rejection::Shape { place: "fragments" });
    }
    let reached = priorities.iter().zip(&outcome.placed);
    for (at, (tier, (&priority, &placed))) in certificate.tiers.iter().zip(reached).enumerate() {
        equal(|| format!("tiers[{at}].priority"), tier.priority, priority)?;
        equal(|| format!("tiers[{at}].placed"), tier.placed, placed)?;
    }
    if let (Some(claimed), Some(actual)) = (&certificate.fragments, outcome.fragments) {
        equal(|| "fragments.cost".to_owned(), claimed.cost, actual)?;
    }
    equal(|| "disruption.cost".to_owned(), certificate.disruption.cost, outcome.disruption)
}

fn equal<T: Into<i128>>(
    place: impl FnOnce() -> String,
    claimed: T,
    actual: T,
) -> Result<(), Rejection> {
    let (claimed, actual) = (claimed.into(), actual.into());
    if claimed == actual {
        return Ok(());
    }
    Err(Rejection::Count { place: place(), claimed, actual })
}

struct Checker<'a> {
    facts: &'a Facts<'a>,
    outcome: &'a Outcome<'a>,
    shape: Option<Partition>,
    place: Option<Partition>,
    steps: Steps,
    /// The worst status so far.
    before: Status,
}

impl Checker<'_> {
    fn cost(
        &mut self,
        name: &str,
        target: Target,
        bounded: &Bounded,
    ) -> Result<CostVerified, Rejection> {
        let Bounded { cost, bound, classes, proof } = bounded;
        let (status, rules) = self.bound(name, target, (*cost, *bound), *classes, proof)?;
        Ok(CostVerified { cost: *cost, bound: *bound, status, rules })
    }

    /// Checks one bound, and says what its optimality rests on.
    fn bound(
        &mut self,
        name: &str,
        target: Target,
        (reached, bound): (u64, u64),
        classes: Classes,
        proof: &Proof,
    ) -> Result<(Status, BTreeSet<Rule>), Rejection> {
        let possible =
            if matches!(target, Target::Tier(_)) { bound >= reached } else { bound <= reached };
        if !possible {
            return Err(Rejection::Bound { place: name.to_owned() });
        }
        let classes = match (proof, target) {
            (Proof::Trivial | Proof::None, Target::Disruption) => Classes::Place,
            _ => classes,
        };
        let slot = match classes {
            Classes::Shape => &mut self.shape,
            Classes::Place => &mut self.place,
        };
        let instance = self.facts.instance;
        let relaxation = Relaxation {
            facts: self.facts,
            partition: slot.get_or_insert_with(|| Partition::new(instance, classes)),
            target,
            bound,
            placed: &self.outcome.placed,
            fragments: self.outcome.fragments,
        };
        let rules = refute(&relaxation, proof, &mut self.steps)
            .map_err(|error| Rejection::Proof { place: name.to_owned(), error })?;
        let own = match (reached == bound, rules.contains(&Rule::Solver)) {
            (false, _) => Status::Gap,
            (true, true) => Status::Solver,
            (true, false) => Status::Certified,
        };
        let status = match self.before {
            Status::Gap | Status::Conditional => Status::Conditional,
            Status::Certified | Status::Solver => own.max(self.before),
        };
        self.before = status;
        Ok((status, rules))
    }
}
