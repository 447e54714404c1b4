//! What each plugin says, in tables. The facts are those of the tables of kube-scheduler's tests.

use super::*;
use crate::testing::{cluster, node, pod};

/// What the plugins say about the pod `default/p` on each node: `a: Plugin: reason`.
fn said(text: &str) -> Vec<String> {
    let cluster = cluster(text);
    let filters = Filters::new(&cluster);
    let bindings = Bindings::now(&cluster);
    let wanted = cluster.template_of(cluster.pod("default/p").unwrap()).unwrap();
    let template = cluster.templates.iter().position(|other| other == wanted).unwrap();
    let prepared = filters.prepare(&bindings, template).unwrap();
    let mut lines = Vec::new();
    for (index, node) in cluster.nodes.iter().enumerate() {
        let rejected: Vec<_> = prepared
            .verdicts(&bindings, index)
            .into_iter()
            .filter_map(|verdict| Some((verdict.plugin, verdict.rejection?)))
            .collect();
        assert_eq!(prepared.passes(&bindings, index), rejected.is_empty());
        assert_eq!(prepared.rejection(&bindings, index), rejected.first().cloned());
        for (plugin, rejection) in rejected {
            let reasons = rejection.reasons.join(", ");
            let for_now = if rejection.resolvable { "" } else { " (for good)" };
            lines.push(format!("{}: {}: {reasons}{for_now}", node.name, plugin.name()));
        }
    }
    lines
}

/// Asks about a pod of this `spec` and one node `a`, with these labels and this `spec`.
fn about(pod_spec: &str, labels: &str, node_spec: &str) -> Vec<String> {
    said(&format!("{}{}", node("a", labels, node_spec), pod("p", "", pod_spec)))
}

#[test]
fn unschedulable_nodes_take_only_what_tolerates_their_taint() {
    let no = "a: NodeUnschedulable: node(s) were unschedulable (for good)";
    let key = "key: node.kubernetes.io/unschedulable";
    for (tolerations, expected) in [
        (String::new(), Some(no)),
        (format!("{{{key}, operator: Exists, effect: NoSchedule}}"), None),
        (format!("{{{key}, operator: Exists}}"), None),
        ("{operator: Exists}".to_owned(), None),
        (format!("{{{key}, operator: Exists, effect: NoExecute}}"), Some(no)),
        (format!("{{{key}, value: yes-it-is}}"), Some(no)),
    ] {
        let spec = format!("tolerations: [{tolerations}]");
        let found = about(&spec, "", "unschedulable: true");
        assert_eq!(found, Vec::from_iter(expected), "{tolerations}");
        assert!(about(&spec, "", "unschedulable: false").is_empty());
    }
}

#[test]
fn taints_keep_away_what_does_not_tolerate_them() {
    let no = "a: TaintToleration: node(s) had untolerated taint {dedicated: db} (for good)";
    for (effect, toleration, expected) in [
        ("NoSchedule", "", Some(no)),
        ("NoExecute", "", Some(no)),
        ("PreferNoSchedule", "", None),
        ("NoSchedule", "{key: dedicated, value: db, effect: NoSchedule}", None),
        ("NoSchedule", "{key: dedicated, operator: Equal, value: web}", Some(no)),
        ("NoSchedule", "{key: dedicated, operator: Exists}", None),
        ("NoSchedule", "{key: dedicated, operator: Exists, effect: NoExecute}", Some(no)),
        ("NoSchedule", "{key: other, operator: Exists}", Some(no)),
        ("NoSchedule", "{operator: Exists}", None),
        ("NoExecute", "{key: dedicated, value: db, effect: '', tolerationSeconds: 5}", None),
    ] {
        let taint = format!("taints: [{{key: dedicated, value: db, effect: {effect}}}]");
        let found = about(&format!("tolerations: [{toleration}]"), "", &taint);
        assert_eq!(found, Vec::from_iter(expected), "{effect} {toleration}");
    }
}

#[test]
fn of_several_taints_the_first_that_is_not_tolerated_is_named() {
    let taints = "taints: [{key: x, effect: PreferNoSchedule}, {key: u, effect: NoSchedule}, \
                  {key: z, value: v, effect: NoExecute}]";
    let found = about("tolerations: [{key: u, operator: Exists}]", "", taints);
    assert_eq!(found, ["a: TaintToleration: node(s) had untolerated taint {z: v} (for good)"]);
}

