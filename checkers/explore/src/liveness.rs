//! Liveness under fairness, decided on the strongly connected components of the graph.
//!
//! A liveness property is violated by a fair run that from some state on stays where its goal is
//! false, or, for eventually-always, that is there again and again. Such a run exists if and only
//! if, among the states that a bad start reaches without meeting the goal (for eventually-always,
//! among all), there is a strongly connected set with a state where the goal is false, in which
//! every weakly fair action is disabled somewhere or taken, and every strongly fair one is disabled
//! everywhere or taken. As in TLA+ a run may stutter, so a single state in which no fair action is
//! enabled is such a set.

use crate::graph::{Edge, StateGraph};
use crate::{Formula, Property, Protocol, Strength};
use std::collections::VecDeque;

/// A path to a loop that repeats for ever, as ordinals of actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lasso {
    /// From an initial state (whose ordinal comes first) to the loop.
    pub(crate) stem: Vec<u16>,
    /// Around the loop; empty if the run stutters.
    pub(crate) cycle: Vec<u16>,
}

/// A fair run that violates the property with this index, if there is one.
pub(crate) fn counterexample<P: Protocol>(
    graph: &StateGraph<P>,
    index: usize,
    property: &Property<P>,
) -> Option<Lasso> {
    let goal = |state: u32| graph.truth(state, index, 1);
    let starts: Vec<u32> = match property.formula {
        Formula::Eventually(_) => {
            graph.initial.iter().copied().filter(|&state| !goal(state)).collect()
        }
        _ => (0..graph.expanded())
            .filter(|&state| graph.truth(state, index, 0) && !goal(state))
            .collect(),
    };
    let through = matches!(property.formula, Formula::EventuallyAlways(_));
    let inside = |state: u32| state < graph.expanded() && (through || !goal(state));
    let region = Region::reach(graph, &starts, inside);
    let bad = |state: &u32| !goal(*state);
    let knot = region.nearest_fair_set(bad)?;
    Some(region.lasso(&knot, bad))
}

/// The states that are reached from bad starts without meeting the goal.
struct Region<'g, P: Protocol> {
    graph: &'g StateGraph<P>,
    /// The states in the order of their distance.
    order: Vec<u32>,
    /// By state: its place in the order, if it is in the region.
    place: Vec<Option<u32>>,
    /// By place: the predecessor and the edge from it.
    reached_by: Vec<Option<(u32, u16)>>,
    weak: u64,
    strong: u64,
}

impl<'g, P: Protocol> Region<'g, P> {
    fn reach(graph: &'g StateGraph<P>, starts: &[u32], inside: impl Fn(u32) -> bool) -> Self {
        let mut region = Self {
            graph,
            order: Vec::new(),
            place: vec![None; graph.expanded() as usize],
            reached_by: Vec::new(),
            weak: graph.of_strength(Strength::Weak),
            strong: graph.of_strength(Strength::Strong),
        };
        for &start in starts.iter().filter(|&&start| inside(start)) {
            region.add(start, None);
        }
        let mut next = 0;
        while let Some(&state) = region.order.get(next) {
            next += 1;
            for edge in graph.edges(state).iter().filter(|edge| inside(edge.target)) {
                region.add(edge.target, Some((state, edge.ordinal)));
            }
        }
        region
    }

    fn add(&mut self, state: u32, by: Option<(u32, u16)>) {
        let place = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        if let Some(slot @ None) = self.place.get_mut(state as usize) {
            *slot = Some(place);
            self.order.push(state);
            self.reached_by.push(by);
        }
    }

    fn place(&self, state: u32) -> Option<u32> {
        self.place.get(state as usize).copied().flatten()
    }

    /// A set of states, a bad one among them, that a fair run need not leave, nearest to the
    /// starts.
    fn nearest_fair_set(&self, bad: impl Fn(&u32) -> bool) -> Option<Vec<u32>> {
        let fair = self.weak | self.strong;
        let stutter = self
            .order
            .iter()
            .position(|state| bad(state) && self.graph.enabled(*state) & fair == 0);
        let mut best: Option<(usize, Vec<u32>)> =
            stutter.and_then(|at| Some((at, vec![*self.order.get(at)?])));
        let mut pending = self.components(&self.order);
        while let Some(component) = pending.pop() {
            match self.judge(&component) {
                Judgement::Unfair => {}
                Judgement::Without(rest) => pending.extend(self.components(&rest)),
                Judgement::Fair if !component.iter().any(&bad) => {}
                Judgement::Fair => {
                    let first = component.iter().filter_map(|&state| self.place(state)).min();
                    let first = first.map_or(usize::MAX, |place| place as usize);
                    if best.as_ref().is_none_or(|(at, _)| first < *at) {
                        best = Some((first, component));
                    }
                }
            }
        }
        best.map(|(_, set)| set)
    }

