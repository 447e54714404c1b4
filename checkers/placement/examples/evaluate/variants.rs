//! Rescheduling with few moves (the fragments of the VM rescheduling literature, on generated
//! machines). Gangs and groups in one domain are tests (`tests/variants.rs`).

use std::time::Duration;

use clap::Args;
use seatrial_certificate::{Filters, check, replay};
use seatrial_placement::generate::rescheduling::{Parameters, instance};
use seatrial_placement::{Options, place};

use crate::machine::load;

/// Which sizes, and how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct Variants {
    /// Numbers of machines
    #[arg(long, value_delimiter = ',', default_values_t = [2, 4, 8, 20, 80, 280])]
    machines: Vec<u32>,
    /// Instances of each size
    #[arg(long, default_value_t = 2)]
    seeds: u32,
    /// Time limit in seconds; the literature has 5
    #[arg(long, default_value_t = 5.0)]
    limit: f64,
}

impl Variants {
    /// Prints a line for each instance.
    pub(crate) fn run(&self) {
        println!("\n# Rescheduling with at most k moves, alive and one by one\n");
        println!(
            "Fragments are what is free of a half of a machine modulo 16 cores; k is 3 % of the virtual\nmachines. At most {} s, 2 threads; {}. Every step of the plans is replayed.\n",
            self.limit,
            load(),
        );
        println!(
            "| machines | virtual | k | moves | cores in fragments before | after | bound | rests on | best after s | s |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for &machines in &self.machines {
            for seed in 1..=self.seeds {
                self.instance(machines, seed);
            }
        }
        println!("\n{}", load());
    }

    fn instance(&self, machines: u32, seed: u32) {
        let of = |moves| instance(&Parameters { machines, moves, seed: seed.into() }).unwrap();
        let virtual_machines = of(0).pods.iter().filter(|pod| !pod.fixed).count();
        let moves = u32::try_from(virtual_machines * 3 / 100).unwrap().max(2);
        let instance = of(moves);
        let time_limit = Duration::from_secs_f64(self.limit);
        let placed = place(&instance, &Options { time_limit, ..Options::default() }).unwrap();
        let verified = check(&instance, &placed.certificate).unwrap();
        let before = replay(&Filters::new(&instance), &[]).unwrap().fragments.unwrap();
        let after = verified.fragments.unwrap();
        let cores = |thousandths: u64| thousandths as f64 / 1e3;
        println!(
            "| {machines} | {virtual_machines} | {moves} | {} | {} | {} | {} | {:?} | {:.1} | {:.1} |",
            placed.plan().len(),
            cores(before),
            cores(after.cost),
            cores(after.bound),
            after.status,
            placed.figures.best_after.as_secs_f64(),
            placed.figures.elapsed.as_secs_f64(),
        );
    }
}
