//! From where pods are wanted to a plan that is feasible step by step.
//!
//! What cannot be reached as wanted is reached nearly so: a pod goes elsewhere, stays or is left
//! out. So every wish leads to a plan, except where the cluster as it is breaks a promise that no
//! step can mend.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "what is left of a node is only compared; indexes fit 32 bits"
)]

use seatrial_certificate::plan::PlanError;
use seatrial_certificate::{Filters, Instance, Objective, State, Step};

use crate::search::random::Random;
use crate::search::score::Solution;

/// How pods that have no place, or not the wanted one, are inserted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Insert {
    /// They are left out.
    No,
    /// Where least is left beside them, with so much noise.
    BestFit(f64),
}

/// Plans for an instance.
#[derive(Clone, Debug)]
pub(crate) struct Planner<'a> {
    filters: &'a Filters<'a>,
    /// The movable pods, the most important first; among equals the largest.
    order: Vec<u32>,
    /// The gang of each pod.
    gangs: Vec<Option<u32>>,
    keeps_running: bool,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(filters: &'a Filters<'a>) -> Self {
        let instance = filters.instance();
        let mut gangs = vec![None; instance.pods.len()];
        for (number, gang) in (0_u32..).zip(&instance.gangs) {
            for pod in gang.pods.iter() {
                gangs.get_mut(pod as usize).into_iter().for_each(|slot| *slot = Some(number));
            }
        }
        let fragments = matches!(instance.question.objective, Objective::Fragments { .. });
        Self {
            filters,
            order: by_importance(instance),
            gangs,
            keeps_running: instance.question.live || fragments,
        }
    }

    pub(crate) fn instance(&self) -> &'a Instance {
        self.filters.instance()
    }

    /// The gang of a pod.
    pub(crate) fn gang_of(&self, pod: u32) -> Option<u32> {
        *self.gangs.get(pod as usize)?
    }

    /// A plan that leads where pods are wanted, or nearly there; none if what it breaks could not
    /// be mended.
    pub(crate) fn realise(
        &self,
        wanted: &[Option<u32>],
        insert: Insert,
        random: &mut Random,
    ) -> Option<Solution> {
        let mut wanted = self.respect_limits(wanted, random);
        let mut refused = vec![false; self.instance().gangs.len()];
        // Each round but the last makes some pod stay or refuses some gang.
        for _ in 0..self.instance().pods.len() + 2 * refused.len() + 2 {
            let steps = self.steps(&wanted, &refused, insert, random);
            match Solution::of(self.filters, steps) {
                Ok(solution) => return Some(solution),
                Err(error) => self.mend(&error, &mut wanted, &mut refused)?,
            }
        }
        None
    }

    /// Lets pods stay until budgets and the move limit are kept.
    fn respect_limits(&self, wanted: &[Option<u32>], random: &mut Random) -> Vec<Option<u32>> {
        let instance = self.instance();
        let mut kept = wanted.to_vec();
        let mut budgets: Vec<(u64, Vec<u32>)> = instance
            .budgets
            .iter()
            .map(|budget| (u64::from(budget.allowed), budget.pods.iter().collect()))
            .collect();
        if let Some(limit) = instance.question.move_limit {
            budgets.push((u64::from(limit), self.order.clone()));
        }
        for (allowed, pods) in budgets {
            let is_taken = |pod: &u32| {
                let now = instance.pods.get(*pod as usize).and_then(|pod| pod.node);
                now.is_some() && kept.get(*pod as usize).copied().flatten() != now
            };
            let mut taken: Vec<u32> = pods.into_iter().filter(is_taken).collect();
            random.shuffle(&mut taken);
            for pod in taken.into_iter().skip(allowed as usize) {
                self.stay(pod, &mut kept);
            }
        }
        kept
    }

    fn stay(&self, pod: u32, wanted: &mut [Option<u32>]) {
        let now = self.instance().pods.get(pod as usize).and_then(|pod| pod.node);
        wanted.get_mut(pod as usize).into_iter().for_each(|slot| *slot = now);
    }

    fn mend(
        &self,
        error: &PlanError,
        wanted: &mut [Option<u32>],
        refused: &mut [bool],
    ) -> Option<()> {
        match *error {
            PlanError::Stopped { pod } => {
                let before = wanted.get(pod as usize).copied();
                self.stay(pod, wanted);
                (before != wanted.get(pod as usize).copied()).then_some(())
            }
            PlanError::Gang { gang, .. } | PlanError::GangApart { gang } => {
                let slot = refused.get_mut(gang)?;
                let again = std::mem::replace(slot, true);
                for pod in self.instance().gangs.get(gang)?.pods.iter() {
                    let fixed = self.instance().pods.get(pod as usize).is_some_and(|it| it.fixed);
                    if let Some(slot) = wanted.get_mut(pod as usize).filter(|_| !fixed) {
                        *slot = None;
                    }
                }
                (!again).then_some(())
            }
            _ => None,
        }
    }

    /// The steps towards what is wanted; each is feasible, but gangs may be torn.
    fn steps(
        &self,
        wanted: &[Option<u32>],
        refused: &[bool],
        insert: Insert,
        random: &mut Random,
    ) -> Vec<Step> {
        let mut walk = Walk {
            planner: self,
            state: State::now(self.filters),
            steps: Vec::new(),
            insert,
            domains: self.domains(wanted),
        };
        let live = self.instance().question.live;
        let want = |pod: u32| wanted.get(pod as usize).copied().flatten();
        let mut waiting = Vec::new();
        for &pod in &self.order {
            let now = walk.state.node_of(pod);
            if want(pod) == now && now.is_some() {
                continue;
            }
            let gang = self.gang_of(pod).map(|gang| gang as usize);
            let barred = gang.and_then(|gang| refused.get(gang)).copied().unwrap_or(false);
            if now.is_some() && !live {
                walk.state.evict(pod);
                walk.steps.push(Step::Evict(pod));
            }
            if (!barred || (now.is_some() && self.keeps_running))
                && (want(pod).is_some() || insert != Insert::No || self.keeps_running)
                && !(live && now.is_some() && want(pod).is_none())
            {
                waiting.push((pod, want(pod)));
            }
        }
        walk.carry_out(waiting, random);
        walk.steps
    }

    /// For each gang that has to be within a domain, the one where most of it is wanted.
    fn domains(&self, wanted: &[Option<u32>]) -> Vec<Option<u32>> {
        let instance = self.instance();
        let of = |gang: &seatrial_certificate::Gang| {
            let topology = gang.within?;
            let mut counts = std::collections::BTreeMap::new();
            for pod in gang.pods.iter() {
                let node = wanted.get(pod as usize).copied().flatten();
                if let Some(domain) = node.and_then(|node| instance.domain(topology, node)) {
                    *counts.entry(domain).or_insert(0_u32) += 1;
                }
            }
            counts.into_iter().max_by_key(|&(_, count)| count).map(|(domain, _)| domain)
        };
        instance.gangs.iter().map(of).collect()
    }
}

