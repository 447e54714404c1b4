//! Distinct states per CPU-second and bytes per state, beside stateright's own bfs on the same
//! model: `cargo run --release -p seatrial-models --example speed [-- --large]`.
//!
//! Each row runs in a process of its own, so that nobody inherits another's memory.

use seatrial_explore::{CheckOptions, ModelId, check};
use seatrial_models::zab::{Bounds, ElectionGrain, Zab};
use stateright::{Checker, Model};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Servers, timeouts and transactions; three epochs, no restarts.
const SPACES: [(u8, u8, u8); 4] = [(2, 1, 2), (2, 2, 2), (3, 1, 2), (3, 2, 1)];
const LARGE: (u8, u8, u8) = (3, 2, 2);

const ENGINES: [&str; 4] = ["seatrial-1", "seatrial-2", "stateright-1", "stateright-2"];

/// Seconds that this process spent on all its threads, from the system's count of ticks (100 a
/// second).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    fields.iter().skip(11).take(2).sum::<f64>() / 100.0
}

#[expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a benchmark prints rounded figures"
)]
fn measure<const N: usize>(engine: &str, timeouts: u8, txns: u8, symmetry: bool) {
    let zab = Zab::<N>::new(
        Bounds { timeouts, txns, epochs: 3, restarts: 0 },
        ElectionGrain::Baseline,
        None,
    );
    let workers = if engine.ends_with('2') { 2 } else { 1 };
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let (distinct, sizes) = if engine.starts_with("stateright") {
        let checker = zab.checker().threads(workers).spawn_bfs().join();
        (checker.unique_state_count() as u64, String::new())
    } else {
        let options = CheckOptions { workers, symmetry, ..CheckOptions::default() };
        let Ok(report) = check(&zab, &ModelId::default(), &options, &mut |_| {}) else { return };
        let engine = report.engine;
        (
            report.distinct,
            format!("{:>9.1} {:>9.1}", engine.bytes_per_state, engine.bytes_per_frontier_state),
        )
    };
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let symmetric = if symmetry { "yes" } else { "no" };
    println!(
        "{engine:<13} {N} {timeouts} {txns} {symmetric:<4} {distinct:>10} {wall:>8.2} {cpu:>8.2} {:>12.0} {sizes}",
        distinct as f64 / cpu.max(0.01)
    );
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [engine, servers, timeouts, txns, symmetry] = arguments.as_slice() {
        let (timeouts, txns) = (timeouts.parse().unwrap_or(1), txns.parse().unwrap_or(1));
        match servers.as_str() {
            "2" => measure::<2>(engine, timeouts, txns, symmetry == "symmetry"),
            _ => measure::<3>(engine, timeouts, txns, symmetry == "symmetry"),
        }
        return ExitCode::SUCCESS;
    }
    let Ok(own) = std::env::current_exe() else { return ExitCode::FAILURE };
    println!(
        "engine        servers timeouts txns symmetry distinct wall(s) cpu(s) distinct/cpu-s bytes/visited bytes/waiting"
    );
    let large = arguments.iter().any(|argument| argument == "--large");
    for space in SPACES.into_iter().chain(large.then_some(LARGE)) {
        for engine in ENGINES {
            for symmetry in ["none", "symmetry"] {
                // Stateright's bfs ignores symmetry.
                if engine.starts_with("stateright") && (symmetry == "symmetry" || space == LARGE) {
                    continue;
                }
                let (servers, timeouts, txns) = space;
                let numbers = [servers, timeouts, txns].map(|number| number.to_string());
                let run = Command::new(&own).arg(engine).args(numbers).arg(symmetry).status();
                if !run.is_ok_and(|status| status.success()) {
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}
