//! Configurations as they are in commits.

use std::path::Path;
use std::process::Command;

use crate::run::{folder, seatrial_in};

const ROLE: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [''], resources: [configmaps], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: devs}
";

fn git(at: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let status = Command::new("git").current_dir(at).args(identity).args(arguments).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_commit_is_compared_with_the_files_that_are_there() {
    let folder = folder(&[("deploy/role.yaml", ROLE)]);
    let at = folder.path();
    git(at, &["init", "-q"]);
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "-m", "first"]);
    let secrets = ROLE.replace("[configmaps]", "[configmaps, secrets]");
    std::fs::write(at.join("deploy/role.yaml"), secrets).unwrap();
    for (below, old, new) in [
        (".", "git:HEAD", "."),
        (".", "git:HEAD:deploy", "deploy"),
        (".", "git:HEAD:deploy/role.yaml", "deploy/role.yaml"),
        ("deploy", "git:HEAD", "."),
    ] {
        let ran = seatrial_in(&at.join(below), &["access", "diff", old, new]);
        assert_eq!(ran.code, 1, "{old} {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("group devs"), "{}", ran.stdout);
        assert!(ran.stdout.contains("git:HEAD:"), "{}", ran.stdout);
        let same = seatrial_in(&at.join(below), &["access", "diff", old, old]);
        assert_eq!(same.code, 0, "{old} {}{}", same.stdout, same.stderr);
    }
    let check = ["check", "deploy", "--base=HEAD", "--select=access", "--output-format=concise"];
    let ran = seatrial_in(at, &check);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("access-opened-sensitive"), "{}", ran.stdout);
    for (name, message) in [
        ("git:nowhere", "there is no commit `nowhere` in this git repository"),
        ("git:HEAD:other", "`other` is not in commit `HEAD`"),
    ] {
        let ran = seatrial_in(at, &["access", "diff", name, "."]);
        assert_eq!((ran.code, ran.stderr), (2, format!("error: {message}\n")));
    }
}
