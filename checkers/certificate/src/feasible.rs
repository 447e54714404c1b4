//! What may be done: the one definition of a feasible step, for search, brute force and checker.
//!
//! A [`State`] says where every pod runs. A pod may be bound to a node if all filters pass *at
//! that moment*, as in kube-scheduler ([`Filter`] names each; what they look at is said at the
//! fields of [`crate::Shape`]). Pods that are not touched are exempt: evictions and other bindings
//! never displace them. A pod that moves alive is not counted by its own filters, and its new node
//! is not its old one, so the filters for a move are those for a binding after it has left.
//!
//! Counts are kept per node (resources, ports) and, for each set of shapes that some constraint
//! counts, per domain, so that a question costs time in the constraints of one pod, not in the
//! number of pods.

use std::collections::BTreeMap;

use crate::{IndexSet, Instance};

/// A filter of kube-scheduler that keeps a pod from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Filter {
    /// `NodeAffinity`, `TaintToleration`, `NodeUnschedulable`, `VolumeBinding`, `VolumeZone`: the
    /// node is not among the [`crate::Shape::nodes`].
    #[error("the node did not match the pod's node selector, affinity, tolerations or volumes")]
    Node,
    /// `NodeResourcesFit`: too little of a resource (by index) is free. As there, a resource that
    /// the pod does not ask for is not looked at, even on a node with more in use than it has.
    #[error("insufficient resource {0}")]
    Resources(u32),
    /// `NodePorts`: a host port (by index) is taken.
    #[error("the node did not have the free host port {0}")]
    Ports(u32),
    /// `InterPodAffinity`: no pod that the pod wants to be near is in the domain.
    #[error("the node did not match the pod's affinity rules")]
    Affinity,
    /// `InterPodAffinity`: the domain has a pod that the pod keeps away from.
    #[error("the node did not match the pod's anti-affinity rules")]
    AntiAffinity,
    /// `InterPodAffinity`: the domain has a pod that keeps away from the pod.
    #[error("the node did not satisfy existing pods' anti-affinity rules")]
    ExistingAntiAffinity,
    /// `PodTopologySpread`: a spread constraint (by its place in the shape) would be skewed.
    #[error("the node did not match the pod's topology spread constraint {0}")]
    Spread(u32),
}

/// Which pods a counter counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counted<'a> {
    /// Those of these shapes.
    Of(&'a IndexSet),
    /// Those that keep away from these shapes in the topology.
    Avoiding(&'a IndexSet),
}

/// What a counter counts, per domain of its topology.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counter<'a> {
    topology: u32,
    counted: Counted<'a>,
    /// Only pods on these nodes, if given (spread): their domains have a fewest.
    nodes: Option<&'a IndexSet>,
}

/// What has to be asked before a pod of a shape is bound.
#[derive(Clone, Default)]
struct Questions {
    /// Counters that count the shape itself.
    counted_by: Vec<u32>,
    /// Counters of affinity, all of which have to be above 0.
    near: Vec<u32>,
    /// Whether the shape matches its own affinity.
    first: bool,
    /// Counters that have to be 0: pods that the shape keeps away from.
    away: Vec<u32>,
    /// Counters that have to be 0: pods that keep away from the shape.
    avoided: Vec<u32>,
    /// Counters of spread, in the order of the constraints, and 1 if the shape counts itself.
    spread: Vec<(u32, u32)>,
}

/// The filters of an instance, prepared for counting. Made once and shared by all states.
pub struct Filters<'a> {
    instance: &'a Instance,
    counters: Vec<Counter<'a>>,
    /// For each counter, how many of its domains have nodes that it counts; 0 without such nodes.
    eligible: Vec<Vec<u32>>,
    questions: Vec<Questions>,
    /// How many domains each topology has.
    sizes: Vec<u32>,
    /// For each host port, the ports that cannot be on a node with it, itself among them.
    conflicts: Vec<Vec<u32>>,
}

impl std::fmt::Debug for Filters<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Filters").field("counters", &self.counters.len()).finish()
    }
}

