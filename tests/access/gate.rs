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

#[test]
fn the_base_can_be_set_in_the_settings() {
    let admin = BINDING.replace("name: view", "name: edit");
    let run = |settings: &str, arguments: &[&str]| {
        let files =
            [("base.yaml", BINDING), ("app/new.yaml", &*admin), ("seatrial.yaml", settings)];
        let folder = folder(&files);
        let all = ["check", "app", "--select=access", "--output-format=concise"];
        seatrial_in(folder.path(), &[&all, arguments].concat())
    };
    assert_eq!(run("fail-on: error\n", &[]).code, 0, "nothing to compare with");
    let ran = run("base: base.yaml\n", &[]);
    assert!(ran.code == 1 && ran.stdout.contains("access-opened-sensitive"), "{}", ran.stdout);
    assert_eq!(run("base: base.yaml\n", &["--base=app/new.yaml"]).code, 0, "what is typed counts");
    assert_eq!(run("base: nowhere\n", &[]).code, 2);
    assert_eq!(run("base: ''\n", &[]).code, 2);
}

#[test]
fn what_is_not_listed_is_counted_and_what_weighs_most_is_listed_first() {
    let grants = |count: usize| -> String {
        let grant = |at: usize| {
            let resource = if at + 1 == count { "secrets" } else { "configmaps" };
            let api = "apiVersion: rbac.authorization.k8s.io/v1";
            format!(
                "---\n{api}\nkind: Role\nmetadata: {{name: r, namespace: n-{at:03}}}\nrules:\n\
                 - {{apiGroups: [''], resources: [{resource}], verbs: [get]}}\n---\n{api}\n\
                 kind: RoleBinding\nmetadata: {{name: r, namespace: n-{at:03}}}\nroleRef: {{apiGroup: \
                 rbac.authorization.k8s.io, kind: Role, name: r}}\nsubjects: [{{kind: User, name: \
                 u-{at:03}, apiGroup: rbac.authorization.k8s.io}}]\n"
            )
        };
        (0..count).map(grant).collect()
    };
    let new = grants(130);
    let folder = folder(&[("base.yaml", BINDING), ("new.yaml", &format!("{BINDING}{new}"))]);
    let arguments =
        ["check", "new.yaml", "--base=base.yaml", "--select=access", "--output-format=concise"];
    let ran = seatrial_in(folder.path(), &arguments);
    let count = |rule: &str| ran.stdout.matches(rule).count();
    assert!(ran.stdout.contains("and more that are not listed: 30 opened"), "{}", ran.stdout);
    assert_eq!((count("[access-opened-sensitive]"), count("[access-opened]")), (1, 100));
}
