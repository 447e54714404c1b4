//! The truth about tiny instances: every placement that some plan reaches, by trying all plans.
//!
//! Written from the definitions, on whole placements, and without the counting of
//! [`crate::feasible`], so that one can be held against the other. For tests only; the time grows
//! with (nodes + 1) to the power of pods.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Instance, Objective, Step};

/// The node of each pod.
pub type Places = Vec<Option<u32>>;

/// A placement that can be reached, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The node of each pod.
    pub places: Places,
    /// For each of [`Instance::priorities`], the pods of this priority and above that run.
    pub placed: Vec<u64>,
    /// The fragments; 0 if the objective is not about them.
    pub fragments: u64,
    /// Evicted pods count 1, moved ones 2.
    pub disruption: u64,
    /// A plan that leads there.
    pub plan: Vec<Step>,
}

/// All placements that can be reached.
#[derive(Clone, Debug)]
pub struct Truth {
    /// In no particular order; at least the one that is there now, if its end conditions hold.
    pub reached: Vec<Reached>,
}

impl Truth {
    /// Tries all plans.
    pub fn of(instance: &Instance) -> Self {
        let reached = all_plans(instance).into_iter();
        let reached = reached.filter(|(places, _)| ends_well(instance, places));
        Self { reached: reached.map(|(places, plan)| worth(instance, places, plan)).collect() }
    }

    /// The most that are placed in a tier by those that place as many as `placed` in all before.
    pub fn most(&self, tier: usize, placed: &[u64]) -> Option<u64> {
        let before = |it: &&Reached| it.placed.iter().zip(placed).take(tier).all(|(a, b)| a >= b);
        self.reached.iter().filter(before).filter_map(|it| it.placed.get(tier).copied()).max()
    }

    /// The fewest fragments of those that place as many as `placed` in all tiers.
    pub fn least_fragments(&self, placed: &[u64]) -> Option<u64> {
        let all = |it: &&Reached| it.placed.iter().zip(placed).all(|(a, b)| a >= b);
        self.reached.iter().filter(all).map(|it| it.fragments).min()
    }

    /// The least disruption of those that place as many and leave no more fragments.
    pub fn least_disruption(&self, placed: &[u64], fragments: u64) -> Option<u64> {
        let all = |it: &&Reached| {
            it.fragments <= fragments && it.placed.iter().zip(placed).all(|(a, b)| a >= b)
        };
        self.reached.iter().filter(all).map(|it| it.disruption).min()
    }

    /// The best: lexicographically by tiers, then fragments, then disruption.
    pub fn best(&self) -> Option<&Reached> {
        self.reached.iter().max_by(|a, b| {
            let costs = |it: &Reached| (it.fragments, it.disruption);
            a.placed.cmp(&b.placed).then(costs(b).cmp(&costs(a)))
        })
    }
}

/// Every state in which a plan can stop, with a plan.
fn all_plans(instance: &Instance) -> BTreeMap<Places, Vec<Step>> {
    let now: Places = instance.pods.iter().map(|pod| pod.node).collect();
    let movable: Vec<u32> =
        instance.numbered_pods().filter(|(_, pod)| !pod.fixed).map(|(number, _)| number).collect();
    let mut reached = BTreeMap::new();
    if instance.question.live {
        explore(instance, now, Vec::new(), &movable, &mut reached);
        return reached;
    }
    let running: Vec<u32> =
        movable.iter().copied().filter(|&pod| place(&now, pod).is_some()).collect();
    for chosen in 0..1_u32 << running.len() {
        let evicted = running.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        let (mut places, mut plan) = (now.clone(), Vec::new());
        for (_, &pod) in evicted {
            set(&mut places, pod, None);
            plan.push(Step::Evict(pod));
        }
        let pending = movable.iter().copied().filter(|&pod| place(&places, pod).is_none());
        let pending: Vec<u32> = pending.collect();
        explore(instance, places, plan, &pending, &mut reached);
    }
    reached
}

