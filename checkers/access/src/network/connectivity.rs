//! All connections at once, by classes of workloads and addresses.

use std::collections::BTreeMap;
use std::fmt;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::classes::{Class, Classes};
use super::model::{Direction, End, Network, Workload};
use super::rows::{ReachId, Reaches, Rows, is_workloads};
use super::tiers::Reach;
use super::{AddressSet, Name, PortSet};

/// What is decided of the connections from one end to another, by port; on all other ports they
/// are denied.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The ports on which they are allowed.
    pub allowed: PortSet,
    /// The ports on which policies of the same priority disagree.
    pub ambiguous: PortSet,
    /// The ports on which it depends on what is not known.
    pub unknown: PortSet,
}

impl Flow {
    /// What both sides together decide.
    pub(crate) fn of(egress: &Reach, ingress: &Reach) -> Self {
        let allowed = egress.allowed.intersection(&ingress.allowed);
        let undecided = egress.possible().intersection(&ingress.possible()).difference(&allowed);
        let open = egress.open.iter().chain(&ingress.open).filter(|open| open.is_unknown);
        let not_known = open.fold(PortSet::none(), |all, open| all.union(&open.ports));
        let unknown = undecided.intersection(&not_known);
        Self { allowed, ambiguous: undecided.difference(&unknown), unknown }
    }

    /// Whether no connection is or may be allowed.
    pub fn is_none(&self) -> bool {
        self.allowed.is_empty() && self.ambiguous.is_empty() && self.unknown.is_empty()
    }
}

/// One end of connections: a workload, or addresses outside of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A workload, by [`Workload::id`].
    Workload(Name),
    /// Addresses.
    Addresses(AddressSet),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(id) => f.write_str(id),
            Self::Addresses(addresses) => addresses.fmt(f),
        }
    }
}

impl Serialize for Party {
    /// Writes it as it is shown.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Connections from one end to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Who opens them.
    pub source: Party,
    /// Who takes them.
    pub destination: Party,
    /// What is decided of them.
    pub flow: Flow,
}

/// How many ordered pairs of different workloads, and of a workload and the outside, have
/// connections; see [`Connections::totals`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Pairs of workloads with connections that are allowed; that of a workload with itself is one,
    /// unless it is never more than one pod.
    pub between_workloads: u64,
    /// Workloads to which some address outside can connect.
    pub from_outside: u64,
    /// Workloads that can connect to some address outside.
    pub to_outside: u64,
    /// Pairs of workloads with connections that are not decided.
    pub undecided: u64,
    /// Pairs of workloads in all.
    pub pairs: u64,
}

/// Who is asked for, at one end of connections.
pub struct Wanted<'f> {
    /// Which workloads.
    pub workloads: &'f dyn Fn(&Workload) -> bool,
    /// Which addresses outside of the cluster.
    pub addresses: AddressSet,
}

impl Wanted<'_> {
    /// Everyone.
    pub fn all() -> Self {
        Self { workloads: &|_| true, addresses: AddressSet::all() }
    }
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// All connections of a network.
#[derive(Debug)]
pub(crate) struct Connectivity<'n> {
    pub(crate) network: &'n Network,
    pub(crate) classes: Classes<'n>,
    pub(crate) egress: Rows,
    pub(crate) ingress: Rows,
}

impl<'n> Connectivity<'n> {
    /// Decides all connections, with the decisions of sides in a table that others may share.
    pub(crate) fn with(network: &'n Network, reaches: &mut Reaches) -> Self {
        let classes = Classes::of(network);
        let egress = Rows::of(network, &classes, Direction::Egress, reaches);
        let ingress = Rows::of(network, &classes, Direction::Ingress, reaches);
        Self { network, classes, egress, ingress }
    }
}

/// All connections of a network, with the table of what is decided.
#[derive(Debug)]
pub struct Connections<'n> {
    connectivity: Connectivity<'n>,
    reaches: Reaches,
}

impl<'n> Connections<'n> {
    /// Decides all connections of a network.
    pub fn of(network: &'n Network) -> Self {
        let mut reaches = Reaches::default();
        let connectivity = Connectivity::with(network, &mut reaches);
        Self { connectivity, reaches }
    }

