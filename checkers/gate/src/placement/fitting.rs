//! Whether the pods of a workload have a place beside all that runs and the workloads before it.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use seatrial_placement::{Ask, Options, Study, StudyError, study};
use seatrial_scheduling::{Bindings, Cluster, Filters};

use super::world::Workload;

/// What a search is not begun for.
const LEAST: Duration = Duration::from_millis(20);

/// Among more pods than this, those that ask for more than there is are not also searched for how
/// many of them can run: that takes time, and what a clock ends differs from run to run.
const COUNTED: usize = 500;

/// Whether the pods of a workload can be placed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// All of them, with nothing else evicted or moved.
    Fits,
    /// All of them, but only with others evicted or moved: proven.
    Evicts,
    /// Not all of them beside the pods that are at least as important: proven.
    Lacks(Lacks),
    /// Neither was found nor proven, for a reason other than the time.
    Open(Option<String>),
}

/// What is proven of the pods of a priority and above.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lacks {
    /// The priority.
    pub(super) priority: i32,
    /// How many pods there are.
    pub(super) pods: u64,
    /// How many of them can run, if that is known exactly.
    pub(super) most: Option<u64>,
}

/// A cluster that is filled, workload after workload.
pub(super) struct Fitting<'a> {
    filters: &'a Filters<'a>,
    /// What runs, and the pods of the workloads so far.
    bindings: Bindings<'a>,
    /// Of each resource, what all nodes have: what is used already, where that is more.
    room: Vec<u128>,
    until: Instant,
    threads: usize,
}

/// Which node a pod takes.
#[derive(Clone, Copy)]
enum Taste {
    /// The fullest one, so that large gaps stay.
    Fullest,
    /// The emptiest one, as the default scheduler.
    Emptiest,
}

impl<'a> Fitting<'a> {
    pub(super) fn new(filters: &'a Filters<'a>, limit: Duration, threads: usize) -> Self {
        let cluster = filters.cluster();
        let (until, bindings) = (Instant::now() + limit, Bindings::now(cluster));
        let room = room(cluster, &bindings);
        Self { filters, bindings, room, until, threads }
    }

