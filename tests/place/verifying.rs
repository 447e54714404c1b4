//! What `seatrial verify` says.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::clusters::harbour;
use crate::run::{Ran, folder, seatrial_in};

/// A folder with a snapshot, its certificate `c.json` and the instance beside it.
pub(crate) fn certified() -> TempDir {
    let folder = folder(&[("a.yaml", &harbour())]);
    let ran = seatrial_in(
        folder.path(),
        &["place", "a.yaml", "--time-limit=2s", "--certificate=c.json", "--exit-zero"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("seatrial verify c.json"), "{}", ran.stderr);
    folder
}

pub(crate) fn verify(folder: &Path, arguments: &[&str]) -> Ran {
    let all: Vec<_> = ["verify", "c.json"].iter().chain(arguments).copied().collect();
    seatrial_in(folder, &all)
}

#[test]
fn what_is_proven_is_accepted() {
    let folder = certified();
    let ran = verify(folder.path(), &["--snapshot=a.yaml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    insta::assert_snapshot!("verified", ran.stdout);
    let report = verify(folder.path(), &["--output-format=json"]).json();
    assert_eq!(report["summary"]["accepted"], true);
    assert_eq!(report["summary"]["rests_on"], "certified");
}

/// By content, not by checksum: where the other snapshot allows the same, it is accepted.
#[test]
fn another_snapshot_is_judged_by_what_it_says() {
    let folder = certified();
    let write = |text: &str| fs::write(folder.path().join("b.yaml"), text).unwrap();
    write(&harbour().replace("memory: 8Gi", "memory: 9Gi"));
    let ran = verify(folder.path(), &["--snapshot=b.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stderr.contains("is not the one"), "{}", ran.stderr);
    for (from, to) in [
        ("cpu: \"4\"", "cpu: \"2\""), // the plan does not fit any more
        ("cpu: \"8\"", "cpu: \"1\""), // there is a place for `huge`: the bound is wrong
        ("nodeName: alpha", "dnsPolicy: Default"), // nothing is to be evicted
        ("name: web", "name: wab"),   // fewer pods than the plan binds
    ] {
        let changed = harbour().replace(from, to);
        assert_ne!(changed, harbour());
        write(&changed);
        let ran = verify(folder.path(), &["--snapshot=b.yaml"]);
        let renamed = from == "name: web";
        assert_eq!(ran.code, i32::from(!renamed), "{from}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// A cluster whose bound counting does not reach: three pods that keep apart from each other's
/// kin, which only a solver sees.
#[test]
fn a_solver_is_run_again() {
    let folder = folder(&[]);
    let run = |arguments: &[&str]| seatrial_in(folder.path(), arguments);
    let mut found = false;
    for seed in 1..=12 {
        let seed = format!("--seed={seed}");
        run(&["place", "generate", "small", &seed, "--output=a.yaml"]);
        let ran = run(&[
            "place",
            "a.yaml",
            "--time-limit=4s",
            "--certificate=c.json",
            "--scripts=s",
            "--exit-zero",
        ]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let certificate = fs::read_to_string(folder.path().join("c.json")).unwrap();
        if !certificate.contains("\"solver\"") {
            continue;
        }
        found = true;
        let ran = verify(folder.path(), &["--solver=z3", "--scripts=s"]);
        assert!([0, 3].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
        let plain = verify(folder.path(), &[]);
        assert_eq!(plain.code, 3, "{}", plain.stdout);
        let missing = verify(folder.path(), &["--solver=./no-such-solver"]);
        assert_eq!(missing.code, 3, "{}", missing.stdout);
        assert!(missing.stdout.contains("no-such-solver"), "{}", missing.stdout);
        if ran.code == 0 {
            assert!(ran.stdout.contains("a solver refuted it again"), "{}", ran.stdout);
        }
        for script in fs::read_dir(folder.path().join("s")).unwrap() {
            fs::write(script.unwrap().path(), "(check-sat)\n").unwrap();
        }
        let ran = verify(folder.path(), &["--scripts=s"]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        break;
    }
    assert!(found, "no bound rests on a solver");
}