    /// The network.
    pub fn network(&self) -> &'n Network {
        self.connectivity.network
    }

    pub(crate) const fn connectivity(&self) -> &Connectivity<'n> {
        &self.connectivity
    }

    pub(crate) const fn reaches(&self) -> &Reaches {
        &self.reaches
    }

    /// How many classes of workloads, and of addresses, the policies tell apart.
    pub fn classes(&self) -> (usize, usize) {
        let all = &self.connectivity.classes.all;
        let workloads = all.iter().filter(|class| is_workloads(Some(class))).count();
        (workloads, all.len() - workloads)
    }

    /// What is decided of the connections from one end to another, for two different pods.
    pub fn flow(&self, source: End<'_>, destination: End<'_>) -> Flow {
        let classes = self.class_of(source).zip(self.class_of(destination));
        let pair = classes.and_then(|(from, to)| self.pairs(from).nth(to));
        let mut flows = Flows::new(&self.reaches);
        pair.map(|(egress, ingress)| flows.flow(egress, ingress)).unwrap_or_default()
    }

    fn class_of(&self, end: End<'_>) -> Option<usize> {
        let it = &self.connectivity;
        match end {
            End::Pod(pod) => {
                let at = it.network.workloads.binary_search_by(|other| other.id.cmp(&pod.id));
                it.classes.of_workload.get(at.ok()?).copied()
            }
            End::Address(address) => it.classes.all.iter().position(
                |class| matches!(class, Class::Addresses(addresses) if addresses.contains(address)),
            ),
        }
    }

    /// Counts pairs of ends by whether they have connections, exactly.
    pub fn totals(&self) -> Totals {
        let it = &self.connectivity;
        let mut flows = Flows::new(&self.reaches);
        let mut totals = Totals::default();
        let (sizes, singles) = self.sizes();
        let mut open_in = vec![false; it.classes.all.len()];
        for source in 0..it.classes.all.len() {
            let mut to_outside = false;
            let size = sizes.get(source).copied().unwrap_or(0);
            for (destination, (egress, ingress)) in self.pairs(source).enumerate() {
                let state = flows.state(egress, ingress);
                let other = sizes.get(destination).copied().unwrap_or(0);
                match (size, other) {
                    (0, 0) => {}
                    (0, _) => {
                        if let Some(open) = open_in.get_mut(destination) {
                            *open |= state.0;
                        }
                    }
                    (_, 0) => to_outside |= state.0,
                    _ => {
                        let alone = if source == destination { singles.get(source) } else { None };
                        let pairs = size * other - alone.copied().unwrap_or(0);
                        totals.pairs += pairs;
                        totals.between_workloads += if state.0 { pairs } else { 0 };
                        totals.undecided += if state.1 { pairs } else { 0 };
                    }
                }
            }
            totals.to_outside += if to_outside { size } else { 0 };
        }
        let open = open_in.iter().zip(&sizes).filter(|(open, _)| **open);
        totals.from_outside = open.map(|(_, size)| size).sum();
        totals
    }

    /// How many workloads each class has (none for one of addresses), and how many of them are
    /// never more than one pod.
    fn sizes(&self) -> (Vec<u64>, Vec<u64>) {
        let network = self.connectivity.network;
        let single = |at: &&usize| network.workloads.get(**at).is_some_and(|it| it.single);
        let size = |class: &Class| match class {
            Class::Workloads(members) => {
                (members.len() as u64, members.iter().filter(single).count() as u64)
            }
            Class::Addresses(_) => (0, 0),
        };
        self.connectivity.classes.all.iter().map(size).unzip()
    }

    /// What both sides decide for connections from a class to each class.
    fn pairs(&self, source: usize) -> impl Iterator<Item = (ReachId, ReachId)> {
        let it = &self.connectivity;
        let egress = it.egress.row(source).map(|row| row.expand(it.classes.all.len()));
        let ingress = it.ingress.column(source);
        let rows = &it.ingress.of_class;
        let ingress = rows.iter().map(move |&row| ingress.get(row).copied());
        let pairs = egress.unwrap_or_default().into_iter().zip(ingress);
        pairs.map(|(egress, ingress)| (egress, ingress.unwrap_or(Reaches::ALL)))
    }

    /// The connections between ends that are asked for: by source, then by destination, workloads
    /// before addresses. Addresses with the same connections come together. Ends without any
    /// connection that is or may be allowed are left out, and so are pods' connections to
    /// themselves.
    pub fn links(&self, from: &Wanted<'_>, to: &Wanted<'_>) -> Vec<Link> {
        let network = self.connectivity.network;
        let mut flows = Flows::new(&self.reaches);
        let mut links = Vec::new();
        let wanted = |wanted: &Wanted<'_>| -> Vec<(usize, &Workload)> {
            let all = network.workloads.iter().enumerate();
            all.filter(|(_, workload)| (wanted.workloads)(workload)).collect()
        };
        let (sources, destinations) = (wanted(from), wanted(to));
        for &(at, source) in &sources {
            let flow = self.flows_from(self.class(at), &mut flows);
            let party = Party::Workload(source.id.clone());
            for &(other, destination) in &destinations {
                let itself = at == other && source.single;
                let flow = flow.get(self.class(other)).filter(|_| !itself);
                let other = || Party::Workload(destination.id.clone());
                links.extend(flow.and_then(|flow| Link::new(party.clone(), other(), flow)));
            }
            for (addresses, flow) in self.by_addresses(&flow, &to.addresses) {
                links.extend(Link::new(party.clone(), Party::Addresses(addresses), &flow));
            }
        }
        links.extend(self.links_from_outside(&from.addresses, &destinations, &mut flows));
        links
    }

    fn class(&self, workload: usize) -> usize {
        self.connectivity.classes.of_workload.get(workload).copied().unwrap_or(usize::MAX)
    }

    fn flows_from(&self, class: usize, flows: &mut Flows<'_>) -> Vec<Flow> {
        self.pairs(class).map(|(egress, ingress)| flows.flow(egress, ingress)).collect()
    }

    /// The addresses that are asked for, brought together by their flow.
    fn by_addresses(&self, flows: &[Flow], wanted: &AddressSet) -> Vec<(AddressSet, Flow)> {
        let mut by_flow: BTreeMap<&Flow, Vec<AddressSet>> = BTreeMap::new();
        for (class, flow) in self.connectivity.classes.all.iter().zip(flows) {
            if let Class::Addresses(addresses) = class {
                by_flow.entry(flow).or_default().push(addresses.intersection(wanted));
            }
        }
        let sets = by_flow.into_iter().map(|(flow, sets)| (AddressSet::of(&sets), flow.clone()));
        let mut sets: Vec<_> = sets.filter(|(addresses, _)| !addresses.is_empty()).collect();
        sets.sort_unstable();
        sets
    }

    fn links_from_outside(
        &self,
        from: &AddressSet,
        destinations: &[(usize, &Workload)],
        flows: &mut Flows<'_>,
    ) -> Vec<Link> {
        let all = &self.connectivity.classes.all;
        let outside = (0..all.len()).filter(|&class| !is_workloads(all.get(class)));
        let rows: Vec<_> = outside.map(|class| (class, self.flows_from(class, flows))).collect();
        let mut links = Vec::new();
        for &(at, destination) in destinations {
            let mut flow = vec![Flow::default(); all.len()];
            for (class, row) in &rows {
                if let (Some(to), Some(flow)) = (flow.get_mut(*class), row.get(self.class(at))) {
                    *to = flow.clone();
                }
            }
            for (addresses, flow) in self.by_addresses(&flow, from) {
                let other = Party::Workload(destination.id.clone());
                links.extend(Link::new(Party::Addresses(addresses), other, &flow));
            }
        }
        links.sort_unstable();
        links
    }
}

