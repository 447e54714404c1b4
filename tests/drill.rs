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
