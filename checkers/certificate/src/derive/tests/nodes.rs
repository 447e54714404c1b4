use super::{derived, node, node_names, pod, refusal, shape_of};

fn cluster() -> Vec<String> {
    vec![
        node("n1", "zone: a, size: '3', os: linux", ""),
        node("n2", "zone: b, size: '+10', os: linux", ""),
        node("n3", "zone: a, size: big", "taints: [{key: gpu, value: 'yes', effect: NoSchedule}]"),
        node("n4", "", "taints: [{key: gpu, effect: NoExecute}]"),
        node("n5", "zone: ''", "taints: [{key: gpu, effect: PreferNoSchedule}]"),
        node("n6", "zone: c", "unschedulable: true"),
    ]
}

/// The nodes of a pod with such a spec.
fn nodes(spec: &str) -> Vec<String> {
    let mut documents = cluster();
    documents.push(pod("p", "", spec));
    let instance = derived(&documents);
    node_names(&instance, &shape_of(&instance, "p").nodes)
}

fn required(terms: &str) -> String {
    format!(
        "tolerations: [{{operator: Exists}}], affinity: {{nodeAffinity: \
         {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}"
    )
}

#[test]
fn taints_keep_pods_away_unless_tolerated() {
    let cases: [(&str, &[&str]); 10] = [
        ("", &["n1", "n2", "n5"]),
        ("tolerations: [{operator: Exists}]", &["n1", "n2", "n3", "n4", "n5", "n6"]),
        ("tolerations: [{key: gpu, operator: Exists}]", &["n1", "n2", "n3", "n4", "n5"]),
        (
            "tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]",
            &["n1", "n2", "n3", "n5"],
        ),
        ("tolerations: [{key: gpu, value: 'yes'}]", &["n1", "n2", "n3", "n5"]),
        ("tolerations: [{key: gpu, operator: Equal}]", &["n1", "n2", "n4", "n5"]),
        ("tolerations: [{key: gpu, value: 'no'}]", &["n1", "n2", "n5"]),
        ("tolerations: [{value: 'yes'}]", &["n1", "n2", "n3", "n5"]),
        (
            "tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]",
            &["n1", "n2", "n5", "n6"],
        ),
        (
            "tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoExecute}]",
            &["n1", "n2", "n5"],
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(nodes(spec), expected, "{spec}");
    }
}

#[test]
fn node_selector_and_affinity_select() {
    assert_eq!(nodes("nodeSelector: {zone: a}"), ["n1"]);
    assert_eq!(nodes("nodeSelector: {zone: ''}"), ["n5"]);
    assert_eq!(nodes("nodeSelector: {zone: a, os: windows}"), [""; 0]);
    let cases: [(&str, &[&str]); 16] = [
        ("", &[]),
        ("{}", &[]),
        ("{matchExpressions: [], matchFields: null}", &[]),
        ("{matchExpressions: [{key: zone, operator: In, values: [a, c]}]}", &["n1", "n3", "n6"]),
        ("{matchExpressions: [{key: zone, operator: NotIn, values: [a, c]}]}", &["n2", "n4", "n5"]),
        ("{matchExpressions: [{key: size, operator: Exists}]}", &["n1", "n2", "n3"]),
        ("{matchExpressions: [{key: zone, operator: DoesNotExist}]}", &["n4"]),
        ("{matchExpressions: [{key: size, operator: Gt, values: ['3']}]}", &["n2"]),
        ("{matchExpressions: [{key: size, operator: Lt, values: ['4']}]}", &["n1"]),
        (
            "{matchExpressions: [{key: zone, operator: In, values: [a]}, {key: os, operator: Exists}]}",
            &["n1"],
        ),
        (
            "{matchExpressions: [{key: zone, operator: In, values: [b]}]}, {matchFields: [{key: metadata.name, operator: In, values: [n4]}]}",
            &["n2", "n4"],
        ),
        (
            "{matchFields: [{key: metadata.name, operator: NotIn, values: [n4]}]}",
            &["n1", "n2", "n3", "n5", "n6"],
        ),
        (
            "{matchExpressions: [{key: zone, operator: Exists}], matchFields: [{key: metadata.name, operator: In, values: [n4]}]}",
            &[],
        ),
        ("{}, {matchExpressions: [{key: zone, operator: In, values: [b]}]}", &["n2"]),
        (
            "{matchExpressions: [{key: size, operator: Gt, values: ['-9223372036854775808']}]}",
            &["n1", "n2"],
        ),
        ("{matchExpressions: [{key: zone, operator: In, values: ['']}]}", &["n5"]),
    ];
    for (terms, expected) in cases {
        assert_eq!(nodes(&required(terms)), expected, "{terms}");
    }
}

#[test]
fn wrong_terms_are_refused() {
    for (term, problem) in [
        ("{matchExpressions: [{key: a, operator: Near, values: [b]}]}", "unknown variant `Near`"),
        ("{matchExpressions: [{key: a, operator: In}]}", "`In` on `a` cannot have 0 values"),
        ("{matchExpressions: [{key: a, operator: Exists, values: [b]}]}", "cannot have 1 values"),
        (
            "{matchExpressions: [{key: a, operator: Gt, values: ['1', '2']}]}",
            "cannot have 2 values",
        ),
        ("{matchExpressions: [{key: a, operator: Lt, values: [x]}]}", "`x` is no whole number"),
        ("{matchFields: [{key: metadata.uid, operator: In, values: [x]}]}", "`matchFields`"),
        ("{matchFields: [{key: metadata.name, operator: Exists}]}", "`matchFields`"),
        ("{matchFields: [{key: metadata.name, operator: In, values: [x, y]}]}", "`matchFields`"),
        ("{matchPorts: []}", "unknown field `matchPorts`"),
    ] {
        let message = refusal(&[pod("p", "", &required(term))]);
        assert!(message.contains(problem), "{term}: {message}");
    }
    for (spec, problem) in [
        ("tolerations: [{key: a, operator: Gt, value: '1'}]", "unknown variant `Gt`"),
        ("tolerations: [{key: a, effect: Sometimes}]", "unknown variant `Sometimes`"),
    ] {
        assert!(refusal(&[pod("p", "", spec)]).contains(problem), "{spec}");
    }
    let taint = node("n", "", "taints: [{key: a, effect: NoSchedulin}]");
    assert!(refusal(&[taint]).contains("unknown variant `NoSchedulin`"));
}
