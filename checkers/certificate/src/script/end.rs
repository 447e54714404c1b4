//! What holds in the end: gangs, budgets, counts, costs.

use super::kinds::{Kind, total};
use super::term::{Formula, Sum};
use super::{Claim, Part, Query};
use crate::plan::keeps_running;
use crate::{Gang, Objective, Target};

/// Gangs: none of it runs, or at least the minimum; within one domain.
pub(super) fn gangs(query: &Query<'_>) -> Part {
    let mut part = Part::new("gangs");
    for (number, gang) in (0_u32..).zip(&query.instance.gangs) {
        let all = members(query, number, gang, &query.nodes);
        let enough = all.at_least(gang.minimum.into());
        part.assert(Formula::any([all.at_most(0), enough]));
        let Some(topology) = gang.within else { continue };
        let domains = query.domains(topology);
        let labelled: Vec<u32> = domains.values().flatten().copied().collect();
        let inside = members(query, number, gang, &labelled);
        part.assert(all.clone().plus(-1, &inside).at_most(0));
        for nodes in domains.values() {
            let here = members(query, number, gang, nodes);
            let elsewhere = all.clone().plus(-1, &here);
            part.assert(Formula::any([here.at_most(0), elsewhere.at_most(0)]));
        }
    }
    part
}

/// How many of a gang run on some nodes.
fn members(query: &Query<'_>, number: u32, gang: &Gang, nodes: &[u32]) -> Sum {
    let fixed = gang.pods.iter().filter_map(|pod| query.instance.pods.get(pod as usize));
    let fixed = fixed.filter(|pod| pod.fixed && pod.node.is_some_and(|at| nodes.contains(&at)));
    let kinds = query.kinds.iter().filter(|kind| kind.gang == Some(number));
    total(kinds, nodes, Kind::present).plus(1, &Sum::constant(fixed.count() as i128))
}

/// How many pods of a kind are taken from their node.
fn taken(query: &Query<'_>, kind: &Kind<'_>) -> Sum {
    Sum::constant(kind.running()).plus(-1, &total([kind], &query.nodes, Kind::stay))
}

/// Budgets, the move limit, and what has to go on running.
pub(super) fn limits(query: &Query<'_>) -> Part {
    let mut part = Part::new("disruption budgets, move limit, and what goes on running");
    let all = |kinds: &mut dyn Iterator<Item = &Kind<'_>>| {
        kinds.fold(Sum::default(), |sum, kind| sum.plus(1, &taken(query, kind)))
    };
    for (number, budget) in (0_u32..).zip(&query.instance.budgets) {
        let mut held = query.kinds.iter().filter(|kind| kind.budgets.contains(&number));
        part.assert(all(&mut held).at_most(budget.allowed.into()));
    }
    if let Some(limit) = query.instance.question.move_limit {
        part.assert(all(&mut query.kinds.iter()).at_most(limit.into()));
    }
    if keeps_running(query.instance) {
        for kind in &query.kinds {
            part.assert(total([kind], &query.nodes, Kind::present).at_least(kind.running()));
        }
    }
    part
}

/// The tiers before, and what is to be refuted.
pub(super) fn target(query: &Query<'_>, claim: &Claim<'_>) -> Part {
    let mut part = Part::new("no worse before, and better here");
    let priorities = query.instance.priorities();
    let before = match claim.target {
        Target::Tier(tier) => tier as usize,
        Target::Fragments | Target::Disruption => priorities.len(),
    };
    for (&priority, &placed) in priorities.iter().zip(claim.placed).take(before) {
        part.assert(tier(query, priority).at_least(placed.into()));
    }
    let better = i128::from(claim.bound);
    match claim.target {
        Target::Tier(at) => {
            let priority = priorities.get(at as usize).copied().unwrap_or(i32::MAX);
            part.assert(tier(query, priority).at_least(better + 1));
        }
        Target::Fragments => {
            let sum = fragments(query, &mut part);
            part.assert(sum.at_most(better - 1));
        }
        Target::Disruption => {
            if let Some(cost) = claim.fragments {
                let sum = fragments(query, &mut part);
                part.assert(sum.at_most(cost.into()));
            }
            let cost = disruption(query, &mut part);
            part.assert(cost.at_most(better - 1));
        }
    }
    part
}

/// How many pods of a priority and above run.
fn tier(query: &Query<'_>, priority: i32) -> Sum {
    let fixed = query.instance.pods.iter().filter(|pod| {
        let shape = query.instance.shape_of(pod);
        pod.fixed && pod.node.is_some() && shape.is_some_and(|it| it.priority >= priority)
    });
    let kinds = query.kinds.iter().filter(|kind| kind.shape.priority >= priority);
    total(kinds, &query.nodes, Kind::present).plus(1, &Sum::constant(fixed.count() as i128))
}

/// Taken pods cost 1, and 1 more if they run elsewhere: of those that arrive, at least as many as
/// there are more than pending ones.
fn disruption(query: &Query<'_>, part: &mut Part) -> Sum {
    let mut cost = Sum::default();
    for kind in query.kinds.iter().filter(|kind| kind.running() > 0) {
        let name = format!("m_{}", kind.number);
        let what = format!("pods of kind {} that move", kind.number);
        part.declare(name.clone(), u64::try_from(kind.running()).ok(), what);
        let moved = Sum::one(name);
        let arrivals = total([kind], &query.nodes, Kind::arrive);
        part.assert(moved.clone().plus(-1, &arrivals).at_least(-kind.pending()));
        cost = cost.plus(1, &taken(query, kind)).plus(1, &moved);
    }
    cost
}

/// What is left free of the resource, modulo the unit, over all nodes.
fn fragments(query: &Query<'_>, part: &mut Part) -> Sum {
    let Objective::Fragments { resource, unit } = query.instance.question.objective else {
        return Sum::default();
    };
    let request =
        |shape: &crate::Shape| shape.requests.get(resource as usize).copied().map_or(0, i128::from);
    let mut all = Sum::default();
    for &node in &query.nodes {
        let capacity = i128::from(query.instance.capacity(node, resource));
        let fixed: i128 = query.fixed_on(node).map(request).sum();
        let mut free = Sum::constant(capacity - fixed);
        let mut now = fixed;
        for kind in &query.kinds {
            free = free.plus(-request(kind.shape), &kind.present(node));
            now += request(kind.shape) * kind.running_on(node);
        }
        let (rest, whole) = (format!("r_{node}"), format!("q_{node}"));
        part.declare(rest.clone(), Some(unit - 1), format!("fragments on node {node}"));
        part.declare(whole.clone(), None, format!("whole units free on node {node}"));
        let mut split = free.clone().plus(-1, &Sum::one(rest.clone()));
        split.add(whole, -i128::from(unit));
        // Where more is used than there is, nothing is free.
        let over = if now > capacity { free.at_most(-1) } else { false.into() };
        let none = Formula::all([over, Sum::one(rest.clone()).at_most(0)]);
        part.assert(Formula::any([none, split.equals(0)]));
        all.add(rest, 1);
    }
    all
}