impl<'a> Filters<'a> {
    /// Prepares the filters of an instance that is valid ([`Instance::validate`]); of one that is
    /// not, nothing sensible comes of it, but no panic either.
    pub fn new(instance: &'a Instance) -> Self {
        let mut counters = BTreeMap::new();
        let mut questions = vec![Questions::default(); instance.shapes.len()];
        for (at, shape) in (0_u32..).zip(&instance.shapes) {
            let asked = Self::ask(at, shape, &mut counters);
            if let Some(slot) = questions.get_mut(at as usize) {
                *slot = asked;
            }
        }
        let mut ordered: Vec<(Counter<'a>, u32)> = counters.into_iter().collect();
        ordered.sort_unstable_by_key(|&(_, number)| number);
        for &(counter, number) in &ordered {
            Self::assign(instance, counter, number, &mut questions);
        }
        let counters: Vec<Counter<'a>> = ordered.into_iter().map(|(counter, _)| counter).collect();
        let eligible = counters.iter().map(|counter| eligible_domains(instance, counter)).collect();
        let conflict = |port: &crate::HostPort| {
            let others = (0_u32..).zip(&instance.ports);
            others.filter(|(_, other)| port.conflicts_with(other)).map(|(at, _)| at).collect()
        };
        let conflicts = instance.ports.iter().map(conflict).collect();
        Self {
            instance,
            counters,
            eligible,
            questions,
            sizes: instance.topology_sizes(),
            conflicts,
        }
    }

    /// The instance.
    pub fn instance(&self) -> &'a Instance {
        self.instance
    }

    /// What a shape asks of the counters; those that do not exist yet get the next number.
    fn ask(
        at: u32,
        shape: &'a crate::Shape,
        counters: &mut BTreeMap<Counter<'a>, u32>,
    ) -> Questions {
        let mut number = |topology, counted, nodes| {
            let next = u32::try_from(counters.len()).unwrap_or(u32::MAX);
            *counters.entry(Counter { topology, counted, nodes }).or_insert(next)
        };
        let mut asked = Questions::default();
        if let Some(affinity) = &shape.affinity {
            let counted = Counted::Of(&affinity.matches);
            asked.near = affinity.topologies.iter().map(|&it| number(it, counted, None)).collect();
            asked.first = affinity.matches.contains(at);
        }
        for term in &shape.anti_affinity {
            asked.away.push(number(term.topology, Counted::Of(&term.matches), None));
            let avoiding = number(term.topology, Counted::Avoiding(&term.matches), None);
            asked.counted_by.push(avoiding);
        }
        for spread in &shape.spread {
            let matching = Counted::Of(&spread.matches);
            let counter = number(spread.topology, matching, Some(&spread.nodes));
            asked.spread.push((counter, u32::from(spread.matches.contains(at))));
        }
        asked
    }

    /// Tells the shapes that a counter is about.
    fn assign(instance: &Instance, counter: Counter<'_>, number: u32, questions: &mut [Questions]) {
        let end = instance.shapes.len();
        let (shapes, counts) = match counter.counted {
            Counted::Of(shapes) => (shapes, true),
            Counted::Avoiding(shapes) => (shapes, false),
        };
        for shape in shapes.iter().take_while(|&shape| (shape as usize) < end) {
            let Some(asked) = questions.get_mut(shape as usize) else { continue };
            let list = if counts { &mut asked.counted_by } else { &mut asked.avoided };
            list.push(number);
        }
    }

    fn counter(&self, number: u32) -> Option<&Counter<'a>> {
        self.counters.get(number as usize)
    }
}

/// The domains of the nodes that a counter of spread counts, ascending.
fn eligible_domains(instance: &Instance, counter: &Counter<'_>) -> Vec<u32> {
    let Some(nodes) = counter.nodes else { return Vec::new() };
    let domain = |node| instance.domain(counter.topology, node);
    let mut domains: Vec<u32> = nodes.iter().filter_map(domain).collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}

/// The pods that one counter counts.
#[derive(Clone, Debug)]
struct Count {
    /// By domain.
    by_domain: Vec<u32>,
    /// In all domains.
    total: u32,
    /// Of the eligible domains, how many hold 0 pods, 1 pod and so on; empty if none is eligible.
    with: Vec<u32>,
    /// The fewest pods in an eligible domain.
    fewest: u32,
}

impl Count {
    fn new(domains: u32, eligible: usize) -> Self {
        let eligible = u32::try_from(eligible).unwrap_or(u32::MAX);
        let with = if eligible > 0 { vec![eligible] } else { Vec::new() };
        Self { by_domain: vec![0; domains as usize], total: 0, with, fewest: 0 }
    }

    fn of(&self, domain: u32) -> u32 {
        self.by_domain.get(domain as usize).copied().unwrap_or(0)
    }

    /// One pod more (or less) in a domain.
    fn change(&mut self, domain: u32, more: bool) {
        let Some(count) = self.by_domain.get_mut(domain as usize) else { return };
        let before = *count;
        let step = |count: u32| if more { count + 1 } else { count.saturating_sub(1) };
        *count = step(before);
        self.total = step(self.total);
        let after = *count;
        if self.with.is_empty() {
            return;
        }
        if self.with.len() <= after as usize {
            self.with.resize(after as usize + 1, 0);
        }
        if let Some(domains) = self.with.get_mut(before as usize) {
            *domains = domains.saturating_sub(1);
        }
        if let Some(domains) = self.with.get_mut(after as usize) {
            *domains += 1;
        }
        self.fewest = self.fewest.min(after);
        if self.with.get(self.fewest as usize) == Some(&0) {
            self.fewest += 1;
        }
    }
}

