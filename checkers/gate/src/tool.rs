//! The door to other programs: `kubectl`, `kustomize` and `helm`, and programs with models of
//! protocols.

use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt;

/// The most of a complaint that is looked at, in bytes.
const MOST_COMPLAINT: u64 = 1 << 16;

/// Why there is no output.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The program is not installed.
    Missing,
    /// It failed: why, as a lower-case fragment.
    Failed(String),
}

/// What a program prints, of so many bytes at most, within a time, if it ends with one of these exit
/// codes.
pub(crate) fn run(
    words: &[String],
    most: u64,
    limit: Duration,
    codes: &[i32],
) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| Err(Failure::Failed(why));
    let Some((program, arguments)) = words.split_first() else { return Err(Failure::Missing) };
    let command = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match command {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Failure::Missing),
        Err(error) => return failed(format!("it cannot be started: {error}")),
    };
    let output = reading(child.stdout.take(), most.saturating_add(1));
    let complaint = reading(child.stderr.take(), MOST_COMPLAINT);
    let late = || failed(format!("it takes longer than {} s", limit.as_secs_f64()));
    let Ok(Some(status)) = child.wait_timeout(limit) else {
        child.kill().ok();
        child.wait().ok();
        return late();
    };
    // What it has started and left behind may keep the pipes open.
    let (Ok(output), Ok(complaint)) = (output.recv_timeout(limit), complaint.recv_timeout(limit))
    else {
        return late();
    };
    match () {
        () if output.len() as u64 > most => {
            failed(format!("it prints more than {} MiB", most >> 20))
        }
        () if status.code().is_some_and(|code| codes.contains(&code)) => Ok(output),
        () => failed(reason(&complaint)),
    }
}

/// Reads what a pipe yields, up to so many bytes, beside the caller; a program that writes more
/// finds the pipe closed.
fn reading(pipe: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.map(|pipe| pipe.take(most).read_to_end(&mut bytes));
        sender.send(bytes)
    });
    receiver
}

/// The last line of a complaint that says something: both tools tell the cause at the end.
fn reason(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let line = line.unwrap_or("it gave no reason");
    let line = ["Error: ", "error: "].iter().find_map(|it| line.strip_prefix(it)).unwrap_or(line);
    line.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, most: u64, limit: Duration) -> Result<Vec<u8>, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        run(&words, most, limit, &[0]).map_err(|failure| match failure {
            Failure::Missing => "missing".to_owned(),
            Failure::Failed(why) => why,
        })
    }

    #[test]
    fn a_program_has_bounds_and_its_complaint_is_kept() {
        let minute = Duration::from_secs(60);
        assert_eq!(sh("echo a", 10, minute), Ok(b"a\n".to_vec()));
        assert_eq!(
            sh("echo first >&2; echo 'Error: no such chart' >&2; exit 1", 10, minute),
            Err("no such chart".to_owned())
        );
        assert_eq!(sh("exit 3", 10, minute), Err("it gave no reason".to_owned()));
        let many = "i=0; while [ $i -lt 400000 ]; do echo aaaaaaaa; i=$((i+1)); done";
        assert_eq!(sh(many, 1 << 20, minute), Err("it prints more than 1 MiB".to_owned()));
        let hanging = sh("exec sleep 60", 10, Duration::from_millis(50));
        assert_eq!(hanging, Err("it takes longer than 0.05 s".to_owned()));
        let left_behind = sh("sleep 60 & sleep 60", 10, Duration::from_millis(50));
        assert_eq!(left_behind, hanging);
        assert!(matches!(
            run(&["no-such-program".to_owned()], 1, minute, &[0]),
            Err(Failure::Missing)
        ));
    }
}
