//! How a certificate is tampered with. Its proofs are about what it claims, so changing them alone
//! makes no false claim: whoever changes a proof also claims more than is proven.

use seatrial_certificate::brute::Reached;
use seatrial_certificate::testing::Random;
use seatrial_certificate::{Certificate, Combination, Proof, Quantity, Row, Step};

use super::certificates::{Sample, bounds, number};

/// Changes a certificate; nothing if it has not what is to be changed.
pub(crate) type Tamper = fn(&Sample, &mut Random) -> Option<Certificate>;

/// The ways, by name.
pub(crate) const WAYS: [(&str, Tamper); 11] = [
    ("a step of the plan", step),
    ("a count", count),
    ("a count and its bound", count_and_bound),
    ("a bound", bound),
    ("a worse plan said to be the best", worse_plan),
    ("a multiplier", |sample, random| proof(sample, random, multiplier)),
    ("a weight of a pattern", |sample, random| proof(sample, random, weight)),
    ("the claim of a pattern", |sample, random| proof(sample, random, claim)),
    ("a row", |sample, random| proof(sample, random, row)),
    ("a branch", |sample, random| proof(sample, random, branch)),
    ("an enumeration", |sample, random| proof(sample, random, enumeration)),
];

/// One more or one less; twice as much or nothing.
fn nudge(random: &mut Random, number: &mut u64) {
    *number = match random.within(0, 4) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 => number.saturating_mul(2),
        3 => 0,
        _ => number.saturating_add(random.within(2, 9)),
    };
}

fn step(sample: &Sample, random: &mut Random) -> Option<Certificate> {
    let mut certificate = sample.certificate.clone();
    let plan = &mut certificate.plan;
    let at = random.index(plan.len());
    let (pods, nodes) = (sample.instance.pods.len(), sample.instance.nodes.len());
    let (pod, node) = (number(random, pods), number(random, nodes));
    let some = match random.within(0, 2) {
        0 => Step::Evict(pod),
        1 => Step::Move(pod, node),
        _ => Step::Bind(pod, node),
    };
    match random.within(0, 5) {
        0 => plan.push(some),
        1 => plan.insert(at, some),
        _ if plan.is_empty() => return None,
        2 => drop(plan.remove(at)),
        3 => plan.swap(0, at),
        4 => plan[at] = some,
        _ => match &mut plan[at] {
            Step::Evict(pod) => *pod = number(random, pods),
            Step::Bind(_, to) | Step::Move(_, to) => *to = node,
        },
    }
    (certificate != sample.certificate).then_some(certificate)
}

/// Writes what a plan reaches; the bounds stay as they are.
fn put_counts(certificate: &mut Certificate, reached: &Reached) {
    for (tier, &placed) in certificate.tiers.iter_mut().zip(&reached.placed) {
        tier.placed = placed;
    }
    certificate.fragments.iter_mut().for_each(|it| it.cost = reached.fragments);
    certificate.disruption.cost = reached.disruption;
}

fn count(sample: &Sample, random: &mut Random) -> Option<Certificate> {
    let mut certificate = sample.certificate.clone();
    let tiers = certificate.tiers.len();
    let at = random.index(tiers + 2);
    let placed = match (at.checked_sub(tiers), &mut certificate.fragments) {
        (None, _) => &mut certificate.tiers[at].placed,
        (Some(1), Some(fragments)) => &mut fragments.cost,
        _ => &mut certificate.disruption.cost,
    };
    *placed = if random.chance(50) { *placed + 1 } else { placed.checked_sub(1)? };
    Some(certificate)
}

fn count_and_bound(sample: &Sample, random: &mut Random) -> Option<Certificate> {
    let mut certificate = sample.certificate.clone();
    let at = random.index(certificate.tiers.len());
    let tier = certificate.tiers.get_mut(at)?;
    tier.placed += 1;
    tier.bound = tier.bound.max(tier.placed);
    Some(certificate)
}

fn bound(sample: &Sample, random: &mut Random) -> Option<Certificate> {
    let mut certificate = sample.certificate.clone();
    let mut all = bounds(&mut certificate);
    let at = random.index(all.len());
    let it = all.get_mut(at)?;
    *it.bound = if random.chance(50) { *it.bound + 1 } else { it.bound.checked_sub(1)? };
    Some(certificate)
}

/// Another plan than the best, with its counts; what it reaches is said to be the best possible,
/// in one of its counts or in all.
fn worse_plan(sample: &Sample, random: &mut Random) -> Option<Certificate> {
    let mut certificate = sample.certificate.clone();
    let candidates = [sample.reached(random), sample.reached(random), sample.reached(random)];
    let reached = candidates.into_iter().max_by(|a, b| a.placed.cmp(&b.placed))?;
    certificate.plan.clone_from(&reached.plan);
    put_counts(&mut certificate, reached);
    let all = random.chance(50);
    for it in bounds(&mut certificate) {
        let beaten = if it.from_above { *it.bound < it.reached } else { *it.bound > it.reached };
        if all || beaten || random.chance(30) {
            *it.bound = it.reached;
        }
    }
    (certificate != sample.certificate).then_some(certificate)
}

/// Claims more than is true, or may be, and changes a proof.
fn proof(
    sample: &Sample,
    random: &mut Random,
    change: fn(&mut Random, &mut Proof) -> Option<()>,
) -> Option<Certificate> {
    let mut certificate = worse_plan(sample, random)?;
    if random.chance(50) {
        // Only one bound is too good: the others are proven as they were.
        certificate = sample.certificate.clone();
        let mut all = bounds(&mut certificate);
        let at = random.index(all.len());
        let it = all.get_mut(at)?;
        *it.bound = if it.from_above { it.bound.checked_sub(1)? } else { *it.bound + 1 };
        change(random, it.proof)?;
        return Some(certificate);
    }
    let mut changed = None;
    for it in bounds(&mut certificate) {
        changed = change(random, it.proof).or(changed);
    }
    changed.map(|()| certificate)
}

