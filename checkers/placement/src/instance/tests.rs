//! The instance of a cluster against the one that the checker derives, and its filters against
//! those of the scheduler.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use seatrial_certificate::{Objective, State, derive};
use seatrial_core::SourceFile;
use seatrial_scheduling::{Bindings, Cluster, Filters};

use super::*;

fn cluster(text: &str) -> Cluster {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("cluster.yaml", text)));
    assert!(manifest.unreadable.is_empty() && manifest.skipped.is_empty(), "{text}");
    seatrial_scheduling::read(&manifest.objects).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn question() -> Question {
    Question { objective: Objective::Placed, move_limit: None, live: false }
}

fn derived(text: &str) -> Instance {
    derive::derive(&[text.as_bytes()], &question()).unwrap().instance
}

/// One of several texts.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

const SELECTORS: &[&str] = &[
    "labelSelector: {matchLabels: {app: a}}",
    "labelSelector: {matchLabels: {app: b}}",
    "labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}",
    "labelSelector: {matchExpressions: [{key: app, operator: Exists}]}",
    "labelSelector: {}",
    "labelSelector: {matchLabels: {app: a}}, matchLabelKeys: [rev]",
    "labelSelector: {matchLabels: {app: a}, matchExpressions: []}",
];

/// A term of affinity or anti-affinity.
fn term() -> impl Strategy<Value = String> {
    let spaces = one_of(&[
        "",
        "",
        ", namespaces: [other]",
        ", namespaceSelector: {}",
        ", namespaceSelector: {matchLabels: {team: t}}",
        ", namespaces: [default], namespaceSelector: {matchLabels: {team: t}}",
        ", mismatchLabelKeys: [rev]",
    ]);
    (one_of(&["zone", "host", "rack"]), one_of(SELECTORS), spaces)
        .prop_map(|(key, selector, spaces)| format!("{{topologyKey: {key}, {selector}{spaces}}}"))
}

fn spread() -> impl Strategy<Value = String> {
    let more = one_of(&[
        "",
        ", minDomains: 3",
        ", nodeTaintsPolicy: Honor",
        ", nodeAffinityPolicy: Ignore",
        ", nodeTaintsPolicy: Honor, nodeAffinityPolicy: Ignore, minDomains: 2",
    ]);
    let hard = one_of(&["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]);
    (one_of(&["zone", "host", "rack"]), one_of(SELECTORS), 1..3, hard, more).prop_map(
        |(key, selector, skew, hard, more)| {
            format!(
                "{{topologyKey: {key}, maxSkew: {skew}, whenUnsatisfiable: {hard}, {selector}{more}}}"
            )
        },
    )
}

fn affinity() -> impl Strategy<Value = String> {
    let required = |kind: &'static str| {
        prop::collection::vec(term(), 0..=2).prop_map(move |terms| {
            let terms = terms.join(", ");
            let required = "requiredDuringSchedulingIgnoredDuringExecution";
            if terms.is_empty() {
                String::new()
            } else {
                format!("{kind}: {{{required}: [{terms}]}}")
            }
        })
    };
    let nodes = one_of(&[
        "",
        "",
        "{matchExpressions: [{key: zone, operator: In, values: [z0, z1]}]}",
        "{matchExpressions: [{key: size, operator: Gt, values: ['3']}]}",
        "{matchFields: [{key: metadata.name, operator: NotIn, values: [n0]}]}",
        "{matchExpressions: [{key: zone, operator: DoesNotExist}]}, {matchExpressions: [{key: rack, operator: Exists}]}",
    ])
    .prop_map(|terms| {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let terms = format!("nodeAffinity: {{{required}: {{nodeSelectorTerms: [{terms}]}}}}");
        if terms.contains("[{") { terms } else { String::new() }
    });
    (nodes, required("podAffinity"), required("podAntiAffinity")).prop_map(|(a, b, c)| {
        let all: Vec<_> = [a, b, c].into_iter().filter(|one| !one.is_empty()).collect();
        all.join(", ")
    })
}

fn node(number: usize) -> impl Strategy<Value = String> {
    let labels = (
        prop::option::of(0..2_u8),
        prop::option::of(0..3_u8),
        prop::option::weighted(0.9, Just(())),
        1..6_u8,
    );
    let spec = one_of(&[
        "",
        "",
        "",
        "unschedulable: true",
        "taints: [{key: k, value: v, effect: NoSchedule}]",
        "taints: [{key: k, effect: PreferNoSchedule}, {key: l, effect: NoExecute}]",
    ]);
    (labels, spec, 1..5_u32, 1..6_u32).prop_map(move |((zone, rack, host, size), spec, cpu, pods)| {
        let mut labels = format!("size: '{size}'");
        if let Some(zone) = zone {
            write!(labels, ", zone: z{zone}").unwrap();
        }
        if let Some(rack) = rack {
            write!(labels, ", rack: r{rack}").unwrap();
        }
        if host.is_some() {
            write!(labels, ", host: h{number}").unwrap();
        }
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: n{number}, labels: {{{labels}}}}}\n\
             spec: {{{spec}}}\nstatus: {{allocatable: {{cpu: {cpu}, memory: 4Gi, pods: {pods}, gpu: 1}}}}\n"
        )
    })
}

