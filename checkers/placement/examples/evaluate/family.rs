//! Small clusters on which constraints between pods bind, and which share of them is solved.

use std::time::Duration;

use clap::Args;
use seatrial_certificate::{Status, check};
use seatrial_placement::generate::small;
use seatrial_placement::{Options, place};

use crate::machine::load;

/// How many, and how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct Family {
    /// Instances
    #[arg(long, default_value_t = 20)]
    seeds: u32,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    first: u32,
    /// Time limit in seconds
    #[arg(long, default_value_t = 10.0)]
    limit: f64,
}

impl Family {
    /// Prints a line for each cluster, and the shares.
    pub(crate) fn run(&self) {
        println!("\n# Small clusters with affinity, anti-affinity and spread\n");
        println!(
            "4 to 8 nodes, 16 to 64 pods, at most 12 classes; {} s each; {}.\n",
            self.limit,
            load()
        );
        println!("| seed | nodes | pods | placed / bound by tier | rests on | s |");
        println!("|---|---|---|---|---|---|");
        let (mut certified, mut solved) = (0, 0);
        for seed in self.first..self.first + self.seeds {
            let instance = small::cluster(seed.into()).instance();
            let time_limit = Duration::from_secs_f64(self.limit);
            let placed = place(&instance, &Options { time_limit, ..Options::default() }).unwrap();
            let verified = check(&instance, &placed.certificate).unwrap();
            let tiers = &verified.tiers;
            let worst = tiers.iter().map(|it| it.status).max().unwrap_or(Status::Certified);
            certified += u32::from(worst == Status::Certified);
            solved += u32::from(worst <= Status::Solver);
            let counts = tiers.iter().map(|it| format!("{} / {}", it.placed, it.bound));
            println!(
                "| {seed} | {} | {} | {} | {worst:?} | {:.1} |",
                instance.nodes.len(),
                instance.pods.len(),
                counts.collect::<Vec<_>>().join(", "),
                placed.figures.elapsed.as_secs_f64(),
            );
        }
        println!(
            "\nSolved {solved} of {}: {certified} by checked arithmetic alone, {} with a solver's word; {}.",
            self.seeds,
            solved - certified,
            load(),
        );
    }
}
