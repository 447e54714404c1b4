//! `seatrial man`: manual pages, made of the arguments themselves.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use seatrial_core::Target;

use crate::args::Args;
use crate::output::{Failure, write};
use crate::{Exit, Outcome};

/// What every page ends with.
const EXIT_CODES: &[(&str, &str)] = &[
    ("2", "Wrong usage, unreadable input, or an internal error."),
    ("1", "A finding at or above --fail-on, or a violation: see the description of each command."),
    ("3", "Something is undecided. It is never shown as safe."),
    ("0", "Clean, or proved; --exit-zero turns 1 and 3 into this."),
];

/// Prints the page of the program, or writes those of all commands into a folder.
pub(crate) fn run(folder: Option<&Path>) -> Outcome {
    let mut command = Args::command().name("seatrial");
    command.build();
    match folder {
        None => write(&Target::Stdout, &page(&command, "seatrial")?)?,
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(Failure::new)?;
            write_all(folder, &command, "seatrial")?;
        }
    }
    Ok(Exit::Clean)
}

/// Writes the page of a command and those of its own commands.
fn write_all(folder: &Path, command: &Command, name: &str) -> Result<(), Failure> {
    write(&Target::File(folder.join(format!("{name}.1"))), &page(command, name)?)?;
    for inner in command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set())
    {
        write_all(folder, inner, &format!("{name}-{}", inner.get_name()))?;
    }
    Ok(())
}

/// One page, with the exit codes.
fn page(command: &Command, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let man = Man::new(command.clone()).title(name.to_uppercase()).manual("seatrial manual");
    man.render(&mut bytes).map_err(Failure::new)?;
    let mut page = String::from_utf8_lossy(&bytes).into_owned();
    page.push_str(".SH \"EXIT STATUS\"\nThe first that applies, in this order.\n");
    for (code, meaning) in EXIT_CODES {
        let meaning = meaning.replace('-', "\\-");
        let _ = writeln!(page, ".TP\n\\fB{code}\\fR\n{meaning}");
    }
    Ok(page)
}
