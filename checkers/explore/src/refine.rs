//! Whether two compositions of a protocol show the same behaviour.
//!
//! Both graphs are explored. A projected trace is the sequence of observations along a run, with
//! repetitions condensed and states that are no observation point skipped. One graph is within
//! the other if each of its projected traces is one of the other's: decided by following both at
//! once, the second as the set of all states that it may be in.

use crate::graph::StateGraph;
use crate::limits::Budget;
use crate::space::Space;
use crate::{Decision, Limits, Protocol, Refusal, Stop};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Before the initial state, which is its successor.
const START: u32 = u32::MAX;

/// A graph as an observer sees it.
#[derive(Clone, Debug)]
pub struct ObservedGraph {
    /// What is observed in each state.
    labels: Vec<Option<String>>,
    /// The successors of each state, with the ordinals of the actions.
    edges: Vec<Vec<(u32, u16)>>,
    /// The initial states, with their ordinals.
    initial: Vec<(u32, u16)>,
    /// Whether all reachable states are in it.
    pub(crate) complete: bool,
}

impl ObservedGraph {
    /// The observed graph of a protocol.
    pub(crate) fn of<P: Protocol>(protocol: &P, limits: &Limits) -> Result<Self, Refusal> {
        let space = Space::plain(protocol);
        let graph = StateGraph::explore(&space, &Budget::new(limits), &mut |_| {})?;
        let label = |bytes: &[u8]| {
            let state = protocol.decode(bytes)?;
            protocol.observation(&state).map(|seen| seen.to_string())
        };
        let edges = (0..graph.expanded()).map(|state| {
            graph.edges(state).iter().map(|edge| (edge.target, edge.ordinal)).collect()
        });
        Ok(Self {
            labels: graph.states.iter().map(label).collect(),
            edges: edges.collect(),
            initial: graph.initial.iter().copied().zip(0..).collect(),
            complete: graph.stop == Stop::Complete,
        })
    }

    fn label(&self, state: u32) -> Option<&str> {
        self.labels.get(state as usize).and_then(Option::as_deref)
    }

    fn edges(&self, state: u32) -> &[(u32, u16)] {
        if state == START {
            return &self.initial;
        }
        self.edges.get(state as usize).map_or(&[], Vec::as_slice)
    }

    /// Adds all states that are reached without an observation other than `seen`.
    fn close(&self, states: &mut BTreeSet<u32>, seen: Option<&str>) {
        let mut pending: Vec<u32> = states.iter().copied().collect();
        while let Some(state) = pending.pop() {
            for &(target, _) in self.edges(state) {
                let silent = self.label(target).is_none_or(|label| Some(label) == seen);
                if silent && states.insert(target) {
                    pending.push(target);
                }
            }
        }
    }

    /// The states in which an observer may believe the graph to be once it sees `seen`.
    fn after(&self, states: &BTreeSet<u32>, seen: &str) -> BTreeSet<u32> {
        let targets = states.iter().flat_map(|&state| self.edges(state)).map(|&(target, _)| target);
        let mut next: BTreeSet<u32> =
            targets.filter(|&target| self.label(target) == Some(seen)).collect();
        self.close(&mut next, Some(seen));
        next
    }

    /// The distinct observations, and the steps between different ones.
    fn projection(&self) -> (BTreeSet<&str>, BTreeSet<(&str, &str)>) {
        let states = self.labels.iter().filter_map(Option::as_deref).collect();
        let steps = (0_u32..).zip(&self.edges).flat_map(|(source, edges)| {
            edges
                .iter()
                .filter_map(move |&(target, _)| Some((self.label(source)?, self.label(target)?)))
        });
        (states, steps.filter(|(from, to)| from != to).collect())
    }
}

/// What a refinement check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inclusion {
    /// Whether each projected trace of the first graph is one of the second.
    #[serde(flatten)]
    pub decision: Decision,
    /// States of the first graph.
    pub states: usize,
    /// Pairs of a state and a set of states that were compared.
    pub pairs: usize,
    /// A run of the first graph, as ordinals, with a projected trace that the second lacks.
    #[serde(skip)]
    pub(crate) path: Option<Vec<u16>>,
}

/// Whether each projected trace of `inner` is one of `outer`.
pub(crate) fn included(inner: &ObservedGraph, outer: &ObservedGraph) -> Inclusion {
    let mut search =
        Product { inner, outer, nodes: Vec::new(), known: BTreeSet::new(), sets: BTreeMap::new() };
    let path = search.escape();
    let decision = match path {
        Some(_) if outer.complete => Decision::violated(),
        Some(_) => Decision::undecided("the other side was not explored completely"),
        None if inner.complete => Decision::holds(),
        None => Decision::undecided("the exploration was cut by a limit"),
    };
    Inclusion { decision, states: inner.labels.len(), pairs: search.nodes.len(), path }
}

/// Whether both graphs show the same observations and the same steps between them: necessary for
/// equal traces, not sufficient.
pub(crate) fn same_projection(one: &ObservedGraph, other: &ObservedGraph) -> bool {
    one.projection() == other.projection()
}

/// Both graphs at once.
struct Product<'g> {
    inner: &'g ObservedGraph,
    outer: &'g ObservedGraph,
    /// State of the inner graph, the outer one's set, the last observation, and how the node was
    /// reached.
    nodes: Vec<Node<'g>>,
    known: BTreeSet<(u32, usize)>,
    sets: BTreeMap<(Option<&'g str>, BTreeSet<u32>), usize>,
}

struct Node<'g> {
    state: u32,
    set: BTreeSet<u32>,
    seen: Option<&'g str>,
    came: Option<usize>,
    ordinal: u16,
}

impl<'g> Product<'g> {
    /// The shortest run of the inner graph that leaves the outer one behind.
    fn escape(&mut self) -> Option<Vec<u16>> {
        let mut set = BTreeSet::from([START]);
        self.outer.close(&mut set, None);
        let mut queue = VecDeque::new();
        queue.extend(self.add(Node { state: START, set, seen: None, came: None, ordinal: 0 }));
        while let Some(at) = queue.pop_front() {
            let Some((state, seen)) = self.nodes.get(at).map(|node| (node.state, node.seen)) else {
                continue;
            };
            let inner = self.inner;
            for &(target, ordinal) in inner.edges(state) {
                let label = inner.label(target);
                let set = self.nodes.get(at).map(|node| &node.set)?;
                let (set, seen) = match label {
                    Some(label) if Some(label) != seen => {
                        (self.outer.after(set, label), Some(label))
                    }
                    _ => (set.clone(), seen),
                };
                if set.is_empty() {
                    let mut path = self.path(at);
                    path.push(ordinal);
                    return Some(path);
                }
                queue.extend(self.add(Node { state: target, set, seen, came: Some(at), ordinal }));
            }
        }
        None
    }

    /// Adds a node unless it is known; its number if it is new.
    fn add(&mut self, node: Node<'g>) -> Option<usize> {
        let number = self.sets.len();
        let set = *self.sets.entry((node.seen, node.set.clone())).or_insert(number);
        if !self.known.insert((node.state, set)) {
            return None;
        }
        self.nodes.push(node);
        Some(self.nodes.len() - 1)
    }

    fn path(&self, node: usize) -> Vec<u16> {
        let mut path = Vec::new();
        let mut at = Some(node);
        while let Some(node) =
            at.and_then(|at| self.nodes.get(at)).filter(|node| node.state != START)
        {
            path.push(node.ordinal);
            at = node.came;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests;
