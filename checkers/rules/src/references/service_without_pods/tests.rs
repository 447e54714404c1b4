use super::super::tests::{expect, found};
use super::*;

/// A Deployment with labels on its pods.
fn deployment(name: &str, labels: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    \
         metadata:\n      labels: {{{labels}}}\n    spec:\n      containers: [{{name: c, image: i}}]\n"
    )
}

/// A Service with a body for its spec.
fn service(name: &str, spec: &str) -> String {
    format!("---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec: {{{spec}}}\n")
}

#[test]
fn a_service_that_selects_pods_is_fine() {
    for (spec, labels) in [
        ("selector: {app: web}", "app: web"),
        ("selector: {app: web}", "app: web, tier: front"),
        ("selector: {app: web, tier: front}", "app: web, tier: front"),
        // No selector: somebody else keeps the endpoints.
        ("ports: [{port: 80}]", "app: web"),
        ("selector: {}", "app: web"),
        ("clusterIP: None", "app: web"),
        // The selector of an ExternalName is not used.
        ("type: ExternalName, externalName: a.example, selector: {app: wep}", "app: web"),
        // Not for this rule: the schema says so.
        ("selector: {app: 1}", "app: web"),
        ("selector: [app]", "app: web"),
        ("selector: web", "app: web"),
    ] {
        expect(&RULE, &(service("web", spec) + &deployment("web", labels)), &[]);
    }
}

#[test]
fn pods_of_every_kind_of_workload_count() {
    for workload in [
        "{apiVersion: v1, kind: Pod, metadata: {name: w, labels: {app: web}}}",
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: w}, spec: {template: {metadata: {labels: {app: web}}}}}",
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: w}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: web}}}}}}}",
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: w}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}}",
    ] {
        let text = format!("{}---\n{workload}\n", service("web", "selector: {app: web}"));
        expect(&RULE, &text, &[]);
    }
    let one_pod = service("web-0", "selector: {statefulset.kubernetes.io/pod-name: w-0}");
    let set = "---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: w}, spec: {template: {metadata: {}}}}\n";
    expect(&RULE, &(one_pod + set), &[]);
}

#[test]
fn a_slip_of_the_hand_is_an_error_and_shows_both_ends() {
    for (selector, labels, expected) in [
        (
            "app: web",
            "app: wep",
            "error /spec/selector/app <app: web> `app: web` selects no pods, those of Deployment `x` \
             are labelled otherwise; <app: wep> the pods of Deployment `x` have this one; help: write \
             `app: wep`, or change the label of the pods",
        ),
        (
            "app.kubernetes.io/name: storefront, tier: a",
            "app.kubernetes.io/name: storefornt, tier: a",
            "error /spec/selector/app.kubernetes.io~1name <app.kubernetes.io/name: storefront> \
             `app.kubernetes.io/name: storefront` selects no pods, those of Deployment `x` are labelled \
             otherwise; <app.kubernetes.io/name: storefornt> the pods of Deployment `x` have this one; \
             help: write `app.kubernetes.io/name: storefornt`, or change the label of the pods",
        ),
        (
            "app: web, tier: front",
            "app: web, teir: front",
            "error /spec/selector/tier <tier: front> `tier: front` selects no pods, those of \
             Deployment `x` are labelled otherwise; <teir: front> the pods of Deployment `x` have this \
             one; help: write `teir: front`, or change the label of the pods",
        ),
    ] {
        let text = service("web", &format!("selector: {{{selector}}}")) + &deployment("x", labels);
        expect(&RULE, &text, &[expected]);
    }
}

