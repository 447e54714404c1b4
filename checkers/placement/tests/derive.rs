//! Two programs that share no code find the same instance in a snapshot: the one that searches
//! (manifests, scheduling, placement) and the one that checks (certificate).

#![allow(clippy::unwrap_used, reason = "a test that fails here fails as it should")]

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use seatrial_certificate::derive::derive;
use seatrial_certificate::{Instance, Objective, Question};
use seatrial_core::SourceFile;
use seatrial_scheduling::Filters;

const QUESTION: Question = Question { objective: Objective::Placed, move_limit: None, live: false };

/// The instance as the search sees it, or why there is none.
fn searched(text: &str) -> Result<Instance, String> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("snapshot.yaml", text)));
    if !manifest.unreadable.is_empty() || !manifest.skipped.is_empty() {
        return Err(format!("{:?} {:?}", manifest.unreadable, manifest.skipped));
    }
    let cluster = seatrial_scheduling::read(&manifest.objects).map_err(|e| format!("{e:?}"))?;
    let mut instance = seatrial_placement::instance(&Filters::new(&cluster), QUESTION);
    instance.trusted.clear();
    Ok(instance)
}

/// The instance as the checker sees it, or why there is none.
fn checked(text: &str) -> Result<Instance, String> {
    let derived = derive(&[text.as_bytes()], &QUESTION).map_err(|refusal| refusal.to_string())?;
    Ok(derived.instance)
}

type Texts = &'static [&'static str];

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

const NODE_LABELS: Texts = &[
    "zone: a",
    "zone: b",
    "zone: ''",
    "rack: r1",
    "rack: r2",
    "host: h1",
    "host: h2",
    "host: h3",
    "size: '3'",
    "size: '-10'",
    "size: big",
    "topology.kubernetes.io/zone: a",
    "topology.kubernetes.io/zone: b",
    "failure-domain.beta.kubernetes.io/zone: a",
    "topology.kubernetes.io/region: r",
    "os: linux",
];

const NODE_SPECS: Texts = &[
    "",
    "",
    "",
    "unschedulable: true",
    "unschedulable: false, taints: []",
    "podCIDR: 10.0.0.0/24, providerID: x",
    "taints: [{key: k, value: v, effect: NoSchedule}]",
    "taints: [{key: k, effect: NoExecute, timeAdded: null}]",
    "taints: [{key: k, effect: PreferNoSchedule}, {key: l, value: w, effect: NoExecute}]",
    "taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}], unschedulable: true",
];

const NODE_STATUS: Texts = &[
    "allocatable: {cpu: 4, memory: 8Gi, pods: 10}",
    "allocatable: {cpu: 3900m, memory: 7.5Gi, pods: '110', x/gpu: 2}",
    "capacity: {cpu: 2, memory: 1e9, pods: 5}",
    "capacity: {cpu: 9}, allocatable: {cpu: 0.5, pods: 3}",
    "allocatable: {memory: 1500m, cpu: 1n, ephemeral-storage: 10G, hugepages-2Mi: 1Gi}",
    "conditions: []",
    "capacity: null",
];

const CONTAINERS: Texts = &[
    "",
    "{}",
    "{resources: {requests: {cpu: 100m, memory: 1Ki}}}",
    "{resources: {requests: {cpu: 500u}}}",
    "{resources: {requests: {cpu: 500u, x/gpu: 0}}}",
    "{resources: {limits: {cpu: 2, x/gpu: 1}, requests: {cpu: 1}}}",
    "{resources: {requests: {memory: 0.5Ki, ephemeral-storage: 1.5M}}}",
    "{resources: {limits: {hugepages-2Mi: 4Mi}}}",
    "{ports: [{containerPort: 80}]}",
    "{ports: [{containerPort: 80, hostPort: 8080}]}",
    "{ports: [{containerPort: 1, hostPort: 9, hostIP: 10.0.0.1}, {containerPort: 2, hostPort: 9, protocol: UDP}]}",
    "{ports: [{containerPort: 1, hostPort: 9, hostIP: ''}, {containerPort: 3, hostPort: 9, protocol: SCTP}]}",
    "{restartPolicy: Always, resources: {requests: {cpu: 300m}}, ports: [{containerPort: 5, hostPort: 5}]}",
    "{restartPolicy: Never, resources: {requests: {cpu: 2}}}",
];

