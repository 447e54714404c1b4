//! The filters of kube-scheduler: which nodes a pod may be bound to.
//!
//! Each plugin is a file; what it says is in Kubernetes' own words. `NodeName` is none of them: a
//! pod that names a node is bound to it.

pub(crate) mod inter_pod_affinity;
mod node_affinity;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
pub(crate) mod pod_topology_spread;
mod taint_toleration;
mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use crate::{
    Bindings, Cluster, Labels, Node, NodeSelector, PodSpec, Resolved, Template, Toleration,
};

use self::inter_pod_affinity::Neighbours;
use self::pod_topology_spread::Skews;

/// A filter plugin, in the order in which kube-scheduler asks them
/// (`apis/config/v1/default_plugins.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plugin {
    /// The node takes no pods.
    NodeUnschedulable,
    /// Taints and tolerations.
    TaintToleration,
    /// Node selector and required node affinity.
    NodeAffinity,
    /// Ports of the node.
    NodePorts,
    /// Resources and the number of pods.
    NodeResourcesFit,
    /// Claims that only one pod may use.
    VolumeRestrictions,
    /// The number of volumes of a CSI driver.
    NodeVolumeLimits,
    /// Nodes that can reach a volume.
    VolumeBinding,
    /// Zones of volumes.
    VolumeZone,
    /// Hard topology spread.
    PodTopologySpread,
    /// Required pod affinity and anti-affinity.
    InterPodAffinity,
}

impl Plugin {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::NodeUnschedulable,
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::NodePorts,
        Self::NodeResourcesFit,
        Self::VolumeRestrictions,
        Self::NodeVolumeLimits,
        Self::VolumeBinding,
        Self::VolumeZone,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
    ];

    /// Its name in the configuration of kube-scheduler.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeUnschedulable => "NodeUnschedulable",
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodePorts => "NodePorts",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::VolumeRestrictions => "VolumeRestrictions",
            Self::NodeVolumeLimits => "NodeVolumeLimits",
            Self::VolumeBinding => "VolumeBinding",
            Self::VolumeZone => "VolumeZone",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
        }
    }
}

/// Why a plugin keeps a pod from a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// In Kubernetes' words, such as `Insufficient cpu`. Never empty.
    pub reasons: Vec<String>,
    /// Whether it can help that other pods go (`Unschedulable`; otherwise
    /// `UnschedulableAndUnresolvable`).
    pub resolvable: bool,
}

impl Rejection {
    /// It cannot help that others go.
    fn for_good(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()], resolvable: false }
    }

    /// It can help that others go.
    fn for_now(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()], resolvable: true }
    }
}

/// What one plugin says about a pod and a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginVerdict {
    /// The plugin.
    pub plugin: Plugin,
    /// Why not; `None` if it has nothing against it.
    pub rejection: Option<Rejection>,
}

/// What the filters look at that look at one pod and one node only.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alone<'a> {
    namespace: &'a str,
    claims: &'a [(String, bool)],
    selector: &'a Labels,
    required: Option<&'a NodeSelector>,
    tolerations: &'a [Toleration],
}

impl<'a> Alone<'a> {
    pub(crate) fn of(template: &'a Template) -> Self {
        let spec = &template.spec;
        // The namespace is only where the claims are looked up.
        let namespace = if spec.claims.is_empty() { "" } else { template.namespace.as_str() };
        Self {
            namespace,
            claims: &spec.claims,
            selector: &spec.node_selector,
            required: spec.node_affinity.required.as_ref(),
            tolerations: &spec.tolerations,
        }
    }
}

/// What a plugin says that looks at one pod and one node only; the others have nothing to say.
pub(crate) fn alone(
    plugin: Plugin,
    cluster: &Cluster,
    template: &Template,
    node: &Node,
) -> Option<Rejection> {
    match plugin {
        Plugin::NodeUnschedulable => node_unschedulable::reject(&template.spec, node),
        Plugin::TaintToleration => taint_toleration::reject(&template.spec, node),
        Plugin::NodeAffinity => node_affinity::reject(&template.spec, node),
        Plugin::VolumeBinding => volume_binding::reject(cluster, template, node),
        Plugin::VolumeZone => volume_zone::reject(cluster, template, node),
        _ => None,
    }
}