fn affinity(terms: &str) -> String {
    format!(
        "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
         {{nodeSelectorTerms: [{terms}]}}}}}}"
    )
}

#[test]
fn selector_and_affinity_have_both_to_allow_a_node() {
    let expression = |key, operator, values| {
        let one = format!("{{key: {key}, operator: {operator}, values: [{values}]}}");
        affinity(&format!("{{matchExpressions: [{one}]}}"))
    };
    let field = |operator: &str, values: &str| {
        let one = format!("{{key: metadata.name, operator: {operator}, values: [{values}]}}");
        affinity(&format!("{{matchFields: [{one}]}}"))
    };
    for (spec, passes) in [
        ("nodeSelector: {zone: z1}".to_owned(), true),
        ("nodeSelector: {zone: z1, disk: ssd}".to_owned(), false),
        ("nodeSelector: {zone: z2}".to_owned(), false),
        (expression("zone", "In", "z0, z1"), true),
        (expression("zone", "NotIn", "z0"), true),
        (expression("zone", "NotIn", "z1"), false),
        (expression("zone", "Exists", ""), true),
        (expression("zone", "DoesNotExist", ""), false),
        (expression("cores", "Gt", "'15'"), true),
        (expression("cores", "Gt", "'16'"), false),
        (expression("cores", "Lt", "'17'"), true),
        (expression("zone", "Gt", "'0'"), false),
        (field("In", "a"), true),
        (field("In", "b"), false),
        (field("NotIn", "a"), false),
        (affinity(""), false),
        (affinity("{}"), false),
        (affinity("{}, {matchExpressions: [{key: zone, operator: Exists}]}"), true),
        (format!("nodeSelector: {{zone: z2}}, {}", expression("zone", "Exists", "")), false),
    ] {
        let no = "a: NodeAffinity: node(s) didn't match Pod's node affinity/selector (for good)";
        let expected = if passes { vec![] } else { vec![no.to_owned()] };
        assert_eq!(about(&spec, "zone: z1, cores: '16'", ""), expected, "{spec}");
    }
}

#[test]
fn ports_of_a_node_are_given_once() {
    let ports = |ports: &str| format!("containers: [{{name: c, ports: [{ports}]}}]");
    let no = "a: NodePorts: node(s) didn't have free ports for the requested pod ports";
    for (wanted, taken, conflict) in [
        ("{hostPort: 80}", "{hostPort: 80}", true),
        ("{hostPort: 80}", "{hostPort: 81}", false),
        ("{hostPort: 80}", "{hostPort: 80, protocol: UDP}", false),
        ("{hostPort: 80, hostIP: 127.0.0.1}", "{hostPort: 80, hostIP: 127.0.0.2}", false),
        ("{hostPort: 80, hostIP: 127.0.0.1}", "{hostPort: 80}", true),
        ("{hostPort: 80, hostIP: 0.0.0.0}", "{hostPort: 80, hostIP: 127.0.0.1}", true),
        ("{containerPort: 80}", "{containerPort: 80}", false),
        ("{hostPort: 79}, {hostPort: 80}", "{hostPort: 80}", true),
    ] {
        let other = format!("nodeName: a, {}", ports(taken));
        let text = node("a", "", "") + &pod("o", "", &other) + &pod("p", "", &ports(wanted));
        let expected = if conflict { vec![no.to_owned()] } else { vec![] };
        assert_eq!(said(&text), expected, "{wanted} beside {taken}");
    }
    let host = |name| format!("hostNetwork: true, {}", ports(name));
    let other = format!("nodeName: a, {}", host("{containerPort: 80}"));
    let both =
        node("a", "", "") + &pod("o", "", &other) + &pod("p", "", &host("{containerPort: 80}"));
    assert_eq!(said(&both), [no]);
}

fn requests(amounts: &str) -> String {
    format!("containers: [{{name: c, resources: {{requests: {{{amounts}}}}}}}]")
}

