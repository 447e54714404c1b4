//! `NodePorts`: ports of the node that are taken (`nodeports/node_ports.go`).

use super::Rejection;
use crate::{Bindings, PodSpec};

pub(super) fn reject(spec: &PodSpec, bindings: &Bindings<'_>, node: usize) -> Option<Rejection> {
    if spec.host_ports.is_empty() {
        return None;
    }
    let cluster = bindings.cluster();
    let templates = bindings.pods_on(node).filter_map(|pod| cluster.template_of(pod));
    let mut taken = templates.flat_map(|template| &template.spec.host_ports);
    let conflict = taken.any(|other| spec.host_ports.iter().any(|port| port.conflicts_with(other)));
    let reason = "node(s) didn't have free ports for the requested pod ports";
    conflict.then(|| Rejection::for_now(reason))
}
