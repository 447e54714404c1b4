use super::{derived, node, node_names, object, pod, pods_of, refusal, shape_of};

fn affinity(kind: &str, terms: &str) -> String {
    format!("affinity: {{{kind}: {{requiredDuringSchedulingIgnoredDuringExecution: [{terms}]}}}}")
}

fn in_namespace(namespace: &str, name: &str, labels: &str) -> String {
    let metadata = format!("namespace: {namespace}, labels: {{{labels}}}");
    object("v1", "Pod", name, &metadata, "spec: {}")
}

/// Pods of three namespaces, and one with the label `app: me` that asks.
fn with(spec: &str) -> Vec<String> {
    vec![
        node("n1", "zone: a, host: n1", ""),
        node("n2", "zone: b, host: n2", ""),
        node("n3", "host: n3", ""),
        pod("web", "app: web, v: '1'", ""),
        pod("web2", "app: web, v: '2'", ""),
        in_namespace("other", "web", "app: web"),
        in_namespace("third", "web", "app: web"),
        object("v1", "Namespace", "other", "labels: {team: x}", "spec: {}"),
        pod("me", "app: me, v: '1'", spec),
    ]
}

#[test]
fn terms_select_pods_by_namespace_and_labels() {
    let cases: [(&str, &[&str]); 18] = [
        ("labelSelector: {matchLabels: {app: web}}", &["web", "web2"]),
        ("labelSelector: {}", &["me", "web", "web2"]),
        ("labelSelector: null", &[]),
        ("namespaces: [other]", &[]),
        ("labelSelector: {matchLabels: {app: web}}, namespaces: [other, none]", &["other/web"]),
        ("labelSelector: {matchLabels: {app: web}}, namespaces: []", &["web", "web2"]),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaceSelector: {}",
            &["web", "web2", "other/web", "third/web"],
        ),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {team: x}}",
            &["other/web"],
        ),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {team: y}}",
            &[],
        ),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaces: [third], namespaceSelector: {matchLabels: {team: x}}",
            &["other/web", "third/web"],
        ),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: third}}",
            &["third/web"],
        ),
        (
            "labelSelector: {matchLabels: {app: web}}, namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}",
            &["web", "web2", "third/web"],
        ),
        (
            "labelSelector: {matchExpressions: [{key: v, operator: In, values: ['1', '3']}]}",
            &["me", "web"],
        ),
        (
            "labelSelector: {matchExpressions: [{key: v, operator: NotIn, values: ['1']}, {key: app, operator: Exists}]}",
            &["web2"],
        ),
        ("labelSelector: {}, matchLabelKeys: [v, gone]", &["me", "web"]),
        ("labelSelector: {}, mismatchLabelKeys: [v]", &["web2"]),
        (
            "labelSelector: {matchExpressions: [{key: v, operator: In, values: ['1']}]}, matchLabelKeys: [v]",
            &["me", "web"],
        ),
        ("matchLabelKeys: [v]", &[]),
    ];
    for (term, expected) in cases {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let spec = affinity(kind, &format!("{{topologyKey: zone, {term}}}"));
            let instance = derived(&with(&spec));
            let shape = shape_of(&instance, "me");
            let matches = match &shape.affinity {
                Some(affinity) => &affinity.matches,
                None => &shape.anti_affinity[0].matches,
            };
            assert_eq!(pods_of(&instance, matches), expected, "{spec}");
        }
    }
}

#[test]
fn affinity_means_pods_that_match_all_terms() {
    let spec = affinity(
        "podAffinity",
        "{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}, \
         {topologyKey: host, labelSelector: {matchLabels: {v: '1'}}}",
    );
    let instance = derived(&with(&spec));
    let affinity = shape_of(&instance, "me").affinity.as_ref().unwrap();
    assert_eq!(pods_of(&instance, &affinity.matches), ["web"]);
    let keys: Vec<_> = instance.topologies.iter().map(|topology| topology.key.as_str()).collect();
    assert_eq!((keys, affinity.topologies.as_slice()), (vec!["host", "zone"], &[0, 1][..]));
    assert_eq!(instance.topologies[1].domains, [Some(0), Some(1), None]);
}

#[test]
fn anti_affinity_is_kept_term_by_term_and_once() {
    let term = "{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}";
    let same = "{topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}";
    let other = "{topologyKey: host, labelSelector: {matchLabels: {app: web}}}";
    let instance = derived(&with(&affinity("podAntiAffinity", &[term, same, other].join(", "))));
    let topologies = shape_of(&instance, "me").anti_affinity.iter().map(|term| term.topology);
    assert_eq!(topologies.collect::<Vec<_>>(), [0, 1]);
    assert_eq!(derived(&with(&affinity("podAntiAffinity", ""))).topologies.len(), 0);
}

fn spread(fields: &str) -> String {
    let always = "maxSkew: 1, whenUnsatisfiable: DoNotSchedule";
    format!("topologySpreadConstraints: [{{{always}, topologyKey: zone, {fields}}}]")
}

#[test]
fn spread_counts_pods_of_the_namespace_that_do_not_terminate() {
    let cases: [(&str, &[&str]); 8] = [
        ("", &[]),
        // It restricts nothing, and so nothing is counted.
        ("labelSelector: {}", &[]),
        ("labelSelector: {matchLabels: {}, matchExpressions: []}", &[]),
        ("labelSelector: {}, matchLabelKeys: [none]", &[]),
        ("labelSelector: {}, matchLabelKeys: [v]", &["me", "web"]),
        ("labelSelector: {matchLabels: {app: web}}", &["web", "web2"]),
        ("labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [v]", &["web"]),
        ("labelSelector: {matchLabels: {v: '1'}}, minDomains: 3", &["me", "web"]),
    ];
    for (fields, expected) in cases {
        let mut documents = with(&spread(fields));
        let leaving = "labels: {app: web, v: '1'}, deletionTimestamp: '2026-01-01T00:00:00Z'";
        documents.push(object("v1", "Pod", "leaving", leaving, "spec: {nodeName: n1}"));
        let instance = derived(&documents);
        let spread = &shape_of(&instance, "me").spread[0];
        assert_eq!(pods_of(&instance, &spread.matches), expected, "{fields}");
        assert_eq!(spread.min_domains, if fields.contains("minDomains") { 3 } else { 1 });
        assert_eq!(node_names(&instance, &spread.nodes), ["n1", "n2"]);
    }
}

