//! Generators: what is committed but made by a program, and how it is made again.
//!
//! One module a subcommand; `cargo xtask help` lists them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod book;
mod corpus;
mod docs;
mod models;
mod schemas;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Generators of seatrial")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write what is generated: the pages of `docs` on rules, protocols and settings, and the
    /// tables of `corpus/README.md` and `models/README.md`.
    Gen,
    /// Make the bundle of the Kubernetes schemas in `configs/schemas`.
    Schemas(schemas::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Gen => docs::run(),
        Command::Schemas(arguments) => schemas::run(&arguments),
    };
    match outcome {
        Ok(message) => {
            say(&message);
            ExitCode::SUCCESS
        }
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::from(2)
        }
    }
}

/// Tells the user.
#[expect(clippy::print_stderr, reason = "the one place where a generator speaks")]
fn say(message: &str) {
    eprintln!("{message}");
}