/// Where every pod runs, with all counts.
#[derive(Clone)]
pub struct State<'a> {
    filters: &'a Filters<'a>,
    places: Vec<Option<u32>>,
    /// By node, then resource.
    used: Vec<u64>,
    ports: Vec<Vec<u32>>,
    counts: Vec<Count>,
}

impl std::fmt::Debug for State<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("places", &self.places).finish_non_exhaustive()
    }
}

impl<'a> State<'a> {
    /// The state of the instance now.
    pub fn now(filters: &'a Filters<'a>) -> Self {
        let instance = filters.instance;
        let mut state = Self::empty(filters);
        for (pod, placed) in instance.numbered_pods() {
            if let Some(node) = placed.node {
                state.bind(pod, node);
            }
        }
        state
    }

    /// The state in which no pod runs.
    pub fn empty(filters: &'a Filters<'a>) -> Self {
        let instance = filters.instance;
        let counts = filters.counters.iter().zip(&filters.eligible).map(|(counter, eligible)| {
            let domains = filters.sizes.get(counter.topology as usize).copied().unwrap_or(0);
            Count::new(domains, eligible.len())
        });
        Self {
            filters,
            places: vec![None; instance.pods.len()],
            used: vec![0; instance.nodes.len() * instance.resources.len()],
            ports: vec![Vec::new(); instance.nodes.len()],
            counts: counts.collect(),
        }
    }

