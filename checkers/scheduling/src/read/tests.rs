//! What is read of objects, and what is wrong with them.

use std::fmt::Write;

use crate::testing::{cluster, node, pod, try_cluster};
use crate::{Cluster, Template};

fn amounts(cluster: &Cluster, template: &Template) -> Vec<(String, u64)> {
    let amounts = cluster.resources.iter().cloned().zip(template.spec.requests.iter().copied());
    amounts.filter(|(name, amount)| *amount > 0 && name != "pods").collect()
}

/// What a pod of this `spec` takes of processor and memory.
fn taken(spec: &str) -> (u64, u64) {
    let cluster = cluster(&pod("p", "", spec));
    let amounts = amounts(&cluster, &cluster.templates[0]);
    let of =
        |name: &str| amounts.iter().find(|(it, _)| it == name).map_or(0, |(_, amount)| *amount);
    (of("cpu"), of("memory"))
}

fn container(cpu: &str, more: &str) -> String {
    format!("{{name: c, resources: {{requests: {{cpu: {cpu}}}}}{more}}}")
}

#[test]
fn a_pod_takes_what_its_containers_take_at_once() {
    let sidecar = |cpu| container(cpu, ", restartPolicy: Always");
    let init = |cpu| container(cpu, "");
    let spec = |init: &[String], main: &[String], more: &str| {
        format!("initContainers: [{}], containers: [{}]{more}", init.join(", "), main.join(", "))
    };
    let main = [init("1"), init("500m")];
    for (spec, expected) in [
        (spec(&[], &main, ""), 1500),
        (spec(&[init("1")], &main, ""), 1500),
        (spec(&[init("2"), init("1")], &main, ""), 2000),
        // A sidecar goes on running beside the containers.
        (spec(&[sidecar("1")], &main, ""), 2500),
        (spec(&[sidecar("1"), init("2")], &main, ""), 3000),
        // One that starts later does not run yet.
        (spec(&[init("2"), sidecar("1")], &main, ""), 2500),
        (spec(&[sidecar("1"), init("2"), sidecar("1"), init("2")], &main, ""), 4000),
        (spec(&[], &main, ", overhead: {cpu: 250m}"), 1750),
        (spec(&[init("2")], &main, ", overhead: {cpu: 250m}"), 2250),
        (spec(&[init("2")], &main, ", resources: {requests: {cpu: 1}}"), 1000),
        (spec(&[], &main, ", resources: {requests: {cpu: 2}}, overhead: {cpu: 1}"), 3000),
        (spec(&[], &main, ", resources: {limits: {cpu: 2}}"), 1500),
        (spec(&[], &[], ", resources: {limits: {cpu: 2}}"), 2000),
        (spec(&[], &main, ", resources: {requests: {memory: 1}}"), 1500),
    ] {
        assert_eq!(taken(&spec).0, expected, "{spec}");
    }
}

#[test]
fn amounts_are_summed_before_they_are_rounded_and_limits_stand_for_requests() {
    for (resources, expected) in [
        ("requests: {cpu: 100u, memory: 400m}", (1, 1)),
        ("limits: {cpu: 2, memory: 1Ki}", (4000, 2048)),
        ("limits: {cpu: 2, memory: 1Ki}, requests: {cpu: 1}", (2000, 2048)),
        ("requests: {cpu: 0.5, memory: 1e3}", (1000, 2000)),
    ] {
        let one = format!("{{name: c, resources: {{{resources}}}}}");
        assert_eq!(taken(&format!("containers: [{one}, {one}]")), expected, "{resources}");
    }
}

#[test]
fn containers_that_ask_for_nothing_count_for_a_little_in_scores() {
    for (containers, expected) in [
        ("{name: a}", (100, 200 << 20)),
        ("{name: a}, {name: b, resources: {requests: {cpu: 1}}}", (1100, 400 << 20)),
        ("{name: a, resources: {requests: {cpu: 0, memory: 0}}}", (0, 0)),
        ("", (0, 0)),
    ] {
        let cluster = cluster(&pod("p", "", &format!("containers: [{containers}]")));
        let spec = &cluster.templates[0].spec;
        assert_eq!((spec.scored_cpu, spec.scored_memory), expected, "{containers}");
    }
}

