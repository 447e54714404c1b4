//! The cluster that the manifests are put into.

use std::sync::Arc;

use seatrial_core::{Location, SourceFile};
use seatrial_manifests::Object;
use seatrial_scheduling::{Node, NodeSelector, Profile, ReadError, Template};

use crate::NodeClasses;

/// The nodes if none are given: three of them, each in a zone of its own, with 4 cores and 16 GiB.
pub const DEFAULT: &str = "\
groups:
- name: node
  count: 3
  allocatable: {cpu: 4, memory: 16Gi, ephemeral-storage: 100Gi, pods: 110}
  labels: {kubernetes.io/os: linux, kubernetes.io/arch: amd64}
  cycle:
    topology.kubernetes.io/region: [region]
    topology.kubernetes.io/zone: [zone-a, zone-b, zone-c]
";

/// No cluster has more nodes: states hold sets of nodes as bits, and more are never explored.
pub const MOST_NODES: usize = 64;

/// Where the pods run.
#[derive(Debug)]
pub struct Surroundings {
    /// The objects of a snapshot, if there is one.
    pub objects: Vec<Object>,
    /// The nodes of a profile, if there is one.
    pub profile: Option<Profile>,
    /// In words, what they are.
    pub name: String,
}

impl Surroundings {
    /// The cluster that is taken where none is given.
    ///
    /// # Errors
    ///
    /// None that a test would not find.
    pub fn by_default() -> Result<Self, Vec<ReadError>> {
        let file = Arc::new(SourceFile::new("the default cluster", DEFAULT));
        let profile = Profile::read(&file).map_err(|error| vec![error])?;
        let name = "3 nodes in 3 zones, 4 cores and 16 GiB each (the default; `--cluster` names \
                    another)";
        Ok(Self { objects: Vec::new(), profile: Some(profile), name: name.to_owned() })
    }

    /// What the manifests themselves have.
    pub fn among_the_manifests() -> Self {
        let name = "the nodes among the manifests".to_owned();
        Self { objects: Vec::new(), profile: None, name }
    }
}

/// Refuses clusters that cannot be explored.
pub(crate) fn sized(nodes: &[Node]) -> Result<(), Vec<ReadError>> {
    let error = |message: String, help: &str| {
        let location: Option<Location> = nodes.first().and_then(|node| node.location.clone());
        Err(vec![ReadError { location, message, help: Some(help.to_owned()) }])
    };
    match nodes.len() {
        0 => error("the cluster has no nodes".to_owned(), "name a profile or a snapshot that has"),
        1..=MOST_NODES => Ok(()),
        count => error(
            format!("the cluster has {count} nodes, and at most {MOST_NODES} are explored"),
            "name a profile with fewer nodes of each kind: what goes wrong on many mostly goes \
             wrong on few",
        ),
    }
}

/// Nodes that can be swapped without a change: they have the same room and taints and the same
/// labels, but for those that make a domain of each of them alone and that nothing asks for, such
/// as their names; and each DaemonSet is for both or for neither.
pub(crate) fn classes(
    nodes: &[Node],
    templates: &[Template],
    pinned: &[usize],
    daemons: &[Vec<u8>],
) -> NodeClasses {
    let mut classes: Vec<Vec<u8>> = Vec::new();
    for (index, node) in (0_u8..).zip(nodes) {
        let swaps = |other: &u8| {
            let is_pinned = |index: u8| pinned.contains(&usize::from(index));
            let other_node = nodes.get(usize::from(*other));
            !is_pinned(index)
                && !is_pinned(*other)
                && daemons.iter().all(|nodes| nodes.contains(&index) == nodes.contains(other))
                && other_node.is_some_and(|other| are_alike(node, other, nodes, templates))
        };
        match classes.iter_mut().find(|class| class.first().is_some_and(swaps)) {
            Some(class) => class.push(index),
            None => classes.push(vec![index]),
        }
    }
    classes
}

fn are_alike(a: &Node, b: &Node, nodes: &[Node], templates: &[Template]) -> bool {
    let alone = |key: &str, value: &str| {
        nodes.iter().filter(|node| node.labels.get(key).is_some_and(|own| own == value)).count()
            == 1
    };
    let same = |key: &String| match (a.labels.get(key), b.labels.get(key)) {
        (Some(one), Some(other)) => {
            one == other
                || alone(key, one)
                    && alone(key, other)
                    && !templates.iter().any(|template| asks_for(template, key))
        }
        _ => false,
    };
    a.labels.keys().chain(b.labels.keys()).all(same)
        && a.allocatable == b.allocatable
        && a.taints == b.taints
        && a.unschedulable == b.unschedulable
}

/// Whether pods ask for nodes by this label, or by their names.
fn asks_for(template: &Template, key: &str) -> bool {
    let in_terms = |selector: &NodeSelector| {
        selector
            .terms
            .iter()
            .any(|term| !term.fields.is_empty() || term.labels.iter().any(|label| label.key == key))
    };
    template.spec.node_selector.contains_key(key)
        || template.spec.node_affinity.required.as_ref().is_some_and(in_terms)
}

/// Nodes by zone, those without one left out.
pub(crate) fn zones(nodes: &[Node]) -> Vec<(String, Vec<u8>)> {
    let mut zones: Vec<(String, Vec<u8>)> = Vec::new();
    for (index, node) in (0_u8..).zip(nodes) {
        let Some((_, zone)) = node.zone().filter(|(_, zone)| !zone.is_empty()) else { continue };
        match zones.iter_mut().find(|(name, _)| name == zone) {
            Some((_, nodes)) => nodes.push(index),
            None => zones.push((zone.to_owned(), vec![index])),
        }
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_cluster_is_what_it_is_said_to_be() {
        let surroundings = Surroundings::by_default().unwrap();
        let nodes = surroundings.profile.unwrap().nodes();
        let cluster = seatrial_scheduling::read(&nodes).unwrap();
        assert_eq!((cluster.nodes.len(), zones(&cluster.nodes).len()), (3, 3));
        assert!(surroundings.name.starts_with("3 nodes in 3 zones, 4 cores and 16 GiB"));
        assert_eq!(cluster.nodes[0].allocatable[cluster.resource("cpu").unwrap()], 4000);
    }

    const HOSTNAME: &str = "kubernetes.io/hostname";

    #[test]
    fn nodes_are_swapped_only_if_nothing_tells_them_apart() {
        let node = |name: &str, zone: &str| Node {
            name: name.to_owned(),
            labels: [(HOSTNAME, name), ("zone", zone)].map(|(k, v)| (k.into(), v.into())).into(),
            ..Node::default()
        };
        let nodes = [node("a", "x"), node("b", "y"), node("c", "x")];
        assert_eq!(classes(&nodes, &[], &[], &[]), [vec![0, 2], vec![1]]);
        assert_eq!(classes(&nodes[..2], &[], &[], &[]), [vec![0, 1]], "zones of one node each");
        assert_eq!(classes(&nodes, &[], &[2], &[]).len(), 3);
        assert_eq!(classes(&nodes, &[], &[], &[vec![0]]).len(), 3);
        let mut template = Template::default();
        template.spec.node_selector.insert(HOSTNAME.to_owned(), "a".to_owned());
        assert_eq!(classes(&nodes, &[template], &[], &[]).len(), 3);
    }
}
