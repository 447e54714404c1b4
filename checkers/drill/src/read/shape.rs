//! What only one kind of workload has.

use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::workload::MOST_REPLICAS;
use super::{Read, error};
use crate::{Daemon, Shape};

/// Reads the shape of a workload.
pub(super) fn read(object: &Object, templates: &[(Option<u8>, [usize; 2])]) -> Read<Shape> {
    Ok(match object.kind() {
        "StatefulSet" => Shape::StatefulSet {
            parallel: text(object, &["spec", "podManagementPolicy"]) == Some("Parallel"),
            partition: number(
                object,
                &["spec", "updateStrategy", "rollingUpdate", "partition"],
                0,
            )?,
        },
        "DaemonSet" => Shape::DaemonSet {
            nodes: templates
                .iter()
                .filter_map(|(node, templates)| {
                    Some(Daemon { node: (*node)?, templates: *templates, leaving: *templates })
                })
                .collect(),
        },
        "Job" => Shape::Job {
            parallelism: number(object, &["spec", "parallelism"], 1)?,
            retries: number(object, &["spec", "backoffLimit"], 6)?,
            forgives_evictions: forgives_evictions(object),
        },
        "Pod" => Shape::Pod,
        _ => Shape::Deployment,
    })
}

/// How many pods of a Job have to succeed; if it does not say, as many as run at once: one that
/// succeeds then stands for all.
pub(super) fn completions(object: &Object) -> Read<u8> {
    number(object, &["spec", "completions"], 1)
}

fn text<'a>(object: &'a Object, path: &[&str]) -> Option<&'a str> {
    object.node.at(path).and_then(Node::as_str)
}

/// A small number; the default if there is none.
fn number(object: &Object, path: &[&str], default: u8) -> Read<u8> {
    let Some(node) = object.node.at(path).filter(|node| !node.is_null()) else {
        return Ok(default);
    };
    match node.as_i64().map(u8::try_from) {
        Some(Ok(number)) if number <= MOST_REPLICAS => Ok(number),
        _ => {
            let key = path.last().copied().unwrap_or_default();
            let message = format!("expected `{key}` from 0 to {MOST_REPLICAS}, found `{node}`");
            error(object.location(node.span), message)
        }
    }
}

/// Whether pods that are disrupted do not count as failed.
fn forgives_evictions(object: &Object) -> bool {
    let rules = object.node.at(&["spec", "podFailurePolicy", "rules"]).map_or(&[][..], Node::items);
    rules.iter().any(|rule| {
        let conditions = rule.get("onPodConditions").map_or(&[][..], Node::items);
        rule.get("action").and_then(Node::as_str) == Some("Ignore")
            && conditions.iter().any(|condition| {
                condition.get("type").and_then(Node::as_str) == Some("DisruptionTarget")
            })
    })
}
