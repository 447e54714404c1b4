//! What runs where, and since when.

use crate::preemption::{Start, Victim};
use crate::{Bindings, Cluster};

/// The bindings, with what else the scheduler wants to know of pods that run.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub(super) bindings: Bindings<'a>,
    /// Thousandths of a core and bytes of memory that each node's pods ask for, as they are scored.
    scored: Vec<[u64; 2]>,
    /// Since when each pod runs, if it does.
    starts: Vec<Start>,
}

impl<'a> State<'a> {
    /// The pods that run at the outset.
    pub(super) fn of(cluster: &'a Cluster) -> Self {
        let mut state = Self {
            bindings: Bindings::none(cluster),
            scored: vec![[0; 2]; cluster.nodes.len()],
            starts: vec![Start::Unknown; cluster.pods.len()],
        };
        for (at, pod) in cluster.pods.iter().enumerate() {
            if let Some(node) = pod.node {
                state.add(at, node, pod.started.map_or(Start::Unknown, Start::At));
            }
        }
        state
    }

    /// Puts a pod on a node.
    pub(super) fn add(&mut self, pod: usize, node: usize, start: Start) {
        if !self.bindings.bind(pod, node) {
            return;
        }
        self.count(pod, node, u64::saturating_add);
        self.starts.get_mut(pod).into_iter().for_each(|known| *known = start);
    }

    /// Takes a pod from its node.
    pub(super) fn remove(&mut self, pod: usize) {
        if let Some(node) = self.bindings.unbind(pod) {
            self.count(pod, node, u64::saturating_sub);
        }
    }

    fn count(&mut self, pod: usize, node: usize, change: impl Fn(u64, u64) -> u64) {
        let template = self.bindings.cluster().template_of(pod);
        let Some((scored, template)) = self.scored.get_mut(node).zip(template) else { return };
        let [cpu, memory] = *scored;
        let spec = &template.spec;
        *scored = [change(cpu, spec.scored_cpu), change(memory, spec.scored_memory)];
    }

    /// What the pods of a node ask for of cpu and memory, as it is scored.
    pub(super) fn scored(&self, node: usize) -> [u64; 2] {
        self.scored.get(node).copied().unwrap_or_default()
    }

    /// The pods of a node of a lower priority, the most important first.
    pub(super) fn lower(&self, node: usize, priority: i32) -> Vec<Victim> {
        let cluster = self.bindings.cluster();
        let victim = |pod: usize| Victim {
            pod,
            priority: cluster.template_of(pod).map_or(0, |template| template.spec.priority),
            start: self.starts.get(pod).copied().unwrap_or(Start::Unknown),
        };
        let all = self.bindings.pods_on(node).map(victim);
        let mut lower: Vec<Victim> = all.filter(|victim| victim.priority < priority).collect();
        lower.sort_by_key(Victim::importance);
        lower
    }
}
