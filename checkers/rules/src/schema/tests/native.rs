use super::super::Coverage;
use super::{brief, check_in, container, found};

/// Each case: the container's lines, and the finding they give, if any.
#[test]
fn values_are_of_the_type_that_the_server_reads() {
    for (lines, expected) in [
        ("args: [a, '1']", None),
        ("args: [1]", Some("wrong-type /spec/containers/0/args/0")),
        ("args: [yes]", Some("wrong-type /spec/containers/0/args/0")),
        ("args: [~]", None),
        ("args: a", Some("wrong-type /spec/containers/0/args")),
        ("args: {a: b}", Some("wrong-type /spec/containers/0/args")),
        ("args: ~", None),
        ("stdin: true", None),
        ("stdin: 'true'", Some("wrong-type /spec/containers/0/stdin")),
        ("stdin: 1", Some("wrong-type /spec/containers/0/stdin")),
        ("env: [{name: A, value: 1}]", Some("wrong-type /spec/containers/0/env/0/value")),
        ("env: [{name: A, value: '1'}]", None),
        ("ports: [{containerPort: 80}]", None),
        ("ports: [{containerPort: 80.0}]", None),
        ("ports: [{containerPort: 8e1}]", None),
        (
            "ports: [{containerPort: 80.5}]",
            Some("wrong-type /spec/containers/0/ports/0/containerPort"),
        ),
        (
            "ports: [{containerPort: '80'}]",
            Some("wrong-type /spec/containers/0/ports/0/containerPort"),
        ),
        (
            "securityContext: {runAsUser: 3000000000}",
            Some("invalid-value /spec/containers/0/securityContext/runAsUser"),
        ),
        (
            "securityContext: {runAsUser: 30000000000000000000}",
            Some("wrong-type /spec/containers/0/securityContext/runAsUser"),
        ),
        ("livenessProbe: {httpGet: {port: http}}", None),
        ("livenessProbe: {httpGet: {port: 80}}", None),
        (
            "livenessProbe: {httpGet: {port: true}}",
            Some("wrong-type /spec/containers/0/livenessProbe/httpGet/port"),
        ),
        (
            "livenessProbe: {httpGet: {port: 2147483648}}",
            Some("wrong-type /spec/containers/0/livenessProbe/httpGet/port"),
        ),
        ("resources: {limits: {cpu: 1, memory: 1Gi}}", None),
        ("resources: {limits: {cpu: 0.5}}", None),
        ("resources: {limits: {cpu: ~}}", None),
        (
            "resources: {limits: {memory: 1GB}}",
            Some("invalid-value /spec/containers/0/resources/limits/memory"),
        ),
        (
            "resources: {limits: {cpu: true}}",
            Some("wrong-type /spec/containers/0/resources/limits/cpu"),
        ),
        ("resources: {limits: []}", Some("wrong-type /spec/containers/0/resources/limits")),
    ] {
        assert_eq!(found(&container(lines)), Vec::from_iter(expected), "{lines}");
    }
}

#[test]
fn fields_are_those_of_the_schema() {
    for (lines, expected) in [
        ("command: [a]", None),
        ("comand: [a]", Some("unknown-field /spec/containers/0/comand")),
        ("Command: [a]", Some("unknown-field /spec/containers/0/Command")),
        ("replicas: 1", Some("unknown-field /spec/containers/0/replicas")),
        ("a/b: 1", Some("unknown-field /spec/containers/0/a~1b")),
        ("unknown: ~", Some("unknown-field /spec/containers/0/unknown")),
        ("ports: [{}]", Some("missing-field /spec/containers/0/ports/0")),
        ("ports: [~]", Some("missing-field /spec/containers/0/ports/0")),
        ("ports: [{containerPort: ~}]", Some("missing-field /spec/containers/0/ports/0")),
        ("env: [{name: A}, {name: A}]", None),
        ("volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]", None),
        (
            "volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a}]",
            Some("duplicate-item /spec/containers/0/volumeMounts/1"),
        ),
    ] {
        assert_eq!(found(&container(lines)), Vec::from_iter(expected), "{lines}");
    }
}

