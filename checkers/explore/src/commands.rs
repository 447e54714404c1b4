//! The commands over a catalogue: arguments in, texts and exit code out. Nothing is printed here.

mod arguments;
mod changes;
mod outputs;
mod run;

pub use arguments::{
    CheckArguments, LimitArguments, ModelCommand, OutputArguments, OutputFormat, SelectArguments,
    TraceArguments,
};
pub use outputs::Output;
pub use run::{Notice, run};
pub use seatrial_core::Target;

#[cfg(test)]
mod tests;
