use std::sync::Arc;

use proptest::prelude::*;
use seatrial_core::SourceFile;
use seatrial_scheduling::{Bindings, Profile, expand};

use super::*;

/// Nodes of a snapshot: name, cores, zone and what else is in its `spec`.
fn node(name: &str, cpu: u32, zone: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{kubernetes.io/hostname: \
         {name}, zone: {zone}}}}}\nspec: {{{spec}}}\nstatus: {{allocatable: {{cpu: {cpu}, memory: \
         8Gi, pods: 10}}}}\n---\n"
    )
}

/// A pod that runs, of a priority.
fn running(name: &str, node: &str, cpu: u32, priority: i32) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {name}}}, \
         ownerReferences: [{{kind: ReplicaSet, name: {name}, controller: true}}]}}\nspec: \
         {{nodeName: {node}, priority: {priority}, containers: [{{name: c, resources: {{requests: \
         {{cpu: {cpu}}}}}}}]}}\nstatus: {{phase: Running}}\n---\n"
    )
}

/// A Deployment; what else is in the `spec` of its pods begins on line 10.
fn deployment(name: &str, replicas: u32, cpu: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: \
         {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: \
         {{labels: {{app: {name}}}}}\n    spec:\n      {spec}\n      containers:\n      - name: c\n        \
         resources: {{requests: {{cpu: {cpu}}}}}\n---\n"
    )
}

fn autoscaler(name: &str, most: u32) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: \
         {name}}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: \
         {name}}}\n  maxReplicas: {most}\n---\n"
    )
}

fn away(name: &str, topology: &str) -> String {
    format!(
        "affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
         [{{topologyKey: {topology}, labelSelector: {{matchLabels: {{app: {name}}}}}}}]}}}}"
    )
}

fn spread(name: &str, topology: &str, more: &str) -> String {
    format!(
        "topologySpreadConstraints: [{{topologyKey: {topology}, maxSkew: 1, whenUnsatisfiable: \
         DoNotSchedule, labelSelector: {{matchLabels: {{app: {name}}}}}{more}}}]"
    )
}

fn objects(path: &str, text: &str) -> Vec<Object> {
    seatrial_manifests::read(Arc::new(SourceFile::new(path, text))).objects
}

fn found(snapshot: &str, manifests: &str) -> Found {
    let base = Base { objects: objects("cluster.yaml", snapshot), profile: None, files: vec![] };
    check(&base, &objects("app.yaml", manifests), TIME_LIMIT, 1).unwrap().found
}

/// All that is said, line by line.
fn said(snapshot: &str, manifests: &str) -> Vec<String> {
    let found = found(snapshot, manifests);
    let findings = found
        .findings
        .iter()
        .map(|it| format!("{}:{} {}: {}", it.location.path, it.location.line, it.rule, it.message));
    let undecided =
        found.undecided.iter().map(|it| format!("{} undecided: {}", it.location.line, it.reason));
    findings.chain(undecided).collect()
}

fn three_nodes() -> String {
    [node("n1", 4, "a", ""), node("n2", 4, "b", ""), node("n3", 4, "b", "")].concat()
}

#[test]
fn what_fits_beside_all_that_runs_is_not_spoken_of() {
    let full = three_nodes() + &running("r1", "n1", 4, 5) + &running("r2", "n2", 2, 0);
    for manifests in [
        deployment("web", 3, "2", "priority: 0"),
        deployment("web", 2, "2", "priority: 9") + &deployment("old", 1, "2", "priority: 0"),
        deployment("web", 2, "1", &away("web", "kubernetes.io/hostname")),
        // The pod that the manifest replaces makes room.
        deployment("web", 1, "4", "priority: 0")
            + "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r1}\nspec: {replicas: 0}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".to_owned(),
    ] {
        assert_eq!(said(&full, &manifests), [""; 0], "{manifests}");
    }
}

