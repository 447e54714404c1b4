//! The search for plans.
//!
//! Where only requests, capacities and eligible nodes matter, annealing over assignments with
//! overflow ([`anneal`]) finds nearly all packings that exist. What it finds is realised as a plan
//! under all constraints ([`crate::plan`]); where those bind, plans are torn down in part and built
//! up again.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the search estimates in floating point and plans are replayed in integers; indexes fit 32 bits"
)]

pub(crate) mod anneal;
pub(crate) mod packing;
pub(crate) mod random;
mod ruin;
pub(crate) mod score;
pub(crate) mod shared;

use seatrial_certificate::{Classes, Objective, Partition};

use crate::disruption;
use crate::plan::{Insert, Planner};
use anneal::{Annealing, OUT, Schedule};
use packing::Reduced;
use random::Random;
use score::Solution;
use shared::Shared;

/// How hot annealing starts and how cold it ends, as shares of a node.
const HOT: f64 = 0.01;
const COLD: f64 = 0.000_03;

/// A search for plans.
pub(crate) struct Search<'a> {
    pub(crate) planner: &'a Planner<'a>,
    pub(crate) shared: &'a Shared,
    partition: Partition,
    reduced: Reduced,
    /// Whether only requests, capacities and eligible nodes matter.
    plain: bool,
    pub(crate) random: Random,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// A better plan.
    Better,
    /// None.
    Failed,
    /// It cannot be tried.
    Impossible,
}

impl<'a> Search<'a> {
    pub(crate) fn new(planner: &'a Planner<'a>, shared: &'a Shared, seed: u64) -> Self {
        let instance = planner.instance();
        let partition = Partition::new(instance, Classes::Shape);
        let reduced = Reduced::new(instance, &partition);
        let bare = |shape: &seatrial_certificate::Shape| {
            shape.ports.is_empty()
                && shape.affinity.is_none()
                && shape.anti_affinity.is_empty()
                && shape.spread.is_empty()
        };
        let plain = instance.shapes.iter().all(bare)
            && instance.gangs.is_empty()
            && instance.budgets.is_empty()
            && instance.question.move_limit.is_none()
            && !instance.question.live
            && instance.question.objective == Objective::Placed;
        Self { planner, shared, partition, reduced, plain, random: Random::new(seed) }
    }

    /// Searches until it is time to stop, from given placements.
    pub(crate) fn run(&mut self, starts: &[Vec<Option<u32>>]) {
        let now: Vec<Option<u32>> =
            self.planner.instance().pods.iter().map(|pod| pod.node).collect();
        self.offer_wish(&now, Insert::No);
        self.offer_wish(&now, Insert::BestFit(0.0));
        for start in starts {
            self.offer_wish(start, Insert::BestFit(0.0));
        }
        let mut patience = 1.0;
        while !self.shared.clock.is_over() {
            let moved = self.anneal_tiers(patience);
            if !self.plain {
                self.ruin(patience);
            }
            if self.plain || self.shared.known().open_tier().is_none() {
                self.calm(patience);
            }
            let known = self.shared.known();
            if known.is_enough(self.shared.clock.elapsed(), self.shared.clock.limit() / 10) {
                self.shared.clock.stop();
            }
            if !moved && self.planner.instance().pods.is_empty() {
                return;
            }
            patience *= 1.5;
        }
    }

    /// Realises a wish and hands the plan in; whether it is the best so far.
    fn offer_wish(&mut self, wanted: &[Option<u32>], insert: Insert) -> bool {
        let plan = self.planner.realise(wanted, insert, &mut self.random);
        plan.is_some_and(|solution| self.shared.offer(&solution))
    }

    /// Tries to place more in each tier that is open; whether some attempt did.
    fn anneal_tiers(&mut self, patience: f64) -> bool {
        let tiers = self.planner.instance().priorities().len();
        let mut moved = false;
        for tier in 0..tiers {
            let mut batch = u64::MAX;
            while !self.shared.clock.is_over() {
                let known = self.shared.known();
                let Some(best) = &known.best else { return moved };
                let of = |list: &[u64]| list.get(tier).copied().unwrap_or(0);
                let gap = of(&known.bounds).saturating_sub(of(&best.placed));
                if gap == 0 {
                    break;
                }
                batch = batch.min(gap);
                match self.attempt(best, tier, batch, patience) {
                    Attempt::Better => moved = true,
                    Attempt::Impossible => break,
                    Attempt::Failed if batch == 1 => break,
                    Attempt::Failed => batch /= 2,
                }
            }
        }
        moved
    }

