//! Baselines: findings that were there before.

use std::fs;
use std::path::Path;

use crate::run::{CLEAN, FAULTY, folder, seatrial_in};

const JSON: &str = "--output-format=json";

fn replace(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn only_what_is_new_counts_and_what_was_mended_is_named() {
    let folder = folder(&[("a.yaml", FAULTY), ("b.yaml", "a: [")]);
    let at = folder.path();
    let written = seatrial_in(at, &["check", JSON, "--write-baseline"]);
    assert_eq!((written.code, written.findings().len()), (0, 0), "{}", written.stderr);
    assert_eq!(written.stderr, "2 findings are accepted by .seatrial-baseline.json\n");
    let text = fs::read_to_string(at.join(".seatrial-baseline.json")).unwrap();
    insta::assert_snapshot!(text);
    let check = |arguments: &[&str]| {
        let known = ["check", JSON, "--baseline=.seatrial-baseline.json"];
        seatrial_in(at, &[&known, arguments].concat())
    };

    // Lines move, objects change files: nothing is new.
    replace(at, "c.yaml", &format!("# moved\n\n{FAULTY}"));
    replace(at, "a.yaml", "");
    let ran = check(&[]);
    assert_eq!((ran.code, ran.findings()), (0, Vec::new()), "{}", ran.stdout);
    assert_eq!(ran.json()["suppressed"][0]["suppressed_by"], "baseline");
    assert_eq!(ran.json()["suppressed"][0]["suppressed_at"]["path"], ".seatrial-baseline.json");

    // A second fault of the same kind is new, at another pointer and in another object.
    replace(at, "c.yaml", &format!("{FAULTY}dattta: {{}}\n"));
    replace(at, "d.yaml", &FAULTY.replace("settings", "more"));
    assert_eq!(check(&[]).findings(), ["c.yaml:7:1 unknown-field", "d.yaml:5:1 unknown-field"]);

    // What was mended is named, unless its file was not looked at or its rule does not run.
    replace(at, "c.yaml", CLEAN);
    fs::remove_file(at.join("a.yaml")).unwrap();
    fs::remove_file(at.join("d.yaml")).unwrap();
    let ran = check(&[]);
    assert_eq!(ran.findings(), [".seatrial-baseline.json:5:1 stale-baseline-entry"]);
    assert_eq!(ran.code, 0);
    let severe = check(&["--fail-on=warning"]);
    assert_eq!(severe.code, 1);
    assert_eq!(check(&["--ignore=unknown-field"]).findings(), [""; 0]);
    assert_eq!(check(&["--ignore=stale-baseline-entry"]).findings(), [""; 0]);
    replace(at, "a.yaml", FAULTY);
    assert_eq!(check(&["b.yaml"]).findings(), [""; 0], "a.yaml is there, and was not looked at");
}

#[test]
fn the_configuration_names_the_baseline() {
    let folder = folder(&[("seatrial.yaml", "baseline: known.json\n"), ("a.yaml", FAULTY)]);
    let missing = seatrial_in(folder.path(), &["check"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("known.json` cannot be read"), "{}", missing.stderr);
    assert!(missing.stderr.contains("--write-baseline"), "{}", missing.stderr);
    let written = seatrial_in(folder.path(), &["check", "--write-baseline=known.json"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(seatrial_in(folder.path(), &["check", JSON]).findings(), [""; 0]);
    replace(folder.path(), "known.json", "{\"version\": 1, \"entries\": [{\"rule\": 1}]}");
    let wrong = seatrial_in(folder.path(), &["check"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("known.json:1:28: invalid type"), "{}", wrong.stderr);
}

#[test]
fn what_a_change_opens_is_in_no_baseline() {
    let role = |verbs: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
             metadata: {{name: ci, namespace: shop}}\n\
             rules: [{{apiGroups: [''], resources: [pods], verbs: [{verbs}]}}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
             metadata: {{name: ci, namespace: shop}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}}\n\
             subjects: [{{kind: User, name: ann}}]\n"
        )
    };
    let before = folder(&[("a.yaml", &role("get"))]);
    let after = folder(&[("a.yaml", &role("get, list"))]);
    let base = format!("--base={}", before.path().display());
    let arguments = ["check", JSON, "--select=access", &base];
    let opened = seatrial_in(after.path(), &arguments).findings();
    assert_eq!(opened.len(), 1, "{opened:?}");
    let written = seatrial_in(after.path(), &[&arguments[..], &["--write-baseline"]].concat());
    assert_eq!(written.findings(), opened);
    let known = "--baseline=.seatrial-baseline.json";
    assert_eq!(seatrial_in(after.path(), &[&arguments[..], &[known]].concat()).findings(), opened);
}
