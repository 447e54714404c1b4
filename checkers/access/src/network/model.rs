//! What bears on connections: workloads, namespaces, policies of all tiers, entry points.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{Finding, Location, ResourceId};

use super::{AddressSet, LabelSelector, Labels, Name, PortSet, Protocol, Truth};
use crate::Source;

/// The label that the API server sets on each namespace to its name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// All of a configuration that bears on who can connect to whom.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The namespaces by name: those with an object, and those that objects name.
    pub namespaces: BTreeMap<Name, Namespace>,
    /// The workloads, by their names (see [`Workload::id`]).
    pub workloads: Vec<Workload>,
    /// The policies of the whole cluster, by tier, priority and name.
    pub cluster_policies: Vec<ClusterPolicy>,
    /// The policies of namespaces, by namespace and name.
    pub policies: Vec<NamespacedPolicy>,
    /// What traffic enters the cluster through.
    pub entries: Vec<Entry>,
    /// Objects that bear on connections and are not modelled.
    pub unmodelled: Vec<Unmodelled>,
    /// What is wrong with objects that were read.
    pub findings: Vec<Finding>,
    /// Where pods may have their addresses; see [`Assumptions::pod_addresses`].
    pub pod_addresses: AddressSet,
    /// Where nodes, and so pods on the host's network, may have theirs.
    pub node_addresses: AddressSet,
}

/// What is assumed where manifests say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assumptions {
    /// Where pods may have their addresses. If none is given: the blocks that Node objects state,
    /// else the private ranges of IPv4.
    pub pod_addresses: Option<AddressSet>,
    /// Where nodes may have theirs. If none is given: the addresses that Node objects state, else
    /// all of IPv4.
    pub node_addresses: Option<AddressSet>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its labels; without an object of its own, all but [`NAME_LABEL`] are unknown.
    pub labels: Labels,
    /// Where its object stands, if it has one.
    pub source: Option<Source>,
}

/// Pods that come from one template: they have the same labels and ports.
#[derive(Debug, Clone)]
pub struct Workload {
    /// `namespace/name[Kind]`.
    pub id: Name,
    /// The namespace.
    pub namespace: Name,
    /// The labels of its pods.
    pub labels: Labels,
    /// The ports that its containers declare.
    pub ports: Vec<ContainerPort>,
    /// Whether its pods are on the network of their node; policies need not apply to such pods.
    pub host_network: bool,
    /// Whether it is never more than one pod, so that what it sends to itself stays in that pod.
    pub single: bool,
    /// Where it stands.
    pub source: Source,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerPort {
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

/// Which way a connection goes, seen from the pod that a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the pod.
    Egress,
    /// To the pod.
    Ingress,
}

impl Tier {
    /// The name in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Baseline => "Baseline",
        }
    }
}

impl Direction {
    /// The name in manifests: the field with the rules, and in small letters the policy type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Ingress => "ingress",
        }
    }
}

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `Allow` or `Accept`: the connection is let through.
    Allow,
    /// The connection is not.
    Deny,
    /// The rest of this tier is skipped.
    Pass,
    /// It cannot be read: it may be any of the three.
    Unreadable,
}

impl Action {
    /// The name in output; `allow` stands for `Accept`, too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Pass => "pass",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The tiers of policies of the whole cluster; those of namespaces stand between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Before the policies of namespaces.
    Admin,
    /// Behind them, for pods that none of them isolates.
    Baseline,
}

/// `AdminNetworkPolicy`, `BaselineAdminNetworkPolicy` or `ClusterNetworkPolicy`.
#[derive(Debug, Clone)]
pub struct ClusterPolicy {
    /// The tier.
    pub tier: Tier,
    /// The priority in the tier; the least comes first. Among equals, no order is defined.
    pub priority: i64,
    /// The pods that it is about; pods on the host's network are never among them.
    pub subject: PodSet,
    /// The rules for what comes in; the first that matches decides.
    pub ingress: Vec<Rule>,
    /// The rules for what goes out; the first that matches decides.
    pub egress: Vec<Rule>,
    /// What it says, if a part of its subject cannot be read; else empty.
    pub raw: Name,
    /// Where it stands.
    pub source: Source,
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone)]
pub struct NamespacedPolicy {
    /// The pods that it is about, all of its namespace.
    pub subject: PodSet,
    /// What may come in, if it isolates its pods from what comes in.
    pub ingress: Option<Vec<Rule>>,
    /// What may go out, if it isolates its pods from what goes out.
    pub egress: Option<Vec<Rule>>,
    /// What it says, if a part of it cannot be read; else empty.
    pub raw: Name,
    /// Where it stands.
    pub source: Source,
}

/// A rule of a policy: what it does to connections with some peers on some ports.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it does; the rules of a `NetworkPolicy` all allow.
    pub action: Action,
    /// The other end, any of these.
    pub peers: Vec<Peer>,
    /// The destination's ports.
    pub ports: PortRule,
    /// What it says, if a part of it cannot be read; else empty. Two rules of which the same is
    /// not known are the same rule only if they say the same.
    pub raw: Name,
    /// Where it stands.
    pub source: Source,
}

