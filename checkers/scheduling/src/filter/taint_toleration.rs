//! `TaintToleration`: taints that a pod does not tolerate (`tainttoleration/taint_toleration.go`).

use super::Rejection;
use crate::{Effect, Node, PodSpec, Taint};

/// The first taint that keeps pods away and is not tolerated.
pub(super) fn untolerated<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    node.taints.iter().find(|taint| {
        matches!(taint.effect, Effect::NoSchedule | Effect::NoExecute)
            && !spec.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    })
}

/// The taint is named, as releases up to 1.34 do.
pub(super) fn reject(spec: &PodSpec, node: &Node) -> Option<Rejection> {
    let Taint { key, value, .. } = untolerated(spec, node)?;
    Some(Rejection::for_good(format!("node(s) had untolerated taint {{{key}: {value}}}")))
}
