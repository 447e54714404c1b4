//! `NodeAffinity`: node selector and required node affinity (`nodeaffinity/node_affinity.go`).

use super::Rejection;
use crate::{Node, PodSpec};

/// Whether node selector and required node affinity both allow a node (`RequiredNodeAffinity` in
/// `component-helpers/scheduling/corev1/nodeaffinity`).
pub(super) fn allows(spec: &PodSpec, node: &Node) -> bool {
    let mut selected = spec.node_selector.iter();
    selected.all(|(key, value)| node.labels.get(key) == Some(value))
        && spec
            .node_affinity
            .required
            .as_ref()
            .is_none_or(|required| required.matches(&node.name, &node.labels))
}

pub(super) fn reject(spec: &PodSpec, node: &Node) -> Option<Rejection> {
    let reason = "node(s) didn't match Pod's node affinity/selector";
    (!allows(spec, node)).then(|| Rejection::for_good(reason))
}
