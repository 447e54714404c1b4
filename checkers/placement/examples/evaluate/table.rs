//! The table of "Priority Matters" (arXiv:2511.08373): in which share of the instances on which the
//! default scheduler leaves pods waiting is its placement improved, shown to be the best, or either.

use std::time::Duration;

use clap::Args;
use seatrial_certificate::{Objective, Question, Status, check};
use seatrial_placement::generate::priority_matters::{Parameters, PriorityMatters};
use seatrial_placement::{Options, instance, place};
use seatrial_scheduling::simulate::simulate;
use seatrial_scheduling::{Cluster, Filters};

use crate::machine::{Stopwatch, load};
use crate::slices::{Cell, Outcome, report};

/// Which cells, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Table {
    /// Numbers of nodes
    #[arg(long, value_delimiter = ',', default_values_t = [4, 8, 16, 32])]
    nodes: Vec<u32>,
    /// Pods for each node
    #[arg(long, value_delimiter = ',', default_values_t = [4, 8])]
    pods_per_node: Vec<u32>,
    /// Numbers of priorities
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4])]
    priorities: Vec<u32>,
    /// Requests in percent of what the nodes have
    #[arg(long, value_delimiter = ',', default_values_t = [90, 95, 100, 105])]
    usages: Vec<u32>,
    /// Instances of each cell
    #[arg(long, default_value_t = 3)]
    seeds: u32,
    /// Seeds to look through in a cell for instances on which the default scheduler fails
    #[arg(long, default_value_t = 200)]
    tries: u32,
    /// The first base seed
    #[arg(long, default_value_t = 1000)]
    first: u32,
    /// Time limits in seconds
    #[arg(long, value_delimiter = ',', default_values_t = [1.0, 10.0])]
    limits: Vec<f64>,
    /// Begin where the default scheduler left the pods, and not with a cluster in which nothing
    /// runs: the bound on disruption takes some of the time
    #[arg(long)]
    running: bool,
    /// Say of each instance what came out
    #[arg(long)]
    verbose: bool,
}

impl Table {
    /// Prints the table.
    pub(crate) fn run(&self) {
        println!("\n# Placements proven the best, as in \"Priority Matters\"\n");
        println!(
            "At most {} seeds a cell (of {} tried from {}), 2 threads, {}; {}.",
            self.seeds,
            self.tries,
            self.first,
            if self.running {
                "pods run where the default scheduler put them"
            } else {
                "no pod runs"
            },
            load(),
        );
        println!(
            "\"Proven\" is of the counts by checked arithmetic; published figures also ask for"
        );
        println!("the fewest moves. Shares are of called instances: those with pods left waiting.");
        for &limit in &self.limits {
            let watch = Stopwatch::start();
            println!("\n## {limit} s\n");
            println!(
                "| nodes | pods/node | priorities | usage % | called | improved | default optimal | any certificate | bound open by |"
            );
            println!("|---|---|---|---|---|---|---|---|---|");
            let outcomes: Vec<(Cell, Vec<Outcome>)> =
                self.cells().into_iter().map(|cell| (cell, self.cell(cell, limit))).collect();
            let (wall, processor) = watch.seconds();
            report(&outcomes, limit);
            println!("\n{wall:.0} s by the clock, {processor:.0} s of processors; {}", load());
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for &nodes in &self.nodes {
            for &pods_per_node in &self.pods_per_node {
                for &priorities in &self.priorities {
                    let of = |&usage| Cell { nodes, pods_per_node, priorities, usage };
                    cells.extend(self.usages.iter().map(of));
                }
            }
        }
        cells
    }

    /// Measures a cell and prints its line.
    fn cell(&self, cell: Cell, limit: f64) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for seed in self.first..self.first + self.tries {
            if outcomes.len() >= self.seeds as usize {
                break;
            }
            outcomes.extend(self.instance(cell, seed, limit));
        }
        println!("{}", cell.line(&outcomes));
        outcomes
    }

    /// Measures an instance, if the default scheduler fails on it.
    fn instance(&self, cell: Cell, seed: u32, limit: f64) -> Option<Outcome> {
        let parameters = Parameters {
            nodes: cell.nodes,
            pods_per_node: cell.pods_per_node,
            priorities: cell.priorities,
            usage: f64::from(cell.usage) / 100.0,
            seed: seed.into(),
        };
        let text = PriorityMatters::generate(&parameters).unwrap().blueprint(&[]).manifests();
        let mut cluster = crate::read(&text);
        let default = simulate(&cluster, 0).nodes;
        if default.iter().all(Option::is_some) {
            return None;
        }
        if self.running {
            for (pod, &node) in cluster.pods.iter_mut().zip(&default) {
                pod.node = node;
            }
        }
        let outcome = measure(&cluster, &default, limit);
        if self.verbose {
            eprintln!("{cell:?} seed {seed}: {outcome:?}");
        }
        Some(outcome)
    }
}

fn measure(cluster: &Cluster, default: &[Option<usize>], limit: f64) -> Outcome {
    let question = Question { objective: Objective::Placed, move_limit: None, live: false };
    let instance = instance(&Filters::new(cluster), question);
    let start = default.iter().map(|node| node.map(|it| u32::try_from(it).unwrap())).collect();
    let time_limit = Duration::from_secs_f64(limit);
    let options = Options { time_limit, starts: vec![start], ..Options::default() };
    let watch = Stopwatch::start();
    let placed = place(&instance, &options).unwrap();
    let (seconds, processor) = watch.seconds();
    let verified = check(&instance, &placed.certificate).unwrap();
    let counts = |priority: i32| {
        let pods = instance.pods.iter().zip(default);
        let runs = pods.filter(|(pod, node)| {
            node.is_some() && instance.shapes[pod.shape as usize].priority >= priority
        });
        runs.count() as u64
    };
    let tiers = &verified.tiers;
    Outcome {
        default: tiers.iter().map(|it| counts(it.priority)).collect(),
        placed: tiers.iter().map(|it| it.placed).collect(),
        bounds: tiers.iter().map(|it| it.bound).collect(),
        certified: tiers.iter().all(|it| it.status == Status::Certified),
        solved: tiers.iter().all(|it| it.status <= Status::Solver),
        seconds,
        processor,
    }
}
