//! Whether an instance is as its types document it.
//!
//! Everything after this relies on it: indexes are in range, sets and lists are in their one
//! canonical order, and sums of quantities stay far from the ends of 64 bits.

use std::collections::BTreeSet;

use crate::refusal::at_most;
use crate::{Affinity, Budget, Gang, IndexSet, Instance, Objective, Refusal, Shape, Topology};

/// The most nodes that are taken on.
const MOST_NODES: usize = 100_000;
/// The most pods that are taken on.
const MOST_PODS: usize = 1_000_000;
/// The most resources, topologies, ports, shapes, budgets and gangs that are taken on.
const MOST_RESOURCES: usize = 64;
const MOST_TOPOLOGIES: usize = 1_000;
const MOST_PORTS: usize = 4_096;
const MOST_GROUPS: usize = 1_000_000;
/// The most numbers that constraints are about: over all terms, the shapes that match, the domains
/// of the topology and the nodes that are counted; the distinct sets of nodes of shapes; and the
/// pods of budgets.
const MOST_INCIDENCES: u64 = 50_000_000;
/// Quantities, and the sum of what all pods ask for, are below this.
const MOST_QUANTITY: u64 = 1 << 62;

impl Instance {
    /// Whether the instance is as its types document it, and not larger than the checker takes on:
    /// 100,000 nodes, 1,000,000 pods, 64 resources, 1,000 topologies, 4,096 host ports, and
    /// 50,000,000 nodes, shapes, domains and pods in all sets of constraints.
    pub fn validate(&self) -> Result<(), Refusal> {
        self.validate_header()?;
        self.validate_sizes()?;
        self.validate_nodes()?;
        for (at, topology) in self.topologies.iter().enumerate() {
            topology.validate(at, self.nodes.len())?;
        }
        for (at, shape) in self.shapes.iter().enumerate() {
            self.validate_shape(shape).map_err(|fault| fault.within(at))?;
        }
        self.validate_pods()?;
        self.validate_sums()?;
        self.validate_groups()?;
        self.validate_incidences()?;
        self.validate_labels()?;
        self.validate_question()
    }

    fn validate_header(&self) -> Result<(), Refusal> {
        if self.format == Self::FORMAT && self.version == Self::VERSION {
            return Ok(());
        }
        Err(Refusal::Unknown {
            document: "instance",
            format: self.format.clone(),
            version: self.version,
            known: Self::FORMAT,
            known_version: Self::VERSION,
        })
    }

    fn validate_sizes(&self) -> Result<(), Refusal> {
        at_most("nodes", self.nodes.len(), MOST_NODES)?;
        at_most("pods", self.pods.len(), MOST_PODS)?;
        at_most("resources", self.resources.len(), MOST_RESOURCES)?;
        at_most("topologies", self.topologies.len(), MOST_TOPOLOGIES)?;
        at_most("host ports", self.ports.len(), MOST_PORTS)?;
        at_most("budgets", self.budgets.len(), MOST_GROUPS)?;
        at_most("gangs", self.gangs.len(), MOST_GROUPS)?;
        at_most("shapes", self.shapes.len(), self.pods.len())
    }

    fn validate_nodes(&self) -> Result<(), Refusal> {
        ascending("resources", self.resources.iter())?;
        ascending("ports", self.ports.iter())?;
        ascending("nodes", self.nodes.iter().map(|node| &node.name))?;
        ascending("topologies", self.topologies.iter().map(|topology| &topology.key))?;
        for (at, node) in self.nodes.iter().enumerate() {
            self.validate_quantities(&node.capacity)
                .map_err(|problem| malformed(format!("nodes[{at}].capacity"), problem))?;
        }
        Ok(())
    }