    /// The instance.
    pub fn instance(&self) -> &'a Instance {
        self.filters.instance
    }

    /// The node that a pod runs on.
    pub fn node_of(&self, pod: u32) -> Option<u32> {
        *self.places.get(pod as usize)?
    }

    /// Where each pod runs.
    pub fn places(&self) -> &[Option<u32>] {
        &self.places
    }

    /// What the pods on a node take, by resource.
    pub fn used(&self, node: u32) -> &[u64] {
        let width = self.instance().resources.len();
        let start = node as usize * width;
        self.used.get(start..start + width).unwrap_or_default()
    }

    /// How much of a resource is free on a node.
    pub fn free(&self, node: u32, resource: u32) -> u64 {
        let used = self.used(node).get(resource as usize).copied().unwrap_or(0);
        self.instance().capacity(node, resource).saturating_sub(used)
    }

    /// Whether a pod that does not run may be bound to a node, and if not, the first filter that
    /// says so. Of a pod that runs, the answer counts it as one more.
    pub fn admits(&self, pod: u32, node: u32) -> Result<(), Filter> {
        let shape = self.instance().pods.get(pod as usize).ok_or(Filter::Node)?.shape;
        self.admits_shape(shape, node)
    }

    /// Whether one more pod of a shape may be bound to a node.
    pub fn admits_shape(&self, shape: u32, node: u32) -> Result<(), Filter> {
        let wanted = self.instance().shapes.get(shape as usize).ok_or(Filter::Node)?;
        if !wanted.nodes.contains(node) {
            return Err(Filter::Node);
        }
        self.has_ports(wanted, node)?;
        self.fits(wanted, node)?;
        let Some(asked) = self.filters.questions.get(shape as usize) else { return Ok(()) };
        self.is_spread(wanted, asked, node)?;
        self.is_near(asked, node)?;
        self.is_apart(&asked.away, node, Filter::AntiAffinity)?;
        self.is_apart(&asked.avoided, node, Filter::ExistingAntiAffinity)
    }

    fn fits(&self, wanted: &crate::Shape, node: u32) -> Result<(), Filter> {
        let capacity = self.instance().nodes.get(node as usize).ok_or(Filter::Node)?;
        let room = capacity.capacity.iter().zip(self.used(node));
        for (resource, (&request, (&capacity, &used))) in
            (0_u32..).zip(wanted.requests.iter().zip(room))
        {
            if request > 0 && used.saturating_add(request) > capacity {
                return Err(Filter::Resources(resource));
            }
        }
        Ok(())
    }

    fn has_ports(&self, wanted: &crate::Shape, node: u32) -> Result<(), Filter> {
        let taken = self.ports.get(node as usize).map(Vec::as_slice).unwrap_or_default();
        let conflicts = |port: u32| self.filters.conflicts.get(port as usize);
        for &port in &wanted.ports {
            let conflicts = conflicts(port).map(Vec::as_slice).unwrap_or_default();
            if taken.iter().any(|other| conflicts.contains(other)) {
                return Err(Filter::Ports(port));
            }
        }
        Ok(())
    }

    /// A counter's counts, and the domain that a node is in.
    fn count(&self, counter: u32, node: u32) -> Option<(&Count, Option<u32>)> {
        let topology = self.filters.counter(counter)?.topology;
        Some((self.counts.get(counter as usize)?, self.instance().domain(topology, node)))
    }

    fn is_near(&self, asked: &Questions, node: u32) -> Result<(), Filter> {
        let mut all_near = true;
        let mut none_anywhere = true;
        for &counter in &asked.near {
            let Some((count, Some(domain))) = self.count(counter, node) else {
                return Err(Filter::Affinity);
            };
            all_near &= count.of(domain) > 0;
            none_anywhere &= count.total == 0;
        }
        let admitted = all_near || (asked.first && none_anywhere);
        admitted.then_some(()).ok_or(Filter::Affinity)
    }

    fn is_apart(&self, counters: &[u32], node: u32, filter: Filter) -> Result<(), Filter> {
        for &counter in counters {
            if let Some((count, Some(domain))) = self.count(counter, node)
                && count.of(domain) > 0
            {
                return Err(filter);
            }
        }
        Ok(())
    }

    fn is_spread(&self, wanted: &crate::Shape, asked: &Questions, node: u32) -> Result<(), Filter> {
        for (at, (spread, &(counter, own))) in
            (0_u32..).zip(wanted.spread.iter().zip(&asked.spread))
        {
            let Some((count, Some(domain))) = self.count(counter, node) else {
                return Err(Filter::Spread(at));
            };
            let domains = self.filters.eligible.get(counter as usize).map_or(0, Vec::len);
            let few = domains < spread.min_domains as usize;
            let fewest = if few { 0 } else { count.fewest };
            if u64::from(count.of(domain)) + u64::from(own)
                > u64::from(fewest) + u64::from(spread.max_skew)
            {
                return Err(Filter::Spread(at));
            }
        }
        Ok(())
    }

    /// Whether a pod that runs would be refused on its own node for a host port or for
    /// anti-affinity, if it came last.
    pub fn clashes(&mut self, pod: u32) -> bool {
        let instance = self.instance();
        let Some(it) = instance.pods.get(pod as usize) else { return false };
        let Some(node) = self.evict(pod) else { return false };
        let ports = instance.shape_of(it).map_or(Ok(()), |shape| self.has_ports(shape, node));
        let asked = self.filters.questions.get(it.shape as usize);
        let apart = asked.map_or(Ok(()), |asked| {
            self.is_apart(&asked.away, node, Filter::AntiAffinity)?;
            self.is_apart(&asked.avoided, node, Filter::ExistingAntiAffinity)
        });
        self.bind(pod, node);
        ports.is_err() || apart.is_err()
    }

    /// Lets a pod run on a node, whatever the filters say. Whether it did not run before; if it
    /// did, nothing changes.
    pub fn bind(&mut self, pod: u32, node: u32) -> bool {
        let known = (node as usize) < self.instance().nodes.len();
        let Some(place @ None) = self.places.get_mut(pod as usize) else { return false };
        if known {
            *place = Some(node);
            self.change(pod, node, true);
        }
        known
    }

    /// Takes a pod from the node that it runs on, which is returned.
    pub fn evict(&mut self, pod: u32) -> Option<u32> {
        let node = self.places.get_mut(pod as usize)?.take()?;
        self.change(pod, node, false);
        Some(node)
    }

    fn change(&mut self, pod: u32, node: u32, more: bool) {
        let filters = self.filters;
        let instance = filters.instance;
        let Some(pod) = instance.pods.get(pod as usize) else { return };
        let Some(shape) = instance.shape_of(pod) else { return };
        let start = node as usize * instance.resources.len();
        let used = self.used.iter_mut().skip(start);
        for (used, request) in used.zip(&shape.requests) {
            *used =
                if more { used.saturating_add(*request) } else { used.saturating_sub(*request) };
        }
        if let Some(taken) = self.ports.get_mut(node as usize) {
            for port in &shape.ports {
                if more {
                    taken.push(*port);
                } else if let Some(at) = taken.iter().position(|other| other == port) {
                    taken.swap_remove(at);
                }
            }
        }
        let Some(asked) = filters.questions.get(pod.shape as usize) else { return };
        for &number in &asked.counted_by {
            let Some(&Counter { topology, nodes, .. }) = filters.counter(number) else { continue };
            let counted = nodes.is_none_or(|nodes| nodes.contains(node));
            let domain = instance.domain(topology, node);
            if let (true, Some(domain), Some(count)) =
                (counted, domain, self.counts.get_mut(number as usize))
            {
                count.change(domain, more);
            }
        }
    }
}
