//! What is known of an instance before any placement: what bounds count on.

use crate::{Filters, Instance, Shape, State};

/// What is true of an instance before any placement, for all bounds.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// Its priorities from high to low.
    pub priorities: Vec<i32>,
    /// How many fixed pods of each priority and above run.
    pub fixed_running: Vec<u64>,
    /// Shapes of which some pod is in conflict with another now.
    clashing: Vec<bool>,
}

impl<'a> Facts<'a> {
    /// Takes time in the constraints of the pods that run.
    pub fn new(filters: &Filters<'a>) -> Self {
        let instance = filters.instance();
        let mut clashing = vec![false; instance.shapes.len()];
        let mut state = State::now(filters);
        for (number, pod) in instance.numbered_pods() {
            if state.clashes(number) {
                clashing.get_mut(pod.shape as usize).into_iter().for_each(|it| *it = true);
            }
        }
        let priorities = instance.priorities();
        let fixed = instance.pods.iter().filter(|pod| pod.fixed && pod.node.is_some());
        let mut fixed: Vec<i32> =
            fixed.filter_map(|pod| Some(instance.shape_of(pod)?.priority)).collect();
        fixed.sort_unstable_by(|a, b| b.cmp(a));
        let above = |&least: &i32| fixed.partition_point(|&priority| priority >= least) as u64;
        let fixed_running = priorities.iter().map(above).collect();
        Self { instance, priorities, fixed_running, clashing }
    }

    /// How many pods of a tier (by index) and above there are.
    pub fn pods_of(&self, tier: u32) -> u64 {
        self.count(tier, |_| true)
    }

    /// How many of them could run, if there were room: all but fixed ones that do not.
    pub fn most_of(&self, tier: u32) -> u64 {
        self.count(tier, |pod| pod.node.is_some() || !pod.fixed)
    }

    fn count(&self, tier: u32, counted: impl Fn(&crate::Pod) -> bool) -> u64 {
        let Some(&least) = self.priorities.get(tier as usize) else { return 0 };
        let of_tier = |pod: &&crate::Pod| {
            self.instance.shape_of(pod).is_some_and(|shape| shape.priority >= least)
        };
        self.instance.pods.iter().filter(of_tier).filter(|pod| counted(pod)).count() as u64
    }

    /// Whether some pod of a shape is in conflict with another now.
    pub(crate) fn clashes(&self, shape: u32) -> bool {
        self.clashing.get(shape as usize) != Some(&false)
    }

    /// Whether a shape has something by which it conflicts with others on its node, and no pod of it
    /// does so now.
    pub(crate) fn can_conflict(&self, shape: u32) -> bool {
        let shape = self.instance.shapes.get(shape as usize).filter(|_| !self.clashes(shape));
        shape.is_some_and(|shape| !shape.ports.is_empty() || !shape.anti_affinity.is_empty())
    }

    /// Whether no pods of two shapes are on a node together in any reachable placement, provided
    /// that one of them can conflict.
    pub(crate) fn conflict(&self, one: (u32, &Shape), two: (u32, &Shape), node: u32) -> bool {
        let port = |at: u32| self.instance.ports.get(at as usize);
        let clash = |a: u32, b: u32| match (port(a), port(b)) {
            (Some(a), Some(b)) => a.conflicts_with(b),
            _ => false,
        };
        let ports = one.1.ports.iter().any(|&a| two.1.ports.iter().any(|&b| clash(a, b)));
        ports || self.avoids(one.1, two.0, node) || self.avoids(two.1, one.0, node)
    }

    fn avoids(&self, shape: &Shape, other: u32, node: u32) -> bool {
        shape.anti_affinity.iter().any(|term| {
            term.matches.contains(other) && self.instance.domain(term.topology, node).is_some()
        })
    }
}