#[test]
fn what_is_asked_for_has_to_be_left() {
    for (wanted, taken, expected) in [
        ("cpu: 1, memory: 1Gi", "cpu: 3, memory: 7Gi", &[][..]),
        ("cpu: 1, memory: 1Gi", "cpu: 3001m, memory: 7Gi", &["Insufficient cpu"]),
        ("cpu: 2, memory: 2Gi", "cpu: 3, memory: 7Gi", &["Insufficient cpu, Insufficient memory"]),
        ("cpu: 5", "cpu: 1", &["Insufficient cpu (for good)"]),
        ("cpu: 0", "cpu: 9", &[]),
        ("memory: 1", "cpu: 9", &[]),
        ("ephemeral-storage: 1", "cpu: 1", &["Insufficient ephemeral-storage (for good)"]),
        ("nvidia.com/gpu: 1", "cpu: 1", &["Insufficient nvidia.com/gpu (for good)"]),
        ("nvidia.com/gpu: 0", "cpu: 1", &[]),
    ] {
        let other = format!("nodeName: a, {}", requests(taken));
        let text = node("a", "", "") + &pod("o", "", &other) + &pod("p", "", &requests(wanted));
        let expected: Vec<_> =
            expected.iter().map(|reason| format!("a: NodeResourcesFit: {reason}")).collect();
        assert_eq!(said(&text), expected, "{wanted} beside {taken}");
    }
}

#[test]
fn the_number_of_pods_is_a_resource_too() {
    let others: String = (0..10).map(|n| pod(&format!("o{n}"), "", "nodeName: a")).collect();
    let found = said(&(node("a", "", "") + &others + &pod("p", "", &requests("cpu: 5"))));
    let expected = "a: NodeResourcesFit: Too many pods, Insufficient cpu (for good)";
    assert_eq!(found, [expected]);
}

/// A claim, its volume and its class, as far as they are given.
fn storage(claim: &str, volume: &str, class: &str) -> String {
    let mut text = String::new();
    let object = |kind: &str, group: &str, fields: &str| {
        format!("---\napiVersion: {group}v1\nkind: {kind}\n{fields}\n")
    };
    for (kind, group, fields) in [
        ("PersistentVolumeClaim", "", claim),
        ("PersistentVolume", "", volume),
        ("StorageClass", "storage.k8s.io/", class),
    ] {
        if !fields.is_empty() {
            text += &object(kind, group, &format!("metadata: {{name: {fields}"));
        }
    }
    text
}

const MOUNT: &str = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]";