/// A plan in the making.
struct Walk<'a> {
    planner: &'a Planner<'a>,
    state: State<'a>,
    steps: Vec<Step>,
    insert: Insert,
    /// The domain of each gang that has to be within one and has begun.
    domains: Vec<Option<u32>>,
}

impl Walk<'_> {
    /// Lets pods arrive where they are wanted, again and again while that helps, and the others
    /// where they can.
    fn carry_out(&mut self, mut waiting: Vec<(u32, Option<u32>)>, random: &mut Random) {
        loop {
            let before = waiting.len();
            waiting.retain(|&(pod, node)| {
                !node.is_some_and(|node| self.may(pod, node) && self.arrive(pod, node))
            });
            if waiting.len() == before {
                break;
            }
        }
        let noise = match self.insert {
            Insert::BestFit(noise) => noise,
            Insert::No if self.planner.keeps_running => 0.0,
            Insert::No => return,
        };
        loop {
            let before = waiting.len();
            waiting.retain(|&(pod, _)| {
                let bound = self.best_node(pod, noise, random);
                !bound.is_some_and(|node| self.arrive(pod, node))
            });
            if waiting.len() == before || waiting.is_empty() {
                return;
            }
        }
    }

    /// Whether a pod that runs nowhere, or is to move, may go to a node now.
    fn may(&self, pod: u32, node: u32) -> bool {
        let instance = self.state.instance();
        let came_from = instance.pods.get(pod as usize).and_then(|pod| pod.node);
        if came_from == Some(node) {
            return false;
        }
        if let Some(gang) = self.planner.gang_of(pod)
            && let Some(topology) = instance.gangs.get(gang as usize).and_then(|gang| gang.within)
        {
            let domain = instance.domain(topology, node);
            let chosen = self.domains.get(gang as usize).copied().flatten();
            if domain.is_none() || chosen.is_some_and(|chosen| Some(chosen) != domain) {
                return false;
            }
        }
        self.state.admits(pod, node).is_ok()
    }

    /// Binds or moves a pod; whether all filters passed.
    fn arrive(&mut self, pod: u32, node: u32) -> bool {
        let moves = self.state.node_of(pod);
        if moves.is_some() {
            self.state.evict(pod);
            if !self.may(pod, node) {
                if let Some(back) = moves {
                    self.state.bind(pod, back);
                }
                return false;
            }
        }
        self.state.bind(pod, node);
        let step = if moves.is_some() { Step::Move(pod, node) } else { Step::Bind(pod, node) };
        self.steps.push(step);
        self.begin_gang(pod, node);
        true
    }

    fn begin_gang(&mut self, pod: u32, node: u32) {
        let Some(gang) = self.planner.gang_of(pod) else { return };
        let instance = self.state.instance();
        let Some(it) = instance.gangs.get(gang as usize) else { return };
        let domain = it.within.and_then(|topology| instance.domain(topology, node));
        if let Some(slot @ None) = self.domains.get_mut(gang as usize) {
            *slot = domain;
        }
    }

    /// The admitted node on which least is left, as a share of what it has, but for the noise.
    fn best_node(&self, pod: u32, noise: f64, random: &mut Random) -> Option<u32> {
        let instance = self.state.instance();
        let shape = instance.shape_of(instance.pods.get(pod as usize)?)?;
        let mut best: Option<(f64, u32)> = None;
        for node in shape.nodes.iter() {
            if !self.may(pod, node) {
                continue;
            }
            let left = self.left(node, &shape.requests) + noise * random.unit();
            if best.is_none_or(|(least, _)| left < least) {
                best = Some((left, node));
            }
        }
        best.map(|(_, node)| node)
    }

    fn left(&self, node: u32, requests: &[u64]) -> f64 {
        let instance = self.state.instance();
        let Some(capacity) = instance.nodes.get(node as usize).map(|node| &node.capacity) else {
            return f64::INFINITY;
        };
        let parts = capacity.iter().zip(self.state.used(node)).zip(requests);
        parts
            .filter(|((capacity, _), request)| **capacity > 0 && **request > 0)
            .map(|((&capacity, &used), &request)| {
                let left = capacity.saturating_sub(used).saturating_sub(request);
                let share = left as f64 / capacity as f64;
                share * share
            })
            .sum()
    }
}

/// The movable pods, the most important first; among equals the largest, as a share of what all
/// nodes have.
fn by_importance(instance: &Instance) -> Vec<u32> {
    let width = instance.resources.len();
    let mut all = vec![1.0_f64; width];
    for node in &instance.nodes {
        for (sum, &capacity) in all.iter_mut().zip(&node.capacity) {
            *sum += capacity as f64;
        }
    }
    let mut order: Vec<(i32, f64, u32)> = Vec::new();
    for (at, pod) in instance.numbered_pods() {
        let Some(shape) = instance.shape_of(pod).filter(|_| !pod.fixed) else { continue };
        let size = shape.requests.iter().zip(&all).map(|(&request, all)| request as f64 / all);
        order.push((shape.priority, size.sum(), at));
    }
    order.sort_by(|one, other| {
        other.0.cmp(&one.0).then(other.1.total_cmp(&one.1)).then(one.2.cmp(&other.2))
    });
    order.into_iter().map(|(_, _, pod)| pod).collect()
}
