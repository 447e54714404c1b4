//! Growth with the cluster: 6 groups of nodes, 10 pods for each, 5 priorities, 95 % usage.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use seatrial_certificate::derive::derive;
use seatrial_certificate::{Certificate, Instance, Objective, Question, Status, check};
use seatrial_placement::generate::large;
use seatrial_placement::{Options, place};

use crate::machine::{Stopwatch, load, peak_megabytes};

/// Which sizes, and how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct Growth {
    /// Numbers of nodes
    #[arg(long, value_delimiter = ',', default_values_t = [32, 100, 320, 1000])]
    nodes: Vec<u32>,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Time limit in seconds
    #[arg(long, default_value_t = 30.0)]
    limit: f64,
}

impl Growth {
    /// Prints a line for each size.
    pub(crate) fn run(&self) {
        println!("\n# Growth from 32 to 1,000 nodes\n");
        println!(
            "At most {} s, 2 threads, seed {}; {}. Aims for 1,000 nodes: 30 s, a gap of at most 0.1 %, a",
            self.limit,
            self.seed,
            load(),
        );
        println!(
            "certificate under 1 MB, verified under 1 s and 300 MB. Verified twice, each in a process of"
        );
        println!(
            "its own: with the instance, and from the snapshot with the instance derived again.\n"
        );
        println!(
            "| nodes | pods | shapes | best after s | s | processor s | placed / bound by tier | gap % | proven | certificate kB | verify s | MB | from snapshot s | MB |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        for &nodes in &self.nodes {
            self.size(nodes);
        }
        println!("\n{}", load());
    }

    fn size(&self, nodes: u32) {
        let blueprint = large::cluster(nodes, self.seed.into()).unwrap();
        let instance = blueprint.instance();
        let watch = Stopwatch::start();
        let time_limit = Duration::from_secs_f64(self.limit);
        let placed = place(&instance, &Options { time_limit, ..Options::default() }).unwrap();
        let (seconds, processor) = watch.seconds();
        let verified = check(&instance, &placed.certificate).unwrap();
        let gaps = verified
            .tiers
            .iter()
            .map(|it| 100.0 * (it.bound - it.placed) as f64 / it.pods.max(1) as f64);
        let counts = verified.tiers.iter().map(|it| format!("{} / {}", it.placed, it.bound));
        let certified = verified.tiers.iter().filter(|it| it.status == Status::Certified).count();
        let folder = std::env::temp_dir().join(format!("seatrial-growth-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let certificate = serde_json::to_vec(&placed.certificate).unwrap();
        let size = certificate.len() as f64 / 1e3;
        let certificate = write("certificate.json", &certificate);
        let resolved = write("instance.json", &serde_json::to_vec(&instance).unwrap());
        let snapshot = write("snapshot.yaml", blueprint.manifests().as_bytes());
        println!(
            "| {nodes} | {} | {} | {:.1} | {seconds:.1} | {processor:.1} | {} | {:.2} | {certified} of {} | {size:.0} | {} | {} |",
            instance.pods.len(),
            instance.shapes.len(),
            placed.figures.best_after.as_secs_f64(),
            counts.collect::<Vec<_>>().join(", "),
            gaps.fold(0.0, f64::max),
            verified.tiers.len(),
            in_own_process(&resolved, &certificate),
            in_own_process(&snapshot, &certificate),
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// Verifies in a new process; seconds and megabytes.
fn in_own_process(instance: &Path, certificate: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.arg("verify").arg(instance).arg(certificate).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Verifies, and tells how long it took and the most memory.
pub(crate) fn verify(instance: &Path, certificate: &Path) {
    let started = Instant::now();
    let bytes = std::fs::read(instance).unwrap();
    let question = Question { objective: Objective::Placed, move_limit: None, live: false };
    let instance = if instance.extension().is_some_and(|it| it == "json") {
        Instance::from_slice(&bytes).unwrap()
    } else {
        derive(&[&bytes], &question).unwrap().instance
    };
    drop(bytes);
    let certificate = std::fs::read(certificate).unwrap();
    check(&instance, &Certificate::from_slice(&certificate).unwrap()).unwrap();
    println!("{:.2} | {:.0}", started.elapsed().as_secs_f64(), peak_megabytes());
}