#[test]
fn volumes_have_to_be_reached_or_made() {
    let zone = |zone: &str| {
        format!(
            "{{nodeSelectorTerms: [{{matchExpressions: [{{key: topology.kubernetes.io/zone, \
             operator: In, values: [{zone}]}}]}}]}}"
        )
    };
    let bound = "c}\nspec: {volumeName: v}";
    let reached = |at: &str| format!("v}}\nspec: {{nodeAffinity: {{required: {}}}}}", zone(at));
    let waiting = "c}\nspec: {storageClassName: s}";
    let class = |mode: &str, more: &str| {
        format!("s}}\nprovisioner: disks.example.com\nvolumeBindingMode: {mode}\n{more}")
    };
    let only = |zone: &str| {
        format!(
            "allowedTopologies: [{{matchLabelExpressions: [{{key: topology.kubernetes.io/zone, \
             values: [{zone}]}}]}}]"
        )
    };
    let wait = "WaitForFirstConsumer";
    let pv = "unavailable due to one or more pvc(s) bound to non-existent pv(s)";
    for (claim, volume, class, expected) in [
        ("", String::new(), String::new(), "persistentvolumeclaim \"c\" not found"),
        (bound, reached("z1"), String::new(), ""),
        (bound, reached("z2"), String::new(), "didn't match PersistentVolume's node affinity"),
        (bound, "v}\nspec: {}".to_owned(), String::new(), ""),
        (bound, String::new(), String::new(), pv),
        (waiting, String::new(), class(wait, ""), ""),
        (waiting, String::new(), class(wait, &only("z1")), ""),
        (
            waiting,
            String::new(),
            class(wait, &only("z2")),
            "didn't find available persistent volumes to bind",
        ),
        (
            waiting,
            String::new(),
            class("Immediate", ""),
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (waiting, String::new(), String::new(), "storageclass.storage.k8s.io \"s\" not found"),
        (
            "c, deletionTimestamp: x}\nspec: {volumeName: v}",
            reached("z1"),
            String::new(),
            "persistentvolumeclaim \"c\" is being deleted",
        ),
        (
            "c}\nspec: {volumeName: v}\nstatus: {phase: Lost}",
            String::new(),
            String::new(),
            "persistentvolumeclaim \"c\" bound to non-existent persistentvolume \"v\"",
        ),
    ] {
        let text = node("a", "topology.kubernetes.io/zone: z1", "")
            + &pod("p", "", MOUNT)
            + &storage(claim, &volume, &class);
        let found = said(&text);
        match (expected, found.as_slice()) {
            ("", []) => {}
            (expected, [one]) if !expected.is_empty() => {
                assert!(one.starts_with("a: VolumeBinding: "), "{one}");
                assert!(one.ends_with(&format!("{expected} (for good)")), "{one}");
            }
            _ => panic!("{claim:?} {volume:?} {class:?}: {found:?}"),
        }
    }
}

#[test]
fn zones_of_a_volume_have_to_be_those_of_the_node() {
    const BETA: &str = "failure-domain.beta.kubernetes.io/zone";
    const ZONE: &str = "topology.kubernetes.io/zone";
    for (volume, labels, passes) in [
        ((ZONE, "z1"), Some((ZONE, "z1")), true),
        ((ZONE, "z1"), Some((ZONE, "z2")), false),
        ((ZONE, "z1__z2"), Some((ZONE, "z2")), true),
        ((BETA, "z1"), Some((ZONE, "z1")), true),
        ((BETA, "z1"), Some((BETA, "z2")), false),
        ((ZONE, "z1"), None, true),
        ((ZONE, "z1"), Some(("topology.kubernetes.io/region", "r")), false),
        ((ZONE, "z1__"), Some((ZONE, "z2")), true),
    ] {
        let volume = format!("v, labels: {{{}: {}}}}}", volume.0, volume.1);
        let labels = labels.map(|(key, value)| format!("{key}: {value}")).unwrap_or_default();
        let text = node("a", &labels, "")
            + &pod("p", "", MOUNT)
            + &storage("c}\nspec: {volumeName: v}", &volume, "");
        let no = "a: VolumeZone: node(s) had no available volume zone (for good)";
        let expected = if passes { vec![] } else { vec![no.to_owned()] };
        assert_eq!(said(&text), expected, "{volume} {labels}");
    }
}

#[test]
fn a_claim_for_one_pod_is_used_by_one() {
    let claim = |mode: &str| {
        let spec = format!("{{volumeName: v, accessModes: [{mode}]}}");
        storage(&format!("c}}\nspec: {spec}"), "v}\nspec: {}", "")
    };
    let other = |node: &str| pod("o", "", &format!("{MOUNT}{node}"));
    let nodes = node("a", "", "") + &node("b", "", "");
    let no = |node: &str| {
        let reason = "node has pod using PersistentVolumeClaim with the same name and \
                      ReadWriteOncePod access mode";
        format!("{node}: VolumeRestrictions: {reason}")
    };
    for (mode, other, expected) in [
        ("ReadWriteOncePod", other(", nodeName: a"), vec![no("a"), no("b")]),
        ("ReadWriteOncePod", other(""), vec![]),
        ("ReadWriteOnce", other(", nodeName: a"), vec![]),
    ] {
        let found = said(&(nodes.clone() + &claim(mode) + &other + &pod("p", "", MOUNT)));
        assert_eq!(found, expected, "{mode}");
    }
}

#[test]
fn a_node_holds_as_many_volumes_of_a_driver_as_it_says() {
    let limit = |count: &str| {
        format!(
            "---\napiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: {{name: a}}\n\
             spec: {{drivers: [{{name: d, allocatable: {{count: {count}}}}}]}}\n"
        )
    };
    let volume = "v}\nspec: {csi: {driver: d}}";
    let storage = storage("c}\nspec: {volumeName: v}", volume, "");
    let nodes = node("a", "", "") + &node("b", "", "");
    let other = pod("o", "", &format!("{MOUNT}, nodeName: a"));
    let no = "a: NodeVolumeLimits: node(s) exceed max volume count";
    for (limit, expected) in
        [(limit("1"), vec![no.to_owned()]), (limit("2"), vec![]), (String::new(), vec![])]
    {
        let text = nodes.clone() + &storage + &other + &pod("p", "", MOUNT) + &limit;
        assert_eq!(said(&text), expected, "{limit}");
    }
}

/// Nodes `a`, `b` in zone 1 and `c` in zone 2, and `d` in none.
fn zones() -> String {
    [("a", "zone: z1, host: a"), ("b", "zone: z1, host: b"), ("c", "zone: z2, host: c")]
        .into_iter()
        .map(|(name, labels)| node(name, labels, ""))
        .collect::<String>()
        + &node("d", "host: d", "")
}

/// Pods with the label `app: x`, so many on each node.
fn others(counts: &[(&str, usize)]) -> String {
    let pods = counts.iter().flat_map(|&(node, count)| (0..count).map(move |n| (node, n)));
    pods.map(|(node, n)| pod(&format!("o-{node}{n}"), "app: x", &format!("nodeName: {node}")))
        .collect()
}

fn nodes_that_pass(text: &str) -> String {
    let found = said(text);
    let passes = |node: &char| !found.iter().any(|line| line.starts_with(*node));
    "abcd".chars().filter(passes).collect()
}

#[test]
fn pods_are_spread_as_evenly_as_they_ask() {
    let spread = |topology: &str, skew: u32, more: &str| {
        format!(
            "{{topologyKey: {topology}, maxSkew: {skew}, whenUnsatisfiable: DoNotSchedule, \
             labelSelector: {{matchLabels: {{app: x}}}}{more}}}"
        )
    };
    for (counts, constraints, label, expected) in [
        (&[][..], spread("zone", 1, ""), "app: x", "abc"),
        (&[("a", 1)], spread("zone", 1, ""), "app: x", "c"),
        (&[("a", 1)], spread("zone", 1, ""), "", "abc"),
        (&[("a", 2)], spread("zone", 1, ""), "", "c"),
        (&[("a", 1)], spread("zone", 2, ""), "app: x", "abc"),
        (&[("a", 1), ("c", 1)], spread("zone", 1, ""), "app: x", "abc"),
        (&[("a", 1), ("c", 1)], spread("zone", 1, ", minDomains: 3"), "app: x", ""),
        (&[("a", 1), ("d", 5)], spread("host", 1, ""), "app: x", "bc"),
        // Nodes without all keys do not count: `d` has no zone.
        (
            &[("a", 1), ("b", 1), ("c", 1)],
            format!("{}, {}", spread("host", 1, ""), spread("zone", 1, "")),
            "app: x",
            "c",
        ),
        (&[("a", 1), ("b", 1), ("c", 1)], spread("host", 1, ""), "app: x", "d"),
    ] {
        let spec = format!("topologySpreadConstraints: [{constraints}]");
        let text = zones() + &others(counts) + &pod("p", label, &spec);
        assert_eq!(nodes_that_pass(&text), expected, "{counts:?} {constraints} {label}");
    }
}

#[test]
fn which_nodes_count_for_spread_is_a_matter_of_policies() {
    let tainted = node("c", "zone: z2", "taints: [{key: k, effect: NoSchedule}]");
    let nodes = node("a", "zone: z1", "") + &node("b", "zone: z1, disk: ssd", "") + &tainted;
    let spread = |more: &str, spec: &str| {
        format!(
            "topologySpreadConstraints: [{{topologyKey: zone, maxSkew: 1, \
             whenUnsatisfiable: DoNotSchedule, labelSelector: {{matchLabels: {{app: x}}}}{more}}}]\
             {spec}"
        )
    };
    let only_b = ", nodeSelector: {disk: ssd}";
    for (more, spec, expected) in [
        // Zone 2 counts although its node is tainted: it is empty.
        ("", "", ""),
        (", nodeTaintsPolicy: Honor", "", "ab"),
        ("", only_b, "b"),
        (", nodeAffinityPolicy: Ignore", only_b, ""),
    ] {
        let text = nodes.clone() + &others(&[("a", 1)]) + &pod("p", "app: x", &spread(more, spec));
        let found = said(&text);
        let passes = |node: &char| !found.iter().any(|line| line.starts_with(*node));
        let passing: String = "abc".chars().filter(passes).collect();
        assert_eq!(passing, expected, "{more} {spec}");
    }
}

#[test]
fn spread_looks_at_living_pods_of_its_namespace_and_revision() {
    let spread = "topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: \
                  DoNotSchedule, labelSelector: {matchLabels: {app: x}}, matchLabelKeys: [rev]}]";
    let other = |meta: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: o, {meta}}}\nspec: {{nodeName: a}}\n"
        )
    };
    let mine = pod("p", "app: x, rev: '2'", spread);
    for (meta, expected) in [
        ("labels: {app: x, rev: '2'}", "c"),
        ("labels: {app: x, rev: '1'}", "abc"),
        ("labels: {app: x, rev: '2'}, namespace: other", "abc"),
        ("labels: {app: x, rev: '2'}, deletionTimestamp: '2026-01-01T00:00:00Z'", "abc"),
    ] {
        assert_eq!(nodes_that_pass(&(zones() + &other(meta) + &mine)), expected, "{meta}");
    }
}

