//! What workloads become.

use std::fmt::Write;
use std::sync::Arc;

use seatrial_core::SourceFile;

use super::*;
use crate::testing::{node, objects, pod};

fn expanded(text: &str, scale: Scale) -> Expanded {
    expand(objects(text), None, scale).unwrap()
}

/// The pods of the cluster after expansion, by name.
fn pods(text: &str) -> Vec<String> {
    let cluster = expanded(text, Scale::Stated).read().unwrap();
    cluster.pods.into_iter().map(|pod| pod.name).collect()
}

fn workload(kind: &str, spec: &str) -> String {
    let group = if kind == "Job" { "batch" } else { "apps" };
    format!(
        "---\napiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: w, namespace: ns}}\n\
         spec: {{{spec}, template: {{metadata: {{labels: {{app: w}}}}, spec: {{containers: \
         [{{name: c, image: i, resources: {{requests: {{cpu: 1}}}}}}]}}}}}}\n"
    )
}

#[test]
fn workloads_have_as_many_pods_as_they_say() {
    for (kind, spec, expected) in [
        ("Deployment", "paused: false", 1),
        ("Deployment", "replicas: 3", 3),
        ("Deployment", "replicas: 0", 0),
        ("ReplicaSet", "replicas: 2", 2),
        ("StatefulSet", "replicas: 2", 2),
        ("Job", "parallelism: 3", 3),
        ("Job", "parallelism: 3, completions: 2", 2),
        ("Job", "parallelism: 3, suspend: true", 0),
    ] {
        assert_eq!(pods(&workload(kind, spec)).len(), expected, "{kind} {spec}");
    }
}

#[test]
fn pods_are_named_and_labelled_like_those_of_a_controller() {
    let text = workload("Deployment", "replicas: 2")
        + &workload("StatefulSet", "replicas: 2, ordinals: {start: 3}")
            .replace("name: w", "name: s")
        + &workload("Job", "completionMode: Indexed").replace("name: w", "name: j");
    let cluster = expanded(&text, Scale::Stated).read().unwrap();
    let mut found = String::new();
    for pod in &cluster.pods {
        let template = &cluster.templates[pod.template];
        let owner = template.owner.as_ref().unwrap();
        writeln!(found, "{} of {} {}: {:?}", pod.name, owner.kind, owner.name, template.labels)
            .unwrap();
    }
    insta::assert_snapshot!(found, @r#"
    ns/j-0-wvqxw of Job j: {"app": "w", "batch.kubernetes.io/job-completion-index": "0", "batch.kubernetes.io/job-name": "j", "job-name": "j"}
    ns/s-3 of StatefulSet s: {"app": "w", "apps.kubernetes.io/pod-index": "3", "statefulset.kubernetes.io/pod-name": "s-3"}
    ns/s-4 of StatefulSet s: {"app": "w", "apps.kubernetes.io/pod-index": "4", "statefulset.kubernetes.io/pod-name": "s-4"}
    ns/w-x8kpmww46q-62tqb of ReplicaSet w-x8kpmww46q: {"app": "w", "pod-template-hash": "x8kpmww46q"}
    ns/w-x8kpmww46q-zgmrj of ReplicaSet w-x8kpmww46q: {"app": "w", "pod-template-hash": "x8kpmww46q"}
    "#);
    insta::assert_snapshot!(cluster.trusted.join("\n"), @r"
    1 pod of the job `ns/j`
    2 pods of the deployment `ns/w`
    2 pods of the statefulset `ns/s`
    ");
    assert_eq!(pods(&text), pods(&text), "always the same");
}

#[test]
fn only_pods_that_are_missing_are_made() {
    let text = workload("Deployment", "replicas: 3");
    let all = pods(&text);
    let owner = |name: &str, kind: &str| {
        format!("ownerReferences: [{{kind: {kind}, name: {name}, controller: true}}]")
    };
    let existing = |name: &str, owner: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: ns, labels: \
             {{pod-template-hash: h1}}, {owner}}}\nspec: {{}}\n"
        )
    };
    assert_eq!(all.len(), 3);
    let more =
        existing("a", &owner("w-h1", "ReplicaSet")) + &existing("b", &owner("other", "ReplicaSet"));
    assert_eq!(pods(&(text + &more)).len(), 2 + 2);
    let set = workload("StatefulSet", "replicas: 2") + &existing("w-1", &owner("w", "StatefulSet"));
    assert_eq!(pods(&set), ["ns/w-0", "ns/w-1"]);
    let inner = workload("ReplicaSet", "replicas: 2")
        .replace("namespace: ns}", &format!("namespace: ns, {}}}", owner("d", "Deployment")));
    assert!(pods(&inner).is_empty(), "its owner is expanded");
}

