//! Inequalities that every reachable placement meets, and what they add up to.
//!
//! Let `x[c, t] >= 0` be the number of pods of class `c` that run on nodes of class `t` in the end
//! ([`crate::classes`]), for those `t` for which `c` is eligible, and `f[t] >= 0` the fragments
//! left on the nodes of class `t`. Fixed pods are constants. Write `here(c)` for the class of the
//! one node on which the pods of a class with [`crate::Classes::Place`] run now; that node is a class of its
//! own, and a pod that is taken from a node does not come back to it, so that `x[c, here(c)]` of
//! the pods stay and the others are evicted or moved. Every reachable placement meets:
//!
//! | row | inequality | why |
//! |---|---|---|
//! | capacity of `r` on `t` | `sum of req[c, r] x[c, t] <= N[t] left[t, r]` | what is left, node by node |
//! | pattern on `t` | `sum of w[c] x[c, t] - φ f[t] <= N[t] most` | the claim, node by node ([`crate::patterns`]) |
//! | tier `q` | `- sum over prio >= q of x <= - (placed[q] - fixed running)` | the induction over tiers: what is refuted is about plans that place no less there |
//! | split, below and above | `total <= at`, `- total <= - (at + 1)` | one of the two holds |
//! | split of a gang at 0 | above: `- total <= - minimum` | none of it runs, or at least the minimum |
//! | split of a gang in a domain | below: `total there <= 0`; above: `total elsewhere <= 0` | if one of its pods runs there, all do that run |
//! | budget | `- sum of x[c, here(c)] <= allowed - running` | over its pods; the others are taken from their nodes |
//! | move limit | the same over all pods that run and may be moved | |
//! | keep running | `- sum over t of x[c, t] <= - running of c` | live, or fragments: what runs goes on running |
//! | apart | `sum of x <= domains` | over the classes of one shape that is to be apart from itself in a topology of which every eligible node has the label; no two of its pods are in one domain at the start, so none are ever (who came last was refused); domains with a fixed pod of the shape do not count |
//! | fragments | `sum of f[t] <= cost` | where disruption is refuted: it is minimal among the plans with the least fragments |
//! | supply | `sum over t of x[c, t] <= n[c]` | there are no more pods |
//! | target | what is to be refuted | see [`Target`] |
//!
//! A [`Combination`] has multipliers `>= 0` for the rows and one, its scale, for the target. The
//! checker adds the supply of each class `c` with the least multiplier for which no coefficient of
//! `c` is negative. The sum is then `(something not negative) <= rhs`: with a negative right-hand
//! side it cannot be met, so no reachable placement meets the target. (Rules R0, R1 and, with
//! patterns, R2.)

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Combination, Quantity, Row};
use crate::plan::keeps_running;
use crate::steps::{OutOfSteps, Steps};
use crate::{Classes, Facts, Instance, Partition, PodClass, Shape};

/// What is refuted: that a reachable placement does better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// That it places at least `bound + 1` in a tier (by index):
    /// `- sum over prio >= p of x <= - (bound + 1 - fixed running)`.
    Tier(u32),
    /// That it leaves at most `bound - 1` fragments: `sum of f[t] <= bound - 1`.
    Fragments,
    /// That it costs at most `bound - 1`, where of the pods `n[c]` that run now
    /// `n[c] - x[c, here(c)] - moved` are evicted and cost 1, and `moved`, the sum of the other
    /// `x[c, t]`, cost 2: `sum of (moved - x[c, here(c)]) <= bound - 1 - sum of n[c]`.
    Disruption,
}

/// What a bound is about: everything but its proof.
#[derive(Clone, Debug)]
pub struct Relaxation<'a> {
    /// The instance, and what is known of it.
    pub facts: &'a Facts<'a>,
    /// The classes of the proof.
    pub partition: &'a Partition,
    /// What is refuted.
    pub target: Target,
    /// The bound that is claimed.
    pub bound: u64,
    /// What the plan places in each tier.
    pub placed: &'a [u64],
    /// The fragments that the plan leaves.
    pub fragments: Option<u64>,
}

