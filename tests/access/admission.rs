//! `seatrial access diff --kind admission`: policies on admission, old against new.

use crate::comparing::problems;
use crate::run::{Ran, folder, seatrial_in};

/// A policy on deployments and its binding.
const FEW: &str = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= 5
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few}
spec: {policyName: few, validationActions: [Deny]}
";

fn compare(old: &str, new: &str, arguments: &[&str]) -> Ran {
    let folder = folder(&[("old.yaml", old), ("new.yaml", new)]);
    let command = ["access", "diff", "old.yaml", "new.yaml", "--kind=admission"];
    seatrial_in(folder.path(), &[&command, arguments].concat())
}

#[test]
fn a_weaker_policy_is_shown_with_both_rules_and_an_object() {
    let new = FEW.replace("<= 5", "<= 50");
    let ran = compare(FEW, &new, &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    let table = compare(FEW, &new, &["--output-format=csv"]);
    insta::assert_snapshot!("a_weaker_policy_as_a_table", table.stdout);
    let document = compare(FEW, &new, &["--output-format=json"]).json();
    assert_eq!(problems(&document), [""; 0], "{document}");
    let region = &document["regions"][0];
    assert_eq!(region["change"], "opened");
    assert_eq!(region["request"]["resource"]["names"][0], "deployments.apps");
    assert_eq!(region["old_rule"][0]["text"], "object.spec.replicas <= 5");
    assert_eq!(region["new_rule"][0]["text"], "object.spec.replicas <= 50");
    assert_eq!(region["new_rule"][0]["pointer"], "/spec/validations/0/expression");
    let object = region["witness"]["object"].as_str().unwrap();
    let object: serde_json::Value = serde_json::from_str(object).unwrap();
    let replicas = object["spec"]["replicas"].as_i64().unwrap();
    assert!((6..=50).contains(&replicas), "{object}");
}

#[test]
fn exit_codes_tell_equal_changed_and_unknown() {
    let rewritten = FEW.replace("replicas <= 5", "replicas < 6");
    let warned = FEW.replace("[Deny]", "[Warn]");
    let ignored = FEW.replace("spec:\n  matchC", "spec:\n  failurePolicy: Ignore\n  matchC");
    let narrowed = FEW.replace("[CREATE, UPDATE]", "[CREATE]");
    let selected = FEW.replace(
        "matchConstraints:\n",
        "matchConstraints:\n    namespaceSelector: {matchLabels: {env: prod}}\n",
    );
    let unknown =
        FEW.replace("object.spec.replicas <= 5", "authorizer.path('/a').check('get').allowed()");
    let (policy, _) = FEW.split_once("---\n").unwrap();
    for (new, code, verdict) in [
        (FEW, 0, "equal"),
        (&*rewritten, 0, "equal"),
        // Of an object without `spec`, which the server would refuse later, the expression fails.
        (&*ignored, 1, "opened"),
        (&*warned, 1, "opened"),
        (&*narrowed, 1, "opened"),
        (&*selected, 1, "opened"),
        (policy, 1, "opened"),
        (&*unknown, 3, "unknown"),
    ] {
        let ran = compare(FEW, new, &[]);
        assert_eq!(ran.code, code, "{new}\n{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(verdict), "{new}\n{}", ran.stdout);
    }
}

#[test]
fn what_is_not_modelled_is_unknown_with_its_place() {
    let old = FEW.replace("replicas <= 5", "paused.lowerAscii() == 'x'");
    let new = FEW.replace("replicas <= 5", "paused.upperAscii() == 'X'");
    let ran = compare(&old, &new, &[]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn the_gate_reports_what_a_weaker_policy_admits() {
    let folder = folder(&[("base.yaml", FEW), ("app/new.yaml", &FEW.replace("<= 5", "<= 50"))]);
    let arguments = ["check", "app", "--base=base.yaml", "--select=access", "--output-format=full"];
    let ran = seatrial_in(folder.path(), &arguments);
    assert_eq!(ran.code, 0, "a warning fails nothing: {}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}
