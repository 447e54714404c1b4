//! `seatrial lsp`: the settings of a folder to the server, standard input and output to its client.

use std::ffi::OsString;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args as ClapArgs, Parser};
use seatrial_gate::Options;
use seatrial_gate::config::{Config, ConfigError};
use seatrial_lsp::{Ending, Unusable, serve};

use crate::args::{Args, Command, ConfigArgs};
use crate::output::Failure;
use crate::{Exit, Outcome, check};

#[derive(Debug, ClapArgs)]
pub(crate) struct LspArgs {
    /// Use this configuration file instead of looking for `seatrial.yaml` upward from each folder.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long)]
    no_config: bool,
    /// Speak over standard input and output, which is the only way there is.
    #[arg(long)]
    stdio: bool,
}

/// Serves one editor. The protocol wants 1, not 2, where it leaves without a word.
pub(crate) fn run(args: &LspArgs) -> Outcome {
    let config = args.config.as_deref().map(std::path::absolute).transpose();
    let config = config.map_err(Failure::new)?;
    let no_config = args.no_config;
    let provider = move |folder: &Path| options(folder, config.clone(), no_config);
    let input = BufReader::new(io::stdin());
    match serve(input, io::stdout().lock(), Arc::new(provider)).map_err(Failure::new)? {
        Ending::Orderly => Ok(Exit::Clean),
        Ending::Abrupt => Ok(Exit::Found),
    }
}

/// What `seatrial check FOLDER` would run with.
fn options(folder: &Path, file: Option<PathBuf>, no_config: bool) -> Result<Options, Unusable> {
    let read = match &file {
        Some(file) => Config::read(file),
        None if no_config => Ok(Config::default()),
        None => Config::find(folder),
    };
    read.map_err(|error| {
        let location = match &error {
            ConfigError::Content { location, .. } => Some(location.clone()),
            ConfigError::Read { .. } => None,
        };
        Unusable { message: error.to_string(), location }
    })?;
    let words: [OsString; 4] =
        ["seatrial".into(), "check".into(), "--".into(), folder.as_os_str().to_owned()];
    let unusable = |message: String| Unusable { message, location: None };
    let parsed = Args::try_parse_from(words).map_err(|error| unusable(error.to_string()))?;
    let Command::Check(mut check) = parsed.command else {
        return Err(unusable("internal error: no check".to_owned()));
    };
    check.config = ConfigArgs { config: file, no_config };
    check::options(&check).map_err(|failure| unusable(failure.to_string()))
}