#[test]
fn a_pod_that_fits_no_node_is_placed_where_the_reason_stands() {
    let taint = "taints: [{key: gpu, effect: NoSchedule}]";
    let nodes = node("n1", 4, "a", "") + &node("n2", 16, "b", taint);
    for (spec, cpu, line, words) in [
        ("priority: 0", "8", 13, "1 Insufficient cpu, 1 node(s) had untolerated taint"),
        ("nodeSelector: {zone: c}", "1", 10, "node(s) didn't match Pod's node affinity/selector"),
        (
            "volumes: [{name: v, persistentVolumeClaim: {claimName: none}}]",
            "1",
            5,
            "whether its volumes can be bound is not known",
        ),
    ] {
        let said = said(&nodes, &deployment("web", 2, cpu, spec));
        assert_eq!(said.len(), 1, "{said:?}");
        let start = format!("app.yaml:{line} unplaceable-pod: no node can run all 2 pods of");
        let expected = said[0].starts_with(&start) || said[0].starts_with("5 undecided");
        assert!(expected && said[0].contains(words), "{said:?}");
    }
    let near = "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                [{topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}";
    let alone = deployment("web", 1, "1", near);
    assert!(said(&nodes, &alone)[0].contains("no pod of the cluster matches"));
    // The other one comes later in the file, and first into the cluster.
    assert_eq!(said(&nodes, &(alone + &deployment("db", 1, "1", "priority: 0"))), [""; 0]);
}

#[test]
fn too_many_pods_are_counted_with_and_without_others() {
    let nodes = three_nodes();
    assert_eq!(
        said(&nodes, &deployment("web", 8, "2", "priority: 0")),
        ["app.yaml:5 unplaceable-pod: 2 of the 8 pods of Deployment `web` cannot be placed: the \
          nodes hold 6, even if nothing else runs"]
    );
    let busy = nodes + &running("r1", "n1", 3, 5);
    assert_eq!(
        said(&busy, &deployment("web", 6, "2", "priority: 5")),
        ["app.yaml:5 unplaceable-pod: at least 1 of the 6 pods of Deployment `web` cannot be \
             placed beside the pods that are at least as important"]
    );
    let both = deployment("web", 6, "2", "priority: 1") + &deployment("db", 1, "4", "priority: 2");
    let said = said(&three_nodes(), &both);
    assert!(
        said.len() == 1 && said[0].contains("at least 2 of the 6 pods of Deployment `web`"),
        "{said:?}"
    );
}

#[test]
fn what_asks_for_more_than_there_is_needs_no_search() {
    let nodes: String = (0..150).map(|at| node(&format!("n{at:03}"), 4, "a", "")).collect();
    let text: String =
        ["a", "b", "c", "d"].map(|name| deployment(name, 300, "1", "priority: 0")).concat();
    let base = Base { objects: objects("cluster.yaml", &nodes), profile: None, files: vec![] };
    let manifests = objects("app.yaml", &text);
    for threads in [1, 2] {
        let found = check(&base, &manifests, TIME_LIMIT, threads).unwrap().found;
        assert!(found.undecided.is_empty());
        let told =
            found.findings.iter().map(|it| format!("{}; {}", it.message, it.evidence.join("; ")));
        let lacks = |name: &str| {
            format!(
                "not all 300 pods of Deployment `{name}` can be placed beside the pods that are at \
                 least as important; proven: 900 pods of priority 0 and above cannot run all"
            )
        };
        assert_eq!(told.collect::<Vec<_>>(), [lacks("c"), lacks("d")]);
    }
}

#[test]
fn who_only_fits_if_others_go_is_told() {
    let busy = three_nodes() + &running("r1", "n1", 3, 5) + &running("r2", "n2", 3, 5);
    let evicts = |replicas, cpu, priority| {
        said(&busy, &deployment("web", replicas, cpu, &format!("priority: {priority}")))
    };
    let message = "app.yaml:5 needs-eviction: all 3 pods of Deployment `web` can only be placed \
                   if other pods are evicted or moved";
    assert_eq!(evicts(3, "4", 9), [message]);
    assert!(evicts(3, "4", 5)[0].contains("unplaceable-pod"));
    assert_eq!(evicts(3, "1", 5), [""; 0]);
    // To move is enough.
    let apart = [
        node("n1", 4, "a", ""),
        node("n2", 4, "b", ""),
        running("r1", "n1", 2, 5),
        running("r2", "n2", 2, 5),
    ];
    let said = said(&apart.concat(), &deployment("web", 1, "4", "priority: 5"));
    assert_eq!(
        said,
        [
            "app.yaml:5 needs-eviction: the pod of Deployment `web` can only be placed if other pods \
          are evicted or moved"
        ]
    );
}

