//! The search for bounds and their proofs.
//!
//! Lists, claims and sums are the checker's own ([`seatrial_certificate`]); what is claimed in the
//! end has been accepted by it.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "multipliers are found in floating point and proven in integers; indexes fit 32 bits"
)]

pub(crate) mod frame;
mod integers;
pub(crate) mod linear;
mod refute;

use std::collections::BTreeMap;
use std::time::Instant;

use seatrial_certificate::arrivals::{fewest_fragments, least_disruption};
use seatrial_certificate::proof::refute as check_proof;
use seatrial_certificate::{
    Bounded, Certificate, Classes, Combination, Facts, Partition, Proof, Relaxation, Row, Steps,
    Target, Tier, check,
};

use crate::plan::Planner;
use crate::search::score::Solution;
use crate::search::shared::{Known, Shared};
use crate::solver::{Settled, Solver};
use frame::Frame;
use refute::{Effort, MOST_PAIRS, Refuter};

/// Proofs of fewer steps are checked as soon as they are found; those of more only with the whole
/// certificate, for there is not the time to do it twice.
const CHECKED_TWICE: u64 = 2_000_000;

/// A bound and why it holds.
#[derive(Clone, Debug)]
struct Proven {
    bound: u64,
    classes: Classes,
    proof: Proof,
    /// The steps that checking it takes.
    steps: u64,
}

/// A search for proofs.
pub(crate) struct Prover<'a> {
    planner: &'a Planner<'a>,
    shared: &'a Shared,
    facts: &'a Facts<'a>,
    shape: Partition,
    place: Option<Partition>,
    proven: BTreeMap<usize, Proven>,
    fragments: Option<Proven>,
    disruption: Option<Proven>,
    /// Asked on small clusters, where there is more than counting to it.
    solver: Option<Solver<'a>>,
    /// What was tried in vain: the tier, the bound, and with what effort.
    failed: BTreeMap<(usize, u64), u64>,
    /// Steps of the checker per second, as far as seen.
    rate: f64,
}

/// For each tier, how many pods there are that could run if they were alone.
pub(crate) fn trivial_bounds(facts: &Facts<'_>, partition: &Partition) -> Vec<u64> {
    let of = |(&priority, &fixed): (&i32, &u64)| {
        let counted = partition.pods.iter().filter(|class| {
            let shape = facts.instance.shapes.get(class.shape as usize);
            shape.is_some_and(|shape| shape.priority >= priority)
                && partition.eligible(class).next().is_some()
        });
        fixed + counted.map(seatrial_certificate::PodClass::size).sum::<u64>()
    };
    facts.priorities.iter().zip(&facts.fixed_running).map(of).collect()
}

/// How many domains there are for pods that are apart, without those of fixed pods.
pub(crate) fn apart_domains(about: &Relaxation<'_>, row: &Row) -> Option<f64> {
    let Row::Apart { pods, topology } = row else { return None };
    let instance = about.facts.instance;
    let shape = about.partition.pods.get(*pods as usize)?.shape;
    let same = about.partition.pods.iter().filter(|class| class.shape == shape);
    let mut domains = std::collections::BTreeSet::new();
    for nodes in same.flat_map(|class| about.partition.eligible(class)) {
        for &node in &about.partition.nodes.get(nodes as usize)?.nodes {
            domains.insert(instance.domain(*topology, node)?);
        }
    }
    for pod in instance.pods.iter().filter(|pod| pod.fixed && pod.shape == shape) {
        if let Some(domain) = pod.node.and_then(|node| instance.domain(*topology, node)) {
            domains.remove(&domain);
        }
    }
    let probe = Combination { scale: 1, rows: vec![(row.clone(), 1)] };
    about.combine(&probe, &[], &mut Steps::new(u64::MAX / 2)).ok()?;
    Some(domains.len() as f64)
}

impl<'a> Prover<'a> {
    pub(crate) fn new(
        planner: &'a Planner<'a>,
        shared: &'a Shared,
        facts: &'a Facts<'a>,
        shape: Partition,
    ) -> Self {
        Self {
            planner,
            shared,
            facts,
            shape,
            place: None,
            proven: BTreeMap::new(),
            fragments: None,
            disruption: None,
            solver: Solver::new(planner, shared),
            failed: BTreeMap::new(),
            rate: 6_000_000.0,
        }
    }