    fn validate_quantities(&self, quantities: &[u64]) -> Result<(), &'static str> {
        if quantities.len() != self.resources.len() {
            return Err("has not one quantity per resource");
        }
        if quantities.iter().any(|&quantity| quantity >= MOST_QUANTITY) {
            return Err("has a quantity of 2^62 or more");
        }
        Ok(())
    }

    fn validate_shape(&self, shape: &Shape) -> Result<(), Fault> {
        self.validate_quantities(&shape.requests).map_err(|it| Fault::new("requests", it))?;
        canonical(&shape.nodes, self.nodes.len()).map_err(|it| Fault::new("nodes", it))?;
        indexes(&shape.ports, self.ports.len()).map_err(|it| Fault::new("ports", it))?;
        if let Some(affinity) = &shape.affinity {
            self.validate_affinity(affinity).map_err(|it| Fault::new("affinity", it))?;
        }
        if !shape.anti_affinity.is_sorted_by(|a, b| a < b) {
            return Err(Fault::new("anti_affinity", NOT_ASCENDING));
        }
        for (at, term) in shape.anti_affinity.iter().enumerate() {
            self.validate_term(term.topology, &term.matches)
                .map_err(|it| Fault::new(format!("anti_affinity[{at}]"), it))?;
        }
        self.validate_spreads(shape)
    }

    fn validate_affinity(&self, affinity: &Affinity) -> Result<(), &'static str> {
        if affinity.topologies.is_empty() {
            return Err("has no topology");
        }
        indexes(&affinity.topologies, self.topologies.len())?;
        canonical(&affinity.matches, self.shapes.len())
    }

    fn validate_term(&self, topology: u32, matches: &IndexSet) -> Result<(), &'static str> {
        if topology as usize >= self.topologies.len() {
            return Err("names a topology that does not exist");
        }
        canonical(matches, self.shapes.len())
    }

    fn validate_spreads(&self, shape: &Shape) -> Result<(), Fault> {
        if !shape.spread.is_sorted_by(|a, b| a < b) {
            return Err(Fault::new("spread", NOT_ASCENDING));
        }
        for (at, spread) in shape.spread.iter().enumerate() {
            let fault = |problem| Fault::new(format!("spread[{at}]"), problem);
            self.validate_term(spread.topology, &spread.matches).map_err(fault)?;
            canonical(&spread.nodes, self.nodes.len()).map_err(fault)?;
            if spread.max_skew == 0 || spread.min_domains == 0 {
                return Err(fault("has a skew or a number of domains of 0"));
            }
        }
        Ok(())
    }

    fn validate_pods(&self) -> Result<(), Refusal> {
        ascending("pods", self.pods.iter().map(|pod| &pod.name))?;
        let mut known = 0;
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.shape > known || pod.shape as usize >= self.shapes.len() {
                return Err(malformed(format!("pods[{at}].shape"), NOT_BY_FIRST));
            }
            known = known.max(pod.shape.saturating_add(1));
            if pod.node.is_some_and(|node| node as usize >= self.nodes.len()) {
                return Err(malformed(format!("pods[{at}].node"), "names no node"));
            }
        }
        if (known as usize) < self.shapes.len() {
            return Err(malformed("shapes".to_owned(), "has a shape that no pod has"));
        }
        Ok(())
    }

    fn validate_sums(&self) -> Result<(), Refusal> {
        let mut sums = vec![0_u64; self.resources.len()];
        for (at, pod) in self.pods.iter().enumerate() {
            let requests = self.shape_of(pod).map_or(&[][..], |shape| &shape.requests);
            for (sum, request) in sums.iter_mut().zip(requests) {
                *sum += request;
                if *sum >= MOST_QUANTITY {
                    let problem = "brings the sum of what pods ask for to 2^62 or more";
                    return Err(malformed(format!("pods[{at}]"), problem));
                }
            }
        }
        Ok(())
    }

    /// How much there is to walk through where sets are combined with sets.
    fn validate_incidences(&self) -> Result<(), Refusal> {
        let sizes = self.topology_sizes();
        let size = |topology: u32| sizes.get(topology as usize).map_or(0, |&size| u64::from(size));
        let terms = self.shapes.iter().map(|shape| {
            let affinity = shape.affinity.iter().flat_map(|affinity| {
                let matches = affinity.matches.len();
                let sizes = affinity.topologies.iter().map(|&topology| size(topology));
                sizes.map(move |size| size + matches)
            });
            let apart = shape.anti_affinity.iter();
            let apart = apart.map(|term| size(term.topology) + term.matches.len());
            let spread = shape.spread.iter();
            let spread = spread.map(|it| size(it.topology) + it.matches.len() + it.nodes.len());
            affinity.chain(apart).chain(spread).sum::<u64>()
        });
        let sets: BTreeSet<&IndexSet> = self.shapes.iter().map(|shape| &shape.nodes).collect();
        let sets = sets.iter().map(|set| set.len());
        let budgets = self.budgets.iter().map(|budget| budget.pods.len());
        let count = terms.chain(sets).chain(budgets).sum();
        let what = "shapes, nodes, domains and pods in the sets of constraints";
        if count <= MOST_INCIDENCES {
            return Ok(());
        }
        Err(Refusal::TooMany { what, count, limit: MOST_INCIDENCES })
    }

    /// A node that a spread constraint counts has the labels of all those of its shape.
    fn validate_labels(&self) -> Result<(), Refusal> {
        for (at, shape) in self.shapes.iter().enumerate() {
            let keys: BTreeSet<u32> = shape.spread.iter().map(|spread| spread.topology).collect();
            let labelled = |node| keys.iter().all(|&key| self.domain(key, node).is_some());
            if !shape.spread.iter().all(|spread| spread.nodes.iter().all(labelled)) {
                let problem = "counts a node without the labels of all constraints";
                return Err(malformed(format!("shapes[{at}].spread"), problem));
            }
        }
        Ok(())
    }

    fn validate_groups(&self) -> Result<(), Refusal> {
        ascending("budgets", self.budgets.iter().map(|budget| &budget.name))?;
        ascending("gangs", self.gangs.iter().map(|gang| &gang.name))?;
        for (at, Budget { pods, .. }) in self.budgets.iter().enumerate() {
            canonical(pods, self.pods.len())
                .map_err(|problem| malformed(format!("budgets[{at}].pods"), problem))?;
        }
        let mut members = BTreeSet::new();
        for (at, gang) in self.gangs.iter().enumerate() {
            let wrong = |problem| malformed(format!("gangs[{at}]"), problem);
            self.validate_gang(gang).map_err(wrong)?;
            if !gang.pods.iter().all(|pod| members.insert(pod)) {
                return Err(wrong("has a pod that is in another gang too"));
            }
        }
        Ok(())
    }

    fn validate_gang(&self, gang: &Gang) -> Result<(), &'static str> {
        canonical(&gang.pods, self.pods.len())?;
        if gang.minimum == 0 || u64::from(gang.minimum) > gang.pods.len() {
            return Err("has a minimum that is not between 1 and its size");
        }
        match gang.within {
            Some(topology) if topology as usize >= self.topologies.len() => {
                Err("names a topology that does not exist")
            }
            _ => Ok(()),
        }
    }

    fn validate_question(&self) -> Result<(), Refusal> {
        let wrong = |problem| Err(malformed("question.objective".to_owned(), problem));
        match self.question.objective {
            Objective::Placed => Ok(()),
            Objective::Fragments { resource, .. } if resource as usize >= self.resources.len() => {
                wrong("names a resource that does not exist")
            }
            Objective::Fragments { unit: 0, .. } => wrong("has a unit of 0"),
            Objective::Fragments { .. } => Ok(()),
        }
    }
}

