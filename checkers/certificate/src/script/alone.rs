//! What concerns the pods on one node, and pods that keep away from each other.

use std::collections::BTreeSet;

use super::kinds::{Kind, total};
use super::term::{Formula, Sum};
use super::{Part, Query};
use crate::{Filter, Shape};

/// The pods are no more than there are.
pub(super) fn supply(query: &Query<'_>) -> Part {
    let mut part =
        Part::new("each pod runs on at most one node, and does not come back to its own");
    for kind in &query.kinds {
        part.assert(total([kind], &query.nodes, Kind::present).at_most(kind.size()));
        for &node in &query.nodes {
            let here = kind.running_on(node);
            if here == 0 || kind.running() == here {
                continue;
            }
            // Arrivals are pods that were pending, or were taken from another node.
            let mut sum = kind.arrive(node);
            for &other in query.nodes.iter().filter(|&&other| other != node) {
                sum = sum.plus(1, &kind.stay(other));
            }
            part.assert(sum.at_most(kind.size() - here));
        }
    }
    part
}

/// The last pod that arrived and asks for a resource found room for it.
pub(super) fn capacity(query: &Query<'_>, resource: u32) -> Part {
    let name = query.instance.resources.get(resource as usize).map_or("", String::as_str);
    let mut part = Part::new(&format!("what fits of {name:?}"));
    part.filter = Some(Filter::Resources(resource));
    let of = |shape: &Shape| shape.requests.get(resource as usize).copied().map_or(0, i128::from);
    for &node in &query.nodes {
        let fixed: i128 = query.fixed_on(node).map(of).sum();
        let left = i128::from(query.instance.capacity(node, resource)) - fixed;
        let asking = || query.kinds.iter().filter(|kind| of(kind.shape) > 0);
        let now: i128 = asking().map(|kind| of(kind.shape) * kind.running_on(node)).sum();
        let (mut used, mut arrivals, mut divisor, mut most) =
            (Sum::default(), Sum::default(), 0, 0);
        for kind in asking() {
            let most_here = kind.room_on(node) + kind.running_on(node);
            if most_here > 0 {
                used = used.plus(of(kind.shape), &kind.present(node));
                arrivals = arrivals.plus(1, &kind.arrive(node));
                divisor = common_divisor(divisor, of(kind.shape));
                most += of(kind.shape) * most_here;
            }
        }
        if divisor == 0 || most <= left {
            continue;
        }
        let fits = divided(query, node, resource, divisor).at_most(left.div_euclid(divisor));
        // What was there before anything arrived is there at most.
        let something = if now <= left { true.into() } else { arrivals.at_least(1) };
        part.assert(something.implies(fits));
    }
    part
}

/// What movable pods take of a resource on a node, divided by what divides all requests.
fn divided(query: &Query<'_>, node: u32, resource: u32, divisor: i128) -> Sum {
    let mut used = Sum::default();
    for kind in &query.kinds {
        let request = kind.shape.requests.get(resource as usize).copied().map_or(0, i128::from);
        used = used.plus(request / divisor, &kind.present(node));
    }
    used
}

fn common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Host ports: pods with ports that conflict are not on one node.
pub(super) fn ports(query: &Query<'_>) -> Part {
    let mut part = Part::new("host ports");
    part.filter = Some(Filter::Ports(0));
    let host_port = |at: &u32| query.instance.ports.get(*at as usize);
    let clash = |one: &Shape, two: &Shape| {
        let mut pairs = one
            .ports
            .iter()
            .flat_map(|a| two.ports.iter().map(move |b| (host_port(a), host_port(b))));
        pairs.any(|pair| matches!(pair, (Some(a), Some(b)) if a.conflicts_with(b)))
    };
    let pairs = pairs(query, |one, two| clash(one.1, two.1));
    for &node in &query.nodes {
        keep_apart(query, &mut part, &pairs, &[node], |fixed| {
            query.kinds.iter().filter(|kind| clash(kind.shape, fixed.1)).collect()
        });
    }
    part
}

