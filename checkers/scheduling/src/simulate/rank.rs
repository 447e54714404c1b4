//! The totals of the scores of the nodes on which a pod fits.

use crate::Topology;
use crate::score::{self, Usage, weight};

use super::state::State;
use super::taste::{SoftSpread, Taste, Tastes};

/// Scores nodes; keeps its lists, so that no cycle has to make them anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranking {
    totals: Vec<i64>,
    scores: Vec<i64>,
    spread: Vec<Option<f64>>,
    counts: Vec<u64>,
}

/// One pod of a template on some nodes.
#[derive(Clone, Copy)]
struct Question<'a> {
    state: &'a State<'a>,
    tastes: &'a Tastes,
    taste: &'a Taste,
    nodes: &'a [usize],
}

impl Ranking {
    /// The nodes with the highest total for a pod of a template, in the order in which they are
    /// given.
    pub(super) fn best(
        &mut self,
        state: &State,
        tastes: &Tastes,
        template: usize,
        nodes: &[usize],
    ) -> Vec<usize> {
        let Some(taste) = tastes.of.get(template).filter(|_| nodes.len() > 1) else {
            return nodes.to_vec();
        };
        let question = Question { state, tastes, taste, nodes };
        self.totals.clear();
        self.totals.resize(nodes.len(), 0);
        self.resources(question);
        self.fixed(question);
        self.spread(question);
        self.nearby(question);
        let highest = self.totals.iter().copied().max();
        let ranked = nodes.iter().zip(&self.totals);
        ranked.filter(|&(_, &total)| Some(total) == highest).map(|(&node, _)| node).collect()
    }

    /// Adds the scores as they stand, so many times.
    fn add(&mut self, times: i64) {
        for (total, score) in self.totals.iter_mut().zip(&self.scores) {
            *total += times * score;
        }
    }

    /// `NodeResourcesFit` and `NodeResourcesBalancedAllocation`.
    fn resources(&mut self, question: Question) {
        let Question { taste, .. } = question;
        let best_effort = taste.asked == [0, 0];
        for (total, &node) in self.totals.iter_mut().zip(question.nodes) {
            let scored = question.usages(node, question.state.scored(node), taste.scored);
            *total += weight::LEAST_ALLOCATED * score::least_allocated(scored);
            if !best_effort {
                let used = question.used(node);
                let real = question.usages(node, used, taste.asked);
                *total += weight::BALANCED_ALLOCATION * score::balanced_allocation(real);
            }
        }
    }

    /// `TaintToleration`, `NodeAffinity` and `ImageLocality`: what is known beforehand.
    fn fixed(&mut self, Question { taste, nodes, .. }: Question) {
        let read = |scores: &mut Vec<i64>, of: &[i64]| {
            scores.clear();
            scores.extend(nodes.iter().map(|&node| of.get(node).copied().unwrap_or_default()));
        };
        if !taste.taints.is_empty() {
            read(&mut self.scores, &taste.taints);
            score::normalize_reversed(&mut self.scores);
            self.add(weight::TAINTS);
        }
        if !taste.node_affinity.is_empty() {
            read(&mut self.scores, &taste.node_affinity);
            score::normalize(&mut self.scores);
            self.add(weight::NODE_AFFINITY);
        }
        if !taste.images.is_empty() {
            read(&mut self.scores, &taste.images);
            self.add(weight::IMAGES);
        }
    }

    /// `PodTopologySpread`.
    fn spread(&mut self, question: Question) {
        let Question { tastes, taste, nodes, .. } = question;
        if taste.spread.is_empty() {
            return;
        }
        let topology = |spread: &SoftSpread| tastes.topologies.get(spread.topology);
        let lacks = |spread: &SoftSpread, node| domain(topology(spread), node).is_none();
        let ignored =
            |node: usize| taste.own_spread && taste.spread.iter().any(|spread| lacks(spread, node));
        self.spread.clear();
        self.spread.extend(nodes.iter().map(|&node| (!ignored(node)).then_some(0.0)));
        for spread in &taste.spread {
            let Some(topology) = topology(spread) else { continue };
            let size = if spread.hosts {
                self.spread.iter().flatten().count()
            } else {
                self.domains(topology, nodes)
            };
            let weight = score::spread_weight(size);
            self.count(question, topology, spread.members, Some(spread.nodes));
            for (raw, &node) in self.spread.iter_mut().zip(nodes) {
                let matching = domain(Some(topology), node).and_then(|at| self.counts.get(at));
                if let (Some(raw), Some(&matching)) = (raw, matching) {
                    *raw += score::spread_term(matching, spread.max_skew, weight);
                }
            }
        }
        let raw: Vec<Option<i64>> =
            self.spread.iter().map(|terms| terms.map(score::spread_raw)).collect();
        score::normalize_spread(&raw, &mut self.scores);
        self.add(weight::SPREAD);
    }