#[test]
fn a_workload_of_the_same_name_or_in_the_same_file_was_meant() {
    let by_name = service("web", "selector: {app: shop}") + &deployment("web", "app: web");
    expect(
        &RULE,
        &by_name,
        &[
            "error /spec/selector/app <app: shop> `app: shop` selects no pods, those of Deployment `web` \
           are labelled otherwise; <app: web> the pods of Deployment `web` have this one; help: write \
           `app: web`, or change the label of the pods",
        ],
    );
    let lacking =
        service("web", "selector: {app: web, tier: front}") + &deployment("x", "app: web");
    expect(
        &RULE,
        &lacking,
        &[
            "error /spec/selector/tier <tier: front> `tier: front` selects no pods, those of Deployment \
           `x` are labelled otherwise; <labels: {app: web}> the pods of Deployment `x` lack the label; \
           help: add `tier: front` to the labels of the pods",
        ],
    );
}

#[test]
fn pods_that_may_live_elsewhere_are_a_note_unless_the_world_is_closed() {
    let two = [service("redis", "selector: {app: redis}"), deployment("web", "app: web")];
    let expected =
        "note /spec/selector <{app: redis}> no inspected object makes pods with `app: redis`";
    assert_eq!(found(&RULE, &[&two[0], &two[1]], false), [expected]);
    assert_eq!(found(&RULE, &[&two[0], &two[1]], true), [expected.replace("note", "error")]);
    // One of several labels differs, but in another file: perhaps another part of the application.
    let two = [
        service("cache", "selector: {app: shop, part: cache}"),
        deployment("front", "app: shop, part: front"),
    ];
    let found = found(&RULE, &[&two[0], &two[1]], false);
    assert_eq!(
        found,
        [
            "note /spec/selector <{app: shop, part: cache}> no inspected object makes pods with `app: \
          shop, part: cache`; <part: front> the labels of Deployment `front` come nearest"
        ]
    );
}

#[test]
fn the_only_workload_beside_a_service_was_likely_meant() {
    let pair = service("web", "selector: {tier: front}") + &deployment("x", "app: web, tier: back");
    expect(
        &RULE,
        &pair,
        &["warning /spec/selector/tier <tier: front> `tier: front` selects no pods, those of \
           Deployment `x` are labelled otherwise; <tier: back> the pods of Deployment `x` have this \
           one; help: write `tier: back`, or change the label of the pods"],
    );
    // Two workloads, two Services, or a workload with a Service of its own tell nothing.
    for more in [
        deployment("y", "app: y"),
        service("db", "selector: {app: db}"),
        service("x", "selector: {app: web}"),
    ] {
        let found = found(&RULE, &[&(pair.clone() + &more)], false);
        assert!(found.iter().all(|line| line.starts_with("note")), "{found:?}");
    }
}

#[test]
fn a_workload_that_another_service_selects_is_less_likely_meant() {
    let text = service("api", "selector: {app: api}")
        + &service("app", "selector: {app: app}")
        + &deployment("app", "app: app");
    let found = found(&RULE, &[&text], false);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("note /spec/selector <{app: api}>"), "{found:?}");
}

#[test]
fn namespaces_keep_pods_apart_where_both_are_stated() {
    let pod = |namespace: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p, {namespace}labels: {{app: web}}}}}}\n"
        )
    };
    let service = |namespace: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s, {namespace}}}, spec: {{selector: {{app: web}}}}}}\n"
        )
    };
    for (of_service, of_pod, findings) in [
        ("namespace: a, ", "namespace: a, ", 0),
        ("namespace: a, ", "namespace: b, ", 1),
        ("namespace: a, ", "", 0),
        ("", "namespace: a, ", 0),
        ("", "", 0),
    ] {
        let text = service(of_service) + &pod(of_pod);
        assert_eq!(found(&RULE, &[&text], false).len(), findings, "{text}");
    }
    let text = service("namespace: a, ") + &pod("namespace: b, ");
    expect(
        &RULE,
        &text,
        &[
            "note /spec/selector <{app: web}> no inspected object makes pods with `app: web`; <labels: \
           {app: web}> the pods of Pod `p` are in the namespace `b`, out of reach",
        ],
    );
}
