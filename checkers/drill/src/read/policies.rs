//! What governs workloads: disruption budgets, autoscalers, quotas.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::ResourceId;
use seatrial_manifests::{Object, PodTemplate, Selector};
use seatrial_parse::Node;
use seatrial_scheduling::Cluster;

use super::workload::{MOST_REPLICAS, place_of, share};
use super::{Read, error, is_drilled, scaling};
use crate::{Budget, Floor, Quota, Scaler, Share, tree};

/// The budgets, and of each the places of the workloads whose pods it selects.
pub(super) fn budgets(objects: &[Object]) -> Read<(Vec<Budget>, Vec<Vec<usize>>)> {
    let (mut budgets, mut selected) = (Vec::new(), Vec::new());
    let found = objects
        .iter()
        .filter(|object| object.group() == "policy" && object.kind() == "PodDisruptionBudget");
    for object in found {
        let Some(selector) = Selector::of(object) else {
            return error(object.name_location(), "the selector of a budget cannot be read");
        };
        let is_selected = |workload: &Object| {
            is_drilled(workload)
                && workload.namespace() == object.namespace()
                && PodTemplate::of(workload).is_some_and(|it| selector.matches_pods_of(&it))
        };
        let places = (0..).zip(objects).filter(|(_, object)| is_selected(object));
        selected.push(places.map(|(place, _)| place).collect());
        budgets.push(budget(object)?);
    }
    Ok((budgets, selected))
}

fn budget(object: &Object) -> Read<Budget> {
    let number = |key: &str| -> Read<Option<Share>> {
        let node = object.node.at(&["spec", key]).filter(|node| !node.is_null());
        node.map(|node| share(object, key, node)).transpose()
    };
    let floor = match (number("minAvailable")?, number("maxUnavailable")?) {
        (Some(_), Some(_)) => {
            let message = "a budget has both `minAvailable` and `maxUnavailable`";
            return error(object.name_location(), message);
        }
        (Some(min), None) => Floor::MinAvailable(min),
        (None, Some(max)) => Floor::MaxUnavailable(max),
        // The API server takes it so (`SetDefaults_PodDisruptionBudget` of policy/v1beta1, and
        // `getExpectedPodCount` without either): nothing is kept.
        (None, None) => Floor::MinAvailable(Share::Number(0)),
    };
    let key =
        if matches!(floor, Floor::MinAvailable(_)) { "minAvailable" } else { "maxUnavailable" };
    let policy = object.node.at(&["spec", "unhealthyPodEvictionPolicy"]).and_then(Node::as_str);
    Ok(Budget {
        name: format!("{}/{}", object.namespace(), object.name()),
        floor,
        evicts_unhealthy: policy == Some("AlwaysAllow"),
        selects_all: Selector::of(object).is_some_and(|it| it.is_everything()),
        location: place_of(object, &["spec", key]).unwrap_or_else(|| object.name_location()),
    })
}

/// Whether the target of an autoscaler is of a kind that is scaled.
pub(super) fn is_followed(object: &Object) -> bool {
    let kind = object.node.at(&["spec", "scaleTargetRef", "kind"]).and_then(Node::as_str);
    matches!(kind, Some("Deployment" | "StatefulSet"))
}

