//! `seatrial drill`: the user's manifests under faults, in all schedules.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use seatrial_core::{Target, duration};
use seatrial_drill::report::{json, mermaid, text};
use seatrial_drill::{Faults, Grains, Options, Question, Stated, Surroundings, drill};
use seatrial_explore::Answer;
use seatrial_gate::cluster::{Base, Unfit, base, has_nodes, manifests, texts};

use crate::output::{Failure, html, pair, write, write_text};
use crate::place::PageFormat;
use crate::{Exit, Outcome};

/// How the stories of what is violated are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoryFormat {
    /// Markdown with a Mermaid sequence diagram for each.
    Mermaid,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DrillArgs {
    /// Files and directories with manifests.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A cluster profile or a snapshot, which supplies the nodes [default: the nodes among the
    /// manifests, else three nodes in three zones].
    #[arg(long, value_name = "FILE")]
    pub(crate) cluster: Option<PathBuf>,
    /// How often what happens at most; what is not named keeps its default.
    #[arg(long, value_name = "KIND=N,...", value_parser = Faults::parse, default_value_t)]
    pub(crate) faults: Faults,
    /// How finely controllers are modelled: `atomic`, `cached:N` (it may act on what it read up to N
    /// changes ago), or `calls:N` (the same, and each of its calls is a step), for `deployment`,
    /// `replica-set`, `stateful-set`, `disruption` (the status of budgets) or `all` of them
    /// [default: all atomic].
    #[arg(long, value_name = "CONTROLLER=GRAIN,...", value_parser = Grains::parse)]
    pub(crate) grain: Option<Grains>,
    /// Ask only this (start-up, pod, kill, probe, node, zone, partition, cordon, taint, drain,
    /// rollout, broken-rollout, crashing-rollout, rollback, scale, resize, identity, stale, descheduler, scaled-rollout, preemption, together); repeatable.
    #[arg(long, value_name = "NAME", value_parser = Question::parse)]
    pub(crate) property: Vec<Question>,
    /// A file of properties of your own, in CEL; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) properties: Vec<PathBuf>,
    /// How long to explore; what is not finished then is undecided.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub(crate) time_limit: Duration,
    /// How many threads to use [default: one a processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// How to print the report; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<PageFormat>,
    /// Where to write the report (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Write the stories of what is violated on their own; without --output-format there is no
    /// other report.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) trace_format: Option<StoryFormat>,
    /// Where to write them [default: standard output].
    #[arg(long, value_name = "FILE", requires = "trace_format")]
    pub(crate) trace_output: Option<PathBuf>,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

pub(crate) fn run(args: &DrillArgs) -> Outcome {
    let (targets, stories) = targets(args)?;
    let objects = manifests(&args.paths).map_err(Failure::new)?;
    let surroundings = match &args.cluster {
        Some(path) => around(path)?,
        None if has_nodes(&objects) => Surroundings::among_the_manifests(),
        None => Surroundings::by_default().map_err(unfit)?,
    };
    let options = Options {
        faults: args.faults,
        questions: args.property.clone(),
        time_limit: args.time_limit,
        threads: args.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        ),
        stated: stated(&args.properties)?,
        grains: args.grain.unwrap_or_default(),
    };
    let drilled = drill(&objects, &surroundings, &options).map_err(unfit)?;
    for (format, target) in &targets {
        match format {
            PageFormat::Full => write_text(target, &text(&drilled))?,
            PageFormat::Json => write(target, &format!("{:#}\n", json(&drilled)))?,
            PageFormat::Html => write(target, &html(&json(&drilled).to_string())?)?,
        }
    }
    if let Some((StoryFormat::Mermaid, target)) = stories {
        write(&target, &mermaid(&drilled))?;
    }
    Ok(match drilled.verdict() {
        _ if args.exit_zero => Exit::Clean,
        Answer::Violated => Exit::Found,
        Answer::Undecided => Exit::Undecided,
        Answer::Holds => Exit::Clean,
    })
}

fn unfit(errors: impl Into<Unfit>) -> Failure {
    Failure::new(errors.into())
}

/// Where the reports and the stories go: to standard output only one of them.
fn targets(args: &DrillArgs) -> Result<Targets, Failure> {
    let alone =
        args.trace_format.is_some() && args.output_format.is_empty() && args.output.is_empty();
    let reports = if alone { Vec::new() } else { pair(&args.output_format, &args.output)? };
    let path = args.trace_output.as_ref().filter(|path| *path != Path::new("-"));
    let target = path.map_or(Target::Stdout, |path| Target::File(path.clone()));
    let stories = args.trace_format.map(|format| (format, target));
    let is_stdout = |target: &Target| *target == Target::Stdout;
    if stories.iter().any(|(_, target)| is_stdout(target))
        && reports.iter().any(|(_, target)| is_stdout(target))
    {
        return Err(Failure::new("a report and the stories both go to standard output")
            .help("give one of them a file by --output or --trace-output"));
    }
    Ok((reports, stories))
}

/// The reports with their targets, and the stories with theirs.
type Targets = (Vec<(PageFormat, Target)>, Option<(StoryFormat, Target)>);

/// The properties of all files.
fn stated(paths: &[PathBuf]) -> Result<Vec<Arc<Stated>>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        for file in texts(std::slice::from_ref(path)).map_err(Failure::new)? {
            all.extend(Stated::read(&file).map_err(unfit)?);
        }
    }
    Ok(all)
}

/// The cluster of a file or a directory.
fn around(path: &Path) -> Result<Surroundings, Failure> {
    let Base { objects, profile, .. } = base(path).map_err(Failure::new)?;
    Ok(Surroundings { objects, profile, name: format!("`{}`", path.display()) })
}
