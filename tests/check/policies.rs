//! Policies: the built-in ones, the team's own, and those among the inspected manifests.

use crate::run::{check, folder, seatrial_in};

const POLICY: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: many-keys
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
  - expression: size(object.data) <= 1
    message: too many keys
";

const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  one: '1'\n  two: '2'\n";

const BINDING: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: many-keys
spec:
  policyName: many-keys
  validationActions: [Deny]
";

fn rules_of(ran: &crate::run::Ran) -> Vec<String> {
    let rule = |found: &String| found.rsplit(' ').next().unwrap_or_default().to_owned();
    ran.findings().iter().map(rule).collect()
}

#[test]
fn a_directory_of_own_invariants_is_run() {
    let folder = folder(&[("rules/many-keys/policy.yaml", POLICY), ("app/a.yaml", CONFIG)]);
    let ran =
        seatrial_in(folder.path(), &["check", "--output-format=json", "--invariants=rules", "app"]);
    assert_eq!(rules_of(&ran), ["many-keys"], "{}", ran.stderr);
    assert_eq!(ran.json()["findings"][0]["message"], "too many keys");
    let listed = seatrial_in(folder.path(), &["rules", "list", "--invariants=rules"]);
    assert!(listed.stdout.contains("many-keys"));
}

#[test]
fn a_directory_of_own_invariants_that_cannot_be_read_is_trouble() {
    for (text, message) in [
        ("a: 'b\n", "rules/p.yaml:1:4: not valid YAML"),
        (CONFIG, "`rules` holds no ValidatingAdmissionPolicy"),
    ] {
        let folder = folder(&[("rules/p.yaml", text), ("app/a.yaml", CONFIG)]);
        let ran = seatrial_in(folder.path(), &["check", "--invariants=rules", "app"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn an_inspected_policy_runs_where_a_binding_says_so() {
    assert_eq!(rules_of(&check(&[("a.yaml", CONFIG), ("p.yaml", POLICY)], &[])), [""; 0]);
    let bound = [("a.yaml", CONFIG), ("p.yaml", POLICY), ("b.yaml", BINDING)];
    assert_eq!(rules_of(&check(&bound, &[])), ["many-keys"]);
    let elsewhere = BINDING.replace(
        "  validationActions",
        "  matchResources: {objectSelector: {matchLabels: {a: b}}}\n  validationActions",
    );
    let bound = [("a.yaml", CONFIG), ("p.yaml", POLICY), ("b.yaml", elsewhere.as_str())];
    assert_eq!(rules_of(&check(&bound, &[])), [""; 0]);
}

#[test]
fn params_come_from_the_inspected_manifests() {
    let policy = POLICY
        .replace("spec:\n  match", "spec:\n  paramKind: {apiVersion: v1, kind: ConfigMap}\n  match")
        .replace(
            "size(object.data) <= 1",
            "object.metadata.name == 'limits' || size(object.data) <= int(params.data.most)",
        );
    let binding = BINDING.replace(
        "  validationActions",
        "  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}\n  validationActions",
    );
    let limits = |most: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: limits}}\ndata: {{most: '{most}'}}\n"
        )
    };
    for (most, expected) in [("2", &[][..]), ("1", &["many-keys".to_owned()][..])] {
        let limits = limits(most);
        let files =
            [("a.yaml", CONFIG), ("b.yaml", &binding), ("l.yaml", &limits), ("p.yaml", &policy)];
        assert_eq!(rules_of(&check(&files, &[])), expected, "{most}");
    }
}

#[test]
fn what_cannot_be_known_is_undecided_and_never_a_pass() {
    let asks = "authorizer.group('').resource('pods').check('create').allowed()";
    let policy = POLICY.replace("size(object.data) <= 1", asks);
    let files = [("a.yaml", CONFIG), ("b.yaml", BINDING), ("p.yaml", policy.as_str())];
    let ran = check(&files, &[]);
    assert_eq!((ran.code, ran.findings().len()), (3, 0), "{}", ran.stdout);
    assert_eq!(ran.json()["undecided"][0]["rule"], "many-keys");
    let absorbed =
        POLICY.replace("size(object.data) <= 1", &format!("size(object.data) <= 1 && {asks}"));
    let files = [("a.yaml", CONFIG), ("b.yaml", BINDING), ("p.yaml", absorbed.as_str())];
    assert_eq!(rules_of(&check(&files, &[])), ["many-keys"]);
}

#[test]
fn an_expression_that_does_not_compile_or_runs_away_is_named_with_its_place() {
    let run = |expression: &str| {
        let policy = POLICY.replace("size(object.data) <= 1", expression);
        check(&[("a.yaml", CONFIG), ("b.yaml", BINDING), ("p.yaml", &policy)], &[])
    };
    let broken = run("size(object.data <= 1");
    assert_eq!(broken.findings(), ["p.yaml:10:17 invalid-policy"], "{}", broken.stdout);
    assert_eq!(broken.code, 1);
    let unknown = run("sizze(object.data) <= 1");
    assert_eq!(rules_of(&unknown), ["invalid-policy"]);
    let list = "[0,1,2,3,4,5,6,7,8,9]";
    let mut away = "true".to_owned();
    for level in 0..9 {
        away = format!("{list}.all(x{level}, {away})");
    }
    let ran = run(&format!("\"{away}\""));
    assert_eq!(rules_of(&ran), ["many-keys"], "{}", ran.stdout);
    let message = ran.json()["findings"][0].to_string();
    assert!(message.contains("budget"), "{message}");
}

#[test]
fn an_evaluation_error_follows_the_failure_policy() {
    let policy = POLICY.replace("size(object.data) <= 1", "object.data.missing == 'x'");
    let ran = check(&[("a.yaml", CONFIG), ("b.yaml", BINDING), ("p.yaml", &policy)], &[]);
    assert_eq!(rules_of(&ran), ["many-keys"]);
    assert!(ran.stdout.contains("no such key: missing"), "{}", ran.stdout);
    let lenient = policy.replace("spec:\n  match", "spec:\n  failurePolicy: Ignore\n  match");
    let ran = check(&[("a.yaml", CONFIG), ("b.yaml", BINDING), ("p.yaml", &lenient)], &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_rule_of_a_definition_that_cannot_be_decided_is_undecided() {
    let definition = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sailings.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Sailing, plural: sailings, singular: sailing}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          at:
            type: string
            format: date-time
            x-kubernetes-validations:
            - rule: self.getHours('Europe/Oslo') < 22
";
    let sailing = "apiVersion: example.org/v1\nkind: Sailing\nmetadata: {name: a}\nat: '2026-11-22T10:00:00Z'\n";
    let ran = check(&[("a.yaml", sailing), ("d.yaml", definition)], &[]);
    assert_eq!((ran.code, ran.findings().len()), (3, 0), "{}", ran.stdout);
    assert!(ran.stdout.contains("time zone"), "{}", ran.stdout);
}
