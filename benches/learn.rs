//! What learning costs, and what learned rules add to `seatrial check`: whole processes, started cold,
//! measured by the operating system.
//!
//! Prints two tables. Learning: objects, rules, CPU and wall time, the largest resident size, and the
//! CPU time per object. Checking: how many rules, the median CPU time of several runs in turn, and
//! what the rules add to it. The rules beyond those that were learned from the objects speak of other
//! kinds, as those of a team with many kinds do.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a program that prints a table of what it measures"
)]

#[path = "support.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use seatrial_learn::manifests::RuleFile;
use support::{measure, write_manifests};

const RUNS: usize = 9;

fn main() -> io::Result<()> {
    // `cargo test --benches` calls this with `--test`: one small run shows that it works.
    let only_test = std::env::args().any(|argument| argument == "--test");
    let sizes: &[usize] = if only_test { &[400] } else { &[1_000, 5_000, 10_000, 20_000, 50_000] };
    println!(
        "{:>8} {:>8} {:>10} {:>10} {:>10} {:>12}",
        "objects", "rules", "cpu s", "wall s", "MiB", "µs/object"
    );
    for &objects in sizes {
        let folder = tempfile::tempdir()?;
        write_manifests(&folder.path().join("of"), objects / 8, objects)?;
        let rules = folder.path().join("rules.toml");
        let (of, to) = (folder.path().join("of"), rules.to_string_lossy().into_owned());
        let (cpu, wall, kilobytes) = measure(&["learn", &of.to_string_lossy(), "-o", &to])?;
        let file = RuleFile::parse(&fs::read_to_string(&rules)?).unwrap();
        println!(
            "{objects:>8} {:>8} {:>10.3} {:>10.3} {:>10.0} {:>12.1}",
            file.rules.len(),
            cpu.as_secs_f64(),
            wall.as_secs_f64(),
            kilobytes as f64 / 1024.0,
            cpu.as_secs_f64() * 1e6 / objects as f64,
        );
    }
    let (objects, counts): (usize, &[usize]) =
        if only_test { (400, &[0, 300]) } else { (20_000, &[0, 500, 1_000, 5_000]) };
    checking(objects, counts, if only_test { 1 } else { RUNS })
}

/// Checks so many objects by so many rules.
fn checking(objects: usize, counts: &[usize], runs: usize) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let manifests = folder.path().join("of");
    write_manifests(&manifests, objects / 8, objects)?;
    let (of, rules) = (manifests.to_string_lossy(), folder.path().join("rules.toml"));
    let shown = rules.to_string_lossy().into_owned();
    measure(&["learn", &of, "-o", &shown])?;
    let learned = RuleFile::parse(&fs::read_to_string(&rules)?).unwrap();
    let files: Vec<(usize, String)> = (counts.iter())
        .map(|&count| {
            let path = folder.path().join(format!("{count}.toml"));
            write_rules(&path, &learned, count);
            (count, format!("--rules={}", path.to_string_lossy()))
        })
        .collect();
    // All in turn, so that what else the machine does falls on all of them.
    let mut times: Vec<Vec<(Duration, Duration)>> = vec![Vec::new(); counts.len()];
    for _ in 0..runs {
        for ((count, with), times) in files.iter().zip(&mut times) {
            let mut check =
                vec!["check", "--no-config", "--exit-zero", "--output-format=json", &of];
            check.extend((*count > 0).then_some(with.as_str()));
            let (cpu, wall, _) = measure(&check)?;
            times.push((cpu, wall));
        }
    }
    println!("\n{:>8} {:>8} {:>10} {:>10} {:>8}", "objects", "rules", "cpu s", "wall s", "adds %");
    let mut without = None;
    for ((count, _), times) in files.iter().zip(&mut times) {
        times.sort_unstable();
        let (cpu, wall) = times[times.len() / 2];
        let base = *without.get_or_insert(cpu);
        let adds = 100.0 * (cpu.as_secs_f64() / base.as_secs_f64() - 1.0);
        println!(
            "{objects:>8} {count:>8} {:>10.3} {:>10.3} {adds:>8.1}",
            cpu.as_secs_f64(),
            wall.as_secs_f64()
        );
    }
    Ok(())
}

/// Writes so many rules: those that were learned, and the same ones about kinds of other names.
fn write_rules(path: &Path, learned: &RuleFile, count: usize) {
    let mut file = learned.clone();
    let mut ids: BTreeSet<String> = file.rules.iter().map(|rule| rule.rule.id()).collect();
    for round in 1..=count {
        for rule in &learned.rules {
            let mut other = rule.clone();
            let context = &rule.rule.context;
            let (head, path) = context.split_once(':').unwrap_or((context, ""));
            let colon = if path.is_empty() { "" } else { ":" };
            other.rule.context = format!("{head}Of{round}{colon}{path}");
            if ids.len() < count && context != "*" && ids.insert(other.rule.id()) {
                file.rules.push(other);
            }
        }
        if ids.len() >= count {
            break;
        }
    }
    file.rules.truncate(count);
    fs::write(path, file.write().unwrap()).unwrap();
}
