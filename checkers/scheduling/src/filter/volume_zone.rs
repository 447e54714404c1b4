//! `VolumeZone`: zones and regions that the labels of a volume name
//! (`volumezone/volume_zone.go`).

use super::Rejection;
use crate::{Cluster, Node, Template, Volume};

/// The labels, each with the one by which it was replaced.
const LABELS: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// Only the volumes of claims that the pod names are looked at, not those of ephemeral volumes.
pub(super) fn reject(cluster: &Cluster, template: &Template, node: &Node) -> Option<Rejection> {
    // A cluster of one zone need not label its nodes.
    if !LABELS.iter().any(|(key, _)| node.labels.contains_key(*key)) {
        return None;
    }
    let named = template.spec.claims.iter().filter(|(_, by_name)| *by_name);
    let mut volumes = named.filter_map(|(name, _)| {
        let claim = cluster.claims.get(&format!("{}/{name}", template.namespace))?;
        cluster.volumes.get(claim.volume.as_ref()?)
    });
    let conflict = volumes.any(|volume| !is_in_zone(volume, node));
    conflict.then(|| Rejection::for_good("node(s) had no available volume zone"))
}

fn is_in_zone(volume: &Volume, node: &Node) -> bool {
    LABELS.iter().all(|(key, newer)| {
        let Some(zones) = volume.labels.get(*key).and_then(|zones| zones_of(zones)) else {
            return true;
        };
        let zone = node.labels.get(*key).or_else(|| node.labels.get(*newer));
        zone.is_some_and(|zone| zones.contains(&zone.as_str()))
    })
}

/// The zones of a label, `a__b`; a label with an empty one is not looked at (`LabelZonesToSet` in
/// `cloud-provider/volume/helpers`).
fn zones_of(label: &str) -> Option<Vec<&str>> {
    let zones: Vec<&str> = label.split("__").map(str::trim).collect();
    (!zones.contains(&"")).then_some(zones)
}
