//! `VolumeBinding`: nodes that can reach the volumes of a pod, or where they can be made
//! (`volumebinding/volume_binding.go`).

use super::Rejection;
use crate::{Claim, Cluster, Node, Template};

pub(super) fn reject(cluster: &Cluster, template: &Template, node: &Node) -> Option<Rejection> {
    template.spec.claims.iter().find_map(|(name, by_name)| {
        let claim = cluster.claims.get(&format!("{}/{name}", template.namespace));
        let Some(claim) = claim else { return Some(missing(name, *by_name)) };
        reject_claim(cluster, name, claim, node)
    })
}

fn missing(name: &str, by_name: bool) -> Rejection {
    Rejection::for_good(if by_name {
        format!("persistentvolumeclaim \"{name}\" not found")
    } else {
        let wait = "waiting for ephemeral volume controller to create the persistentvolumeclaim";
        format!("{wait} \"{name}\"")
    })
}

fn reject_claim(cluster: &Cluster, name: &str, claim: &Claim, node: &Node) -> Option<Rejection> {
    let volume = claim.volume.as_deref().unwrap_or_default();
    if claim.lost {
        let lost = "bound to non-existent persistentvolume";
        return Some(Rejection::for_good(format!(
            "persistentvolumeclaim \"{name}\" {lost} \"{volume}\""
        )));
    }
    if claim.terminating {
        let deleted = format!("persistentvolumeclaim \"{name}\" is being deleted");
        return Some(Rejection::for_good(deleted));
    }
    if claim.volume.is_some() {
        let Some(volume) = cluster.volumes.get(volume) else {
            let reason =
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
            return Some(Rejection::for_good(reason));
        };
        let reaches = volume.nodes.as_ref().is_none_or(|it| it.matches(&node.name, &node.labels));
        let reason = "node(s) didn't match PersistentVolume's node affinity";
        return (!reaches).then(|| Rejection::for_good(reason));
    }
    let class = claim.class.as_deref().unwrap_or_default();
    match cluster.classes.get(class) {
        None if !class.is_empty() => {
            let reason = format!("storageclass.storage.k8s.io \"{class}\" not found");
            Some(Rejection::for_good(reason))
        }
        Some(class) if class.waits => {
            let made = class.nodes.as_ref().is_none_or(|it| it.matches(&node.name, &node.labels));
            let reason = "node(s) didn't find available persistent volumes to bind";
            (!made).then(|| Rejection::for_good(reason))
        }
        _ => Some(Rejection::for_good("pod has unbound immediate PersistentVolumeClaims")),
    }
}
