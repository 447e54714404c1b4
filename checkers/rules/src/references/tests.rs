mod relations;

use std::fmt::Write;
use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};
use seatrial_parse::{Node, Value};

use super::*;

/// The objects of some files `0.yaml`, `1.yaml` and so on.
pub(super) fn objects(files: &[&str]) -> Vec<Object> {
    let read = |(at, text): (usize, &&str)| {
        let manifest = read(Arc::new(SourceFile::new(format!("{at}.yaml"), *text)));
        let all_read = manifest.unreadable.is_empty() && manifest.skipped.is_empty();
        assert!(all_read && manifest.problems.is_empty(), "{manifest:?}");
        manifest.objects
    };
    files.iter().enumerate().flat_map(read).collect()
}

/// What a rule finds, one line each, with the text that would be underlined between `<` and `>`.
pub(super) fn found(rule: &Rule, files: &[&str], closed_world: bool) -> Vec<String> {
    report(rule, &objects(files), closed_world)
}

/// What a rule finds in some objects; each finding must point at something.
fn report(rule: &Rule, objects: &[Object], closed_world: bool) -> Vec<String> {
    let index = Index::build(objects);
    let reference = REFERENCES.iter().find(|reference| reference.rule.id == rule.id).unwrap();
    let mut findings = Vec::new();
    (reference.check)(&Context { index: &index, closed_world }, &mut findings);
    let underlined = |location: &seatrial_core::Location| {
        let file = objects.iter().find(|object| *object.file.path() == location.path).unwrap();
        file.file.slice(location.span).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let shown = findings.iter().map(|finding| {
        let pointer = finding.pointer.as_deref().unwrap();
        let object = objects.iter().find(|object| {
            Some(&object.id) == finding.resource.as_ref() && object.node.pointer(pointer).is_some()
        });
        assert!(object.is_some(), "{finding:?} points at nothing");
        assert_eq!(finding.rule, rule.id);
        let mut line = format!(
            "{} {pointer} <{}> {}",
            finding.severity,
            underlined(&finding.location),
            finding.message
        );
        for related in &finding.related {
            write!(line, "; <{}> {}", underlined(&related.location), related.message).unwrap();
        }
        if let Some(fix) = &finding.fix {
            write!(line, "; help: {}", fix.description).unwrap();
        }
        line
    });
    shown.collect()
}

/// Checks what a rule finds in one file, with the world open.
pub(super) fn expect(rule: &Rule, text: &str, expected: &[&str]) {
    assert_eq!(found(rule, &[text], false), expected, "{text}");
}

#[test]
fn the_registry_is_sorted_and_every_rule_has_its_manual_page() {
    let ids: Vec<_> = REFERENCES.iter().map(|reference| &reference.rule.id).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for Reference { rule, .. } in REFERENCES {
        assert_eq!(rule.part, crate::Part::Reference);
        for section in ["## What it checks", "## Why it matters", "## What to do"] {
            assert!(rule.explanation.contains(section), "{} lacks {section}", rule.id);
        }
    }
}

#[test]
fn an_empty_directory_has_no_findings() {
    for reference in REFERENCES {
        assert!(found(reference.rule, &[], true).is_empty());
    }
}

/// An application without a fault.
const APPLICATION: &str = "\
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: prod}
spec:
  selector: {app: shop, tier: front}
  ports: [{name: web, port: 80, targetPort: http}, {name: metrics, port: 9090, targetPort: 9091}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: prod}
spec:
  template:
    metadata: {labels: {app: shop, tier: front, release: stable}}
    spec:
      imagePullSecrets: [{name: registry}]
      containers:
      - name: shop
        image: shop:1
        resources: {requests: {cpu: 1}}
        ports: [{name: http, containerPort: 8080}, {containerPort: 9091}]
        readinessProbe: {httpGet: {port: 9091}}
        env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: shop-config, key: level}}}, {name: SELF, value: 'http://shop:80'}]
        envFrom: [{secretRef: {name: shop-secret}}]
      volumes: [{name: v, projected: {sources: [{secret: {name: shop-secret, items: [{key: cert}]}}]}}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: shop-config, namespace: prod}, data: {level: info}}
---
{apiVersion: v1, kind: Secret, metadata: {name: shop-secret, namespace: prod}, stringData: {cert: x}}
---
{apiVersion: v1, kind: Secret, metadata: {name: registry, namespace: prod}, data: {}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: prod}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, minReplicas: 3, maxReplicas: 6}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop, namespace: prod}
spec: {selector: {matchLabels: {app: shop}}, maxUnavailable: 1}
";

