//! What can be asked on the command line.

use crate::render::TraceFormat;
use crate::{CheckOptions, Limits, Refusal, Selection, Strategy};
use std::path::PathBuf;
use std::time::Duration;

/// Check protocol models at mixed granularity.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum ModelCommand {
    /// List the models, with their modules, grains, variants and bounds.
    List {
        /// How to write the list.
        #[arg(long, value_enum, default_value_t)]
        output_format: OutputFormat,
    },
    /// Check a model's properties.
    Check(Box<CheckArguments>),
    /// Compare a composition with the baseline, in both directions.
    Refine {
        /// What to compare.
        #[command(flatten)]
        select: SelectArguments,
        /// What to spend.
        #[command(flatten)]
        limits: LimitArguments,
        /// How to write a behaviour that one side lacks.
        #[arg(long, value_enum, default_value_t)]
        trace_format: TraceFormat,
        /// How to write the report.
        #[arg(long, value_enum, default_value_t)]
        output_format: OutputFormat,
    },
    /// Take a trace's steps again.
    Replay {
        /// The model.
        name: String,
        /// A trace as `--trace-format json` writes it.
        trace: PathBuf,
        /// How to write the result.
        #[arg(long, value_enum, default_value_t)]
        output_format: OutputFormat,
    },
    /// Serve a page on which the state space can be walked.
    Explore {
        /// What to walk.
        #[command(flatten)]
        select: SelectArguments,
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1:3000")]
        address: String,
    },
    /// Explain a model and its properties.
    Explain {
        /// What to explain.
        #[command(flatten)]
        select: SelectArguments,
        /// How to write the explanation.
        #[arg(long, value_enum, default_value_t)]
        output_format: OutputFormat,
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
}

/// Which model, and how it is configured.
#[derive(Clone, Debug, clap::Args)]
pub struct SelectArguments {
    /// The model.
    pub name: String,
    /// A named choice of grains.
    #[arg(long)]
    pub composition: Option<String>,
    /// The grain of one module, as `MODULE=GRAIN`.
    #[arg(long)]
    pub grain: Vec<String>,
    /// Which code is modelled: a release, a fix, a mutant.
    #[arg(long)]
    pub variant: Option<String>,
    /// A known bug to mask.
    #[arg(long)]
    pub mask: Vec<String>,
    /// Bounds on the environment, as `NAME=VALUE`.
    #[arg(long, value_delimiter = ',')]
    pub bounds: Vec<String>,
    /// A module that changed: modelled finely, and all others coarsely.
    #[arg(long)]
    pub changed: Vec<String>,
    /// The same for the modules whose files changed since a git revision.
    #[arg(long, value_name = "GITREF")]
    pub changed_since: Option<String>,
}

/// What a run may spend.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LimitArguments {
    /// Distinct states.
    #[arg(long)]
    pub max_states: Option<u64>,
    /// Levels; the initial states are level 1.
    #[arg(long)]
    pub max_depth: Option<u64>,
    /// Time, such as `90s` or `5m`.
    #[arg(long)]
    pub time_limit: Option<String>,
    /// Memory, such as `1GiB`.
    #[arg(long)]
    pub memory_limit: Option<String>,
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
    /// A property to check; all if none is given.
    #[arg(long)]
    pub property: Vec<String>,
    /// How to search.
    #[arg(long, default_value = "bfs", value_parser = ["bfs", "dfs", "simulate"])]
    pub strategy: String,
    /// Explore states up to the model's symmetry.
    #[arg(long)]
    pub symmetry: bool,
    /// A variable to project out of the state.
    #[arg(long)]
    pub hide: Vec<String>,
    /// Report a state from which nothing can happen.
    #[arg(long)]
    pub deadlock: bool,
    /// Go on after a violation and count all of them.
    #[arg(long = "continue")]
    pub go_on: bool,
    /// Stop at so many violating states.
    #[arg(long)]
    pub max_violations: Option<u64>,
    /// The seed of a simulation.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Random runs of a simulation, each as long as `--max-depth`.
    #[arg(long, default_value_t = 1000)]
    pub runs: u64,
    /// Worker threads.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Where to write the search if a limit ends it.
    #[arg(long)]
    pub checkpoint: Option<PathBuf>,
    /// A search to go on with.
    #[arg(long)]
    pub resume: Option<PathBuf>,
    /// How to write a counterexample.
    #[arg(long, value_enum, default_value_t)]
    pub trace_format: TraceFormat,
    /// How to write the report.
    #[arg(long, value_enum, default_value_t)]
    pub output_format: OutputFormat,
}