const POD_RESOURCES: Texts = &[
    "",
    "",
    "",
    "overhead: {cpu: 250m}",
    "resources: {requests: {cpu: 1, memory: 1Mi}}",
    "resources: {limits: {cpu: 1, memory: 9}}",
    "resources: {limits: {hugepages-2Mi: 8Mi}, requests: {}}",
    "resources: {requests: {cpu: 3}, limits: {memory: 2Ki}}, overhead: {memory: 1}",
];

const NODE_TERMS: Texts = &[
    "{}",
    "{matchExpressions: [{key: zone, operator: In, values: [a, c]}]}",
    "{matchExpressions: [{key: zone, operator: NotIn, values: [a]}, {key: os, operator: DoesNotExist}]}",
    "{matchExpressions: [{key: size, operator: Gt, values: ['-11']}]}",
    "{matchExpressions: [{key: size, operator: Lt, values: ['3']}]}",
    "{matchExpressions: [{key: rack, operator: Exists}], matchFields: [{key: metadata.name, operator: In, values: [n1]}]}",
    "{matchFields: [{key: metadata.name, operator: NotIn, values: [n0]}]}",
    "{matchExpressions: [{key: zone, operator: In, values: ['']}]}",
];

const TOLERATIONS: Texts = &[
    "",
    "",
    "{operator: Exists}",
    "{key: k, operator: Exists, effect: NoSchedule}",
    "{key: k, value: v}",
    "{key: k, operator: Equal}, {key: l, value: w}",
    "{value: v}",
    "{key: node.kubernetes.io/unschedulable, operator: Exists}",
    "{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 30}",
];

const SELECTORS: Texts = &[
    "labelSelector: {matchLabels: {app: a}}",
    "labelSelector: {matchLabels: {app: b}}",
    "labelSelector: {}",
    "labelSelector: null",
    "",
    "labelSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}]}",
    "labelSelector: {matchExpressions: [{key: rev, operator: NotIn, values: ['1']}, {key: app, operator: Exists}]}",
    "labelSelector: {matchExpressions: [{key: rev, operator: DoesNotExist}]}",
    "labelSelector: {matchLabels: {app: a}}, matchLabelKeys: [rev, gone]",
];

const NAMESPACES: Texts = &[
    "",
    "",
    "",
    "namespaces: [other, none]",
    "namespaces: []",
    "namespaceSelector: {}",
    "namespaceSelector: {matchLabels: {team: t}}",
    "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: third}}",
    "namespaces: [default], namespaceSelector: {matchLabels: {team: t}}",
    "namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}",
    "mismatchLabelKeys: [rev]",
    "matchLabelKeys: []",
];

const POLICIES: Texts = &[
    "",
    "",
    "minDomains: 3",
    "nodeTaintsPolicy: Honor",
    "nodeAffinityPolicy: Ignore",
    "nodeTaintsPolicy: Ignore, nodeAffinityPolicy: Honor, minDomains: 1",
    "nodeTaintsPolicy: Honor, nodeAffinityPolicy: Ignore",
];

