//! A second opinion: `veripb` 3 on the exported proofs of small instances, and on broken ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use seatrial_placement::generate::priority_matters::{Parameters, PriorityMatters};

/// Which programs, and how many instances.
#[derive(Clone, Debug, Args)]
pub(crate) struct Veripb {
    /// The checker
    #[arg(long)]
    checker: PathBuf,
    /// The command line of seatrial
    #[arg(long)]
    seatrial: PathBuf,
    /// Instances of each cell
    #[arg(long, default_value_t = 3)]
    seeds: u32,
}

/// How a proof is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    /// Claims one pod less to be the most than is placed.
    Bound,
    /// Leaves out how the bound is derived.
    Derivation,
    /// Divides by one more than is right.
    Division,
    /// Is held against a problem whose nodes have less.
    Problem,
}

const BREAKS: [Break; 4] = [Break::Bound, Break::Derivation, Break::Division, Break::Problem];

impl Veripb {
    /// Prints a line for each instance; stops where the checker does not answer as it should.
    pub(crate) fn run(&self) {
        println!("\n# Exported proofs, checked by veripb\n");
        let folder = std::env::temp_dir().join(format!("seatrial-veripb-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (mut accepted, mut rejected, mut unwritten) = (0, 0, 0);
        for (pods_per_node, usage) in [(4, 95), (4, 105), (8, 95), (8, 105)] {
            for seed in 1000..1000 + self.seeds {
                let name = format!("4 nodes x {pods_per_node} pods, {usage} %, seed {seed}");
                let Some((problem, proof)) = self.export(&folder, pods_per_node, usage, seed)
                else {
                    println!("{name}: no tier is proven by counting");
                    unwritten += 1;
                    continue;
                };
                let (verified, answer) = self.check(&folder, &problem, &proof);
                assert!(verified, "{name}: {answer}");
                accepted += 1;
                let mut broken = Vec::new();
                for how in BREAKS {
                    let Some((problem, proof)) = how.apply(&problem, &proof) else { continue };
                    let (verified, answer) = self.check(&folder, &problem, &proof);
                    assert!(!verified, "{name}, broken by {how:?}: {answer}");
                    broken.push(format!("{how:?}"));
                    rejected += 1;
                }
                println!("{name}: {}; rejected: {}", answer.trim(), broken.join(", "));
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
        println!("\n{accepted} accepted, {rejected} broken ones rejected, {unwritten} not written");
        assert!(accepted > 0 && rejected >= 2 * accepted);
    }

    /// The problem and the proof as the command line writes them, if it writes a proof.
    fn export(
        &self,
        folder: &Path,
        pods_per_node: u32,
        usage: u32,
        seed: u32,
    ) -> Option<(String, String)> {
        let usage = f64::from(usage) / 100.0;
        let parameters =
            Parameters { nodes: 4, pods_per_node, priorities: 4, usage, seed: seed.into() };
        let snapshot = folder.join("snapshot.yaml");
        let blueprint = PriorityMatters::generate(&parameters).unwrap().blueprint(&[]);
        std::fs::write(&snapshot, blueprint.manifests()).unwrap();
        let (problem, proof) = (folder.join("tier.opb"), folder.join("tier.pbp"));
        for file in [&problem, &proof] {
            let _ = std::fs::remove_file(file);
        }
        let output = Command::new(&self.seatrial)
            .args(["place", "--time-limit", "5"])
            .arg(&snapshot)
            .arg("--opb")
            .arg(&problem)
            .arg("--pbp")
            .arg(&proof)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let problem = std::fs::read_to_string(&problem).unwrap_or_else(|_| panic!("{said}"));
        Some((problem, std::fs::read_to_string(&proof).ok()?))
    }

    /// Whether the checker verifies a proof, and what it says.
    fn check(&self, folder: &Path, problem: &str, proof: &str) -> (bool, String) {
        let files = [(folder.join("checked.opb"), problem), (folder.join("checked.pbp"), proof)];
        for (file, text) in &files {
            std::fs::write(file, text).unwrap();
        }
        let output = Command::new(&self.checker).args(files.map(|it| it.0)).output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer = answer + &String::from_utf8_lossy(&output.stderr);
        (output.status.success() && answer.contains("s VERIFIED BOUNDS"), answer)
    }
}

impl Break {
    /// The broken problem and proof, if there is anything to break.
    fn apply(self, problem: &str, proof: &str) -> Option<(String, String)> {
        let line = |start: &str| proof.lines().find(|line| line.starts_with(start));
        let changed = match self {
            Self::Bound => {
                let line = line("conclusion BOUNDS")?;
                let numbers = line.trim_start_matches("conclusion BOUNDS").trim_end_matches(';');
                let least: i64 = numbers.split_whitespace().next()?.parse().ok()?;
                proof.replace(line, &format!("conclusion BOUNDS {0} {0};", least + 1))
            }
            Self::Derivation => proof.replace(line("pol")?, ""),
            Self::Division => {
                let line = line("pol")?;
                let number = line.trim_end_matches(" d;").split_whitespace().last()?;
                let more = number.parse::<u64>().ok()? * 2;
                let start = line.strip_suffix(&format!("{number} d;"))?;
                proof.replace(line, &format!("{start}{more} d;"))
            }
            Self::Problem => {
                // The first capacity: the row of a node with the least right-hand side.
                let rows = problem.lines().filter(|line| line.ends_with(';'));
                let row = rows.filter_map(|line| Some((least(line)?, line))).min()?;
                let start = row.1.rsplit_once(">=")?.0;
                let problem = problem.replace(row.1, &format!("{start}>= 0 ;"));
                return Some((problem, proof.to_owned()));
            }
        };
        Some((problem.to_owned(), changed))
    }
}

/// The right-hand side of a constraint.
fn least(line: &str) -> Option<i128> {
    line.rsplit_once(">=")?.1.trim().trim_end_matches(';').trim().parse().ok()
}
