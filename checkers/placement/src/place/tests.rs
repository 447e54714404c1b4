//! Placements and their certificates, held against brute force.

use std::time::Duration;

use seatrial_certificate::brute::Truth;
use seatrial_certificate::testing::{self, Mix};
use seatrial_certificate::{Instance, Status, check};

use super::{NoPlan, Options, Placed, place};

/// How often what was to be found.
#[derive(Debug, Default)]
struct Tally {
    instances: u32,
    best: u32,
    certified: u32,
    least_disruption: u32,
    without_plan: u32,
    plan_missed: u32,
}

fn quick() -> Options {
    Options { time_limit: Duration::from_millis(25), ..Options::default() }
}

/// Whatever the time: the certificate is accepted, bounds are true, and what is certified is best.
fn hold_against_truth(seed: u64, instance: &Instance, placed: &Placed, tally: &mut Tally) {
    let truth = Truth::of(instance);
    let certificate = &placed.certificate;
    let verified = check(instance, certificate)
        .unwrap_or_else(|error| panic!("seed {seed}: the checker rejects: {error}"));
    let reached: Vec<u64> = certificate.tiers.iter().map(|tier| tier.placed).collect();
    for (at, tier) in certificate.tiers.iter().enumerate() {
        let most = truth.most(at, &reached).unwrap();
        assert!(tier.bound >= most, "seed {seed}: tier {at} is bounded by less than {most}");
    }
    let best = truth.best().unwrap();
    if placed.is_certified() {
        tally.certified += 1;
        assert_eq!(reached, best.placed, "seed {seed}: certified, but not best");
    }
    let fragments = certificate.fragments.as_ref().map_or(0, |it| it.cost);
    let least = truth.least_disruption(&reached, fragments).unwrap();
    assert!(certificate.disruption.bound <= least, "seed {seed}: disruption is at least {least}");
    if let Some(bounded) = &certificate.fragments {
        let least = truth.least_fragments(&reached).unwrap();
        assert!(bounded.bound <= least, "seed {seed}: fragments are at least {least}");
    }
    if verified.disruption.status == Status::Certified {
        assert_eq!(certificate.disruption.cost, best.disruption, "seed {seed}");
    }
    tally.best += u32::from(reached == best.placed && fragments == best.fragments);
    tally.least_disruption += u32::from(certificate.disruption.cost == best.disruption);
}

fn hold_all(seeds: std::ops::Range<u64>, mix: Mix) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let instance = testing::instance(seed, mix);
        tally.instances += 1;
        match place(&instance, &quick()) {
            Ok(placed) => hold_against_truth(seed, &instance, &placed, &mut tally),
            Err(NoPlan) => {
                tally.without_plan += 1;
                tally.plan_missed += u32::from(Truth::of(&instance).best().is_some());
            }
        }
    }
    tally
}

#[test]
fn packings_are_as_certified() {
    let tally = hold_all(0..600, Mix::PACKING);
    assert_eq!(tally.without_plan, 0);
    assert!(tally.certified > 0, "{tally:?}");
}

#[test]
fn placements_under_all_constraints_are_as_certified() {
    let tally = hold_all(0..600, Mix::ALL);
    assert!(tally.certified > 0, "{tally:?}");
}
