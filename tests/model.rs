//! `seatrial model` as its users meet it; what the engine and the models do is tested beside them.

#![allow(clippy::unwrap_used, reason = "a test that fails here fails as it should")]

use std::process::Command;

fn model(arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_seatrial")).arg("model").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn zab_has_the_published_counts() {
    let bounds = "--bounds=servers=2,timeouts=2,txns=2,epochs=3,restarts=0";
    let (code, stdout, stderr) =
        model(&["check", "zab", bounds, "--symmetry", "--output-format=json"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let figure = |name: &str| report[name].as_u64();
    assert_eq!(
        (figure("generated"), figure("distinct"), figure("diameter")),
        (Some(19_980), Some(15_497), Some(38)),
        "{stdout}"
    );
}

#[test]
fn a_violation_exits_with_one_and_a_wrong_name_with_two() {
    let (code, stdout, _) = model(&["check", "ping-pong"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("`Dropped` is violated"), "{stdout}");
    let (code, stdout, stderr) = model(&["check", "zap"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("did you mean `zab`?"), "{stderr}");
}
