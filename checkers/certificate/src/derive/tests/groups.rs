use super::{derived, node, object, pod, refusal};

fn budget(fields: &str) -> String {
    object("policy/v1", "PodDisruptionBudget", "b", "", fields)
}

/// Five pods with `app: web`, of which three run, and one other.
fn pods() -> Vec<String> {
    let web = |name: &str, spec: &str| pod(name, "app: web", spec);
    let leaving = object(
        "v1",
        "Pod",
        "f",
        "labels: {app: web}, deletionTimestamp: now",
        "spec: {nodeName: n}",
    );
    let away = object("v1", "Pod", "a", "namespace: x, labels: {app: web}", "spec: {nodeName: n}");
    vec![
        node("n", "zone: a", ""),
        web("a", "nodeName: n"),
        web("b", "nodeName: n"),
        web("c", "nodeName: n"),
        web("d", ""),
        web("e", ""),
        leaving,
        pod("g", "app: db", "nodeName: n"),
        away,
    ]
}

#[test]
fn budgets_allow_what_their_status_says_or_what_is_computed() {
    let selector = "selector: {matchLabels: {app: web}}";
    for (fields, pods_in, allowed) in [
        (format!("spec: {{{selector}, minAvailable: 3}}, status: {{disruptionsAllowed: 2}}"), 3, 2),
        (format!("spec: {{{selector}, minAvailable: 2}}"), 3, 1),
        (format!("spec: {{{selector}, minAvailable: 4}}"), 3, 0),
        (format!("spec: {{{selector}, minAvailable: 40%}}"), 3, 1),
        (format!("spec: {{{selector}, minAvailable: 41%}}"), 3, 0),
        (format!("spec: {{{selector}, maxUnavailable: 2}}"), 3, 0),
        (format!("spec: {{{selector}, maxUnavailable: 3}}, status: {{}}"), 3, 1),
        (format!("spec: {{{selector}, maxUnavailable: 41%}}"), 3, 1),
        (format!("spec: {{{selector}, maxUnavailable: 9}}"), 3, 3),
        (format!("spec: {{{selector}}}"), 3, 0),
        ("spec: {selector: {}, minAvailable: 0}".to_owned(), 4, 4),
        ("spec: {minAvailable: 0}".to_owned(), 0, 0),
    ] {
        let mut documents = pods();
        documents.push(budget(&fields));
        let instance = derived(&documents);
        let found = &instance.budgets[0];
        assert_eq!(
            (found.name.as_str(), found.pods.len(), found.allowed),
            ("default/b", pods_in, allowed),
            "{fields}"
        );
    }
}

#[test]
fn wrong_budgets_are_refused() {
    for (fields, problem) in [
        ("spec: {minAvailable: half, selector: {}}", "`half` is no percentage"),
        ("spec: {selector: {}}, status: {disruptionsAllowed: -1}", "expected u32"),
        ("spec: {selector: {matchNames: []}}", "unknown field `matchNames`"),
        ("spec: {minAvailableSoon: 1}", "unknown field `minAvailableSoon`"),
    ] {
        let message = refusal(&[budget(fields)]);
        assert!(message.contains(problem), "{fields}: {message}");
    }
    let old = object("policy/v1beta1", "PodDisruptionBudget", "b", "", "spec: {}");
    assert!(refusal(&[old]).contains("`PodDisruptionBudget` of `policy/v1beta1` is not known"));
}

fn group(version: &str, name: &str, metadata: &str, spec: &str) -> String {
    object(version, "PodGroup", name, metadata, &format!("spec: {{{spec}}}"))
}

const COSCHEDULING: &str = "scheduling.x-k8s.io/v1alpha1";
const VOLCANO: &str = "scheduling.volcano.sh/v1beta1";

#[test]
fn gangs_are_the_groups_that_have_enough_pods() {
    let labelled =
        |name: &str, group: &str| pod(name, &format!("scheduling.x-k8s.io/pod-group: {group}"), "");
    let annotated = |name: &str, group: &str| {
        object(
            "v1",
            "Pod",
            name,
            &format!("annotations: {{scheduling.k8s.io/group-name: {group}}}"),
            "spec: {}",
        )
    };
    let within = "annotations: {kueue.x-k8s.io/podset-required-topology: zone}";
    let instance = derived(&[
        node("n", "zone: a", ""),
        group(COSCHEDULING, "one", within, "minMember: 2, scheduleTimeoutSeconds: 10"),
        group(VOLCANO, "two", "", "queue: q"),
        group(
            VOLCANO,
            "few",
            "annotations: {kueue.x-k8s.io/podset-required-topology: rack}",
            "minMember: 3",
        ),
        group(VOLCANO, "none", "", "minMember: 1"),
        labelled("a", "one"),
        labelled("b", "one"),
        labelled("c", "one"),
        annotated("d", "two"),
        annotated("e", "few"),
        annotated("f", "few"),
        pod("g", "", ""),
    ]);
    let gangs = instance.gangs.iter().map(|gang| {
        (gang.name.as_str(), gang.pods.iter().collect::<Vec<_>>(), gang.minimum, gang.within)
    });
    assert_eq!(
        gangs.collect::<Vec<_>>(),
        [("default/one", vec![0, 1, 2], 2, Some(0)), ("default/two", vec![3], 1, None)]
    );
    assert_eq!(instance.topologies.len(), 1);
    let fixed: Vec<_> = instance.pods.iter().map(|pod| pod.fixed).collect();
    assert_eq!(fixed, [false, false, false, false, true, true, false]);
}

#[test]
fn wrong_groups_are_refused() {
    let member = pod("p", "scheduling.x-k8s.io/pod-group: g", "");
    assert_eq!(
        refusal(std::slice::from_ref(&member)),
        "pod `default/p`: its group `default/g` is not in the snapshot"
    );
    for (group, problem) in [
        (
            group("scheduling.k8s.io/v1alpha1", "g", "", "minMember: 1"),
            "`PodGroup` of `scheduling.k8s.io/v1alpha1`",
        ),
        (group(VOLCANO, "g", "", "minTaskMember: {a: 1}"), "unknown field `minTaskMember`"),
        (
            group(VOLCANO, "g", "", "networkTopology: {mode: hard}"),
            "unknown field `networkTopology`",
        ),
        (group(VOLCANO, "g", "", "minMember: -1"), "expected u32"),
    ] {
        let message = refusal(&[group, member.clone()]);
        assert!(message.contains(problem), "{message}");
    }
    let two = "labels: {scheduling.x-k8s.io/pod-group: g}, annotations: {scheduling.k8s.io/group-name: h}";
    assert!(
        refusal(&[object("v1", "Pod", "p", two, "spec: {}")])
            .contains("of two groups, `g` and `h`")
    );
}