#[test]
fn spread_with_an_empty_selector_counts_nobody() {
    let spread = |more: &str| {
        format!(
            "topologySpreadConstraints: [{{topologyKey: zone, maxSkew: 1, \
             whenUnsatisfiable: DoNotSchedule{more}}}]"
        )
    };
    for (more, expected) in [
        ("", "abc"),
        (", labelSelector: {}", "abc"),
        (", labelSelector: {matchLabels: {}}", "abc"),
        (", labelSelector: {}, matchLabelKeys: [none]", "abc"),
        (", labelSelector: {}, matchLabelKeys: [app]", "c"),
        (", labelSelector: {matchExpressions: [{key: app, operator: Exists}]}", "c"),
    ] {
        let text = zones() + &others(&[("a", 3)]) + &pod("p", "app: x", &spread(more));
        assert_eq!(nodes_that_pass(&text), expected, "{more}");
    }
}

#[test]
fn spread_says_whether_a_label_is_missing() {
    let spread = "topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: \
                  DoNotSchedule, labelSelector: {matchLabels: {app: x}}}]";
    let reason = "PodTopologySpread: node(s) didn't match pod topology spread constraints";
    assert_eq!(
        said(&(zones() + &others(&[("a", 1)]) + &pod("p", "app: x", spread))),
        [
            format!("a: {reason}"),
            format!("b: {reason}"),
            format!("d: {reason} (missing required label) (for good)"),
        ]
    );
    let soft = spread.replace("DoNotSchedule", "ScheduleAnyway");
    assert!(said(&(zones() + &others(&[("a", 1)]) + &pod("p", "app: x", &soft))).is_empty());
}

