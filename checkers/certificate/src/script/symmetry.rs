//! Nodes and domains that can be exchanged.
//!
//! Exchanging two nodes on which nothing runs, and which have the same capacity, are in the same
//! sets of nodes, and are in the same domain of each topology or alone in theirs, leads from the
//! instance to itself, and so from reachable placements to reachable placements that are worth the
//! same. Likewise two domains of a topology that have as many nodes of each sort, where everything
//! but this topology is alike. Of placements that are exchanged into each other one will do: the
//! one in which the totals of exchangeable domains, and then, which does not change these, the
//! contents of exchangeable nodes descend lexicographically.

use std::collections::BTreeMap;

use super::kinds::{Kind, total};
use super::term::{Formula, Sum};
use super::{Part, Query};
use crate::Instance;

/// A domain, as far as exchanges are concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The node has the domain for itself.
    Own,
    /// The topology whose domains are exchanged.
    Exchanged,
    Domain(Option<u32>),
}

/// What two nodes have to agree in: what they can hold, the sets that they are in, their domains.
type Sort<'a> = (&'a [u64], Vec<bool>, Vec<Place>);

pub(super) fn order(query: &Query<'_>) -> Part {
    let mut part = Part::new("of nodes that can be exchanged, the contents descend");
    let instance = query.instance;
    let sizes = sizes(instance);
    let mut classes: BTreeMap<Sort<'_>, Vec<u32>> = BTreeMap::new();
    for &node in query.nodes.iter().filter(|&&node| is_empty(instance, node)) {
        classes.entry(sort(instance, &sizes, node, None)).or_default().push(node);
    }
    let mut groups: Vec<Vec<Vec<u32>>> = classes
        .into_values()
        .map(|nodes| nodes.into_iter().map(|node| vec![node]).collect())
        .collect();
    // Exchanges of domains of two topologies need not go together: the first that has some.
    let topologies = (0_u32..).zip(&instance.topologies).map(|(topology, _)| topology);
    let mut domains = topologies.map(|topology| domains(query, &sizes, topology));
    groups.extend(domains.find(|found| !found.is_empty()).unwrap_or_default());
    groups.sort();
    for group in groups {
        for pair in group.windows(2) {
            let [before, after] = pair else { continue };
            descend(query, &mut part, before, after);
        }
    }
    part
}

fn is_empty(instance: &Instance, node: u32) -> bool {
    instance.pods.iter().all(|pod| pod.node != Some(node))
}

/// How many nodes each domain of each topology has.
fn sizes(instance: &Instance) -> Vec<BTreeMap<u32, usize>> {
    let of = |topology: &crate::Topology| {
        let mut sizes = BTreeMap::new();
        for domain in topology.domains.iter().flatten() {
            *sizes.entry(*domain).or_insert(0) += 1;
        }
        sizes
    };
    instance.topologies.iter().map(of).collect()
}

fn sort<'a>(
    instance: &'a Instance,
    sizes: &[BTreeMap<u32, usize>],
    node: u32,
    exchanged: Option<u32>,
) -> Sort<'a> {
    let capacity = instance.nodes.get(node as usize).map(|it| it.capacity.as_slice());
    let sets = instance.shapes.iter().flat_map(|shape| {
        std::iter::once(&shape.nodes).chain(shape.spread.iter().map(|spread| &spread.nodes))
    });
    let places = (0_u32..).zip(sizes).map(|(topology, sizes)| {
        let domain = instance.domain(topology, node);
        let size = domain.and_then(|domain| sizes.get(&domain));
        match size {
            Some(1) => Place::Own,
            Some(_) if exchanged == Some(topology) => Place::Exchanged,
            _ => Place::Domain(domain),
        }
    });
    let sets = sets.map(|set| set.contains(node)).collect();
    (capacity.unwrap_or_default(), sets, places.collect())
}

/// The groups of domains of a topology, each of several nodes, that can be exchanged.
fn domains(query: &Query<'_>, sizes: &[BTreeMap<u32, usize>], topology: u32) -> Vec<Vec<Vec<u32>>> {
    let instance = query.instance;
    let mut alike: BTreeMap<Vec<Sort<'_>>, Vec<Vec<u32>>> = BTreeMap::new();
    for nodes in query.domains(topology).into_values() {
        if nodes.len() > 1 && nodes.iter().all(|&node| is_empty(instance, node)) {
            let mut sorts: Vec<Sort<'_>> =
                nodes.iter().map(|&node| sort(instance, sizes, node, Some(topology))).collect();
            sorts.sort();
            alike.entry(sorts).or_default().push(nodes);
        }
    }
    alike.into_values().filter(|group| group.len() > 1).collect()
}

/// That the numbers of pods on some nodes, kind by kind, are lexicographically not less than those
/// on others.
fn descend(query: &Query<'_>, part: &mut Part, before: &[u32], after: &[u32]) {
    let mut formula = Formula::from(true);
    for kind in query.kinds.iter().rev() {
        let of = |nodes: &[u32]| total([kind], nodes, Kind::present);
        let more: Sum = of(before).plus(-1, &of(after));
        if more.is_constant() {
            continue;
        }
        let tie = Formula::all([more.at_least(0), formula]);
        formula = Formula::any([more.at_least(1), tie]);
    }
    part.assert(formula);
}
