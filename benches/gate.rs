//! What the whole gate costs, cold and when nothing has changed: whole processes, measured by the
//! operating system.
//!
//! Prints a table: what is checked, with which parts, CPU and wall time of the first run and of the
//! fastest of several that find all results kept, and the largest resident size so far.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program that prints a table of what it measures"
)]

#[path = "support.rs"]
mod support;

use std::io;
use std::path::Path;

use support::{measure, measure_kept, write_manifests};

const RUNS: usize = 5;

fn main() -> io::Result<()> {
    // `cargo test --benches` calls this with `--test`: one small run shows that it works.
    let only_test = std::env::args().any(|argument| argument == "--test");
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let demo = top.join("configs/demo").to_string_lossy().into_owned();
    let nodes = top.join("configs/clusters/small.yaml").to_string_lossy().into_owned();
    println!(
        "{:<34} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "", "cold cpu s", "wall s", "kept cpu s", "wall s", "MiB"
    );
    let quick = ["check", "--no-config", "--exit-zero", "--rules=kubernetes"];
    let objects: &[usize] = if only_test { &[100] } else { &[74, 1_000, 10_000] };
    for &objects in objects {
        let folder = tempfile::tempdir()?;
        write_manifests(folder.path(), objects / 8 + 1, objects)?;
        let of = folder.path().to_string_lossy().into_owned();
        row(&format!("{objects} objects, no search"), &[&quick[..], &[&of]].concat())?;
    }
    row("demo, no search", &[&quick[..], &[&demo]].concat())?;
    if !only_test {
        let cluster = format!("--cluster={nodes}");
        let all = [&quick[..], &["--drill", "--base=HEAD", &cluster, &demo]].concat();
        row("demo, with base, cluster and drill", &all)?;
    }
    Ok(())
}

fn row(name: &str, arguments: &[&str]) -> io::Result<()> {
    let cache = tempfile::tempdir()?;
    let cold = measure(arguments)?;
    measure_kept(arguments, Some(cache.path()))?;
    let mut kept = measure_kept(arguments, Some(cache.path()))?;
    for _ in 1..RUNS {
        kept = kept.min(measure_kept(arguments, Some(cache.path()))?);
    }
    println!(
        "{name:<34} {:>10.3} {:>10.3} {:>10.3} {:>10.3} {:>8.0}",
        cold.0.as_secs_f64(),
        cold.1.as_secs_f64(),
        kept.0.as_secs_f64(),
        kept.1.as_secs_f64(),
        kept.2 as f64 / 1024.0,
    );
    Ok(())
}
