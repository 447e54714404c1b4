//! `seatrial access diff`.

use seatrial_access::report::{Body, Comparison, Kind, Options, Summary, Verdict, csv, text};

use super::arguments::{DiffArgs, TableFormat};
use super::{bounds, json, objects, write_text};
use crate::output::{Failure, pair, write};
use crate::{Exit, Outcome};

pub(super) fn run(args: &DiffArgs) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let old = objects(std::slice::from_ref(&args.old))?;
    let new = objects(std::slice::from_ref(&args.new))?;
    let mut kinds: Vec<Kind> = args.kind.iter().map(|&kind| kind.into()).collect();
    if kinds.is_empty() {
        kinds = Kind::ALL.to_vec();
    }
    let options = Options { kinds, limit: args.limit, builtin_roles: !args.no_builtin_roles };
    let comparison = Comparison::of(&old.objects, &new.objects, &options).map_err(Failure::new)?;
    for (format, target) in &targets {
        match format {
            TableFormat::Full => write_text(target, &text(&comparison))?,
            TableFormat::Csv => write(target, &csv(&comparison))?,
            TableFormat::Json => {
                let (summary, body) = (Summary::of(&comparison), Body::of(&comparison));
                write(target, &json("access diff", summary, &bounds(Some(args.limit)), body)?)?;
            }
        }
    }
    Ok(match comparison.verdict() {
        _ if args.exit_zero => Exit::Clean,
        Verdict::Equal => Exit::Clean,
        Verdict::Changed => Exit::Found,
        Verdict::Undecided => Exit::Undecided,
    })
}
