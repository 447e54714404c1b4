//! The cases that tell a fault from what only looks like one, as tables: severity and pointer of
//! what is found.

use super::*;

/// Severity and pointer of what a rule finds in some files.
fn places(id: &str, files: &[&str], closed_world: bool) -> Vec<String> {
    let rule = REFERENCES.iter().find(|reference| reference.rule.id == id).unwrap().rule;
    let lines = found(rule, files, closed_world).into_iter();
    lines.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
}

fn expect_all(cases: &[(&str, &str, &[&str])]) {
    for (id, text, expected) in cases {
        assert_eq!(places(id, &[text], false), *expected, "{id}: {text}");
    }
}

/// A Deployment whose pods have a label `app` with its name, and this specification.
fn pods(name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: a}}, spec: \
         {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: \
         {{app: {name}}}}}, spec: {{{spec}}}}}}}}}\n---\n"
    )
}

/// A Deployment with one container.
fn container(name: &str, fields: &str) -> String {
    pods(name, &format!("containers: [{{name: {name}, image: i, {fields}}}]"))
}

/// A Service for the pods of [`pods`].
fn service(name: &str, port: i64) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: a}}, spec: \
         {{selector: {{app: {name}}}, ports: [{{name: p, port: {port}, targetPort: 8080}}]}}}}\n---\n"
    )
}

/// Some object in the namespace `a`.
fn object(api_version: &str, kind: &str, name: &str, rest: &str) -> String {
    format!(
        "{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: {name}, namespace: a}}{rest}}}\n---\n"
    )
}

#[test]
fn a_missing_object_is_as_loud_as_it_is_evident() {
    let uses = |name: &str| pods("web", &format!("serviceAccountName: {name}, containers: []"));
    let account = |name: &str| object("v1", "ServiceAccount", name, "");
    let place = "/spec/template/spec/serviceAccountName";
    for (text, open, closed) in [
        (uses("reader") + &account("reader"), None, None),
        (uses("reader"), Some("note"), Some("error")),
        (uses("raeder") + &account("reader"), Some("error"), Some("error")),
        (
            uses("reader") + &account("reader").replace("namespace: a", "namespace: b"),
            Some("warning"),
            Some("error"),
        ),
        (uses("reader-1") + &account("reader-2"), Some("note"), Some("error")),
        (uses("default"), None, None),
        (uses("'${ACCOUNT}'"), None, None),
        // An operator may make what is named after its custom resource.
        (uses("db-reader") + &object("example.com/v1", "Database", "db", ""), None, None),
        (
            uses("db-reader") + &object("keda.sh/v1alpha1", "ScaledObject", "db", ""),
            Some("note"),
            Some("error"),
        ),
    ] {
        for (closed_world, severity) in [(false, open), (true, closed)] {
            let expected: Vec<_> = severity.iter().map(|it| format!("{it} {place}")).collect();
            let found = places("missing-service-account", &[&text], closed_world);
            assert_eq!(found, expected, "{closed_world} {text}");
        }
    }
}

#[test]
fn addresses_are_told_from_other_texts() {
    let with = |value: &str| {
        container("web", &format!("env: [{{name: A, value: '{value}'}}]")) + &service("cart", 80)
    };
    let place = "/spec/template/spec/containers/0/env/0/value";
    for (value, expected) in [
        ("http://cart:80/x", None),
        ("http://cart", None),
        ("http://cart/", None),
        ("http://cart:8080", Some("error")),
        ("https://cart", Some("warning")),
        ("http://user:secret@cart:8080", Some("error")),
        ("cart:8080", Some("error")),
        ("other:1,cart:8080", Some("error")),
        ("cart.a:8080", Some("error")),
        ("cart.a.svc:8080", Some("error")),
        ("cart.a.svc.cluster.local:8080", Some("error")),
        ("cart.b.svc.cluster.local:8080", None),
        ("cart.example.com:8080", None),
        ("http://carts:80", Some("error")),
        ("http://carts:99", Some("warning")),
        ("http://cart:$(PORT)", None),
        ("http://cart_x", None),
        ("xcart:8080-alpine", None),
        ("Cart:8080", None),
        ("http://web:80", Some("warning")),
        ("http://elsewhere:80", None),
        ("cart-8080", None),
    ] {
        let expected: Vec<_> = expected.iter().map(|it| format!("{it} {place}")).collect();
        assert_eq!(places("unresolved-address", &[&with(value)], false), expected, "{value}");
    }
}

