//! `seatrial access connect`.

use seatrial_access::report::{Connectivity, Which};
use serde_json::json as object;

use super::arguments::{ConnectArgs, GraphFormat};
use super::{bounds, json, objects};
use crate::output::{Failure, pair, write, write_text};
use crate::{Exit, Outcome};

pub(super) fn run(args: &ConnectArgs) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let loaded = objects(&args.paths)?;
    let all = Which::All;
    let ends = (args.from.as_ref().unwrap_or(&all), args.to.as_ref().unwrap_or(&all));
    let found = Connectivity::of(&loaded.objects, ends, args.limit).map_err(Failure::new)?;
    for (format, target) in &targets {
        match format {
            GraphFormat::Full => write_text(target, &found.text())?,
            GraphFormat::Csv => write(target, &found.csv())?,
            GraphFormat::Dot => write(target, &found.graph().dot())?,
            GraphFormat::Svg => write(target, &found.graph().svg())?,
            GraphFormat::Json => {
                let summary = object!({
                    "connections": found.total,
                    "listed": found.connections.len(),
                    "workloads": found.workloads,
                    "pairs": found.totals,
                });
                let document = json("access connect", summary, &bounds(Some(args.limit)), &found)?;
                write(target, &document)?;
            }
        }
    }
    Ok(Exit::Clean)
}
