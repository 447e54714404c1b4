//! Short ways through an instance.

use crate::{Instance, Pod, Shape, Topology};

impl Instance {
    /// The shape of a pod.
    pub fn shape_of(&self, pod: &Pod) -> Option<&Shape> {
        self.shapes.get(pod.shape as usize)
    }

    /// The pods with their indexes.
    pub fn numbered_pods(&self) -> impl Iterator<Item = (u32, &Pod)> {
        (0_u32..).zip(&self.pods)
    }

    /// The domain of a node in a topology; none where the node lacks the label.
    pub fn domain(&self, topology: u32, node: u32) -> Option<u32> {
        *self.topologies.get(topology as usize)?.domains.get(node as usize)?
    }

    /// How many domains each topology has.
    pub fn topology_sizes(&self) -> Vec<u32> {
        let size = |topology: &Topology| {
            topology.domains.iter().flatten().max().map_or(0, |last| last.saturating_add(1))
        };
        self.topologies.iter().map(size).collect()
    }

    /// How much a node has of a resource.
    pub fn capacity(&self, node: u32, resource: u32) -> u64 {
        let node = self.nodes.get(node as usize);
        node.and_then(|node| node.capacity.get(resource as usize)).copied().unwrap_or(0)
    }

    /// The priorities that pods have, from high to low: the tiers of a certificate.
    pub fn priorities(&self) -> Vec<i32> {
        let of = |pod| self.shape_of(pod).map(|shape| shape.priority);
        let mut priorities: Vec<i32> = self.pods.iter().filter_map(of).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        priorities
    }
}
