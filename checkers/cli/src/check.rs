//! `seatrial check`: arguments and settings to a plan, one run, its reports.

use std::time::Duration;

use seatrial_core::Target;
use seatrial_gate::{Checked, Known, Models, Options, Progress, Timing, check};
use seatrial_report::{Format, render};

use crate::args::{CheckArgs, Color};
use crate::output::{Failure, pair, say, style, write};
use crate::progress::with_bar;
use crate::{Exit, Outcome, fix};

pub(crate) fn run(args: &CheckArgs, color: Color) -> Outcome {
    let targets = pair(&args.output_format, &args.output)?;
    let options = options(args)?;
    if args.fix || args.diff {
        return fix::run(args, &options, targets, color);
    }
    let progress = Progress::default();
    let checked = with_bar(&progress, || check(&options, &progress)).map_err(Failure::new)?;
    if let (Some((text, count)), Some(path)) = (&checked.baseline, &args.write_baseline) {
        write(&Target::File(path.clone()), text)?;
        say(&format!("{count} findings are accepted by {}", path.display()));
    }
    write_reports(&checked, &targets, color)?;
    if args.timings {
        say(timings(&checked.timings).trim_end());
    }
    Ok(exit(args, &checked))
}

/// Writes the reports of a check to their targets.
pub(crate) fn write_reports(
    checked: &Checked,
    targets: &[(Format, Target)],
    color: Color,
) -> Result<(), Failure> {
    for (format, target) in targets {
        let style = style(target, color);
        let text =
            render(&checked.report, &checked.sources, *format, style).map_err(Failure::new)?;
        write(target, &text)?;
    }
    Ok(())
}

/// How a check ends.
pub(crate) fn exit(args: &CheckArgs, checked: &Checked) -> Exit {
    let fails = checked.report.findings.iter().any(|finding| checked.report.fails(finding));
    match () {
        () if checked.refused => Exit::Trouble,
        () if args.exit_zero => Exit::Clean,
        () if fails => Exit::Found,
        () if !checked.report.undecided.is_empty() => Exit::Undecided,
        () => Exit::Clean,
    }
}

/// The settings of the file, with those of the command line over them.
pub(crate) fn options(args: &CheckArgs) -> Result<Options, Failure> {
    let first = args.paths.first().map_or(".".as_ref(), |path| path.as_path());
    let mut config = crate::config::load(&args.config, first)?;
    let settings = &mut config.settings;
    if let Some(version) = &args.kubernetes_version {
        settings.kubernetes_version = Some(version.clone());
    }
    settings.fail_on = args.fail_on.or(settings.fail_on);
    settings.closed_world |= args.closed_world;
    settings.render |= args.render;
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
    let settings = &config.settings;
    let mut invariants: Vec<_> =
        settings.invariants.iter().map(|folder| config.path(folder)).collect();
    invariants.extend(args.invariants.iter().cloned());
    let shipped = std::path::Path::new(seatrial_gate::learned::SHIPPED_NAME);
    let in_root = |file: &std::path::PathBuf| {
        let path = config.path(file);
        if file == shipped && !path.exists() { file.clone() } else { path }
    };
    let mut rules: Vec<_> = args.rules.clone();
    rules.extend(settings.rules.iter().map(in_root));
    let of_settings = settings.time_limit.as_deref().map(seatrial_core::duration).transpose();
    let time_limit = args.time_limit.or(of_settings.map_err(Failure::new)?);
    let of_config = settings.cluster.as_ref().map(|cluster| config.path(cluster));
    let known = settings.baseline.as_ref().map(|baseline| config.path(baseline));
    let baseline = match args.baseline.clone().or(known) {
        _ if args.write_baseline.is_some() => Known::Write,
        Some(path) => Known::Accept(path),
        None => Known::Report,
    };
    Ok(Options {
        baseline,
        cluster: args.cluster.clone().or(of_config),
        drill: args.drill || config.settings.drill,
        properties: settings.properties.iter().map(|file| config.path(file)).collect(),
        protocols: args.protocols.then(|| match &args.changed_since {
            Some(commit) => Models::ChangedSince(commit.clone()),
            None => Models::All,
        }),
        only: args.only.clone(),
        skip: args.skip.clone(),
        cache: crate::opinion::cache(&args.model).filter(|_| !args.no_cache),
        system: args.system,
        base: args.base.clone().or_else(|| config.base()),
        paths: args.paths.clone(),
        invariants,
        rules,
        model: crate::opinion::model(&args.model)?,
        today: crate::learn::today(),
        config,
        time_limit,
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
