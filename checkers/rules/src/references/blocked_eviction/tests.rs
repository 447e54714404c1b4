use super::super::tests::{expect, found};
use super::*;

fn budget(spec: &str) -> String {
    format!(
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {{selector: \
         {{matchLabels: {{app: a}}}}, {spec}}}\n"
    )
}

fn workload(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}template: {{metadata: \
         {{labels: {{app: a}}}}, spec: {{}}}}}}\n"
    )
}

fn autoscaler(spec: &str) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h}}\nspec: \
         {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: w}}, {spec}}}\n"
    )
}

const POD: &str = "---\n{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: a}}}\n";

#[test]
fn a_budget_that_leaves_room_is_fine() {
    for (spec, workloads) in [
        ("minAvailable: 1", workload("Deployment", "w", "replicas: 2, ")),
        ("minAvailable: 50%", workload("StatefulSet", "w", "replicas: 3, ")),
        ("maxUnavailable: 1", workload("Deployment", "w", "")),
        ("maxUnavailable: 10%", workload("Deployment", "w", "")),
        // Added up.
        ("minAvailable: 1", workload("Deployment", "w", "") + &workload("Deployment", "x", "")),
        ("minAvailable: 1", POD.to_owned() + &POD.replace("name: p", "name: q")),
        // Autoscaled.
        (
            "minAvailable: 2",
            workload("Deployment", "w", "") + &autoscaler("minReplicas: 3, maxReplicas: 5"),
        ),
        (
            "minAvailable: 5",
            workload("Deployment", "w", "")
                + "---\n{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: k}, spec: \
                   {scaleTargetRef: {name: w}}}\n",
        ),
        // Nothing to evict.
        ("minAvailable: 1", workload("Deployment", "w", "replicas: 0, ")),
        // In numbers that are not known.
        ("minAvailable: 1", workload("DaemonSet", "w", "")),
        (
            "minAvailable: 9",
            workload("Deployment", "w", "replicas: 1, ")
                + &workload("Deployment", "w", "replicas: 3, "),
        ),
        ("minAvailable: 9", workload("Deployment", "w", "replicas: '${N}', ")),
        // Not stated, or not readable.
        ("", workload("Deployment", "w", "")),
        ("minAvailable: many", workload("Deployment", "w", "")),
    ] {
        expect(&RULE, &(budget(spec) + &workloads), &[]);
    }
}

#[test]
fn a_budget_as_large_as_the_number_of_pods_is_an_error() {
    for (spec, workloads, expected) in [
        (
            "minAvailable: 2",
            workload("Deployment", "w", "replicas: 2, "),
            "error /spec/minAvailable <minAvailable: 2> `minAvailable: 2` allows no eviction, for the selected \
             pods are 2; <2> the replicas of Deployment `w`; help: write `maxUnavailable: 1`, or \
             `minAvailable: 1` at most",
        ),
        (
            "minAvailable: 1",
            workload("Deployment", "w", ""),
            "error /spec/minAvailable <minAvailable: 1> `minAvailable: 1` allows no eviction, for the selected \
             pods are 1; <w> Deployment `w` has 1 replica by default; help: write `maxUnavailable: 1`, or run \
             more replicas",
        ),
        (
            "minAvailable: 60%",
            workload("StatefulSet", "w", "replicas: 2, "),
            "error /spec/minAvailable <minAvailable: 60%> `minAvailable: 60%` allows no eviction, for the \
             selected pods are 2; <2> the replicas of StatefulSet `w`; help: write `maxUnavailable: 1`, or run \
             more replicas",
        ),
        (
            "minAvailable: 3",
            workload("Deployment", "w", "replicas: 2, ") + &workload("Deployment", "x", ""),
            "error /spec/minAvailable <minAvailable: 3> `minAvailable: 3` allows no eviction, for the selected \
             pods are 3; <2> the replicas of Deployment `w`; <x> Deployment `x` has 1 replica by default; help: \
             write `maxUnavailable: 1`, or `minAvailable: 2` at most",
        ),
        (
            "minAvailable: 5",
            workload("Deployment", "w", "") + &autoscaler("minReplicas: 3, maxReplicas: 5"),
            "error /spec/minAvailable <minAvailable: 5> `minAvailable: 5` allows no eviction, for the selected \
             pods are 5; <h> Deployment `w` is scaled between 3 and 5 replicas; help: write `maxUnavailable: 1`, \
             or `minAvailable: 4` at most",
        ),
        (
            "maxUnavailable: 1",
            POD.to_owned(),
            "error /spec/maxUnavailable <maxUnavailable: 1> `maxUnavailable: 1` allows no eviction, for the \
             selected pods have no controller; <p> this is one pod; help: write `minAvailable` as a number, or \
             make the pods by a Deployment",
        ),
    ] {
        expect(&RULE, &(budget(spec) + &workloads), &[expected]);
    }
}

#[test]
fn a_budget_that_an_autoscaler_may_satisfy_is_a_warning() {
    let text = budget("minAvailable: 1")
        + &workload("Deployment", "w", "replicas: 3, ")
        + &autoscaler("maxReplicas: 5");
    expect(
        &RULE,
        &text,
        &[
            "warning /spec/minAvailable <minAvailable: 1> `minAvailable: 1` allows no eviction while the selected \
           pods are 1, the fewest; <h> Deployment `w` is scaled between 1 and 5 replicas; help: write \
           `maxUnavailable: 1`, or run more replicas",
        ],
    );
}

#[test]
fn a_budget_that_says_so_outright_is_a_warning() {
    for (spec, workloads) in [
        ("maxUnavailable: 0", workload("Deployment", "w", "replicas: 3, ")),
        ("maxUnavailable: 0%", workload("DaemonSet", "w", "")),
        ("minAvailable: 100%", workload("Deployment", "w", "")),
    ] {
        let found = found(&RULE, &[&(budget(spec) + &workloads)], false);
        let kind = if workloads.contains("DaemonSet") { "DaemonSet" } else { "Deployment" };
        let field = &spec[..spec.find(':').unwrap()];
        let expected = format!(
            "warning /spec/{field} <{spec}> `{spec}` lets no pod of {kind} `w` be evicted; help: write \
             `maxUnavailable: 1`, or ignore this if evictions wait for a person on purpose"
        );
        assert_eq!(found, [expected]);
    }
}

#[test]
fn a_budget_without_pods_is_a_note_unless_the_world_is_closed() {
    let text = budget("minAvailable: 1")
        + "---\n{apiVersion: v1, kind: Pod, metadata: {labels: {app: b}}}\n";
    let expected = "note /spec/selector <{matchLabels: {app: a}}> the budget selects no pods of the inspected objects";
    expect(&RULE, &text, &[expected]);
    assert_eq!(found(&RULE, &[&text], true), [expected.replace("note", "error")]);
    // An empty selector selects all pods of the namespace, an absent one none.
    let everything = budget("maxUnavailable: 0").replace("{matchLabels: {app: a}}", "{}") + POD;
    assert_eq!(found(&RULE, &[&everything], false).len(), 1);
    let nothing =
        budget("maxUnavailable: 0").replace("selector: {matchLabels: {app: a}}, ", "") + POD;
    let expected = "warning /spec <spec> a budget without a selector selects no pods; help: write \
                    the labels of the pods under `selector.matchLabels`";
    expect(&RULE, &nothing, &[expected]);
}