#[test]
fn priorities_come_from_the_pod_its_class_or_the_default() {
    let class = |name: &str, value: i32, more: &str| {
        format!(
            "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\n\
             value: {value}\n{more}\n"
        )
    };
    let classes = class("high", 100, "preemptionPolicy: Never") + &class("low", -5, "");
    let defaults = class("d2", 20, "globalDefault: true") + &class("d1", 10, "globalDefault: true");
    for (classes, spec, expected) in [
        (&classes, "", (0, true)),
        (&classes, "priorityClassName: high", (100, false)),
        (&classes, "priorityClassName: low", (-5, true)),
        (&classes, "priorityClassName: low, preemptionPolicy: Never", (-5, false)),
        (&classes, "priorityClassName: high, priority: 100, preemptionPolicy: Never", (100, false)),
        (&classes, "priorityClassName: system-node-critical", (2_000_001_000, true)),
        (&classes, "priority: 7", (7, true)),
        (&defaults, "", (10, true)),
        (&defaults, "priorityClassName: system-cluster-critical", (2_000_000_000, true)),
    ] {
        let cluster = cluster(&(classes.clone() + &pod("p", "", spec)));
        let spec_read = &cluster.templates[0].spec;
        assert_eq!((spec_read.priority, spec_read.preempts), expected, "{spec}");
    }
    let errors = try_cluster(&(classes + &pod("p", "", "priorityClassName: hihg"))).unwrap_err();
    assert_eq!(errors[0].to_string(), "no priority class `hihg`");
    assert_eq!(errors[0].help.as_deref(), Some("did you mean `high`?"));
}

#[test]
fn pods_that_are_over_or_elsewhere_are_left_out() {
    let meta = |name: &str, meta: &str, rest: &str| {
        format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}{meta}}}\n{rest}\n")
    };
    let gone = ", deletionTimestamp: '2026-01-01T00:00:00Z'";
    let text = node("a", "", "")
        + &meta("done", "", "spec: {nodeName: a}\nstatus: {phase: Succeeded}")
        + &meta("failed", "", "spec: {nodeName: a}\nstatus: {phase: Failed}")
        + &meta("ending", gone, "spec: {nodeName: a}")
        + &meta("ended", gone, "spec: {}")
        + &meta("stray", "", "spec: {nodeName: b}")
        + &meta("gated", "", "spec: {schedulingGates: [{name: g}]}")
        + &meta("waits", "", "spec: {}\nstatus: {phase: Pending, nominatedNodeName: a}");
    let cluster = cluster(&text);
    let found: Vec<_> = cluster
        .pods
        .iter()
        .map(|pod| {
            let template = &cluster.templates[pod.template];
            (pod.name.as_str(), pod.node, pod.fixed, template.spec.gated, pod.nominated)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("default/ending", Some(0), true, false, None),
            ("default/gated", None, false, true, None),
            ("default/waits", None, false, false, Some(0)),
        ]
    );
    let left_out: Vec<_> = cluster.left_out.keys().map(String::as_str).collect();
    assert_eq!(left_out, ["default/done", "default/ended", "default/failed", "default/stray"]);
}

#[test]
fn budgets_are_counted_out_where_there_is_no_status() {
    let budget = |spec: &str, status: &str| {
        format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\n\
             spec: {{selector: {{matchLabels: {{app: x}}}}, {spec}}}\nstatus: {{{status}}}\n"
        )
    };
    let running: String = (0..4).map(|n| pod(&format!("r{n}"), "app: x", "nodeName: a")).collect();
    let text = node("a", "", "")
        + &running
        + &pod("waits", "app: x", "")
        + &pod("o", "app: z", "nodeName: a");
    for (spec, status, expected) in [
        ("minAvailable: 3", "", 1),
        ("minAvailable: 50%", "", 1),
        ("minAvailable: 41%", "", 1),
        ("minAvailable: 40%", "", 2),
        ("maxUnavailable: 1", "", 0),
        ("maxUnavailable: 50%", "", 2),
        ("maxUnavailable: 100%", "", 4),
        ("minAvailable: 9", "", 0),
        ("unhealthyPodEvictionPolicy: AlwaysAllow", "", 0),
        ("minAvailable: 9", "disruptionsAllowed: 3", 3),
    ] {
        let cluster = cluster(&(text.clone() + &budget(spec, status)));
        assert_eq!(cluster.budgets[0].allowed, expected, "{spec} {status}");
    }
}

