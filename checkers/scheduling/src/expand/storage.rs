//! Claims that come with pods.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::Span;
use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::{Expanded, made};
use crate::tree;

const CLAIM: &str = "PersistentVolumeClaim";
const CLASS: &str = "StorageClass";

/// Lets a pod of a StatefulSet mount the claims that the set makes for it.
pub(super) fn mount_claims(set: &Object, name: &str, pod: &mut Object) {
    let templates = set.node.at(&["spec", "volumeClaimTemplates"]).map_or(&[][..], Node::items);
    let claims: Vec<&str> = templates
        .iter()
        .filter_map(|template| template.at(&["metadata", "name"])?.as_str())
        .collect();
    let Some(spec) = tree::field(&mut pod.node, "spec") else { return };
    let span = spec.span;
    let mounts =
        |volume: &Node, claim: &str| volume.get("name").and_then(Node::as_str) == Some(claim);
    let others = spec.get("volumes").map_or(&[][..], Node::items);
    let mut volumes: Vec<Node> = others
        .iter()
        .filter(|volume| !claims.iter().any(|claim| mounts(volume, claim)))
        .cloned()
        .collect();
    volumes.extend(claims.iter().map(|claim| {
        let claimed = tree::map([("claimName", tree::text(format!("{claim}-{name}"), span))], span);
        let claim = tree::text(*claim, span);
        tree::map([("name", claim), ("persistentVolumeClaim", claimed)], span)
    }));
    tree::set(spec, "volumes", tree::list(volumes, span));
}

/// Adds the claims of pods that are made: those of a `StatefulSet` and of ephemeral volumes.
pub(super) fn add_claims(objects: &[Object], pods: &mut Vec<Object>) {
    let mut there: BTreeSet<(String, String)> = objects
        .iter()
        .filter(|object| object.group().is_empty() && object.kind() == CLAIM)
        .map(|object| (object.namespace().to_owned(), object.name().to_owned()))
        .collect();
    let sets: BTreeMap<(&str, &str), &Object> = objects
        .iter()
        .filter(|object| object.group() == "apps" && object.kind() == "StatefulSet")
        .map(|object| ((object.namespace(), object.name()), object))
        .collect();
    let mut claims = Vec::new();
    for pod in &*pods {
        let volumes = pod.node.at(&["spec", "volumes"]).map_or(&[][..], Node::items);
        for volume in volumes {
            let Some((name, template)) = claim_of(pod, volume, &sets) else { continue };
            if there.insert((pod.namespace().to_owned(), name.clone())) {
                claims.push(claim(pod, &name, &template));
            }
        }
    }
    pods.extend(claims);
}

/// Name and `spec` of the claim that is made for a volume of a pod.
fn claim_of(
    pod: &Object,
    volume: &Node,
    sets: &BTreeMap<(&str, &str), &Object>,
) -> Option<(String, Node)> {
    let name = volume.get("name")?.as_str()?;
    if let Some(template) = volume.at(&["ephemeral", "volumeClaimTemplate", "spec"]) {
        return Some((format!("{}-{name}", pod.name()), template.clone()));
    }
    let (kind, owner) = super::controller(pod)?;
    let set = sets.get(&(pod.namespace(), owner)).filter(|_| kind == "StatefulSet")?;
    let mut templates = set.node.at(&["spec", "volumeClaimTemplates"])?.items().iter();
    let is_it = |it: &&Node| it.at(&["metadata", "name"]).and_then(Node::as_str) == Some(name);
    let template = templates.find(is_it)?;
    Some((format!("{name}-{}", pod.name()), template.get("spec")?.clone()))
}

fn claim(pod: &Object, name: &str, spec: &Node) -> Object {
    let span = spec.span;
    let metadata = tree::map(
        [("name", tree::text(name, span)), ("namespace", tree::text(pod.namespace(), span))],
        span,
    );
    let node = tree::map(
        [
            ("apiVersion", tree::text("v1", span)),
            ("kind", tree::text(CLAIM, span)),
            ("metadata", metadata),
            ("spec", spec.clone()),
        ],
        span,
    );
    made(pod, "v1", CLAIM, name, node)
}

/// Names the default class in unbound claims that name none, and adds the classes that they name
/// and that are not there.
pub(super) fn add_classes(expanded: &mut Expanded) {
    let is_default = |object: &&Object| {
        object.annotation("storageclass.kubernetes.io/is-default-class") == Some("true")
    };
    let classes = || expanded.objects.iter().filter(|object| object.kind() == CLASS);
    let by_default = classes().find(is_default).map_or("default", Object::name).to_owned();
    let mut there: BTreeSet<String> = classes().map(|class| class.name().to_owned()).collect();
    let mut missing = Vec::new();
    for object in expanded.objects.iter_mut().filter(|object| object.kind() == CLAIM) {
        let Some(spec) = tree::field(&mut object.node, "spec") else { continue };
        if spec.get("volumeName").is_some() {
            continue;
        }
        let span = spec.span;
        if spec.get("storageClassName").is_none_or(Node::is_null) {
            tree::set(spec, "storageClassName", tree::text(by_default.clone(), span));
        }
        let class = spec.get("storageClassName").and_then(Node::as_str);
        let class = class.unwrap_or_default().to_owned();
        if !class.is_empty() && there.insert(class.clone()) {
            missing.push(class_that_waits(object, &class, span));
        }
    }
    for class in missing {
        let name = class.name();
        expanded.trusted.push(format!("the storage class `{name}` makes volumes everywhere"));
        expanded.objects.push(class);
    }
}

fn class_that_waits(claim: &Object, name: &str, span: Span) -> Object {
    let node = tree::map(
        [
            ("apiVersion", tree::text("storage.k8s.io/v1", span)),
            ("kind", tree::text(CLASS, span)),
            ("metadata", tree::map([("name", tree::text(name, span))], span)),
            ("provisioner", tree::text("unknown", span)),
            ("volumeBindingMode", tree::text("WaitForFirstConsumer", span)),
        ],
        span,
    );
    made(claim, "storage.k8s.io/v1", CLASS, name, node)
}
