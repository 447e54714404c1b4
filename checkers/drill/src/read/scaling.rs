//! What an autoscaler reads, and how far it goes at once.

use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::workload::pod_path;
use crate::{Blind, Pace, Share};

/// How many metrics an autoscaler has, and those of a workload that it cannot read: the use of a
/// resource in per cent of what containers ask for needs all of them to ask
/// (`calculatePodRequests` in `pkg/controller/podautoscaler/replica_calculator.go`).
///
/// What is written as a default into the pods of a namespace by a `LimitRange` is not looked up:
/// there, all counts as asked for.
pub(super) fn metrics(scaler: &Object, target: &Object, objects: &[Object]) -> (usize, Vec<Blind>) {
    let limited = objects.iter().any(|object| {
        object.group().is_empty()
            && object.kind() == "LimitRange"
            && object.namespace() == target.namespace()
    });
    let asked = asked(scaler);
    let blind = asked.iter().filter(|_| !limited).filter_map(|metric| missing(metric, target));
    (asked.len(), blind.collect())
}

/// A metric: of a resource in per cent, perhaps of one container only; or another one, which is
/// taken to be readable.
enum Metric {
    Utilization { resource: String, container: Option<String> },
    Other,
}

fn asked(scaler: &Object) -> Vec<Metric> {
    let by_default = || Metric::Utilization { resource: "cpu".to_owned(), container: None };
    let list = scaler.node.at(&["spec", "metrics"]).map_or(&[][..], Node::items);
    if list.is_empty() {
        return vec![by_default()];
    }
    list.iter().map(metric).collect()
}

fn metric(node: &Node) -> Metric {
    let source = match node.get("type").and_then(Node::as_str) {
        Some("Resource") => node.get("resource"),
        Some("ContainerResource") => node.get("containerResource"),
        _ => None,
    };
    let text = |path: &[&str]| source.and_then(|it| it.at(path)).and_then(Node::as_str);
    // `averageUtilization` is what the type says in `v2`, `targetAverageUtilization` in `v2beta1`.
    let is_share = text(&["target", "type"]) == Some("Utilization")
        || source.is_some_and(|it| it.get("targetAverageUtilization").is_some());
    match text(&["name"]).filter(|_| is_share) {
        Some(resource) => Metric::Utilization {
            resource: resource.to_owned(),
            container: text(&["container"]).map(ToOwned::to_owned),
        },
        None => Metric::Other,
    }
}

/// The first container that does not ask for the resource of a metric; its limit stands for what it
/// asks for, and what the pod as a whole asks for stands for all.
fn missing(metric: &Metric, target: &Object) -> Option<Blind> {
    let Metric::Utilization { resource, container } = metric else { return None };
    let pod = target.node.at(pod_path(target))?;
    let asks = |node: &Node| {
        ["requests", "limits"].iter().any(|kind| {
            node.at(&["resources", kind, resource]).is_some_and(|amount| !amount.is_null())
        })
    };
    let list = |key: &str| pod.get(key).map_or(&[][..], Node::items);
    let goes_on = |it: &&Node| it.get("restartPolicy").and_then(Node::as_str) == Some("Always");
    let name = |node: &Node| node.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
    let counts = |node: &&Node| container.as_ref().is_none_or(|wanted| name(node) == *wanted);
    let containers = list("containers").iter().chain(list("initContainers").iter().filter(goes_on));
    let found = containers.filter(counts).find(|node| !asks(node)).filter(|_| !asks(pod))?;
    Some(Blind {
        what: format!(
            "cannot tell the use of {resource}: container `{}` asks for none",
            name(found)
        ),
        location: target.location(found.span),
    })
}

/// How far an autoscaler goes at once in a direction; `None` if it must not go there.
pub(super) fn pace(scaler: &Object, direction: &str) -> Option<Pace> {
    let rules = scaler.node.at(&["spec", "behavior", direction]);
    let select = rules.and_then(|rules| rules.get("selectPolicy")).and_then(Node::as_str);
    if select == Some("Disabled") {
        return None;
    }
    let list = rules.and_then(|rules| rules.get("policies")).map_or(&[][..], Node::items);
    let share = |policy: &Node| {
        let value = policy.get("value").and_then(Node::as_i64);
        let value = value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0)?;
        match policy.get("type").and_then(Node::as_str) {
            Some("Pods") => Some(Share::Number(value)),
            Some("Percent") => Some(Share::Percent(value)),
            _ => None,
        }
    };
    Some(Pace { shares: list.iter().filter_map(share).collect(), least: select == Some("Min") })
}
