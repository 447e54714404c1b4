//! The gate as a whole: which parts run, what is kept between runs, what the time limit cuts, the
//! team's own protocols.

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::run::{CLEAN, FAULTY, Ran, check, folder, seatrial_cached, seatrial_in};

/// A Deployment whose Service selects nothing, and whose field is misspelt.
const APP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replica: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'a/b:1'}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: wob}, ports: [{port: 80}]}
";

#[test]
fn only_the_parts_that_are_asked_for_run() {
    let rules = |arguments: &[&str]| {
        let ran = check(&[("app.yaml", APP)], arguments);
        let rules = ran.findings().into_iter();
        let mut rules: Vec<_> = rules.map(|it| it.split_once(' ').unwrap().1.to_owned()).collect();
        rules.dedup();
        rules
    };
    let all = rules(&[]);
    let has = |rules: &[String], rule: &str| rules.iter().any(|it| it == rule);
    assert!(has(&all, "unknown-field") && has(&all, "service-without-pods"), "{all:?}");
    assert_eq!(rules(&["--only=schema"]), ["unknown-field"]);
    assert_eq!(rules(&["--only=schema", "--skip=schema"]), Vec::<String>::new());
    let rest = rules(&["--skip=schema,invariant"]);
    assert!(!has(&rest, "unknown-field") && has(&rest, "service-without-pods"), "{rest:?}");
    let ran = check(&[("app.yaml", "a: [")], &["--only=drill", "app.yaml"]);
    assert_eq!(ran.code, 1, "what cannot be read is said whatever runs: {}", ran.stdout);
    let ran = check(&[("app.yaml", APP)], &["--only=schemas"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a similar value exists: 'schema'"), "{}", ran.stderr);
}

/// The entries of a cache.
fn entries(cache: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(cache).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn results_are_kept_by_all_that_they_depend_on() {
    let cache = tempfile::tempdir().unwrap();
    let folder = folder(&[("a.yaml", FAULTY), ("app.yaml", APP), ("nodes.yaml", NODES)]);
    let run = |arguments: &[&str]| {
        let arguments = [&["check", "--output-format=json", "."][..], arguments].concat();
        let cached = seatrial_cached(folder.path(), cache.path(), &arguments);
        let fresh = seatrial_in(folder.path(), &arguments);
        assert_eq!(cached.stdout, fresh.stdout, "{arguments:?}");
        assert_eq!((cached.code, cached.stderr), (fresh.code, fresh.stderr));
        cached.stdout
    };
    let all: [&[&str]; 7] = [
        &[],
        &["--skip=schema"],
        &["--kubernetes-version=1.29"],
        &["--closed-world"],
        &["--rules=kubernetes"],
        &["--cluster=nodes.yaml"],
        &["--base=a.yaml"],
    ];
    let first: Vec<String> = all.iter().map(|arguments| run(arguments)).collect();
    let kept = entries(cache.path()).len();
    let again: Vec<String> = all.iter().map(|arguments| run(arguments)).collect();
    assert_eq!(first, again);
    assert_eq!(entries(cache.path()).len(), kept, "nothing was done again");
    fs::write(folder.path().join("a.yaml"), CLEAN).unwrap();
    assert_ne!(run(&[]), first[0]);
    fs::write(folder.path().join("nodes.yaml"), NODES.replace("count: 2", "count: 1")).unwrap();
    run(&["--cluster=nodes.yaml"]);
    assert!(entries(cache.path()).len() > kept);
}

const NODES: &str =
    "groups:\n- name: worker\n  count: 2\n  capacity: {cpu: 4, memory: 8Gi, pods: 110}\n";

#[test]
fn what_is_kept_is_used_and_what_is_damaged_is_not() {
    let cache = tempfile::tempdir().unwrap();
    let folder = folder(&[("a.yaml", FAULTY)]);
    let run = || seatrial_cached(folder.path(), cache.path(), &["check", "--only=schema"]).stdout;
    let first = run();
    let changed = |whole: bool| {
        for entry in entries(cache.path()) {
            let kept = fs::read_to_string(&entry).unwrap();
            let (digest, text) = kept.split_once('\n').unwrap();
            let text = text.replace("unknown field", "unheard-of field");
            let digest = if whole { format!("{:x}", Sha256::digest(&text)) } else { digest.into() };
            fs::write(entry, format!("{digest}\n{text}")).unwrap();
        }
    };
    changed(false);
    assert_eq!(run(), first);
    changed(true);
    assert_eq!(run(), first.replace("unknown field", "unheard-of field"));
}

#[test]
fn what_a_time_limit_cuts_is_undecided_by_name() {
    let ran = check(&[("app.yaml", APP)], &["--time-limit=0.001ms", "--only=reference,access"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    let report = ran.json();
    let undecided = report["undecided"].as_array().unwrap();
    let reasons: Vec<_> = undecided.iter().map(|it| it["reason"].as_str().unwrap()).collect();
    let of = |what: &str| reasons.iter().any(|reason| reason.contains(what));
    assert!(of("rules on references") && of("who can do what"), "{reasons:?}");
    let in_settings = [("app.yaml", APP), ("seatrial.yaml", "time-limit: 0.001ms\n")];
    let again = check(&in_settings, &["--only=reference,access"]);
    assert_eq!(again.json()["undecided"], report["undecided"]);
    assert_eq!(check(&[("seatrial.yaml", "time-limit: soon\n")], &[]).code, 2);
}

/// A program that has one model, and says of it what the engine said of a mutant.
fn program(folder: &Path, arguments: &[&str]) {
    let words = [&["model", "check"], arguments, &["--output-format=json", "--exit-zero"]].concat();
    let Ran { stdout, stderr, .. } = seatrial_in(folder, &words);
    assert_eq!(stderr, "");
    fs::write(folder.join("report.json"), stdout).unwrap();
    let script = "#!/bin/sh\nif [ \"$1\" = list ]; then echo '{\"models\": [{\"name\": \"orders\"}]}'; \
                  else cat report.json; fi\n";
    fs::write(folder.join("models.sh"), script).unwrap();
}

#[test]
fn protocols_of_the_team_are_checked_if_the_command_line_asks() {
    let settings = "protocols:\n- program: [/bin/sh, models.sh]\n";
    let folder = folder(&[("a.yaml", CLEAN), ("seatrial.yaml", settings)]);
    program(folder.path(), &["ping-pong"]);
    let run = |arguments: &[&str]| {
        seatrial_in(folder.path(), &[&["check", "--only=protocol", "."], arguments].concat())
    };
    assert_eq!(run(&[]).code, 0, "code of the repository runs only on demand");
    let ran = run(&["--protocols"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    program(folder.path(), &["ping-pong", "--max-states=1"]);
    let ran = run(&["--protocols"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("the model `orders` is undecided"), "{}", ran.stdout);
}

#[test]
fn protocols_that_cannot_be_checked_are_errors_with_their_reason() {
    for (settings, expected) in [
        ("- program: [models.sh]", "there is no program"),
        ("- program: [/bin/sh, -c, 'echo {']", "its answer is not understood"),
        ("- program: [/bin/sh, -c, 'echo no such thing >&2; exit 2']", "no such thing"),
        ("- path: orders", "could not find `Cargo.toml`"),
        ("- {}", "seatrial.yaml:2:3"),
    ] {
        let settings = format!("protocols:\n{settings}\n");
        let files = [("a.yaml", CLEAN), ("seatrial.yaml", &settings)];
        let folder = folder(&files);
        let ran = seatrial_in(folder.path(), &["check", "--protocols", "."]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(expected) || said.contains("does not exist"), "{settings}: {said}");
        assert!(matches!(ran.code, 1 | 2), "{said}");
    }
}

#[test]
fn only_models_that_changed_since_a_commit_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        let as_somebody = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let status = git.current_dir(folder.path()).args(as_somebody).args(arguments).status();
        assert!(status.unwrap().success(), "{arguments:?}");
    };
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let program = env!("CARGO_BIN_EXE_seatrial");
    write("seatrial.yaml", &format!("protocols:\n- program: [{program}, model]\n"));
    write("models/src/ping_pong.rs", "1");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "first"]);
    let run = || {
        let arguments = ["check", "--protocols", "--changed-since=HEAD", "--only=protocol", "."];
        seatrial_in(folder.path(), &arguments)
    };
    let ran = run();
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    write("models/src/ping_pong.rs", "2");
    let ran = run();
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("does not hold in the model `ping-pong`"), "{}", ran.stdout);
}
