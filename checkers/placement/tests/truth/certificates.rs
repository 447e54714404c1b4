//! Certificates to tamper with: those that the search writes, and the same with their proofs inside
//! splits and enumerations, which tiny instances seldom need.

use std::time::Duration;

use seatrial_certificate::brute::{Reached, Truth};
use seatrial_certificate::testing::{Mix, Random, instance};
use seatrial_certificate::{Certificate, Classes, Instance, Partition, Proof, Quantity, Row};
use seatrial_placement::{Options, place};

/// An instance, all that can be reached in it, and a certificate that is true.
pub(crate) struct Sample {
    pub(crate) instance: Instance,
    pub(crate) truth: Truth,
    pub(crate) certificate: Certificate,
}

impl Sample {
    /// The sample of a seed, if there is a plan at all.
    pub(crate) fn of(seed: u64) -> Option<Self> {
        // Where only resources count, more has to be proven than that all pods are placed.
        let all = Mix { pods: 5, ..Mix::ALL };
        let mix = if seed.is_multiple_of(2) { all } else { Mix { size: 5, ..Mix::PACKING } };
        let instance = instance(seed, mix);
        let options = Options { time_limit: Duration::from_millis(20), ..Options::default() };
        let mut certificate = place(&instance, &options).ok()?.certificate;
        let random = &mut Random::new(seed);
        for bound in bounds(&mut certificate) {
            // What rests on a solver's word is no arithmetic to tamper with.
            if matches!(bound.proof, Proof::Solver { .. }) {
                return None;
            }
            if random.chance(60) {
                wrap(random, &instance, bound.classes, bound.proof);
            }
        }
        let truth = Truth::of(&instance);
        Some(Self { instance, truth, certificate })
    }

    /// A placement that can be reached.
    pub(crate) fn reached(&self, random: &mut Random) -> &Reached {
        &self.truth.reached[random.index(self.truth.reached.len())]
    }
}

/// A bound of a certificate and its proof.
pub(crate) struct BoundMut<'a> {
    /// What the plan reaches.
    pub(crate) reached: u64,
    pub(crate) bound: &'a mut u64,
    /// Whether a greater bound says less.
    pub(crate) from_above: bool,
    pub(crate) classes: Classes,
    pub(crate) proof: &'a mut Proof,
}

/// All bounds of a certificate.
pub(crate) fn bounds(certificate: &mut Certificate) -> Vec<BoundMut<'_>> {
    let tiers = certificate.tiers.iter_mut().map(|it| BoundMut {
        reached: it.placed,
        bound: &mut it.bound,
        from_above: true,
        classes: it.classes,
        proof: &mut it.proof,
    });
    let costs =
        certificate.fragments.iter_mut().chain(std::iter::once(&mut certificate.disruption));
    let costs = costs.map(|it| BoundMut {
        reached: it.cost,
        bound: &mut it.bound,
        from_above: false,
        classes: it.classes,
        proof: &mut it.proof,
    });
    tiers.chain(costs).collect()
}

/// A number below `end`.
pub(crate) fn number(random: &mut Random, end: usize) -> u32 {
    u32::try_from(random.index(end)).unwrap()
}

/// Puts a proof by rows into a split, or behind an enumeration, or says as a pattern what it says
/// of a capacity; what it proves stays the same.
fn wrap(random: &mut Random, instance: &Instance, classes: Classes, proof: &mut Proof) {
    let Proof::Rows(rows) = proof else { return };
    let partition = Partition::new(instance, classes);
    if random.chance(50) {
        for (row, _) in &mut rows.rows {
            as_pattern(instance, &partition, row);
        }
    }
    let slacks = vec![rows.clone()];
    let inner = Box::new(proof.clone());
    match random.within(0, 2) {
        0 if !partition.pods.is_empty() => {
            let on = Quantity::Class(number(random, partition.pods.len()));
            let at = random.within(0, 1);
            *proof = Proof::Split { on, at, below: inner.clone(), above: inner };
        }
        1 => *proof = Proof::Enumerate { slacks, steps: 10_000, then: inner },
        _ => {}
    }
}

/// A capacity is a pattern: what the pods on a node take of it is no more than is left.
fn as_pattern(instance: &Instance, partition: &Partition, row: &mut Row) {
    let Row::Capacity { nodes, resource } = *row else { return };
    let at = resource as usize;
    let request = |shape: u32| instance.shapes[shape as usize].requests[at];
    let weights = (0..).zip(&partition.pods).map(|(class, it)| (class, request(it.shape)));
    let weights = weights.filter(|(_, weight)| *weight > 0).collect();
    let most = partition.nodes[nodes as usize].left[at];
    *row = Row::Pattern { nodes, weights, most, fragments: 0, steps: 100_000 };
}
