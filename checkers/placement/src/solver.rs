//! Z3 on what counting leaves open, on small clusters.
//!
//! What is asked is the checker's own script ([`seatrial_certificate::script`]), tier by tier from
//! high to low with the counts so far, then costs: so whoever verifies can ask any other solver the
//! same. A refutation settles the bound; a model is where pods may run, and is handed to the
//! planner, which may reach it and so improve the plan.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_certificate::script::{Claim, Wish, is_small, script, wish};
use seatrial_certificate::{Filters, Instance, State, Step, Target};
use seatrial_smt::{Answer, Limits, Manner, check_version, solve};

use crate::plan::{Insert, Planner};
use crate::search::random::Random;
use crate::search::score::Solution;
use crate::search::shared::{Known, Shared};

/// The most numbers (of pods of one kind on one node) that a script is written about.
const MOST_NUMBERS: usize = 400;
/// How long the solver may take at first.
const FIRST: Duration = Duration::from_millis(400);
/// How often the planner tries to reach what a model says.
const TRIES: u64 = 8;

/// What the solver says of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refutation {
    /// It holds, by this solver.
    Refuted {
        /// Its name and version.
        by: String,
    },
    /// It may not hold: pods may run as wished. That need not be reachable.
    Model(Wish),
    /// It does not know, for this reason.
    Unknown(String),
}

/// Asks Z3 to refute that a reachable placement does better than a claim says.
pub fn refute(
    instance: &Instance,
    claim: &Claim<'_>,
    manner: Manner,
    limits: &Limits<'_>,
) -> Refutation {
    let version = match check_version() {
        Ok(version) => version,
        Err(error) => return Refutation::Unknown(error.to_string()),
    };
    match solve(&script(instance, claim), manner, limits) {
        Answer::Unsat => Refutation::Refuted { by: format!("z3 {version}") },
        Answer::Sat(model) => {
            let value = |name: &str| model.value(name).and_then(|value| u64::try_from(value).ok());
            Refutation::Model(wish(instance, value))
        }
        Answer::Unknown(reason) => Refutation::Unknown(reason),
    }
}

/// A bound that Z3 has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) target: Target,
    pub(crate) bound: u64,
    pub(crate) by: String,
}

/// What has been asked about one target.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The next bound to ask for.
    bound: u64,
    /// How long that may take.
    time: Duration,
    /// How Z3 is to go about it.
    manner: Manner,
}

impl Asked {
    fn first(bound: u64) -> Self {
        Self { bound, time: FIRST, manner: Manner::Simplex }
    }

    /// The other manner, and when both did not know, for twice as long.
    fn again(self) -> Self {
        match self.manner {
            Manner::Simplex => Self { manner: Manner::General, ..self },
            Manner::General => Self { time: self.time * 2, manner: Manner::Simplex, ..self },
        }
    }
}

/// Asks about what is open, one claim after the other.
pub(crate) struct Solver<'a> {
    planner: &'a Planner<'a>,
    shared: &'a Shared,
    /// Whether constraints between pods, or on what is done, may bind.
    constrained: bool,
    /// How long it has been asked, in vain.
    spent: Duration,
    /// By target, in the order in which they are asked.
    asked: BTreeMap<usize, Asked>,
    random: Random,
}

impl<'a> Solver<'a> {
    /// None if the instance is too large for it.
    pub(crate) fn new(planner: &'a Planner<'a>, shared: &'a Shared) -> Option<Self> {
        let small = is_small(planner.instance(), MOST_NUMBERS);
        let constrained = is_constrained(planner.instance());
        let spent = Duration::ZERO;
        let (asked, random) = (BTreeMap::new(), Random::new(0));
        small.then_some(Self { planner, shared, constrained, spent, asked, random })
    }

    /// Whether counting may go on with so many steps before the solver is asked (again).
    pub(crate) fn gives_way(&self, steps: u64) -> bool {
        const FREE: u128 = 5_000_000;
        const STEPS_PER_MILLISECOND: u128 = 10_000;
        let earned = STEPS_PER_MILLISECOND * self.spent.as_millis();
        !self.constrained || u128::from(steps) < FREE + earned
    }

    /// What is open first: its place in the order, the target, what the best plan has, and the
    /// bound.
    fn open(known: &Known) -> Option<(usize, Target, u64, u64)> {
        let best = known.best.as_ref()?;
        let tiers = best.placed.iter().zip(&known.bounds);
        let open = (0_u32..).zip(tiers).find(|(_, (placed, bound))| placed < bound);
        if let Some((tier, (&placed, &bound))) = open {
            return Some((tier as usize, Target::Tier(tier), placed, bound));
        }
        let count = best.placed.len();
        if let Some(cost) = best.fragments.filter(|&cost| cost > known.fragments) {
            return Some((count, Target::Fragments, cost, known.fragments));
        }
        let cost = best.disruption;
        (cost > known.disruption).then_some((count + 1, Target::Disruption, cost, known.disruption))
    }

