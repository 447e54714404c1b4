//! `seatrial model` as its users meet it; what the engine and the models do is tested beside them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn model(arguments: &[&str]) -> (i32, String, String) {
    model_in(Path::new("."), arguments)
}

fn model_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
    let output = command.current_dir(folder).arg("model").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn zab_has_the_published_counts() {
    let bounds = "--bounds=servers=2,timeouts=2,txns=2,epochs=3,restarts=0";
    let (code, stdout, stderr) =
        model(&["check", "zab", bounds, "--symmetry", "--output-format=json"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
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

/// What is wrong, said on standard error, with exit code 2 and nothing on standard output.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = model_in(folder, arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("error: "), "{arguments:?}: {stderr}");
    stderr
}

#[test]
fn bad_input_is_a_clear_error_with_the_nearest_valid_names() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["check", "zab", "--grain=elecion=coarse"] as &[&str], "did you mean `election`?"),
        (&["check", "zab", "--grain=election=corse"], "did you mean `coarse`?"),
        (&["check", "zab", "--composition=coarse-elections"], "did you mean `coarse-election`?"),
        (&["check", "zab", "--variant=half-quorm"], "did you mean `half-quorum`?"),
        (&["check", "zab", "--property=Leadrship1"], "did you mean `Leadership1`?"),
        (&["check", "zab", "--bounds=serves=2"], "did you mean `servers`?"),
        (&["check", "zab", "--hide=zabstate"], "did you mean `zabState`?"),
        (&["check", "zab", "--changed=electon"], "did you mean `election`?"),
        (
            &["check", "zab", "--bounds=servers=99999999999999999999"],
            "bound `servers=99999999999999999999` is not a number within 1 to 5",
        ),
        (&["check", "zab", "--bounds=servers=-1"], "is not a number within 1 to 5"),
        (&["check", "zab", "--bounds=servers=6"], "is not a number within 1 to 5"),
        (&["check", "zab", "--bounds=servers"], "`servers` is not of the form NAME=VALUE"),
        (&["check", "zab", "--threads=0"], "0 is not in 1..=1024"),
        (&["check", "zab", "--seed=x"], "'x' for '--seed <N>'"),
        (&["check", "zab", "--memory-limit=1XB"], "unknown unit `XB`: one of `B`, `KiB`"),
        (&["check", "zab", "--memory-limit=99999999999GiB"], "more than can be counted"),
        (&["check", "zab", "--time-limit=0"], "there must be some time"),
        (&["check", "zab", "--time-limit=1d"], "unknown unit `d`"),
        (&["check", "zab", "--resume=no"], "checkpoint `no` cannot be read"),
        (&["check", "zab", "--resume=."], "checkpoint `.` cannot be read"),
        (&["check", "zab", "--checkpoint=no/such"], "checkpoint `no/such` cannot be written"),
        (&["check", "zab", "--changed-since=no"], "git knows no such commit here"),
        (&["replay", "zab", "no.json"], "trace `no.json` cannot be read"),
        (&["replay", "zab", "."], "trace `.` cannot be read"),
        (&["explore", "zab", "--address=nowhere"], "cannot listen on `nowhere`"),
    ] {
        let stderr = refused(folder.path(), arguments);
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
    }
}

