use super::{derived, node, node_names, object, pod, pods_of, refusal, shape_of};

const ZONE: &str = "topology.kubernetes.io/zone";

fn claim(name: &str, metadata: &str, spec: &str) -> String {
    object("v1", "PersistentVolumeClaim", name, metadata, &format!("spec: {{{spec}}}"))
}

fn volume(name: &str, labels: &str, spec: &str) -> String {
    object(
        "v1",
        "PersistentVolume",
        name,
        &format!("labels: {{{labels}}}"),
        &format!("spec: {{{spec}}}"),
    )
}

fn class(name: &str, fields: &str) -> String {
    object("storage.k8s.io/v1", "StorageClass", name, "", fields)
}

fn mounts(name: &str, claims: &[&str]) -> String {
    let volumes = claims.iter().enumerate().map(|(at, claim)| {
        format!("{{name: v{at}, persistentVolumeClaim: {{claimName: {claim}}}}}")
    });
    pod(name, "", &format!("volumes: [{}]", volumes.collect::<Vec<_>>().join(", ")))
}

fn in_disk(values: &str) -> String {
    format!(
        "nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: [{{key: disk, operator: In, values: [{values}]}}]}}]}}}}"
    )
}

fn cluster() -> Vec<String> {
    let zoned = |name: &str, zone: &str| node(name, &format!("disk: {name}, {ZONE}: {zone}"), "");
    let old = "disk: n3, failure-domain.beta.kubernetes.io/zone: a";
    let waits = "provisioner: p, volumeBindingMode: WaitForFirstConsumer";
    let topologies = |terms: &str| format!("{waits}, allowedTopologies: [{terms}]");
    let zone_b = format!("{{matchLabelExpressions: [{{key: {ZONE}, values: [b]}}]}}");
    vec![
        zoned("n1", "a"),
        zoned("n2", "b"),
        node("n3", old, ""),
        node("n4", "disk: n4", ""),
        volume("anywhere", "", "csi: {driver: d}"),
        volume("local", "", &in_disk("n2, n4")),
        volume("nowhere", "", "nodeAffinity: {required: {nodeSelectorTerms: []}}"),
        volume("zone-a", &format!("{ZONE}: a"), ""),
        volume("zone-a-old", "failure-domain.beta.kubernetes.io/zone: a", ""),
        volume("zones", &format!("{ZONE}: a__b"), ""),
        volume("zones-wrong", &format!("{ZONE}: a__"), ""),
        volume("both", &format!("{ZONE}: a"), &in_disk("n1, n2")),
        class("waits", waits),
        class("waits-in-b", &topologies(&zone_b)),
        class("waits-nowhere", &topologies("{}")),
        class("at-once", "provisioner: p, volumeBindingMode: Immediate"),
        class(
            "local",
            "provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer",
        ),
    ]
}

#[test]
fn a_pod_goes_where_its_volumes_are() {
    let cases: [(&str, &[&str]); 15] = [
        ("volumeName: anywhere", &["n1", "n2", "n3", "n4"]),
        ("volumeName: local", &["n2", "n4"]),
        ("volumeName: nowhere", &[]),
        // A node without any such label is in every zone; an older label of a node does for no newer one.
        ("volumeName: zone-a", &["n1", "n4"]),
        ("volumeName: zone-a-old", &["n1", "n3", "n4"]),
        ("volumeName: zones", &["n1", "n2", "n4"]),
        ("volumeName: zones-wrong", &["n1", "n2", "n3", "n4"]),
        ("volumeName: both", &["n1"]),
        ("volumeName: gone", &[]),
        ("storageClassName: waits", &["n1", "n2", "n3", "n4"]),
        ("storageClassName: waits-in-b", &["n2"]),
        ("storageClassName: waits-nowhere", &[]),
        ("storageClassName: at-once", &[]),
        ("storageClassName: gone", &[]),
        ("", &[]),
    ];
    for (spec, expected) in cases {
        let mut documents = cluster();
        documents.extend([claim("c", "", spec), mounts("p", &["c"])]);
        let instance = derived(&documents);
        assert_eq!(node_names(&instance, &shape_of(&instance, "p").nodes), expected, "{spec}");
    }
}

