//! `seatrial place`: the default scheduler, the best placement, and its certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use seatrial_certificate::check::Status;
use seatrial_core::{Target, duration};
use seatrial_gate::cluster::{Loaded, Scale, load};
use seatrial_placement::report::{filters, json, page, text, weakest};
use seatrial_placement::{Ask, Options, Study, proof_log, scripts, study, svg};
use serde::Serialize;
use serde_json::json as object;

use crate::generate::{self, PlaceCommand};
use crate::output::{Failure, html, pair, say, write, write_text};
use crate::{Exit, Outcome};

/// How a report that has a page is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    /// For people.
    #[default]
    Full,
    /// For programs.
    Json,
    /// For people and browsers: one page that loads nothing.
    Html,
}

/// How the report is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    #[default]
    Full,
    /// For programs.
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct PlaceArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PlaceCommand>,
    /// A snapshot (`kubectl get nodes,pods,priorityclasses,pdb,pvc,pv -A -o yaml`), or manifests.
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub(crate) snapshot: Vec<PathBuf>,
    /// A cluster profile, which supplies the nodes: groups with capacity, labels and taints.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) cluster: Option<PathBuf>,
    /// How long to search.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub(crate) time_limit: Duration,
    /// How many threads to use [default: one a processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Breaks the default scheduler's ties, and guides the search.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Show what every filter says of this pod (`NAMESPACE/NAME`) on every node, and nothing else.
    #[arg(long, value_name = "POD")]
    pub(crate) explain: Option<String>,
    /// Take at most so many running pods from their nodes.
    #[arg(long, value_name = "N")]
    pub(crate) move_limit: Option<u32>,
    /// Move pods alive, one by one, and evict none.
    #[arg(long)]
    pub(crate) live: bool,
    /// Leave as few fragments as possible: what is free of a resource on a node modulo a unit.
    #[arg(long, value_name = "RESOURCE:UNIT", value_parser = fragments)]
    pub(crate) fragments: Option<(String, u64)>,
    /// Write the certificate here, and its instance beside it (`.instance.json`).
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Write what was left to a solver here, as SMT-LIB 2 scripts, one for each bound.
    #[arg(long, value_name = "DIR")]
    pub(crate) scripts: Option<PathBuf>,
    /// Write one tier as a pseudo-Boolean problem here (`.opb`).
    #[arg(long, value_name = "FILE")]
    pub(crate) opb: Option<PathBuf>,
    /// Write the proof of its bound for the checker `veripb` 3 here, where counting proves it.
    #[arg(long, value_name = "FILE", requires = "opb")]
    pub(crate) pbp: Option<PathBuf>,
    /// The tier of --opb [default: the lowest that counting proves].
    #[arg(long, value_name = "PRIORITY", requires = "opb", allow_negative_numbers = true)]
    pub(crate) tier: Option<i32>,
    /// Write the snapshot with the nodes of the profile and the pods of the workloads here.
    #[arg(long, value_name = "FILE")]
    pub(crate) expanded: Option<PathBuf>,
    /// Draw the nodes before and after (SVG).
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// How to print the report; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<PageFormat>,
    /// Where to write the report (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Exit with 1 if the default scheduler's placement is not as good as the best.
    #[arg(long)]
    pub(crate) fail_if_suboptimal: bool,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// Reads `cpu:16000`.
fn fragments(text: &str) -> Result<(String, u64), String> {
    let (resource, unit) =
        text.rsplit_once(':').ok_or("expected RESOURCE:UNIT, such as cpu:16000")?;
    match unit.parse() {
        Ok(unit) if unit > 0 => Ok((resource.to_owned(), unit)),
        _ => Err(format!("`{unit}` is not a positive number (of thousandths of a core for `cpu`)")),
    }
}

