//! On which nodes a `DaemonSet` runs (`nodeShouldRunDaemonPod` in
//! `pkg/controller/daemon/daemon_controller.go`).

use seatrial_manifests::Object;
use seatrial_parse::Node;

use crate::read::{Field, Read, early};
use crate::{PodSpec, filter, tree};

/// The taints that pods of a `DaemonSet` tolerate without saying so
/// (`AddOrUpdateDaemonPodTolerations` in `pkg/controller/daemon/util/daemonset_util.go`).
const TOLERATED: [(&str, &str); 7] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ("node.kubernetes.io/network-unavailable", "NoSchedule"),
];

/// The nodes among objects.
pub(super) fn nodes(objects: &[Object]) -> Read<Vec<crate::Node>> {
    early::nodes(objects)
}

/// The `spec` of the pods of a DaemonSet: that of the template, with the tolerations that all of
/// them have. Only those on the host's network do without one of their own.
pub(super) fn spec(template: &Node) -> Node {
    let mut spec = template.clone();
    let span = spec.span;
    let host = spec.get("hostNetwork").and_then(Node::as_bool) == Some(true);
    let tolerated =
        TOLERATED.iter().filter(|(key, _)| host || !key.ends_with("network-unavailable"));
    let toleration = |(key, effect): &(&str, &str)| {
        tree::map(
            [
                ("key", tree::text(*key, span)),
                ("operator", tree::text("Exists", span)),
                ("effect", tree::text(*effect, span)),
            ],
            span,
        )
    };
    tree::extend(&mut spec, "tolerations", tolerated.map(toleration).collect());
    spec
}

/// The names of the nodes on which a DaemonSet has to run.
pub(super) fn fitting(object: &Object, spec: &Node, nodes: &[crate::Node]) -> Read<Vec<String>> {
    let field = Field::within(object, spec);
    let places: PodSpec = early::places(field)?;
    let named = field.text_at("nodeName")?.filter(|name| !name.is_empty());
    let fits = |node: &&crate::Node| {
        named.is_none_or(|name| name == node.name) && filter::may_run_on(&places, node)
    };
    Ok(nodes.iter().filter(fits).map(|node| node.name.clone()).collect())
}

/// The `spec` of the pod that is meant for a node: required node affinity names it
/// (`ReplaceDaemonSetPodNodeNameNodeAffinity`).
pub(super) fn bound_for(spec: &Node, node: &str) -> Node {
    let mut spec = spec.clone();
    let span = spec.span;
    let field = tree::map(
        [
            ("key", tree::text("metadata.name", span)),
            ("operator", tree::text("In", span)),
            ("values", tree::list(vec![tree::text(node, span)], span)),
        ],
        span,
    );
    let term = tree::map([("matchFields", tree::list(vec![field], span))], span);
    let terms = tree::map([("nodeSelectorTerms", tree::list(vec![term], span))], span);
    let affinity = tree::field(&mut spec, "affinity");
    if let Some(affinity) = affinity.and_then(|affinity| tree::field(affinity, "nodeAffinity")) {
        tree::set(affinity, "requiredDuringSchedulingIgnoredDuringExecution", terms);
    }
    spec
}

/// The node that a pod of a DaemonSet runs on, or is meant for.
pub(super) fn node_of(pod: &Object) -> Option<&str> {
    if let Some(name) = pod.node.at(&["spec", "nodeName"]).and_then(Node::as_str) {
        return Some(name);
    }
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let affinity = pod.node.at(&["spec", "affinity", "nodeAffinity", required])?;
    let term = affinity.get("nodeSelectorTerms")?.items().first()?;
    let field = term.get("matchFields")?.items().first()?;
    field.get("values")?.items().first()?.as_str()
}