/// Anti-affinity, both ways: pods that keep away from each other are not in one domain.
pub(super) fn anti_affinity(query: &Query<'_>) -> Part {
    let mut part = Part::new("anti-affinity");
    part.filter = Some(Filter::AntiAffinity);
    let instance = query.instance;
    let terms = instance.shapes.iter().flat_map(|shape| &shape.anti_affinity);
    let topologies: BTreeSet<u32> = terms.map(|term| term.topology).collect();
    for topology in topologies {
        let avoids = |one: &Shape, two: u32| {
            let mut terms = one.anti_affinity.iter();
            terms.any(|term| term.topology == topology && term.matches.contains(two))
        };
        let either =
            |one: (u32, &Shape), two: (u32, &Shape)| avoids(one.1, two.0) || avoids(two.1, one.0);
        let pairs = pairs(query, either);
        for nodes in query.domains(topology).values() {
            keep_apart(query, &mut part, &pairs, nodes, |fixed| {
                let away = |kind: &&Kind<'_>| either((kind.shape_number, kind.shape), fixed);
                query.kinds.iter().filter(away).collect()
            });
        }
    }
    part
}

/// The pairs of kinds, of which the second is not before the first, that keep apart.
fn pairs<'a>(
    query: &'a Query<'_>,
    apart: impl Fn((u32, &Shape), (u32, &Shape)) -> bool,
) -> Vec<(&'a Kind<'a>, &'a Kind<'a>)> {
    let shape = |kind: &'a Kind<'_>| (kind.shape_number, kind.shape);
    let mut pairs = Vec::new();
    for (at, one) in query.kinds.iter().enumerate() {
        for two in query.kinds.iter().skip(at).filter(|two| apart(shape(one), shape(two))) {
            pairs.push((one, two));
        }
    }
    pairs
}

/// No pod arrives among these nodes, or stays there, beside one of which it keeps apart and which
/// arrived after it was there. Two that were there at the start and are not touched are exempt.
fn keep_apart<'a>(
    query: &'a Query<'_>,
    part: &mut Part,
    pairs: &[(&'a Kind<'a>, &'a Kind<'a>)],
    nodes: &[u32],
    apart_from: impl Fn((u32, &Shape)) -> Vec<&'a Kind<'a>>,
) {
    let arrive = |kind: &Kind<'_>| total([kind], nodes, Kind::arrive);
    let present = |kind: &Kind<'_>| total([kind], nodes, Kind::present);
    let alone: BTreeSet<usize> =
        pairs.iter().filter(|(a, b)| a.number == b.number).map(|(a, _)| a.number).collect();
    let fresh = |kind: &Kind<'_>| nodes.iter().all(|&node| kind.running_on(node) == 0);
    for &(one, two) in pairs {
        let only = |kind: &Kind<'_>| alone.contains(&kind.number) && fresh(kind);
        if one.number == two.number {
            let single = present(one).at_most(1);
            let some = if fresh(one) { true.into() } else { arrive(one).at_least(1) };
            part.assert(some.implies(single));
        } else if only(one) && only(two) {
            part.assert(present(one).plus(1, &present(two)).at_most(1));
        } else {
            let not_both = |a: Sum, b: Sum| Formula::any([a.at_most(0), b.at_most(0)]);
            part.assert(not_both(arrive(one), present(two)));
            if !(fresh(one) && fresh(two)) {
                part.assert(not_both(present(one), arrive(two)));
            }
        }
    }
    let fixed: BTreeSet<u32> = nodes.iter().flat_map(|&node| query.fixed_shapes_on(node)).collect();
    for shape in fixed {
        let Some(known) = query.instance.shapes.get(shape as usize) else { continue };
        for kind in apart_from((shape, known)) {
            part.assert(arrive(kind).at_most(0));
        }
    }
}
