//! Measures the share of small clusters with affinity, anti-affinity and spread that are solved:
//! `small SEEDS SECONDS [FIRST]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement")]

use std::time::Duration;

use seatrial_certificate::script::{Claim, script};
use seatrial_certificate::{Target, check};
use seatrial_placement::generate::small;
use seatrial_placement::{Options, place};

fn main() {
    let number = |at, default| std::env::args().nth(at).map_or(default, |it| it.parse().unwrap());
    let (seeds, seconds, first): (u64, u64, u64) = (number(1, 20), number(2, 10), number(3, 1));
    let time_limit = Duration::from_secs(seconds);
    let mut solved = 0;
    for seed in first..first + seeds {
        let instance = small::cluster(seed.into()).instance();
        let options = Options { time_limit, ..Options::default() };
        let placed = place(&instance, &options).unwrap();
        let verified = check(&instance, &placed.certificate).unwrap();
        solved += u64::from(placed.is_certified());
        let tiers: Vec<_> =
            verified.tiers.iter().map(|it| (it.pods, it.placed, it.bound, it.status)).collect();
        println!("{seed} {tiers:?} {:?}", placed.figures.elapsed);
        if let Ok(folder) = std::env::var("SCRIPTS") {
            let counts: Vec<u64> = placed.certificate.tiers.iter().map(|it| it.placed).collect();
            for (at, tier) in (0_u32..).zip(&placed.certificate.tiers) {
                let bound = tier.placed;
                let target = Target::Tier(at);
                let claim = Claim { target, bound, placed: &counts, fragments: None };
                let open = if tier.placed == tier.bound { "closed" } else { "open" };
                let path = format!("{folder}/{seed}-{at}-{open}.smt2");
                std::fs::write(path, script(&instance, &claim)).unwrap();
            }
        }
    }
    println!("solved {solved} of {seeds} in {seconds} s each");
}