#[test]
fn spread_counts_on_nodes_by_its_policies() {
    let tainted = "taints: [{key: t, effect: NoSchedule}]";
    let nodes = [
        node("a", "zone: a, host: a, os: linux", ""),
        node("b", "zone: b, host: b", ""),
        node("c", "zone: c, host: c, os: linux", tainted),
        node("d", "zone: d, os: linux", ""),
        node("e", "zone: e, host: e, os: linux", "unschedulable: true"),
    ];
    let cases: [(&str, &[&str]); 6] = [
        ("", &["a", "c", "d", "e"]),
        ("nodeAffinityPolicy: Honor, nodeTaintsPolicy: Ignore", &["a", "c", "d", "e"]),
        ("nodeAffinityPolicy: Ignore", &["a", "b", "c", "d", "e"]),
        ("nodeTaintsPolicy: Honor", &["a", "d", "e"]),
        ("nodeAffinityPolicy: Ignore, nodeTaintsPolicy: Honor", &["a", "b", "d", "e"]),
        ("}, {maxSkew: 2, whenUnsatisfiable: DoNotSchedule, topologyKey: host", &["a", "c", "e"]),
    ];
    for (fields, expected) in cases {
        let mut documents = nodes.to_vec();
        documents.push(pod("p", "", &format!("nodeSelector: {{os: linux}}, {}", spread(fields))));
        let instance = derived(&documents);
        for spread in &shape_of(&instance, "p").spread {
            assert_eq!(node_names(&instance, &spread.nodes), expected, "{fields}");
        }
    }
}

#[test]
fn soft_constraints_say_nothing() {
    let soft = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}], \
        affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}";
    let instance = derived(&with(soft));
    assert_eq!(instance.topologies.len(), 0);
    assert_eq!(shape_of(&instance, "me"), shape_of(&instance, "web"));
}

#[test]
fn wrong_terms_are_refused() {
    for (spec, problem) in [
        (affinity("podAffinity", "{topologyKey: ''}"), "no `topologyKey`"),
        (affinity("podAffinity", "{topologyKey: a, radius: 3}"), "unknown field `radius`"),
        (
            affinity(
                "podAntiAffinity",
                "{topologyKey: a, labelSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}}",
            ),
            "no operator `Gt`",
        ),
        (
            affinity(
                "podAntiAffinity",
                "{topologyKey: a, labelSelector: {matchExpressions: [{key: a, operator: In}]}}",
            ),
            "0 values",
        ),
        (spread("matchLabelKeys: [a]"), "without a `labelSelector`"),
        (spread("minDomains: 0"), "at least 1"),
        (spread("minDomains: -1"), "expected u32"),
        (spread("nodeTaintsPolicy: Maybe"), "unknown variant `Maybe`"),
        (spread("}, {maxSkew: 0, whenUnsatisfiable: DoNotSchedule, topologyKey: a"), "at least 1"),
        (
            spread("}, {maxSkew: 1, whenUnsatisfiable: DoNotSchedule, topologyKey: ''"),
            "no `topologyKey`",
        ),
        (
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: Evict}]"
                .into(),
            "unknown variant `Evict`",
        ),
        (
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: a}]".into(),
            "missing field `whenUnsatisfiable`",
        ),
    ] {
        let message = refusal(&with(&spec));
        assert!(message.contains(problem), "{spec}: {message}");
    }
}

#[test]
fn pods_share_a_shape_if_no_constraint_tells_them_apart() {
    let plain = |name: &str, labels: &str| pod(name, labels, "");
    // Nobody asks about labels: one shape.
    let quiet = derived(&[plain("a", "x: '1'"), plain("b", "x: '2'"), plain("c", "")]);
    assert_eq!(quiet.shapes.len(), 1);
    // Somebody asks about `x`: those with it, those without.
    let term = affinity(
        "podAntiAffinity",
        "{topologyKey: zone, labelSelector: {matchExpressions: [{key: x, operator: Exists}]}}",
    );
    let asked =
        derived(&[plain("b", "x: '1'"), plain("c", "x: '2'"), plain("d", ""), pod("a", "", &term)]);
    let shapes: Vec<_> = asked.pods.iter().map(|pod| pod.shape).collect();
    assert_eq!(shapes, [0, 1, 1, 2]);
    // Different words, the same pods.
    let same = affinity(
        "podAntiAffinity",
        "{topologyKey: zone, labelSelector: {matchExpressions: [{key: x, operator: NotIn, values: ['3']}, {key: x, operator: Exists}]}}",
    );
    let twins = derived(&[plain("b", "x: '1'"), pod("a", "", &term), pod("c", "", &same)]);
    let shapes: Vec<_> = twins.pods.iter().map(|pod| pod.shape).collect();
    assert_eq!(shapes, [0, 1, 0]);
    // A shape is numbered by its first pod, not by what it asks for.
    let other = derived(&[
        pod("a", "", "priority: 9"),
        pod("b", "", "priority: 1"),
        pod("c", "", "priority: 9"),
    ]);
    assert_eq!(other.shapes.iter().map(|shape| shape.priority).collect::<Vec<_>>(), [9, 1]);
}
