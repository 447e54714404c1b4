//! What can be asked on the command line.

use crate::render::TraceFormat;
use crate::{CheckOptions, Description, Limits, Refusal, Selection, Strategy};
use seatrial_core::duration;
use std::path::PathBuf;
use std::time::Duration;

/// Check protocol models at mixed granularity.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum ModelCommand {
    /// List the models, with their modules, grains, variants and bounds.
    List {
        /// Only the models of which a file changed since a git revision, or whose files are not known.
        #[arg(long, value_name = "GITREF")]
        changed_since: Option<String>,
        /// Where the list goes.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Check a model's properties.
    Check(Box<CheckArguments>),
    /// Compare a composition, in both directions, with itself where its coarse modules are at
    /// their baseline, or with the baseline if none is coarse.
    Refine {
        /// What to compare.
        #[command(flatten)]
        select: SelectArguments,
        /// What to spend.
        #[command(flatten)]
        limits: LimitArguments,
        /// How the full report shows a behaviour that one side lacks.
        #[arg(long, value_enum, value_name = "FORMAT")]
        trace_format: Option<TraceFormat>,
        /// Where the report goes.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Take a trace's steps again, and write it in other formats.
    Replay {
        /// The model.
        name: String,
        /// A trace as `--trace-format json` writes it, or a report as `--output-format json` does.
        trace: PathBuf,
        /// Where the trace goes.
        #[command(flatten)]
        traces: TraceArguments,
        /// Where the result goes.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Serve a page on which the state space can be walked.
    Explore {
        /// What to walk.
        #[command(flatten)]
        select: SelectArguments,
        /// The address to listen on; port 0 is any free one.
        #[arg(long, default_value = "127.0.0.1:3000")]
        address: String,
    },
    /// Explain a model and its properties.
    Explain {
        /// What to explain.
        #[command(flatten)]
        select: SelectArguments,
        /// Where the explanation goes.
        #[command(flatten)]
        output: OutputArguments,
    },
}

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// With counterexample, coverage and bounds.
    #[default]
    Full,
    /// One line.
    Concise,
    /// One JSON document.
    Json,
    /// One page for a browser, which loads nothing: of `model check` alone.
    Html,
}

/// Where reports go.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OutputArguments {
    /// How to write the report; repeatable, each with its --output [default: full].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub output_format: Vec<OutputFormat>,
    /// Where to write the report (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub exit_zero: bool,
}

/// Where a trace goes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TraceArguments {
    /// How to write the trace; repeatable, each with its --trace-output. The one without a file is
    /// how the full report shows it.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub trace_format: Vec<TraceFormat>,
    /// Where to write the trace, if there is one; pairs with --trace-format by position.
    #[arg(long, value_name = "FILE")]
    pub trace_output: Vec<PathBuf>,
}

/// Which model, and how it is configured.
#[derive(Clone, Debug, clap::Args)]
pub struct SelectArguments {
    /// The model.
    pub name: String,
    /// A named choice of grains.
    #[arg(long, value_name = "NAME")]
    pub composition: Option<String>,
    /// The grain of one module; repeatable.
    #[arg(long, value_name = "MODULE=GRAIN")]
    pub grain: Vec<String>,
    /// Which code is modelled: a release, a fix, a mutant [default: the first that is listed].
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// A known bug to mask; repeatable.
    #[arg(long, value_name = "BUG")]
    pub mask: Vec<String>,
    /// Bounds on the environment, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME=VALUE")]
    pub bounds: Vec<String>,
    /// A module that changed: modelled finely, and those that did not coarsely; repeatable.
    #[arg(long, value_name = "MODULE", conflicts_with = "composition")]
    pub changed: Vec<String>,
    /// The same for the modules whose files changed since a git revision.
    #[arg(long, value_name = "GITREF", conflicts_with = "composition")]
    pub changed_since: Option<String>,
}

/// What a run may spend.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LimitArguments {
    /// Stop at so many distinct states.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_states: Option<u64>,
    /// Stop at so many levels; the initial states are level 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_depth: Option<u64>,
    /// Stop the search after this time, such as `90s` or `5m`; a checkpoint is written after it.
    #[arg(long, value_name = "DURATION", value_parser = some_time)]
    pub time_limit: Option<Duration>,
    /// Stop before the process occupies more memory than this, such as `1GiB`.
    #[arg(long, value_name = "SIZE", value_parser = some_bytes)]
    pub memory_limit: Option<u64>,
}

