//! The default scheduler at work: pod after pod, filters, scores, ties, preemption.
//!
//! Read in `kubernetes/kubernetes` at v1.35.4: `pkg/scheduler/schedule_one.go`,
//! `backend/queue/scheduling_queue.go`, `backend/cache/node_tree.go`, and the plugins (see
//! [`crate::score`] and [`crate::preemption`]).
//!
//! # What is simplified
//!
//! * A preemption is over at once: the victims leave, the pod is bound to the node in the same
//!   cycle, and what a controller owns is created anew and queued. In a cluster the victims take
//!   their time, and a more important pod may come in between.
//! * Parked pods are tried again when pods are preempted, and when a pod is bound that their
//!   affinity or spread counts; there is no back-off, and no time-out after which all are tried.
//! * From 100 nodes on, kube-scheduler looks for a part of the nodes only, with several workers, so
//!   which nodes it finds is a matter of chance. Here they are looked through one after another,
//!   beginning where the last search ended: one of the possible outcomes. The same holds for the
//!   nodes on which preemption is tried, where more than 100 come into question.
//! * A tie is broken by a draw among the best in the order of the nodes, even where there is one
//!   only; kube-scheduler gives each node a random number and does not draw for one.
//! * Budgets have room again when an evicted pod is bound.
//! * Groups of pods, extenders, dynamic resources and other schedulers are left out.

use std::collections::BTreeMap;

use crate::{Cluster, Filters};

use self::scheduler::Scheduler;

mod event;
mod preempt;
mod rank;
mod scheduler;
mod state;
mod taste;

/// What the scheduler did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// The node on which each pod runs in the end.
    pub nodes: Vec<Option<usize>>,
    /// The pods that ran at the outset and were preempted, ascending, wherever they run now.
    pub evicted: Vec<usize>,
    /// Who took whose place, in this order.
    pub preemptions: Vec<Preemption>,
    /// Why each of the pods does not run that do not, in the words of the scheduler's events.
    pub refusals: BTreeMap<usize, String>,
}

/// A preemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// The pod that was placed.
    pub pod: usize,
    /// Its node.
    pub node: usize,
    /// Who had to go, the most important first.
    pub victims: Vec<usize>,
}

/// When the pods come that do not run yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// All wait at the outset: the most important is the first.
    Together,
    /// In the order in which they were created, those without a time first; whoever comes finds
    /// that the scheduler is done with everybody who came before. For the replay of a cluster that
    /// filled up.
    Created,
}

/// Lets the default scheduler place the pods that do not run; ties are broken by the seed. If no pod
/// runs, they come one after another as they were created, otherwise all wait already.
#[must_use]
pub fn simulate(cluster: &Cluster, seed: u128) -> Simulation {
    let any_runs = cluster.pods.iter().any(|pod| pod.node.is_some());
    let arrival = if any_runs { Arrival::Together } else { Arrival::Created };
    simulate_arrival(cluster, seed, arrival)
}

/// The same with the arrival of the pods as it is said.
#[must_use]
pub fn simulate_arrival(cluster: &Cluster, seed: u128, arrival: Arrival) -> Simulation {
    let filters = Filters::new(cluster);
    let mut scheduler = Scheduler::of(&filters, seed);
    for wave in waves(cluster, arrival) {
        for pod in wave {
            scheduler.clock += 1;
            scheduler.enqueue(pod);
        }
        scheduler.drain();
    }
    scheduler.finish()
}

/// The pods that the scheduler is asked to place, in the waves in which they come.
fn waves(cluster: &Cluster, arrival: Arrival) -> Vec<Vec<usize>> {
    let mut waves: BTreeMap<Option<i64>, Vec<usize>> = BTreeMap::new();
    for (at, pod) in cluster.pods.iter().enumerate() {
        if pod.node.is_none() && left_alone(cluster, at).is_none() {
            let time = pod.created.filter(|_| arrival == Arrival::Created);
            waves.entry(time).or_default().push(at);
        }
    }
    waves.into_values().collect()
}

/// Why the scheduler does not even try to place a pod.
fn left_alone(cluster: &Cluster, pod: usize) -> Option<String> {
    let spec = &cluster.template_of(pod)?.spec;
    if spec.gated {
        return Some("Scheduling is blocked due to non-empty scheduling gates".to_owned());
    }
    (!spec.scheduler.is_empty()).then(|| format!("it asks for the scheduler `{}`", spec.scheduler))
}

/// The nodes, of those on which a pod of a template passes the filters, that score best for it:
/// kube-scheduler draws one of them.
#[must_use]
pub fn best(cluster: &Cluster, template: usize, feasible: &[usize]) -> Vec<usize> {
    let state = state::State::of(cluster);
    let tastes = taste::Tastes::of(cluster);
    rank::Ranking::default().best(&state, &tastes, template, feasible)
}

/// How many nodes a search ends with, of so many (`numFeasibleNodesToFind`): all of fewer than 100;
/// else between a half and a twentieth, the fewer the more there are, and at least 100.
#[must_use]
pub fn enough_feasible(nodes: usize) -> usize {
    if nodes < 100 {
        return nodes;
    }
    let percentage = 50_usize.saturating_sub(nodes / 125).max(5);
    (nodes * percentage / 100).max(100)
}

/// The nodes in the order in which they are looked through: the first of each zone, then the second
/// of each, and so on (`node_tree.go`); zones and nodes in the order of the cluster.
fn interleaved(cluster: &Cluster) -> Vec<usize> {
    let mut zones: Vec<(Option<(&str, &str)>, usize)> = Vec::new();
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (at, node) in cluster.nodes.iter().enumerate() {
        let zone = node.zone();
        let number = match zones.iter().position(|(other, _)| *other == zone) {
            Some(known) => known,
            None => {
                zones.push((zone, 0));
                zones.len() - 1
            }
        };
        let Some((_, members)) = zones.get_mut(number) else { continue };
        places.push((*members, number, at));
        *members += 1;
    }
    places.sort_unstable();
    places.into_iter().map(|(_, _, node)| node).collect()
}

#[cfg(test)]
mod tests;
