//! The scripts for a solver, held against brute force: what they refute is impossible.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

use std::time::Duration;

use seatrial_certificate::brute::Truth;
use seatrial_certificate::script::{Claim, script, wish};
use seatrial_certificate::testing::{Mix, instance};
use seatrial_certificate::{Instance, Objective, Target};
use seatrial_smt::{Answer, Limits, Manner, solve};

fn answer(instance: &Instance, claim: &Claim<'_>) -> Answer {
    let limits = Limits::time(Duration::from_secs(60));
    solve(&script(instance, claim), Manner::General, &limits)
}

/// How often a script refuted that a bound that holds, and is reached, is exceeded.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    bounds: u32,
    refuted: u32,
}

/// A bound that holds and is reached, and the next one, which does not hold.
struct Best<'a> {
    instance: &'a Instance,
    target: Target,
    bound: u64,
    too_much: Option<u64>,
    placed: &'a [u64],
    fragments: Option<u64>,
}

impl Best<'_> {
    fn hold(&self, tally: &mut Tally) {
        let &Best { instance, target, placed, fragments, .. } = self;
        let claim = |bound| Claim { target, bound, placed, fragments };
        if let Some(bound) = self.too_much {
            let said = answer(instance, &claim(bound));
            let Answer::Sat(model) = said else { panic!("{:?} {said:?}", claim(bound)) };
            let value = |name: &str| model.value(name).and_then(|it| u64::try_from(it).ok());
            self.is_as_good(&wish(instance, value).places);
        }
        tally.bounds += 1;
        tally.refuted += u32::from(answer(instance, &claim(self.bound)) == Answer::Unsat);
    }

    /// What a model wishes for has the counts that were asked for; where pods run already, which
    /// of them go where is a guess.
    fn is_as_good(&self, places: &[Option<u32>]) {
        let Target::Tier(tier) = self.target else { return };
        if self.instance.pods.iter().any(|pod| pod.node.is_some() && !pod.fixed) {
            return;
        }
        let priority = self.instance.priorities()[tier as usize];
        let pods = self.instance.pods.iter().zip(places);
        let counted = pods.filter(|(pod, place)| {
            place.is_some() && self.instance.shape_of(pod).unwrap().priority >= priority
        });
        assert!(counted.count() as u64 >= self.bound);
    }
}

/// Holds all claims about plans that place no less than one of those that brute force finds.
fn all_targets(instance: &Instance, seed: u64, tally: &mut [Tally; 3]) {
    let truth = Truth::of(instance);
    let Some(best) = truth.best() else { return };
    let other = &truth.reached[usize::try_from(seed).unwrap() % truth.reached.len()];
    for reference in [best, other] {
        let placed = &reference.placed;
        let base = Best {
            instance,
            target: Target::Disruption,
            bound: 0,
            too_much: None,
            placed,
            fragments: None,
        };
        for tier in 0..placed.len() {
            let bound = truth.most(tier, placed).unwrap();
            let target = Target::Tier(u32::try_from(tier).unwrap());
            let too_much = bound.checked_sub(1);
            Best { target, bound, too_much, ..base }.hold(&mut tally[0]);
        }
        let mut fragments = None;
        if let Objective::Fragments { .. } = instance.question.objective {
            let bound = truth.least_fragments(placed).unwrap();
            let target = Target::Fragments;
            Best { target, bound, too_much: Some(bound + 1), ..base }.hold(&mut tally[1]);
            fragments = Some(bound);
        }
        let bound = truth.least_disruption(placed, fragments.unwrap_or(u64::MAX)).unwrap();
        Best { bound, too_much: Some(bound + 1), fragments, ..base }.hold(&mut tally[2]);
    }
}

/// `SEEDS` more instances than usual can be asked for.
fn run(mix: Mix, seeds: u64) -> [Tally; 3] {
    let seeds = std::env::var("SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(seeds);
    let mut tally = <[Tally; 3]>::default();
    for seed in 0..seeds {
        all_targets(&instance(seed, mix), seed, &mut tally);
    }
    tally
}

#[test]
fn no_script_refutes_what_brute_force_reaches() {
    let tally = run(Mix::ALL, 500);
    println!("tiers, fragments, disruption: {tally:?}");
    for Tally { bounds, refuted } in tally {
        // Orders of arrival are only relaxed, but seldom does that matter.
        assert!(bounds > 0 && refuted * 100 >= bounds * 95, "{tally:?}");
    }
}

#[test]
fn packing_is_stated_exactly() {
    let tally = run(Mix::PACKING, 300);
    assert_eq!(tally[0].bounds, tally[0].refuted);
    assert_eq!(tally[2].bounds, tally[2].refuted);
}
