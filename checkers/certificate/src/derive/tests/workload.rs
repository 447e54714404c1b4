use super::{derived, node, object, pod, refusal, shape_of, try_derive};

/// What a pod with such a spec requests of all but `pods`.
fn requests(spec: &str) -> Vec<(String, u64)> {
    let instance = derived(&[pod("p", "", spec)]);
    let named = instance.resources.iter().cloned().zip(instance.shapes[0].requests.clone());
    named.filter(|(name, amount)| name != "pods" && *amount > 0).collect()
}

#[test]
fn requests_are_summed_as_kubernetes_does() {
    let cases: [(&str, &[(&str, u64)]); 12] = [
        ("", &[]),
        ("containers: [{}, {resources: null}]", &[]),
        ("containers: [{resources: {requests: {cpu: 100m, memory: 1Ki}}}]", &[("cpu", 100), ("memory", 1024)]),
        // Summed before it is rounded.
        ("containers: [{resources: {requests: {cpu: 500u}}}, {resources: {requests: {cpu: 500u}}}]", &[("cpu", 1)]),
        // A limit is a request where there is none.
        ("containers: [{resources: {limits: {cpu: 2, x/gpu: 1}, requests: {cpu: 1}}}]", &[("cpu", 1000), ("x/gpu", 1)]),
        // The most of an init container and of what runs later.
        ("initContainers: [{resources: {requests: {cpu: 3}}}, {resources: {requests: {cpu: 2}}}],
          containers: [{resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 1, memory: 5}}}]",
         &[("cpu", 3000), ("memory", 5)]),
        // A sidecar runs beside what is started after it, and not beside what was before.
        ("initContainers: [{restartPolicy: Always, resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 3}}}],
          containers: [{resources: {requests: {cpu: 1}}}]", &[("cpu", 4000)]),
        ("initContainers: [{resources: {requests: {cpu: 3}}}, {restartPolicy: Always, resources: {requests: {cpu: 1}}}],
          containers: [{resources: {requests: {cpu: 1}}}]", &[("cpu", 3000)]),
        ("overhead: {cpu: 250m}, containers: [{resources: {requests: {cpu: 1}}}]", &[("cpu", 1250)]),
        // For the pod as a whole: instead of the sum, of what can be said so.
        ("resources: {requests: {cpu: 1, x/gpu: 7}}, overhead: {cpu: 1},
          containers: [{resources: {requests: {cpu: 5, memory: 3}}}]", &[("cpu", 2000), ("memory", 3)]),
        ("resources: {limits: {cpu: 1, memory: 9}}, containers: [{resources: {requests: {cpu: 500m}}}]",
         &[("cpu", 500), ("memory", 9)]),
        ("resources: {limits: {hugepages-2Mi: 4Mi}}, containers: [{resources: {requests: {hugepages-2Mi: 2Mi}}}]",
         &[("hugepages-2Mi", 4 << 20)]),
    ];
    for (spec, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        assert_eq!(requests(spec), expected, "{spec}");
    }
}

#[test]
fn resources_are_those_that_are_requested() {
    let with_nothing =
        derived(&[pod("p", "", "containers: [{resources: {requests: {x/gpu: 0}}}]")]);
    assert_eq!(with_nothing.resources, ["cpu", "memory", "pods"]);
    assert_eq!(with_nothing.shapes[0].requests, [0, 0, 1]);
    let gpu = pod("p", "", "containers: [{resources: {requests: {x/gpu: 2}}}]");
    let instance = derived(&[gpu, node("n", "", "")]);
    assert_eq!(instance.resources, ["cpu", "memory", "pods", "x/gpu"]);
    assert_eq!(instance.nodes[0].capacity, [4000, 8 << 30, 10, 0]);
}

#[test]
fn allocatable_defaults_to_capacity() {
    let capacity = "status: {capacity: {cpu: 2, pods: 5}}";
    let both = "status: {capacity: {cpu: 2, pods: 5}, allocatable: {cpu: 1500m}}";
    let instance =
        derived(&[object("v1", "Node", "a", "", capacity), object("v1", "Node", "b", "", both)]);
    assert_eq!(instance.nodes[0].capacity, [2000, 0, 5]);
    assert_eq!(instance.nodes[1].capacity, [1500, 0, 0]);
}

#[test]
fn absurd_amounts_are_refused() {
    for (amount, problem) in [
        ("-1", "negative"),
        ("1x", "no quantity"),
        ("4Ei", "out of range"),
        ("1e400", "out of range"),
        ("[1]", "a quantity"),
        ("4611686018427387903", "absurd"),
    ] {
        let spec = format!("containers: [{{resources: {{requests: {{cpu: {amount}}}}}}}]");
        let message = refusal(&[pod("p", "", &spec)]);
        assert!(message.contains(problem), "{amount}: {message}");
    }
    let twice = "containers: [{resources: {requests: {memory: 3Ei}}}, {resources: {requests: {memory: 3Ei}}}]";
    assert_eq!(
        refusal(&[pod("p", "", twice)]),
        "pod `default/p`: its requests for `memory` are absurd"
    );
    let node = object("v1", "Node", "n", "", "status: {allocatable: {cpu: 1Ei}}");
    assert_eq!(refusal(&[node]), "node `n`: its `cpu` is absurd");
}

#[test]
fn host_ports_are_those_of_containers_and_sidecars() {
    let cases: [(&str, &[&str]); 6] = [
        ("containers: [{ports: [{containerPort: 80}]}]", &[]),
        ("containers: [{ports: [{containerPort: 80, hostPort: 8080}]}]", &["0.0.0.0 TCP 8080"]),
        (
            "hostNetwork: true, containers: [{ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}]",
            &["0.0.0.0 TCP 80", "0.0.0.0 UDP 53"],
        ),
        (
            "containers: [{ports: [{containerPort: 1, hostPort: 9, hostIP: 10.0.0.1}, {containerPort: 2, hostPort: 9, hostIP: ''}]}]",
            &["0.0.0.0 TCP 9", "10.0.0.1 TCP 9"],
        ),
        (
            "initContainers: [{ports: [{containerPort: 1, hostPort: 1}]}, {restartPolicy: Always, ports: [{containerPort: 2, hostPort: 2}]}]",
            &["0.0.0.0 TCP 2"],
        ),
        (
            "containers: [{ports: [{containerPort: 1, hostPort: 7, protocol: SCTP}, {containerPort: 1, hostPort: 7, protocol: SCTP}]}]",
            &["0.0.0.0 SCTP 7"],
        ),
    ];
    for (spec, expected) in cases {
        let instance = derived(&[pod("p", "", spec)]);
        let ports = instance.ports.iter().map(|p| format!("{} {} {}", p.ip, p.protocol, p.port));
        assert_eq!(ports.collect::<Vec<_>>(), expected, "{spec}");
        assert_eq!(instance.shapes[0].ports.len(), expected.len());
    }
    let unknown = "containers: [{ports: [{containerPort: 1, protocol: ICMP}]}]";
    assert!(refusal(&[pod("p", "", unknown)]).contains("ICMP"));
    assert!(
        try_derive(&[pod("p", "", "containers: [{ports: [{containerPort: 70000}]}]")]).is_err()
    );
}

#[test]
fn priorities_come_from_the_pod_or_its_class() {
    let class = |name: &str, fields: &str| {
        object("scheduling.k8s.io/v1", "PriorityClass", name, "", fields)
    };
    let classes = [
        class("high", "value: 1000"),
        class("a", "value: 7, globalDefault: true"),
        class("b", "value: 5, globalDefault: true"),
    ];
    for (spec, priority) in [
        ("priority: -3, priorityClassName: high", -3),
        ("priorityClassName: high", 1000),
        ("priorityClassName: system-node-critical", 2_000_001_000),
        ("priorityClassName: system-cluster-critical", 2_000_000_000),
        ("", 5),
    ] {
        let mut documents = classes.to_vec();
        documents.push(pod("p", "", spec));
        assert_eq!(derived(&documents).shapes[0].priority, priority, "{spec}");
    }
    assert_eq!(derived(&[pod("p", "", "")]).shapes[0].priority, 0);
    assert_eq!(
        refusal(&[pod("p", "", "priorityClassName: gone")]),
        "pod `default/p`: priority class `gone` is not there"
    );
}

#[test]
fn pods_that_are_done_or_nowhere_are_left_out() {
    let with = |name: &str, metadata: &str, spec: &str, phase: &str| {
        object(
            "v1",
            "Pod",
            name,
            metadata,
            &format!("spec: {{{spec}}}, status: {{phase: {phase}}}"),
        )
    };
    let deleted = "deletionTimestamp: '2026-01-01T00:00:00Z'";
    let found = try_derive(&[
        node("n", "", ""),
        with("running", "", "nodeName: n", "Running"),
        with("starting", "", "nodeName: n", "Pending"),
        with("succeeded", "", "nodeName: n", "Succeeded"),
        with("failed", "", "nodeName: n", "Failed"),
        with("leaving", deleted, "nodeName: n", "Running"),
        with("gone", deleted, "", "Pending"),
        with("elsewhere", "", "nodeName: m", "Running"),
    ])
    .unwrap();
    let pods = found.instance.pods.iter().map(|pod| (pod.name.as_str(), pod.node, pod.fixed));
    assert_eq!(
        pods.collect::<Vec<_>>(),
        [
            ("default/leaving", Some(0), true),
            ("default/running", Some(0), false),
            ("default/starting", Some(0), false)
        ]
    );
    assert_eq!(found.remarks, ["pod `default/elsewhere` is left out: there is no node `m`"]);
}

#[test]
fn some_pods_are_fixed() {
    for (metadata, spec, fixed) in [
        ("", "nodeName: n", false),
        ("annotations: {kubernetes.io/config.mirror: abc}", "nodeName: n", true),
        (
            "annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}",
            "nodeName: n",
            true,
        ),
        (
            "annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'true'}",
            "nodeName: n",
            false,
        ),
        ("annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}", "", false),
        ("ownerReferences: [{kind: DaemonSet, controller: true}]", "nodeName: n", true),
        ("ownerReferences: [{kind: DaemonSet, controller: true}]", "", false),
        ("ownerReferences: [{kind: DaemonSet}]", "nodeName: n", false),
        ("ownerReferences: [{kind: ReplicaSet, controller: true}]", "nodeName: n", false),
        ("", "schedulingGates: [{name: wait}]", true),
        ("", "schedulingGates: [], affinity: null", false),
    ] {
        let pod = object("v1", "Pod", "p", metadata, &format!("spec: {{{spec}}}"));
        assert_eq!(derived(&[node("n", "", ""), pod]).pods[0].fixed, fixed, "{metadata} {spec}");
    }
}

#[test]
fn what_has_no_place_in_an_instance_is_refused() {
    for (spec, problem) in [
        ("resourceClaims: [{name: gpu}]", "`resourceClaims` has no place"),
        ("workloadRef: {name: w}", "`workloadRef` has no place"),
        ("schedulingGroup: {name: w}", "`schedulingGroup` has no place"),
        ("volumes: [{name: v, iscsi: {iqn: x}}]", "inline volume"),
        ("placementPolicy: strict", "unknown field `placementPolicy`"),
        ("affinity: {rackAffinity: {}}", "unknown field `rackAffinity`"),
    ] {
        let message = refusal(&[pod("p", "", spec)]);
        assert!(message.contains(problem), "{spec}: {message}");
    }
    assert!(refusal(&[node("n", "", "partition: 3")]).contains("unknown field `partition`"));
}

#[test]
fn other_schedulers_are_remarked() {
    let found = try_derive(&[pod("p", "", "schedulerName: volcano")]).unwrap();
    assert_eq!(found.remarks.len(), 1);
    assert!(found.remarks[0].contains("`volcano`"));
    assert!(
        try_derive(&[pod("p", "", "schedulerName: default-scheduler")]).unwrap().remarks.is_empty()
    );
    assert_eq!(shape_of(&found.instance, "p").requests, [0, 0, 1]);
}
