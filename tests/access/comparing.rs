//! `seatrial access diff`.

use serde_json::Value;

use crate::run::{Ran, folder, root, seatrial_in, seatrial_with};

const READER: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [''], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: web, namespace: shop}
";

fn compare(old: &str, new: &str, arguments: &[&str]) -> Ran {
    let folder = folder(&[("old.yaml", old), ("new.yaml", new)]);
    seatrial_in(folder.path(), &[&["access", "diff", "old.yaml", "new.yaml"], arguments].concat())
}

/// What is wrong with a document by the schema of `seatrial access`.
pub(crate) fn problems(document: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("configs/output/access.schema.json")).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(document).map(|it| format!("{}: {it}", it.instance_path())).collect()
}

#[test]
fn what_is_opened_is_shown_with_its_rules_and_a_witness() {
    let new =
        READER.replace("[configmaps]", "[configmaps, secrets]").replace("[get]", "[get, list]");
    let ran = compare(READER, &new, &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn the_same_configuration_in_another_form_is_proved_equal() {
    let (roles, bindings) = READER.split_once("---\n").unwrap();
    let new = format!(
        "{bindings}---\n{}",
        roles.replace(
            "- {apiGroups: [''], resources: [configmaps], verbs: [get]}",
            "- {apiGroups: [''], resources: [configmaps], verbs: [get]}\n\
             - {apiGroups: [''], resources: [configmaps], resourceNames: [a], verbs: [get]}",
        )
    );
    let ran = compare(READER, &new, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn exit_codes_tell_changed_unknown_and_equal() {
    let opened = READER.replace("[get]", "[get, list]");
    let unknown = READER.replace("kind: Role, name: reader", "kind: ClusterRole, name: elsewhere");
    let unknown = unknown.replace("[get]", "[]");
    let empty = READER.replace("[get]", "[]");
    for (old, new, arguments, code) in [
        (READER, &*opened, &[][..], 1),
        (&opened, READER, &[], 1),
        (READER, READER, &[], 0),
        (&empty, &unknown, &[], 3),
        (READER, &opened, &["--exit-zero"], 0),
        (&empty, &unknown, &["--exit-zero"], 0),
        (READER, &opened, &["--kind=network"], 0),
        (READER, "kind: [", &[], 2),
        (READER, &opened, &["--kind=nothing"], 2),
        (READER, &opened, &["--output=a", "--output=b"], 2),
    ] {
        let ran = compare(old, new, arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{new}\n{}{}", ran.stdout, ran.stderr);
    }
    let folder = folder(&[("a.yaml", READER)]);
    for arguments in [["a.yaml", "b.yaml"], ["git:nowhere", "a.yaml"]] {
        let ran = seatrial_in(folder.path(), &[&["access", "diff"][..], &arguments].concat());
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
}

#[test]
fn json_has_an_object_a_region_and_obeys_its_schema() {
    let new = READER.replace("[configmaps]", "[configmaps, secrets]");
    let ran = compare(READER, &new, &["--output-format=json"]);
    let document = ran.json();
    assert_eq!(problems(&document), [""; 0], "{}", ran.stdout);
    assert_eq!(document["command"], "access diff");
    assert_eq!(document["summary"]["verdict"], "changed");
    let region = &document["regions"][0];
    assert_eq!(region["change"], "opened");
    assert_eq!(region["subject"]["names"][0], "service account shop/web");
    assert_eq!(region["request"]["resource"]["names"][0], "secrets");
    assert_eq!(region["witness"]["resource"], "secrets");
    assert_eq!(region["new_rule"][0]["location"]["path"], "new.yaml");
    let mut broken = document.clone();
    broken["regions"][0]["change"] = "exploded".into();
    assert_ne!(problems(&broken), [""; 0]);
}

#[test]
fn a_capped_listing_still_counts_all() {
    let rules = ["pods", "services", "endpoints"].map(|resource| {
        format!("- {{apiGroups: [''], resources: [{resource}], verbs: [{}]}}\n", resource.len())
    });
    let (head, tail) = READER.split_once("---").unwrap();
    let new = format!(
        "{head}{}---{tail}",
        rules.concat().replace("[4]", "[get]").replace("[8]", "[list]").replace("[9]", "[watch]")
    );
    let ran = compare(READER, &new, &["--limit=1"]);
    assert!(ran.stdout.contains("and 2 more regions"), "{}", ran.stdout);
    let json = compare(READER, &new, &["--limit=1", "--output-format=json"]).json();
    assert_eq!((&json["summary"]["regions"], &json["summary"]["listed"]), (&3.into(), &1.into()));
}

#[test]
fn what_is_not_recognised_is_counted_and_named() {
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let ran = compare(READER, &format!("{READER}---\n{other}"), &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains("not compared after: 1 object: v1 ConfigMap (1)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn files_that_hold_nothing_to_compare_are_named() {
    let template = "kind: Role\nmetadata: {name: {{ .Values.name }}}\n";
    let folder = folder(&[
        ("old/a.yaml", READER),
        ("new/a.yaml", READER),
        ("new/chart/role.yaml", template),
    ]);
    let ran = seatrial_in(folder.path(), &["access", "diff", "old", "new"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("after: 1 template: new/chart/role.yaml"), "{}", ran.stdout);
}

#[test]
fn one_side_may_come_from_standard_input_and_a_table_may_go_to_a_file() {
    let folder = folder(&[("old.yaml", READER)]);
    let new = READER.replace("[get]", "[get, list]");
    let arguments =
        ["access", "diff", "old.yaml", "-", "--output-format=csv", "--output=table.csv"];
    let ran = seatrial_with(folder.path(), &arguments, new.as_bytes());
    assert_eq!((ran.code, &*ran.stdout), (1, ""), "{}", ran.stderr);
    let table = std::fs::read_to_string(folder.path().join("table.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("change,kind,who,what,witness,replay,old_rule,new_rule"));
    assert!(lines.next().unwrap().starts_with("opened,rbac,service account shop/web,"), "{table}");
}