    /// Proves until everything is settled or time is up.
    pub(crate) fn run(&mut self) {
        while !self.shared.clock.is_over() && self.shared.known().best.is_none() {
            self.shared.wait(std::time::Duration::from_millis(5));
        }
        self.count_arrivals();
        for tier in 0..self.facts.priorities.len() {
            let known = self.shared.known();
            let open = known.best.is_none_or(|best| best.placed.get(tier) < known.bounds.get(tier));
            if open && !self.shared.clock.is_over() {
                self.count(tier);
            }
        }
        while !self.shared.clock.is_over() {
            let known = self.shared.known();
            if known.best.is_none() || !(self.advance(&known) || self.ask_solver(&known)) {
                if known.best.is_some() {
                    self.shared.update(|now| now.exhausted = Some(known.version));
                }
                if known.searched {
                    return;
                }
                self.shared.wait(std::time::Duration::from_millis(20));
            }
        }
    }

    /// Tries the next thing that may help; whether there was one.
    fn advance(&mut self, known: &Known) -> bool {
        let Some(best) = &known.best else { return false };
        self.count_arrivals();
        for tier in 0..best.placed.len() {
            let of = |list: &[u64]| list.get(tier).copied().unwrap_or(0);
            let bound = of(&known.bounds);
            if of(&best.placed) >= bound {
                continue;
            }
            if let Some(effort) = self.next_effort(tier, bound - 1) {
                self.try_tier(best, tier, bound - 1, effort);
                return true;
            }
        }
        if known.open_tier().is_some() {
            return false;
        }
        self.advance_costs(best)
    }

    /// Asks the solver about what is open first; whether there was something to ask.
    fn ask_solver(&mut self, known: &Known) -> bool {
        let Some(solver) = &mut self.solver else { return false };
        let mut settled = None;
        let asked = solver.advance(known, |it| settled = Some(it));
        if let Some(Settled { target, bound, by }) = settled {
            let proof = Proof::Solver { by };
            let proven = Proven { bound, classes: Classes::Shape, proof, steps: 0 };
            match target {
                Target::Tier(tier) => {
                    self.proven.insert(tier as usize, proven);
                    self.shared.bound_tier(tier as usize, bound);
                }
                Target::Fragments => {
                    self.fragments = Some(proven);
                    self.shared.update(|known| known.fragments = known.fragments.max(bound));
                }
                Target::Disruption => {
                    self.disruption = Some(proven);
                    self.shared.update(|known| known.disruption = known.disruption.max(bound));
                }
            }
        }
        asked
    }

    /// Steps for the next try: twenty times more than for the last, as long as there is time for
    /// them, and to check what comes of it.
    fn next_effort(&mut self, tier: usize, bound: u64) -> Option<Effort> {
        let tried = self.failed.get(&(tier, bound)).copied().unwrap_or(0);
        let most = (self.shared.clock.left().as_secs_f64() * self.rate * 0.25) as u64;
        let next = if tried == 0 { 300_000 } else { tried.saturating_mul(20) };
        let beyond = self.solver.as_ref().is_some_and(|solver| !solver.gives_way(next));
        if beyond {
            return None;
        }
        // A last try with all the time that is left, if that is more than before.
        let next = if next > most && most / 2 > tried { most } else { next };
        if next > most || next > 2_000_000_000 {
            return None;
        }
        self.failed.insert((tier, bound), next);
        Some(Effort { steps: next, parts: (next / 20_000).clamp(20, 5_000) as u32 })
    }

    /// Bounds fragments, and what the best plan so far disturbs for them, by what arrivals save (RA).
    fn count_arrivals(&mut self) {
        let by_arrivals = |bound: u64, known: Option<&Proven>| {
            let proven =
                Proven { bound, classes: Classes::Place, proof: Proof::Arrivals, steps: 0 };
            (bound > known.map_or(0, |known| known.bound)).then_some(proven)
        };
        let known = self.shared.known();
        let fragments = fewest_fragments(self.facts.instance);
        if let Some(proven) = fragments.and_then(|it| by_arrivals(it, self.fragments.as_ref())) {
            self.shared.update(|known| known.fragments = known.fragments.max(proven.bound));
            self.fragments = Some(proven);
        }
        let left = known.best.and_then(|best| best.fragments);
        let disruption = left.and_then(|left| least_disruption(self.facts.instance, left));
        if let Some(proven) = disruption.and_then(|it| by_arrivals(it, self.disruption.as_ref())) {
            self.shared.update(|known| known.disruption = known.disruption.max(proven.bound));
            self.disruption = Some(proven);
        }
    }

