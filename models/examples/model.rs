//! The commands over the project's own catalogue, as the main binary forwards them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use clap::Parser;
use seatrial_explore::commands::{ModelCommand, Target, run};
use std::error::Error;
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: ModelCommand,
}

fn main() -> ExitCode {
    execute().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

fn execute() -> Result<ExitCode, Box<dyn Error>> {
    let output = run(&seatrial_models::catalogue(), &Arguments::parse().command, &mut |_| {})?;
    for (target, text) in &output.texts {
        match target {
            Target::Stdout => print!("{text}"),
            Target::File(path) => std::fs::write(path, text)?,
        }
    }
    Ok(ExitCode::from(output.code))
}