    /// What runs where, with the pods of the workloads so far.
    pub(super) const fn bindings(&self) -> &Bindings<'a> {
        &self.bindings
    }

    /// Looks for places for the pods of a workload; if they fit, they stay for those after it.
    pub(super) fn fit(&mut self, workload: &Workload<'_>) -> Fit {
        let grouped = |pod: &usize| self.filters.cluster().pods.get(*pod)?.group;
        if !workload.pods.iter().any(|pod| grouped(pod).is_some()) {
            let tastes = [Taste::Emptiest, Taste::Fullest];
            if tastes.into_iter().any(|taste| self.bind_all(workload, taste)) {
                return Fit::Fits;
            }
        }
        self.search(workload)
    }

    /// Binds all pods of a workload one by one, or none if one finds no node.
    fn bind_all(&mut self, workload: &Workload<'_>, taste: Taste) -> bool {
        for template in &workload.templates {
            let Some(mut prepared) = self.filters.prepare(&self.bindings, *template) else {
                return false;
            };
            for &pod in &self.pods_of(workload, *template) {
                let nodes = 0..self.filters.cluster().nodes.len();
                let fitting = nodes.filter(|&node| prepared.passes(&self.bindings, node));
                let fullness = |node: &usize| (self.fullness(*template, *node), *node);
                let best = match taste {
                    Taste::Fullest => fitting.max_by_key(fullness),
                    Taste::Emptiest => fitting.min_by_key(fullness),
                };
                let Some(node) = best.filter(|_| Instant::now() < self.until) else {
                    for &pod in &workload.pods {
                        self.bindings.unbind(pod);
                    }
                    return false;
                };
                self.bindings.bind(pod, node);
                prepared.note(*template, node, true);
            }
        }
        true
    }

    fn pods_of(&self, workload: &Workload<'_>, template: usize) -> Vec<usize> {
        let cluster = self.filters.cluster();
        let is_one = |pod: &usize| cluster.pods.get(*pod).is_some_and(|it| it.template == template);
        workload.pods.iter().copied().filter(is_one).collect()
    }

    /// In millionths, the largest share that is taken of what a pod would use more of.
    fn fullness(&self, template: usize, node: usize) -> u128 {
        let cluster = self.filters.cluster();
        let wanted = cluster.templates.get(template).map_or(&[][..], |it| &it.spec.requests);
        let has = cluster.nodes.get(node).map_or(&[][..], |it| &it.allocatable);
        let amounts = wanted.iter().zip(has).zip(self.bindings.used(node));
        let shares =
            amounts.filter(|((wanted, _), _)| **wanted > 0).filter_map(|((wanted, has), used)| {
                let taken = u128::from(*used) + u128::from(*wanted);
                (taken * 1_000_000).checked_div(u128::from(*has))
            });
        shares.max().unwrap_or(0)
    }

    /// Searches for the best placement and for proofs, with half of the time that is left.
    fn search(&mut self, workload: &Workload<'_>) -> Fit {
        let kept = self.kept(workload);
        let overfull = self.overfull(workload, &kept).map(Fit::Lacks);
        if let Some(lacks) = overfull.filter(|_| kept.len() > COUNTED) {
            return lacks;
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left < LEAST {
            return Fit::Open(None);
        }
        let start = kept.iter().map(|&pod| self.bindings.node_of(pod));
        let start = start.map(|node| node.and_then(|node| u32::try_from(node).ok())).collect();
        let options = Options {
            time_limit: left / 2,
            threads: self.threads,
            starts: vec![start],
            ..Options::default()
        };
        match study(with_pods(self.filters.cluster(), &kept), &Ask::default(), options) {
            Ok(study) => {
                let fit = judge(&study, workload.priority);
                if fit == Fit::Fits {
                    self.take_over(&study, &kept);
                }
                fit
            }
            Err(StudyError::NoPlan(_)) => Fit::Open(None),
            Err(error) => Fit::Open(Some(format!("not placed: {error}"))),
        }
    }

    /// Of the pods at least as important as a workload, the most important that ask for more of a
    /// resource than all nodes have together.
    fn overfull(&self, workload: &Workload<'_>, kept: &[usize]) -> Option<Lacks> {
        let cluster = self.filters.cluster();
        let spec = |pod: &usize| {
            let template = cluster.pods.get(*pod)?.template;
            Some(&cluster.templates.get(template)?.spec)
        };
        let mut important: Vec<_> = kept.iter().filter_map(spec).collect();
        important.retain(|spec| spec.priority >= workload.priority);
        important.sort_by_key(|spec| Reverse(spec.priority));
        let mut asked = vec![0; self.room.len()];
        let mut pods = 0;
        for tier in important.chunk_by(|one, other| one.priority == other.priority) {
            for spec in tier {
                for (asked, request) in asked.iter_mut().zip(&spec.requests) {
                    *asked += u128::from(*request);
                }
            }
            pods += tier.len() as u64;
            if asked.iter().zip(&self.room).any(|(asked, room)| asked > room) {
                let priority = tier.first()?.priority;
                return Some(Lacks { priority, pods, most: None });
            }
        }
        None
    }

    /// The pods that run, those of the workloads so far, and those of this one.
    fn kept(&self, workload: &Workload<'_>) -> Vec<usize> {
        let pods = 0..self.filters.cluster().pods.len();
        let is_kept = |pod: &usize| {
            self.bindings.node_of(*pod).is_some() || workload.pods.binary_search(pod).is_ok()
        };
        pods.filter(is_kept).collect()
    }

    /// Binds the pods as a search has placed them.
    fn take_over(&mut self, study: &Study, kept: &[usize]) {
        for &pod in kept {
            self.bindings.unbind(pod);
        }
        for (&pod, node) in kept.iter().zip(&study.placed.places) {
            if let Some(node) = node {
                self.bindings.bind(pod, *node as usize);
            }
        }
    }
}

/// Of each resource, what all nodes have, or what is used of it where that is more.
fn room(cluster: &Cluster, bindings: &Bindings<'_>) -> Vec<u128> {
    let mut room = vec![0; cluster.resources.len()];
    for (at, node) in cluster.nodes.iter().enumerate() {
        let amounts = node.allocatable.iter().zip(bindings.used(at));
        for (room, (has, used)) in room.iter_mut().zip(amounts) {
            *room += u128::from(*has.max(used));
        }
    }
    room
}

/// A cluster with some of its pods only.
fn with_pods(cluster: &Cluster, kept: &[usize]) -> Cluster {
    let pods = kept.iter().filter_map(|&pod| cluster.pods.get(pod).cloned()).collect();
    Cluster { pods, ..cluster.clone() }
}

/// What is proven about all pods, of which those of one priority are asked for. Without them, all
/// can run as they are.
fn judge(study: &Study, own: i32) -> Fit {
    let mut tiers = study.verification.tiers.iter();
    if let Some(short) = tiers.find(|tier| tier.placed < tier.pods) {
        let most = (short.placed == short.bound).then_some(short.bound);
        return match () {
            () if short.bound >= short.pods => Fit::Open(None),
            () if short.priority < own => Fit::Evicts,
            () => Fit::Lacks(Lacks { priority: short.priority, pods: short.pods, most }),
        };
    }
    match &study.verification.disruption {
        disruption if disruption.cost == 0 => Fit::Fits,
        disruption if disruption.bound > 0 => Fit::Evicts,
        _ => Fit::Open(None),
    }
}