/// How a model is checked.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArguments {
    /// What to check.
    #[command(flatten)]
    pub select: SelectArguments,
    /// What to spend.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// A property to check; repeatable [default: all].
    #[arg(long, value_name = "ID")]
    pub property: Vec<String>,
    /// How to search.
    #[arg(long, value_enum, default_value_t)]
    pub strategy: Strategy,
    /// Explore states up to the model's symmetry.
    #[arg(long)]
    pub symmetry: bool,
    /// A variable to project out of the state; repeatable.
    #[arg(long, value_name = "VARIABLE")]
    pub hide: Vec<String>,
    /// Report a state from which nothing can happen.
    #[arg(long)]
    pub deadlock: bool,
    /// Go on after a violation and count all of them.
    #[arg(long = "continue")]
    pub go_on: bool,
    /// Stop at so many violating states [default: 1, with --continue none].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_violations: Option<u64>,
    /// The seed of a simulation.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Random runs of a simulation, each as long as --max-depth, or 100 states.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: u64,
    /// Worker threads of a breadth-first search; its result does not depend on them.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: u16,
    /// Where to write the search if a limit ends it.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// A search to go on with.
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Where a counterexample goes.
    #[command(flatten)]
    pub traces: TraceArguments,
    /// Where the report goes.
    #[command(flatten)]
    pub output: OutputArguments,
}

impl SelectArguments {
    /// What is selected, but for the modules that changed since a revision.
    pub(super) fn selection(&self, description: &Description) -> Result<Selection, Refusal> {
        let pairs = |pairs: &[String], what: &str| -> Result<Vec<(String, String)>, Refusal> {
            let split = pairs.iter().map(|pair| match pair.split_once('=') {
                Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
                None => Err(Refusal::new(format!("`{pair}` is not of the form {what}"))),
            });
            split.collect()
        };
        let bounds = pairs(&self.bounds, "NAME=VALUE")?.into_iter();
        let bounds = bounds.map(|(name, value)| match value.parse() {
            Ok(number) => Ok((name, number)),
            // A number that no bound can have is told apart from what is no number at all.
            Err(_) => Err(description.out_of_range(&name, &value)),
        });
        Ok(Selection {
            composition: self.composition.clone(),
            grains: pairs(&self.grain, "MODULE=GRAIN")?,
            variant: self.variant.clone(),
            masks: self.mask.clone(),
            bounds: bounds.collect::<Result<_, _>>()?,
            changed: self.changed.clone(),
        })
    }
}

impl LimitArguments {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            states: self.max_states,
            depth: self.max_depth,
            time: self.time_limit,
            memory: self.memory_limit,
        }
    }
}

impl CheckArguments {
    pub(super) fn options(&self) -> CheckOptions {
        CheckOptions {
            properties: self.property.clone(),
            strategy: self.strategy,
            symmetry: self.symmetry,
            hide: self.hide.clone(),
            workers: usize::from(self.threads),
            limits: self.limits.limits(),
            deadlock: self.deadlock,
            max_violations: self.max_violations.unwrap_or(if self.go_on { u64::MAX } else { 1 }),
            seed: self.seed,
            runs: self.runs,
            checkpoint: self.checkpoint.clone(),
            resume: self.resume.clone(),
        }
    }
}

/// Reads a time that is not zero.
fn some_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("there must be some time".to_owned()) } else { Ok(time) }
}

/// Reads a number of bytes that is not zero, such as `512MiB`.
fn some_bytes(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1_u64 << 30,
        unit => return Err(format!("unknown unit `{unit}`: one of `B`, `KiB`, `MiB`, `GiB`")),
    };
    let number: u64 = number.parse().map_err(|_| "expected a size such as `1GiB`".to_owned())?;
    match number.checked_mul(factor) {
        None => Err("that is more than can be counted".to_owned()),
        Some(0) => Err("there must be some memory".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_something() {
        for (text, expected) in [
            ("1GiB", Some(1 << 30)),
            ("512 MiB", Some(512 << 20)),
            ("7", Some(7)),
            ("0", None),
            ("1GB", None),
            ("x", None),
            ("99999999999GiB", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(some_bytes(text).ok(), expected, "{text}");
        }
        for (text, expected) in
            [("90s", Some(90_000)), ("500ms", Some(500)), ("0", None), ("0ms", None), ("", None)]
        {
            assert_eq!(some_time(text).ok().map(|time| time.as_millis()), expected, "{text}");
        }
    }
}
