//! A Deployment, as its controller reads it.

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_scheduling::Cluster;

use super::{Read, error};
use crate::{Aspect, Share, Strategy, Workload};

/// More replicas are refused: their states are never explored.
pub(crate) const MOST_REPLICAS: u8 = 100;

/// Reads a Deployment with the templates of its two revisions.
pub(super) fn read(object: &Object, templates: [usize; 2], cluster: &Cluster) -> Read<Workload> {
    let stated = replicas(object)?;
    Ok(Workload {
        name: format!("{}/{}", object.namespace(), object.name()),
        namespace: object.namespace().to_owned(),
        stated,
        replicas: stated.unwrap_or(1),
        strategy: strategy(object)?,
        paused: object.node.at(&["spec", "paused"]).and_then(Node::as_bool) == Some(true),
        templates,
        leaving: templates,
        budgets: Vec::new(),
        quotas: Vec::new(),
        scaler: None,
        attached: attached(object, cluster),
        stays_on_lost_nodes: stays_on_lost_nodes(object),
        location: object.name_location(),
        places: places(object),
    })
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

/// The strategy with the API server's defaults: 25 % both.
fn strategy(object: &Object) -> Read<Strategy> {
    let strategy = object.node.at(&["spec", "strategy"]);
    let kind = strategy.and_then(|strategy| strategy.get("type"));
    match kind.and_then(Node::as_str) {
        Some("Recreate") => return Ok(Strategy::Recreate),
        None | Some("RollingUpdate") => {}
        Some(other) => {
            let place = object.location(kind.map_or(object.node.span, |kind| kind.span));
            return error(place, format!("unknown strategy `{other}`"));
        }
    }
    let share = |key: &str| match strategy.and_then(|it| it.at(&["rollingUpdate", key])) {
        None => Ok(Share::Percent(25)),
        Some(node) if node.is_null() => Ok(Share::Percent(25)),
        Some(node) => share(object, key, node),
    };
    Ok(Strategy::RollingUpdate { surge: share("maxSurge")?, unavailable: share("maxUnavailable")? })
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
    let volumes = object.node.at(&["spec", "template", "spec", "volumes"]);
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

/// Whether pods tolerate for ever that their node does not answer.
fn stays_on_lost_nodes(object: &Object) -> bool {
    let tolerations = object.node.at(&["spec", "template", "spec", "tolerations"]);
    tolerations.map_or(&[][..], Node::items).iter().any(|toleration| {
        let text = |key: &str| toleration.get(key).and_then(Node::as_str).unwrap_or_default();
        let everything = text("key").is_empty() && text("operator") == "Exists";
        let unreachable = text("key") == "node.kubernetes.io/unreachable"
            && (text("operator") == "Exists" || text("value").is_empty());
        let seconds = toleration.get("tolerationSeconds").filter(|node| !node.is_null());
        (everything || unreachable)
            && matches!(text("effect"), "" | "NoExecute")
            && seconds.is_none()
    })
}

/// Where it stands what decides.
fn places(object: &Object) -> BTreeMap<Aspect, Location> {
    const POD: &[&str] = &["spec", "template", "spec"];
    let within = |key: &'static str| [POD, &[key]].concat();
    let paths = [
        (Aspect::Replicas, vec!["spec", "replicas"]),
        (Aspect::Strategy, vec!["spec", "strategy"]),
        (Aspect::Spread, within("topologySpreadConstraints")),
        (Aspect::Affinity, within("affinity")),
        (Aspect::Affinity, within("nodeSelector")),
        (Aspect::Volumes, within("volumes")),
        (Aspect::Requests, within("containers")),
    ];
    let mut places = BTreeMap::new();
    for (aspect, path) in paths {
        if let Some(location) = place_of(object, &path) {
            places.entry(aspect).or_insert(location);
        }
    }
    places
}

/// The place of the key of a field.
pub(super) fn place_of(object: &Object, path: &[&str]) -> Option<Location> {
    let (key, above) = path.split_last()?;
    let entry = object.node.at(above)?.entry(key)?;
    Some(object.location(entry.key.span))
}