    fn attempt(&mut self, best: &Solution, tier: usize, more: u64, patience: f64) -> Attempt {
        match self.reduced.resources.len() {
            0..=2 => self.attempt_in::<2>(best, tier, more, patience),
            3..=4 => self.attempt_in::<4>(best, tier, more, patience),
            5..=8 => self.attempt_in::<8>(best, tier, more, patience),
            _ => self.attempt_in::<16>(best, tier, more, patience),
        }
    }

    /// Tries to place so many more pods of a tier and above, whatever becomes of the tiers after.
    fn attempt_in<const R: usize>(
        &mut self,
        best: &Solution,
        tier: usize,
        more: u64,
        patience: f64,
    ) -> Attempt {
        let instance = self.planner.instance();
        let Some((packing, members)) = self.reduced.packing::<R>(instance, tier) else {
            return Attempt::Impossible;
        };
        let pod = |at: usize| self.reduced.pods.get(at).copied().unwrap_or(OUT);
        let place = |at: &usize| best.places.get(pod(*at) as usize).copied().flatten();
        let start: Vec<u32> = members.iter().map(|at| place(at).unwrap_or(OUT)).collect();
        let mut annealing = Annealing::new(&packing, &start);
        let mut out: Vec<u32> = annealing.left_out().to_vec();
        self.random.shuffle(&mut out);
        // Of this tier first (those before it are as full as they get), and the smallest.
        out.sort_by_key(|&item| {
            let item = packing.items.get(item as usize);
            item.map(|item| (item.rank, item.requests.iter().sum::<i64>()))
        });
        let forced = out.iter().filter(|&&item| annealing.force(item)).take(more as usize).count();
        if forced == 0 {
            return Attempt::Impossible;
        }
        let schedule = Schedule {
            from: HOT,
            to: COLD,
            steps: (8_000.0 * packing.items.len() as f64 * patience) as u64,
        };
        let clock = &self.shared.clock;
        let bound = |known: &shared::Known| known.bounds.get(tier).copied().unwrap_or(0);
        let aim = best.placed.get(tier).copied().unwrap_or(0) + more;
        let stop = || clock.is_over() || bound(&self.shared.known()) < aim;
        if !annealing.run(schedule, &mut self.random, &stop) {
            return Attempt::Failed;
        }
        let mut wanted = best.places.clone();
        for (at, &bin) in members.iter().zip(annealing.assignment()) {
            if let Some(slot) = wanted.get_mut(pod(*at) as usize) {
                *slot = (bin != OUT).then_some(bin);
            }
        }
        let calm = disruption::stay_where_possible(instance, &self.partition, &wanted);
        if self.offer_wish(&calm, Insert::BestFit(0.0)) { Attempt::Better } else { Attempt::Failed }
    }

    /// Tries to disturb less with the same counts.
    fn calm(&mut self, patience: f64) {
        let known = self.shared.known();
        let Some(best) = known.best else { return };
        if best.disruption <= known.disruption {
            return;
        }
        match self.reduced.resources.len() {
            0..=2 => self.calm_in::<2>(&best, patience),
            3..=4 => self.calm_in::<4>(&best, patience),
            5..=8 => self.calm_in::<8>(&best, patience),
            _ => self.calm_in::<16>(&best, patience),
        }
    }

    fn calm_in<const R: usize>(&mut self, best: &Solution, patience: f64) {
        let instance = self.planner.instance();
        let Some((packing, members)) = self.reduced.packing::<R>(instance, usize::MAX) else {
            return;
        };
        let pod = |at: usize| self.reduced.pods.get(at).copied().unwrap_or(OUT);
        let place = |at: &usize| best.places.get(pod(*at) as usize).copied().flatten();
        let start: Vec<u32> = members.iter().map(|at| place(at).unwrap_or(OUT)).collect();
        let mut annealing = Annealing::new(&packing, &start);
        let steps = (4_000.0 * packing.items.len() as f64 * patience) as u64;
        let schedule = Schedule { from: HOT, to: COLD, steps };
        // A disturbance weighs as much as an overflow of some thousandths of a node.
        let weight = 0.000_5 * (1.0 + 9.0 * self.random.unit());
        let version = self.shared.known().version;
        let stop = || self.shared.clock.is_over() || self.shared.known().version != version;
        let most = u32::try_from(best.disruption).unwrap_or(u32::MAX);
        let found = annealing.calm(schedule, weight, most, &mut self.random, &stop);
        let Some(found) = found else { return };
        let mut wanted = best.places.clone();
        for (at, &bin) in members.iter().zip(&found) {
            if let Some(slot) = wanted.get_mut(pod(*at) as usize) {
                *slot = (bin != OUT).then_some(bin);
            }
        }
        let wanted = disruption::stay_where_possible(instance, &self.partition, &wanted);
        self.offer_wish(&wanted, Insert::No);
    }
}
