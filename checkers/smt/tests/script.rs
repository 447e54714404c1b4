//! The scripts for a solver, held against brute force: what they refute is impossible.

#![allow(clippy::unwrap_used, reason = "a test that fails here fails as it should")]

use std::time::Duration;

use seatrial_certificate::brute::Truth;
use seatrial_certificate::script::{Claim, places, script};
use seatrial_certificate::testing::{Mix, instance};
use seatrial_certificate::{Instance, Target};
use seatrial_smt::{Answer, Limits, Manner, solve};

fn answer(instance: &Instance, claim: &Claim<'_>) -> Answer {
    let limits = Limits::time(Duration::from_secs(60));
    solve(&script(instance, claim), Manner::General, &limits)
}

/// How often a script said what is the case.
#[derive(Debug, Default)]
struct Tally {
    /// Bounds that hold.
    bounds: u32,
    /// Of these, those that the script refutes to be exceeded.
    refuted: u32,
}

/// Holds the scripts of one claim against the best there is: one better has to be possible to
/// them, and how often the best itself is refuted to be exceeded is counted.
fn hold(
    instance: &Instance,
    seed: u64,
    best: u64,
    claim: impl Fn(u64) -> Claim<'static>,
    worse: Option<u64>,
    placed: &[u64],
    tally: &mut Tally,
) {
    let claim = |bound| Claim { placed, ..claim(bound) };
    if let Some(worse) = worse {
        let said = answer(instance, &claim(worse));
        assert!(matches!(said, Answer::Sat(_)), "{seed}: {:?} {said:?}", claim(worse));
    }
    tally.bounds += 1;
    tally.refuted += u32::from(answer(instance, &claim(best)) == Answer::Unsat);
}

fn all_targets(instance: &Instance, seed: u64, tally: &mut [Tally; 3]) {
    let truth = Truth::of(instance);
    let Some(best) = truth.best() else { return };
    let placed = best.placed.clone();
    let [tiers, fragments, disruption] = tally;
    let none = Claim { target: Target::Disruption, bound: 0, placed: &[], fragments: None };
    for (tier, &most) in (0_u32..).zip(&placed) {
        let claim = |bound| Claim { target: Target::Tier(tier), bound, ..none };
        hold(instance, seed, most, claim, most.checked_sub(1), &placed, tiers);
    }
    let fragmented = seatrial_certificate::Filters::new(instance);
    let _ = fragmented;
    let is_fragments =
        matches!(instance.question.objective, seatrial_certificate::Objective::Fragments { .. });
    let cost = is_fragments.then_some(best.fragments);
    if is_fragments {
        let claim = |bound| Claim { target: Target::Fragments, bound, ..none };
        hold(instance, seed, best.fragments, claim, Some(best.fragments + 1), &placed, fragments);
    }
    let claim = |bound| Claim { target: Target::Disruption, bound, fragments: cost, ..none };
    hold(instance, seed, best.disruption, claim, Some(best.disruption + 1), &placed, disruption);
}

fn run(mix: Mix, seeds: std::ops::Range<u64>) -> [Tally; 3] {
    let mut tally = <[Tally; 3]>::default();
    for seed in seeds {
        let instance = instance(seed, mix);
        all_targets(&instance, seed, &mut tally);
    }
    tally
}

#[test]
fn no_script_refutes_what_brute_force_reaches() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let [tiers, fragments, disruption] = run(Mix::ALL, 0..seeds);
    println!("tiers {tiers:?}, fragments {fragments:?}, disruption {disruption:?}");
}
