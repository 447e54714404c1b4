//! What the machine does meanwhile. Time limits are of the wall clock, so figures of a loaded
//! machine say less than of an idle one.

use std::fs;
use std::time::Instant;

/// How long something took: by the clock, and of all processors together.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    started: Instant,
    processor: f64,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), processor: processor_seconds() }
    }

    /// Seconds by the clock, and of the processors.
    pub(crate) fn seconds(&self) -> (f64, f64) {
        (self.started.elapsed().as_secs_f64(), processor_seconds() - self.processor)
    }
}

/// Seconds of the processors that this process has had (`proc(5)`: user and system time, in
/// hundredths); 0 where there is no such file.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The load averages of 1, 5 and 15 minutes, and how many processors there are.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!("load {} on {processors} processors", load.join(" "))
}

/// The most memory that this process has had, in megabytes (10^6 bytes).
pub(crate) fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) * 1024.0 / 1e6
}