impl Link {
    /// The connections, if any is or may be allowed.
    fn new(source: Party, destination: Party, flow: &Flow) -> Option<Self> {
        (!flow.is_none()).then(|| Self { source, destination, flow: flow.clone() })
    }
}

/// What pairs of decisions of sides come to, each once.
struct Flows<'r> {
    reaches: &'r Reaches,
    known: FxHashMap<(ReachId, ReachId), Flow>,
    states: FxHashMap<(ReachId, ReachId), (bool, bool)>,
}

impl<'r> Flows<'r> {
    fn new(reaches: &'r Reaches) -> Self {
        Self { reaches, known: FxHashMap::default(), states: FxHashMap::default() }
    }

    fn flow(&mut self, egress: ReachId, ingress: ReachId) -> Flow {
        let reaches = self.reaches;
        let flow = || flow_of(reaches, egress, ingress);
        self.known.entry((egress, ingress)).or_insert_with(flow).clone()
    }

    /// Whether some port is allowed, and whether some is undecided.
    fn state(&mut self, egress: ReachId, ingress: ReachId) -> (bool, bool) {
        let reaches = self.reaches;
        let of = |id| reaches.get(id).map_or((false, false), Reach::state);
        match (of(egress), of(ingress)) {
            ((false, false), _) | (_, (false, false)) => (false, false),
            (_, ingress) if egress == Reaches::ALL => ingress,
            (egress, _) if ingress == Reaches::ALL => egress,
            _ => *self.states.entry((egress, ingress)).or_insert_with(|| {
                let flow = flow_of(reaches, egress, ingress);
                let open = !flow.ambiguous.is_empty() || !flow.unknown.is_empty();
                (!flow.allowed.is_empty(), open)
            }),
        }
    }
}

fn flow_of(reaches: &Reaches, egress: ReachId, ingress: ReachId) -> Flow {
    let sides = reaches.get(egress).zip(reaches.get(ingress));
    sides.map(|(egress, ingress)| Flow::of(egress, ingress)).unwrap_or_default()
}
