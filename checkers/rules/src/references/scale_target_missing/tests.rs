use super::super::tests::{expect, found};
use super::*;

fn autoscaler(reference: &str) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h}}\nspec: \
         {{scaleTargetRef: {{{reference}}}, maxReplicas: 3}}\n"
    )
}

fn workload(api_version: &str, kind: &str, name: &str) -> String {
    format!(
        "---\n{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: {name}}}, spec: {{template: {{spec: \
         {{containers: [{{name: c}}]}}}}}}}}\n"
    )
}

#[test]
fn a_target_that_is_there_is_fine() {
    for (reference, api_version, kind) in [
        ("apiVersion: apps/v1, kind: Deployment, name: web", "apps/v1", "Deployment"),
        ("apiVersion: apps/v1beta2, kind: Deployment, name: web", "apps/v1", "Deployment"),
        ("apiVersion: v1, kind: ReplicationController, name: web", "v1", "ReplicationController"),
        ("kind: ReplicationController, name: web", "v1", "ReplicationController"),
        (
            "apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web",
            "argoproj.io/v1alpha1",
            "Rollout",
        ),
        // Yet to be filled in, and broken.
        ("apiVersion: apps/v1, kind: Deployment, name: '${NAME}'", "apps/v1", "Deployment"),
        ("apiVersion: apps/v1, kind: Deployment", "apps/v1", "Deployment"),
    ] {
        expect(&RULE, &(autoscaler(reference) + &workload(api_version, kind, "web")), &[]);
    }
    let other =
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {scaleTargetRef: {name: x}}}";
    expect(&RULE, other, &[]);
}

#[test]
fn a_target_under_another_kind_group_or_name_is_an_error() {
    let at = "error /spec/scaleTargetRef";
    for (reference, expected) in [
        (
            "apiVersion: apps/v1, kind: StatefulSet, name: web",
            format!(
                "{at}/kind <StatefulSet> `web` is a Deployment, not a StatefulSet; <web> this Deployment has \
                 the name; help: write `apiVersion: apps/v1` and `kind: Deployment`"
            ),
        ),
        (
            "apiVersion: extensions/v1beta1, kind: Deployment, name: web",
            format!(
                "{at}/apiVersion <extensions/v1beta1> Deployment `web` is in `apps/v1`, not in the group of \
                 `extensions/v1beta1`; <web> this Deployment has the name; help: write `apiVersion: apps/v1` \
                 and `kind: Deployment`"
            ),
        ),
        (
            "kind: Deployment, name: web",
            format!(
                "{at} <{{kind: Deployment, name: web}}> `Deployment` without `apiVersion` means the core group, \
                 which has none; <web> this Deployment has the name; help: write `apiVersion: apps/v1` and \
                 `kind: Deployment`"
            ),
        ),
        (
            "apiVersion: apps/v1, kind: Deployment, name: wep",
            format!(
                "{at}/name <wep> no inspected Deployment is named `wep`; <web> this Deployment has a near name; \
                 help: did you mean `web`?"
            ),
        ),
    ] {
        let text = autoscaler(reference) + &workload("apps/v1", "Deployment", "web");
        expect(&RULE, &text, &[&expected]);
    }
}

#[test]
fn a_target_that_may_live_elsewhere_is_a_note_unless_the_world_is_closed() {
    let text = autoscaler("apiVersion: apps/v1, kind: Deployment, name: other")
        + &workload("apps/v1", "Deployment", "web");
    let expected =
        "note /spec/scaleTargetRef/name <other> no inspected Deployment is named `other`";
    expect(&RULE, &text, &[expected]);
    assert_eq!(found(&RULE, &[&text], true), [expected.replace("note", "error")]);
    // A custom kind of the same name may live beside the Deployment, and a DaemonSet has no scale.
    for (reference, api_version, kind) in [
        ("apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web", "apps/v1", "Deployment"),
        ("apiVersion: apps/v1, kind: Deployment, name: web", "apps/v1", "DaemonSet"),
    ] {
        let found =
            found(&RULE, &[&(autoscaler(reference) + &workload(api_version, kind, "web"))], false);
        assert!(found.len() == 1 && found[0].starts_with("note"), "{found:?}");
    }
}

#[test]
fn other_autoscalers_count_and_other_namespaces_are_pointed_at() {
    let keda = "---\n{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: k, namespace: a}, spec: \
                {scaleTargetRef: {name: web}}}\n";
    let vertical = "---\n{apiVersion: autoscaling.k8s.io/v1, kind: VerticalPodAutoscaler, metadata: {name: v, namespace: \
                    a}, spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}\n";
    for (text, pointer) in [(keda, "/spec/scaleTargetRef/name"), (vertical, "/spec/targetRef/name")]
    {
        expect(&RULE, &(text.to_owned() + &workload("apps/v1", "Deployment", "web")), &[]);
        let elsewhere = text.to_owned() + &workload("apps/v1", "Deployment", "web, namespace: b");
        expect(
            &RULE,
            &elsewhere,
            &[&format!(
                "note {pointer} <web> no inspected Deployment is named `web`; <web> Deployment `web` is in the \
                 namespace `b`"
            )],
        );
    }
}