#[test]
fn values_are_those_that_the_server_takes() {
    for (lines, expected) in [
        ("imagePullPolicy: Always", None),
        ("imagePullPolicy: ''", None),
        ("imagePullPolicy: always", Some("invalid-value /spec/containers/0/imagePullPolicy")),
        (
            "ports: [{containerPort: 65536}]",
            Some("invalid-value /spec/containers/0/ports/0/containerPort"),
        ),
        ("ports: [{containerPort: 80, hostPort: 0}]", None),
        (
            "ports: [{containerPort: 80, protocol: tcp}]",
            Some("invalid-value /spec/containers/0/ports/0/protocol"),
        ),
        (
            "livenessProbe: {httpGet: {port: 0}}",
            Some("invalid-value /spec/containers/0/livenessProbe/httpGet/port"),
        ),
        (
            "livenessProbe: {periodSeconds: -1}",
            Some("invalid-value /spec/containers/0/livenessProbe/periodSeconds"),
        ),
    ] {
        assert_eq!(found(&container(lines)), Vec::from_iter(expected), "{lines}");
    }
}

/// Whole objects, each with what is found.
const OBJECTS: &[(&str, &[&str])] = &[
    ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}", &[]),
    (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: 1}}",
        &["wrong-type /data/a"],
    ),
    (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, binaryData: {a: YQ}}",
        &["invalid-value /binaryData/a"],
    ),
    ("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: YQ==}}", &[]),
    ("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: [1, 255]}}", &[]),
    (
        "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: hunter2!}}",
        &["invalid-value /data/a"],
    ),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}}", &["missing-field "]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: ~}", &["missing-field "]),
    ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}", &["missing-field /spec"]),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: a, creationTimestamp: ~}, spec: {containers: [{name: a, image: b}]}, status: {}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: a, creationTimestamp: now}, spec: {containers: [{name: a, image: b}]}}",
        &["invalid-value /metadata/creationTimestamp"],
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: b}, {name: a, image: c}]}}",
        &["duplicate-item /spec/containers/1"],
    ),
    // What is observed must be readable, and is not validated.
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: b}]}, status: {conditions: [{}]}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: b}]}, status: {phaze: x}}",
        &["unknown-field /status/phaze"],
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 53}, {port: 53, name: b, protocol: UDP}]}}",
        &[],
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 53, name: a}, {port: 53, name: b, protocol: TCP}]}}",
        &["duplicate-item /spec/ports/1"],
    ),
    (
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {a: 'b c'}}}",
        &["invalid-label /spec/selector/a"],
    ),
    (
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}",
        &[],
    ),
    (
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: -1, selector: {matchExpressions: [{key: a, operator: Exists}]}, template: {metadata: {labels: {a/b/c: d}}, spec: {containers: [{name: a, image: b}]}}}}",
        &["invalid-value /spec/replicas", "invalid-label /spec/template/metadata/labels/a~1b~1c"],
    ),
    (
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {policyTypes: [ingress]}}",
        &["invalid-value /spec/policyTypes/0"],
    ),
    ("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a}}", &[]),
    (
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: [ReadWriteOnly]}}",
        &["invalid-value /spec/accessModes/0"],
    ),
    (
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: b}}",
        &[],
    ),
    ("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: ~, stringData: {a: b}}", &[]),
];

