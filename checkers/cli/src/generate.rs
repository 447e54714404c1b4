//! `seatrial place generate`: clusters to measure with.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use seatrial_core::Target;
use seatrial_placement::generate::priority_matters::{self, PriorityMatters};
use seatrial_placement::generate::{Blueprint, Error, large, rescheduling, small};

use crate::output::{Failure, write};
use crate::{Exit, Outcome};

/// What `seatrial place` knows beside placing.
#[derive(Debug, Subcommand)]
pub(crate) enum PlaceCommand {
    /// Write a cluster to measure with, as Kubernetes objects: a function of its arguments.
    #[command(subcommand)]
    Generate(Family),
}

/// Where the objects go.
#[derive(Debug, ClapArgs)]
pub(crate) struct To {
    /// The same seed gives the same cluster.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u128,
    /// Where to write the objects [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A family of clusters.
#[derive(Debug, Subcommand)]
pub(crate) enum Family {
    /// Equal nodes and pending pods of random sizes: the published benchmark, bit for bit.
    PriorityMatters {
        /// How many nodes.
        #[arg(long, value_name = "N", default_value_t = 4)]
        nodes: u32,
        /// How many pods for each node.
        #[arg(long, value_name = "N", default_value_t = 4)]
        pods_per_node: u32,
        /// Priorities are 1 to this.
        #[arg(long, value_name = "N", default_value_t = 4)]
        priorities: u32,
        /// The requests of all pods by what the nodes have.
        #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
        usage: f64,
        #[command(flatten)]
        to: To,
    },
    /// 4 to 8 nodes, 16 to 64 pods with affinity, anti-affinity and spread.
    Small {
        #[command(flatten)]
        to: To,
    },
    /// Groups of nodes, some with devices or taints, and ten pods a node in many workloads.
    Large {
        /// How many nodes, from 16.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        nodes: u32,
        #[command(flatten)]
        to: To,
    },
    /// Virtual machines that run, to be moved alive until fewer fragments are left.
    Rescheduling {
        /// How many machines, of two nodes each.
        #[arg(long, value_name = "N", default_value_t = 20)]
        machines: u32,
        #[command(flatten)]
        to: To,
    },
}

pub(crate) fn run(PlaceCommand::Generate(family): &PlaceCommand) -> Outcome {
    let (blueprint, to) = blueprint(family).map_err(Failure::new)?;
    let target = to.output.clone().map_or(Target::Stdout, Target::File);
    write(&target, &blueprint.manifests())?;
    Ok(Exit::Clean)
}

fn blueprint(family: &Family) -> Result<(Blueprint, &To), Error> {
    Ok(match family {
        Family::PriorityMatters { nodes, pods_per_node, priorities, usage, to } => {
            let parameters = priority_matters::Parameters {
                nodes: *nodes,
                pods_per_node: *pods_per_node,
                priorities: *priorities,
                usage: *usage,
                seed: to.seed,
            };
            (PriorityMatters::generate(&parameters)?.blueprint(&[]), to)
        }
        Family::Small { to } => (small::cluster(to.seed), to),
        Family::Large { nodes, to } => (large::cluster(*nodes, to.seed)?, to),
        Family::Rescheduling { machines, to } => {
            let parameters =
                rescheduling::Parameters { machines: *machines, moves: 0, seed: to.seed };
            (rescheduling::cluster(&parameters)?, to)
        }
    })
}