    /// In how many domains those of the nodes are that are not ignored; all that are in none make
    /// one more.
    fn domains(&mut self, topology: &Topology, nodes: &[usize]) -> usize {
        self.counts.clear();
        self.counts.resize(topology.size + 1, 0);
        for (raw, &node) in self.spread.iter().zip(nodes) {
            let domain = domain(Some(topology), node).unwrap_or(topology.size);
            if let (Some(_), Some(seen)) = (raw, self.counts.get_mut(domain)) {
                *seen = 1;
            }
        }
        self.counts.iter().filter(|&&seen| seen > 0).count()
    }

    /// Counts the pods of some templates in each domain, of a set of nodes or of all.
    fn count(
        &mut self,
        Question { state, tastes, .. }: Question,
        topology: &Topology,
        members: usize,
        nodes: Option<usize>,
    ) {
        self.counts.clear();
        self.counts.resize(topology.size, 0);
        let among = nodes.and_then(|set| tastes.node_sets.get(set));
        for &template in tastes.members(members) {
            for (node, pods) in state.bindings.nodes_of(template) {
                let counts = among.is_none_or(|nodes| nodes.get(node) == Some(&true));
                let domain = domain(Some(topology), node).filter(|_| counts);
                if let Some(count) = domain.and_then(|at| self.counts.get_mut(at)) {
                    *count += u64::from(pods);
                }
            }
        }
    }

    /// `InterPodAffinity`.
    fn nearby(&mut self, question: Question) {
        let Question { tastes, taste, nodes, .. } = question;
        if taste.nearby.is_empty() {
            return;
        }
        self.scores.clear();
        self.scores.resize(nodes.len(), 0);
        for nearby in &taste.nearby {
            let Some(topology) = tastes.topologies.get(nearby.topology) else { continue };
            self.count(question, topology, nearby.members, None);
            for (score, &node) in self.scores.iter_mut().zip(nodes) {
                let count = domain(Some(topology), node).and_then(|at| self.counts.get(at));
                let count = count.and_then(|&count| i64::try_from(count).ok());
                *score += nearby.weight.saturating_mul(count.unwrap_or_default());
            }
        }
        score::normalize_pods(&mut self.scores);
        self.add(weight::PODS);
    }
}

impl Question<'_> {
    /// What is really asked of a node's cpu and memory.
    fn used(&self, node: usize) -> [u64; 2] {
        let used = self.state.bindings.used(node);
        let of = |resource: Option<usize>| resource.and_then(|at| used.get(at)).copied();
        self.tastes.scored_resources.map(|resource| of(resource).unwrap_or_default())
    }

    /// What is asked of a node's cpu and memory with one pod more.
    fn usages(
        &self,
        node: usize,
        [cpu, memory]: [u64; 2],
        [of_cpu, of_memory]: [u64; 2],
    ) -> [Usage; 2] {
        let node = self.state.bindings.cluster().nodes.get(node);
        let has = |resource: Option<usize>| {
            let allocatable = node.zip(resource).and_then(|(node, at)| node.allocatable.get(at));
            allocatable.copied().unwrap_or_default()
        };
        let [has_cpu, has_memory] = self.tastes.scored_resources.map(has);
        [
            Usage { requested: cpu.saturating_add(of_cpu), allocatable: has_cpu },
            Usage { requested: memory.saturating_add(of_memory), allocatable: has_memory },
        ]
    }
}

/// The domain of a node.
fn domain(topology: Option<&Topology>, node: usize) -> Option<usize> {
    *topology?.domains.get(node)?
}
