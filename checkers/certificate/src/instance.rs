//! The canonical instance: a cluster and its pods in integers and resolved sets.
//!
//! Nothing in it has to be interpreted any more: selectors, tolerations, affinity terms, taints
//! and volumes have become sets of node and shape indexes. What a placement may and may not do is
//! defined on it alone (see [`crate::feasible`]), once for the search, the brute force, the solver
//! and the checker.
//!
//! A snapshot has exactly one instance, so two programs that derive it agree to the byte; what
//! follows here and at each field says which. The snapshot is taken for the whole world: what is
//! not in it does not exist. All sorting is by bytes.
//!
//! # Which pods
//!
//! All but those that are done (`status.phase` is `Succeeded` or `Failed`), those that terminate
//! without a node, and those whose `spec.nodeName` is no node of the snapshot. A pod with a
//! `spec.nodeName` runs there; so the name of a node is no filter. What the API server fills in is
//! filled in where it is missing: requests from limits, `hostPort` from `containerPort` under
//! `hostNetwork`, allocatable from capacity, protocol `TCP`, the label
//! `kubernetes.io/metadata.name` of a namespace (also of one whose object is missing).
//!
//! # Fixed pods
//!
//! Running: terminating ones, mirror pods (annotation `kubernetes.io/config.mirror`), those whose
//! controller is a `DaemonSet`, and those with `cluster-autoscaler.kubernetes.io/safe-to-evict:
//! "false"`. Pending: those with scheduling gates. Both: those of a gang that has fewer pods than
//! its minimum.
//!
//! # Who matches
//!
//! Terms of affinity, anti-affinity and spread look at all pods of the instance, whether they run
//! or not, and at the pod itself. A pod with a `deletionTimestamp` matches no spread constraint
//! (`podtopologyspread/common.go`, `countPodsMatchSelector`). `matchLabelKeys` and
//! `mismatchLabelKeys` add `key in (value)` and `key notin (value)` for each key that the pod has
//! as a label; adding them twice changes nothing. Without a `labelSelector` nothing matches. If
//! it asks for nothing with these keys added, all pods match a term of affinity or anti-affinity,
//! and none a spread constraint (`countPodsMatchSelector` again).
//!
//! # Volumes
//!
//! A claim that is bound (`spec.volumeName`) confines the pod to the nodes of its volume's node
//! affinity and, if mounted by `persistentVolumeClaim`, of its volume's zone and region labels
//! (`volumezone/volume_zone.go`). A claim that is not bound, of a storage class that waits for the
//! first consumer and has a provisioner, confines it to the nodes of the class's
//! `allowedTopologies` (to all nodes if there are none; a term without expressions matches none).
//! No node will do for a pod whose claim, its volume or its class does not exist, or whose claim is
//! lost, terminating, or not bound and of a class that binds at once.
//!
//! # Refused
//!
//! What would restrict a placement but has no place in an instance: `spec.resourceClaims`,
//! `spec.workloadRef` and `spec.schedulingGroup`, fields of a pod's or a node's `spec` that are not
//! known, unknown operators and policies, unbound claims of a class without provisioner, inline
//! volumes that exclude each other on a node (`gcePersistentDisk`, `awsElasticBlockStore`, `iscsi`,
//! `rbd`), pods of a group whose `PodGroup` is not in the snapshot.

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
    /// of a core, everything else in units (bytes, pods, devices). Sorted by name. They are `cpu`,
    /// `memory` and `pods`; whatever else some pod requests more than 0 of; and
    /// `attachable-volumes-csi-<driver>` for each driver of which some pod has a volume and some
    /// `CSINode` has an `allocatable.count`.
    pub resources: Vec<String>,
    /// The nodes, sorted by name.
    pub nodes: Vec<Node>,
    /// The topology keys that some shape or gang names, sorted by key.
    pub topologies: Vec<Topology>,
    /// The host ports that some shape asks for, sorted.
    pub ports: Vec<HostPort>,
    /// What pods ask for. Two pods share a shape exactly if they agree in all that a [`Shape`]
    /// says, with `matches` read as sets of pods, and are in the same `matches` of all pods.
    /// Numbered in the order of the first pod of each.
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
    /// What it can hold (`status.allocatable`), by resource, rounded up to the unit as
    /// kube-scheduler does; 0 of what it does not name, but 2^62 - 1 volumes of a driver for which
    /// its `CSINode` has no limit. Less than 2^62 each.
    pub capacity: Vec<u64>,
}

/// A partition of the nodes by the value of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// The label, such as `topology.kubernetes.io/zone`. The empty key puts all nodes into one
    /// domain.
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
    /// The priority; higher is more important. `spec.priority`, or the value of the class named by
    /// `spec.priorityClassName`, or of the least class that is the global default, or 0.
    pub priority: i32,
    /// What one pod takes, by resource; 1 of `pods`; of each driver's volumes as many as it has
    /// claims of it (a claim that several pods mount counts for each). Summed exactly as in
    /// `component-helpers/resource/helpers.go` (`PodRequests`, without status) and rounded up to
    /// the unit at the end. Less than 2^62 each.
    pub requests: Vec<u64>,
    /// The nodes that pass all filters which look at one pod and one node only: selector and
    /// affinity, taints, unschedulable, volumes.
    pub nodes: IndexSet,
    /// The host ports of its containers and sidecars, by index, ascending.
    pub ports: Vec<u32>,
    /// Required pod affinity.
    pub affinity: Option<Affinity>,
    /// Required pod anti-affinity, term by term, sorted, each once. A claim that is
    /// `ReadWriteOncePod` and mounted by several pods is a term of each of them: the topology
    /// with the empty key and these pods.
    pub anti_affinity: Vec<AntiAffinity>,
    /// Hard topology spread (`DoNotSchedule`), constraint by constraint, sorted, each once.
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
    /// The pods, by index: those of the namespace that run now, do not terminate, and match the
    /// selector (without one none does, with an empty one all do).
    pub pods: IndexSet,
    /// How many of them may be evicted or moved: `status.disruptionsAllowed`. If that is missing,
    /// how many of the pods there are beyond `minAvailable`, or beyond all that match (running or
    /// not, not terminating) less `maxUnavailable`, percentages of these rounded up; 0 with neither.
    pub allowed: u32,
}

/// Pods that are placed together: in the end none of them runs, or at least `minimum` do.
///
/// The gangs are the `PodGroup`s (`scheduling.x-k8s.io` or `scheduling.volcano.sh`) that have pods,
/// and enough of them. A pod names its group by the label `scheduling.x-k8s.io/pod-group` or the
/// annotation `scheduling.k8s.io/group-name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gang {
    /// `namespace/name` of the group.
    pub name: String,
    /// The pods, by index; no pod is in two gangs.
    pub pods: IndexSet,
    /// The fewest that make sense (`spec.minMember`). At least 1, at most the number of pods.
    pub minimum: u32,
    /// If given, all of them that run are in one domain of this topology (by index): the group's
    /// annotation `kueue.x-k8s.io/podset-required-topology`.
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
    /// As [`Objective::Placed`], but before disruption the fewest fragments: the sum over the nodes
    /// of what is free of a resource (0 where more is used than there is) modulo a unit. Every
    /// running pod has to go on running (rescheduling).
    Fragments {
        /// The resource, by index.
        resource: u32,
        /// The unit, at least 1.
        unit: u64,
    },
}