    /// Whether a run that visits all of a strongly connected set for ever is fair.
    fn judge(&self, component: &[u32]) -> Judgement {
        let (mut always_enabled, mut ever_enabled, mut taken) = (u64::MAX, 0, 0);
        let members = Members::of(self, component);
        for &state in component {
            always_enabled &= self.graph.enabled(state);
            ever_enabled |= self.graph.enabled(state);
            for edge in members.edges(state) {
                taken |= edge.takes;
            }
        }
        if always_enabled & !taken & self.weak != 0 {
            // Every subset has the action enabled everywhere and takes it nowhere.
            return Judgement::Unfair;
        }
        let starved = ever_enabled & !taken & self.strong;
        if starved == 0 {
            return Judgement::Fair;
        }
        let rest =
            component.iter().copied().filter(|&state| self.graph.enabled(state) & starved == 0);
        Judgement::Without(rest.collect())
    }

    /// The strongly connected components, with at least one edge each, of the subgraph that
    /// `states` induce: Tarjan's algorithm without recursion.
    fn components(&self, states: &[u32]) -> Vec<Vec<u32>> {
        let members = Members::of(self, states);
        let mut tarjan = Tarjan::new(&members);
        for &state in states {
            tarjan.visit(state);
        }
        tarjan.components
    }

    /// The run to the nearest bad state of the set and around it.
    fn lasso(&self, set: &[u32], bad: impl Fn(&u32) -> bool) -> Lasso {
        let nearest = set.iter().copied().filter(bad).min_by_key(|&state| self.place(state));
        let Some(knot) = nearest else { return Lasso::default() };
        let mut stem = Vec::new();
        let mut at = knot;
        while let Some(Some((before, ordinal))) =
            self.place(at).and_then(|place| self.reached_by.get(place as usize)).copied()
        {
            stem.push(ordinal);
            at = before;
        }
        stem.reverse();
        let mut path = self.graph.origins.path(at);
        path.extend(stem);
        Lasso { stem: path, cycle: self.cycle(knot, set) }
    }

    /// A closed walk from `knot` through the set that satisfies all fairness assumptions.
    fn cycle(&self, knot: u32, set: &[u32]) -> Vec<u16> {
        let members = Members::of(self, set);
        let fair = self.weak | self.strong;
        if self.graph.enabled(knot) & fair == 0 {
            return Vec::new();
        }
        let mut walk = Walk { at: knot, ordinals: Vec::new() };
        for (bit, _) in self.graph.fairness.iter().enumerate() {
            let bit = 1_u64 << bit;
            let disabled = |state: u32| self.graph.enabled(state) & bit == 0;
            let enabled_somewhere = set.iter().any(|&state| !disabled(state));
            let take = set.iter().find_map(|&state| {
                let edge = members.edges(state).find(|edge| edge.takes & bit != 0);
                edge.map(|edge| (state, *edge))
            });
            match take {
                Some((source, edge)) if enabled_somewhere => {
                    walk.go(&members, |state| state == source);
                    walk.take(&edge);
                }
                _ => walk.go(&members, disabled),
            }
        }
        walk.go(&members, |state| state == knot);
        if walk.ordinals.is_empty()
            && let Some(edge) = members.edges(knot).next()
        {
            walk.take(edge);
            walk.go(&members, |state| state == knot);
        }
        walk.ordinals
    }
}

/// What [`Region::judge`] says.
enum Judgement {
    /// A run may stay in the set for ever.
    Fair,
    /// No run may stay in the set or a part of it.
    Unfair,
    /// A run may stay at most in these of the states.
    Without(Vec<u32>),
}

/// A set of states with fast membership, and its inner edges.
struct Members<'r, 'g, P: Protocol> {
    region: &'r Region<'g, P>,
    /// By place in the region: the position in the set.
    position: rustc_hash::FxHashMap<u32, u32>,
}

impl<'r, 'g, P: Protocol> Members<'r, 'g, P> {
    fn of(region: &'r Region<'g, P>, states: &[u32]) -> Self {
        Self { region, position: states.iter().copied().zip(0..).collect() }
    }

    fn position(&self, state: u32) -> Option<usize> {
        self.position.get(&state).map(|&position| position as usize)
    }

    fn edges(&self, state: u32) -> impl Iterator<Item = &'g Edge> + use<'_, 'g, P> {
        let graph: &'g StateGraph<P> = self.region.graph;
        graph.edges(state).iter().filter(|edge| self.position.contains_key(&edge.target))
    }
}

