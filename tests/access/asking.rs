//! `seatrial access can`, `who-can`, `reach` and `connect`.

use crate::comparing::problems;
use crate::run::{Ran, folder, root, seatrial_in};

fn ask(case: &str, arguments: &[&str]) -> Ran {
    let folder = root().join("corpus/access").join(case);
    seatrial_in(&folder, &[&["access"], arguments].concat())
}

#[test]
fn one_request_is_decided_with_the_reason() {
    let account = "--as=system:serviceaccount:shop:ci";
    let can = |arguments: &[&str]| {
        ask("wildcard-verbs", &[&["can", account, "-f", "before"], arguments].concat())
    };
    let allowed = can(&["get", "pods", "-n", "shop"]);
    assert_eq!(allowed.code, 0, "{}{}", allowed.stdout, allowed.stderr);
    insta::assert_snapshot!("allowed", allowed.stdout);
    let denied = can(&["delete", "pods", "-n", "shop"]);
    assert_eq!(denied.code, 1);
    insta::assert_snapshot!("denied", denied.stdout);
    for (arguments, code) in [
        (&["get", "pods"][..], 1),
        (&["get", "pods/log", "-n", "shop"], 1),
        (&["get", "pods", "web", "-n", "shop"], 0),
        (&["get", "/healthz"], 1),
        (&["get", "pods", "--as-group=system:masters"], 0),
        (&["get", ".", "-n", "shop"], 2),
        (&["delete", "pods", "--exit-zero"], 0),
    ] {
        let ran = can(arguments);
        assert_eq!(ran.code, code, "{arguments:?} {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_role_that_is_not_there_makes_the_answer_unknown() {
    let can = |more: &[&str]| {
        let asked =
            ["can", "list", "secrets", "--as=bob", "--as-group=devs", "-n=shop", "-f=before"];
        ask("aggregated-admin", &[&asked, more].concat())
    };
    assert_eq!(can(&[]).code, 1, "`view` is built in and grants no secrets");
    let unknown = can(&["--no-builtin-roles"]);
    assert_eq!(unknown.code, 3);
    assert!(unknown.stdout.contains("`ClusterRole view` is not there"), "{}", unknown.stdout);
}

#[test]
fn all_who_may_do_something_are_named() {
    let ran = ask("aggregated-admin", &["who-can", "get", "secrets", "-n", "shop", "-f", "bad"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    let json = ask("aggregated-admin", &["who-can", "get", "secrets", "--output-format=json"]);
    assert_eq!(problems(&json.json()), [""; 0]);
}

#[test]
fn what_a_subject_can_come_to_is_shown_step_by_step() {
    let account = "service account ops/operator";
    let reach = |arguments: &[&str]| ask("escalate-and-bind", &[&["reach"], arguments].concat());
    let ran = reach(&[account, "-f", "bad"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    assert!(reach(&[account, "-f=bad", "--output-format=svg"]).stdout.starts_with("<svg "));
    let json = reach(&["service", "account", "ops/operator", "-f=bad", "--output-format=json"]);
    assert_eq!(problems(&json.json()), [""; 0], "{}", json.stdout);
    assert_eq!(reach(&["operator"]).code, 2);
}

#[test]
fn connections_are_listed_for_the_ends_that_are_asked_for() {
    let connect =
        |arguments: &[&str]| ask("list-item-for-and", &[&["connect"], arguments].concat());
    let ran = connect(&["bad", "--to", "shop/db"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("connections", ran.stdout);
    let dot = connect(&["good", "--from=monitoring/", "--to=shop/", "--output-format=dot"]);
    insta::assert_snapshot!("connections_dot", dot.stdout);
    let json = connect(&["good", "--limit=1", "--output-format=json"]).json();
    assert_eq!(problems(&json), [""; 0]);
    assert_eq!(json["connections"].as_array().unwrap().len(), 1);
    assert!(connect(&["good", "--output-format=svg"]).stdout.ends_with("</svg>\n"));
    let wrong = connect(&["good", "--to=shop/cache"]);
    assert_eq!((wrong.code, &*wrong.stderr), (2, "error: there is no workload `shop/cache`\n"));
    assert_eq!(connect(&["good", "--to=cache"]).code, 2);
}

#[test]
fn ways_in_from_outside_are_named_with_what_policies_make_of_them() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: registry.example.com/web:1}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: PORT}]}]}
";
    let run = |port: &str, arguments: &[&str]| {
        let folder = folder(&[("all.yaml", &text.replace("PORT", port))]);
        seatrial_in(folder.path(), &[&["access", "connect", "."], arguments].concat())
    };
    insta::assert_snapshot!(run("8080", &[]).stdout, @"
    shop/web[Pod] => any address: all ports
    203.0.113.0/24 => shop/web[Pod]: TCP 8080
    by Service of type LoadBalancer shop/web: 203.0.113.0/24 => shop/web[Pod]: TCP 8080
    by Ingress shop/front (shop/web): its controller => shop/web[Pod]: unknown TCP 8080
    1 workload: 0 of 0 pairs can connect, 0 are not decided; 1 reachable from outside, 1 reach it
    ");
    insta::assert_snapshot!(run("9090", &[]).stdout, @"
    shop/web[Pod] => any address: all ports
    203.0.113.0/24 => shop/web[Pod]: TCP 9090
    by Ingress shop/front (shop/web): its controller => shop/web[Pod]: nothing, as policies let nobody in
    1 workload: 0 of 0 pairs can connect, 0 are not decided; 1 reachable from outside, 1 reach it
    ");
    assert!(!run("8080", &["--from=shop/web"]).stdout.contains("by "), "asked from inside");
    let json = run("8080", &["--output-format=json"]);
    assert_eq!(problems(&json.json()), [""; 0]);
    assert_eq!(json.json()["entries"].as_array().unwrap().len(), 2);
}
