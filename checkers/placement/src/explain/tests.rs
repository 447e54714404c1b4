//! What is said of pods that cannot be placed.

use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_scheduling::{Cluster, Filters};

use super::explain;

const HEAD: &str = "apiVersion: v1\nkind: ";

fn node(name: &str, allocatable: &str, rest: &str) -> String {
    format!(
        "---\n{HEAD}Node\nmetadata: {{name: {name}, labels: {{host: {name}}}}}\n\
         spec: {{{rest}}}\nstatus: {{allocatable: {{pods: 10, {allocatable}}}}}\n"
    )
}

fn pod(name: &str, priority: i32, requests: &str, rest: &str) -> String {
    format!(
        "---\n{HEAD}Pod\nmetadata: {{name: {name}, namespace: default, labels: {{app: web}}}}\n\
         spec: {{priority: {priority}, {rest} containers: [{{name: c, resources: {{requests: \
         {{{requests}}}}}}}]}}\n"
    )
}

fn cluster(text: &str) -> Cluster {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("snapshot.yaml", text)));
    seatrial_scheduling::read(&manifest.objects).unwrap()
}

/// What is said of the pod `default/p`, if the other pods run on these nodes.
fn said(text: &str, others: &[(&str, &str)]) -> String {
    let cluster = cluster(text);
    let mut places = vec![None; cluster.pods.len()];
    for (pod, on) in others {
        places[cluster.pod(&format!("default/{pod}")).unwrap()] = cluster.node(on);
    }
    let pod = cluster.pod("default/p").unwrap();
    let explained = explain(&Filters::new(&cluster), &places, pod);
    explained.map_or_else(|| "it runs".to_owned(), |explained| explained.to_string())
}

const TAINT: &str = "taints: [{key: gpu, value: only, effect: NoSchedule}]";

#[test]
fn a_device_behind_a_taint_is_named_with_the_taint() {
    let gpu = node("g", "cpu: 8, nvidia.com/gpu: 4", TAINT);
    let text = gpu + &node("a", "cpu: 8", "") + &node("b", "cpu: 1", "unschedulable: true");
    let wants = |requests| text.clone() + &pod("p", 0, requests, "");
    assert_eq!(
        said(&wants("nvidia.com/gpu: 4"), &[]),
        "needs 4 nvidia.com/gpu; the only nodes that have enough had untolerated taint {gpu: only}"
    );
    assert_eq!(
        said(&wants("nvidia.com/gpu: 5"), &[]),
        "needs 5 nvidia.com/gpu; the most that a node has is 4"
    );
    assert_eq!(said(&wants("cpu: 9"), &[]), "needs 9 cpu; the most that a node has is 8");
}

#[test]
fn no_reason_is_given_that_can_be_spared() {
    let text = node("a", "cpu: 4", TAINT) + &node("b", "cpu: 1", "") + &node("c", "cpu: 1", TAINT);
    assert_eq!(
        said(&(text.clone() + &pod("p", 0, "cpu: 2", "")), &[]),
        "needs 2 cpu; the only nodes that have enough had untolerated taint {gpu: only}"
    );
    let selects = pod("p", 0, "cpu: 2", "nodeSelector: {host: z},");
    assert_eq!(
        said(&(text + &selects), &[]),
        "3 node(s) didn't match Pod's node affinity/selector"
    );
}

#[test]
fn pods_at_least_as_important_leave_no_room() {
    let nodes = node("a", "cpu: 4", "") + &node("b", "cpu: 4", "") + &node("c", "cpu: 4", TAINT);
    let text = nodes + &pod("p", 5, "cpu: 2", "") + &pod("q", 5, "cpu: 3", "");
    let text = text + &pod("r", 7, "cpu: 3", "") + &pod("s", 1, "cpu: 3", "");
    assert_eq!(
        said(&text, &[("q", "a"), ("r", "b")]),
        "all 2 nodes that it may use are taken by pods at least as important: 2 Insufficient cpu \
         (needs 2, the most that is left is 1)"
    );
    // A less important one would make room.
    assert_eq!(
        said(&text, &[("q", "a"), ("s", "b")]),
        "it would fit b if less important pods made room, but a disruption budget, a limit on \
         moves or a gang holds it back"
    );
    assert_eq!(said(&text, &[("p", "b")]), "it runs");
}

#[test]
fn others_of_its_kind_can_be_in_the_way() {
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                 [{topologyKey: host, labelSelector: {matchLabels: {app: web}}}]}},";
    let text = node("a", "cpu: 4", "") + &pod("p", 5, "cpu: 2", apart) + &pod("q", 5, "cpu: 1", "");
    assert_eq!(
        said(&text, &[("q", "a")]),
        "the only node that it may use is taken by pods at least as important: 1 node(s) didn't \
         match pod anti-affinity rules"
    );
}