impl Topology {
    fn validate(&self, at: usize, nodes: usize) -> Result<(), Refusal> {
        let wrong = |problem| Err(malformed(format!("topologies[{at}].domains"), problem));
        if self.domains.len() != nodes {
            return wrong("has not one domain per node");
        }
        let mut known = 0;
        for &domain in self.domains.iter().flatten() {
            if domain > known {
                return wrong(NOT_BY_FIRST);
            }
            known = known.max(domain + 1);
        }
        Ok(())
    }
}

const NOT_ASCENDING: &str = "is not strictly ascending";
const NOT_BY_FIRST: &str = "is not numbered in the order of first use";

/// What is wrong within a shape.
struct Fault {
    place: String,
    problem: &'static str,
}

impl Fault {
    fn new(place: impl Into<String>, problem: &'static str) -> Self {
        Self { place: place.into(), problem }
    }

    fn within(self, shape: usize) -> Refusal {
        malformed(format!("shapes[{shape}].{}", self.place), self.problem)
    }
}

fn malformed(place: String, problem: &'static str) -> Refusal {
    Refusal::Malformed { place, problem }
}

fn ascending<T: Ord>(list: &'static str, keys: impl Iterator<Item = T>) -> Result<(), Refusal> {
    let wrong = || malformed(list.to_owned(), NOT_ASCENDING);
    keys.is_sorted_by(|a, b| a < b).then_some(()).ok_or_else(wrong)
}

fn indexes(list: &[u32], end: usize) -> Result<(), &'static str> {
    if !list.is_sorted_by(|a, b| a < b) {
        return Err(NOT_ASCENDING);
    }
    if list.last().is_some_and(|&last| last as usize >= end) {
        return Err("has an index out of range");
    }
    Ok(())
}

fn canonical(set: &IndexSet, end: usize) -> Result<(), &'static str> {
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    set.is_canonical(end).then_some(()).ok_or("is not a canonical set of indexes in range")
}