const VOLUMES: Texts = &[
    "",
    "",
    "",
    "{name: x, emptyDir: {}}",
    "{name: x, ephemeral: {volumeClaimTemplate: {}}}",
    "{name: x, persistentVolumeClaim: {claimName: once}}",
    "{name: x, persistentVolumeClaim: {claimName: local}}",
    "{name: x, persistentVolumeClaim: {claimName: zone}}",
    "{name: x, persistentVolumeClaim: {claimName: zones}}",
    "{name: x, persistentVolumeClaim: {claimName: unbound}}",
    "{name: x, persistentVolumeClaim: {claimName: at-once}}",
    "{name: x, persistentVolumeClaim: {claimName: missing}}",
    "{name: x, persistentVolumeClaim: {claimName: lost}}",
    "{name: x, persistentVolumeClaim: {claimName: leaving}}",
    "{name: x, persistentVolumeClaim: {claimName: no-volume}}",
    "{name: x, persistentVolumeClaim: {claimName: local}}, {name: y, persistentVolumeClaim: {claimName: once}}, {name: z, persistentVolumeClaim: {claimName: local}}",
    "{name: x, persistentVolumeClaim: {claimName: everywhere}}",
];

const POD_MORE: Texts = &[
    "",
    "",
    "",
    "priority: 7",
    "priorityClassName: high",
    "priorityClassName: system-node-critical",
    "priorityClassName: high, priority: -1",
    "schedulingGates: [{name: g}]",
    "schedulingGates: []",
    "hostNetwork: true",
    "nodeSelector: {os: linux}",
    "nodeSelector: {zone: ''}",
];

const POD_METADATA: Texts = &[
    "",
    "",
    "",
    "",
    "namespace: other",
    "namespace: third",
    "deletionTimestamp: '2026-01-01T00:00:00Z'",
    "annotations: {kubernetes.io/config.mirror: x}",
    "annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}",
    "annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'true'}",
    "annotations: {scheduling.k8s.io/group-name: g}",
    "annotations: {scheduling.k8s.io/group-name: g}",
    "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, uid: u, controller: true}]",
    "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, uid: u}]",
];

const POD_LABELS: Texts = &[
    "",
    "app: a",
    "app: a",
    "app: b",
    "app: a, rev: '1'",
    "app: b, rev: '2'",
    "app: a, scheduling.x-k8s.io/pod-group: g",
];

const PHASES: Texts = &["", "", "", "", "Running", "Pending", "Succeeded", "Failed"];

const BUDGETS: Texts = &[
    "spec: {selector: {matchLabels: {app: a}}, minAvailable: 1}",
    "spec: {selector: {matchLabels: {app: a}}, minAvailable: 34%}",
    "spec: {selector: {}, maxUnavailable: 1}",
    "spec: {selector: {}, maxUnavailable: 50%}, status: {}",
    "spec: {minAvailable: 0}",
    "spec: {selector: {matchExpressions: [{key: rev, operator: DoesNotExist}]}, maxUnavailable: 2}, status: {disruptionsAllowed: 3}",
    "spec: {selector: {}}",
    "spec: {selector: {}, maxUnavailable: 101%}",
    "spec: {selector: {matchLabels: {app: b}}, minAvailable: 100%}",
];