#[test]
fn pods_are_spread_by_default_by_their_services_and_controllers() {
    let owned = |labels: &str, kind: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{{labels}}}, \
             ownerReferences: [{{kind: {kind}, name: o, controller: true}}]}}\nspec: {{}}\n"
        )
    };
    let set = "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: o}\n\
               spec: {selector: {matchLabels: {app: a}}}\n";
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n\
                   spec: {selector: {tier: t}}\n";
    let mine = "app: a, tier: t, pod-template-hash: h";
    for (text, others) in [
        (owned(mine, "ReplicaSet"), &[("pod-template-hash: h", true), ("app: a", false)][..]),
        (owned(mine, "ReplicaSet") + set, &[("app: a", true), ("pod-template-hash: h", false)]),
        (
            owned(mine, "ReplicaSet") + set + service,
            &[("app: a", false), ("app: a, tier: t", true)],
        ),
        (pod("p", mine, "") + service, &[("tier: t", true), ("app: a", false)]),
        (owned("app: a, apps.kubernetes.io/pod-index: '0'", "StatefulSet"), &[("app: a", true)]),
        (owned(mine, "Job"), &[]),
        (pod("p", mine, ""), &[]),
    ] {
        let found = cluster(&text).templates[0].spread_by_default.clone();
        assert_eq!(found.is_some(), !others.is_empty(), "{text}");
        for (labels, expected) in others {
            let other = &cluster(&pod("p", labels, "")).templates[0].labels;
            assert_eq!(found.as_ref().unwrap().matches(other), *expected, "{text} {labels}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let node_of = |amounts: &str| {
        format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: a}}\nstatus: {{allocatable: {{{amounts}}}}}\n"
        )
    };
    let spread = "topologySpreadConstraints: [{topologyKey: z, maxSkew: 0, whenUnsatisfiable: DoNotSchedule}]";
    let term = "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}";
    let mut said = String::new();
    for text in [
        node_of("cpu: -1"),
        node_of("memory: 8GB"),
        node_of("memory: 1e30"),
        node_of("cpu: lots"),
        node_of("cpu: [1]"),
        node_of("") + "---\n" + &node_of(""),
        pod("p", "", "") + &pod("p", "", ""),
        pod("p", "", "containers: [{resources: {requests: {cpu: -500m}}}]"),
        pod("p", "", "containers: [{resources: {requests: {cpu: 4611686018427387904}}}]"),
        pod("p", "", "nodeSelector: {zone: 3}"),
        pod("p", "", "tolerations: [{key: k, operator: Maybe}]"),
        pod("p", "", "tolerations: [{key: k, effect: NoRun}]"),
        pod("p", "", spread),
        pod("p", "", term),
        pod("p", "", "containers: [{ports: [{hostPort: 70000}]}]"),
        pod("p", "", "resourceClaims: [{name: gpu}]"),
        pod("p", "", "volumes: [{name: v, rbd: {}}]"),
        pod("p", "scheduling.x-k8s.io/pod-group: g", ""),
        pod("p", "", "nodeSelektor: {zone: a}"),
        pod("p", "", "placementPolicy: strict"),
        pod("p", "", "affinity: {rackAffinity: {}}"),
        pod("p", "", "affinity: {podAffinity: {required: []}}"),
        pod("p", "", &spread.replace("maxSkew: 0", "skew: 2")),
        pod("p", "", &term.replace("{}", "{matchLables: {app: p}}, topologyKey: z")),
        pod("p", "", &term.replace("{}", "{matchExpressions: [{key: k, op: In}]}, topologyKey: z")),
        pod("p", "", "tolerations: [{key: k, for: ever}]"),
        node("a", "", "partition: 3"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n".to_owned(),
        "apiVersion: v1\nkind: Node\nmetadata: {}\n".to_owned(),
    ] {
        for error in try_cluster(&text).unwrap_err() {
            let at = error.location.as_ref().unwrap();
            write!(said, "{}:{}: {error}", at.line, at.column).unwrap();
            if let Some(help) = &error.help {
                write!(said, " (help: {help})").unwrap();
            }
            said += "\n";
        }
    }
    insta::assert_snapshot!(said);
}

#[test]
fn zones_and_namespaces_are_known() {
    let text = node("a", "topology.kubernetes.io/zone: z, topology.kubernetes.io/region: r", "")
        + &node("b", "failure-domain.beta.kubernetes.io/zone: z", "")
        + &node("c", "", "")
        + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {t: '1'}}\n";
    let cluster = cluster(&text);
    let zones: Vec<_> = cluster.nodes.iter().map(crate::Node::zone).collect();
    assert_eq!(zones, [Some(("r", "z")), Some(("", "z")), None]);
    assert_eq!(cluster.namespace_labels("team").len(), 2);
    assert_eq!(cluster.namespace_labels("other")["kubernetes.io/metadata.name"], "other");
}
