//! A workload, as its controller reads it.

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_manifests::{Object, PodTemplate};
use seatrial_parse::Node;
use seatrial_scheduling::{Cluster, Effect, TaintMatch, Toleration};

use super::{Read, error, shape};
use crate::{Aspect, Kind, NOWHERE, Probes, Shape, Share, Strategy, Workload};

/// More replicas are refused: their states are never explored.
pub(crate) const MOST_REPLICAS: u8 = 100;

/// Reads a workload with the templates of its two revisions, by node where it is a DaemonSet.
pub(super) fn read(
    object: &Object,
    templates: &[(Option<u8>, [usize; 2])],
    cluster: &Cluster,
) -> Read<Workload> {
    let stated = replicas(object)?;
    let shape = shape::read(object, templates)?;
    let strategy = strategy(object, &shape)?;
    let replicas = match &shape {
        Shape::Pod => 1,
        Shape::DaemonSet { nodes } => u8::try_from(nodes.len()).unwrap_or(u8::MAX),
        Shape::Job { .. } => shape::completions(object)?,
        _ => stated.unwrap_or(1),
    };
    let first = templates.first().map(|(_, templates)| *templates).unwrap_or_default();
    let pod = PodTemplate::of(object).and_then(|template| template.spec);
    let text = |key: &str| pod.and_then(|pod| pod.get(key)).and_then(Node::as_str);
    let grace = pod.and_then(|pod| pod.get("terminationGracePeriodSeconds"));
    let name = text("nodeName").filter(|name| !name.is_empty());
    let pinned = name.map(|name| {
        let node = cluster.node(name).and_then(|node| u8::try_from(node).ok());
        node.unwrap_or(NOWHERE)
    });
    Ok(Workload {
        name: format!("{}/{}", object.namespace(), object.name()),
        namespace: object.namespace().to_owned(),
        stated,
        replicas,
        strategy,
        paused: object.node.at(&["spec", "paused"]).and_then(Node::as_bool) == Some(true),
        templates: first,
        leaving: first,
        budgets: Vec::new(),
        quotas: Vec::new(),
        scaler: None,
        attached: attached(object, cluster),
        tolerates: tolerates(pod, &shape),
        // The controller of DaemonSets binds its pods itself.
        pinned: pinned.filter(|_| shape.kind() != Kind::DaemonSet),
        probes: pod.map(probes).unwrap_or_default(),
        settles: object.node.at(&["spec", "minReadySeconds"]).and_then(Node::as_i64) > Some(0),
        restarts: text("restartPolicy") != Some("Never"),
        is_immediate: grace.and_then(Node::as_i64) == Some(0),
        waits: Vec::new(),
        location: object.name_location(),
        places: places(object),
        shape,
    })
}

/// The probes of its containers, and of init containers that go on running.
fn probes(pod: &Node) -> Probes {
    let list = |key: &str| pod.get(key).map_or(&[][..], Node::items);
    let goes_on = |it: &&Node| it.get("restartPolicy").and_then(Node::as_str) == Some("Always");
    let sidecars = list("initContainers").iter().filter(goes_on);
    let containers: Vec<&Node> = list("containers").iter().chain(sidecars).collect();
    let has =
        |key: &str| containers.iter().any(|it| it.get(key).is_some_and(|probe| !probe.is_null()));
    Probes {
        readiness: has("readinessProbe"),
        liveness: has("livenessProbe"),
        startup: has("startupProbe"),
    }
}

fn replicas(object: &Object) -> Read<Option<u8>> {
    let Some(node) = object.node.at(&["spec", "replicas"]).filter(|node| !node.is_null()) else {
        return Ok(None);
    };
    match node.as_i64().map(u8::try_from) {
        Some(Ok(count)) if count <= MOST_REPLICAS => Ok(Some(count)),
        Some(_) => error(
            object.location(node.span),
            format!("expected 0 to {MOST_REPLICAS} replicas, found {node}"),
        ),
        None => error(
            object.location(node.span),
            format!("expected a number of replicas, found {}", node.type_name()),
        ),
    }
}

/// The strategy with the API server's defaults: 25 % both; of a DaemonSet none more, one less.
fn strategy(object: &Object, shape: &Shape) -> Read<Strategy> {
    let key = if shape.kind() == Kind::Deployment { "strategy" } else { "updateStrategy" };
    let strategy = object.node.at(&["spec", key]);
    let kind = strategy.and_then(|strategy| strategy.get("type"));
    let defaults = match shape {
        Shape::Deployment => (Share::Percent(25), Share::Percent(25)),
        _ => (Share::Number(0), Share::Number(1)),
    };
    match kind.and_then(Node::as_str) {
        Some("Recreate") if shape.kind() == Kind::Deployment => return Ok(Strategy::Recreate),
        Some("OnDelete") if shape.kind().has_slots() => return Ok(Strategy::OnDelete),
        None | Some("RollingUpdate") => {}
        Some(other) => {
            let place = object.location(kind.map_or(object.node.span, |kind| kind.span));
            return error(place, format!("unknown strategy `{other}`"));
        }
    }
    let part = |key: &str, default| match strategy.and_then(|it| it.at(&["rollingUpdate", key])) {
        Some(node) if !node.is_null() => share(object, key, node),
        _ => Ok(default),
    };
    // A StatefulSet replaces one pod at a time; more only behind a feature gate.
    if shape.kind() == Kind::StatefulSet {
        return Ok(Strategy::RollingUpdate { surge: defaults.0, unavailable: defaults.1 });
    }
    let (surge, unavailable) = (part("maxSurge", defaults.0)?, part("maxUnavailable", defaults.1)?);
    Ok(Strategy::RollingUpdate { surge, unavailable })
}

