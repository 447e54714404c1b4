//! `seatrial verify`: the independent check of a certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as ClapArgs;
use seatrial_certificate::check::Status;
use seatrial_certificate::derive::derive;
use seatrial_certificate::{Certificate, Instance, Objective, Refusal, Verification, check};
use seatrial_core::{Target, duration};
use seatrial_placement::report::{
    json_of_rejection, json_of_verification, text_of_verification, weakest,
};
use seatrial_placement::{Rerun, Script, Solver, Word, confirmed, rerun, scripts};
use serde_json::json as object;

use crate::output::{Failure, pair, read_bytes, say, write};
use crate::place::{ReportFormat, instance_beside};
use crate::{Exit, Outcome};

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyArgs {
    /// The certificate that `seatrial place --certificate` wrote.
    #[arg(value_name = "CERTIFICATE")]
    pub(crate) certificate: PathBuf,
    /// The instance that it is about [default: the `.instance.json` beside the certificate].
    #[arg(long, value_name = "FILE")]
    pub(crate) instance: Option<PathBuf>,
    /// Derive the instance again from this snapshot (nodes, pods and what they refer to), so that
    /// nothing of the prover is trusted; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Vec<PathBuf>,
    /// Run a solver again on what rests on one: `z3` is built in; a path is a program that reads
    /// SMT-LIB 2 from its standard input.
    #[arg(long, value_name = "z3|PATH")]
    pub(crate) solver: Option<String>,
    /// An argument of the program of --solver (`-in`, `--lang=smt2`); repeatable.
    #[arg(long, value_name = "ARG", requires = "solver", allow_hyphen_values = true)]
    pub(crate) solver_argument: Vec<String>,
    /// How long the solver may take for each bound.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub(crate) time_limit: Duration,
    /// Compare what is derived for the solver with the scripts here (`seatrial place --scripts`).
    #[arg(long, value_name = "DIR")]
    pub(crate) scripts: Option<PathBuf>,
    /// How to print the result; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<ReportFormat>,
    /// Where to write the result (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// What became of a certificate.
enum Judgement {
    Rejected(String),
    Accepted(Verification, Vec<Rerun>),
}

pub(crate) fn run(args: &VerifyArgs) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let certificate = read(&args.certificate, Certificate::from_slice)?;
    let beside = instance_beside(&args.certificate);
    let file = args.instance.as_ref().unwrap_or(&beside);
    let written = read(file, Instance::from_slice)?;
    let (instance, source) = match derived(&args.snapshot, &written)? {
        Some(instance) => (instance, "derived from the snapshot"),
        None => (written, "as the prover wrote it"),
    };
    let judgement = judge(args, &instance, &certificate)?;
    report(&judgement, &instance, source, &targets)?;
    Ok(match judgement {
        _ if args.exit_zero => Exit::Clean,
        Judgement::Rejected(_) => Exit::Found,
        Judgement::Accepted(verification, _) => match weakest(&verification) {
            Status::Certified => Exit::Clean,
            _ => Exit::Undecided,
        },
    })
}

/// Checks a certificate, and runs the solver again if one is given.
fn judge(
    args: &VerifyArgs,
    instance: &Instance,
    certificate: &Certificate,
) -> Result<Judgement, Failure> {
    let verification = match check(instance, certificate) {
        Ok(verification) => verification,
        Err(rejection) => return Ok(Judgement::Rejected(rejection.to_string())),
    };
    if args.solver.is_none() && args.scripts.is_none() {
        return Ok(Judgement::Accepted(verification, Vec::new()));
    }
    let scripts = scripts(instance, certificate);
    if let Some(folder) = &args.scripts {
        for script in &scripts {
            let file = folder.join(script.file());
            if read_bytes(&file)? != script.text.as_bytes() {
                let file = file.display();
                let reason = format!("the script `{file}` is not what the instance demands");
                return Ok(Judgement::Rejected(reason));
            }
        }
    }
    let Some(solver) = solver(args) else {
        return Ok(Judgement::Accepted(verification, Vec::new()));
    };
    Ok(run_again(verification, &scripts, &solver, args.time_limit))
}

fn solver(args: &VerifyArgs) -> Option<Solver> {
    let name = args.solver.as_deref()?;
    Some(match name {
        "z3" => Solver::Z3,
        path => Solver::Program(path.into(), args.solver_argument.clone()),
    })
}

fn run_again(
    verification: Verification,
    scripts: &[Script],
    solver: &Solver,
    limit: Duration,
) -> Judgement {
    let reruns = rerun(scripts, solver, limit);
    match reruns.iter().find(|rerun| rerun.word == Word::Contradicted) {
        Some(Rerun { bound, .. }) => {
            let name = solver.name();
            Judgement::Rejected(format!("{name} does not refute what `{bound}` says it does"))
        }
        None => Judgement::Accepted(confirmed(verification, &reruns), reruns),
    }
}

fn report(
    judgement: &Judgement,
    instance: &Instance,
    source: &str,
    targets: &[(ReportFormat, Target)],
) -> Result<(), Failure> {
    let bounds = object!({ "instance": source, "trusted": instance.trusted });
    for (format, target) in targets {
        let text = match (format, judgement) {
            (ReportFormat::Full, Judgement::Rejected(reason)) => {
                format!("rejected: {reason}\n") + &on_trust(source, instance)
            }
            (ReportFormat::Json, Judgement::Rejected(reason)) => {
                format!("{:#}\n", json_of_rejection(reason, &bounds))
            }
            (ReportFormat::Full, Judgement::Accepted(verification, reruns)) => {
                text_of_verification(verification, reruns) + &on_trust(source, instance)
            }
            (ReportFormat::Json, Judgement::Accepted(verification, reruns)) => {
                format!("{:#}\n", json_of_verification(verification, reruns, &bounds))
            }
        };
        write(target, &text)?;
    }
    Ok(())
}

/// Reads a document.
fn read<T>(path: &Path, parse: fn(&[u8]) -> Result<T, Refusal>) -> Result<T, Failure> {
    let bytes = read_bytes(path)?;
    parse(&bytes).map_err(|refusal| Failure::new(format!("`{}`: {refusal}", path.display())))
}

/// The instance of the snapshot, if one is given. What was asked is not in a snapshot: it is taken
/// from what was written.
fn derived(files: &[PathBuf], written: &Instance) -> Result<Option<Instance>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let texts: Vec<Vec<u8>> =
        files.iter().map(|file| read_bytes(file)).collect::<Result<_, _>>()?;
    let documents: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
    let derived = derive(&documents, &written.question)
        .map_err(|refusal| Failure::new(format!("the snapshot is refused: {refusal}")))?;
    let mut same = Instance { trusted: written.trusted.clone(), ..derived.instance };
    if let Objective::Fragments { resource, .. } = &mut same.question.objective {
        let name = written.resources.get(*resource as usize);
        let known = (0_u32..).zip(&same.resources).find(|(_, known)| Some(*known) == name);
        let missing = || Failure::new("no pod of the snapshot asks for the resource in question");
        *resource = known.ok_or_else(missing)?.0;
    }
    if same != *written {
        say("the snapshot is not the one that the certificate was written for: it is checked \
             against the snapshot");
    }
    Ok(Some(same))
}

/// What whoever reads the result has to trust.
fn on_trust(source: &str, instance: &Instance) -> String {
    let lines = instance.trusted.iter().map(|line| format!("on trust: {line}\n"));
    std::iter::once(format!("instance: {source}\n")).chain(lines).collect()
}