/// The other end of a connection, seen from the pod that a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Whoever it is.
    Anyone,
    /// Pods.
    Pods(PodSet),
    /// Addresses.
    Addresses(AddressSet),
    /// Nodes of the cluster; the labels by which they are chosen are not looked at.
    Nodes(LabelSelector),
    /// What these domain names resolve to; they are taken to lie outside of the cluster.
    DomainNames(Vec<Name>),
    /// Something that cannot be read: it may be anything.
    Unreadable,
}

/// Pods by their labels and those of their namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodSet {
    /// The namespaces.
    pub namespaces: Namespaces,
    /// The pods in them.
    pub pods: LabelSelector,
    /// Whether this is a set of the cluster's policies, in which pods on the host's network never
    /// are; whether they are in one of a `NetworkPolicy` is up to the network plugin.
    pub without_host_network: bool,
}

/// Some namespaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespaces {
    /// The one of this name.
    Named(Name),
    /// Those with certain labels.
    Labelled(LabelSelector),
}

/// The ports of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PortRule {
    /// Those given by number, or all.
    pub numbers: PortSet,
    /// Those given by name, each with its protocol, if that is fixed: what a name stands for is up
    /// to each destination.
    pub named: Vec<(Option<Protocol>, Name)>,
    /// Ports that cannot be read: it may be any of these.
    pub unreadable: PortSet,
}

/// A way for traffic into the cluster.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is, such as `Service of type NodePort` or `Ingress`.
    pub kind: &'static str,
    /// The Service that traffic goes through, as `namespace/name`.
    pub service: Name,
    /// The workloads behind it, by position in [`Network::workloads`], and whether they are.
    pub targets: Vec<(usize, Truth)>,
    /// The ports of each target that it leads to.
    pub ports: Vec<PortSet>,
    /// Where it stands.
    pub source: Source,
}

/// An object that bears on connections and is not modelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmodelled {
    /// The object.
    pub resource: ResourceId,
    /// Where it is.
    pub location: Location,
    /// Why it is not modelled.
    pub reason: String,
    /// What it says, as JSON.
    pub text: String,
}

impl Unmodelled {
    /// Those of either side that the other does not have just so, sorted.
    pub(crate) fn changed(old: &[Self], new: &[Self]) -> Vec<Self> {
        let has = |all: &[Self], one: &Self| {
            all.iter().any(|it| (&it.resource, &it.text) == (&one.resource, &one.text))
        };
        let gone = old.iter().filter(|it| !has(new, it));
        let come = new.iter().filter(|it| !has(old, it));
        let mut changed: Vec<_> = gone.chain(come).cloned().collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}

/// One end of a connection.
#[derive(Debug, Clone, Copy)]
pub enum End<'a> {
    /// A pod of a workload.
    Pod(&'a Workload),
    /// An address outside of the cluster.
    Address(std::net::IpAddr),
}

impl Network {
    /// The workload of this name.
    pub fn workload(&self, id: &str) -> Option<&Workload> {
        let at = self.workloads.binary_search_by(|workload| (*workload.id).cmp(id)).ok()?;
        self.workloads.get(at)
    }

    /// The labels of a namespace.
    pub fn namespace_labels(&self, name: &str) -> Labels {
        match self.namespaces.get(name) {
            Some(namespace) => namespace.labels.clone(),
            None => unknown_labels(name),
        }
    }

    /// Where the pods of a workload may have their addresses.
    pub fn addresses_of(&self, workload: &Workload) -> &AddressSet {
        if workload.host_network { &self.node_addresses } else { &self.pod_addresses }
    }
}

/// What is known of the labels of a namespace of which nothing but the name is known.
pub(crate) fn unknown_labels(name: &str) -> Labels {
    let mut labels = Labels::of([(NAME_LABEL, name)]);
    labels.may_have_others = true;
    labels
}

impl Rule {
    /// The rules of a policy of the cluster for a direction.
    pub(crate) fn of(policy: &ClusterPolicy, direction: Direction) -> &[Self] {
        match direction {
            Direction::Egress => &policy.egress,
            Direction::Ingress => &policy.ingress,
        }
    }
}

impl NamespacedPolicy {
    /// The rules for a direction; `None` where the policy does not isolate its pods in it.
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Egress => self.egress.as_deref(),
            Direction::Ingress => self.ingress.as_deref(),
        }
    }
}

impl PortRule {
    /// All ports.
    pub fn all() -> Self {
        Self { numbers: PortSet::all(), ..Self::default() }
    }

    /// The ports it surely means for a destination with these ports, and those it may mean.
    pub fn resolve(&self, declared: &[ContainerPort]) -> (PortSet, PortSet) {
        let mut sure = self.numbers.clone();
        for (protocol, name) in &self.named {
            let meant = declared.iter().filter(|port| {
                port.name.as_ref() == Some(name)
                    && protocol.is_none_or(|protocol| protocol == port.protocol)
            });
            let ports = meant.map(|port| (port.protocol, port.number, port.number));
            sure = sure.union(&PortSet::of(ports));
        }
        let possible = sure.union(&self.unreadable);
        (sure, possible)
    }
}

/// Shares equal names, of which manifests hold many.
#[derive(Debug, Default)]
pub(crate) struct Names(std::collections::BTreeSet<Name>);

impl Names {
    /// The shared form of a name.
    pub(crate) fn share(&mut self, name: &str) -> Name {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let new: Name = name.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}
