//! `--cluster`: the manifests put into a snapshot or the nodes of a profile.

use crate::run::{check, folder, seatrial_in};

const SNAPSHOT: &str = include_str!("cluster/snapshot.yaml");
const APP: &str = include_str!("cluster/app.yaml");
const PROFILE: &str =
    "groups:\n- name: worker\n  count: 2\n  capacity: {cpu: 4, memory: 8Gi, pods: 110}\n";

/// A Deployment that asks for so many cores.
fn web(replicas: u32, cpu: u32, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: \
         web}}}}\n    spec:\n      {more}containers: [{{name: c, image: a/b:1, resources: {{requests: \
         {{cpu: {cpu}}}}}}}]\n"
    )
}

fn only_placement<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["--select=placement", "app.yaml"], more].concat()
}

#[test]
fn findings_on_placements_are_shown_with_their_places() {
    let folder = folder(&[("cluster.yaml", SNAPSHOT), ("app.yaml", APP)]);
    let arguments = [
        "check",
        "--cluster=cluster.yaml",
        "--select=placement",
        "app.yaml",
        "--output-format=full",
    ];
    let ran = seatrial_in(folder.path(), &arguments);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    for threads in ["--threads=1", "--threads=2", "--threads=8"] {
        let again = seatrial_in(folder.path(), &[&arguments[..], &[threads]].concat());
        assert_eq!(again.stdout, ran.stdout, "{threads}");
    }
}

#[test]
fn exit_codes_tell_what_was_found() {
    let run = |app: &str, arguments: &[&str]| {
        let arguments = only_placement(arguments);
        check(&[("cluster.yaml", PROFILE), ("app.yaml", app)], &arguments)
    };
    let cluster = "--cluster=cluster.yaml";
    for (app, arguments, code) in [
        (web(2, 4, ""), &[cluster][..], 0),
        (web(3, 4, ""), &[cluster], 1),
        (web(3, 4, ""), &[cluster, "--exit-zero"], 0),
        (web(3, 4, ""), &[cluster, "--ignore=unplaceable-pod"], 0),
        (web(3, 4, ""), &[], 0),
        (web(2, 4, "schedulingGates: [{name: x}]\n      "), &[cluster], 3),
        (web(2, 4, "") + "---\n" + &web(2, 4, ""), &[cluster], 3),
        (web(2, 4, ""), &["--cluster=app.yaml"], 2),
        (web(2, 4, ""), &["--cluster=missing.yaml"], 2),
    ] {
        let ran = run(&app, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
    }
    let ran = run(&web(2, 4, ""), &["--cluster=app.yaml"]);
    assert!(ran.stderr.contains("neither a snapshot nor a cluster profile"), "{}", ran.stderr);
}

#[test]
fn the_cluster_may_stand_in_the_configuration_and_findings_be_accepted() {
    let config = "cluster: env/cluster.yaml\n";
    let accepted = "# seatrial: ignore[unplaceable-pod] nodes are ordered\n  replicas";
    let app = web(3, 4, "");
    let files = |app| [("seatrial.yaml", config), ("env/cluster.yaml", PROFILE), ("app.yaml", app)];
    let ran = check(&files(&app), &only_placement(&[]));
    assert_eq!(ran.findings(), ["app.yaml:5:3 unplaceable-pod"]);
    let app = app.replace("replicas", accepted);
    assert_eq!(check(&files(&app), &only_placement(&[])).findings(), [""; 0]);
    // Without a cluster the rule does not run, so the comment is not stale.
    let ran = check(&[("app.yaml", &app)], &["app.yaml", "--select=placement,configuration"]);
    assert_eq!(ran.findings(), [""; 0]);
}

#[test]
fn the_pods_that_run_of_a_workload_are_replaced() {
    let pod = |number: u32, owner: &str, node: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\n  labels: {{app: web, \
             pod-template-hash: x1}}\n  ownerReferences: [{{kind: ReplicaSet, name: {owner}, \
             controller: true}}]\nspec: {{nodeName: {node}, containers: [{{name: c, resources: \
             {{requests: {{cpu: 4}}}}}}]}}\nstatus: {{phase: Running}}\n"
        )
    };
    let node = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{allocatable: \
             {{cpu: 4, memory: 8Gi, pods: 10}}}}\n"
        )
    };
    let code = |owner| {
        let nodes = node("n1") + &node("n2");
        let snapshot = nodes + &pod(1, owner, "n1") + &pod(2, owner, "n2");
        let files = [("cluster.yaml", snapshot.as_str()), ("app.yaml", &web(2, 4, ""))];
        check(&files, &only_placement(&["--cluster=cluster.yaml"])).code
    };
    assert_eq!((code("web-x1"), code("db-x1")), (0, 1));
}