    /// Bounds a tier by counting (R1).
    fn count(&mut self, tier: usize) {
        let placed: Vec<u64> = vec![0; self.facts.priorities.len()];
        let known = self.shared.known();
        let Some(&trivial) = known.bounds.get(tier) else { return };
        let mut about = Relaxation {
            facts: self.facts,
            partition: &self.shape,
            target: Target::Tier(tier as u32),
            bound: trivial,
            placed: &placed,
            fragments: None,
        };
        let Some(frame) = Frame::new(&about, &[], MOST_PAIRS, self.shared.clock.left() / 5) else {
            return;
        };
        let Some(multipliers) = linear::count(&frame) else { return };
        let combination = integers::of_multipliers(&frame, &multipliers);
        let Some(rhs) = integers::rhs(&about, &combination, &[]) else { return };
        let base = rhs + i128::from(combination.scale) * (i128::from(trivial) + 1);
        let bound = base.div_euclid(i128::from(combination.scale));
        let Ok(bound) = u64::try_from(bound) else { return };
        if bound >= trivial {
            return;
        }
        about.bound = bound;
        let mut steps = Steps::new(u64::MAX / 2);
        let proof = Proof::Rows(combination);
        if check_proof(&about, &proof, &mut steps).is_ok() {
            let steps = steps.taken();
            self.proven.insert(tier, Proven { bound, classes: Classes::Shape, proof, steps });
            self.shared.bound_tier(tier, bound);
        }
    }

    fn try_tier(&mut self, best: &Solution, tier: usize, bound: u64, effort: Effort) {
        let about = Relaxation {
            facts: self.facts,
            partition: &self.shape,
            target: Target::Tier(tier as u32),
            bound,
            placed: &best.placed,
            fragments: best.fragments,
        };
        let proven = prove(&about, self.shared, effort, &mut self.rate);
        if let Some(proven) = proven {
            self.proven.insert(tier, proven);
            self.shared.bound_tier(tier, bound);
        }
    }

    /// Bounds fragments and disruption, given tiers that are settled.
    fn advance_costs(&mut self, best: &Solution) -> bool {
        let done = self.fragments.as_ref().map_or(0, |proven| proven.bound);
        if let Some(cost) = best.fragments.filter(|&cost| cost > done)
            && let Some(effort) = self.next_effort(usize::MAX, cost)
        {
            self.fragments = self.cost(best, Target::Fragments, cost, done, effort);
            let bound = self.fragments.as_ref().map_or(0, |proven| proven.bound);
            self.shared.update(|known| known.fragments = known.fragments.max(bound));
            return true;
        }
        let done = self.disruption.as_ref().map_or(0, |proven| proven.bound);
        if best.disruption > done
            && let Some(effort) = self.next_effort(usize::MAX - 1, best.disruption)
        {
            self.disruption = self.cost(best, Target::Disruption, best.disruption, done, effort);
            let bound = self.disruption.as_ref().map_or(0, |proven| proven.bound);
            self.shared.update(|known| known.disruption = known.disruption.max(bound));
            return true;
        }
        false
    }

    /// The greatest bound of a cost that is found between two, by halving.
    fn cost(
        &mut self,
        best: &Solution,
        target: Target,
        cost: u64,
        done: u64,
        effort: Effort,
    ) -> Option<Proven> {
        let mut found = match target {
            Target::Fragments => self.fragments.take(),
            _ => self.disruption.take(),
        };
        let instance = self.facts.instance;
        let partition = self.place.get_or_insert_with(|| Partition::new(instance, Classes::Place));
        let (mut low, mut high) = (done, cost);
        let mut next = high;
        while low < high && !self.shared.clock.is_over() {
            let about = Relaxation {
                facts: self.facts,
                partition,
                target,
                bound: next,
                placed: &best.placed,
                fragments: best.fragments,
            };
            match prove(&about, self.shared, effort, &mut self.rate) {
                Some(proven) => {
                    low = next;
                    found = Some(Proven { classes: Classes::Place, ..proven });
                }
                None => high = next - 1,
            }
            next = low + (high - low).div_ceil(2);
        }
        found
    }

