//! How many pods of a workload there can be at most, by counting.
//!
//! All of it holds whatever else runs, comes and goes.
//!
//! *Room*: on each node that its filters allow, as many as the node's amounts hold.
//!
//! *Anti-affinity* of pods that mean each other: one in each domain that has room; nodes without
//! the label are in no domain.
//!
//! *Spread*: say that a domain `d` has room for `cap[d]` of the pods, and that `other[d]` pods of
//! other workloads that the constraint counts may ever be there. The fewest pods of a domain are
//! then never more than `m`, the least `cap[d] + other[d]` over all domains that are compared, and
//! 0 if these are fewer than `minDomains`. A pod only arrives where the domain has then at most
//! `m + maxSkew`, so no domain ever holds more of them than that, nor more than `cap[d]`.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_scheduling::{Asked, Away, Bindings, Filters, Resolved, Spread, Template};

use super::world::Workload;

/// What holds the number of pods down.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// No more have room, even when nothing else runs.
    Room(u64),
    /// The nodes would hold all of them, but not as they want to be spread.
    Spread(Spreading),
}

/// A constraint that the nodes cannot meet for so many pods.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spreading {
    /// How many it can be met for.
    pub(super) most: u64,
    /// The label of nodes that makes the domains.
    pub(super) topology: String,
    /// How many domains there are that the pods can run in.
    pub(super) usable: usize,
    /// How many are compared; none for anti-affinity.
    pub(super) compared: Option<usize>,
    /// The number of the hard constraint among those of the pods, or none for anti-affinity.
    pub(super) constraint: Option<usize>,
}

/// Why the pods of a workload cannot run all; none, if counting does not say.
pub(super) fn limit(filters: &Filters<'_>, workload: &Workload<'_>) -> Option<Limit> {
    let count = Count::new(filters, workload)?;
    let wanted = workload.pods.len() as u64;
    let room: u64 = count.room.iter().fold(0, |sum, room| sum.saturating_add(*room));
    if room < wanted {
        return Some(Limit::Room(room));
    }
    let away = count.asked.away.iter().filter_map(|away| count.away(away));
    let spread = count.asked.spread.iter().enumerate();
    let spread = spread.filter_map(|(number, spread)| count.spread(number, spread));
    let tightest = away.chain(spread).min_by_key(|spreading| spreading.most)?;
    (tightest.most < wanted).then_some(Limit::Spread(tightest))
}

/// Pods that are alike in all that is counted.
struct Count<'a> {
    filters: &'a Filters<'a>,
    resolved: &'a Resolved,
    own: &'a BTreeSet<usize>,
    asked: &'a Asked,
    /// How many of the pods each node holds.
    room: Vec<u64>,
}

impl<'a> Count<'a> {
    /// None, if the pods are not alike, or some run already.
    fn new(filters: &'a Filters<'a>, workload: &'a Workload<'_>) -> Option<Self> {
        let (cluster, resolved) = (filters.cluster(), filters.resolved());
        let own = &workload.templates;
        let first = *own.first()?;
        let (template, asked) = (cluster.templates.get(first)?, resolved.asked.get(first)?);
        let alike = own.iter().all(|&other| {
            let others = cluster.templates.get(other).zip(resolved.asked.get(other));
            others.is_some_and(|other| are_alike((template, asked), other))
        });
        let runs =
            |pod: &seatrial_scheduling::Pod| pod.node.is_some() && own.contains(&pod.template);
        if !alike || cluster.pods.iter().any(runs) {
            return None;
        }
        let labelled = |node: usize| {
            asked.spread.iter().all(|spread| resolved.domain(spread.topology, node).is_some())
        };
        let hold = |(node, it): (usize, &seatrial_scheduling::Node)| {
            let allowed = resolved.has_node(asked.nodes, node) && labelled(node);
            if allowed { holds(template, &it.allocatable) } else { 0 }
        };
        let room = cluster.nodes.iter().enumerate().map(hold).collect();
        Some(Self { filters, resolved, own, asked, room })
    }