/// Why a combination says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A row names something that does not exist or that its kind is not about.
    #[error("{0}")]
    Unfit(&'static str),
    /// Numbers leave 128 bits.
    #[error("the numbers are too large")]
    Overflow,
    /// More steps than the checker takes.
    #[error(transparent)]
    OutOfSteps(#[from] OutOfSteps),
}

fn unfit<T>(why: &'static str) -> Result<T, RowError> {
    Err(RowError::Unfit(why))
}

/// One side of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// What is split.
    pub on: Quantity,
    /// Where.
    pub at: u64,
    /// Whether it is the side with more than `at`.
    pub above: bool,
}

/// A sum of rows, each times its multiplier, in the form `coefficients * x + ... <= rhs`.
#[derive(Clone, Debug)]
pub struct Sum<'a> {
    partition: &'a Partition,
    instance: &'a Instance,
    rhs: i128,
    /// By class of pods: on all classes of nodes.
    everywhere: Vec<i128>,
    /// By class of pods: more on single classes of nodes.
    on: Vec<BTreeMap<u32, i128>>,
    /// By class of nodes: resources and multipliers of capacity rows.
    capacity: Vec<Vec<(u32, i128)>>,
    /// By class of pods: class of nodes and weight times multiplier of pattern rows.
    patterns: Vec<Vec<(u32, i128)>>,
    /// By class of nodes: what capacity and pattern rows leave per node.
    per_node: Vec<Option<i128>>,
    /// The coefficient of all fragments, but for patterns.
    fragments: i128,
    /// By class of nodes: what patterns take from it.
    fragments_of: Vec<i128>,
    /// By class of pods: the multiplier of its supply.
    supply: Vec<i128>,
}

/// Steps for each number that a row may add to what a sum keeps, so that memory is bounded, too.
const STEPS_PER_ENTRY: u64 = 64;

fn add(to: &mut i128, much: i128) -> Result<(), RowError> {
    *to = to.checked_add(much).ok_or(RowError::Overflow)?;
    Ok(())
}

fn times(a: i128, b: i128) -> Result<i128, RowError> {
    a.checked_mul(b).ok_or(RowError::Overflow)
}