    /// Asks the next question, if there is one and time for it; whether there was. A bound that is
    /// proven is handed to `settle`; a model that can be reached is a new plan.
    pub(crate) fn advance(&mut self, known: &Known, settle: impl FnOnce(Settled)) -> bool {
        let Some((place, target, reached, proven)) = Self::open(known) else { return false };
        let Some(best) = &known.best else { return false };
        let rises = matches!(target, Target::Tier(_));
        let known_of = self.asked.get(&place).copied();
        // What was asked before a better plan was found does not matter any more.
        let fits =
            |asked: &Asked| if rises { asked.bound >= reached } else { asked.bound <= reached };
        let asked = known_of.filter(fits).unwrap_or(Asked::first(reached));
        let Asked { bound, time, .. } = asked;
        let left = self.shared.clock.left();
        if bound == proven || left < FIRST / 4 {
            return false;
        }
        let (shared, version) = (self.shared, known.version);
        let stop = || shared.clock.is_over() || shared.known().version != version;
        let limits = Limits { time: time.min(left), work: None, stop: Some(&stop) };
        let claim = Claim { target, bound, placed: &best.placed, fragments: best.fragments };
        let next = match refute(self.planner.instance(), &claim, asked.manner, &limits) {
            Refutation::Refuted { by } => {
                settle(Settled { target, bound, by });
                asked
            }
            Refutation::Model(wanted) if self.improves(&wanted) => asked,
            // What the script allows is not reached: a weaker bound may be provable.
            Refutation::Model(_) if rises => Asked::first(bound + 1),
            Refutation::Model(_) => Asked::first(bound.saturating_sub(1)),
            Refutation::Unknown(_) => {
                self.spent += time;
                asked.again()
            }
        };
        self.asked.insert(place, next);
        true
    }

    /// Whether a plan to where pods are wanted is the best so far.
    fn improves(&mut self, wish: &Wish) -> bool {
        let filters = Filters::new(self.planner.instance());
        let straight = Solution::of(&filters, straight(&filters, wish));
        if straight.is_ok_and(|solution| self.shared.offer(&solution)) {
            return true;
        }
        for at in 0..TRIES {
            let insert = if at % 2 == 0 { Insert::No } else { Insert::BestFit(0.1) };
            let solution = self.planner.realise(&wish.places, insert, &mut self.random);
            if solution.is_some_and(|solution| self.shared.offer(&solution)) {
                return true;
            }
        }
        false
    }
}

/// The steps to where pods are wanted in the order of the wish, as far as filters let them:
/// always the first that can arrive.
fn straight(filters: &Filters<'_>, wish: &Wish) -> Vec<Step> {
    let instance = filters.instance();
    let mut state = State::now(filters);
    let mut steps = Vec::new();
    for (pod, it) in instance.numbered_pods() {
        let wanted = wish.places.get(pod as usize).copied().flatten();
        let goes = it.node.is_some() && it.node != wanted && !it.fixed;
        if goes && !instance.question.live {
            state.evict(pod);
            steps.push(Step::Evict(pod));
        }
    }
    let mut waiting = wish.order.clone();
    while let Some((at, step)) = waiting.iter().enumerate().find_map(|(at, &pod)| {
        let node = wish.places.get(pod as usize).copied().flatten()?;
        let from = state.evict(pod);
        let admitted = state.admits(pod, node).is_ok();
        let to = if admitted { Some(node) } else { from };
        if let Some(to) = to {
            state.bind(pod, to);
        }
        let step = if from.is_some() { Step::Move(pod, node) } else { Step::Bind(pod, node) };
        admitted.then_some((at, step))
    }) {
        waiting.remove(at);
        steps.push(step);
    }
    steps
}

/// Whether more than resources matters.
fn is_constrained(instance: &Instance) -> bool {
    let shape = |it: &seatrial_certificate::Shape| {
        it.affinity.is_some()
            || !(it.anti_affinity.is_empty() && it.spread.is_empty() && it.ports.is_empty())
    };
    instance.shapes.iter().any(shape)
        || !(instance.gangs.is_empty() && instance.budgets.is_empty())
        || instance.question.move_limit.is_some()
        || instance.question.live
}

#[cfg(test)]
mod tests;
