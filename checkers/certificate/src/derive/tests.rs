//! Accept and reject cases, a file a concept.

use super::{Derived, Refusal, derive};
use crate::{IndexSet, Instance, Objective, Question};

mod groups;
mod matching;
mod nodes;
mod reading;
mod storage;
mod workload;

const QUESTION: Question = Question { objective: Objective::Placed, move_limit: None, live: false };

fn try_derive(documents: &[String]) -> Result<Derived, Refusal> {
    derive(&[format!("---\n{}", documents.join("\n---\n")).as_bytes()], &QUESTION)
}

fn derived(documents: &[String]) -> Instance {
    try_derive(documents).unwrap().instance
}

fn refusal(documents: &[String]) -> String {
    try_derive(documents).unwrap_err().to_string()
}

/// An object, given what follows its name in `metadata`, and its other fields.
fn object(version: &str, kind: &str, name: &str, metadata: &str, fields: &str) -> String {
    format!(
        "{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, {metadata}}}, {fields}}}"
    )
}

fn node(name: &str, labels: &str, spec: &str) -> String {
    let fields =
        format!("spec: {{{spec}}}, status: {{allocatable: {{cpu: 4, memory: 8Gi, pods: 10}}}}");
    object("v1", "Node", name, &format!("labels: {{{labels}}}"), &fields)
}

fn pod(name: &str, labels: &str, spec: &str) -> String {
    object("v1", "Pod", name, &format!("labels: {{{labels}}}"), &format!("spec: {{{spec}}}"))
}

fn named<'a>(set: &IndexSet, names: &'a [String]) -> Vec<&'a str> {
    set.iter().map(|index| names[index as usize].as_str()).collect()
}

/// The names of the nodes of a set.
fn node_names(instance: &Instance, set: &IndexSet) -> Vec<String> {
    let names: Vec<_> = instance.nodes.iter().map(|node| node.name.clone()).collect();
    named(set, &names).into_iter().map(str::to_owned).collect()
}

/// The names of the pods whose shape is in a set.
fn pods_of<'a>(instance: &'a Instance, shapes: &IndexSet) -> Vec<&'a str> {
    let pods = instance.pods.iter().filter(|pod| shapes.contains(pod.shape));
    pods.map(|pod| pod.name.strip_prefix("default/").unwrap_or(&pod.name)).collect()
}

/// The shape of a pod.
fn shape_of<'a>(instance: &'a Instance, name: &str) -> &'a crate::Shape {
    let pod = instance.pods.iter().find(|pod| pod.name == format!("default/{name}")).unwrap();
    &instance.shapes[pod.shape as usize]
}
