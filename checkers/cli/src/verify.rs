//! `seatrial verify`: the independent check of a certificate.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use seatrial_certificate::check::Status;
use seatrial_certificate::derive::derive;
use seatrial_certificate::{Certificate, Instance, Refusal, check};
use seatrial_placement::report::{json_of_verification, text_of_verification, weakest};
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
    match check(&instance, &certificate) {
        Err(rejection) => {
            let trusted = object!({ "instance": source });
            for (format, target) in &targets {
                let text = match format {
                    ReportFormat::Full => format!("rejected: {rejection}\n"),
                    ReportFormat::Json => rejected(&rejection.to_string(), &trusted),
                };
                write(target, &text)?;
            }
            Ok(if args.exit_zero { Exit::Clean } else { Exit::Found })
        }
        Ok(verification) => {
            let bounds = object!({ "instance": source, "trusted": instance.trusted });
            for (format, target) in &targets {
                let text = match format {
                    ReportFormat::Full => {
                        text_of_verification(&verification) + &on_trust(source, &instance)
                    }
                    ReportFormat::Json => {
                        format!("{:#}\n", json_of_verification(&verification, &bounds))
                    }
                };
                write(target, &text)?;
            }
            Ok(match weakest(&verification) {
                _ if args.exit_zero => Exit::Clean,
                Status::Certified => Exit::Clean,
                _ => Exit::Undecided,
            })
        }
    }
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
    let derived = derive(&documents, &written.question).map_err(Failure::new)?;
    let same = Instance { trusted: written.trusted.clone(), ..derived.instance };
    if same != *written {
        say(
            "the snapshot is not the one that the certificate was written for: checking it against the snapshot",
        );
    }
    Ok(Some(same))
}

/// What whoever reads the result has to trust.
fn on_trust(source: &str, instance: &Instance) -> String {
    let mut text = format!("instance: {source}\n");
    for line in &instance.trusted {
        text.push_str(&format!("on trust: {line}\n"));
    }
    text
}

fn rejected(reason: &str, bounds: &serde_json::Value) -> String {
    let document = object!({
        "version": 1,
        "tool": { "name": "seatrial", "version": env!("CARGO_PKG_VERSION") },
        "command": "verify",
        "summary": { "accepted": false, "reason": reason },
        "bounds": bounds,
    });
    format!("{document:#}\n")
}