/// A number or a percentage.
pub(super) fn share(object: &Object, key: &str, node: &Node) -> Read<Share> {
    match Share::read(node) {
        Some(share) => Ok(share),
        None => error(
            object.location(node.span),
            format!("expected a number or a percentage for `{key}`, found `{node}`"),
        ),
    }
}

/// The claims that only one node at a time can attach.
fn attached(object: &Object, cluster: &Cluster) -> Vec<String> {
    let volumes = object.node.at(pod_path(object)).and_then(|pod| pod.get("volumes"));
    let names = volumes.map_or(&[][..], Node::items).iter().filter_map(|volume| {
        volume.at(&["persistentVolumeClaim", "claimName"]).and_then(Node::as_str)
    });
    let names = names.map(|name| format!("{}/{name}", object.namespace()));
    let single = |name: &String| {
        cluster.claims.get(name).is_some_and(|claim| {
            let modes = &claim.access_modes;
            !modes.is_empty() && modes.iter().all(|mode| mode.starts_with("ReadWriteOnce"))
        })
    };
    names.filter(single).collect()
}

/// What pods tolerate for ever: those of a DaemonSet also that their node does not answer.
fn tolerates(pod: Option<&Node>, shape: &Shape) -> Vec<Toleration> {
    let stated = pod.and_then(|pod| pod.get("tolerations")).map_or(&[][..], Node::items);
    let for_ever = stated
        .iter()
        .filter(|toleration| toleration.get("tolerationSeconds").is_none_or(Node::is_null));
    let mut all: Vec<Toleration> = for_ever.map(toleration).collect();
    if shape.kind() == Kind::DaemonSet {
        all.extend(["not-ready", "unreachable"].map(|key| Toleration {
            key: Some(format!("node.kubernetes.io/{key}")),
            value: TaintMatch::Exists,
            effect: Some(Effect::NoExecute),
        }));
    }
    all
}

fn toleration(node: &Node) -> Toleration {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
    let key = text("key");
    Toleration {
        key: (!key.is_empty()).then(|| key.to_owned()),
        value: match text("operator") {
            "Exists" => TaintMatch::Exists,
            _ => TaintMatch::Equal(text("value").to_owned()),
        },
        effect: match text("effect") {
            "NoSchedule" => Some(Effect::NoSchedule),
            "PreferNoSchedule" => Some(Effect::PreferNoSchedule),
            "NoExecute" => Some(Effect::NoExecute),
            _ => None,
        },
    }
}

/// Where it stands what decides.
fn places(object: &Object) -> BTreeMap<Aspect, Location> {
    let pod = pod_path(object);
    let within = |key: &'static str| [pod, &[key]].concat();
    let update = if object.kind() == "Deployment" { "strategy" } else { "updateStrategy" };
    let paths = [
        (Aspect::Replicas, vec!["spec", "replicas"]),
        (Aspect::Strategy, vec!["spec", update]),
        (Aspect::Management, vec!["spec", "podManagementPolicy"]),
        (Aspect::Backoff, vec!["spec", "backoffLimit"]),
        (Aspect::Spread, within("topologySpreadConstraints")),
        (Aspect::Affinity, within("affinity")),
        (Aspect::Affinity, within("nodeSelector")),
        (Aspect::Volumes, within("volumes")),
        (Aspect::Requests, within("containers")),
        (Aspect::NodeName, within("nodeName")),
        (Aspect::Tolerations, within("tolerations")),
        (Aspect::Grace, within("terminationGracePeriodSeconds")),
        (Aspect::Priority, within("priorityClassName")),
        (Aspect::Priority, within("priority")),
    ];
    let mut places = BTreeMap::new();
    for (aspect, path) in paths {
        if let Some(location) = place_of(object, &path) {
            places.entry(aspect).or_insert(location);
        }
    }
    places
}

/// Where the `spec` of the pods stands.
pub(super) fn pod_path(object: &Object) -> &'static [&'static str] {
    if object.kind() == "Pod" { &["spec"] } else { &["spec", "template", "spec"] }
}

/// The place of the key of a field.
pub(super) fn place_of(object: &Object, path: &[&str]) -> Option<Location> {
    let (key, above) = path.split_last()?;
    let entry = object.node.at(above)?.entry(key)?;
    Some(object.location(entry.key.span))
}