#[test]
fn a_claim_that_is_not_there_or_not_ready_keeps_its_pod_away() {
    let nodes = |more: &[String], name: &str| {
        let mut documents = cluster();
        documents.extend_from_slice(more);
        let instance = derived(&documents);
        node_names(&instance, &shape_of(&instance, name).nodes).len()
    };
    let bound = "volumeName: anywhere";
    let lost = "spec: {volumeName: anywhere}, status: {phase: Lost}";
    assert_eq!(nodes(&[mounts("p", &["c"]), claim("c", "", bound)], "p"), 4);
    assert_eq!(nodes(&[mounts("p", &["c"])], "p"), 0);
    assert_eq!(nodes(&[mounts("p", &["c"]), claim("c", "namespace: other", bound)], "p"), 0);
    assert_eq!(nodes(&[mounts("p", &["c"]), claim("c", "deletionTimestamp: now", bound)], "p"), 0);
    assert_eq!(
        nodes(&[mounts("p", &["c"]), object("v1", "PersistentVolumeClaim", "c", "", lost)], "p"),
        0
    );
    let ephemeral = pod(
        "p",
        "",
        "volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {}}}, {name: e, emptyDir: {}}]",
    );
    assert_eq!(nodes(&[ephemeral.clone(), claim("p-scratch", "", "volumeName: zone-a")], "p"), 4);
    assert_eq!(nodes(&[ephemeral.clone(), claim("p-scratch", "", "volumeName: local")], "p"), 2);
    assert_eq!(nodes(&[ephemeral], "p"), 0);
    let mut documents = cluster();
    documents.extend([claim("c", "", "storageClassName: local"), mounts("p", &["c"])]);
    assert_eq!(
        refusal(&documents),
        "claim `default/c`: it is not bound, and its class has no provisioner"
    );
}

#[test]
fn pods_that_share_an_exclusive_claim_exclude_each_other() {
    let claims = |mode: &str| {
        let spec = format!("volumeName: anywhere, accessModes: [{mode}]");
        [claim("c", "", &spec), claim("alone", "", &spec), volume("anywhere", "", "")]
    };
    let pods =
        [mounts("a", &["c"]), mounts("b", &["c"]), mounts("d", &["alone"]), pod("e", "", "")];
    let instance = derived(&[&claims("ReadWriteOncePod")[..], &pods].concat());
    assert_eq!(instance.topologies[0].key, "");
    let terms = &shape_of(&instance, "a").anti_affinity;
    assert_eq!(terms.len(), 1);
    assert_eq!(pods_of(&instance, &terms[0].matches), ["a", "b"]);
    assert_eq!(instance.pods[0].shape, instance.pods[1].shape);
    assert_eq!(instance.pods[2].shape, instance.pods[3].shape);
    let instance = derived(&[&claims("ReadWriteOnce")[..], &pods].concat());
    assert_eq!(instance.topologies.len(), 0);
}

#[test]
fn volumes_count_towards_the_limits_of_their_driver() {
    let limits = |name: &str, count: &str| {
        let fields =
            format!("spec: {{drivers: [{{name: d, allocatable: {{{count}}}}}, {{name: free}}]}}");
        object("storage.k8s.io/v1", "CSINode", name, "", &fields)
    };
    let mut documents = vec![
        node("n1", "", ""),
        node("n2", "", ""),
        node("n3", "", ""),
        limits("n1", "count: 5"),
        limits("n2", ""),
        volume("v1", "", "csi: {driver: d}"),
        volume("v2", "", "csi: {driver: free}"),
        volume("v3", "", "nfs: {path: /}"),
        class("waits", "provisioner: d, volumeBindingMode: WaitForFirstConsumer"),
        claim("c1", "", "volumeName: v1"),
        claim("c2", "", "volumeName: v2"),
        claim("c3", "", "volumeName: v3"),
        claim("c4", "", "storageClassName: waits"),
    ];
    documents.extend([mounts("p", &["c1", "c2", "c3", "c4", "c1"]), pod("q", "", "")]);
    let instance = derived(&documents);
    assert_eq!(instance.resources, ["attachable-volumes-csi-d", "cpu", "memory", "pods"]);
    let limits: Vec<_> = instance.nodes.iter().map(|node| node.capacity[0]).collect();
    assert_eq!(limits, [5, (1 << 62) - 1, (1 << 62) - 1]);
    assert_eq!(shape_of(&instance, "p").requests[0], 2);
    assert_eq!(shape_of(&instance, "q").requests[0], 0);
    documents.retain(|document| !document.contains("CSINode"));
    assert_eq!(derived(&documents).resources, ["cpu", "memory", "pods"]);
}
