//! Time on the processor, which other work on the machine does not lengthen.

use std::fs;
use std::time::{Duration, Instant};

/// Nanoseconds that this thread has been on the processor, where the system says.
fn on_processor() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Does something; returns what it comes to, and how long this thread was on the processor for it
/// (where that is not known: how long it took).
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (wall, before) = (Instant::now(), on_processor());
    let result = work();
    let spent = before.zip(on_processor()).map(|(before, after)| after.saturating_sub(before));
    (result, spent.map_or_else(|| wall.elapsed(), Duration::from_nanos))
}

/// Milliseconds for a table.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
