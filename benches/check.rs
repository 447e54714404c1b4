//! What `seatrial check` costs: whole processes, started cold, measured by the operating system.
//!
//! Prints a table: files, objects, the median CPU and wall time of several runs, the largest
//! resident size, and the CPU time per object, which stays the same if the cost grows linearly.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program that prints a table of what it measures"
)]

#[path = "support.rs"]
mod support;

use std::io;
use std::time::Duration;

use support::{measure, write_manifests};

const RUNS: usize = 5;

fn main() -> io::Result<()> {
    // `cargo test --benches` calls this with `--test`: one small run shows that it works.
    let only_test = std::env::args().any(|argument| argument == "--test");
    println!(
        "{:>8} {:>8} {:>10} {:>10} {:>10} {:>12}",
        "files", "objects", "cpu s", "wall s", "MiB", "µs/object"
    );
    let sizes: &[(usize, usize)] = if only_test {
        &[(10, 16)]
    } else {
        &[(250, 280), (1_000, 1_000), (2_500, 10_000), (5_000, 20_000), (5_000, 50_000)]
    };
    // In order of size: the resident size is the largest of all runs so far.
    for &(files, objects) in sizes {
        let folder = tempfile::tempdir()?;
        write_manifests(folder.path(), files, objects)?;
        let path = folder.path().to_string_lossy();
        let check = ["check", "--no-config", "--exit-zero", "--output-format=json", &*path];
        let (cpu, wall, kilobytes) = median(RUNS, &check)?;
        println!(
            "{files:>8} {objects:>8} {:>10.3} {:>10.3} {:>10.0} {:>12.1}",
            cpu.as_secs_f64(),
            wall.as_secs_f64(),
            kilobytes as f64 / 1024.0,
            cpu.as_secs_f64() * 1e6 / objects as f64,
        );
    }
    Ok(())
}

/// The median by CPU time of several runs.
fn median(runs: usize, arguments: &[&str]) -> io::Result<(Duration, Duration, i64)> {
    let mut all: Vec<_> = (0..runs).map(|_| measure(arguments)).collect::<io::Result<_>>()?;
    all.sort_unstable();
    Ok(all[runs / 2])
}
