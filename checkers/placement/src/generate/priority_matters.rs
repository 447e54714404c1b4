//! The generator of "Priority Matters" (Christensen, Giallorenzo, Mauro: arXiv:2511.08373), bit for
//! bit: the published seeds give the published instances.
//!
//! Identical nodes, workloads of one to four pods, each with one draw of processor,
//! memory and priority; the nodes are just large enough that the requests come to a given share of
//! the whole. At a share of 1 the rounding leaves less than one thousandth of a core and one byte
//! per node, so that not all pods can be placed, which is hard to refute by search.

use std::collections::BTreeMap;

use seatrial_certificate::Instance;

use super::blueprint::{Blueprint, Node, Workload};
use super::stream::labelled;
use super::{Error, within};

/// The most pods of one workload.
const LARGEST: u32 = 4;
/// The processor that a pod asks for, in thousandths of a core.
const CPU: (u32, u32) = (100, 1000);
/// The memory that a pod asks for, in bytes.
const MEMORY: (u32, u32) = (100_000_000, 1_000_000_000);

/// What an instance is generated from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// How many nodes; the published are 4, 8, 16 and 32.
    pub nodes: u32,
    /// How many pods for each node; the published are 4 and 8.
    pub pods_per_node: u32,
    /// Priorities are 1 to this; the published are 1, 2 and 4.
    pub priorities: u32,
    /// The requests of all pods by what the nodes have; the published are 0.90 to 1.05.
    pub usage: f64,
    /// The base seed.
    pub seed: u128,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityMatters {
    /// How many nodes.
    pub nodes: u32,
    /// What each node has of processor, in thousandths of a core.
    pub cpu: u64,
    /// What each node has of memory, in bytes.
    pub memory: u64,
    /// The workloads, in the order in which they arrive.
    pub classes: Vec<Class>,
}

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// How many pods.
    pub pods: u32,
    /// What each asks for of processor, in thousandths of a core.
    pub cpu: u64,
    /// What each asks for of memory, in bytes.
    pub memory: u64,
    /// Its priority.
    pub priority: i32,
}

impl PriorityMatters {
    /// Generates the instance.
    ///
    /// # Errors
    ///
    /// If a parameter is out of its range: 1 to 10,000 nodes, 1 to 100 pods each, 1 to 1,000
    /// priorities, a usage from 0.01 to 100.
    pub fn generate(parameters: &Parameters) -> Result<Self, Error> {
        let Parameters { nodes, pods_per_node, priorities, usage, seed } = *parameters;
        within("number of nodes", nodes, 1.0, 10_000.0)?;
        within("number of pods per node", pods_per_node, 1.0, 100.0)?;
        within("number of priorities", priorities, 1.0, 1_000.0)?;
        within("usage", usage, 0.01, 100.0)?;
        let sizes = sizes(nodes.saturating_mul(pods_per_node), seed);
        let column = |label, least, most| {
            let mut stream = labelled(seed, label);
            sizes.iter().map(move |_| stream.between(least, most))
        };
        let cpu = column("rs-cpu", CPU.0, CPU.1);
        let memory = column("rs-mem", MEMORY.0, MEMORY.1);
        let priority = column("base", 1, priorities);
        let classes: Vec<Class> = sizes
            .iter()
            .zip(cpu.zip(memory).zip(priority))
            .map(|(&pods, ((cpu, memory), priority))| Class {
                pods,
                cpu: cpu.into(),
                memory: memory.into(),
                priority: i32::try_from(priority).unwrap_or(i32::MAX),
            })
            .collect();
        Ok(Self {
            nodes,
            cpu: capacity(&classes, |class| class.cpu, nodes, usage),
            memory: capacity(&classes, |class| class.memory, nodes, usage),
            classes,
        })
    }

    /// The instance in the canonical form. `placement` has a row for each node and in it a number
    /// for each class: so many of its pods run there. Rows and numbers that are not there are 0;
    /// what is more than the class has is left out.
    #[must_use]
    pub fn instance(&self, placement: &[Vec<u32>]) -> Instance {
        self.blueprint(placement).instance()
    }

    /// The instance in plain words, with the names of the published artefact. For `placement` see
    /// [`Self::instance`].
    #[must_use]
    pub fn blueprint(&self, placement: &[Vec<u32>]) -> Blueprint {
        let capacity = amounts(self.cpu, self.memory);
        let nodes = (1..=self.nodes).map(|number| Node {
            name: format!("kwok-node-{number}"),
            capacity: capacity.clone(),
            ..Node::default()
        });
        let workloads = self.classes.iter().enumerate().map(|(at, class)| Workload {
            name: format!("rs-{:02}-p{}", at.saturating_add(1), class.priority),
            pods: on_nodes(class.pods, placement, at),
            requests: amounts(class.cpu, class.memory),
            priority: class.priority,
            ..Workload::default()
        });
        Blueprint {
            nodes: nodes.collect(),
            workloads: workloads.collect(),
            budgets: BTreeMap::new(),
        }
    }
}

/// The sizes of the workloads: 1 to 4, at most what is still missing.
fn sizes(pods: u32, seed: u128) -> Vec<u32> {
    let mut stream = labelled(seed, "rs-sizes");
    let mut sizes = Vec::new();
    let mut left = pods;
    while left > 0 {
        let size = stream.between(1, left.min(LARGEST));
        sizes.push(size);
        left = left.saturating_sub(size);
    }
    sizes
}

/// What each node gets of a resource: the share of the total that makes the usage, rounded up
/// twice, in the double-precision arithmetic of the original; at least the largest request.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "totals are below 2^53 for the parameters that are let in, quotients not negative"
)]
fn capacity(classes: &[Class], request: impl Fn(&Class) -> u64, nodes: u32, usage: f64) -> u64 {
    let total: u64 = classes.iter().map(|class| u64::from(class.pods) * request(class)).sum();
    let cluster = (total as f64 / usage).ceil();
    let node = (cluster / f64::from(nodes)).ceil() as u64;
    classes.iter().map(request).max().unwrap_or_default().max(node)
}

fn amounts(cpu: u64, memory: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([("cpu".to_owned(), cpu), ("memory".to_owned(), memory)])
}

/// Where the pods of a class run, node by node; those left over run nowhere.
fn on_nodes(pods: u32, placement: &[Vec<u32>], class: usize) -> Vec<Option<usize>> {
    let count = |row: &Vec<u32>| row.get(class).copied().unwrap_or_default();
    let running = placement
        .iter()
        .enumerate()
        .flat_map(|(node, row)| (0..count(row)).map(move |_| Some(node)));
    let pods = usize::try_from(pods).unwrap_or(usize::MAX);
    running.chain(std::iter::repeat(None)).take(pods).collect()
}

#[cfg(test)]
mod ground_truth;
#[cfg(test)]
mod tests;
