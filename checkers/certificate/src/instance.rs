//! The canonical instance: a cluster and its pods in integers and resolved sets.
//!
//! Nothing in it has to be interpreted any more: selectors, tolerations, affinity terms, taints
//! and volumes have become sets of node and shape indexes. What a placement may and may not do is
//! defined on it alone (see [`crate::feasible`]), once for the search, the brute force, the solver
//! and the checker.

use serde::{Deserialize, Serialize};

use crate::IndexSet;

/// A cluster, its pods, and what is asked about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Always [`Instance::FORMAT`].
    pub format: String,
    /// Always [`Instance::VERSION`].
    pub version: u32,
    /// The names of the resources, in the order of every list of quantities: `cpu` in thousandths
    /// of a core, everything else in units (bytes, pods, devices). Sorted by name.
    pub resources: Vec<String>,
    /// The nodes, sorted by name.
    pub nodes: Vec<Node>,
    /// The topology keys that some constraint names, sorted by key.
    pub topologies: Vec<Topology>,
    /// The host ports that some shape asks for, sorted.
    pub ports: Vec<HostPort>,
    /// What pods ask for; pods that no constraint tells apart share a shape. Sorted.
    pub shapes: Vec<Shape>,
    /// The pods, sorted by name.
    pub pods: Vec<Pod>,
    /// The disruption budgets, sorted by name.
    pub budgets: Vec<Budget>,
    /// Groups of pods that are placed together or not at all, sorted by name.
    pub gangs: Vec<Gang>,
    /// What is asked beyond the cluster itself.
    pub question: Question,
    /// What was not read from node and pod objects but expanded from workloads, profiles or
    /// options, in words: whoever verifies takes these on trust.
    pub trusted: Vec<String>,
}

impl Instance {
    /// The name of the format.
    pub const FORMAT: &str = "seatrial/instance";
    /// The version of the format.
    pub const VERSION: u32 = 1;
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it can hold (`status.allocatable`), by resource. Less than 2^62 each.
    pub capacity: Vec<u64>,
}

/// A partition of the nodes by the value of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// The label, such as `topology.kubernetes.io/zone`. The key `` (empty) puts all nodes into
    /// one domain.
    pub key: String,
    /// The domain of each node; `null` where the node lacks the label. Domains are numbered from 0
    /// in the order of the first node of each.
    pub domains: Vec<Option<u32>>,
}

/// A port of a node that a container asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    /// The address; `0.0.0.0` stands for all of them.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The number of the port.
    pub port: u16,
}

impl HostPort {
    /// Whether two pods on one node cannot have these ports both.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        const ANY: &str = "0.0.0.0";
        self.protocol == other.protocol
            && self.port == other.port
            && (self.ip == other.ip || self.ip == ANY || other.ip == ANY)
    }
}

/// What a pod asks for, and how others see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The priority; higher is more important.
    pub priority: i32,
    /// What one pod takes, by resource; 1 of `pods`. Less than 2^62 each.
    pub requests: Vec<u64>,
    /// The nodes that pass all filters which look at one pod and one node only: name, selector and
    /// affinity, taints, unschedulable, volumes.
    pub nodes: IndexSet,
    /// The host ports, by index, ascending.
    pub ports: Vec<u32>,
    /// Required pod affinity.
    pub affinity: Option<Affinity>,
    /// Required pod anti-affinity, term by term, sorted.
    pub anti_affinity: Vec<AntiAffinity>,
    /// Hard topology spread, constraint by constraint, sorted.
    pub spread: Vec<Spread>,
}

/// Required pod affinity: on a node that has all the topologies, in each of whose domains there is
/// a pod of a matching shape. When no matching pod runs on any node that has one of the
/// topologies, and the shape matches itself, the first pod may go to any node that has them all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affinity {
    /// The topologies of the terms, by index, ascending.
    pub topologies: Vec<u32>,
    /// The shapes of the pods that match *all* terms: kube-scheduler counts no others.
    pub matches: IndexSet,
}

/// Required pod anti-affinity, one term: no two pods, one with the term and one of a matching
/// shape, in one domain, whichever of them came first. A node without the label is in no domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntiAffinity {
    /// The topology, by index.
    pub topology: u32,
    /// The shapes of the pods to keep away from.
    pub matches: IndexSet,
}

/// Hard topology spread, one constraint: with the new pod (counted if its own shape matches), its
/// domain holds at most `max_skew` more matching pods than the domain with the fewest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The topology, by index. A node without the label is no place for the pod.
    pub topology: u32,
    /// At least 1.
    pub max_skew: u32,
    /// With fewer eligible domains than this, the fewest counts as 0. At least 1.
    pub min_domains: u32,
    /// The shapes of the pods that are counted.
    pub matches: IndexSet,
    /// The nodes whose pods are counted and whose domains are eligible (node affinity and taint
    /// policies); all of them have the labels of all the pod's spread constraints.
    pub nodes: IndexSet,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pod {
    /// `namespace/name`.
    pub name: String,
    /// Its shape, by index.
    pub shape: u32,
    /// The node that it runs on now, by index.
    pub node: Option<u32>,
    /// Whether it has to stay as it is: not evicted, not moved, not bound.
    pub fixed: bool,
}

/// A disruption budget: so many of its running pods may be taken from their node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// `namespace/name`.
    pub name: String,
    /// The pods, by index.
    pub pods: IndexSet,
    /// How many of them may be evicted or moved (`status.disruptionsAllowed`).
    pub allowed: u32,
}

/// Pods that are placed together: in the end none of them runs, or at least `minimum` do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gang {
    /// `namespace/name` of the group.
    pub name: String,
    /// The pods, by index; no pod is in two gangs.
    pub pods: IndexSet,
    /// The fewest that make sense. At least 1, at most the number of pods.
    pub minimum: u32,
    /// If given, all of them that run are in one domain of this topology (by index).
    pub within: Option<u32>,
}

/// What is asked beyond the cluster itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is to be best.
    pub objective: Objective,
    /// At most so many running pods are taken from their node (evicted or moved).
    pub move_limit: Option<u32>,
    /// Whether pods are moved alive, one by one: a pod arrives on its new node before it leaves
    /// the old one, and none is evicted. Otherwise all evictions come first and the bindings after
    /// them.
    pub live: bool,
}

/// What is to be best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Objective {
    /// Lexicographically, per priority from high to low, the number of pods of this priority and
    /// above that run; then the least disruption, where an evicted pod that does not run in the
    /// end costs 1 and a moved one 2.
    Placed,
    /// The fewest fragments: the sum over the nodes of what is free of a resource modulo a unit;
    /// every running pod has to go on running (rescheduling). Then the least disruption.
    Fragments {
        /// The resource, by index.
        resource: u32,
        /// The unit, at least 1.
        unit: u64,
    },
}