/// Binds (or moves) pods, each at most once, in all orders.
fn explore(
    instance: &Instance,
    places: Places,
    plan: Vec<Step>,
    touchable: &[u32],
    reached: &mut BTreeMap<Places, Vec<Step>>,
) {
    let now: Places = instance.pods.iter().map(|pod| pod.node).collect();
    let mut seen = BTreeSet::from([places.clone()]);
    let mut open = vec![(places, plan)];
    while let Some((places, plan)) = open.pop() {
        for &pod in touchable {
            let at = place(&places, pod);
            let untouched =
                if instance.question.live { at == place(&now, pod) } else { at.is_none() };
            for (node, _) in (0_u32..).zip(&instance.nodes) {
                if !untouched || at == Some(node) || place(&now, pod) == Some(node) {
                    continue;
                }
                if !may_arrive(instance, &places, pod, node) {
                    continue;
                }
                let mut next = places.clone();
                set(&mut next, pod, Some(node));
                if seen.insert(next.clone()) {
                    let step =
                        if at.is_some() { Step::Move(pod, node) } else { Step::Bind(pod, node) };
                    let mut longer = plan.clone();
                    longer.push(step);
                    open.push((next, longer));
                }
            }
        }
        reached.entry(places).or_insert(plan);
    }
}

fn place(places: &Places, pod: u32) -> Option<u32> {
    *places.get(pod as usize)?
}

fn set(places: &mut Places, pod: u32, node: Option<u32>) {
    places.get_mut(pod as usize).into_iter().for_each(|slot| *slot = node);
}

/// Whether all filters let a pod go to a node, with the others where they are: straight from the
/// documentation of [`crate::Shape`] and its parts.
pub fn may_arrive(instance: &Instance, places: &Places, pod: u32, node: u32) -> bool {
    let Some(it) = instance.pods.get(pod as usize) else { return false };
    let Some(shape) = instance.shape_of(it) else { return false };
    // The others: shape and node of each pod that runs.
    let others: Vec<(u32, u32)> = instance
        .numbered_pods()
        .filter(|&(other, _)| other != pod)
        .filter_map(|(other, it)| Some((it.shape, place(places, other)?)))
        .collect();
    let mates: Vec<&crate::Shape> = others
        .iter()
        .filter(|&&(_, at)| at == node)
        .filter_map(|&(shape, _)| instance.shapes.get(shape as usize))
        .collect();
    let fits = shape.requests.iter().enumerate().all(|(resource, &request)| {
        let used = |mate: &&crate::Shape| mate.requests.get(resource).copied().unwrap_or(0);
        let capacity = instance.nodes.get(node as usize);
        let capacity = capacity.and_then(|it| it.capacity.get(resource)).copied().unwrap_or(0);
        request == 0 || mates.iter().map(used).sum::<u64>() + request <= capacity
    });
    let port = |at: &u32| instance.ports.get(*at as usize);
    let ports = shape.ports.iter().filter_map(port).all(|own| {
        let mut taken = mates.iter().flat_map(|mate| mate.ports.iter().filter_map(port));
        !taken.any(|other| own.conflicts_with(other))
    });
    shape.nodes.contains(node)
        && fits
        && ports
        && near(instance, it.shape, shape, &others, node)
        && apart(instance, it.shape, shape, &others, node)
        && shape.spread.iter().all(|it_| spread(instance, it.shape, it_, &others, node))
}

fn near(
    instance: &Instance,
    number: u32,
    shape: &crate::Shape,
    others: &[(u32, u32)],
    node: u32,
) -> bool {
    let Some(affinity) = &shape.affinity else { return true };
    let domain = |topology: u32, node: u32| instance.domain(topology, node);
    let labelled = affinity.topologies.iter().all(|&it| domain(it, node).is_some());
    let matching: Vec<u32> = others
        .iter()
        .filter(|(shape, _)| affinity.matches.contains(*shape))
        .map(|&(_, at)| at)
        .collect();
    let in_all = affinity
        .topologies
        .iter()
        .all(|&it| matching.iter().any(|&at| domain(it, at) == domain(it, node)));
    let anywhere =
        affinity.topologies.iter().any(|&it| matching.iter().any(|&at| domain(it, at).is_some()));
    labelled && (in_all || (!anywhere && affinity.matches.contains(number)))
}