impl SelectArguments {
    /// What is selected, but for the modules that changed since a revision.
    pub(super) fn selection(&self) -> Result<Selection, Refusal> {
        let pairs = |pairs: &[String], what: &str| -> Result<Vec<(String, String)>, Refusal> {
            let split = pairs.iter().map(|pair| match pair.split_once('=') {
                Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
                None => Err(Refusal::new(format!("`{pair}` is not of the form {what}"))),
            });
            split.collect()
        };
        let bounds =
            pairs(&self.bounds, "NAME=VALUE")?.into_iter().map(|(name, value)| {
                match value.parse() {
                    Ok(number) => Ok((name, number)),
                    Err(error) => Err(Refusal::new(format!("bound `{name}={value}`: {error}"))),
                }
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
    pub(super) fn limits(&self) -> Result<Limits, Refusal> {
        Ok(Limits {
            states: self.max_states,
            depth: self.max_depth,
            time: self.time_limit.as_deref().map(duration).transpose()?,
            memory: self.memory_limit.as_deref().map(bytes).transpose()?,
        })
    }
}

impl CheckArguments {
    pub(super) fn options(&self) -> Result<CheckOptions, Refusal> {
        let max_violations = match (self.max_violations, self.go_on) {
            (Some(0), _) => return Err(Refusal::new("`--max-violations` must be at least 1")),
            (Some(count), _) => count,
            (None, go_on) => {
                if go_on {
                    u64::MAX
                } else {
                    1
                }
            }
        };
        if self.threads == 0 {
            return Err(Refusal::new("`--threads` must be at least 1"));
        }
        Ok(CheckOptions {
            properties: self.property.clone(),
            strategy: match self.strategy.as_str() {
                "dfs" => Strategy::Dfs,
                "simulate" => Strategy::Simulate,
                _ => Strategy::Bfs,
            },
            symmetry: self.symmetry,
            hide: self.hide.clone(),
            workers: self.threads,
            limits: self.limits.limits()?,
            deadlock: self.deadlock,
            max_violations,
            seed: self.seed,
            runs: self.runs,
            checkpoint: self.checkpoint.clone(),
            resume: self.resume.clone(),
        })
    }
}

/// A number and the rest of `text`.
fn quantity(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}

fn duration(text: &str) -> Result<Duration, Refusal> {
    let seconds = quantity(text).and_then(|(number, unit)| match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    });
    seconds.ok_or_else(|| {
        Refusal::new(format!("`{text}` is no time: write `500ms`, `90s`, `5m` or `2h`"))
    })
}

fn bytes(text: &str) -> Result<u64, Refusal> {
    let bytes = quantity(text).and_then(|(number, unit)| {
        let factor = match unit {
            "" | "B" => 1,
            "KiB" | "K" => 1 << 10,
            "MiB" | "M" => 1 << 20,
            "GiB" | "G" => 1_u64 << 30,
            _ => return None,
        };
        number.checked_mul(factor)
    });
    bytes.ok_or_else(|| Refusal::new(format!("`{text}` is no size: write `512MiB` or `1GiB`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        for (text, expected) in [
            ("1GiB", Some(1 << 30)),
            ("512 MiB", Some(512 << 20)),
            ("7", Some(7)),
            ("1GB", None),
            ("x", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("90s", Some(90_000)),
            ("5m", Some(300_000)),
            ("500ms", Some(500)),
            ("1d", None),
            ("", None),
        ] {
            assert_eq!(duration(text).ok().map(|time| time.as_millis()), expected, "{text}");
        }
    }
}
