//! The commands over a catalogue: arguments in, text and exit code out. Nothing is printed here.

mod arguments;
mod changes;
mod run;

pub use arguments::{CheckArguments, ModelCommand, OutputFormat, SelectArguments};
pub use run::{Output, run};

#[cfg(test)]
mod tests;
