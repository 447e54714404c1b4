//! What manifests say that is not modelled, and which verdicts that weakens.

use seatrial_manifests::{Object, Workload};
use seatrial_parse::Node;

use super::policies::{self, is_quota, limited};
use super::workload::{place_of, pod_path};
use super::{is_bound, is_drilled, is_owned, is_pod};
use crate::LeftOut;

/// Everything that is left out, in the order of names.
pub(super) fn of(objects: &[Object]) -> Vec<LeftOut> {
    let mut all: Vec<LeftOut> = objects.iter().flat_map(parts).collect();
    all.sort();
    all.dedup();
    all
}

fn parts(object: &Object) -> Vec<LeftOut> {
    if is_drilled(object) {
        return fields(object);
    }
    let namespace = object.namespace();
    let whole = |weakens: &str| {
        vec![LeftOut {
            what: format!("{} {namespace}/{}", object.kind(), object.name()),
            weakens: weakens.to_owned(),
            location: object.name_location(),
        }]
    };
    match (object.group(), object.kind()) {
        ("", "Pod") if is_bound(object) => whole(
            "it stays on its node and is neither evicted nor preempted: a drain of that node ends \
                 without it",
        ),
        _ if is_quota(object) => quota(object),
        ("", "LimitRange") => whole("its default requests are not filled in"),
        ("keda.sh", "ScaledObject") => whole("nothing scales its target"),
        ("autoscaling", "HorizontalPodAutoscaler") if !policies::is_followed(object) => {
            whole("nothing scales its target")
        }
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => whole("requests stay as they are"),
        ("karpenter.sh", "NodePool") => whole(NODES_STAY),
        ("apps", "ReplicaSet") | ("batch", "Job") if is_owned(object) => Vec::new(),
        _ if is_pod(object) || is_workload(object) => {
            whole("no verdict on it, and its pods take no room")
        }
        _ => Vec::new(),
    }
}

/// What it means that nobody changes the number of nodes.
const NODES_STAY: &str = "nodes are neither added for pods that wait nor taken away";

/// The container by which a workload is a cluster autoscaler: its image says so.
fn cluster_autoscaler<'a>(object: &'a Object, pod: &[&str]) -> Option<&'a Node> {
    let containers = object.node.at(pod)?.get("containers").map_or(&[][..], Node::items);
    let images = containers.iter().filter_map(|container| container.get("image"));
    let is_one = |image: &&Node| {
        let name = image.as_str().and_then(|text| text.rsplit('/').next());
        name.is_some_and(|name| name.starts_with("cluster-autoscaler"))
    };
    images.into_iter().find(is_one)
}

fn is_workload(object: &Object) -> bool {
    Workload::of_kind(object.group(), object.kind()).is_some()
}

/// Fields of single kinds of workloads.
const OF_KINDS: [(&[&str], &str); 6] = [
    (
        &["spec", "updateStrategy", "rollingUpdate", "maxSurge"],
        "its new pods come only when the old ones have gone, one at least at a time",
    ),
    (&["spec", "volumeClaimTemplates"], "each pod reaches its volumes from every node"),
    (&["spec", "activeDeadlineSeconds"], "it does not end by its age"),
    (&["spec", "completionMode"], "its pods are not told apart"),
    (&["spec", "suspend"], "it is not resumed"),
    (&["spec", "podReplacementPolicy"], "a pod is made anew when the old one has gone"),
];

/// What of a workload is left out.
fn fields(object: &Object) -> Vec<LeftOut> {
    let name = format!("{} {}/{}", object.kind(), object.namespace(), object.name());
    let mut found = Vec::new();
    if let Some(image) = cluster_autoscaler(object, pod_path(object)) {
        found.push(LeftOut {
            what: format!("the autoscaling of nodes by {name}"),
            weakens: NODES_STAY.to_owned(),
            location: object.location(image.span),
        });
    }
    let mut note = |path: &[&str], weakens: &str| {
        let field = path.last().copied().unwrap_or_default();
        found.push(LeftOut {
            what: format!("`{field}` of {name}"),
            weakens: weakens.to_owned(),
            location: place_of(object, path).unwrap_or_else(|| object.name_location()),
        });
    };
    if object.node.at(&["spec", "paused"]).and_then(Node::as_bool) == Some(true) {
        note(&["spec", "paused"], "nothing is rolled out: no verdict on rollouts");
    }
    for (path, weakens) in OF_KINDS {
        let value = object.node.at(path).filter(|value| !value.is_null());
        if value.is_some_and(|value| value.as_bool() != Some(false)) {
            note(path, weakens);
        }
    }
    let base = pod_path(object);
    let pod = |key: &'static str| [base, &[key]].concat();
    let is_there = |path: &[&str]| object.node.at(path).is_some_and(|node| !node.is_null());
    for (key, weakens) in [
        ("schedulerName", "the scheduler is taken to be the default one"),
        ("schedulingGates", "the gates are never lifted: its pods wait"),
        ("readinessGates", "whoever opens them does so at once"),
    ] {
        if is_there(&pod(key)) {
            note(&pod(key), weakens);
        }
    }
    found
}

/// What of a quota is left out.
fn quota(object: &Object) -> Vec<LeftOut> {
    let name = format!("ResourceQuota {}/{}", object.namespace(), object.name());
    let part = |what: String, path: &[&str]| LeftOut {
        what,
        weakens: "what it forbids is allowed here".to_owned(),
        location: place_of(object, path).unwrap_or_else(|| object.name_location()),
    };
    for key in ["scopes", "scopeSelector"] {
        if object.node.at(&["spec", key]).is_some_and(|node| !node.is_null()) {
            return vec![part(format!("{name}, which has scopes"), &["spec", key])];
        }
    }
    let hard = object.node.at(&["spec", "hard"]).map_or(&[][..], Node::entries);
    let others = hard.iter().map(|entry| &*entry.key.text).filter(|key| limited(key).is_none());
    let others = others.map(|key| part(format!("`{key}` of {name}"), &["spec", "hard", key]));
    others.collect()
}