impl<'a> Relaxation<'a> {
    /// Adds up a combination, with the sides of the splits that it is under, outermost first.
    ///
    /// Pattern claims are not proven here; who calls has to.
    pub fn combine(
        &self,
        combination: &Combination,
        splits: &[Side],
        steps: &mut Steps,
    ) -> Result<Sum<'a>, RowError> {
        let mut sum = Sum::new(self.facts.instance, self.partition);
        let width = self.facts.instance.pods.len() + self.facts.instance.nodes.len();
        let width = width as u64;
        steps.take(width / 16 + 1)?;
        self.add_target(&mut sum, i128::from(combination.scale))?;
        for (row, multiplier) in &combination.rows {
            let local = matches!(row, Row::Capacity { .. } | Row::Pattern { .. });
            steps.take(if local { 1 } else { width / 16 + 1 })?;
            self.add_row(&mut sum, row, i128::from(*multiplier), splits, steps)?;
        }
        sum.add_supply(steps)?;
        Ok(sum)
    }

    fn add_target(&self, sum: &mut Sum<'_>, scale: i128) -> Result<(), RowError> {
        let bound = i128::from(self.bound);
        match self.target {
            Target::Tier(tier) => self.add_tier(sum, tier, bound + 1, scale),
            Target::Fragments => {
                add(&mut sum.fragments, scale)?;
                add(&mut sum.rhs, times(scale, bound - 1)?)
            }
            Target::Disruption => {
                self.demand_place()?;
                let mut running = 0;
                for (class, it) in (0_u32..).zip(&self.partition.pods) {
                    let Some(here) = it.here else { continue };
                    running += i128::from(it.size());
                    sum.add_everywhere(class, scale)?;
                    sum.add_on(class, here, times(scale, -2)?)?;
                }
                add(&mut sum.rhs, times(scale, bound - 1 - running)?)
            }
        }
    }

    /// At least so many of a priority and above.
    fn add_tier(
        &self,
        sum: &mut Sum<'_>,
        tier: u32,
        least: i128,
        multiplier: i128,
    ) -> Result<(), RowError> {
        let Some(&priority) = self.facts.priorities.get(tier as usize) else {
            return unfit("there is no such tier");
        };
        for (class, it) in (0_u32..).zip(&self.partition.pods) {
            let shape = self.facts.instance.shapes.get(it.shape as usize);
            if shape.is_some_and(|shape| shape.priority >= priority) {
                sum.add_everywhere(class, -multiplier)?;
            }
        }
        let fixed = self.facts.fixed_running.get(tier as usize).copied().unwrap_or(0);
        add(&mut sum.rhs, times(multiplier, i128::from(fixed) - least)?)
    }

    fn demand_place(&self) -> Result<(), RowError> {
        match self.partition.by {
            Classes::Place => Ok(()),
            Classes::Shape => unfit("needs classes by place"),
        }
    }

    fn add_row(
        &self,
        sum: &mut Sum<'_>,
        row: &Row,
        multiplier: i128,
        splits: &[Side],
        steps: &mut Steps,
    ) -> Result<(), RowError> {
        let running = |class: &PodClass| i128::from(class.running);
        match row {
            Row::Capacity { nodes, resource } => sum.add_capacity(*nodes, *resource, multiplier),
            Row::Pattern { nodes, weights, most, fragments, .. } => {
                let limits = (i128::from(*most), i128::from(*fragments));
                sum.add_pattern(*nodes, weights, limits, multiplier)
            }
            Row::Tier(tier) => {
                let before = match self.target {
                    Target::Tier(target) => *tier < target,
                    Target::Fragments | Target::Disruption => true,
                };
                match self.placed.get(*tier as usize).filter(|_| before) {
                    Some(&placed) => self.add_tier(sum, *tier, i128::from(placed), multiplier),
                    None => unfit("names a tier that is not before"),
                }
            }
            Row::Split(depth) => match splits.get(*depth as usize) {
                Some(side) => self.add_split(sum, side, multiplier, steps),
                None => unfit("names a split that it is not under"),
            },
            Row::Budget(number) => match self.facts.instance.budgets.get(*number as usize) {
                Some(budget) => {
                    let holds = |class: &PodClass| class.budgets.binary_search(number).is_ok();
                    self.add_stay(sum, holds, budget.allowed, multiplier)
                }
                None => unfit("names a budget that does not exist"),
            },
            Row::MoveLimit => match self.facts.instance.question.move_limit {
                Some(limit) => self.add_stay(sum, |_| true, limit, multiplier),
                None => unfit("names a move limit, and there is none"),
            },
            Row::KeepRunning(number) => match self.partition.pods.get(*number as usize) {
                Some(class) if keeps_running(self.facts.instance) => {
                    sum.add_everywhere(*number, -multiplier)?;
                    add(&mut sum.rhs, times(multiplier, -running(class))?)
                }
                _ => unfit("names pods that need not go on running"),
            },
            Row::Apart { pods, topology } => {
                self.add_apart(sum, (*pods, *topology), multiplier, steps)
            }
            Row::Fragments => match (self.target, self.fragments) {
                (Target::Disruption, Some(cost)) => {
                    add(&mut sum.fragments, multiplier)?;
                    add(&mut sum.rhs, times(multiplier, i128::from(cost))?)
                }
                _ => unfit("names fragments, which are not before"),
            },
        }
    }

    /// Of the running pods of some classes, so many may be taken from their nodes.
    fn add_stay(
        &self,
        sum: &mut Sum<'_>,
        holds: impl Fn(&PodClass) -> bool,
        allowed: u32,
        multiplier: i128,
    ) -> Result<(), RowError> {
        self.demand_place()?;
        let mut running = 0;
        for (class, it) in (0_u32..).zip(&self.partition.pods).filter(|(_, it)| holds(it)) {
            let Some(here) = it.here else { continue };
            running += i128::from(it.size());
            sum.add_on(class, here, -multiplier)?;
        }
        add(&mut sum.rhs, times(multiplier, i128::from(allowed) - running)?)
    }

    fn add_apart(
        &self,
        sum: &mut Sum<'_>,
        (pods, topology): (u32, u32),
        multiplier: i128,
        steps: &mut Steps,
    ) -> Result<(), RowError> {
        let Some(number) = self.partition.pods.get(pods as usize).map(|class| class.shape) else {
            return unfit("names pods that do not exist");
        };
        let instance = self.facts.instance;
        let apart = instance.shapes.get(number as usize).is_some_and(|shape| {
            let mut terms = shape.anti_affinity.iter();
            terms.any(|term| term.topology == topology && term.matches.contains(number))
        });
        if !apart || self.facts.clashes(number) {
            return unfit("names pods that are not apart from each other");
        }
        let mut eligible = BTreeSet::new();
        for (class, it) in (0_u32..).zip(&self.partition.pods).filter(|it| it.1.shape == number) {
            sum.add_everywhere(class, multiplier)?;
            for nodes in self.partition.eligible(it) {
                steps.take(1)?;
                eligible.insert(nodes);
            }
        }
        let eligible = eligible.into_iter().filter_map(|it| self.partition.nodes.get(it as usize));
        let domain = |&node: &u32| instance.domain(topology, node);
        let domains = eligible.flat_map(|class| &class.nodes).map(domain);
        let Some(mut domains) = domains.collect::<Option<BTreeSet<u32>>>() else {
            return unfit("names pods that may be outside of all domains");
        };
        for pod in instance.pods.iter().filter(|pod| pod.fixed && pod.shape == number) {
            let domain = pod.node.and_then(|node| instance.domain(topology, node));
            if let Some(domain) = domain {
                domains.remove(&domain);
            }
        }
        add(&mut sum.rhs, times(multiplier, domains.len() as i128)?)
    }

    fn add_split(
        &self,
        sum: &mut Sum<'_>,
        side: &Side,
        multiplier: i128,
        steps: &mut Steps,
    ) -> Result<(), RowError> {
        let sign = if side.above { -multiplier } else { multiplier };
        let at = i128::from(side.at);
        let (mut fixed, mut limit) = (0, if side.above { at + 1 } else { at });
        match side.on {
            Quantity::Class(class) => sum.add_everywhere(class, sign)?,
            Quantity::ClassOn(class, nodes) => {
                if nodes as usize >= sum.per_node.len() {
                    return unfit("splits a class that does not exist");
                }
                sum.add_on(class, nodes, sign)?;
            }
            Quantity::Gang(number) => {
                let Some(gang) = self.facts.instance.gangs.get(number as usize) else {
                    return unfit("splits a gang that does not exist");
                };
                if side.above {
                    limit = i128::from(gang.minimum);
                }
                for class in self.classes_of_gang(number) {
                    sum.add_everywhere(class, sign)?;
                }
                fixed = self.fixed_of_gang(number, |_| true);
            }
            Quantity::GangIn(number, domain) => {
                let gang = self.facts.instance.gangs.get(number as usize);
                let Some(topology) = gang.and_then(|gang| gang.within) else {
                    return unfit("splits a gang that is not within a domain");
                };
                // Below, what is there is at most 0; above, what is elsewhere is.
                let counted = |node: u32| {
                    (self.facts.instance.domain(topology, node) == Some(domain)) != side.above
                };
                for class in self.classes_of_gang(number) {
                    let Some(it) = self.partition.pods.get(class as usize) else { continue };
                    for nodes in self.partition.eligible(it) {
                        steps.take(STEPS_PER_ENTRY)?;
                        if self.partition.first_node(nodes).is_some_and(counted) {
                            sum.add_on(class, nodes, multiplier)?;
                        }
                    }
                }
                fixed = self.fixed_of_gang(number, counted);
                return add(&mut sum.rhs, times(multiplier, -fixed)?);
            }
        }
        add(&mut sum.rhs, times(sign, limit - fixed)?)
    }

    fn classes_of_gang(&self, gang: u32) -> impl Iterator<Item = u32> {
        let numbered = (0_u32..).zip(&self.partition.pods);
        numbered.filter(move |(_, class)| class.gang == Some(gang)).map(|(number, _)| number)
    }

    /// How many fixed pods of a gang run on some nodes.
    fn fixed_of_gang(&self, gang: u32, counted: impl Fn(u32) -> bool) -> i128 {
        let gang = self.facts.instance.gangs.get(gang as usize);
        let pods = gang.iter().flat_map(|gang| gang.pods.iter());
        let fixed = pods.filter_map(|pod| self.facts.instance.pods.get(pod as usize));
        fixed.filter(|pod| pod.fixed && pod.node.is_some_and(&counted)).count() as i128
    }
}

