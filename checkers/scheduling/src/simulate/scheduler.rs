//! The scheduling cycle: queue, filters, scores, pick, binding.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::preemption::{self, Start};
use crate::tie::Stream;
use crate::{Cluster, Filters, Prepared, Rejection};

use super::rank::Ranking;
use super::state::State;
use super::taste::Tastes;
use super::{Simulation, enough_feasible, interleaved, left_alone};

/// A pod in the queue: the most important first, then who has waited longest (`PrioritySort`).
pub(super) type Entry = (Reverse<i32>, u64, u64, usize);

pub(super) struct Scheduler<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) filters: &'a Filters<'a>,
    pub(super) tastes: Tastes,
    pub(super) state: State<'a>,
    pub(super) ranking: Ranking,
    pub(super) ties: Stream,
    /// The nodes in the order in which they are looked through.
    pub(super) order: Vec<usize>,
    /// Where the next search begins.
    pub(super) next: usize,
    /// Counts everything that happens.
    pub(super) clock: u64,
    /// Counts who is put into the queue for the first time; recreated pods are new.
    pub(super) arrivals: u64,
    /// Counts the changes of the state.
    pub(super) version: u64,
    pub(super) queue: BTreeSet<Entry>,
    pub(super) parked: Vec<Entry>,
    /// At which version a pod of each template was found to have no place, with none to be had.
    pub(super) hopeless: Vec<Option<u64>>,
    /// The pods in the queue that are nominated to each node.
    pub(super) nominated: Vec<Vec<usize>>,
    /// The budgets that pods of each template count against.
    pub(super) budgets: Vec<Vec<usize>>,
    /// How many disruptions each budget still allows.
    pub(super) allowed: Vec<i64>,
    /// Who was evicted and does not run.
    pub(super) away: BTreeSet<usize>,
    pub(super) outcome: Simulation,
}

/// A pod that wants a place, and the filters prepared for it.
pub(super) struct Wish<'a> {
    pub(super) pod: usize,
    pub(super) template: usize,
    pub(super) priority: i32,
    pub(super) prepared: Prepared<'a>,
}

impl<'a> Scheduler<'a> {
    pub(super) fn of(filters: &'a Filters<'a>, seed: u128) -> Self {
        let cluster = filters.cluster();
        let mut nominated: Vec<Vec<usize>> = vec![Vec::new(); cluster.nodes.len()];
        for (at, pod) in cluster.pods.iter().enumerate() {
            let waits = pod.node.is_none() && left_alone(cluster, at).is_none();
            let node = pod.nominated.filter(|_| waits);
            if let Some(pods) = node.and_then(|node| nominated.get_mut(node)) {
                pods.push(at);
            }
        }
        Self {
            cluster,
            filters,
            tastes: Tastes::of(cluster),
            state: State::of(cluster),
            ranking: Ranking::default(),
            ties: Stream::new(seed),
            order: interleaved(cluster),
            next: 0,
            clock: 0,
            arrivals: 0,
            version: 0,
            queue: BTreeSet::new(),
            parked: Vec::new(),
            hopeless: vec![None; cluster.templates.len()],
            nominated,
            budgets: preemption::budgets_of_templates(cluster),
            allowed: cluster.budgets.iter().map(|budget| i64::from(budget.allowed)).collect(),
            away: BTreeSet::new(),
            outcome: Simulation::default(),
        }
    }

    /// Queues a pod that comes, or comes again.
    pub(super) fn enqueue(&mut self, pod: usize) {
        self.arrivals += 1;
        self.queue.insert((Reverse(priority(self.cluster, pod)), self.clock, self.arrivals, pod));
    }

    /// Works until the queue is empty.
    pub(super) fn drain(&mut self) {
        while let Some((priority, _, arrival, pod)) = self.queue.pop_first() {
            let Some(template) = template(self.cluster, pod) else { continue };
            if self.hopeless.get(template) != Some(&Some(self.version)) {
                if self.place(pod) {
                    continue;
                }
                let hopeless = self.hopeless.get_mut(template).into_iter();
                hopeless.for_each(|version| *version = Some(self.version));
            }
            self.parked.push((priority, self.clock, arrival, pod));
        }
    }

    /// Places a pod, if need be in the place of others. Whether there was a way.
    pub(super) fn place(&mut self, pod: usize) -> bool {
        let Some(mut wish) = self.wish(pod) else { return false };
        if let Some(node) = self.choose(&mut wish) {
            self.bind(pod, node);
            return true;
        }
        match self.preemptible(&mut wish) {
            Some(candidate) => {
                self.preempt(pod, &candidate);
                true
            }
            None => false,
        }
    }