#[test]
fn objects_are_accepted_and_rejected_as_by_the_server() {
    for &(text, expected) in OBJECTS {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn objects_have_names_that_their_kind_may_have() {
    for (text, expected) in [
        ("{apiVersion: v1, kind: ConfigMap}", vec!["missing-name /metadata"]),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: ''}}", vec!["missing-name /metadata"]),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: 1}}",
            vec!["wrong-type /metadata/name"],
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: []}", vec!["wrong-type /metadata"]),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {generateName: a-}}", vec![]),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {generateName: A-}}",
            vec!["invalid-name /metadata/generateName"],
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a_b}}",
            vec!["invalid-name /metadata/name"],
        ),
        (
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: 'a:B_c'}}",
            vec![],
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {a: b/c}}}",
            vec!["invalid-label /metadata/labels/a"],
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {a: 'b c', A.b/C: ''}}}",
            vec![],
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {'a b': c}}}",
            vec!["invalid-label /metadata/annotations/a b"],
        ),
        ("{apiVersion: authentication.k8s.io/v1, kind: TokenReview, spec: {token: a}}", vec![]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn kinds_are_served_removed_deprecated_or_unknown() {
    for (version, api_version, kind, coverage, expected) in [
        (
            "1.25",
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            Coverage::Checked,
            Some("deprecated-api"),
        ),
        (
            "1.26",
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            Coverage::NotServed,
            Some("removed-api"),
        ),
        ("1.37", "policy/v1beta1", "PodSecurityPolicy", Coverage::NotServed, Some("removed-api")),
        ("1.37", "extensions/v1beta1", "Ingress", Coverage::NotServed, Some("removed-api")),
        (
            "1.33",
            "resource.k8s.io/v1",
            "DeviceClass",
            Coverage::NotServed,
            Some("unknown-api-version"),
        ),
        ("1.34", "resource.k8s.io/v1", "DeviceClass", Coverage::Checked, None),
        ("1.37", "v1", "Deployment", Coverage::NotServed, Some("unknown-api-version")),
        ("1.37", "apps/v2", "Deployment", Coverage::NotServed, Some("unknown-api-version")),
        ("1.37", "app/v1", "Deployment", Coverage::NotServed, Some("unknown-api-version")),
        ("1.37", "apps/v1", "deployment", Coverage::NotServed, Some("unknown-kind")),
        ("1.37", "apps/v1", "Deploymnt", Coverage::NotServed, Some("unknown-kind")),
        ("1.37", "serving.knative.dev/v1", "Service", Coverage::NoSchema, None),
        ("1.37", "skaffold/v4", "Config", Coverage::NoSchema, None),
        ("1.37", "v1", "Config", Coverage::NoSchema, None),
        ("1.37", "gateway.networking.k8s.io/v1", "Gateway", Coverage::NoSchema, None),
    ] {
        let text = format!(
            "{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a}}, spec: {{maxReplicas: \
             1, scaleTargetRef: {{kind: a, name: b}}}}}}"
        );
        let (found, findings) = check_in(&text, version);
        assert_eq!(found, [coverage], "{text}");
        let about_kinds = ["deprecated-api", "removed-api", "unknown-api-version", "unknown-kind"];
        let rules = findings.iter().map(|finding| &*finding.rule);
        let rules: Vec<_> = rules.filter(|rule| about_kinds.contains(rule)).collect();
        assert_eq!(rules, Vec::from_iter(expected), "{text} in {version}");
    }
}

#[test]
fn every_version_checks_its_own_fields() {
    let text = container("restartPolicy: Always");
    for (version, expected) in
        [("1.25", vec!["unknown-field /spec/containers/0/restartPolicy"]), ("1.29", vec![])]
    {
        let (_, findings) = check_in(&text, version);
        assert_eq!(findings.iter().map(brief).collect::<Vec<_>>(), expected, "{version}");
    }
}

#[test]
fn workloads_fit_their_pod_templates() {
    let of = |kind: &str, spec: &str, pod: &str| {
        let template = format!(
            "{{metadata: {{labels: {{a: b}}}}, spec: {{{pod} containers: [{{name: a, image: b}}]}}}}"
        );
        let spec = match kind {
            "batch/v1, kind: CronJob" => {
                format!("schedule: '@daily', jobTemplate: {{spec: {{template: {template}}}}}")
            }
            _ => format!("{spec} template: {template}"),
        };
        found(&format!("{{apiVersion: {kind}, metadata: {{name: a}}, spec: {{{spec}}}}}"))
    };
    let labels = "selector: {matchLabels: {a: b}},";
    for kind in ["Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"] {
        let kind = format!("apps/v1, kind: {kind}");
        let nothing = [""; 0];
        assert_eq!(of(&kind, labels, ""), nothing);
        assert_eq!(of(&kind, labels, "restartPolicy: Always,"), nothing);
        let policy = ["invalid-value /spec/template/spec/restartPolicy"];
        assert_eq!(of(&kind, labels, "restartPolicy: Never,"), policy);
        let selector = ["invalid-value /spec/selector"];
        assert_eq!(of(&kind, "selector: {},", ""), selector);
        assert_eq!(of(&kind, "selector: {matchLabels: {a: c}},", ""), selector);
        assert_eq!(of(&kind, "selector: {matchLabels: {b: b}},", ""), selector);
        let expression = "selector: {matchExpressions: [{key: x, operator: Exists}]},";
        assert_eq!(of(&kind, expression, ""), nothing, "known limit");
    }
    for (kind, at) in [
        ("batch/v1, kind: Job", "/spec/template/spec"),
        ("batch/v1, kind: CronJob", "/spec/jobTemplate/spec/template/spec"),
    ] {
        assert_eq!(of(kind, "", "restartPolicy: Never,"), [""; 0]);
        assert_eq!(of(kind, "", ""), [format!("missing-field {at}")]);
        let policy = [format!("invalid-value {at}/restartPolicy")];
        assert_eq!(of(kind, "", "restartPolicy: Always,"), policy);
    }
}