/// What pods and nodes refer to.
const REST: &str = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: t}}}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 10}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, value: -5, globalDefault: true}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: middle}, value: 5, globalDefault: true}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: once}, spec: {accessModes: [ReadWriteOncePod], volumeName: any}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: once, namespace: other}, spec: {accessModes: [ReadWriteOncePod], volumeName: any2}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: local}, spec: {volumeName: local}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: zone}, spec: {volumeName: zone}, status: {phase: Bound}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: zones, namespace: default}, spec: {volumeName: zones}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: unbound}, spec: {storageClassName: waits}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: everywhere}, spec: {storageClassName: waits-anywhere}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: at-once}, spec: {storageClassName: at-once}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: lost}, spec: {volumeName: any}, status: {phase: Lost}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: leaving, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: {volumeName: any}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: no-volume}, spec: {volumeName: gone, storageClassName: waits}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p1-x}, spec: {volumeName: zone}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p2-x}, spec: {accessModes: [ReadWriteOncePod], volumeName: local}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: any}, spec: {csi: {driver: d, volumeHandle: h1}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: any2}, spec: {csi: {driver: free, volumeHandle: h2}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local}
spec: {csi: {driver: d, volumeHandle: h3}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: rack, operator: In, values: [r1]}]}]}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: zone, labels: {topology.kubernetes.io/zone: a}}, spec: {nfs: {path: /, server: s}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: zones, labels: {failure-domain.beta.kubernetes.io/zone: a__c, topology.kubernetes.io/region: 'r__'}}, spec: {}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: waits}
provisioner: d
volumeBindingMode: WaitForFirstConsumer
allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, '']}]}, {matchLabelExpressions: [{key: rack, values: [r2]}]}, {}]
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: waits-anywhere}, provisioner: d, volumeBindingMode: WaitForFirstConsumer}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: at-once}, provisioner: d}
---
{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n0}, spec: {drivers: [{name: d, nodeID: n0, allocatable: {count: 2}}, {name: free, nodeID: n0}]}}
---
{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n1}, spec: {drivers: null}}
---
{apiVersion: scheduling.volcano.sh/v1beta1, kind: PodGroup, metadata: {name: g, annotations: {kueue.x-k8s.io/podset-required-topology: rack}}, spec: {minMember: 2, queue: q}}
---
{apiVersion: scheduling.volcano.sh/v1beta1, kind: PodGroup, metadata: {name: g, namespace: other, annotations: {kueue.x-k8s.io/podset-required-topology: hall}}, spec: {minMember: 4}}
---
{apiVersion: scheduling.x-k8s.io/v1alpha1, kind: PodGroup, metadata: {name: g, namespace: third}, spec: {}}
";

/// The named parts that say something, in one map.
fn fields(parts: &[(&str, String)]) -> String {
    let said = parts.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| format!("{name}{text}, ")).collect()
}

