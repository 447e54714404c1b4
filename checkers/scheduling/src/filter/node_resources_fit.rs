//! `NodeResourcesFit`: resources and the number of pods (`noderesources/fit.go`, `fitsRequest`).

use super::Rejection;
use crate::{Bindings, Cluster, Template};

/// Of what a pod asks for, nothing may run out; what it does not ask for is not looked at, even if
/// the node is short of it. A pod that asks for more than the node has when empty is rejected for
/// good.
pub(super) fn reject(wanted: &Template, bindings: &Bindings<'_>, node: usize) -> Option<Rejection> {
    let cluster = bindings.cluster();
    let allocatable = &cluster.nodes.get(node)?.allocatable;
    let mut reasons = Vec::new();
    let mut resolvable = true;
    let amounts = wanted.spec.requests.iter().zip(allocatable).zip(bindings.used(node));
    for (name, ((&request, &allocatable), &used)) in cluster.resources.iter().zip(amounts) {
        let counts = request > 0 && !name.starts_with(Cluster::VOLUMES);
        if counts && used.saturating_add(request) > allocatable {
            reasons.push(reason(name));
            resolvable &= request <= allocatable;
        }
    }
    // kube-scheduler names the number of pods first.
    reasons.sort_by_key(|reason| reason != TOO_MANY);
    (!reasons.is_empty()).then_some(Rejection { reasons, resolvable })
}

const TOO_MANY: &str = "Too many pods";

fn reason(resource: &str) -> String {
    if resource == Cluster::PODS { TOO_MANY.to_owned() } else { format!("Insufficient {resource}") }
}