/// Every mutant of the application has one fault, and exactly one rule finds it.
#[test]
fn each_mutant_is_found_by_its_rule_alone() {
    for (rule, text, replacement) in [
        ("", "", ""),
        ("service-without-pods", "selector: {app: shop, tier", "selector: {app: shpo, tier"),
        (
            "service-without-pods",
            "labels: {app: shop, tier: front,",
            "labels: {app: shop, tier: back,",
        ),
        ("service-without-pods", "labels: {app: shop, tier: front,", "labels: {app: shop,"),
        ("target-port-not-exposed", "targetPort: http", "targetPort: https"),
        ("target-port-not-exposed", "targetPort: 9091", "targetPort: 9090"),
        ("target-port-not-exposed", "{name: http, containerPort: 8080}", "{containerPort: 8080}"),
        ("missing-config", "key: level", "key: lever"),
        ("missing-config", "data: {level: info}", "data: {levels: info}"),
        ("missing-config", "{name: shop-config, key", "{name: shop-conf, key"),
        ("missing-config", "secretRef: {name: shop-secret}", "secretRef: {name: shop-secrets}"),
        ("missing-config", "key: cert", "key: crt"),
        ("missing-config", "{name: registry}", "{name: registries}"),
        (
            "missing-config",
            "name: shop-config, namespace: prod",
            "name: shop-config, namespace: dev",
        ),
        ("scale-target-missing", "kind: Deployment, name: shop", "kind: StatefulSet, name: shop"),
        ("scale-target-missing", "kind: Deployment, name: shop", "kind: Deployment, name: shops"),
        (
            "scale-target-missing",
            "apiVersion: apps/v1, kind",
            "apiVersion: extensions/v1beta1, kind",
        ),
        ("blocked-eviction", "maxUnavailable: 1", "minAvailable: 100%"),
        ("blocked-eviction", "maxUnavailable: 1", "minAvailable: 6"),
        ("blocked-eviction", "maxUnavailable: 1", "minAvailable: 3"),
        ("blocked-eviction", "maxUnavailable: 1", "maxUnavailable: 0"),
        ("missing-disruption-budget", "kind: PodDisruptionBudget", "kind: Budget"),
        ("autoscaler-without-requests", "requests: {cpu: 1}", "requests: {memory: 1Gi}"),
        (
            "fixed-replicas-under-autoscaler",
            "spec:\n  template:",
            "spec:\n  replicas: 3\n  template:",
        ),
        ("probe-port-missing", "httpGet: {port: 9091}", "httpGet: {port: web}"),
        ("reversed-autoscaler-bounds", "minReplicas: 3", "minReplicas: 7"),
        ("unresolved-address", "http://shop:80", "http://shop:8080"),
        ("unresolved-address", "http://shop:80", "http://shops:80"),
        ("shadowed-variable", "{name: SELF,", "{name: LEVEL,"),
        (
            "cluster-names-out-of-reach",
            "      containers:",
            "      dnsPolicy: Default\n      containers:",
        ),
        (
            "missing-service-account",
            "      containers:",
            "      serviceAccountName: shop\n      containers:",
        ),
        ("missing-class", "      containers:", "      priorityClassName: high\n      containers:"),
    ] {
        assert!(APPLICATION.contains(text), "{text}");
        let mutant = APPLICATION.replacen(text, replacement, 1);
        let finds = |reference: &&Reference| !found(reference.rule, &[&mutant], true).is_empty();
        // The others are asked for by name.
        let always = REFERENCES.iter().filter(|reference| reference.profiles.is_empty());
        let found: Vec<_> = always.filter(finds).map(|reference| &reference.rule.id).collect();
        let expected: &[&str] = if rule.is_empty() { &[] } else { &[rule] };
        assert_eq!(found, expected, "{text} -> {replacement}");
    }
}

/// The JSON pointers of all nodes below a node.
fn pointers(node: &Node, pointer: &str, all: &mut Vec<String>) {
    all.push(pointer.to_owned());
    for (at, item) in node.items().iter().enumerate() {
        pointers(item, &format!("{pointer}/{at}"), all);
    }
    for entry in node.entries() {
        let key = seatrial_parse::escape_pointer_token(&entry.key.text);
        pointers(&entry.value, &format!("{pointer}/{key}"), all);
    }
}

/// The node at a JSON pointer without escapes.
fn node_at<'n>(node: &'n mut Node, pointer: &str) -> &'n mut Node {
    pointer.split('/').skip(1).fold(node, |node, token| match &mut node.value {
        Value::Sequence(items) => &mut items[token.parse::<usize>().unwrap()],
        Value::Mapping(map) => {
            &mut map.entries.iter_mut().find(|entry| &*entry.key.text == token).unwrap().value
        }
        _ => panic!("{token} of a scalar"),
    })
}

/// Values of any type at any place are passed over or judged, for schemas come first only in the
/// report; what is found points at what is there (see `report`).
#[test]
fn values_of_the_wrong_type_do_no_harm() {
    let values =
        "{apiVersion: v1, kind: X, v: [null, [], {}, [{}], {a: {}}, 1, -1, a, '', true, [[1]]]}";
    let values = objects(&[values]).remove(0).node;
    let application = objects(&[APPLICATION]);
    for (at, object) in application.iter().enumerate() {
        let mut places = Vec::new();
        pointers(&object.node, "", &mut places);
        for (place, value) in places.iter().flat_map(|place| {
            values.get("v").unwrap().items().iter().map(move |value| (place, value))
        }) {
            let mut mutants = application.clone();
            node_at(&mut mutants[at].node, place).value = value.value.clone();
            for reference in REFERENCES {
                report(reference.rule, &mutants, true);
            }
        }
    }
}
