//! `seatrial model`: the commands over the catalogue of protocols.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use seatrial_explore::Progress;
use seatrial_explore::commands::{ModelCommand, Notice, run as run_command};

use crate::output::{Failure, html, say, write};
use crate::{Exit, Outcome};

const BEFORE_SHOWN: Duration = Duration::from_secs(1);

pub(crate) fn run(command: &ModelCommand) -> Outcome {
    let started = Instant::now();
    let bar = ProgressBar::new_spinner();
    let shown = std::io::stderr().is_terminal();
    let mut notice = |notice: Notice| match notice {
        Notice::Progress(progress) if shown && started.elapsed() >= BEFORE_SHOWN => {
            let Progress { depth, distinct, queue, .. } = progress;
            let per_second = distinct / started.elapsed().as_secs().max(1);
            bar.set_message(format!(
                "depth {depth}: {distinct} states, {per_second} a second, {queue} waiting"
            ));
            bar.tick();
        }
        Notice::Progress(_) => {}
        Notice::Serving(address) => say(&format!("walk it at http://{address}/ (Ctrl-C ends)")),
    };
    let output = run_command(&seatrial_models::catalogue(), command, &mut notice);
    bar.finish_and_clear();
    let output = output.map_err(Failure::new)?;
    // One file that cannot be written costs none of the other texts.
    let texts = output.texts.iter().map(|(target, text)| write(target, text));
    let pages = output.pages.iter().map(|(target, document)| write(target, &html(document)?));
    let written: Vec<_> = texts.chain(pages).collect();
    written.into_iter().collect::<Result<(), _>>()?;
    Ok(match output.code {
        0 => Exit::Clean,
        1 => Exit::Found,
        3 => Exit::Undecided,
        _ => Exit::Trouble,
    })
}
