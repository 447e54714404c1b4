//! What the checker makes of certificates that were tampered with, and of true ones held against
//! another snapshot: whoever is accepted tells the truth, and whoever lies is rejected.

use std::collections::BTreeMap;

use seatrial_certificate::brute::Truth;
use seatrial_certificate::check::check_within;
use seatrial_certificate::testing::Random;
use seatrial_certificate::{Certificate, Instance, Proof, Status};

use super::certificates::{Sample, bounds};
use super::verdict::is_true;
use super::{lies, snapshots};

/// How many steps a check may take: far more than an honest certificate of this size needs.
const STEPS: u64 = 2_000_000;

/// What became of mutants of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    mutants: u32,
    /// So many claim what is not true; all of them have to be rejected.
    lies: u32,
    /// So many are accepted; all of them have to be true.
    accepted: u32,
}

/// Counts a mutant, and fails if it is accepted without being true.
fn judge(
    tally: &mut Tally,
    of: &(u64, &str),
    instance: &Instance,
    certificate: &Certificate,
    truth: &Truth,
) {
    let accepted = check_within(instance, certificate, STEPS);
    let honest = is_true(instance, certificate, truth);
    tally.mutants += 1;
    tally.lies += u32::from(!honest);
    tally.accepted += u32::from(accepted.is_ok());
    assert!(honest || accepted.is_err(), "{of:?}: {certificate:?} of {instance:?} {accepted:?}");
}

fn samples() -> impl Iterator<Item = (u64, Sample)> {
    (300_000..300_600).filter_map(|seed| Some((seed, Sample::of(seed)?)))
}

/// Fails where a kind has too few mutants that lie, or too few that are accepted, so that it would
/// show nothing.
#[allow(clippy::print_stdout, reason = "the figures, for who asks for them")]
fn enough(tallies: &BTreeMap<&str, Tally>, kinds: usize, mutants: u32, least: (u32, u32)) {
    for (kind, tally) in tallies {
        println!("{kind}: {tally:?}");
    }
    let total: u32 = tallies.values().map(|it| it.mutants).sum();
    println!("{total} mutants");
    assert!(tallies.len() == kinds && total >= mutants, "{total} {tallies:?}");
    for (kind, tally) in tallies {
        assert!(tally.lies >= least.0, "{kind}: {tally:?}");
        assert!(tally.accepted >= least.1, "{kind}: {tally:?}");
    }
}

#[test]
fn certificates_that_lie_are_rejected() {
    let mut tallies = BTreeMap::new();
    for (seed, sample) in samples() {
        let honest = check_within(&sample.instance, &sample.certificate, STEPS);
        assert!(honest.is_ok(), "{seed}: {honest:?} {:?}", sample.certificate);
        assert!(is_true(&sample.instance, &sample.certificate, &sample.truth), "{seed}");
        let random = &mut Random::new(seed ^ 0x11e);
        for (kind, tamper) in lies::WAYS {
            let tally: &mut Tally = tallies.entry(kind).or_default();
            for _ in 0..6 {
                let Some(certificate) = tamper(&sample, random) else { continue };
                judge(tally, &(seed, kind), &sample.instance, &certificate, &sample.truth);
            }
        }
    }
    enough(&tallies, lies::WAYS.len(), 5_000, (30, 0));
    let true_ones = ["a bound", "a multiplier", "a branch", "an enumeration"];
    for kind in true_ones {
        assert!(tallies[kind].accepted > 0, "{kind}: a change that leaves it true is accepted");
    }
}

#[test]
fn certificates_of_another_snapshot_are_rejected_unless_they_are_true_of_it() {
    let mut tallies = BTreeMap::new();
    for (seed, sample) in samples() {
        let random = &mut Random::new(seed ^ 0x5a9);
        for (kind, change) in snapshots::WAYS {
            for _ in 0..2 {
                let mut instance = sample.instance.clone();
                if change(&mut instance, random).is_none() || instance.validate().is_err() {
                    continue;
                }
                let truth = Truth::of(&instance);
                let tally: &mut Tally = tallies.entry(kind).or_default();
                judge(tally, &(seed, kind), &instance, &sample.certificate, &truth);
            }
        }
    }
    enough(&tallies, snapshots::WAYS.len(), 2_000, (5, 15));
}

/// A solver's word is never taken for arithmetic.
#[test]
fn a_solvers_word_certifies_nothing() {
    let mut lies = 0;
    for (seed, mut sample) in samples().take(200) {
        let random = &mut Random::new(seed);
        let Some(mut certificate) = lies::WAYS[4].1(&sample, random) else { continue };
        for it in bounds(&mut certificate) {
            *it.bound = it.reached;
            *it.proof = Proof::Solver { by: "an oracle".to_owned() };
        }
        lies += u32::from(!is_true(&sample.instance, &certificate, &sample.truth));
        let verified = check_within(&sample.instance, &certificate, STEPS).unwrap();
        assert!(verified.tiers.iter().all(|it| it.status == Status::Solver), "{seed}");
        assert_eq!(verified.disruption.status, Status::Solver, "{seed}");
        // The same word about one tier makes all after it rest on it.
        let first = sample.certificate.tiers.first_mut().unwrap();
        first.proof = Proof::Solver { by: "an oracle".to_owned() };
        first.bound = first.placed;
        let verified = check_within(&sample.instance, &sample.certificate, STEPS).unwrap();
        assert!(verified.tiers.iter().all(|it| it.status > Status::Certified), "{seed}");
    }
    assert!(lies > 50, "{lies}");
}
