//! `invariants/access/`: each assertion has manifests that it proves, and some that refute it.

use std::fs;

use crate::run::{check, folder, root, seatrial_in};

#[test]
fn each_built_in_assertion_is_proved_and_refuted() {
    let access = root().join("invariants/access");
    let entries = fs::read_dir(&access).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = entries
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let case = |case: &str| fs::read_to_string(access.join(&name).join(case)).unwrap();
        let judge = |manifests: &str| {
            let select = format!("--select={name}");
            check(&[("all.yaml", manifests)], &["all.yaml", &select, "--fail-on=note"])
        };
        let pass = judge(&case("pass.yaml"));
        assert_eq!((pass.code, pass.findings().len()), (0, 0), "{name} {}", pass.stdout);
        // Each binding refutes it, by itself.
        let fail = case("fail.yaml");
        let is_binding = |document: &&str| document.contains("subjects:");
        let (bindings, roles): (Vec<_>, Vec<_>) = fail.split("---\n").partition(is_binding);
        assert!(!bindings.is_empty());
        for binding in bindings {
            let ran = judge(&[&roles[..], &[binding]].concat().join("---\n"));
            let findings = ran.findings();
            assert!(ran.code == 1 && findings[0].starts_with("all.yaml:"), "{binding}{findings:?}");
        }
    }
}

const OWN: &str = "\
title: somebody but the vault reads secrets of the shop
severity: error
why: Card numbers are in them.
nobody:
  but: [service account shop/vault]
  verbs: [get, list, watch]
  resources: [secrets]
  namespaces: [shop]
";

const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
- {kind: ServiceAccount, name: vault, namespace: shop}
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}
";

#[test]
fn a_teams_own_assertions_are_proved_or_refuted() {
    let files = [("policies/access/shop-secrets.yaml", OWN), ("app/binding.yaml", BINDING)];
    let folder = folder(&files);
    let arguments =
        ["check", "app", "--invariants=policies", "--select=access", "--output-format=full"];
    let ran = seatrial_in(folder.path(), &arguments);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    let page = seatrial_in(folder.path(), &["explain", "shop-secrets", "--invariants=policies"]);
    assert!(page.stdout.contains("Card numbers are in them."), "{}{}", page.stdout, page.stderr);
}

#[test]
fn an_unknown_role_leaves_an_assertion_undecided() {
    let binding = BINDING.replace("name: edit", "name: elsewhere");
    let files = [("policies/access/shop-secrets.yaml", OWN), ("binding.yaml", &*binding)];
    let arguments = ["binding.yaml", "--invariants=policies", "--select=shop-secrets"];
    let ran = check(&files, &arguments);
    assert_eq!((ran.code, ran.json()["undecided"].as_array().unwrap().len()), (3, 1));
}

#[test]
fn an_assertion_that_cannot_be_read_is_refused_with_its_place() {
    for (old, new, message) in [
        ("verbs:", "verb:", ":6:3: unknown key `verb`; did you mean `verbs`?"),
        ("service account shop/vault", "vault", ":5:9: `vault`: expected `user NAME`"),
        ("severity: error", "severity: bad", ":2:11: unknown severity `bad`"),
    ] {
        let own = OWN.replace(old, new);
        let files = [("policies/access/a.yaml", &*own), ("binding.yaml", BINDING)];
        let ran = check(&files, &["binding.yaml", "--invariants=policies"]);
        let expected = format!("error: policies/access/a.yaml{message}");
        assert!(ran.code == 2 && ran.stderr.starts_with(&expected), "{}", ran.stderr);
    }
}
