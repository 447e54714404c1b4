//! Sets of nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use super::objects::{Labels, Node, NodeSelector, Pod, Policy, SpreadConstraint, Toleration};
use super::selector::{NodeFilter, has_labels, tolerates_cordon, tolerates_taints};
use super::storage::Reach;
use crate::IndexSet;

/// What a node has to meet. `None` and empty demand nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Demand<'a> {
    labels: Option<&'a Labels>,
    affinity: Option<&'a NodeSelector>,
    taints: Option<&'a [Toleration]>,
    cordon: Option<&'a [Toleration]>,
    reaches: Vec<Reach>,
    topologies: BTreeSet<&'a str>,
}

impl<'a> Demand<'a> {
    /// What the filters that look at one pod and one node demand.
    pub(super) fn of_filters(pod: &'a Pod, reaches: Vec<Reach>) -> Self {
        let tolerations = Some(pod.spec.tolerations.as_slice());
        Self { taints: tolerations, cordon: tolerations, reaches, ..Self::of_affinity(pod) }
    }

    /// What a spread constraint demands of a node whose pods it counts: the keys of all the pod's
    /// hard constraints, and what its policies say (`plugins/podtopologyspread/common.go`).
    pub(super) fn of_spread(
        pod: &'a Pod,
        constraint: &SpreadConstraint,
        keys: BTreeSet<&'a str>,
    ) -> Self {
        let base = match constraint.node_affinity_policy.unwrap_or(Policy::Honor) {
            Policy::Honor => Self::of_affinity(pod),
            Policy::Ignore => Self::default(),
        };
        let honored = constraint.node_taints_policy == Some(Policy::Honor);
        let taints = honored.then_some(pod.spec.tolerations.as_slice());
        Self { taints, topologies: keys, ..base }
    }

    fn of_affinity(pod: &'a Pod) -> Self {
        let affinity = pod.spec.affinity.node.required.as_ref();
        Self { labels: Some(&pod.spec.node_selector), affinity, ..Self::default() }
    }

    fn met_by(&self, node: &Node, affinity: Option<&NodeFilter>) -> bool {
        self.labels.is_none_or(|labels| has_labels(node, labels))
            && affinity.is_none_or(|affinity| affinity.admits(node))
            && self.taints.is_none_or(|tolerations| tolerates_taints(tolerations, node))
            && self.cordon.is_none_or(|tolerations| tolerates_cordon(tolerations, node))
            && self.reaches.iter().all(|reach| reach.admits(node))
            && self.topologies.iter().all(|key| node.metadata.labels.contains_key(*key))
    }
}

/// The nodes of a snapshot, by name, and the sets of them that were asked for.
#[derive(Debug)]
pub(super) struct NodeSets<'a> {
    nodes: Vec<&'a Node>,
    found: BTreeMap<Demand<'a>, IndexSet>,
}

impl<'a> NodeSets<'a> {
    /// No set was asked for yet.
    pub(super) fn new(nodes: Vec<&'a Node>) -> Self {
        Self { nodes, found: BTreeMap::new() }
    }

    /// The nodes that meet what a pod demands.
    pub(super) fn find(&mut self, demand: Demand<'a>, pod: &Pod) -> Result<IndexSet, Refusal> {
        if let Some(found) = self.found.get(&demand) {
            return Ok(found.clone());
        }
        let affinity = demand.affinity.map(NodeFilter::of_terms).transpose();
        let affinity = affinity.map_err(|reason| Refusal::of_pod(pod, reason))?;
        let met = (0..).zip(&self.nodes).filter(|(_, node)| demand.met_by(node, affinity.as_ref()));
        let set: IndexSet = met.map(|(index, _)| index).collect();
        self.found.insert(demand, set.clone());
        Ok(set)
    }
}