#[test]
fn waiting_in_a_circle_is_a_deadlock_and_waiting_in_a_line_is_not() {
    let waits = |name: &str, command: &str| {
        pods(
            name,
            &format!(
                "initContainers: [{{name: w, image: i, command: [sh, -c, '{command}']}}], \
                 containers: [{{name: c, image: i}}]"
            ),
        ) + &service(name, 80)
    };
    let place = "error /spec/template/spec/initContainers/0/command/2";
    for (text, stuck) in [
        (waits("one", "until nc -z one 80; do sleep 1; done"), 1),
        (waits("one", "until nc -z -w 2 one 80; do sleep 1; done"), 1),
        (waits("one", "curl --retry 99 http://one"), 1),
        (waits("one", "until nslookup one; do sleep 1; done"), 0),
        (waits("one", "nc -z two 80") + &waits("two", "nc -z one 80"), 2),
        (waits("one", "nc -z two 80") + &waits("two", "nc -z three 80"), 0),
        (
            waits("one", "nc -z two 80")
                + &waits("two", "nc -z tri 80")
                + &waits("tri", "nc -z one 80"),
            3,
        ),
        // Who waits for those in a circle hangs as well.
        (
            waits("one", "nc -z two 80")
                + &waits("two", "nc -z one 80")
                + &waits("tri", "nc -z one 80"),
            3,
        ),
        // Other pods answer, too.
        (
            waits("one", "nc -z one 80")
                + &container("old", "").replace("labels: {app: old}", "labels: {app: one}"),
            0,
        ),
        (
            waits("one", "nc -z one 80")
                .replace("image: i, command", "image: i, restartPolicy: Always, command"),
            0,
        ),
    ] {
        assert_eq!(
            places("init-container-deadlock", &[&text], false),
            vec![place; stuck],
            "{text}"
        );
    }
}

#[test]
fn jobs_complete_unless_a_container_never_ends() {
    let job = |containers: &str| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{template: {{spec: \
             {{containers: [{containers}]}}}}}}}}"
        )
    };
    let work = "{name: w, image: work}, ";
    for (containers, expected) in [
        (work.to_owned() + "{name: s, image: 'x/envoy:1'}", vec!["warning /spec/template/spec/containers/1/image"]),
        (work.to_owned() + "{name: s, image: x, readinessProbe: {}}", vec!["warning /spec/template/spec/containers/1/readinessProbe"]),
        ("{name: s, image: x, command: [sleep, infinity]}".to_owned(), vec!["warning /spec/template/spec/containers/0/command"]),
        (work.to_owned() + "{name: s, image: 'x/upload:1'}", vec![]),
        ("{name: s, image: 'x/envoy:1'}".to_owned(), vec![]),
        ("{name: w, image: work, command: [sh, -c, 'work; pkill envoy']}, {name: s, image: envoy}".to_owned(), vec![]),
        (work.to_owned() + "{name: s, image: x, command: [sh, -c, 'while true; do test -f /done && exit 0; done']}", vec![]),
    ] {
        assert_eq!(places("job-never-completes", &[&job(&containers)], false), expected, "{containers}");
    }
}

#[test]
fn policies_add_up_to_what_gets_through() {
    let policy = |name: &str, ingress: &str| {
        object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            name,
            &format!(", spec: {{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{ingress}]}}"),
        )
    };
    let base = container("db", "ports: [{name: sql, containerPort: 8080}]")
        + &service("db", 80)
        + &container("api", "env: [{name: DB, value: 'db:80'}]");
    let from = |labels: &str| format!("{{from: [{{podSelector: {{matchLabels: {{{labels}}}}}}}]}}");
    let cut = "error /spec/template/spec/containers/0/env/0/value";
    for (policies, expected) in [
        (String::new(), vec![]),
        (policy("x", &from("app: api")), vec![]),
        (policy("x", &from("app: web")), vec![cut]),
        (policy("x", &from("app: web")) + &policy("y", &from("app: api")), vec![]),
        (policy("x", "{ports: [{port: 8080}]}"), vec![]),
        (policy("x", "{ports: [{port: sql}]}"), vec![]),
        (policy("x", "{ports: [{port: 8000, endPort: 9000}]}"), vec![]),
        (policy("x", "{ports: [{port: 80}]}"), vec!["warning /spec/ports/0", cut]),
        (policy("x", "{ports: [{port: 8080, protocol: UDP}]}"), vec!["warning /spec/ports/0", cut]),
        (policy("x", ""), vec!["note /spec/ports/0", cut]),
        (policy("x", "{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}"), vec![]),
        (policy("x", "{from: [{namespaceSelector: {matchLabels: {team: a}}}]}"), vec![]),
        (
            policy(
                "x",
                "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}]}",
            ),
            vec![cut],
        ),
    ] {
        let text = base.clone() + &policies;
        assert_eq!(
            places("network-policy-cuts-connection", &[&text], false),
            expected,
            "{policies}"
        );
    }
}