impl<'a> Sum<'a> {
    fn new(instance: &'a Instance, partition: &'a Partition) -> Self {
        let (pods, nodes) = (partition.pods.len(), partition.nodes.len());
        Self {
            partition,
            instance,
            rhs: 0,
            everywhere: vec![0; pods],
            on: vec![BTreeMap::new(); pods],
            capacity: vec![Vec::new(); nodes],
            patterns: vec![Vec::new(); pods],
            per_node: vec![None; nodes],
            fragments: 0,
            fragments_of: vec![0; nodes],
            supply: vec![0; pods],
        }
    }

    /// The right-hand side: negative if what the rows say cannot be.
    pub fn rhs(&self) -> i128 {
        self.rhs
    }

    fn add_everywhere(&mut self, class: u32, much: i128) -> Result<(), RowError> {
        match self.everywhere.get_mut(class as usize) {
            Some(sum) => add(sum, much),
            None => unfit("names a class that does not exist"),
        }
    }

    fn add_on(&mut self, class: u32, nodes: u32, much: i128) -> Result<(), RowError> {
        match self.on.get_mut(class as usize) {
            Some(on) => add(on.entry(nodes).or_insert(0), much),
            None => unfit("names a class that does not exist"),
        }
    }

    fn add_capacity(
        &mut self,
        nodes: u32,
        resource: u32,
        multiplier: i128,
    ) -> Result<(), RowError> {
        let class = self.partition.nodes.get(nodes as usize);
        let left = class.and_then(|class| Some((class, class.left.get(resource as usize)?)));
        let Some((class, &left)) = left else {
            return unfit("names nodes or a resource that do not exist");
        };
        let per_node = times(multiplier, i128::from(left))?;
        self.add_per_node(nodes, class.size(), per_node)?;
        if let Some(rows) = self.capacity.get_mut(nodes as usize) {
            rows.push((resource, multiplier));
        }
        Ok(())
    }

