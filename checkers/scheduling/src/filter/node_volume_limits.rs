//! `NodeVolumeLimits`: how many volumes of a CSI driver a node can hold
//! (`nodevolumelimits/csi.go`). Unlike there, a claim that several pods of a node mount counts for
//! each of them.

use super::Rejection;
use crate::{Bindings, Cluster, Template};

pub(super) fn reject(wanted: &Template, bindings: &Bindings<'_>, node: usize) -> Option<Rejection> {
    let cluster = bindings.cluster();
    let allocatable = &cluster.nodes.get(node)?.allocatable;
    let amounts = wanted.spec.requests.iter().zip(allocatable).zip(bindings.used(node));
    let mut volumes = cluster.resources.iter().zip(amounts).skip_while(|(name, _)| {
        // The names are sorted.
        name.as_str() < Cluster::VOLUMES
    });
    let exceeded = volumes.any(|(name, ((&request, &limit), &used))| {
        name.starts_with(Cluster::VOLUMES) && request > 0 && used.saturating_add(request) > limit
    });
    exceeded.then(|| Rejection::for_now("node(s) exceed max volume count"))
}