#[test]
fn one_run_writes_reports_and_traces_that_replay() {
    let folder = tempfile::tempdir().unwrap();
    let mutant = ["check", "two-phase-commit", "--variant=hasty-commit"];
    let flags = "--output-format=full --output=- --output-format=json --output=report.json \
                 --trace-format=json --trace-output=trace.json \
                 --trace-format=itf --trace-output=trace.itf.json \
                 --trace-format=mermaid --trace-output=trace.mmd";
    let arguments: Vec<&str> = mutant.into_iter().chain(flags.split_whitespace()).collect();
    let (code, stdout, stderr) = model_in(folder.path(), &arguments);
    assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
    assert!(stdout.contains("`TCConsistent` is violated"), "{stdout}");
    assert!(stdout.contains("undecided CanCommit") && stdout.contains("`--continue` goes on"));

    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    for field in "version tool command summary bounds verdict property depth generated distinct \
                  diameter coverage seconds trace"
        .split_whitespace()
    {
        assert!(report.get(field).is_some(), "{field} is missing");
    }
    assert_eq!(report["trace"], serde_json::from_str::<Value>(&read("trace.json")).unwrap());
    let itf: Value = serde_json::from_str(&read("trace.itf.json")).unwrap();
    assert_eq!(itf["states"].as_array().map(Vec::len), Some(6));
    assert!(read("trace.mmd").starts_with("sequenceDiagram\n"));

    for trace in ["report.json", "trace.json"] {
        let (code, stdout, _) = model_in(folder.path(), &["replay", "two-phase-commit", trace]);
        assert_eq!(code, 0);
        assert_eq!(stdout, "the trace replays: 6 states, `TCConsistent` is confirmed\n");
    }
    let converted = ["replay", "two-phase-commit", "trace.json", "--trace-format=mermaid"];
    assert!(model_in(folder.path(), &converted).1.starts_with("sequenceDiagram\n"));
    let replay = |trace: &str| refused(folder.path(), &["replay", "two-phase-commit", trace]);
    assert!(replay("trace.itf.json").contains("ITF has no actions"));
    assert!(replay("trace.mmd").contains("it is no JSON"));
    let stderr = refused(folder.path(), &["replay", "zab", "trace.json"]);
    assert!(stderr.contains("of the model `two-phase-commit`, not of `zab`"), "{stderr}");
    let forged = read("trace.json").replace("TMRcvPrepared(rm1)", "TMRcvPrepared(rm3)");
    fs::write(folder.path().join("forged.json"), forged).unwrap();
    let stderr = replay("forged.json");
    assert!(
        stderr.contains("step 4 is not enabled") && stderr.contains("did you mean"),
        "{stderr}"
    );
}

#[test]
fn a_search_goes_on_from_its_checkpoint_and_from_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let check = |flags: &[&str]| {
        let arguments: Vec<&str> = ["check", "zab"].iter().chain(flags).copied().collect();
        model_in(folder.path(), &arguments)
    };
    let (code, stdout, _) = check(&["--max-states=5000", "--checkpoint=saved"]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("undecided: the limit on states was reached"), "{stdout}");
    assert!(stdout.contains("`--resume saved` goes on"), "{stdout}");
    let figures = |flags: &[&str]| {
        let (code, stdout, _) = check(flags);
        let line = stdout.lines().find(|line| line.contains("distinct")).map(str::to_owned);
        (code, line)
    };
    assert_eq!(figures(&["--resume=saved"]), figures(&[]));

    let saved = fs::read(folder.path().join("saved")).unwrap();
    fs::write(folder.path().join("half"), &saved[..saved.len() / 2]).unwrap();
    let resume = |name: &str, flags: &[&str]| {
        let flags: Vec<&str> = ["check", name].iter().chain(flags).copied().collect();
        refused(folder.path(), &flags)
    };
    for (name, flags, message) in [
        ("zab", &["--resume=half"] as &[&str], "checkpoint `half` cannot be read"),
        ("two-phase-commit", &["--resume=saved"], "another model: `zab`, not `two-phase-commit`"),
        ("zab", &["--resume=saved", "--bounds=txns=3"], "of another configuration"),
        ("zab", &["--resume=saved", "--symmetry"], "another symmetry"),
        ("zab", &["--resume=saved", "--memory-limit=1KiB"], "does not fit into the memory limit"),
        ("zab", &["--resume=saved", "--strategy=dfs"], "only a breadth-first search"),
    ] {
        let stderr = resume(name, flags);
        assert!(stderr.contains(message), "{flags:?}: {stderr}");
    }
}

#[test]
fn the_explorer_says_where_it_listens_and_serves_a_page_and_states() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
    command.args(["model", "explore", "two-phase-commit", "--address=127.0.0.1:0"]);
    let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answers = ["/", "/state", "/state/0/0", "/state/0/99", "/state/x", "/x"].map(get);
    server.kill().unwrap();
    server.wait().unwrap();
    let parts =
        ["<title>", "initial state 1", "RMPrepare(rm1)", "does not belong", "numbers", "404"];
    for (answer, part) in answers.iter().zip(parts) {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    assert!(!answers[0].contains("//cdn") && !answers[0].contains("https://"), "self-contained");
}