#[test]
fn spread_and_anti_affinity_say_at_which_number_they_fail() {
    let nodes = three_nodes();
    let tainted = nodes.clone() + &node("n4", 4, "c", "taints: [{key: x, effect: NoSchedule}]");
    let honor = spread("web", "zone", ", nodeTaintsPolicy: Honor");
    let few = spread("web", "zone", ", minDomains: 3");
    for (snapshot, replicas, spec, most) in [
        (&nodes, 3, away("web", "zone"), Some("2")),
        (&nodes, 2, away("web", "zone"), None),
        (&nodes, 4, away("web", "kubernetes.io/hostname"), Some("3")),
        (&nodes, 5, away("other", "zone"), None),
        (&nodes, 8, spread("web", "zone", ""), None),
        // Zone `a` has room for four, so that `b` holds five.
        (&nodes, 10, spread("web", "zone", ""), Some("9")),
        (&tainted, 3, spread("web", "zone", ""), Some("2")),
        (&tainted, 4, honor, None),
        (&nodes, 3, few.clone(), Some("2")),
        (&nodes, 2, few, None),
        (&nodes, 3, spread("other", "zone", ", minDomains: 9"), None),
    ] {
        let said = said(snapshot, &deployment("web", replicas, "1", &spec));
        let Some(most) = most else {
            assert_eq!(said, [""; 0], "{spec}");
            continue;
        };
        let start = format!(
            "app.yaml:10 unsatisfiable-spread: at the stated number, {replicas} pods, no more than \
             {most} of Deployment `web` can be placed"
        );
        assert!(said.len() == 1 && said[0].starts_with(&start), "{spec}: {said:?}");
    }
    let unlabelled = said(&nodes, &deployment("web", 1, "1", &spread("web", "rack", "")));
    assert!(unlabelled[0].contains("lack a label of its topology spread"), "{unlabelled:?}");
}

#[test]
fn the_maximum_of_an_autoscaler_is_looked_at_too() {
    let text = |most| deployment("web", 2, "1", &away("web", "zone")) + &autoscaler("web", most);
    assert_eq!(said(&three_nodes(), &text(2)), [""; 0]);
    let found = found(&three_nodes(), &text(3));
    let [finding] = &found.findings[..] else { panic!("{found:?}") };
    assert!(
        finding.message.starts_with(
            "at the maximum of HorizontalPodAutoscaler `web`, 3 pods, no more than 2 of"
        ),
        "{}",
        finding.message
    );
    assert_eq!(finding.related[0].location.line, 20);
}

#[test]
fn what_cannot_be_read_or_is_told_twice_is_undecided() {
    let nodes = three_nodes();
    let twice = deployment("web", 1, "1", "priority: 0").repeat(2);
    assert_eq!(
        said(&nodes, &twice),
        ["17 undecided: another manifest of the same name is put into the cluster"]
    );
    let broken =
        deployment("web", 1, "-1", "priority: 0") + &deployment("b", 1, "9", "priority: 0");
    let said_of_broken = said(&nodes, &broken);
    assert_eq!(said_of_broken.len(), 2, "{said_of_broken:?}");
    assert!(
        said_of_broken[0].contains("unplaceable-pod: no node can run the pod of Deployment `b`")
    );
    assert!(said_of_broken[1].starts_with("13 undecided: not placed: "), "{said_of_broken:?}");
    let gated = deployment("web", 1, "1", "schedulingGates: [{name: x}]");
    assert_eq!(said(&nodes, &gated), ["3 undecided: not placed: the pods have scheduling gates"]);
    let base = Base {
        objects: objects("c.yaml", &(nodes.clone() + &nodes)),
        profile: None,
        files: vec![],
    };
    assert!(check(&base, &[], TIME_LIMIT, 1).is_err());
}

#[test]
fn nodes_are_shown_as_they_are_and_with_the_manifests() {
    let cluster = node("n1", 4, "a", "") + &node("n2", 4, "a", "") + &running("old", "n1", 2, 5);
    let base = Base { objects: objects("c.yaml", &cluster), profile: None, files: vec![] };
    let text = deployment("web", 3, "2", "priority: 0") + &deployment("big", 1, "9", "priority: 9");
    let shown = check(&base, &objects("a.yaml", &text), TIME_LIMIT, 1).unwrap();
    let [Exhibit::Nodes(nodes)] = shown.exhibits.as_slice() else { panic!("one picture of nodes") };
    assert_eq!(nodes.priorities, [9, 5, 0]);
    let pods: Vec<_> = nodes.nodes.iter().map(|node| (&*node.name, node.pods)).collect();
    assert_eq!(pods, [("n1", [1, 2]), ("n2", [0, 2])]);
    let taken: Vec<_> = nodes.nodes.iter().map(|node| &node.resources[0]).collect();
    assert_eq!((&*taken[0].name, taken[0].capacity), ("cpu", 4000));
    assert_eq!(taken[0].taken, [vec![0, 2000, 0], vec![0, 2000, 2000]]);
    assert_eq!(taken[1].taken, [vec![0, 0, 0], vec![0, 0, 4000]]);
    let [unplaced] = nodes.unplaced.as_slice() else { panic!("one workload has no place") };
    assert_eq!(unplaced.reason, shown.found.findings[0].message);
    assert_eq!(unplaced.pods.len(), 1);
}

