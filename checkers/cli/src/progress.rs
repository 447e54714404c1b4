//! A bar on the terminal for runs that take more than a second.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use seatrial_gate::Progress;

const BEFORE_SHOWN: Duration = Duration::from_secs(1);
const BETWEEN_UPDATES: Duration = Duration::from_millis(100);

/// Runs a task; if it takes more than a second and standard error is a terminal, shows how far it
/// has come.
pub(crate) fn with_bar<T>(progress: &Progress, task: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return task();
    }
    let (done, when_done) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if when_done.recv_timeout(BEFORE_SHOWN) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{msg:>10} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            while when_done.recv_timeout(BETWEEN_UPDATES) == Err(RecvTimeoutError::Timeout) {
                let (stage, position, length) = progress.now();
                bar.set_message(stage);
                bar.set_length(length);
                bar.set_position(position);
            }
            bar.finish_and_clear();
        });
        let result = task();
        drop(done);
        result
    })
}
