//! `seatrial check --fix` and `--diff`: fixed texts to files, to standard output or to a diff.

use similar::TextDiff;

use seatrial_core::Target;
use seatrial_gate::files::{STDIN, replace};
use seatrial_gate::{Fixed, FixedFile, Options, Progress, fix};
use seatrial_report::{Fixes, Format};

use crate::args::{CheckArgs, Color};
use crate::check::{exit, write_reports};
use crate::output::{Failure, say, write};
use crate::progress::with_bar;
use crate::{Exit, Outcome};

pub(crate) fn run(
    args: &CheckArgs,
    options: &Options,
    mut targets: Vec<(Format, Target)>,
    color: Color,
) -> Outcome {
    // Standard output is for the diff, or for the text that came from standard input.
    let of_stdin = args.paths.iter().any(|path| path.as_os_str() == STDIN);
    if args.diff || of_stdin {
        if !args.output_format.is_empty() && targets.iter().any(|(_, it)| *it == Target::Stdout) {
            let taken = if args.diff { "the diff" } else { "the fixed text" };
            let failure = Failure::new(format!("{taken} takes standard output"));
            return Err(failure.help("name a file for the report by --output"));
        }
        targets.retain(|(_, target)| *target != Target::Stdout);
    }
    let progress = Progress::default();
    let fixed = with_bar(&progress, || fix(options, args.with_unsafe, &progress));
    let fixed = fixed.map_err(Failure::new)?;
    let mut troubled = false;
    if args.diff {
        write(&Target::Stdout, &diff(&fixed))?;
        write_reports(&fixed.before, &targets, color)?;
    } else {
        for file in &fixed.files {
            troubled |= !write_fixed(file, options);
        }
        if of_stdin {
            write(&Target::Stdout, fixed.after.sources.get(STDIN).map_or("", |file| file.text()))?;
        }
        write_reports(&fixed.after, &targets, color)?;
    }
    let checked = if args.diff { &fixed.before } else { &fixed.after };
    if let Some(fixes) = &checked.report.fixes {
        say(&summary(fixes, args.diff));
    }
    Ok(if troubled { Exit::Trouble } else { exit(args, checked) })
}

/// Writes a fixed file; says why if that cannot be.
fn write_fixed(file: &FixedFile, options: &Options) -> bool {
    let path = file.before.path();
    if &**path == STDIN {
        return true;
    }
    let written = replace(path, file.before.text(), file.after.text(), &options.paths);
    if let Err(error) = &written {
        say(&format!("`{path}` is not fixed: {error}"));
    }
    written.is_ok()
}

/// All changes, as `git apply` and `patch -p1` read them.
fn diff(fixed: &Fixed) -> String {
    let of = |FixedFile { before, after }: &FixedFile| {
        let (old, new) = (format!("a/{}", before.path()), format!("b/{}", before.path()));
        let diff = TextDiff::from_lines(&**before.text(), &**after.text());
        diff.unified_diff().context_radius(3).header(&old, &new).to_string()
    };
    fixed.files.iter().map(of).collect()
}

/// What was fixed, what was not and why, and what could be.
fn summary(fixes: &Fixes, diff: bool) -> String {
    let mended = counted(fixes.applied, "finding");
    let places = counted(fixes.files.len(), "file");
    let did = if diff { "would fix" } else { "fixed" };
    let mut lines = vec![match fixes.applied {
        0 => "nothing to fix".to_owned(),
        _ => format!("{did} {mended} in {places}"),
    }];
    lines.extend(fixes.refused.iter().map(|refused| {
        let at = &refused.location;
        let place = format!("{}:{}:{}", at.path, at.line, at.column);
        format!("not fixed: {} at {place}: {}", refused.rule, refused.reason)
    }));
    if fixes.with_unsafe > 0 {
        let more = counted(fixes.with_unsafe, "more finding");
        lines.push(format!("{more} can be fixed with --unsafe; look at the changes then"));
    }
    lines.join("\n")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
