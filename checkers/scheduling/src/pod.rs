//! Pods: what they ask for, and how others see them.

use seatrial_core::Location;

use crate::{Effect, LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Taint};

/// A pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pod {
    /// `namespace/name`.
    pub name: String,
    /// What it looks like, by index.
    pub template: usize,
    /// The node that it is bound to, by index.
    pub node: Option<usize>,
    /// Whether it has to stay where it runs: it is a mirror pod of its node, its controller is a
    /// DaemonSet, it is on its way out, or it says so by the annotation
    /// `cluster-autoscaler.kubernetes.io/safe-to-evict: "false"`. The scheduler's own preemption
    /// asks for none of this. A pod that waits is never fixed.
    pub fixed: bool,
    /// The node that it was nominated to after a preemption, by index.
    pub nominated: Option<usize>,
    /// The group that it is scheduled with, by index.
    pub group: Option<usize>,
    /// When it was created, in seconds since 1970.
    pub created: Option<i64>,
    /// When its node accepted it (`status.startTime`), in seconds since 1970.
    pub started: Option<i64>,
    /// Where it is written, if in a file.
    pub location: Option<Location>,
}

/// What pods look like that no filter and no score tells apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template {
    /// The namespace.
    pub namespace: String,
    /// The labels.
    pub labels: Labels,
    /// Whether they are on their way out (`deletionTimestamp`): topology spread does not count
    /// them.
    pub terminating: bool,
    /// The controller, of those that are one.
    pub owner: Option<Owner>,
    /// What the scheduler spreads them by if they have no topology spread constraints themselves:
    /// the pods of their services and of their controller (`DefaultSelector` in
    /// `pkg/scheduler/framework/plugins/helper/spread.go`). `None` where there are none.
    pub spread_by_default: Option<LabelSelector>,
    /// What they ask for.
    pub spec: PodSpec,
}

/// A controller of pods.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The kind, such as `ReplicaSet`.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// What a pod asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodSpec {
    /// The priority, resolved from the class; higher is more important.
    pub priority: i32,
    /// Whether it may preempt others: `preemptionPolicy` is not `Never`.
    pub preempts: bool,
    /// The scheduler that is asked for; empty for the default one.
    pub scheduler: String,
    /// Whether it has scheduling gates: the scheduler leaves it alone until they are gone.
    pub gated: bool,
    /// What it takes of each resource (`PodRequests`), with 1 of [`crate::Cluster::PODS`], in the
    /// order of [`crate::Cluster::resources`]; less than 2^62 each.
    pub requests: Vec<u64>,
    /// Thousandths of a core as scores count them: containers that ask for none count for 100.
    pub scored_cpu: u64,
    /// Bytes of memory as scores count them: containers that ask for none count for 200 Mi.
    pub scored_memory: u64,
    /// `nodeSelector`.
    pub node_selector: Labels,
    /// `affinity.nodeAffinity`.
    pub node_affinity: NodeAffinity,
    /// `tolerations`.
    pub tolerations: Vec<Toleration>,
    /// The ports of the node that its containers ask for, sorted, each once.
    pub host_ports: Vec<HostPort>,
    /// Required pod affinity.
    pub affinity: Vec<PodTerm>,
    /// Required pod anti-affinity.
    pub anti_affinity: Vec<PodTerm>,
    /// Preferred pod affinity; pod anti-affinity has negative weights.
    pub preferred_pods: Vec<PreferredPods>,
    /// `topologySpreadConstraints`, hard and soft.
    pub spread: Vec<SpreadConstraint>,
    /// The claims that it mounts, sorted, by name, and whether each is mounted by
    /// `persistentVolumeClaim` (else it is the claim of an ephemeral volume).
    pub claims: Vec<(String, bool)>,
    /// The images of its containers, by normalized name, in order; with repetitions.
    pub images: Vec<String>,
}

/// Affinity to nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeAffinity {
    /// The nodes that it may be bound to; all, where it is not given.
    pub required: Option<NodeSelector>,
    /// The nodes that are preferred.
    pub preferred: Vec<PreferredNodes>,
}

