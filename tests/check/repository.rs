//! A made-up repository: settings as `init` writes them, a change with one fault for each part, and
//! one run that finds all of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{Ran, seatrial_cached, seatrial_in};

/// Each part with a rule that finds the fault that was made for it.
const FAULTS: [(&str, &str); 11] = [
    ("schema", "app/web.yaml:9:3 unknown-field"),
    ("invariant", "app/web.yaml:39:13 privileged-container"),
    ("reference", "app/web.yaml:49:14 service-without-pods"),
    ("learned", "app/route.yaml:10:25 learned-keys-0138f6a55f7d"),
    ("access", "app/rbac.yaml:16:5 access-opened-sensitive"),
    ("access", "edge/nginx.conf:5:9 access-opened-sensitive"),
    ("access", "edge/nginx.conf:6:13 nginx-allow-without-deny"),
    ("placement", "app/web.yaml:32:13 unplaceable-pod"),
    ("drill", "app/cache.yaml:28:3 stuck-drain"),
    ("parameter", "edge/zoo.cfg:5:12 parameter-range"),
    ("protocol", "seatrial.yaml:1:1 protocol-violated"),
];

/// Copies what lies in a folder of the test into another one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let as_somebody = ["-c", "user.name=a", "-c", "user.email=a@b.example"];
    let mut git = Command::new("git");
    let status = git.current_dir(folder).args(as_somebody).args(arguments).status().unwrap();
    assert!(status.success(), "{arguments:?}");
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

/// A program with a model, whose file decides which variant is checked.
fn protocol(folder: &Path, variant: &str) {
    let seatrial = env!("CARGO_BIN_EXE_seatrial");
    let models = format!(
        "#!/bin/sh\nif [ \"$1\" = list ]; then echo '{{\"models\": [{{\"name\": \"commit\"}}]}}'; else\n\
         shift 2; exec {seatrial} model check two-phase-commit --variant {variant} \"$@\"; fi\n"
    );
    fs::create_dir_all(folder.join("protocols")).unwrap();
    fs::write(folder.join("protocols/commit.sh"), models).unwrap();
}

#[test]
fn one_run_finds_the_fault_of_each_part_and_the_next_one_repeats_it_from_what_was_kept() {
    let sources = crate::run::root().join("tests/check/repository");
    let (repository, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = repository.path();
    copy(&sources.join("main"), folder);
    protocol(folder, "published");
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    commit(folder, "all");
    assert_eq!(seatrial_in(folder, &["init"]).code, 0);
    let settings = fs::read_to_string(folder.join("seatrial.yaml")).unwrap();
    let settings = settings + "protocols:\n- program: [/bin/sh, protocols/commit.sh]\n";
    fs::write(folder.join("seatrial.yaml"), settings).unwrap();
    commit(folder, "seatrial");
    let check = |arguments: &[&str]| -> Ran {
        let arguments = [&["check", "--protocols", "--output-format=json"], arguments].concat();
        seatrial_cached(folder, cache.path(), &arguments)
    };
    let clean = check(&[]);
    assert_eq!((clean.code, clean.findings()), (0, Vec::new()), "{}{}", clean.stdout, clean.stderr);

    git(folder, &["checkout", "--quiet", "-b", "change"]);
    copy(&sources.join("change"), folder);
    protocol(folder, "hasty-commit");
    commit(folder, "change");
    let changed = check(&[]);
    assert_eq!(changed.code, 1, "{}", changed.stderr);
    let findings = changed.findings();
    for (part, fault) in FAULTS {
        assert!(findings.iter().any(|it| it == fault), "{part}: {fault} in {findings:#?}");
    }
    let again = check(&["--timings"]);
    assert_eq!(again.stdout, changed.stdout, "what is kept is what was found");
    let kept = check(&[]);
    assert_eq!(kept.stdout, changed.stdout);
    let entries = || fs::read_dir(cache.path()).unwrap().count();
    let before = entries();
    check(&[]);
    assert_eq!(entries(), before, "nothing was done again");
}
