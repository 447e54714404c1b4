//! An instance as items and bins: what is left of it when only requests, capacities and the nodes
//! that a pod may run on matter.

use seatrial_certificate::{Classes, Instance, Partition};

use super::anneal::{Item, OUT, Packing};

/// The movable pods and the nodes of an instance as a packing problem.
#[derive(Clone, Debug)]
pub(crate) struct Reduced {
    /// The pods that are items.
    pub(crate) pods: Vec<u32>,
    /// The tier of each item.
    pub(crate) tiers: Vec<usize>,
    /// The resources that may run out.
    pub(crate) resources: Vec<usize>,
    /// What fixed pods leave free, by node and resource.
    free: Vec<Vec<i64>>,
    kinds: Vec<u32>,
    homes: Vec<u32>,
    allowed: Vec<Vec<bool>>,
}

impl Reduced {
    /// Reduces an instance, whose pods are classed by shape.
    pub(crate) fn new(instance: &Instance, partition: &Partition) -> Self {
        debug_assert_eq!(partition.by, Classes::Shape);
        let priorities = instance.priorities();
        let mut reduced = Self {
            pods: Vec::new(),
            tiers: Vec::new(),
            resources: Vec::new(),
            free: free(instance),
            kinds: Vec::new(),
            homes: Vec::new(),
            allowed: allowed(instance, partition),
        };
        for ((at, pod), class) in instance.numbered_pods().zip(&partition.class_of_pod) {
            let (Some(class), Some(shape)) = (class, instance.shape_of(pod)) else { continue };
            reduced.pods.push(at);
            reduced.tiers.push(priorities.partition_point(|&other| other > shape.priority));
            reduced.kinds.push(*class);
            reduced.homes.push(pod.node.unwrap_or(OUT));
        }
        reduced.resources = (0..instance.resources.len())
            .filter(|&resource| may_run_out(instance, &reduced.free, resource))
            .collect();
        reduced
    }

    /// The packing problem of the items of the first tiers, with the items that it is about; none
    /// if it has too many resources, or quantities too large.
    pub(crate) fn packing<const R: usize>(
        &self,
        instance: &Instance,
        last_tier: usize,
    ) -> Option<(Packing<R>, Vec<usize>)> {
        const LARGEST: i64 = 1 << 61;
        if self.resources.len() > R {
            return None;
        }
        let members: Vec<usize> =
            (0..self.pods.len()).filter(|&at| self.tiers.get(at) <= Some(&last_tier)).collect();
        let items: Option<Vec<Item<R>>> =
            members.iter().map(|&at| self.item(instance, at)).collect();
        let mut sums = [0_i64; R];
        for item in items.as_deref()? {
            for (sum, &request) in sums.iter_mut().zip(&item.requests) {
                *sum = sum.checked_add(request).filter(|&sum| sum < LARGEST)?;
            }
        }
        let capacities = self.free.iter().map(|free| self.narrow(|at| free.get(at).copied()));
        let capacities = capacities.collect();
        Some((Packing { items: items?, capacities, allowed: self.allowed.clone() }, members))
    }

    fn item<const R: usize>(&self, instance: &Instance, at: usize) -> Option<Item<R>> {
        let pod = instance.pods.get(*self.pods.get(at)? as usize)?;
        let requests = &instance.shape_of(pod)?.requests;
        let request = |resource| requests.get(resource).and_then(|&it| i64::try_from(it).ok());
        let tier = u32::try_from(*self.tiers.get(at)?).ok()?;
        Some(Item {
            requests: self.narrow(request),
            rank: u32::MAX - tier,
            kind: *self.kinds.get(at)?,
            home: *self.homes.get(at)?,
        })
    }

    /// The quantities of the resources that may run out.
    fn narrow<const R: usize>(&self, of: impl Fn(usize) -> Option<i64>) -> [i64; R] {
        let mut narrow = [0; R];
        for (slot, &resource) in narrow.iter_mut().zip(&self.resources) {
            *slot = of(resource).unwrap_or(0);
        }
        narrow
    }
}

/// What fixed pods leave free on each node.
fn free(instance: &Instance) -> Vec<Vec<i64>> {
    let signed = |capacity: &u64| i64::try_from(*capacity).unwrap_or(i64::MAX);
    let mut free: Vec<Vec<i64>> =
        instance.nodes.iter().map(|node| node.capacity.iter().map(signed).collect()).collect();
    for pod in instance.pods.iter().filter(|pod| pod.fixed) {
        let node = pod.node.and_then(|node| free.get_mut(node as usize));
        let (Some(node), Some(shape)) = (node, instance.shape_of(pod)) else { continue };
        for (free, request) in node.iter_mut().zip(&shape.requests) {
            *free = free.saturating_sub(signed(request));
        }
    }
    free
}

/// For each class of pods, whether it may be on each node; empty if it may be on all.
fn allowed(instance: &Instance, partition: &Partition) -> Vec<Vec<bool>> {
    let of = |class| -> Vec<bool> {
        let mut nodes = vec![false; instance.nodes.len()];
        for eligible in partition.eligible(class) {
            let members =
                partition.nodes.get(eligible as usize).map(|nodes| nodes.nodes.as_slice());
            for &node in members.unwrap_or_default() {
                nodes.get_mut(node as usize).into_iter().for_each(|slot| *slot = true);
            }
        }
        if nodes.iter().all(|&may| may) { Vec::new() } else { nodes }
    };
    partition.pods.iter().map(of).collect()
}

/// Whether a resource may run out on some node before another does: no, if even the pods that ask
/// for most of it, compared with what they ask for of another resource, leave some of it free.
fn may_run_out(instance: &Instance, free: &[Vec<i64>], resource: usize) -> bool {
    let shapes: Vec<&Vec<u64>> = instance.shapes.iter().map(|shape| &shape.requests).collect();
    let all: u128 = instance
        .pods
        .iter()
        .filter_map(|pod| instance.shape_of(pod)?.requests.get(resource))
        .map(|&request| u128::from(request))
        .sum();
    // Of two resources that cover each other the first stands for both.
    let covers = |other: usize, own: usize, node: &Vec<i64>| {
        let at_least = |one, another| is_at_least(&shapes, node, one, another);
        own != other && at_least(other, own) && (other < own || !at_least(own, other))
    };
    free.iter().any(|node| {
        let own = node.get(resource).copied().unwrap_or(0).max(0) as u128;
        own < all && !(0..instance.resources.len()).any(|other| covers(other, resource, node))
    })
}

/// Whether all shapes ask for at least as large a share of one resource as of another.
fn is_at_least(shapes: &[&Vec<u64>], node: &[i64], one: usize, another: usize) -> bool {
    let request =
        |requests: &Vec<u64>, at: usize| u128::from(requests.get(at).copied().unwrap_or(0));
    let free = |at: usize| node.get(at).copied().unwrap_or(0).max(0) as u128;
    shapes.iter().all(|requests| {
        let left = request(requests, one).checked_mul(free(another));
        let right = request(requests, another).checked_mul(free(one));
        left.zip(right).is_some_and(|(left, right)| left >= right)
    })
}
