//! `seatrial check`: arguments and settings to a plan, one run, its reports.

use std::time::Duration;

use seatrial_gate::{Options, Progress, Timing, check};
use seatrial_report::render;

use crate::args::{CheckArgs, Color};
use crate::output::{Failure, pair, say, style, write};
use crate::progress::with_bar;
use crate::{Exit, Outcome};

pub(crate) fn run(args: &CheckArgs, color: Color) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let options = options(args)?;
    let progress = Progress::default();
    let checked = with_bar(&progress, || check(&options, &progress)).map_err(Failure::new)?;
    for (format, target) in &targets {
        let style = style(target, color);
        let text =
            render(&checked.report, &checked.sources, *format, style).map_err(Failure::new)?;
        write(target, &text)?;
    }
    if args.timings {
        say(timings(&checked.timings).trim_end());
    }
    let fails = checked.report.findings.iter().any(|finding| checked.report.fails(finding));
    Ok(match () {
        () if checked.refused => Exit::Trouble,
        () if args.exit_zero => Exit::Clean,
        () if fails => Exit::Found,
        () if !checked.report.undecided.is_empty() => Exit::Undecided,
        () => Exit::Clean,
    })
}

/// The settings of the file, with those of the command line over them.
fn options(args: &CheckArgs) -> Result<Options, Failure> {
    let first = args.paths.first().map_or(".".as_ref(), |path| path.as_path());
    let mut config = crate::config::load(&args.config, first)?;
    let settings = &mut config.settings;
    if let Some(version) = &args.kubernetes_version {
        settings.kubernetes_version = Some(version.clone());
    }
    settings.fail_on = args.fail_on.or(settings.fail_on);
    settings.closed_world |= args.closed_world;
    if args.no_gitignore {
        settings.gitignore = Some(false);
    }
    if !args.select.is_empty() {
        settings.select.clone_from(&args.select);
    }
    if !args.profile.is_empty() {
        settings.profile.clone_from(&args.profile);
    }
    settings.enable.extend(args.enable.iter().cloned());
    settings.ignore.extend(args.ignore.iter().cloned());
    let mut invariants: Vec<_> =
        settings.invariants.iter().map(|folder| config.root.join(folder)).collect();
    invariants.extend(args.invariants.iter().cloned());
    let shipped = std::path::Path::new(seatrial_gate::learned::SHIPPED_NAME);
    let in_root = |file: &std::path::PathBuf| {
        let path = config.root.join(file);
        if file == shipped && !path.exists() { file.clone() } else { path }
    };
    let mut rules: Vec<_> = args.rules.clone();
    rules.extend(settings.rules.iter().map(in_root));
    let of_config = settings.cluster.as_ref().map(|cluster| config.root.join(cluster));
    Ok(Options {
        cluster: args.cluster.clone().or(of_config),
        system: args.system,
        base: args.base.clone().or_else(|| config.base()),
        paths: args.paths.clone(),
        invariants,
        rules,
        model: crate::opinion::model(&args.model)?,
        today: crate::learn::today(),
        config,
        time_limit: args.time_limit,
        threads: args.threads.map(usize::from),
        statistics: args.statistics,
        timings: args.timings,
    })
}

/// What each rule cost, as a table, the dearest first.
fn timings(timings: &[Timing]) -> String {
    let row = |timing: &Timing| {
        let Timing { what, time, runs } = timing;
        format!("{:>10.3} {runs:>9}  {what}\n", time.as_secs_f64() * 1e3)
    };
    let total: Duration = timings.iter().map(|timing| timing.time).sum();
    let head = format!("{:>10} {:>9}  rule\n", "ms", "runs");
    let foot = format!("{:>10.3} {:>9}  all\n", total.as_secs_f64() * 1e3, "");
    head + &timings.iter().map(row).collect::<String>() + &foot
}
