//! Workloads and addresses that no policy tells apart.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{End, Namespaces, Network, Peer, PodSet, Rule, Workload};
use super::selector::{Label, LabelSelector, Labels, Operator};
use super::{AddressSet, ContainerPort, Name, Truth};
use crate::AtomSet;

/// Ends of connections that no policy tells apart.
#[derive(Debug, Clone)]
pub(crate) enum Class {
    /// Workloads, by position in [`Network::workloads`], ascending.
    Workloads(Vec<usize>),
    /// Addresses outside of the cluster.
    Addresses(AddressSet),
}

/// A set of classes, some of which only may be in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Who {
    /// Those that surely are.
    pub(crate) sure: AtomSet,
    /// Those that may be, these included.
    pub(crate) possible: AtomSet,
}

impl Who {
    fn put(&mut self, class: usize, truth: Truth) {
        if truth == Truth::Yes {
            self.sure.insert(class);
        }
        if truth > Truth::No {
            self.possible.insert(class);
        }
    }

    /// The classes in either.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self { sure: self.sure.union(&other.sure), possible: self.possible.union(&other.possible) }
    }

    /// Whether a class is in it.
    pub(crate) fn truth(&self, class: usize) -> Truth {
        match (self.sure.contains(class), self.possible.contains(class)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::Maybe,
            (false, false) => Truth::No,
        }
    }
}

/// All classes of a network, and who the peers and subjects of its policies are in terms of them.
#[derive(Debug)]
pub(crate) struct Classes<'n> {
    /// The classes: those of workloads first.
    pub(crate) all: Vec<Class>,
    /// The class of each workload.
    pub(crate) of_workload: Vec<usize>,
    /// Which ports the names mean that rules use, for each class: the position of a set of ports.
    pub(crate) ports: Vec<usize>,
    /// These sets of named ports; the first is empty.
    pub(crate) port_tables: Vec<Vec<ContainerPort>>,
    who: FxHashMap<&'n Peer, Who>,
    subjects: FxHashMap<&'n PodSet, Who>,
}

/// Everything by which a workload can be told from another: the sets of pods it is or may be in,
/// whether it is on the host's network, and the ports that names stand for.
type Signature = (Vec<(u32, Truth)>, bool, Vec<ContainerPort>);

impl<'n> Classes<'n> {
    /// The classes of a network.
    pub(crate) fn of(network: &'n Network) -> Self {
        let (sets, peers) = collect(network);
        let mut signatures = signatures(network, &sets);
        let names = port_names(network);
        let mut classes = Self {
            all: Vec::new(),
            of_workload: Vec::with_capacity(network.workloads.len()),
            ports: Vec::new(),
            port_tables: vec![Vec::new()],
            who: FxHashMap::default(),
            subjects: FxHashMap::default(),
        };
        let mut known: FxHashMap<Signature, usize> = FxHashMap::default();
        let mut tables = FxHashMap::from_iter([(Vec::new(), 0)]);
        let mut whos = vec![Who::default(); sets.len()];
        for (at, workload) in network.workloads.iter().enumerate() {
            let sets = signatures.get_mut(at).map(std::mem::take).unwrap_or_default();
            let signature = (sets, workload.host_network, named_ports(workload, &names));
            let class = match known.get(&signature) {
                Some(&class) => class,
                None => {
                    let class = classes.add(&signature.2, &mut tables);
                    for &(set, truth) in &signature.0 {
                        if let Some(who) = whos.get_mut(set as usize) {
                            who.put(class, truth);
                        }
                    }
                    known.insert(signature, class);
                    class
                }
            };
            classes.of_workload.push(class);
            if let Some(Class::Workloads(members)) = classes.all.get_mut(class) {
                members.push(at);
            }
        }
        classes.subjects = sets.into_iter().zip(whos).collect();
        for addresses in address_classes(&peers) {
            classes.all.push(Class::Addresses(addresses));
            classes.ports.push(0);
        }
        classes.who =
            peers.into_iter().map(|peer| (peer, classes.resolve(network, peer))).collect();
        classes
    }

    /// Adds an empty class of workloads with these named ports.
    fn add(
        &mut self,
        ports: &[ContainerPort],
        tables: &mut FxHashMap<Vec<ContainerPort>, usize>,
    ) -> usize {
        let table = *tables.entry(ports.to_vec()).or_insert_with(|| {
            self.port_tables.push(ports.to_vec());
            self.port_tables.len() - 1
        });
        self.ports.push(table);
        self.all.push(Class::Workloads(Vec::new()));
        self.all.len() - 1
    }