    /// Whether a set of templates has all of the pods.
    fn are_meant(&self, set: usize) -> bool {
        self.own.iter().all(|&template| self.resolved.has_template(set, template))
    }

    fn topology(&self, topology: usize) -> String {
        self.resolved.topologies.get(topology).map_or_else(String::new, |it| it.key.clone())
    }

    fn away(&self, away: &Away) -> Option<Spreading> {
        if !self.are_meant(away.matches) {
            return None;
        }
        let mut usable = BTreeSet::new();
        let mut most = 0_u64;
        for (node, &room) in self.room.iter().enumerate().filter(|(_, room)| **room > 0) {
            most = most.saturating_add(match self.resolved.domain(away.topology, node) {
                Some(domain) => u64::from(usable.insert(domain)),
                None => room,
            });
        }
        let (topology, usable) = (self.topology(away.topology), usable.len());
        Some(Spreading { most, topology, usable, compared: None, constraint: None })
    }

    fn spread(&self, number: usize, spread: &Spread) -> Option<Spreading> {
        if !self.are_meant(spread.matches) {
            return None;
        }
        let mut room: BTreeMap<usize, u64> = BTreeMap::new();
        for (node, &here) in self.room.iter().enumerate() {
            if self.resolved.has_node(spread.nodes, node) {
                let sum = room.entry(self.resolved.domain(spread.topology, node)?).or_default();
                *sum = sum.saturating_add(here);
            } else if here > 0 {
                // Pods that run there are not counted.
                return None;
            }
        }
        let others = self.others(spread);
        let held = room
            .iter()
            .map(|(domain, room)| room.saturating_add(others.get(domain).copied().unwrap_or(0)));
        let few = room.len() < spread.min_domains as usize;
        let fewest = if few { 0 } else { held.min().unwrap_or(0) };
        let each = fewest.saturating_add(u64::from(spread.max_skew));
        let most = room.values().fold(0_u64, |sum, room| sum.saturating_add(*room.min(&each)));
        Some(Spreading {
            most,
            topology: self.topology(spread.topology),
            usable: room.values().filter(|room| **room > 0).count(),
            compared: Some(room.len()),
            constraint: Some(number),
        })
    }

    /// By domain, how many pods of others that count there may ever be.
    fn others(&self, spread: &Spread) -> BTreeMap<usize, u64> {
        let cluster = self.filters.cluster();
        let now = Bindings::now(cluster);
        let mut others: BTreeMap<usize, u64> = BTreeMap::new();
        let counted = self.resolved.template_set(spread.matches).iter();
        for &template in counted.filter(|template| !self.own.contains(template)) {
            let pods = cluster.pods.iter().filter(|pod| pod.template == template).count() as u64;
            let Some(asked) = self.resolved.asked.get(template) else { continue };
            let allowed =
                (0..cluster.nodes.len()).filter(|&node| self.resolved.has_node(asked.nodes, node));
            let nodes = allowed.chain(now.nodes_of(template).map(|(node, _)| node));
            let domains: BTreeSet<usize> =
                nodes.filter_map(|node| self.resolved.domain(spread.topology, node)).collect();
            for domain in domains {
                let sum = others.entry(domain).or_default();
                *sum = sum.saturating_add(pods);
            }
        }
        others
    }
}

/// How many pods an empty node holds.
fn holds(template: &Template, allocatable: &[u64]) -> u64 {
    let spec = &template.spec;
    let amounts = spec.requests.iter().zip(allocatable).filter(|(request, _)| **request > 0);
    let by_amount = amounts.filter_map(|(request, has)| has.checked_div(*request)).min();
    let by_port = if spec.host_ports.is_empty() { u64::MAX } else { 1 };
    by_amount.unwrap_or(u64::MAX).min(by_port)
}

fn are_alike(one: (&Template, &Asked), other: (&Template, &Asked)) -> bool {
    let of = |(template, asked): (&Template, &Asked)| {
        let spec = &template.spec;
        (
            spec.requests.clone(),
            spec.host_ports.clone(),
            asked.nodes,
            asked.away.clone(),
            asked.spread.clone(),
        )
    };
    of(one) == of(other)
}