/// The sums of inequalities in a proof.
fn combinations(proof: &mut Proof) -> Vec<&mut Combination> {
    match proof {
        Proof::Rows(rows) => vec![rows],
        Proof::Split { below, above, .. } => {
            let mut all = combinations(below);
            all.extend(combinations(above));
            all
        }
        Proof::Enumerate { slacks, then, .. } => {
            slacks.iter_mut().chain(combinations(then)).collect()
        }
        Proof::Trivial | Proof::Arrivals | Proof::Solver { .. } | Proof::None => Vec::new(),
    }
}

fn multiplier(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let mut all = combinations(proof);
    let at = random.index(all.len());
    let combination = all.get_mut(at)?;
    let at = random.index(combination.rows.len() + 1);
    let multiplier = match combination.rows.get_mut(at) {
        Some((_, multiplier)) => multiplier,
        None => &mut combination.scale,
    };
    nudge(random, multiplier);
    Some(())
}

/// Some pattern row of a proof.
fn pattern<'a>(random: &mut Random, proof: &'a mut Proof) -> Option<&'a mut Row> {
    let rows = combinations(proof).into_iter().flat_map(|it| it.rows.iter_mut());
    let mut patterns: Vec<&mut Row> =
        rows.map(|(row, _)| row).filter(|row| matches!(row, Row::Pattern { .. })).collect();
    let at = random.index(patterns.len());
    (!patterns.is_empty()).then(|| patterns.swap_remove(at))
}

fn weight(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let Row::Pattern { weights, .. } = pattern(random, proof)? else { return None };
    let at = random.index(weights.len());
    let (class, weight) = weights.get_mut(at)?;
    if random.chance(20) {
        *class += 1;
    }
    nudge(random, weight);
    Some(())
}

fn claim(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let Row::Pattern { most, fragments, nodes, .. } = pattern(random, proof)? else { return None };
    match random.within(0, 5) {
        0 => nudge(random, fragments),
        1 => *nodes = nodes.wrapping_add(1) % 3,
        _ => *most = most.saturating_sub(random.within(1, 3)),
    }
    Some(())
}

/// Any other row in the place of one, or one more.
fn row(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let mut all = combinations(proof);
    let at = random.index(all.len());
    let combination = all.get_mut(at)?;
    let (small, other) = (number(random, 3), number(random, 3));
    let row = match random.within(0, 8) {
        0 => Row::Capacity { nodes: small, resource: other },
        1 => Row::Tier(small),
        2 => Row::Split(small),
        3 => Row::Budget(0),
        4 => Row::MoveLimit,
        5 => Row::KeepRunning(small),
        6 => Row::Apart { pods: small, topology: other },
        7 => Row::Fragments,
        _ => Row::Pattern {
            nodes: small,
            weights: vec![(other, 1)],
            most: random.within(0, 1),
            fragments: 0,
            steps: 1000,
        },
    };
    let at = random.index(combination.rows.len());
    let multiplier = random.within(1, 9) * combination.scale.max(1);
    match combination.rows.get_mut(at).filter(|_| random.chance(50)) {
        Some(place) => place.0 = row,
        None => combination.rows.push((row, multiplier)),
    }
    Some(())
}

/// Some split of a proof; if there is none, it gets one.
fn branch(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let (small, other) = (number(random, 3), number(random, 3));
    let quantity = match random.within(0, 3) {
        0 => Quantity::Class(small),
        1 => Quantity::ClassOn(small, other),
        2 => Quantity::Gang(0),
        _ => Quantity::GangIn(0, small),
    };
    let Proof::Split { on, at, below, above } = proof else {
        let Proof::Rows(_) = proof else { return None };
        let side = |random: &mut Random| {
            let rows = vec![(Row::Split(0), random.within(1, 3))];
            let empty = Proof::Rows(Combination { scale: 1, rows });
            Box::new(if random.chance(50) { empty } else { proof.clone() })
        };
        let (below, above) = (side(random), side(random));
        *proof = Proof::Split { on: quantity, at: 0, below, above };
        return Some(());
    };
    match random.within(0, 5) {
        0 => nudge(random, at),
        1 => *on = quantity,
        2 => std::mem::swap(below, above),
        3 => return branch(random, below),
        4 => *proof = std::mem::replace(&mut **above, Proof::None),
        _ => {
            let Proof::Rows(rows) = &mut **below else { return None };
            rows.rows.push((Row::Split(0), rows.scale.max(1)));
        }
    }
    Some(())
}

/// Some enumeration of a proof; if there is none, it gets one.
fn enumeration(random: &mut Random, proof: &mut Proof) -> Option<()> {
    let nothing = || Box::new(Proof::Rows(Combination { scale: 0, rows: Vec::new() }));
    let Proof::Enumerate { slacks, steps, then } = proof else {
        let Proof::Rows(rows) = proof else { return None };
        let mut rows = rows.clone();
        nudge(random, &mut rows.scale);
        *proof = Proof::Enumerate { slacks: vec![rows], steps: 10_000, then: nothing() };
        return Some(());
    };
    let at = random.index(slacks.len());
    match random.within(0, 5) {
        0 => *then = nothing(),
        1 => drop(slacks.pop()),
        2 => nudge(random, steps),
        3 => slacks.push(slacks.get(at)?.clone()),
        4 => nudge(random, &mut slacks.get_mut(at)?.scale),
        _ => {
            let slack = slacks.get_mut(at)?;
            let at = random.index(slack.rows.len());
            nudge(random, &mut slack.rows.get_mut(at)?.1);
        }
    }
    Some(())
}