fn pod(number: usize, nodes: usize) -> impl Strategy<Value = String> {
    let meta = (
        one_of(&["app: a", "app: b", "app: a, rev: r1", "app: a, rev: r2", ""]),
        one_of(&["", "", "", ", namespace: other"]),
        one_of(&["", "", "", ", deletionTimestamp: '2026-01-01T00:00:00Z'"]),
        one_of(&[
            "",
            "",
            ", annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}",
            ", annotations: {scheduling.k8s.io/group-name: g}",
            ", ownerReferences: [{kind: DaemonSet, name: d, controller: true}]",
        ]),
    );
    let more = one_of(&[
        "",
        "",
        "nodeSelector: {zone: z0}",
        "tolerations: [{operator: Exists}]",
        "tolerations: [{key: k, value: v}]",
        "hostNetwork: true",
        "volumes: [{name: v, persistentVolumeClaim: {claimName: one}}]",
        "volumes: [{name: v, persistentVolumeClaim: {claimName: bound}}]",
        "volumes: [{name: v, persistentVolumeClaim: {claimName: missing}}]",
        "schedulingGates: [{name: g}]",
        "priorityClassName: high",
        "overhead: {cpu: 100m}",
    ]);
    let requests = one_of(&[
        "",
        "requests: {cpu: 500m}",
        "requests: {cpu: '1.5', memory: 1Gi}",
        "limits: {cpu: 1}",
        "requests: {gpu: 1}, limits: {gpu: 1}",
    ]);
    let port = one_of(&[
        "",
        "",
        "{containerPort: 80}",
        "{containerPort: 80, hostPort: 80}",
        "{hostPort: 80, hostIP: 127.0.0.1}, {hostPort: 81, protocol: UDP}",
    ]);
    let place = prop::option::of(0..=nodes);
    let spread = prop::collection::vec(spread(), 0..=2);
    (meta, more, requests, port, place, affinity(), spread).prop_map(
        move |((labels, space, gone, notes), more, requests, port, place, affinity, spread)| {
            let mut spec = format!(
                "containers: [{{name: c, image: i, resources: {{{requests}}}, ports: [{port}]}}]"
            );
            if !more.is_empty() {
                write!(spec, ", {more}").unwrap();
            }
            if let Some(node) = place {
                write!(spec, ", nodeName: n{node}").unwrap();
            }
            if !affinity.is_empty() {
                write!(spec, ", affinity: {{{affinity}}}").unwrap();
            }
            if !spread.is_empty() {
                write!(spec, ", topologySpreadConstraints: [{}]", spread.join(", ")).unwrap();
            }
            format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, labels: {{{labels}}}\
                 {space}{gone}{notes}}}\nspec: {{{spec}}}\n"
            )
        },
    )
}

/// What pods of the clusters refer to.
const REST: &str = "\
---
{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: t}}}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 10}
---
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, value: 1, globalDefault: true}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: one}
spec: {accessModes: [ReadWriteOncePod], storageClassName: waits}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: bound}
spec: {accessModes: [ReadWriteOnce], volumeName: v}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec:
  csi: {driver: d}
  nodeAffinity:
    required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [z1]}]}]}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: waits}
