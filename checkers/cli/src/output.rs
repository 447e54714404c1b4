//! The doors to standard output, standard error and the files that the user names.

use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_complete::Shell;
use seatrial_core::Target;
use seatrial_gate::files::{self, MAX_SNAPSHOT_BYTES};
use seatrial_report::Style;
use seatrial_report::text::{clean, folded};

use crate::args::{Args, Color};
use crate::{Exit, Outcome};

/// Why a run could not be made, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Failure {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Pairs the formats of reports with the files that they go to.
pub(crate) fn pair<F: Copy + Default>(
    formats: &[F],
    files: &[PathBuf],
) -> Result<Vec<(F, Target)>, Failure> {
    seatrial_core::pair(formats, files).map_err(|unpaired| {
        Failure::new(unpaired).help(unpaired.help("--output-format", "--output"))
    })
}

/// How text for a target looks.
pub(crate) fn style(target: &Target, color: Color) -> Style {
    match target {
        Target::File(_) => Style::PLAIN,
        Target::Stdout => Style {
            color: wants_color(color, &io::stdout()),
            width: terminal_size::terminal_size_of(io::stdout())
                .map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0)),
        },
    }
}

fn wants_color(color: Color, stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !refused && stream.is_terminal(),
    }
}

/// The page of a JSON document.
pub(crate) fn html(document: &str) -> Result<String, Failure> {
    seatrial_report::document_page(document).map_err(Failure::new)
}

/// Writes a text to its target. A reader that has gone away is no failure.
pub(crate) fn write(target: &Target, text: &str) -> Result<(), Failure> {
    let result = match target {
        Target::Stdout => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        }
        Target::File(path) => files::write(path, text),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let name = match target {
                Target::Stdout => "standard output".to_owned(),
                Target::File(path) => format!("`{}`", path.display()),
            };
            Err(Failure::new(format!("{name} cannot be written: {error}")))
        }
        Ok(()) => Ok(()),
    }
}

/// Writes a text for people: names of the inspected files must not act on a terminal, on which long
/// lines are folded.
pub(crate) fn write_text(target: &Target, text: &str) -> Result<(), Failure> {
    let lines: String = text.lines().map(|line| clean(line).into_owned() + "\n").collect();
    match terminal_size::terminal_size_of(io::stdout()).filter(|_| *target == Target::Stdout) {
        Some((width, _)) => write(target, &folded(&lines, usize::from(width.0))),
        None => write(target, &lines),
    }
}

/// Reads a file that the user named; `-` is standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = MAX_SNAPSHOT_BYTES + 1;
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    let name = path.display();
    read.map_err(|error| Failure::new(format!("`{name}` cannot be read: {error}")))?;
    if bytes.len() as u64 == limit {
        let most = MAX_SNAPSHOT_BYTES >> 20;
        return Err(Failure::new(format!("`{name}` is larger than {most} MiB")));
    }
    Ok(bytes)
}

/// Says on standard error what goes on.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says on standard error why there is no result.
pub(crate) fn complain(failure: &Failure, color: Color) {
    let (bold, end) =
        if wants_color(color, &io::stderr()) { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    let help = failure.help.as_ref().map_or_else(String::new, |help| format!("  help: {help}\n"));
    let text = format!("{bold}error{end}: {}\n{help}", failure.message);
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "seatrial", &mut script);
    write(&Target::Stdout, &String::from_utf8_lossy(&script))?;
    Ok(Exit::Clean)
}