fn near(kind: &str, terms: &str) -> String {
    format!("affinity: {{{kind}: {{requiredDuringSchedulingIgnoredDuringExecution: [{terms}]}}}}")
}

fn term(topology: &str, label: &str, more: &str) -> String {
    format!("{{topologyKey: {topology}, labelSelector: {{matchLabels: {{{label}}}}}{more}}}")
}

#[test]
fn affinity_asks_for_pods_in_every_topology() {
    for (terms, label, expected) in [
        (term("zone", "app: x", ""), "", "ab"),
        (term("host", "app: x", ""), "", "a"),
        (format!("{}, {}", term("zone", "app: x", ""), term("host", "app: x", "")), "", "a"),
        // Pods have to match all terms.
        (format!("{}, {}", term("zone", "app: x", ""), term("host", "app: w", "")), "", ""),
        (term("zone", "app: w", ""), "", ""),
        // The first of its kind goes anywhere where there is a zone.
        (term("zone", "app: w", ""), "app: w", "abc"),
        (term("zone", "app: x", ""), "app: x", "ab"),
        (term("zone", "app: x", ", namespaces: [other]"), "", ""),
        (term("zone", "app: x", ", namespaces: [other, default]"), "", "ab"),
        (term("zone", "app: x", ", namespaceSelector: {}"), "", "ab"),
        (term("zone", "app: x", ", namespaceSelector: {matchLabels: {team: t}}"), "", ""),
        (
            term(
                "zone",
                "app: x",
                ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}",
            ),
            "",
            "ab",
        ),
        ("{topologyKey: zone}".to_owned(), "", ""),
        ("{topologyKey: zone, labelSelector: {}}".to_owned(), "", "ab"),
    ] {
        let text = zones() + &others(&[("a", 1)]) + &pod("p", label, &near("podAffinity", &terms));
        assert_eq!(nodes_that_pass(&text), expected, "{terms} {label}");
    }
}