/// The autoscalers, by kind and `namespace/name` of the workload that they scale.
pub(super) fn scalers(objects: &[Object]) -> Read<BTreeMap<(String, String), Scaler>> {
    let mut scalers = BTreeMap::new();
    let found = objects.iter().filter(|object| {
        let is_one = object.group() == "autoscaling" && object.kind() == "HorizontalPodAutoscaler";
        is_one && is_followed(object)
    });
    for object in found {
        let target = object.node.at(&["spec", "scaleTargetRef"]);
        let text = |key: &str| target.and_then(|target| target.get(key)).and_then(Node::as_str);
        let (Some(kind), Some(name)) = (text("kind"), text("name")) else { continue };
        let (min, max) = (bound(object, "minReplicas")?, bound(object, "maxReplicas")?);
        if min > max {
            let place = place_of(object, &["spec", "minReplicas"]);
            let place = place.unwrap_or_else(|| object.name_location());
            return error(place, format!("`minReplicas` {min} is more than `maxReplicas` {max}"));
        }
        let is_target = |other: &&Object| {
            other.kind() == kind && other.name() == name && other.namespace() == object.namespace()
        };
        let workload = objects.iter().find(is_target);
        let (metrics, blind) = workload
            .map_or((1, Vec::new()), |workload| scaling::metrics(object, workload, objects));
        let scaler = Scaler {
            name: format!("{}/{}", object.namespace(), object.name()),
            min,
            max,
            up: scaling::pace(object, "scaleUp"),
            down: scaling::pace(object, "scaleDown"),
            metrics,
            blind,
            location: object.name_location(),
        };
        scalers.insert((kind.to_owned(), format!("{}/{name}", object.namespace())), scaler);
    }
    Ok(scalers)
}

/// A bound of an autoscaler; 1, if it is not given.
fn bound(object: &Object, key: &str) -> Read<u8> {
    let node = object.node.at(&["spec", key]).filter(|node| !node.is_null());
    let Some(node) = node else { return Ok(1) };
    match node.as_i64().map(u8::try_from) {
        Some(Ok(bound)) if bound <= MOST_REPLICAS => Ok(bound),
        _ => error(
            object.location(node.span),
            format!("expected `{key}` from 0 to {MOST_REPLICAS}, found `{node}`"),
        ),
    }
}

/// The resource that a key of a quota limits, where it is one that is modelled.
pub(super) fn limited(key: &str) -> Option<&str> {
    match key {
        "pods" | "count/pods" => Some("pods"),
        "cpu" | "requests.cpu" => Some("cpu"),
        "memory" | "requests.memory" => Some("memory"),
        _ => None,
    }
}

/// The quotas without scopes.
pub(super) fn quotas(objects: &[Object], cluster: &Cluster) -> Read<Vec<Quota>> {
    let mut quotas = Vec::new();
    for object in objects.iter().filter(|object| is_quota(object)) {
        let scoped = ["scopes", "scopeSelector"]
            .iter()
            .any(|key| object.node.at(&["spec", key]).is_some_and(|node| !node.is_null()));
        let Some(hard) = object.node.at(&["spec", "hard"]).filter(|_| !scoped) else { continue };
        quotas.push(Quota {
            name: format!("{}/{}", object.namespace(), object.name()),
            namespace: object.namespace().to_owned(),
            room: amounts(object, hard, cluster)?,
            location: place_of(object, &["spec", "hard"]).unwrap_or_else(|| object.name_location()),
        });
    }
    Ok(quotas)
}

pub(super) fn is_quota(object: &Object) -> bool {
    object.group().is_empty() && object.kind() == "ResourceQuota"
}

/// The amounts of a quota, read as those of a node are.
fn amounts(object: &Object, hard: &Node, cluster: &Cluster) -> Read<Vec<(usize, u64)>> {
    let span = hard.span;
    let mut node = Node { value: seatrial_parse::Value::Null, span };
    tree::set(&mut node, &["metadata", "name"], tree::text(object.name(), span));
    for entry in hard.entries() {
        if let Some(resource) = limited(&entry.key.text) {
            tree::set(&mut node, &["status", "allocatable", resource], entry.value.clone());
        }
    }
    let id = ResourceId {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        namespace: None,
        name: object.name().to_owned(),
    };
    let read = seatrial_scheduling::read(&[Object { id, file: Arc::clone(&object.file), node }])?;
    let limited: Vec<&str> =
        hard.entries().iter().filter_map(|entry| limited(&entry.key.text)).collect();
    let amounts = read.nodes.first().map_or(&[][..], |node| node.allocatable.as_slice());
    let amounts = read.resources.iter().zip(amounts);
    let amounts = amounts.filter(|(resource, _)| limited.contains(&resource.as_str()));
    Ok(amounts.filter_map(|(name, amount)| Some((cluster.resource(name)?, *amount))).collect())
}
