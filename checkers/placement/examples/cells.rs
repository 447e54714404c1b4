//! Measures cells of the Priority Matters benchmark: `cells NODES PODS PRIORITIES USAGE SEEDS
//! SECONDS`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measurement by hand, whose arguments are small numbers"
)]

use std::time::Duration;

use seatrial_placement::generate::priority_matters::{Parameters, PriorityMatters};
use seatrial_placement::{Options, place};

fn main() {
    let arguments: Vec<f64> =
        std::env::args().skip(1).map(|argument| argument.parse().unwrap()).collect();
    let (mut certified, mut count) = (0, 0);
    for seed in 0..arguments[4] as u128 {
        let parameters = Parameters {
            nodes: arguments[0] as u32,
            pods_per_node: arguments[1] as u32,
            priorities: arguments[2] as u32,
            usage: arguments[3],
            seed: 1000 + seed,
        };
        let instance = PriorityMatters::generate(&parameters).unwrap().instance(&[]);
        let time_limit = Duration::from_secs_f64(arguments[5]);
        let placed = place(&instance, &Options { time_limit, ..Options::default() }).unwrap();
        count += 1;
        certified += u32::from(placed.is_certified());
        let tiers: Vec<(u64, u64)> =
            placed.certificate.tiers.iter().map(|tier| (tier.placed, tier.bound)).collect();
        let size = serde_json::to_vec(&placed.certificate).unwrap().len();
        println!("  {} {tiers:?} {:?} {size} bytes", 1000 + seed, placed.figures);
    }
    println!("{arguments:?}: certified {certified} of {count}");
}