/// A walk inside a strongly connected set.
struct Walk {
    at: u32,
    ordinals: Vec<u16>,
}

impl Walk {
    fn take(&mut self, edge: &Edge) {
        self.at = edge.target;
        self.ordinals.push(edge.ordinal);
    }

    /// Goes the shortest way to a state that satisfies `goal`.
    fn go<P: Protocol>(&mut self, members: &Members<'_, '_, P>, goal: impl Fn(u32) -> bool) {
        let mut came: rustc_hash::FxHashMap<u32, (u32, Edge)> = rustc_hash::FxHashMap::default();
        let mut queue = VecDeque::from([self.at]);
        while let Some(state) = queue.pop_front() {
            if goal(state) {
                let mut way = Vec::new();
                let mut at = state;
                while at != self.at {
                    let Some((before, edge)) = came.get(&at) else { break };
                    way.push(*edge);
                    at = *before;
                }
                way.iter().rev().for_each(|edge| self.take(edge));
                return;
            }
            for edge in members.edges(state) {
                if edge.target != self.at && !came.contains_key(&edge.target) {
                    came.insert(edge.target, (state, *edge));
                    queue.push_back(edge.target);
                }
            }
        }
    }
}

/// Tarjan's algorithm with an explicit stack.
struct Tarjan<'m, 'r, 'g, P: Protocol> {
    members: &'m Members<'r, 'g, P>,
    index: Vec<Option<u32>>,
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    next: u32,
    components: Vec<Vec<u32>>,
}

impl<'m, 'r, 'g, P: Protocol> Tarjan<'m, 'r, 'g, P> {
    fn new(members: &'m Members<'r, 'g, P>) -> Self {
        let count = members.position.len();
        Self {
            members,
            index: vec![None; count],
            low: vec![0; count],
            on_stack: vec![false; count],
            stack: Vec::new(),
            next: 0,
            components: Vec::new(),
        }
    }

    /// Finds the components of all that `root` reaches and that no earlier root did.
    fn visit(&mut self, root: u32) {
        if self.is_new(root) {
            let mut calls = vec![self.enter(root)];
            while let Some((state, edges)) = calls.last_mut() {
                let state = *state;
                match edges.next() {
                    Some(edge) if self.is_new(edge.target) => calls.push(self.enter(edge.target)),
                    Some(edge) => self.see(state, edge.target),
                    None => {
                        calls.pop();
                        self.leave(state);
                        if let Some((caller, _)) = calls.last() {
                            self.lower(*caller, self.low_of(state));
                        }
                    }
                }
            }
        }
    }

    fn at(&self, state: u32) -> usize {
        self.members.position(state).unwrap_or(usize::MAX)
    }

    fn is_new(&self, state: u32) -> bool {
        self.index.get(self.at(state)).is_some_and(Option::is_none)
    }

    fn low_of(&self, state: u32) -> u32 {
        self.low.get(self.at(state)).copied().unwrap_or(u32::MAX)
    }

    fn lower(&mut self, state: u32, to: u32) {
        let at = self.at(state);
        if let Some(low) = self.low.get_mut(at) {
            *low = to.min(*low);
        }
    }

    fn enter(&mut self, state: u32) -> (u32, std::vec::IntoIter<Edge>) {
        let at = self.at(state);
        if let (Some(index), Some(low), Some(on_stack)) =
            (self.index.get_mut(at), self.low.get_mut(at), self.on_stack.get_mut(at))
        {
            *index = Some(self.next);
            *low = self.next;
            *on_stack = true;
        }
        self.next += 1;
        self.stack.push(state);
        let edges: Vec<Edge> = self.members.edges(state).copied().collect();
        (state, edges.into_iter())
    }

    fn see(&mut self, state: u32, target: u32) {
        let at = self.at(target);
        if self.on_stack.get(at).copied().unwrap_or_default()
            && let Some(Some(index)) = self.index.get(at).copied()
        {
            self.lower(state, index);
        }
    }

    fn leave(&mut self, state: u32) {
        if self.index.get(self.at(state)).copied().flatten() != Some(self.low_of(state)) {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            let at = self.at(member);
            if let Some(on_stack) = self.on_stack.get_mut(at) {
                *on_stack = false;
            }
            component.push(member);
            if member == state {
                break;
            }
        }
        let has_edge =
            component.len() > 1 || self.members.edges(state).any(|edge| edge.target == state);
        if has_edge {
            self.components.push(component);
        }
    }
}

#[cfg(test)]
mod tests;