    /// Who a peer is: by a workload or an address of each class.
    fn resolve(&self, network: &Network, peer: &Peer) -> Who {
        if let Peer::Pods(set) = peer {
            return self.subject(set);
        }
        let mut who = Who::default();
        for (at, class) in self.all.iter().enumerate() {
            let end = match class {
                Class::Workloads(members) => {
                    let first = members.first().and_then(|&first| network.workloads.get(first));
                    first.map(End::Pod)
                }
                Class::Addresses(addresses) => addresses.first().map(End::Address),
            };
            who.put(at, end.map_or(Truth::No, |end| outside_or_host(network, end, peer)));
        }
        who
    }

    /// The classes of a set of pods.
    pub(crate) fn subject(&self, set: &PodSet) -> Who {
        self.subjects.get(set).cloned().unwrap_or_default()
    }

    /// The classes that are a peer of a rule.
    pub(crate) fn peers(&self, rule: &Rule) -> Who {
        let each = rule.peers.iter().filter_map(|peer| self.who.get(peer));
        each.fold(Who::default(), |all, who| all.union(who))
    }
}

/// Whether an end is a peer that is no set of pods. What such a peer says of a pod depends on
/// nothing but whether it is on the host's network.
fn outside_or_host(network: &Network, end: End<'_>, peer: &Peer) -> Truth {
    match (peer, end) {
        (Peer::Anyone, _) => Truth::Yes,
        (Peer::Addresses(block), End::Address(address)) => block.contains(address).into(),
        (Peer::Addresses(block), End::Pod(pod)) => {
            let possible = network.addresses_of(pod);
            match (possible.is_subset(block), possible.is_disjoint(block)) {
                (true, _) => Truth::Yes,
                (false, true) => Truth::No,
                (false, false) => Truth::Maybe,
            }
        }
        (Peer::Nodes(_) | Peer::DomainNames(_), End::Pod(pod)) if !pod.host_network => Truth::No,
        _ => Truth::Maybe,
    }
}

/// All rules, in a fixed order.
pub(crate) fn all_rules(network: &Network) -> impl Iterator<Item = &Rule> {
    let cluster =
        network.cluster_policies.iter().flat_map(|it| it.ingress.iter().chain(&it.egress));
    let namespaced = network
        .policies
        .iter()
        .flat_map(|it| it.ingress.iter().flatten().chain(it.egress.iter().flatten()));
    cluster.chain(namespaced)
}

/// The different sets of pods, and the different peers, that policies name.
fn collect(network: &Network) -> (Vec<&PodSet>, Vec<&Peer>) {
    let mut sets: FxHashSet<&PodSet> = FxHashSet::default();
    let mut peers: FxHashSet<&Peer> = FxHashSet::default();
    let (mut all_sets, mut all_peers) = (Vec::new(), Vec::new());
    let mut add_set = |set| {
        if sets.insert(set) {
            all_sets.push(set);
        }
    };
    network.cluster_policies.iter().for_each(|policy| add_set(&policy.subject));
    network.policies.iter().for_each(|policy| add_set(&policy.subject));
    for peer in all_rules(network).flat_map(|rule| &rule.peers) {
        if peers.insert(peer) {
            all_peers.push(peer);
        }
        if let Peer::Pods(set) = peer {
            add_set(set);
        }
    }
    (all_sets, all_peers)
}