fn list(of: Texts, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(select(of), 0..=most).prop_map(|all| {
        all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    select(&["zone", "rack", "host", "nowhere", "topology.kubernetes.io/zone"][..])
}

fn node(number: usize) -> impl Strategy<Value = String> {
    (subsequence(NODE_LABELS, 0..8), select(NODE_SPECS), select(NODE_STATUS)).prop_map(
        move |(labels, spec, status)| {
            // A label stands once.
            let mut kept: Vec<&str> = Vec::new();
            for label in labels {
                let name = label.split_once(": ").map(|(name, _)| name);
                if !kept.iter().any(|one| one.split_once(": ").map(|(name, _)| name) == name) {
                    kept.push(label);
                }
            }
            format!(
                "---\n{{apiVersion: v1, kind: Node, metadata: {{name: n{number}, labels: {{{}}}}}, spec: {{{spec}}}, status: {{{status}}}}}\n",
                kept.join(", ")
            )
        },
    )
}

fn terms() -> impl Strategy<Value = String> {
    let term =
        (key(), select(SELECTORS), select(NAMESPACES)).prop_map(|(key, selector, spaces)| {
            // `matchLabelKeys` stands once.
            let spaces =
                if selector.contains("matchLabelKeys") && spaces.contains("matchLabelKeys: []") {
                    ""
                } else {
                    spaces
                };
            format!(
                "{{topologyKey: {key}, {}}}",
                fields(&[("", selector.into()), ("", spaces.into())])
            )
        });
    prop::collection::vec(term, 0..3).prop_map(|terms| terms.join(", "))
}

fn affinity() -> impl Strategy<Value = String> {
    (list(NODE_TERMS, 2), any::<bool>(), terms(), terms()).prop_map(|(nodes, empty, near, away)| {
        let nodes = if nodes.is_empty() && !empty {
            String::new()
        } else if nodes.is_empty() {
            "{preferredDuringSchedulingIgnoredDuringExecution: []}".to_owned()
        } else {
            format!("{{{REQUIRED}: {{nodeSelectorTerms: [{nodes}]}}}}")
        };
        let pods = |terms: String| {
            if terms.is_empty() { terms } else { format!("{{{REQUIRED}: [{terms}]}}") }
        };
        fields(&[
            ("nodeAffinity: ", nodes),
            ("podAffinity: ", pods(near)),
            ("podAntiAffinity: ", pods(away)),
        ])
    })
}

fn spread() -> impl Strategy<Value = String> {
    let hard = select(&["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"][..]);
    let one = (key(), 1..3_u8, hard, select(SELECTORS), select(POLICIES));
    let one = one.prop_map(|(key, skew, hard, selector, policy)| {
        format!(
            "{{topologyKey: {key}, maxSkew: {skew}, whenUnsatisfiable: {hard}, {}}}",
            fields(&[("", selector.into()), ("", policy.into())])
        )
    });
    prop::collection::vec(one, 0..3).prop_map(|all| all.join(", "))
}

fn pod(number: usize, nodes: usize) -> impl Strategy<Value = String> {
    let metadata = (select(POD_LABELS), select(POD_METADATA), select(PHASES));
    let amounts =
        (list(CONTAINERS, 2), list(CONTAINERS, 3), select(POD_RESOURCES), select(POD_MORE));
    let place = prop::option::of(0..=nodes);
    let rest = (place, select(TOLERATIONS), select(VOLUMES), affinity(), spread());
    (metadata, amounts, rest).prop_map(
        move |((labels, metadata, phase), (containers, inits, resources, more), rest)| {
            let (place, tolerations, volumes, affinity, spread) = rest;
            let mut spec = fields(&[("", resources.into()), ("", more.into())]);
            for (name, items) in [
                ("containers", containers),
                ("initContainers", inits),
                ("tolerations", tolerations.into()),
                ("volumes", volumes.into()),
                ("topologySpreadConstraints", spread),
            ] {
                write!(spec, "{name}: [{items}], ").unwrap();
            }
            if let Some(node) = place {
                write!(spec, "nodeName: n{node}, ").unwrap();
            }
            write!(spec, "affinity: {{{affinity}}}").unwrap();
            let labels = format!("{{{labels}}}");
            let metadata = fields(&[("labels: ", labels), ("", metadata.into())]);
            let status = if phase.is_empty() { String::new() } else { format!("phase: {phase}") };
            format!(
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{number}, {metadata}}}, spec: {{{spec}}}, status: {{{status}}}}}\n"
            )
        },
    )
}

fn budget(number: usize) -> impl Strategy<Value = String> {
    let namespace = select(&["", "namespace: other"][..]);
    (select(BUDGETS), namespace).prop_map(move |(fields, namespace)| {
        format!(
            "---\n{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: b{number}, {namespace}}}, {fields}}}\n"
        )
    })
}