    pub(super) fn wish(&self, pod: usize) -> Option<Wish<'a>> {
        let template = template(self.cluster, pod)?;
        let prepared = self.filters.prepare(&self.state.bindings, template)?;
        Some(Wish { pod, template, priority: priority(self.cluster, pod), prepared })
    }

    /// The node for a pod, if it fits on one.
    pub(super) fn choose(&mut self, wish: &mut Wish) -> Option<usize> {
        let nodes = self.feasible(wish);
        let best = self.ranking.best(&self.state, &self.tastes, wish.template, &nodes);
        self.ties.choose(&best).copied()
    }

    /// The nodes on which a pod fits: the one that it is nominated to, if that is one; else those
    /// found until there are enough.
    pub(super) fn feasible(&mut self, wish: &mut Wish) -> Vec<usize> {
        let nominated = self.nominated.iter().position(|pods| pods.contains(&wish.pod));
        if let Some(node) = nominated.filter(|&node| self.fits(wish, node)) {
            return vec![node];
        }
        let enough = enough_feasible(self.order.len());
        let mut feasible = Vec::new();
        let mut looked_at = 0;
        for at in 0..self.order.len() {
            if feasible.len() == enough {
                break;
            }
            looked_at += 1;
            let place = (self.next + at) % self.order.len();
            let Some(&node) = self.order.get(place) else { continue };
            if self.fits(wish, node) {
                feasible.push(node);
            }
        }
        self.next = (self.next + looked_at).checked_rem(self.order.len()).unwrap_or_default();
        feasible
    }

    /// Whether a pod passes all filters on a node, and does so also with the pods that are
    /// nominated to the node and not less important.
    pub(super) fn fits(&mut self, wish: &mut Wish, node: usize) -> bool {
        self.with_nominated(wish, node, |state, prepared| {
            (!prepared.passes(&state.bindings, node)).then_some(())
        })
        .is_none()
    }

    /// Why a pod does not.
    pub(super) fn rejection(&mut self, wish: &mut Wish, node: usize) -> Option<Rejection> {
        self.with_nominated(wish, node, |state, prepared| {
            prepared.rejection(&state.bindings, node).map(|(_, rejection)| rejection)
        })
    }

    /// Asks with the pods added that are nominated to a node and not less important, and if
    /// there is no answer, without them (`RunFilterPluginsWithNominatedPods`).
    pub(super) fn with_nominated<Answer>(
        &mut self,
        wish: &mut Wish,
        node: usize,
        ask: impl Fn(&State, &Prepared) -> Option<Answer>,
    ) -> Option<Answer> {
        let cluster = self.cluster;
        let nominated = self.nominated.get(node).into_iter().flatten().copied();
        let others: Vec<usize> = nominated
            .filter(|&other| other != wish.pod && priority(cluster, other) >= wish.priority)
            .collect();
        if others.is_empty() {
            return ask(&self.state, &wish.prepared);
        }
        for &other in &others {
            self.try_out(wish, other, node, Some(Start::Unknown));
        }
        let answer = ask(&self.state, &wish.prepared);
        for &other in &others {
            self.try_out(wish, other, node, None);
        }
        answer.or_else(|| ask(&self.state, &wish.prepared))
    }

    /// Puts a pod on a node, or takes it away without a start, while another one's place is
    /// looked for.
    pub(super) fn try_out(
        &mut self,
        wish: &mut Wish,
        pod: usize,
        node: usize,
        start: Option<Start>,
    ) {
        match start {
            Some(start) => self.state.add(pod, node, start),
            None => self.state.remove(pod),
        }
        if let Some(template) = template(self.cluster, pod) {
            wish.prepared.note(template, node, start.is_some());
        }
    }

    /// Puts a pod on a node for good, and tries those again that may have waited for it.
    pub(super) fn bind(&mut self, pod: usize, node: usize) {
        self.clock += 1;
        self.version += 1;
        self.state.add(pod, node, Start::Since(self.clock));
        self.nominated.iter_mut().for_each(|pods| pods.retain(|&other| other != pod));
        if self.away.remove(&pod) {
            self.charge(pod, 1);
        }
        let (Some(bound), resolved) = (template(self.cluster, pod), self.filters.resolved()) else {
            return;
        };
        let waits = |&(_, _, _, parked): &Entry| {
            let asked = template(self.cluster, parked).and_then(|at| resolved.asked.get(at));
            asked.is_some_and(|asked| {
                let near = asked.near.iter().map(|near| near.matches);
                let mut sets = near.chain(asked.spread.iter().map(|spread| spread.matches));
                sets.any(|set| resolved.has_template(set, bound))
            })
        };
        self.queue.extend(self.parked.extract_if(.., |entry| waits(entry)));
    }
}

/// The template of a pod.
pub(super) fn template(cluster: &Cluster, pod: usize) -> Option<usize> {
    cluster.pods.get(pod).map(|pod| pod.template)
}

/// The priority of a pod.
pub(super) fn priority(cluster: &Cluster, pod: usize) -> i32 {
    cluster.template_of(pod).map_or(0, |template| template.spec.priority)
}

/// Whether a pod may take the place of others.
pub(super) fn preempts(cluster: &Cluster, pod: usize) -> bool {
    cluster.template_of(pod).is_some_and(|template| template.spec.preempts)
}