/// The names of ports that rules use, sorted.
fn port_names(network: &Network) -> Vec<&Name> {
    let used = all_rules(network).flat_map(|rule| &rule.ports.named);
    let mut names: Vec<_> = used.map(|(_, name)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn named_ports(workload: &Workload, names: &[&Name]) -> Vec<ContainerPort> {
    let used = |port: &&ContainerPort| {
        port.name.as_ref().is_some_and(|name| names.binary_search(&name).is_ok())
    };
    workload.ports.iter().filter(used).cloned().collect()
}

/// The addresses that no block tells apart, set by set.
fn address_classes(peers: &[&Peer]) -> Vec<AddressSet> {
    let blocks = peers.iter().filter_map(|peer| match peer {
        Peer::Addresses(block) => Some(block),
        _ => None,
    });
    AddressSet::partition(blocks)
}

/// The sets that each workload is or may be in, by position in `sets`.
fn signatures(network: &Network, sets: &[&PodSet]) -> Vec<Vec<(u32, Truth)>> {
    let index = Index::of(network);
    let mut signatures = vec![Vec::new(); network.workloads.len()];
    for (set, position) in sets.iter().zip(0_u32..) {
        index.select(set, |workload, truth| {
            if let Some(signature) = signatures.get_mut(workload) {
                signature.push((position, truth));
            }
        });
    }
    signatures
}

/// Workloads by namespace and by label, so that not each selector is held against each of them.
struct Index<'n> {
    network: &'n Network,
    namespaces: Vec<(Name, Labels, Vec<usize>)>,
    by_label: FxHashMap<(&'n str, &'n str), Vec<usize>>,
    /// Workloads that have a label, but of which the value is not known.
    by_key: FxHashMap<&'n str, Vec<usize>>,
}

impl<'n> Index<'n> {
    fn of(network: &'n Network) -> Self {
        let mut by_namespace: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let mut by_label: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        let mut by_key: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, workload) in network.workloads.iter().enumerate() {
            by_namespace.entry(&workload.namespace).or_default().push(at);
            for (key, label) in &workload.labels.known {
                match label {
                    Label::Is(value) => by_label.entry((&**key, &**value)).or_default().push(at),
                    _ => by_key.entry(key).or_default().push(at),
                }
            }
        }
        let mut namespaces: Vec<_> = by_namespace.into_iter().collect();
        namespaces.sort_unstable();
        let with_labels = |(name, members): (&str, Vec<usize>)| {
            (Arc::from(name), network.namespace_labels(name), members)
        };
        let namespaces = namespaces.into_iter().map(with_labels).collect();
        Self { network, namespaces, by_label, by_key }
    }

    /// Calls back with each workload that is or may be in a set.
    fn select(&self, set: &PodSet, mut found: impl FnMut(usize, Truth)) {
        let inside: Vec<_> = self
            .namespaces
            .iter()
            .map(|(name, labels, members)| (set.namespaces.has(name, labels), members))
            .filter(|(truth, _)| *truth > Truth::No)
            .collect();
        let size: usize = inside.iter().map(|(_, members)| members.len()).sum();
        match self.candidates(&set.pods).filter(|candidates| candidates.len() < size) {
            Some(candidates) => {
                for at in candidates {
                    self.judge(at, set, &mut found);
                }
            }
            None => {
                for &at in inside.iter().flat_map(|(_, members)| *members) {
                    self.judge(at, set, &mut found);
                }
            }
        }
    }

    fn judge(&self, at: usize, set: &PodSet, found: &mut impl FnMut(usize, Truth)) {
        let Some(workload) = self.network.workloads.get(at) else { return };
        let namespace = self.namespaces.binary_search_by(|it| it.0.cmp(&workload.namespace));
        let namespace = namespace.ok().and_then(|at| self.namespaces.get(at));
        let inside = namespace.map_or(Truth::No, |it| set.namespaces.has(&it.0, &it.1));
        let truth = inside.and(set.pods.selects(&workload.labels));
        let truth = match (workload.host_network, set.without_host_network) {
            (true, true) => Truth::No,
            (true, false) => truth.at_most_maybe(),
            (false, _) => truth,
        };
        if truth > Truth::No {
            found(at, truth);
        }
    }

    /// The workloads that may fulfil a selector: the shortest list by a value that it requires.
    fn candidates(&self, selector: &LabelSelector) -> Option<Vec<usize>> {
        if selector.unreadable {
            return None;
        }
        let required = selector.requirements.iter().filter_map(|requirement| {
            let Operator::In(values) = &requirement.operator else { return None };
            let lists =
                values.iter().map(|value| self.by_label.get(&(&*requirement.key, &**value)));
            let lists = lists.chain([self.by_key.get(&*requirement.key)]);
            Some(lists.flatten().collect::<Vec<_>>())
        });
        let lists =
            required.min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>())?;
        Some(lists.into_iter().flatten().copied().collect())
    }
}

impl Namespaces {
    /// Whether a namespace is one of them.
    pub(crate) fn has(&self, name: &Name, labels: &Labels) -> Truth {
        match self {
            Self::Named(only) => Truth::from(only == name),
            Self::Labelled(selector) => selector.selects(labels),
        }
    }
}
