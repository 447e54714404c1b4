//! `seatrial eval`: how good the checks are on labelled data.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use seatrial_core::Target;
use seatrial_learn::systems::evaluate::{Case, Mode, Training, evaluate, render};
use seatrial_learn::systems::{System, learn};

use crate::output::{Failure, write};
use crate::{Exit, Outcome};

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Score the checks of parameters on configurations of ten systems, laid out as Ciri's are.
    ///
    /// Three modes are scored one by one: with what was learned from working configurations, with
    /// documented facts too, and with the full list of the names of parameters too.
    Ciri(CiriArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CiriArgs {
    /// The directory: `SYSTEM/ValidConfig/N` and `SYSTEM/Misconfig/N_CATEGORY` below it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Learn from the correct files there, for each of them from the others, instead of using what
    /// is shipped: for the files that the shipped was learned from.
    #[arg(long)]
    leave_one_out: bool,
    /// Name each fault missed and each false alarm.
    #[arg(long)]
    details: bool,
    /// Write what is learned from the correct files there to this file, and judge nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["leave_one_out", "details"])]
    learn: Option<PathBuf>,
}

/// What stands above what was learned.
const PROVENANCE: &str = "What working configurations of ten systems have in common, by parameter and \
by the ends of names.\nLearned from the correct examples of the shot pool of xlab-uiuc/ciri@ac6d721 \
(Apache-2.0),\nwhich are not part of this repository; counts and single values carry over.\nMade by: \
seatrial eval ciri --data DIR --learn corpus/learned/systems/learned.toml";

pub(crate) fn run(command: &EvalCommand) -> Outcome {
    let EvalCommand::Ciri(args) = command;
    let cases = cases(&args.data)?;
    if let Some(file) = &args.learn {
        let correct: Vec<_> =
            cases.iter().filter(|case| case.fault.is_none()).map(Case::sample).collect();
        let text = learn(&correct).to_toml(PROVENANCE).map_err(Failure::new)?;
        write(&Target::File(file.clone()), &text)?;
        return Ok(Exit::Clean);
    }
    let training = if args.leave_one_out { Training::LeaveOneOut } else { Training::Shipped };
    let tables: Vec<_> = Mode::ALL
        .iter()
        .map(|mode| render(&evaluate(&cases, *mode, training), args.details))
        .collect();
    write(&Target::Stdout, &tables.join("\n"))?;
    Ok(Exit::Clean)
}

/// All labelled files below a directory.
fn cases(data: &Path) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for system in System::ALL {
        for folder in ["ValidConfig", "Misconfig"] {
            let below = format!("{system}/{folder}");
            let path = data.join(&below);
            if !path.is_dir() {
                continue;
            }
            for name in names(&path)? {
                let file = path.join(&name);
                let text = std::fs::read_to_string(&file).map_err(|error| {
                    Failure::new(format!("`{}` cannot be read: {error}", file.display()))
                })?;
                let place = format!("{below}/{name}");
                cases.push(Case::read(system, &place, &text).map_err(Failure::new)?);
            }
        }
    }
    if cases.is_empty() {
        let message = format!("`{}` holds no labelled configurations", data.display());
        let help = "expected folders such as `hdfs/ValidConfig` and `hdfs/Misconfig`";
        return Err(Failure::new(message).help(help));
    }
    Ok(cases)
}

/// The names of the files of a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let refuse = |error| Failure::new(format!("`{}` cannot be read: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        if entry.file_type().map_err(refuse)?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