    fn add_per_node(&mut self, nodes: u32, count: u64, much: i128) -> Result<(), RowError> {
        if let Some(slot) = self.per_node.get_mut(nodes as usize) {
            add(slot.get_or_insert(0), much)?;
        }
        add(&mut self.rhs, times(much, i128::from(count))?)
    }

    fn add_pattern(
        &mut self,
        nodes: u32,
        weights: &[(u32, u64)],
        (most, fragments): (i128, i128),
        multiplier: i128,
    ) -> Result<(), RowError> {
        let Some(class) = self.partition.nodes.get(nodes as usize) else {
            return unfit("names nodes that do not exist");
        };
        if !weights.is_sorted_by(|a, b| a.0 < b.0) {
            return unfit("has weights that are not ascending by class");
        }
        for &(pods, weight) in weights {
            let Some(slot) = self.patterns.get_mut(pods as usize) else {
                return unfit("weighs a class that does not exist");
            };
            slot.push((nodes, times(multiplier, i128::from(weight))?));
        }
        if let Some(slot) = self.fragments_of.get_mut(nodes as usize) {
            add(slot, times(multiplier, fragments)?)?;
        }
        self.add_per_node(nodes, class.size(), times(multiplier, most)?)
    }

    /// Adds what capacity rows contribute per pod of a shape on nodes of a class.
    fn capacity_of(&self, shape: &Shape, nodes: u32) -> Result<i128, RowError> {
        let mut sum = 0;
        for &(resource, multiplier) in self.capacity.get(nodes as usize).into_iter().flatten() {
            let request = shape.requests.get(resource as usize).copied().unwrap_or(0);
            add(&mut sum, times(multiplier, i128::from(request))?)?;
        }
        Ok(sum)
    }

