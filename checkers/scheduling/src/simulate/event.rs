//! What the scheduler says about pods that it could not place, in the words of its events.

use std::collections::{BTreeMap, BTreeSet};

use super::scheduler::Wish;
use super::scheduler::{Scheduler, preempts};
use super::{Simulation, left_alone};

impl Scheduler<'_> {
    /// Says where everybody is, and why some are nowhere.
    pub(super) fn finish(mut self) -> Simulation {
        let parked: BTreeSet<usize> = self.parked.iter().map(|&(_, _, _, pod)| pod).collect();
        let mut events: BTreeMap<usize, String> = BTreeMap::new();
        for (pod, of_pod) in self.cluster.pods.iter().enumerate() {
            let node = self.state.bindings.node_of(pod);
            self.outcome.nodes.push(node);
            if node.is_some() {
                continue;
            }
            let refusal = match left_alone(self.cluster, pod) {
                Some(why) => why,
                None if !parked.contains(&pod) => {
                    "it was preempted, and nobody creates it anew".to_owned()
                }
                None => match events.get(&of_pod.template) {
                    Some(known) => known.clone(),
                    None => {
                        let event = self.event(pod);
                        events.insert(of_pod.template, event.clone());
                        event
                    }
                },
            };
            self.outcome.refusals.insert(pod, refusal);
        }
        self.outcome.evicted.sort_unstable();
        self.outcome.evicted.dedup();
        self.outcome
    }

    /// The message of the event for a pod without a place (`FitError`), as things are.
    fn event(&mut self, pod: usize) -> String {
        let Some(mut wish) = self.wish(pod) else { return String::new() };
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for node in self.order.clone() {
            for reason in self.rejection(&mut wish, node).into_iter().flat_map(|one| one.reasons) {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        let preemption = if preempts(self.cluster, pod) {
            self.preemption_event(&mut wish)
        } else {
            "not eligible due to preemptionPolicy=Never.".to_owned()
        };
        format!("{} preemption: {preemption}", no_node(self.order.len(), &reasons))
    }

    /// The part of it about preemption.
    fn preemption_event(&mut self, wish: &mut Wish) -> String {
        let potential = self.potential(wish);
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let helpless = self.order.len() - potential.len();
        if helpless > 0 {
            reasons.insert("Preemption is not helpful for scheduling".to_owned(), helpless);
        }
        for node in potential {
            for reason in self.candidate(wish, node).err().into_iter().flatten() {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        no_node(self.order.len(), &reasons)
    }
}

/// `0/4 nodes are available: 3 Insufficient cpu, 1 Too many pods.`
fn no_node(nodes: usize, reasons: &BTreeMap<String, usize>) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counted: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counted.sort();
    let counted = counted.join(", ");
    if counted.is_empty() {
        format!("0/{nodes} nodes are available:")
    } else {
        format!("0/{nodes} nodes are available: {counted}.")
    }
}
