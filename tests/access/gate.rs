//! Access in `seatrial check`.

use crate::run::{check, folder, root, seatrial_in};

const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: devs}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}
";

#[test]
fn a_change_is_reported_by_what_it_opens() {
    let admin = BINDING.replace("name: view", "name: edit");
    let other = BINDING.replace("name: devs}\n", "name: ops}\n");
    let rules = |base: &str, new: &str| {
        let folder = folder(&[("base.yaml", base), ("app/new.yaml", new)]);
        let arguments =
            ["check", "app", "--base=base.yaml", "--select=access", "--output-format=json"];
        let ran = seatrial_in(folder.path(), &arguments);
        let mut rules: Vec<_> = ran
            .findings()
            .iter()
            .map(|finding| finding.split_once(' ').unwrap().1.to_owned())
            .collect();
        rules.sort();
        rules.dedup();
        (ran.code, rules.join(" "))
    };
    assert_eq!(rules(BINDING, BINDING), (0, String::new()));
    let (code, found) = rules(BINDING, &admin);
    assert!(code == 1 && found.contains("access-opened-sensitive"), "{code} {found}");
    assert!(found.contains("access-new-reach"), "{found}");
    let (code, found) = rules(&admin, BINDING);
    assert_eq!((code, &*found), (0, "access-closed"));
    let (_, found) = rules(BINDING, &other);
    assert!(found.contains("access-closed") && found.contains("access-opened"), "{found}");
}

#[test]
fn a_base_that_cannot_be_read_is_refused() {
    let ran = check(&[("a.yaml", BINDING)], &["--base=nowhere"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    let broken = [("app/a.yaml", BINDING), ("base.yaml", "apiVersion: v1\nkind: [")];
    let ran = check(&broken, &["app", "--base=base.yaml"]);
    assert!(ran.code == 2 && ran.stderr.starts_with("error: base.yaml:"), "{}", ran.stderr);
}

#[test]
fn mistakes_in_policies_are_reported_without_a_base() {
    let case = root().join("corpus/access/policy-that-selects-nothing");
    let arguments =
        ["check", "bad", "--select=network-policy-selects-nothing", "--output-format=full"];
    let ran = seatrial_in(&case, &arguments);
    assert_eq!(ran.code, 0, "a warning fails nothing: {}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
}
