//! Policies against objects.

mod blame;
mod documentation;
mod semantics;

use seatrial_core::ResourceId;
use seatrial_parse::{Node, yaml};

use super::*;
use crate::kinds::{ResourceInfo, native_kind};

pub(crate) fn tree(text: &str) -> Node {
    let mut parsed = yaml(text);
    assert!(parsed.unreadable.is_empty(), "{text}: {:?}", parsed.unreadable);
    parsed.documents.remove(0).root
}

/// A policy for everything, from the fields of its `spec` that matter.
pub(crate) fn policy(spec: &str) -> Policy {
    let everything = "matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], \
                      operations: ['*'], resources: ['*']}]}";
    let constraints = if spec.contains("matchConstraints") { "" } else { everything };
    let indented: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("metadata: {{name: test}}\nspec:\n  {constraints}\n{indented}");
    let (policy, problems) = Policy::read(&tree(&text));
    assert_eq!(problems, [], "{text}");
    policy
}

pub(crate) fn id_of(object: &Node) -> ResourceId {
    let text = |path: &[&str]| object.at(path).and_then(Node::as_str).map(str::to_owned);
    ResourceId {
        api_version: text(&["apiVersion"]).unwrap_or_default(),
        kind: text(&["kind"]).unwrap_or_default(),
        namespace: text(&["metadata", "namespace"]),
        name: text(&["metadata", "name"]).unwrap_or_default(),
    }
}

/// What a policy says of the creation of an object.
pub(crate) fn verdict(policy: &Policy, object: &Node, params: Option<&Node>) -> Evaluation {
    let id = id_of(object);
    let info = native_kind(id.group(), &id.kind).unwrap_or_else(|| ResourceInfo::guess(&id.kind));
    let namespace = id.namespace.as_deref().unwrap_or("default");
    policy.evaluate(&Review::new(Request::create(&id, &info, object, namespace)), params)
}

/// The only outcome of a policy with one validation.
pub(crate) fn outcome(spec: &str, object: &str) -> Outcome {
    match verdict(&policy(spec), &tree(object), None) {
        Evaluation::Checked { mut validations, .. } => validations.remove(0),
        other => panic!("{other:?}"),
    }
}

/// `passes`, `denied: …`, `undecided: …` or `failed: …`.
pub(crate) fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passes => "passes".to_owned(),
        Outcome::Denied { message, .. } => format!("denied: {message}"),
        Outcome::Undecided(reason) => format!("undecided: {reason}"),
        Outcome::Failed { message, .. } => format!("failed: {message}"),
    }
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
                          spec: {replicas: 3}\n";

#[test]
fn a_validation_passes_or_denies() {
    let spec = "validations: [{expression: 'object.spec.replicas <= 5', message: too many}]";
    assert_eq!(outcome(spec, DEPLOYMENT), Outcome::Passes);
    let many = DEPLOYMENT.replace('3', "30");
    assert_eq!(shown(&outcome(spec, &many)), "denied: too many");
}
