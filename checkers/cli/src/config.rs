//! `seatrial config`: the settings in force, and where they come from.

use std::path::Path;

use seatrial_core::Target;
use seatrial_gate::config::{Config, FILE_NAME};

use crate::args::ConfigArgs;
use crate::output::{Failure, write};
use crate::{Exit, Outcome};

/// The configuration for a path, as the arguments ask for it.
pub(crate) fn load(args: &ConfigArgs, path: &Path) -> Result<Config, Failure> {
    let config = match &args.config {
        Some(file) => Config::read(file),
        None if args.no_config => Ok(Config::default()),
        None => Config::find(path),
    };
    config.map_err(Failure::new)
}

pub(crate) fn show(path: &Path, args: &ConfigArgs) -> Outcome {
    let config = load(args, path)?;
    let source = match &config.file {
        Some(file) => format!("# from {}\n", file.path()),
        None => format!("# no {FILE_NAME} found: these are the defaults\n"),
    };
    let settings = config.settings.with_defaults();
    let yaml = serde_yaml::to_string(&settings).map_err(Failure::new)?;
    write(&Target::Stdout, &(source + &yaml))?;
    Ok(Exit::Clean)
}