/// Nodes that are preferred.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreferredNodes {
    /// 1 to 100.
    pub weight: i32,
    /// The nodes.
    pub nodes: NodeSelectorTerm,
}

/// A toleration of taints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Toleration {
    /// The key; `None` for all keys.
    pub key: Option<String>,
    /// The value.
    pub value: TaintMatch,
    /// The effect; `None` for all effects.
    pub effect: Option<Effect>,
}

/// The values of taints that are tolerated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaintMatch {
    /// This one (operator `Equal`).
    Equal(String),
    /// Every one (operator `Exists`).
    Exists,
}

impl Toleration {
    /// Whether a taint is tolerated (`ToleratesTaint` in `api/core/v1/toleration.go`).
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && self.key.as_ref().is_none_or(|key| *key == taint.key)
            && match &self.value {
                TaintMatch::Equal(value) => *value == taint.value,
                TaintMatch::Exists => true,
            }
    }
}

/// A port of the node that a container asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    /// The address; `0.0.0.0` stands for all of them.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The number of the port.
    pub port: u16,
}

impl HostPort {
    /// Whether two pods on one node cannot have these ports both (`HostPortInfo.CheckConflict` in
    /// `pkg/scheduler/framework/types.go`).
    pub fn conflicts_with(&self, other: &Self) -> bool {
        const ANY: &str = "0.0.0.0";
        self.protocol == other.protocol
            && self.port == other.port
            && (self.ip == other.ip || self.ip == ANY || other.ip == ANY)
    }
}

/// A term of pod affinity or anti-affinity: pods, and a topology in which they are near.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodTerm {
    /// The label of nodes that makes the domains.
    pub topology: String,
    /// The pods; `matchLabelKeys` and `mismatchLabelKeys` have become requirements.
    pub selector: LabelSelector,
    /// The namespaces of the pods by name, sorted: its own, where the term names none and has no
    /// selector of namespaces.
    pub namespaces: Vec<String>,
    /// The namespaces of the pods by label, beside those above.
    pub namespace_selector: LabelSelector,
}

impl PodTerm {
    /// Whether it selects pods with these labels, in a namespace of this name and these labels.
    pub fn matches(&self, namespace: &str, namespace_labels: &Labels, labels: &Labels) -> bool {
        let named = self.namespaces.iter().any(|name| name == namespace);
        (named || self.namespace_selector.matches(namespace_labels))
            && self.selector.matches(labels)
    }
}

/// Pods that are preferred nearby, or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreferredPods {
    /// 1 to 100, or -1 to -100 for anti-affinity.
    pub weight: i32,
    /// The pods.
    pub term: PodTerm,
}

/// A topology spread constraint.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpreadConstraint {
    /// The label of nodes that makes the domains.
    pub topology: String,
    /// By how many pods domains may differ. At least 1.
    pub max_skew: u32,
    /// Whether it is a filter (`DoNotSchedule`), or only a score (`ScheduleAnyway`).
    pub hard: bool,
    /// With fewer eligible domains than this, the fewest counts as 0. At least 1.
    pub min_domains: u32,
    /// The pods that are counted, of its own namespace; `matchLabelKeys` have become requirements.
    pub selector: LabelSelector,
    /// Whether only nodes count that node selector and required node affinity allow
    /// (`nodeAffinityPolicy`, `Honor` by default).
    pub honors_affinity: bool,
    /// Whether only nodes count whose taints are tolerated (`nodeTaintsPolicy`, `Ignore` by
    /// default).
    pub honors_taints: bool,
}

impl Template {
    /// Whether a spread constraint of its pods counts those of another template: they are of its
    /// namespace, not on their way out, and selected. An empty selector counts nothing
    /// (`countPodsMatchSelector` in `plugins/podtopologyspread/common.go`; a pod that it selects
    /// counts itself there all the same, which is within every skew).
    pub(crate) fn counts(&self, other: &Self, selector: &LabelSelector) -> bool {
        other.namespace == self.namespace
            && !other.terminating
            && !selector.is_everything()
            && selector.matches(&other.labels)
    }
}