    /// The least multipliers of supply for which no coefficient is negative.
    fn add_supply(&mut self, steps: &mut Steps) -> Result<(), RowError> {
        for &taken in &self.fragments_of {
            if taken > self.fragments {
                return unfit("counts more fragments in patterns than in what is refuted");
            }
        }
        for (number, class) in self.partition.pods.iter().enumerate() {
            let Some(shape) = self.instance.shapes.get(class.shape as usize) else { continue };
            let extra = self.extra(number)?;
            let mut least = 0_i128;
            for nodes in self.partition.eligible(class) {
                steps.take(1)?;
                let mut sum = self.everywhere.get(number).copied().unwrap_or(0);
                add(&mut sum, extra.get(&nodes).copied().unwrap_or(0))?;
                add(&mut sum, self.capacity_of(shape, nodes)?)?;
                least = least.min(sum);
            }
            let multiplier = least.checked_neg().ok_or(RowError::Overflow)?;
            self.supply.get_mut(number).into_iter().for_each(|slot| *slot = multiplier);
            add(&mut self.rhs, times(multiplier, i128::from(class.size()))?)?;
        }
        Ok(())
    }

    /// What is special about single classes of nodes, for a class of pods.
    fn extra(&self, number: usize) -> Result<BTreeMap<u32, i128>, RowError> {
        let mut extra = self.on.get(number).cloned().unwrap_or_default();
        for &(nodes, much) in self.patterns.get(number).into_iter().flatten() {
            add(extra.entry(nodes).or_insert(0), much)?;
        }
        Ok(extra)
    }

    /// Whether a capacity or pattern row is about a class of nodes.
    pub(crate) fn is_about(&self, nodes: u32) -> bool {
        self.per_node.get(nodes as usize).is_some_and(Option::is_some)
    }

    /// What capacity and pattern rows leave on each node of a class without pods.
    pub(crate) fn per_node(&self, nodes: u32) -> i128 {
        self.per_node.get(nodes as usize).copied().flatten().unwrap_or(0)
    }

    /// The coefficient of fragments, but for pattern rows.
    pub(crate) fn fragments(&self) -> i128 {
        self.fragments
    }

    /// The coefficient of a class of pods on a class of nodes, supply included, but for capacity
    /// and pattern rows.
    pub(crate) fn coefficient(&self, class: u32, nodes: u32) -> Result<i128, RowError> {
        let number = class as usize;
        let mut sum = self.everywhere.get(number).copied().unwrap_or(0);
        let on = self.on.get(number).and_then(|on| on.get(&nodes));
        add(&mut sum, on.copied().unwrap_or(0))?;
        add(&mut sum, self.supply.get(number).copied().unwrap_or(0))?;
        Ok(sum)
    }
}
