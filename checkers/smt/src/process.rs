//! The door to other solvers: a process that reads a script and prints its answer.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt;

use crate::Answer;

/// The most of an answer that is looked at.
const MOST_OUTPUT: u64 = 1 << 20;

/// Lets another SMT-LIB 2 solver answer a script, which it gets on its standard input.
///
/// What it prints on its first line counts: `unsat`, `sat`, or anything else, which is
/// [`Answer::Unknown`], as is a solver that cannot be started or takes longer than the limit (it
/// is then killed). Of a model nothing is read. `arguments` are what it needs to read from its
/// standard input (`-in` for Z3, `--lang=smt2 -` for cvc5).
#[must_use]
pub fn solve_with(solver: &Path, arguments: &[&str], script: &str, limit: Duration) -> Answer {
    let command = Command::new(solver)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match command {
        Ok(child) => child,
        Err(error) => {
            let solver = solver.display();
            return Answer::Unknown(format!("the solver `{solver}` could not be started: {error}"));
        }
    };
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    thread::scope(|scope| {
        // A solver that stops reading breaks the pipe; what it prints says why.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(script.as_bytes())));
        let output = scope.spawn(move || {
            let mut text = Vec::new();
            if let Some(stdout) = stdout {
                stdout.take(MOST_OUTPUT).read_to_end(&mut text).ok();
            }
            String::from_utf8_lossy(&text).into_owned()
        });
        if !wait(&mut child, limit) {
            return Answer::Unknown("the solver took too long".to_owned());
        }
        interpret(&output.join().unwrap_or_default())
    })
}

/// Waits for a process, and kills it when time is up; whether it ended by itself.
fn wait(child: &mut Child, limit: Duration) -> bool {
    let ended = matches!(child.wait_timeout(limit), Ok(Some(_)));
    if !ended {
        child.kill().ok();
        child.wait().ok();
    }
    ended
}

fn interpret(output: &str) -> Answer {
    match output.lines().next().map(str::trim) {
        Some("unsat") => Answer::Unsat,
        Some("sat") => Answer::Sat(crate::Model::default()),
        Some(other) => Answer::Unknown(other.chars().take(200).collect()),
        None => Answer::Unknown("the solver said nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests;