    /// The certificate of a plan with what is proven, accepted by the checker; and how many claims
    /// were not.
    pub(crate) fn certificate(&mut self, best: &Solution) -> (Certificate, u64) {
        let mut rejected = 0;
        loop {
            let certificate = self.written(best);
            match check(self.planner.instance(), &certificate) {
                Ok(_) => return (certificate, rejected),
                Err(_) if rejected > 0 => {
                    self.proven.clear();
                    self.fragments = None;
                    self.disruption = None;
                    return (self.written(best), rejected + 1);
                }
                Err(_) => {
                    rejected += 1;
                    self.drop_rejected(best);
                }
            }
        }
    }

    /// Drops the proofs that do not hold of this plan.
    fn drop_rejected(&mut self, best: &Solution) {
        let (facts, shape) = (self.facts, &self.shape);
        self.proven.retain(|&tier, proven| {
            let about = Relaxation {
                facts,
                partition: shape,
                target: Target::Tier(tier as u32),
                bound: proven.bound,
                placed: &best.placed,
                fragments: best.fragments,
            };
            let reached = best.placed.get(tier).copied().unwrap_or(0);
            let mut steps = Steps::new(proven.steps.saturating_mul(2).saturating_add(1_000_000));
            proven.bound >= reached && check_proof(&about, &proven.proof, &mut steps).is_ok()
        });
        self.fragments = None;
        self.disruption = None;
    }

    fn written(&self, best: &Solution) -> Certificate {
        let trivial = trivial_bounds(self.facts, &self.shape);
        let numbered = self.facts.priorities.iter().zip(&best.placed).zip(&trivial).enumerate();
        let tier =
            |(at, ((&priority, &placed), &trivial)): (usize, ((&i32, &u64), &u64))| match self
                .proven
                .get(&at)
            {
                Some(Proven { bound, classes, proof, .. }) if *bound < trivial => {
                    let (bound, classes) = (*bound, *classes);
                    Tier { priority, placed, bound, classes, proof: proof.clone() }
                }
                _ => {
                    let proof = if placed == trivial { Proof::Trivial } else { Proof::None };
                    Tier { priority, placed, bound: trivial, classes: Classes::Shape, proof }
                }
            };
        Certificate {
            format: Certificate::FORMAT.to_owned(),
            version: Certificate::VERSION,
            plan: best.plan.clone(),
            tiers: numbered.map(tier).collect(),
            disruption: bounded(best.disruption, self.disruption.as_ref()),
            fragments: best.fragments.map(|cost| bounded(cost, self.fragments.as_ref())),
        }
    }
}

fn bounded(cost: u64, proven: Option<&Proven>) -> Bounded {
    match proven {
        Some(Proven { bound, classes, proof, .. }) if *bound <= cost => {
            Bounded { cost, bound: *bound, classes: *classes, proof: proof.clone() }
        }
        _ => {
            let proof = if cost == 0 { Proof::Trivial } else { Proof::None };
            Bounded { cost, bound: 0, classes: Classes::Place, proof }
        }
    }
}

/// A proof that the checker accepts.
fn prove(
    about: &Relaxation<'_>,
    shared: &Shared,
    effort: Effort,
    rate: &mut f64,
) -> Option<Proven> {
    let start = Instant::now();
    let steps = Steps::new(effort.steps);
    let mut refuter = Refuter { about, shared, steps, parts: effort.parts };
    let proof = refuter.refute();
    let taken = refuter.steps.taken();
    let seconds = start.elapsed().as_secs_f64();
    if taken > 100_000 && seconds > 0.05 {
        let seen = taken as f64 / seconds;
        *rate = if seen < *rate { seen } else { 0.7 * *rate + 0.3 * seen };
    }
    let proof = proof?;
    let mut steps = taken;
    if taken < CHECKED_TWICE {
        let mut limit = Steps::new(taken.saturating_mul(4).saturating_add(10_000_000));
        check_proof(about, &proof, &mut limit).ok()?;
        steps = limit.taken();
    }
    Some(Proven { bound: about.bound, classes: about.partition.by, proof, steps })
}
