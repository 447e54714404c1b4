//! The cluster as the scheduler sees it.

use std::collections::BTreeMap;

use seatrial_core::Location;

use crate::{Claim, LabelSelector, Labels, Pod, StorageClass, Template, Volume};

/// Nodes, pods and what pods refer to. Everything that has an index is meant by it: nodes, pods,
/// templates, resources, groups.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// The names of all resources that a node has or a pod requests, sorted; every list of
    /// quantities is in this order. `cpu` is in thousandths of a core, everything else in units
    /// (bytes, devices, pods). [`Cluster::VOLUMES`] and the name of a CSI driver is the number of
    /// its volumes on a node.
    pub resources: Vec<String>,
    /// The nodes, sorted by name.
    pub nodes: Vec<Node>,
    /// What pods look like: namespace, labels and spec, each once.
    pub templates: Vec<Template>,
    /// The pods, sorted by name.
    pub pods: Vec<Pod>,
    /// The labels of the namespaces. One that is not known has its own name as the label
    /// `kubernetes.io/metadata.name`, see [`Cluster::namespace_labels`].
    pub namespaces: BTreeMap<String, Labels>,
    /// The disruption budgets, sorted by name.
    pub budgets: Vec<Budget>,
    /// The groups of pods that are scheduled together, sorted by name.
    pub groups: Vec<PodGroup>,
    /// The claims on volumes, by `namespace/name`.
    pub claims: BTreeMap<String, Claim>,
    /// The volumes, by name.
    pub volumes: BTreeMap<String, Volume>,
    /// The storage classes, by name.
    pub classes: BTreeMap<String, StorageClass>,
    /// In words: what does not stand in node and pod objects but was expanded from workloads,
    /// profiles or defaults, and what was seen but is not modelled. Sorted.
    pub trusted: Vec<String>,
    /// Pods that are not in `pods`, by name, and why, in words: they have finished, or are bound to
    /// a node that is not in `nodes`, or are on their way out without a node.
    pub left_out: BTreeMap<String, String>,
}

impl Cluster {
    /// The resource that counts the pods on a node.
    pub const PODS: &str = "pods";
    /// What the names of resources begin with that count the volumes of a CSI driver.
    pub const VOLUMES: &str = "attachable-volumes-csi-";

    /// The index of a resource.
    pub fn resource(&self, name: &str) -> Option<usize> {
        self.resources.binary_search_by(|other| other.as_str().cmp(name)).ok()
    }

    /// The index of a node.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.binary_search_by(|other| other.name.as_str().cmp(name)).ok()
    }

    /// The index of a pod, by `namespace/name`.
    pub fn pod(&self, name: &str) -> Option<usize> {
        self.pods.binary_search_by(|other| other.name.as_str().cmp(name)).ok()
    }

    /// The template of a pod.
    pub fn template_of(&self, pod: usize) -> Option<&Template> {
        self.templates.get(self.pods.get(pod)?.template)
    }

    /// The labels of a namespace. Of one that the snapshot does not hold, the label that the API
    /// server gives to each is known.
    pub fn namespace_labels(&self, name: &str) -> Labels {
        let known = self.namespaces.get(name).cloned();
        known.unwrap_or_else(|| {
            Labels::from([("kubernetes.io/metadata.name".to_owned(), name.to_owned())])
        })
    }
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// What pods can have of each resource (`status.allocatable`); less than 2^62 each.
    pub allocatable: Vec<u64>,
    /// Its taints, in their order.
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// The images that it has, by every name of each, with their sizes in bytes.
    pub images: BTreeMap<String, u64>,
    /// Where it is written, if in a file.
    pub location: Option<Location>,
}

impl Node {
    /// The region and the zone, of the current or the older labels (`GetZoneKey` in
    /// `component-helpers/node/topology`); nodes are interleaved by it. `None` without either.
    pub fn zone(&self) -> Option<(&str, &str)> {
        let label = |keys: [&str; 2]| keys.into_iter().find_map(|key| self.labels.get(key));
        let region =
            label(["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"]);
        let zone = label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]);
        let known = region.is_some() || zone.is_some();
        known.then(|| (region.map_or("", String::as_str), zone.map_or("", String::as_str)))
    }
}

/// A taint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value, empty if none.
    pub value: String,
    /// What it does to pods that do not tolerate it.
    pub effect: Effect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// None is bound to the node.
    NoSchedule,
    /// Other nodes are preferred.
    PreferNoSchedule,
    /// None is bound to the node, and those that run are evicted.
    NoExecute,
}

/// A `PodDisruptionBudget`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// `namespace/name`.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The pods.
    pub selector: LabelSelector,
    /// How many running pods may be evicted: `status.disruptionsAllowed`. If that is missing, how
    /// many of the running pods there are beyond `minAvailable`, or beyond all that match less
    /// `maxUnavailable`, percentages of these rounded up; 0 with neither. Pods on their way out do
    /// not count.
    pub allowed: u32,
    /// The pods, without their namespace, whose eviction is under way and already counted
    /// (`status.disruptedPods`).
    pub disrupted: Vec<String>,
}

/// A group of pods that are scheduled together: the `PodGroup` of the coscheduling plugin or of
/// Volcano.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodGroup {
    /// `namespace/name`.
    pub name: String,
    /// The fewest pods that make sense (`spec.minMember`). At least 1.
    pub minimum: u32,
    /// The topology in one domain of which all of them have to run, if one is required (the
    /// annotation `kueue.x-k8s.io/podset-required-topology` of the group).
    pub within: Option<String>,
}
