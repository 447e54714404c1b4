//! The commands over the project's own catalogue, as the main binary forwards them.

use clap::Parser;
use seatrial_explore::commands::{ModelCommand, run};
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: ModelCommand,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]
fn main() -> ExitCode {
    match run(&seatrial_models::catalogue(), &Arguments::parse().command, &mut |_| {}) {
        Ok(output) => {
            print!("{}", output.text);
            ExitCode::from(output.code)
        }
        Err(refusal) => {
            eprintln!("error: {refusal}");
            ExitCode::from(2)
        }
    }
}
