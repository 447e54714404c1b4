//! The command line: arguments, one run, an exit code.
//!
//! Printing, exiting and the environment are here and nowhere else. No rule is named here; they
//! come from the gate.

mod access;
mod args;
mod check;
mod config;
mod drill;
mod eval;
mod fix;
mod generate;
mod init;
mod learn;
mod lsp;
mod man;
mod model;
mod opinion;
mod output;
mod place;
mod progress;
mod rules;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, ConfigCommand, RulesCommand};
use output::Failure;

/// How a run ended, in the order in which the first that applies decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Wrong usage, unreadable input or an internal error.
    Trouble,
    /// A finding at or above `--fail-on`, or a violation.
    Found,
    /// Something could not be decided.
    Undecided,
    /// Nothing of the kind.
    Clean,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Trouble => 2,
            Self::Undecided => 3,
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let exit = match &args.command {
        Command::Check(check) => check::run(check, args.color),
        Command::Access(command) => access::run(command),
        Command::Model(command) => model::run(command),
        Command::Drill(args) => drill::run(args),
        Command::Place(place) => place::run(place),
        Command::Verify(verify) => verify::run(verify),
        Command::Eval(command) => eval::run(command),
        Command::Init(args) => init::run(args),
        Command::Learn(learn) => learn::run(learn),
        Command::Rules(RulesCommand::Review { file, reviewer }) => learn::review(file, reviewer),
        Command::Explain { id, invariants } => rules::explain(id, invariants, args.color),
        Command::Rules(RulesCommand::List { format, invariants }) => {
            rules::list(*format, invariants, args.color)
        }
        Command::Config(ConfigCommand::Show { path, config }) => config::show(path, config),
        Command::Lsp(lsp) => lsp::run(lsp),
        Command::Completions { shell } => output::completions(*shell),
        Command::Man { folder } => man::run(folder.as_deref()),
    };
    let exit = exit.unwrap_or_else(|failure| {
        output::complain(&failure, args.color);
        Exit::Trouble
    });
    ExitCode::from(exit.code())
}

/// What every command returns.
pub(crate) type Outcome = Result<Exit, Failure>;