provisioner: d
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: n0}
spec: {drivers: [{name: d, allocatable: {count: 1}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: half}
spec: {minAvailable: 50%, selector: {matchLabels: {app: a}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: said}
spec: {selector: {}}
status: {disruptionsAllowed: 1}
---
apiVersion: scheduling.volcano.sh/v1beta1
kind: PodGroup
metadata: {name: g, annotations: {kueue.x-k8s.io/podset-required-topology: zone}}
spec: {minMember: 2}
---
apiVersion: scheduling.volcano.sh/v1beta1
kind: PodGroup
metadata: {name: g, namespace: other}
spec: {minMember: 1}
";

fn clusters() -> impl Strategy<Value = String> {
    (1..5_usize, 0..9_usize).prop_flat_map(|(nodes, pods)| {
        let all_nodes = (0..nodes).map(node).collect::<Vec<_>>();
        let all_pods = (0..pods).map(|number| pod(number, nodes)).collect::<Vec<_>>();
        (all_nodes, all_pods)
            .prop_map(|(nodes, pods)| format!("{}{}{REST}", nodes.concat(), pods.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_checker_derives_the_same_instance(text in clusters()) {
        let cluster = cluster(&text);
        let found = instance(&Filters::new(&cluster), question());
        prop_assert_eq!(found.validate(), Ok(()));
        prop_assert_eq!(found, derived(&text));
    }

    #[test]
    fn filters_on_objects_are_those_on_the_instance(
        text in clusters(),
        moves in prop::collection::vec((0..9_usize, 0..5_usize), 0..12),
    ) {
        let cluster = cluster(&text);
        let filters = Filters::new(&cluster);
        let instance = instance(&filters, question());
        let on_instance = seatrial_certificate::Filters::new(&instance);
        let mut state = State::now(&on_instance);
        let mut bindings = Bindings::now(&cluster);
        for (pod, to) in (0..9).map(|pod| (pod, 9)).chain(moves) {
            let Some(found) = cluster.pods.get(pod) else { continue };
            let from = bindings.unbind(pod);
            prop_assert_eq!(state.evict(index(pod)), from.map(index));
            let prepared = filters.prepare(&bindings, found.template).unwrap();
            for node in 0..cluster.nodes.len() {
                let admitted = state.admits(index(pod), index(node));
                let passes = prepared.passes(&bindings, node);
                prop_assert_eq!(
                    passes, admitted.is_ok(),
                    "{} on {}: {:?}, {:?}\n{}",
                    found.name, node, admitted, prepared.rejection(&bindings, node), text
                );
            }
            // Bound to where it was, or to somewhere else, whatever the filters say.
            let to = if to < cluster.nodes.len() { Some(to) } else { from };
            if let Some(to) = to {
                prop_assert!(bindings.bind(pod, to) && state.bind(index(pod), index(to)));
            }
        }
    }
}

#[test]
fn pods_share_a_shape_if_nothing_tells_them_apart() {
    let pod = |name: &str, labels: &str, spec: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n\
             spec: {{containers: [], {spec}}}\n"
        )
    };
    let spread = "topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: \
                  DoNotSchedule, labelSelector: {matchLabels: {app: x}}}]";
    let text = pod("a", "app: x", "")
        + &pod("b", "app: y2", "")
        + &pod("c", "app: x", "priority: 1")
        + &pod("d", "app: x, pod-index: '7'", "")
        + &pod("e", "app: z", "");
    let shapes = |text: &str| {
        let cluster = cluster(text);
        let instance = instance(&Filters::new(&cluster), question());
        instance.pods.iter().map(|pod| pod.shape).collect::<Vec<_>>()
    };
    assert_eq!(shapes(&text), [0, 0, 1, 0, 0], "nobody looks at labels");
    assert_eq!(shapes(&(text + &pod("f", "", spread))), [0, 1, 2, 0, 1, 3], "somebody does");
}

#[test]
fn what_is_expanded_can_be_derived_from_its_document() {
    use seatrial_scheduling::{Profile, Scale, load};
    let profile = "groups:\n- {name: w, count: 3, capacity: {cpu: 4, memory: 8Gi, pods: 9}, cycle: {zone: [a, b]}}\n\
                   - {name: x, count: 1, capacity: {cpu: 1, memory: 1Gi, pods: 9}, taints: [{key: k, effect: NoSchedule}]}\n";
    let template = "template: {metadata: {labels: {app: d}}, spec: {containers: [{name: c, resources: \
                    {requests: {cpu: 0.5}}}], topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, \
                    whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: d}}}]}}";
    let claims =
        "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOncePod]}}]";
    let workloads: String = [("Deployment", "replicas: 2"), ("StatefulSet", claims), ("DaemonSet", "minReadySeconds: 0")]
        .iter()
        .map(|(kind, spec)| {
            let name = kind.to_lowercase();
            format!("---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}, {template}}}\n")
        })
        .collect();
    let file = |path: &str, text: &str| Arc::new(SourceFile::new(path, text));
    let profile = Profile::read(&file("profile.yaml", profile)).unwrap();
    let expanded = load(&[file("all.yaml", &workloads)], Some(&profile), Scale::Stated).unwrap();
    let cluster = expanded.read().unwrap();
    assert_eq!((cluster.nodes.len(), cluster.pods.len(), cluster.trusted.len()), (4, 6, 6));
    let instance = instance(&Filters::new(&cluster), question());
    assert_eq!(Instance { trusted: Vec::new(), ..instance }, derived(&expanded.document()));
}