#[test]
fn autoscalers_have_a_say() {
    let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, \
                  namespace: ns}\nspec: {scaleTargetRef: {kind: Deployment, name: w}, minReplicas: 2, \
                  maxReplicas: 5}\n";
    for (spec, scale, expected) in [
        ("paused: false", Scale::Stated, 2),
        ("paused: false", Scale::Maximum, 5),
        ("replicas: 3", Scale::Stated, 3),
        ("replicas: 0", Scale::Maximum, 0),
    ] {
        let text = workload("Deployment", spec) + scaler;
        let made = expanded(&text, scale).read().unwrap().pods.len();
        assert_eq!(made, expected, "{spec} {scale:?}");
    }
}

#[test]
fn daemons_run_where_they_may() {
    let nodes = node("a", "disk: ssd", "")
        + &node("b", "", "taints: [{key: k, effect: NoSchedule}]")
        + &node(
            "c",
            "",
            "unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]",
        );
    let daemon = |spec: &str| {
        workload("DaemonSet", "minReadySeconds: 0")
            .replace("spec: {containers", &format!("spec: {{{spec}containers"))
    };
    for (spec, expected) in [
        ("", "ac"),
        ("tolerations: [{operator: Exists}], ", "abc"),
        ("nodeSelector: {disk: ssd}, ", "a"),
    ] {
        let text = nodes.clone() + &daemon(spec);
        let cluster = expanded(&text, Scale::Stated).read().unwrap();
        let filters = crate::Filters::new(&cluster);
        let bindings = crate::Bindings::now(&cluster);
        let mut found = String::new();
        for pod in &cluster.pods {
            assert!(!pod.fixed, "it has yet to be bound");
            let prepared = filters.prepare(&bindings, pod.template).unwrap();
            for node in (0..3).filter(|&node| prepared.passes(&bindings, node)) {
                found += &cluster.nodes[node].name;
            }
        }
        let mut letters: Vec<char> = found.chars().collect();
        letters.sort_unstable();
        assert_eq!(letters.into_iter().collect::<String>(), expected, "{spec}");
        let running = pod("x", "", "nodeName: a").replace(
            "labels: {}",
            "ownerReferences: [{kind: DaemonSet, name: w, controller: true}], namespace: ns",
        );
        let cluster = expanded(&(text + &running), Scale::Stated).read().unwrap();
        assert_eq!(cluster.pods.len(), expected.len(), "one runs already");
    }
}

#[test]
fn claims_come_with_the_pods_of_a_set_and_classes_with_a_profile() {
    let set = workload(
        "StatefulSet",
        "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]",
    );
    let profile = "groups:\n- {name: w, count: 2, allocatable: {cpu: 4, memory: 8Gi, pods: 110}}\n";
    let profile = Profile::read(&Arc::new(SourceFile::new("p.yaml", profile))).unwrap();
    let expanded = expand(objects(&set), Some(&profile), Scale::Stated).unwrap();
    let cluster = expanded.read().unwrap();
    assert_eq!(cluster.claims["ns/data-w-0"].class.as_deref(), Some("default"));
    assert!(cluster.classes["default"].waits);
    let filters = crate::Filters::new(&cluster);
    let bindings = crate::Bindings::now(&cluster);
    assert!(filters.prepare(&bindings, 0).unwrap().passes(&bindings, 1));
    insta::assert_snapshot!(cluster.trusted.join("\n"), @r"
    1 pod of the statefulset `ns/w`
    2 nodes of the group `w` of the profile `p.yaml`
    the storage class `default` makes volumes everywhere
    ");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (spec, expected) in [
        ("replicas: -1", "`-1` is out of range"),
        ("replicas: 2000000", "2000000 pods are more than 1000000"),
        ("replicas: many", "expected an integer, found string"),
    ] {
        let errors =
            expand(objects(&workload("Deployment", spec)), None, Scale::Stated).unwrap_err();
        assert_eq!(errors[0].to_string(), expected);
        assert!(errors[0].location.is_some());
    }
}
