//! Running the binary.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The findings of a JSON report as `path:line:column rule`, in order.
    pub(crate) fn findings(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| {
                let at = &finding["location"];
                format!(
                    "{}:{}:{} {}",
                    at["path"].as_str().unwrap(),
                    at["line"],
                    at["column"],
                    finding["rule"].as_str().unwrap()
                )
            })
            .collect()
    }
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs the binary in a directory.
pub(crate) fn seatrial_in(folder: &Path, arguments: &[&str]) -> Ran {
    seatrial_with(folder, arguments, b"")
}

/// Runs the binary in a directory, with only these directories to look for other programs.
pub(crate) fn seatrial_with_path(folder: &Path, arguments: &[&str], path: &str) -> Ran {
    run(seatrial(folder, arguments).env("PATH", path), b"")
}

/// Runs the binary in a directory, with results kept in another one.
pub(crate) fn seatrial_cached(folder: &Path, cache: &Path, arguments: &[&str]) -> Ran {
    let mut command = seatrial(folder, arguments);
    run(command.env_remove("SEATRIAL_NO_CACHE").arg("--cache-dir").arg(cache), b"")
}

/// Runs the binary in a directory, with a text on its standard input.
pub(crate) fn seatrial_with(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    run(&mut seatrial(folder, arguments), input)
}

fn seatrial(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatrial"));
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR");
    // What earlier runs have kept must not answer for this one.
    command.env("SEATRIAL_NO_CACHE", "1");
    command
}

fn run(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Checks a directory with these files, with the JSON report.
pub(crate) fn check(files: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let folder = folder(files);
    let all: Vec<_> = ["check", "--output-format=json"].iter().chain(arguments).copied().collect();
    seatrial_in(folder.path(), &all)
}

/// A ConfigMap without a fault.
pub(crate) const CLEAN: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n";

/// A ConfigMap with an unknown field on line 5.
pub(crate) const FAULTY: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndatta:\n  a: b\n";