fn apart(
    instance: &Instance,
    number: u32,
    shape: &crate::Shape,
    others: &[(u32, u32)],
    node: u32,
) -> bool {
    let together = |topology: u32, at: u32| {
        let domain = instance.domain(topology, node);
        domain.is_some() && domain == instance.domain(topology, at)
    };
    others.iter().all(|&(other, at)| {
        let own = shape
            .anti_affinity
            .iter()
            .any(|term| term.matches.contains(other) && together(term.topology, at));
        let its = instance.shapes.get(other as usize).is_some_and(|other| {
            let mut terms = other.anti_affinity.iter();
            terms.any(|term| term.matches.contains(number) && together(term.topology, at))
        });
        !own && !its
    })
}

fn spread(
    instance: &Instance,
    number: u32,
    spread: &crate::Spread,
    others: &[(u32, u32)],
    node: u32,
) -> bool {
    let domain = |node: u32| instance.domain(spread.topology, node);
    let Some(own) = domain(node) else { return false };
    let counted = |wanted: u32| {
        let counted = others.iter().filter(|&&(shape, at)| {
            spread.matches.contains(shape)
                && spread.nodes.contains(at)
                && domain(at) == Some(wanted)
        });
        counted.count() as u64
    };
    let domains: BTreeSet<u32> = spread.nodes.iter().filter_map(domain).collect();
    let few = (domains.len() as u64) < u64::from(spread.min_domains);
    let fewest = domains.iter().map(|&it| counted(it)).min().filter(|_| !few).unwrap_or(0);
    let own = counted(own) + u64::from(spread.matches.contains(number));
    own <= fewest + u64::from(spread.max_skew)
}

/// Whether budgets, move limit, gangs and what has to go on running are respected.
fn ends_well(instance: &Instance, places: &Places) -> bool {
    let before = |pod: u32| instance.pods.get(pod as usize).and_then(|pod| pod.node);
    let taken = |pod: u32| before(pod).is_some() && before(pod) != place(places, pod);
    let all = || instance.numbered_pods().map(|(pod, _)| pod);
    let budgets = instance.budgets.iter().all(|budget| {
        budget.pods.iter().filter(|&pod| taken(pod)).count() as u64 <= u64::from(budget.allowed)
    });
    let moves = all().filter(|&pod| taken(pod)).count() as u64;
    let limit = instance.question.move_limit.is_none_or(|limit| moves <= u64::from(limit));
    let gangs = instance.gangs.iter().all(|gang| {
        let nodes: Vec<u32> = gang.pods.iter().filter_map(|pod| place(places, pod)).collect();
        let enough = nodes.is_empty() || nodes.len() as u64 >= u64::from(gang.minimum);
        let domains: Option<BTreeSet<Option<u32>>> = gang
            .within
            .map(|topology| nodes.iter().map(|&node| instance.domain(topology, node)).collect());
        enough && domains.is_none_or(|it| it.len() <= 1 && !it.contains(&None))
    });
    let keeps = instance.question.live
        || matches!(instance.question.objective, Objective::Fragments { .. });
    let kept = !keeps || all().all(|pod| before(pod).is_none() || place(places, pod).is_some());
    budgets && limit && gangs && kept
}

fn worth(instance: &Instance, nodes: Places, plan: Vec<Step>) -> Reached {
    let runs = |least: i32| {
        let counts = instance.numbered_pods().filter(|&(number, pod)| {
            place(&nodes, number).is_some()
                && instance.shape_of(pod).is_some_and(|shape| shape.priority >= least)
        });
        counts.count() as u64
    };
    let placed = instance.priorities().into_iter().map(runs).collect();
    let cost = |(number, pod): (u32, &crate::Pod)| match (pod.node, place(&nodes, number)) {
        (Some(before), Some(after)) if before != after => 2,
        (Some(_), None) => 1,
        _ => 0,
    };
    let disruption = instance.numbered_pods().map(cost).sum();
    let mut fragments = 0;
    if let Objective::Fragments { resource, unit } = instance.question.objective {
        for (node, _) in (0_u32..).zip(&instance.nodes) {
            let used = instance
                .numbered_pods()
                .filter(|&(number, _)| place(&nodes, number) == Some(node))
                .filter_map(|(_, pod)| instance.shape_of(pod)?.requests.get(resource as usize));
            let free = instance.capacity(node, resource).saturating_sub(used.sum());
            fragments += free % unit.max(1);
        }
    }
    Reached { places: nodes, placed, fragments, disruption, plan }
}
