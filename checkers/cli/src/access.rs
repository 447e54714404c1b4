//! `seatrial access`: who can do what, and what a change makes of it.

mod arguments;
mod ask;
mod connect;
mod diff;
mod reach;

use std::path::PathBuf;

use seatrial_core::Bound;
use seatrial_gate::access::{Loaded, load};
use seatrial_gate::config::Config;
use seatrial_gate::files::MAX_FILE_BYTES;
use seatrial_report::json::{Document, Tool, VERSION};
use serde::Serialize;

pub(crate) use arguments::AccessCommand;

use crate::Outcome;
use crate::output::Failure;

pub(crate) fn run(command: &AccessCommand) -> Outcome {
    match command {
        AccessCommand::Diff(args) => diff::run(args),
        AccessCommand::Can(args) => ask::can(args),
        AccessCommand::WhoCan(args) => ask::who_can(args),
        AccessCommand::Reach(args) => reach::run(args),
        AccessCommand::Connect(args) => connect::run(args),
    }
}

/// The objects below some paths.
fn objects(paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let first = paths.first().map_or(".".as_ref(), PathBuf::as_path);
    let config = Config::find(first).map_err(Failure::new)?;
    load(paths, &config).map_err(Failure::new)
}

/// The limits of every command here.
fn bounds(listed: Option<usize>) -> Vec<Bound> {
    let bound = |name: &str, value: String| Bound { name: name.to_owned(), value };
    let listed = listed.map(|limit| bound("listed at most", limit.to_string()));
    std::iter::once(bound("bytes per file", MAX_FILE_BYTES.to_string())).chain(listed).collect()
}

/// A JSON document of a command.
fn json(
    command: &str,
    summary: impl Serialize,
    bounds: &[Bound],
    body: impl Serialize,
) -> Result<String, Failure> {
    let tool = Tool::seatrial(env!("CARGO_PKG_VERSION"));
    let document = Document { version: VERSION, tool, command, summary, bounds, body };
    document.render().map_err(Failure::new)
}