#[test]
fn without_time_only_what_is_cheap_is_decided() {
    let base = Base { objects: objects("c.yaml", &three_nodes()), profile: None, files: vec![] };
    let text = deployment("web", 1, "1", "priority: 0") + &deployment("b", 1, "9", "priority: 0");
    let found = check(&base, &objects("a.yaml", &text), Duration::ZERO, 1).unwrap().found;
    assert_eq!((found.findings.len(), found.undecided.len()), (1, 1), "{found:?}");
    assert!(found.undecided[0].reason.contains("not decided within 0 s"), "{found:?}");
}

/// Nodes in zones, which are empty, tainted, or both.
fn arb_nodes() -> impl Strategy<Value = String> {
    let one = (1_u32..4, 0_usize..3, any::<bool>());
    prop::collection::vec(one, 1..5).prop_map(|nodes| {
        let one = |(at, (cpu, zone, taint)): (usize, (u32, usize, bool))| {
            let taint = if taint { "taints: [{key: x, effect: NoSchedule}]" } else { "" };
            node(&format!("n{at}"), cpu, ["a", "b", "c"][zone], taint)
        };
        nodes.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    /// Whatever is bound in whatever order, counting has not said less.
    #[test]
    fn no_order_of_bindings_beats_what_is_counted(
        nodes in arb_nodes(),
        apart in any::<bool>(),
        more in prop::sample::select(vec!["", ", minDomains: 2", ", nodeTaintsPolicy: Honor"]),
        others in 0_u32..3,
        order in prop::collection::vec((0_usize..12, 0_usize..4, any::<bool>()), 40),
    ) {
        let own = if apart { away("web", "zone") } else { spread("web", "zone", more) };
        let tolerant = "tolerations: [{operator: Exists}]";
        let other = deployment("other", others, "1", tolerant).replace("{app: other}", "{app: web}");
        let manifests = deployment("web", 8, "1", &own) + &other;
        let base = Base { objects: objects("c.yaml", &nodes), profile: None, files: vec![] };
        let all = objects("a.yaml", &manifests);
        let mut found = Found::default();
        let world = Manifests::new(&all, &mut found).world(&base, Scale::Stated, &mut found).unwrap();
        let filters = Filters::new(&world.cluster);
        let workload = world.workloads.iter().find(|it| it.object.name() == "web").unwrap();
        let most = match counting::limit(&filters, workload) {
            None => return Ok(()),
            Some(Limit::Room(most)) => most,
            Some(Limit::Spread(spread)) => spread.most,
        };
        let mut bindings = Bindings::none(&world.cluster);
        for (pod, node, goes) in order {
            let (Some(it), true) = (world.cluster.pods.get(pod), node < world.cluster.nodes.len())
            else { continue };
            let is_own = workload.pods.contains(&pod);
            if bindings.node_of(pod).is_some() {
                if goes && !is_own {
                    bindings.unbind(pod);
                }
            } else if filters.prepare(&bindings, it.template).unwrap().passes(&bindings, node) {
                bindings.bind(pod, node);
            }
            let bound = workload.pods.iter().filter(|pod| bindings.node_of(**pod).is_some());
            prop_assert!(bound.count() as u64 <= most);
        }
    }
}

#[test]
fn a_profile_has_the_nodes() {
    let text = "groups:\n- {name: w, count: 2, capacity: {cpu: 2, memory: 4Gi, pods: 10}}\n";
    let file = Arc::new(SourceFile::new("profile.yaml", text));
    let profile = Some(Profile::read(&file).unwrap());
    let base = Base { objects: Vec::new(), profile, files: vec![file] };
    let check = |replicas| {
        let text = deployment("web", replicas, "2", "priority: 0");
        check(&base, &objects("app.yaml", &text), TIME_LIMIT, 1).unwrap().found.findings.len()
    };
    assert_eq!((check(2), check(3)), (0, 1));
    assert!(expand(Vec::new(), base.profile.as_ref(), Scale::Stated).is_ok());
}
