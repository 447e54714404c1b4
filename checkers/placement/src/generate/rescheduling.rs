//! Virtual machines that run, to be moved alive so that less is left in useless fragments: the
//! problem of the VM rescheduling literature (VM2RL and VMR2L).
//!
//! A machine has two halves (NUMA nodes), each with 44 cores and 128 GiB: each half is a node. A
//! virtual machine of up to 16 cores is in one half; a larger one is in both halves of a machine,
//! half in each, and stays where it is. What is free of a half modulo 16 cores is a fragment.

use std::collections::BTreeMap;

use seatrial_certificate::{Instance, Objective, Question};
use seatrial_scheduling::tie::Stream;

use super::blueprint::{Blueprint, Node, Workload};
use super::stream::labelled;
use super::{Error, within};

/// The label with the machine of a half.
pub const MACHINE: &str = "example.com/machine";
/// A fragment is what is left of this, in thousandths of a core.
pub const UNIT: u64 = 16_000;

const GIBIBYTE: u64 = 1 << 30;
const HALF_CORES: u64 = 44;
const HALF_GIBIBYTES: u64 = 128;

/// The cores of virtual machines in one half; each comes with twice as many gibibytes.
const SINGLE: [u64; 4] = [2, 4, 8, 16];
/// The cores of those that are in both halves.
const DOUBLE: [u64; 2] = [32, 64];

/// What an instance is generated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How many machines.
    pub machines: u32,
    /// How many moves are allowed.
    pub moves: u32,
    /// The seed.
    pub seed: u128,
}

/// The machines and what runs on them: they fill up with virtual machines of random sizes, a
/// quarter of which leave again.
///
/// # Errors
///
/// If the number of machines is not 1 to 5,000.
pub fn cluster(parameters: &Parameters) -> Result<Blueprint, Error> {
    within("number of machines", parameters.machines, 1.0, 5_000.0)?;
    let mut stream = labelled(parameters.seed, "rescheduling");
    let mut halves: Vec<Half> = vec![Half::default(); index(parameters.machines) * 2];
    for machine in 0..index(parameters.machines) {
        fill(&mut stream, &mut halves, machine);
    }
    Ok(blueprint(&halves))
}

/// The same as an instance: the fewest fragments with so many moves, one at a time.
///
/// # Errors
///
/// If the number of machines is out of its range.
pub fn instance(parameters: &Parameters) -> Result<Instance, Error> {
    let mut instance = cluster(parameters)?.instance();
    let cpu = instance.resources.iter().position(|name| name == "cpu");
    instance.question = Question {
        objective: Objective::Fragments {
            resource: cpu.and_then(|at| u32::try_from(at).ok()).unwrap_or_default(),
            unit: UNIT,
        },
        move_limit: Some(parameters.moves),
        live: true,
    };
    Ok(instance)
}

/// What is in a half: cores of each, and whether it is part of a larger one.
#[derive(Clone, Debug, Default)]
struct Half {
    inside: Vec<(u64, bool)>,
    full: bool,
}

impl Half {
    fn free(&self) -> u64 {
        HALF_CORES - self.inside.iter().map(|(cores, _)| cores).sum::<u64>()
    }

    fn take(&mut self, cores: u64, fixed: bool) -> bool {
        let fits = cores <= self.free();
        if fits {
            self.inside.push((cores, fixed));
        }
        fits
    }
}

/// Fills a machine until nothing more comes that fits, then lets some of it go.
fn fill(stream: &mut Stream, halves: &mut [Half], machine: usize) {
    let Some([one, other]) = halves.get_mut(machine * 2..machine * 2 + 2) else { return };
    if stream.below(4) == 0 {
        let cores = stream.choose(&DOUBLE).copied().unwrap_or_default() / 2;
        one.take(cores, true);
        other.take(cores, true);
    }
    while !(one.full && other.full) {
        let cores = stream.choose(&SINGLE).copied().unwrap_or_default();
        let half = if stream.below(2) == 0 { &mut *one } else { &mut *other };
        half.full = half.full || !half.take(cores, false);
    }
    for half in [one, other] {
        half.inside.retain(|&(_, fixed)| fixed || stream.below(4) > 0);
    }
}

fn blueprint(halves: &[Half]) -> Blueprint {
    let amounts = |cores: u64, gibibytes: u64| {
        BTreeMap::from([
            ("cpu".to_owned(), cores * 1000),
            ("memory".to_owned(), gibibytes * GIBIBYTE),
        ])
    };
    let mut pods: BTreeMap<(bool, u64), Vec<Option<usize>>> = BTreeMap::new();
    for (at, half) in halves.iter().enumerate() {
        for &(cores, fixed) in &half.inside {
            pods.entry((fixed, cores)).or_default().push(Some(at));
        }
    }
    let nodes = (0..halves.len()).map(|at| Node {
        name: format!("machine-{:04}-half-{}", at / 2 + 1, at % 2 + 1),
        labels: [(MACHINE.to_owned(), format!("machine-{:04}", at / 2 + 1))].into(),
        capacity: amounts(HALF_CORES, HALF_GIBIBYTES),
        ..Node::default()
    });
    let workloads = pods.into_iter().map(|((fixed, cores), pods)| Workload {
        name: format!("{}-{cores:02}", if fixed { "half" } else { "vm" }),
        pods,
        requests: amounts(cores, cores * 2),
        fixed,
        ..Workload::default()
    });
    Blueprint { nodes: nodes.collect(), workloads: workloads.collect(), budgets: BTreeMap::new() }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
