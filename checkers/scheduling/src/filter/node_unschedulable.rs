//! `NodeUnschedulable`: a node that takes no pods (`nodeunschedulable/node_unschedulable.go`).

use super::Rejection;
use crate::{Effect, Node, PodSpec, Taint};

/// A node that takes no pods is as good as tainted so.
pub(super) fn reject(spec: &PodSpec, node: &Node) -> Option<Rejection> {
    let taint = || Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        value: String::new(),
        effect: Effect::NoSchedule,
    };
    let tolerated = || spec.tolerations.iter().any(|toleration| toleration.tolerates(&taint()));
    let rejected = node.unschedulable && !tolerated();
    rejected.then(|| Rejection::for_good("node(s) were unschedulable"))
}