fn snapshots() -> impl Strategy<Value = String> {
    (0..5_usize, 0..9_usize, 0..3_usize).prop_flat_map(|(nodes, pods, budgets)| {
        let all_pods = (0..pods).map(|number| pod(number, nodes)).collect::<Vec<_>>();
        let all_nodes = (0..nodes).map(node).collect::<Vec<_>>();
        let all_budgets = (0..budgets).map(budget).collect::<Vec<_>>();
        (all_nodes, all_pods, all_budgets).prop_map(|(nodes, pods, budgets)| {
            [nodes.concat(), pods.concat(), budgets.concat(), REST.to_owned()].concat()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn both_find_the_same_instance(text in snapshots()) {
        let (searched, checked) = (searched(&text), checked(&text));
        let refused = (searched.as_ref().err(), checked.as_ref().err());
        prop_assert_eq!(refused, (None, None), "{}", text);
        prop_assert_eq!(searched, checked, "{}", text);
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn both_refuse_what_an_instance_cannot_say() {
    let pod = |spec: &str| {
        format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{spec}}}}}\n")
    };
    let node = |spec: &str| {
        format!("{{apiVersion: v1, kind: Node, metadata: {{name: n0}}, spec: {{{spec}}}}}\n")
    };
    let near = |term: &str| pod(&format!("affinity: {{podAffinity: {{{REQUIRED}: [{term}]}}}}"));
    let on = |term: &str| {
        pod(&format!("affinity: {{nodeAffinity: {{{REQUIRED}: {{nodeSelectorTerms: [{term}]}}}}}}"))
    };
    let spread = |fields: &str| {
        pod(&format!("topologySpreadConstraints: [{{topologyKey: zone, {fields}}}]"))
    };
    let cpu = |amount: &str| {
        pod(&format!("containers: [{{resources: {{requests: {{cpu: {amount}}}}}}}]"))
    };
    let claim = "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: local}}\n---\n\
        {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: local}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}\n";
    let mounting = pod("volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]");
    for snapshot in [
        pod(""),
        node(""),
        near("{topologyKey: zone, labelSelector: {}}"),
        on("{matchExpressions: [{key: a, operator: Exists}]}"),
        spread("maxSkew: 1, whenUnsatisfiable: DoNotSchedule"),
        cpu("1"),
        format!("{mounting}{}", claim.replace("kubernetes.io/no-provisioner", "p")),
    ] {
        let text = format!("---\n{snapshot}");
        assert_eq!(searched(&text), checked(&text), "{snapshot}");
        assert_eq!(checked(&text).err(), None, "{snapshot}");
    }
    let snapshots = [
        pod("resourceClaims: [{name: r}]"),
        pod("workloadRef: {name: w}"),
        pod("schedulingGroup: {name: w}"),
        pod("volumes: [{name: v, iscsi: {iqn: x}}]"),
        pod("volumes: [{name: v, rbd: {image: x}}]"),
        pod("priorityClassName: gone"),
        pod("tolerations: [{key: a, operator: Gt, value: '1'}]"),
        pod("tolerations: [{key: a, effect: Sometimes}]"),
        pod("containers: [{ports: [{containerPort: 1, hostPort: 1, protocol: ICMP}]}]"),
        pod("containers: [{ports: [{containerPort: 70000, hostPort: 70000}]}]"),
        format!("{}---\n{}", pod(""), pod("")),
        format!("{}---\n{}", node(""), node("")),
        "{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {scheduling.x-k8s.io/pod-group: gone}}, spec: {}}\n".to_owned(),
        format!("{mounting}{claim}"),
        node("taints: [{key: a, effect: Sometimes}]"),
        near("{topologyKey: '', labelSelector: {}}"),
        near("{topologyKey: zone, labelSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}}"),
        near("{topologyKey: zone, labelSelector: {matchExpressions: [{key: a, operator: In}]}}"),
        on("{matchExpressions: [{key: a, operator: Near, values: [b]}]}"),
        on("{matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
        on("{matchExpressions: [{key: a, operator: Gt, values: [x]}]}"),
        on("{matchFields: [{key: metadata.uid, operator: In, values: [x]}]}"),
        spread("maxSkew: 0, whenUnsatisfiable: DoNotSchedule"),
        spread("maxSkew: 1, whenUnsatisfiable: Evict"),
        spread("maxSkew: 1, whenUnsatisfiable: DoNotSchedule, minDomains: 0"),
        spread("maxSkew: 1, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Maybe"),
        cpu("-1"),
        cpu("1x"),
        cpu("4Ei"),
    ];
    let accepted = snapshots.iter().filter_map(|snapshot| {
        let text = format!("---\n{snapshot}");
        let by = (searched(&text).is_ok(), checked(&text).is_ok());
        (by != (false, false)).then(|| format!("(search, checker) = {by:?}: {snapshot}"))
    });
    assert_eq!(accepted.collect::<Vec<_>>(), [""; 0]);

    // The checker reads nothing but pods and nodes, so it knows all that they can say.
    for snapshot in [pod("placementPolicy: strict"), node("partition: 3")] {
        assert!(checked(&format!("---\n{snapshot}")).is_err(), "{snapshot}");
    }
}