/// Whether selector, affinity and taints let a pod run on a node.
pub(crate) fn may_run_on(spec: &PodSpec, node: &Node) -> bool {
    node_affinity::allows(spec, node) && taint_toleration::untolerated(spec, node).is_none()
}

/// The filters of a cluster.
#[derive(Debug, Clone)]
pub struct Filters<'a> {
    cluster: &'a Cluster,
    resolved: Resolved,
}

impl<'a> Filters<'a> {
    /// Prepares the filters of a cluster.
    pub fn new(cluster: &'a Cluster) -> Self {
        Self { cluster, resolved: Resolved::new(cluster) }
    }

    /// The cluster.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The selectors of the cluster, resolved.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Counts what the filters need to know of all nodes at once, for one pod more of a template
    /// (`PreFilter`). Where the pod is bound already, it counts as another one: unbind it first.
    /// `None` if there is no such template.
    pub fn prepare(&self, bindings: &Bindings<'_>, template: usize) -> Option<Prepared<'_>> {
        let asked = self.resolved.asked.get(template)?;
        Some(Prepared {
            filters: self,
            wanted: self.cluster.templates.get(template)?,
            nodes: asked.nodes,
            skews: Skews::count(&self.resolved, bindings, template, asked),
            neighbours: Neighbours::count(&self.resolved, bindings, template, asked),
            sharing: volume_restrictions::Sharing::count(&self.resolved, bindings, asked),
        })
    }
}

/// The filters, prepared for one pod more of a template.
#[derive(Debug, Clone)]
pub struct Prepared<'a> {
    filters: &'a Filters<'a>,
    wanted: &'a Template,
    nodes: usize,
    skews: Skews,
    neighbours: Neighbours,
    sharing: volume_restrictions::Sharing,
}

impl Prepared<'_> {
    /// Takes note that a pod of a template has been bound to a node, or unbound from it (`AddPod`
    /// and `RemovePod`). The bindings, which are asked for the rest, have to change, too.
    pub fn note(&mut self, template: usize, node: usize, bound: bool) {
        let resolved = &self.filters.resolved;
        self.skews.note(resolved, template, node, bound);
        self.neighbours.note(resolved, template, node, bound);
        self.sharing.note(resolved, template, bound);
    }

    /// Whether the pod may be bound to a node.
    pub fn passes(&self, bindings: &Bindings<'_>, node: usize) -> bool {
        self.filters.resolved.has_node(self.nodes, node)
            && Plugin::ALL
                .into_iter()
                .all(|plugin| self.reject_together(plugin, bindings, node).is_none())
    }

    /// The first plugin that keeps the pod from a node, and why.
    pub fn rejection(&self, bindings: &Bindings<'_>, node: usize) -> Option<(Plugin, Rejection)> {
        let mut plugins = Plugin::ALL.into_iter();
        plugins.find_map(|plugin| Some((plugin, self.reject(plugin, bindings, node)?)))
    }

    /// What every plugin says about the pod and a node.
    pub fn verdicts(&self, bindings: &Bindings<'_>, node: usize) -> Vec<PluginVerdict> {
        let verdict =
            |plugin| PluginVerdict { plugin, rejection: self.reject(plugin, bindings, node) };
        Plugin::ALL.into_iter().map(verdict).collect()
    }

    fn reject(&self, plugin: Plugin, bindings: &Bindings<'_>, node: usize) -> Option<Rejection> {
        let found = self.filters.cluster.nodes.get(node)?;
        alone(plugin, self.filters.cluster, self.wanted, found)
            .or_else(|| self.reject_together(plugin, bindings, node))
    }

    /// What a plugin says that looks at other pods, too; the others have nothing to say.
    fn reject_together(
        &self,
        plugin: Plugin,
        bindings: &Bindings<'_>,
        node: usize,
    ) -> Option<Rejection> {
        let resolved = &self.filters.resolved;
        match plugin {
            Plugin::NodePorts => node_ports::reject(&self.wanted.spec, bindings, node),
            Plugin::NodeResourcesFit => node_resources_fit::reject(self.wanted, bindings, node),
            Plugin::NodeVolumeLimits => node_volume_limits::reject(self.wanted, bindings, node),
            Plugin::VolumeRestrictions => self.sharing.reject(),
            Plugin::PodTopologySpread => self.skews.reject(resolved, node),
            Plugin::InterPodAffinity => self.neighbours.reject(resolved, node),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