pub(crate) fn run(args: &PlaceArgs) -> Outcome {
    if let Some(command) = &args.command {
        return generate::run(command);
    }
    let targets = pair(&args.output_format, &args.output)?;
    let Loaded { cluster, expanded } =
        load(&args.snapshot, args.cluster.as_deref(), Scale::Stated).map_err(Failure::new)?;
    if let Some(pod) = &args.explain {
        let table = filters(&cluster, pod, args.seed).map_err(Failure::new)?;
        write(&Target::Stdout, &table)?;
        return Ok(Exit::Clean);
    }
    if let Some(file) = &args.expanded {
        write(&Target::File(file.clone()), &expanded.document())?;
    }
    let study = study(cluster, &ask(args), options(args)).map_err(Failure::new)?;
    write_documents(args, &study)?;
    let bounds = object!({
        "time_limit_seconds": args.time_limit.as_secs_f64(),
        "threads": threads(args),
        "seed": args.seed,
        "move_limit": args.move_limit,
    });
    for (format, target) in &targets {
        match format {
            PageFormat::Full => write_text(target, &text(&study))?,
            PageFormat::Json => write(target, &format!("{:#}\n", json(&study, &bounds)))?,
            PageFormat::Html => write(target, &html(&page(&study, &bounds).to_string())?)?,
        }
    }
    if let Some(file) = &args.certificate {
        say(&format!("certificate: {0}; check it with `seatrial verify {0}`", file.display()));
    }
    Ok(exit(args, &study))
}

fn ask(args: &PlaceArgs) -> Ask {
    Ask { move_limit: args.move_limit, live: args.live, fragments: args.fragments.clone() }
}

fn threads(args: &PlaceArgs) -> usize {
    args.threads
        .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn options(args: &PlaceArgs) -> Options {
    let (time_limit, threads, seed) = (args.time_limit, threads(args), args.seed);
    Options { time_limit, threads, seed, ..Options::default() }
}

/// What a study leaves in files.
fn write_documents(args: &PlaceArgs, study: &Study) -> Result<(), Failure> {
    let certificate = &study.placed.certificate;
    if let Some(file) = &args.certificate {
        write_json(file, certificate)?;
        write_json(&instance_beside(file), &study.instance)?;
    }
    if let Some(folder) = &args.scripts {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::new(format!("`{}` cannot be made: {error}", folder.display()))
        })?;
        for script in scripts(&study.instance, certificate) {
            write(&Target::File(folder.join(script.file())), &script.text)?;
        }
    }
    if let Some(file) = &args.opb {
        write_pseudo_boolean(args, study, file)?;
    }
    if let Some(file) = &args.picture {
        write(&Target::File(file.clone()), &svg(study))?;
    }
    Ok(())
}

/// The problem of one tier, and the proof of its bound if it can be written.
fn write_pseudo_boolean(args: &PlaceArgs, study: &Study, file: &Path) -> Result<(), Failure> {
    let log = proof_log(&study.instance, &study.placed.certificate, args.tier);
    let log = log.map_err(Failure::new)?;
    write(&Target::File(file.to_owned()), &log.problem)?;
    match (&args.pbp, log.proof) {
        (Some(file), Ok(proof)) => write(&Target::File(file.clone()), &proof),
        (Some(file), Err(reason)) => {
            say(&format!("{} is not written: {reason}", file.display()));
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// 1 if pods wait that have a place, 3 if there may be more, 0 otherwise.
fn exit(args: &PlaceArgs, study: &Study) -> Exit {
    let all = study.unplaced().next().is_none();
    match () {
        () if args.exit_zero => Exit::Clean,
        () if study.default_leaves_out() => Exit::Found,
        () if args.fail_if_suboptimal && study.against_default().is_gt() => Exit::Found,
        () if all && args.fragments.is_none() => Exit::Clean,
        () if weakest(&study.verification) == Status::Certified => Exit::Clean,
        () => Exit::Undecided,
    }
}

/// The file of the instance of a certificate: `plan.json` has `plan.instance.json`.
pub(crate) fn instance_beside(certificate: &Path) -> PathBuf {
    certificate.with_extension("instance.json")
}

fn write_json(file: &Path, document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(document).map_err(Failure::new)?;
    write(&Target::File(file.to_owned()), &(text + "\n"))
}