#[test]
fn anti_affinity_keeps_apart_whichever_came_first() {
    let away = |terms: &str| near("podAntiAffinity", terms);
    let mine = term("zone", "app: x", "");
    for (theirs, ours, expected) in [
        (String::new(), away(&mine), "cd"),
        (String::new(), away(&term("host", "app: x", "")), "bcd"),
        (
            String::new(),
            away(&format!("{}, {}", term("host", "app: x", ""), term("zone", "app: w", ""))),
            "bcd",
        ),
        (String::new(), away(&term("zone", "app: x", ", namespaces: [other]")), "abcd"),
        (away(&term("zone", "app: p", "")), String::new(), "cd"),
        (away(&term("host", "app: p", "")), String::new(), "bcd"),
        (away(&term("zone", "app: q", "")), String::new(), "abcd"),
        (away(&term("zone", "app: p", ", namespaces: [other]")), String::new(), "abcd"),
        (away(&term("zone", "app: p", ", mismatchLabelKeys: [tenant]")), String::new(), "cd"),
        (away(&term("zone", "app: p", ", matchLabelKeys: [tenant]")), String::new(), "abcd"),
    ] {
        let theirs = if theirs.is_empty() { theirs } else { format!(", {theirs}") };
        let other = pod("o", "app: x, tenant: t1", &format!("nodeName: a{theirs}"));
        let text = zones() + &other + &pod("p", "app: p, tenant: t2", &ours);
        assert_eq!(nodes_that_pass(&text), expected, "{theirs} {ours}");
    }
}

#[test]
fn affinity_says_whose_rule_it_is() {
    let away = |label: &str| near("podAntiAffinity", &term("zone", label, ""));
    let nodes = node("a", "zone: z", "");
    for (theirs, ours, expected) in [
        (
            "",
            near("podAffinity", &term("zone", "app: w", "")),
            "node(s) didn't match pod affinity rules (for good)",
        ),
        ("", away("app: x"), "node(s) didn't match pod anti-affinity rules"),
        (
            &away("app: p"),
            String::new(),
            "node(s) didn't satisfy existing pods anti-affinity rules",
        ),
    ] {
        let theirs = if theirs.is_empty() { String::new() } else { format!(", {theirs}") };
        let other = pod("o", "app: x", &format!("nodeName: a{theirs}"));
        let found = said(&(nodes.clone() + &other + &pod("p", "app: p", &ours)));
        assert_eq!(found, [format!("a: InterPodAffinity: {expected}")]);
    }
}

#[test]
fn noting_a_change_is_as_good_as_counting_again() {
    let away = near("podAntiAffinity", &term("host", "app: x", ""));
    let spread = "topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: \
                  DoNotSchedule, labelSelector: {matchLabels: {app: x}}}]";
    let asks = format!("{away}, {spread}");
    let text = zones()
        + &pod("o1", "app: x", &format!("nodeName: a, {away}"))
        + &pod("o2", "app: x", &near("podAffinity", &term("zone", "app: x", "")))
        + &pod("p", "app: x", &asks);
    let cluster = cluster(&text);
    let filters = Filters::new(&cluster);
    for template in 0..cluster.templates.len() {
        let mut bindings = Bindings::now(&cluster);
        let mut prepared = filters.prepare(&bindings, template).unwrap();
        for (pod, node) in [(1, 2), (2, 1), (0, 0), (1, 2), (2, 1)] {
            let bound = bindings.unbind(pod).is_none() && bindings.bind(pod, node);
            prepared.note(cluster.pods[pod].template, node, bound);
            let again = filters.prepare(&bindings, template).unwrap();
            for node in 0..cluster.nodes.len() {
                assert_eq!(prepared.verdicts(&bindings, node), again.verdicts(&bindings, node));
            }
        }
    }
}
