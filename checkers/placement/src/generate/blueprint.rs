//! A cluster in plain words.

use std::collections::{BTreeMap, BTreeSet};

/// The namespace of everything that is generated.
pub(super) const NAMESPACE: &str = "default";
/// How many pods a node takes if its blueprint does not say: the kubelet's default.
pub(super) const PODS_PER_NODE: u64 = 110;
/// The label that tells nodes apart.
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
/// The label with the zone of a node.
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";

/// A cluster: nodes and workloads. What refers to a workload or a node does so by its index here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blueprint {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The workloads, in the order in which they arrive.
    pub workloads: Vec<Workload>,
    /// Budgets: of the pods of a workload, so many may be disrupted.
    pub budgets: BTreeMap<usize, u32>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name, which it has also as the label [`HOSTNAME`].
    pub name: String,
    /// Its other labels.
    pub labels: BTreeMap<String, String>,
    /// The key of its taint `NoSchedule`, if it has one.
    pub taint: Option<String>,
    /// What can be allocated, by resource: `cpu` in thousandths of a core.
    pub capacity: BTreeMap<String, u64>,
}

/// Pods that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// Its name; its pods are `<name>-1` and so on.
    pub name: String,
    /// Where each pod runs; one entry for each pod.
    pub pods: Vec<Option<usize>>,
    /// What one pod takes, by resource: `cpu` in thousandths of a core.
    pub requests: BTreeMap<String, u64>,
    /// The priority.
    pub priority: i32,
    /// The labels that a node has to have.
    pub selector: BTreeMap<String, String>,
    /// The keys of the taints that are tolerated.
    pub tolerates: BTreeSet<String>,
    /// Required affinity; a pod is counted if its workload is named by *every* term.
    pub near: Vec<Near>,
    /// Required anti-affinity.
    pub apart: Vec<Apart>,
    /// Hard topology spread.
    pub spread: Vec<Spread>,
    /// Whether its pods stay where they run.
    pub fixed: bool,
}

/// A term of required affinity: to pods of these workloads, in this topology.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// The label of the topology.
    pub topology: String,
    /// The workloads.
    pub to: BTreeSet<usize>,
}

/// A term of required anti-affinity: from pods of these workloads, in this topology.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Apart {
    /// The label of the topology.
    pub topology: String,
    /// The workloads.
    pub from: BTreeSet<usize>,
}

/// A hard topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spread {
    /// The label of the topology.
    pub topology: String,
    /// How many pods more than elsewhere, at least 1.
    pub max_skew: u32,
    /// With fewer domains than this, the fewest counts as 0. At least 1.
    pub min_domains: u32,
    /// The workloads whose pods are counted.
    pub of: BTreeSet<usize>,
}

impl Node {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        if key == HOSTNAME {
            return Some(&self.name);
        }
        self.labels.get(key).map(String::as_str)
    }
}

impl Workload {
    /// Whether the node passes the filters that look at nothing but it and the pod.
    pub(super) fn may_run_on(&self, node: &Node) -> bool {
        self.selects(node) && node.taint.as_ref().is_none_or(|key| self.tolerates.contains(key))
    }

    /// Whether the node has the labels that are asked for.
    pub(super) fn selects(&self, node: &Node) -> bool {
        self.selector.iter().all(|(key, value)| node.label(key) == Some(value))
    }
}

/// The name of a pod of a workload; pods are counted from 0.
pub(super) fn pod_name(workload: &Workload, pod: usize) -> String {
    format!("{}-{}", workload.name, pod.saturating_add(1))
}
