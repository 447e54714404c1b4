//! `seatrial access reach`.

use seatrial_access::assertion::Who;
use seatrial_access::rbac::{Baseline, Policy};
use seatrial_access::report::Ways;
use serde_json::json as object;

use super::arguments::{GraphFormat, ReachArgs};
use super::{bounds, json, objects};
use crate::output::{Failure, pair, write, write_text};
use crate::{Exit, Outcome};

pub(super) fn run(args: &ReachArgs) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let subject = args.subject.join(" ");
    let who: Who =
        subject.parse().map_err(|error| Failure::new(format!("`{subject}`: {error}")))?;
    let loaded = objects(&args.filename)?;
    let baseline = (!args.no_builtin_roles).then(Baseline::kubernetes);
    let ways = Ways::of(&Policy::read(&loaded.objects, baseline), &who);
    for (format, target) in &targets {
        match format {
            GraphFormat::Full => write_text(target, &ways.text())?,
            GraphFormat::Csv => write(target, &ways.csv())?,
            GraphFormat::Dot => write(target, &ways.graph().dot())?,
            GraphFormat::Svg => write(target, &ways.graph().svg())?,
            GraphFormat::Json => {
                let summary = object!({ "subjects": ways.subjects, "ways": ways.ways.len() });
                write(target, &json("access reach", summary, &bounds(None), &ways)?)?;
            }
        }
    }
    Ok(Exit::Clean)
}
