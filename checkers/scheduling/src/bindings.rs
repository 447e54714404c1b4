//! Which pods are bound to which nodes, and what they take there.

use std::collections::{BTreeMap, BTreeSet};

use crate::Cluster;

/// Which pods are bound to which nodes.
#[derive(Debug, Clone)]
pub struct Bindings<'a> {
    cluster: &'a Cluster,
    node_of: Vec<Option<usize>>,
    pods_on: Vec<BTreeSet<usize>>,
    used: Vec<Vec<u64>>,
    /// Processor and memory as scores count them.
    scored: Vec<[u64; 2]>,
    /// By template, how many of its pods are bound to each node that has any.
    nodes_of: Vec<BTreeMap<usize, u32>>,
}

impl<'a> Bindings<'a> {
    /// No pod is bound.
    pub fn none(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            node_of: vec![None; cluster.pods.len()],
            pods_on: vec![BTreeSet::new(); cluster.nodes.len()],
            used: vec![vec![0; cluster.resources.len()]; cluster.nodes.len()],
            scored: vec![[0; 2]; cluster.nodes.len()],
            nodes_of: vec![BTreeMap::new(); cluster.templates.len()],
        }
    }

    /// Pods are bound as the cluster says.
    pub fn now(cluster: &'a Cluster) -> Self {
        let mut bindings = Self::none(cluster);
        for (pod, bound) in cluster.pods.iter().enumerate() {
            if let Some(node) = bound.node {
                bindings.bind(pod, node);
            }
        }
        bindings
    }

    /// The cluster.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The node that a pod is bound to.
    pub fn node_of(&self, pod: usize) -> Option<usize> {
        *self.node_of.get(pod)?
    }

    /// The pods on a node, ascending.
    pub fn pods_on(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.pods_on.get(node).into_iter().flatten().copied()
    }

    /// How many pods are on a node.
    pub fn count_on(&self, node: usize) -> usize {
        self.pods_on.get(node).map_or(0, BTreeSet::len)
    }

    /// What the pods on a node take, in the order of [`Cluster::resources`].
    pub fn used(&self, node: usize) -> &[u64] {
        self.used.get(node).map_or(&[], Vec::as_slice)
    }

    /// What the pods on a node take as scores count it: thousandths of a core, and bytes of memory
    /// ([`crate::PodSpec::scored_cpu`]).
    pub fn scored(&self, node: usize) -> [u64; 2] {
        self.scored.get(node).copied().unwrap_or_default()
    }

    /// The nodes that pods of a template are on, ascending, with their numbers.
    pub fn nodes_of(&self, template: usize) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.nodes_of.get(template).into_iter().flatten().map(|(&node, &count)| (node, count))
    }

    /// Binds a pod that is not bound, whatever the filters say. Whether it was not bound before
    /// and both exist; otherwise, nothing changes.
    pub fn bind(&mut self, pod: usize, node: usize) -> bool {
        let Some(place @ None) = self.node_of.get_mut(pod) else { return false };
        if node >= self.pods_on.len() {
            return false;
        }
        *place = Some(node);
        if let Some(pods) = self.pods_on.get_mut(node) {
            pods.insert(pod);
        }
        self.count(pod, node, true);
        true
    }

    /// Takes a pod from the node that it is bound to, which is returned.
    pub fn unbind(&mut self, pod: usize) -> Option<usize> {
        let node = self.node_of.get_mut(pod)?.take()?;
        if let Some(pods) = self.pods_on.get_mut(node) {
            pods.remove(&pod);
        }
        self.count(pod, node, false);
        Some(node)
    }

    fn count(&mut self, pod: usize, node: usize, more: bool) {
        let Some(template) = self.cluster.pods.get(pod).map(|pod| pod.template) else { return };
        if let Some(nodes) = self.nodes_of.get_mut(template) {
            let count = nodes.entry(node).or_default();
            *count = if more { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                nodes.remove(&node);
            }
        }
        let Some(template) = self.cluster.templates.get(template) else { return };
        let change = |total: &mut u64, part: u64| {
            *total = if more { total.saturating_add(part) } else { total.saturating_sub(part) };
        };
        for (used, &request) in
            self.used.get_mut(node).into_iter().flatten().zip(&template.spec.requests)
        {
            change(used, request);
        }
        let parts = [template.spec.scored_cpu, template.spec.scored_memory];
        for (scored, part) in self.scored.get_mut(node).into_iter().flatten().zip(parts) {
            change(scored, part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Node, Pod, PodSpec, Template};

    fn cluster() -> Cluster {
        let spec = PodSpec { requests: vec![2, 1], ..PodSpec::default() };
        let node = |name: &str| Node { name: name.to_owned(), ..Node::default() };
        let pod = |name: &str, node| Pod { name: name.to_owned(), node, ..Pod::default() };
        Cluster {
            resources: vec!["cpu".to_owned(), "pods".to_owned()],
            nodes: vec![node("a"), node("b")],
            templates: vec![Template { spec, ..Template::default() }],
            pods: vec![pod("x", Some(1)), pod("y", None)],
            ..Cluster::default()
        }
    }

    #[test]
    fn what_is_bound_is_counted_until_it_is_unbound() {
        let cluster = cluster();
        let mut bindings = Bindings::now(&cluster);
        assert_eq!(bindings.used(1), [2, 1]);
        assert!(bindings.bind(1, 1));
        assert_eq!((bindings.used(1), bindings.count_on(1)), (&[4, 2][..], 2));
        assert_eq!(bindings.nodes_of(0).collect::<Vec<_>>(), [(1, 2)]);
        assert_eq!(bindings.unbind(0), Some(1));
        assert_eq!(bindings.pods_on(1).collect::<Vec<_>>(), [1]);
        assert_eq!((bindings.node_of(0), bindings.node_of(1)), (None, Some(1)));
        assert_eq!(bindings.used(1), [2, 1]);
    }

    #[test]
    fn nothing_is_bound_twice_or_to_nowhere_or_unbound_from_nowhere() {
        let cluster = cluster();
        let mut bindings = Bindings::now(&cluster);
        assert!(!bindings.bind(0, 0), "it is bound");
        assert!(!bindings.bind(1, 2), "there is no such node");
        assert!(!bindings.bind(2, 0), "there is no such pod");
        assert_eq!(bindings.unbind(1), None);
        assert_eq!((bindings.used(0), bindings.used(1)), (&[0, 0][..], &[2, 1][..]));
    }
}
