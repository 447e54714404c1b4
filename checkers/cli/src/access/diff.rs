//! `seatrial access diff`.

use seatrial_access::report::{Body, Comparison, Kind, Options, Summary, Verdict, csv, text};
use seatrial_report::Files;
use seatrial_report::text::count;
use serde::Serialize;

use seatrial_core::{Bound, Target};
use seatrial_gate::web::{WebKind, load};

use super::arguments::{DiffArgs, KindName, TableFormat};
use super::{bounds, json, objects};
use crate::output::{Failure, html, pair, write, write_text};
use crate::{Exit, Outcome};

pub(super) fn run(args: &DiffArgs) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let web = args.kind.iter().find_map(|kind| match kind {
        KindName::Nginx => Some((WebKind::Nginx, Kind::Nginx)),
        KindName::Httpd => Some((WebKind::Httpd, Kind::Httpd)),
        _ => None,
    });
    if let Some((web, kind)) = web {
        if args.kind.len() > 1 {
            let alone = format!("`{kind}` is compared by itself, and no other kind with it");
            return Err(Failure::new(alone));
        }
        let [old, new] = [&args.old, &args.new].map(|path| load(web, path).map_err(Failure::new));
        let ((old, olds), (new, news)) = (old?, new?);
        let sides = [(&*old, olds), (&*new, news)];
        let comparison = Comparison::of_web(kind, sides, args.limit).map_err(Failure::new)?;
        return written(args, &targets, &comparison, [&Files::default(), &Files::default()]);
    }
    let old = objects(std::slice::from_ref(&args.old))?;
    let new = objects(std::slice::from_ref(&args.new))?;
    let mut kinds: Vec<Kind> = args.kind.iter().map(|&kind| kind.into()).collect();
    if kinds.is_empty() {
        kinds = Kind::ALL.to_vec();
    }
    let options = Options { kinds, limit: args.limit, builtin_roles: !args.no_builtin_roles };
    let comparison = Comparison::of(&old.objects, &new.objects, &options).map_err(Failure::new)?;
    written(args, &targets, &comparison, [&old.files, &new.files])
}

/// Writes a comparison in all formats that are asked for.
fn written(
    args: &DiffArgs,
    targets: &[(TableFormat, Target)],
    comparison: &Comparison,
    [old, new]: [&Files; 2],
) -> Outcome {
    for (format, target) in targets {
        match format {
            TableFormat::Full => {
                let files = [("before", old), ("after", new)];
                let files: String = files.iter().map(|(side, files)| unread(side, files)).collect();
                write_text(target, &(text(comparison) + &files))?;
            }
            TableFormat::Csv => write(target, &csv(comparison))?,
            TableFormat::Json | TableFormat::Html => {
                let summary = Summary::of(comparison);
                let mut bounds = bounds(Some(args.limit));
                bounds.extend(comparison.items.map(|items| Bound {
                    name: "items of a list in admission".to_owned(),
                    value: items.to_string(),
                }));
                let files = Sides { old, new };
                let body = WithFiles { body: Body::of(comparison), files };
                let document = json("access diff", summary, &bounds, body)?;
                let page = *format == TableFormat::Html;
                write(target, &if page { html(&document)? } else { document })?;
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

/// A comparison with what became of the files of both sides.
#[derive(Serialize)]
struct WithFiles<'c> {
    #[serde(flatten)]
    body: Body<'c>,
    files: Sides<'c>,
}

#[derive(Serialize)]
struct Sides<'c> {
    old: &'c Files,
    new: &'c Files,
}

/// The files that hold nothing to compare, by name.
fn unread(side: &str, files: &Files) -> String {
    let unread = files.unchecked().into_iter().filter(|(.., names)| !names.is_empty());
    unread
        .map(|(one, many, names)| {
            format!("  {side}: {}: {}\n", count(names.len(), one, many), names.join(", "))
        })
        .collect()
}