#[test]
fn limits_of_a_namespace_are_held_against_its_pods() {
    let range = object(
        "v1",
        "LimitRange",
        "r",
        ", spec: {limits: [{type: Container, min: {cpu: 50m}, max: {memory: 1Gi}, default: {memory: 512Mi}}]}",
    );
    let quota = object("v1", "ResourceQuota", "q", ", spec: {hard: {requests.cpu: 1, pods: 3}}");
    let with = |resources: &str| container("web", &format!("resources: {{{resources}}}"));
    let place = "/spec/template/spec/containers/0/resources";
    let of_range =
        |text: String| places("limit-range-violated", &[&(range.clone() + &text)], false);
    assert_eq!(of_range(with("limits: {memory: 1Gi}, requests: {cpu: 50m}")), [""; 0]);
    assert_eq!(
        of_range(with("limits: {memory: 1025Mi}")),
        [format!("error {place}/limits/memory")]
    );
    assert_eq!(of_range(with("requests: {cpu: 49m}")), [format!("error {place}/requests/cpu")]);
    assert_eq!(
        of_range(with("requests: {memory: 768Mi}")),
        [format!("error {place}/requests/memory")]
    );
    assert_eq!(
        of_range(with("limits: {memory: 2Gi}").replace("namespace: a", "namespace: b")),
        [""; 0]
    );
    let of_quota = |text: String| places("quota-exceeded", &[&(quota.clone() + &text)], false);
    let replicas = |number: i64, cpu: &str| {
        with(&format!("requests: {{cpu: {cpu}}}"))
            .replace("spec: {selector", &format!("spec: {{replicas: {number}, selector"))
    };
    assert_eq!(of_quota(replicas(2, "500m")), [""; 0]);
    assert_eq!(of_quota(replicas(2, "501m")), ["error /spec/hard/requests.cpu"]);
    assert_eq!(of_quota(replicas(4, "1m")), ["error /spec/hard/pods"]);
    assert_eq!(of_quota(with("")), ["warning /spec/template/spec/containers/0/name"]);
}

#[test]
fn what_may_be_alternatives_is_judged_mildly() {
    let autoscaler = |name: &str| {
        format!(
            "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: {name}}}, \
             spec: {{maxReplicas: 3, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}}}}}"
        )
    };
    let (one, two) = (autoscaler("one"), autoscaler("two"));
    let together = format!("{one}\n---\n{two}");
    let id = "competing-autoscalers";
    assert_eq!(places(id, &[&together], false), ["error /spec/scaleTargetRef"]);
    assert_eq!(places(id, &[&one, &two], false), ["warning /spec/scaleTargetRef"]);
    assert_eq!(places(id, &[&one, &one], false), [""; 0]);
    let config = |value: &str| object("v1", "ConfigMap", "c", &format!(", data: {{a: {value}}}"));
    let id = "duplicate-object";
    assert_eq!(places(id, &[&(config("x") + &config("y"))], false), ["error /metadata/name"]);
    assert_eq!(places(id, &[&(config("x") + &config("x"))], false), ["warning /metadata/name"]);
    assert_eq!(places(id, &[&config("x"), &config("y")], false), ["note /metadata/name"]);
}

#[test]
fn the_rest_of_what_only_looks_like_a_fault() {
    let set = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: a}, spec: \
               {volumeClaimTemplates: [{metadata: {name: data}}], template: {spec: {volumes: [{name: data, \
               persistentVolumeClaim: {claimName: x}}]}}}}";
    let mount = |claim: &str| {
        pods(
            "b",
            &format!(
                "volumes: [{{name: v, persistentVolumeClaim: {{claimName: {claim}}}}}], containers: []"
            ),
        )
    };
    let claimed = |claim: &str| format!("{set}\n---\n{}", mount(claim));
    let place = "note /spec/template/spec/volumes/0/persistentVolumeClaim/claimName";
    expect_all(&[
        ("missing-claim", &claimed("data-db-0"), &[]),
        ("missing-claim", &claimed("data-db-x"), &[place]),
        ("missing-claim", &claimed("data-other-0"), &[place]),
        ("missing-class", &pods("w", "priorityClassName: high"), &[]),
        ("missing-class", &pods("w", "priorityClassName: system-node-critical"), &[]),
        (
            "shadowed-variable",
            &container("w", "env: [{name: PATH, value: /a}, {name: PATH, value: '$(PATH):/b'}]"),
            &[],
        ),
        (
            "cluster-names-out-of-reach",
            &(pods("w", "hostNetwork: true, containers: [{name: c, args: ['http://cart']}]")
                + &service("cart", 80)),
            &["warning /spec/template/spec/hostNetwork"],
        ),
        (
            "cluster-names-out-of-reach",
            &pods("w", "hostNetwork: true, containers: [{name: c, args: ['http://cart']}]"),
            &[],
        ),
        (
            "cluster-names-out-of-reach",
            &pods("w", "dnsPolicy: None"),
            &["error /spec/template/spec/dnsPolicy"],
        ),
    ]);
}
