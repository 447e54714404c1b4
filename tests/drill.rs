//! `seatrial drill` as its users meet it: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "check/run.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial check` only")]
mod run;

use run::seatrial_in;

fn drill(case: &str, arguments: &[&str]) -> run::Ran {
    let folder = run::root().join("corpus/drill").join(case);
    seatrial_in(&folder, &[&["drill"], arguments].concat())
}

#[test]
fn exit_codes_tell_the_verdict() {
    let drain = ["--property=drain"];
    for (file, more, code) in [
        ("good.yaml", &[][..], 0),
        ("bad.yaml", &[], 1),
        ("bad.yaml", &["--exit-zero"], 0),
        ("good.yaml", &["--time-limit=0s"], 3),
        ("good.yaml", &["--faults=drains=1"], 2),
        ("good.yaml", &["--property=drains"], 2),
        ("nothing.yaml", &[], 2),
        ("good.yaml", &["--cluster=bad.yaml"], 2),
    ] {
        let ran = drill("budget-without-slack", &[&[file], &drain[..], more].concat());
        assert_eq!(ran.code, code, "{file} {more:?}: {}", ran.stderr);
    }
}

#[test]
fn the_report_names_bounds_and_the_responsible_line() {
    let ran = drill("budget-without-slack", &["bad.yaml", "--property=drain"]);
    for wanted in [
        "shop/web  2     may get stuck !",
        "wants 2 healthy pods, and 2 are (bad.yaml:",
        "faults: pod=1,kill=1,node=1,zone=0,drain=1,",
        "time limit: 60 s",
    ] {
        assert!(ran.stdout.contains(wanted), "{wanted}: {}", ran.stdout);
    }
    let ran = drill(
        "uneven-zones",
        &["bad.yaml", "--cluster=cluster.yaml", "--property=start-up", "--output-format=json"],
    );
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["command"], "drill");
    assert_eq!(json["summary"]["verdict"], "violated");
    assert_eq!(json["workloads"][0]["answers"][0]["says"], "may get stuck");
}

#[test]
fn the_report_shows_a_change_that_was_tried() {
    let ran = drill("budget-without-slack", &["bad.yaml", "--property=drain"]);
    let wanted = "mended by `spec.minAvailable: 1` in PodDisruptionBudget shop/web (bad.yaml:";
    assert!(ran.stdout.contains(wanted), "{}", ran.stdout);
    let ran =
        drill("waits-for-itself", &["bad.yaml", "--property=start-up", "--output-format=json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let suggestion = &json["workloads"][0]["answers"][0]["suggestion"];
    assert_eq!(
        suggestion["changes"][0]["what"],
        "`spec.publishNotReadyAddresses: true` in Service shop/db"
    );
    assert_eq!(suggestion["rechecked"][0], "start-up");
}

#[test]
fn a_check_with_drill_reports_findings_at_the_responsible_line() {
    let folder = run::root().join("corpus/drill/ordered-and-broken");
    let select = "--select=stuck-rollback,stuck-drain";
    let plain = seatrial_in(&folder, &["check", "bad.yaml", select]);
    assert_eq!(plain.code, 0, "without --drill nothing is drilled: {}", plain.stdout);
    let arguments = ["check", "bad.yaml", select, "--drill", "--output-format=concise"];
    let ran = seatrial_in(&folder, &[&arguments[..], &["--fail-on=warning"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("stuck-rollback"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("stuck-drain"), "{}", ran.stdout);
    let late = seatrial_in(&folder, &[&arguments[..], &["--time-limit=0s"]].concat());
    assert_eq!(late.code, 3, "{}{}", late.stdout, late.stderr);
}
