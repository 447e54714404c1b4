//! The numbers that a script is about: pods of one kind on one node.

use std::collections::BTreeMap;

use super::term::Sum;
use crate::{Instance, Shape};

/// Pods that no condition of a script tells apart, but for where they run now.
#[derive(Clone, Debug)]
pub(super) struct Kind<'a> {
    /// Their number, which is part of the names of constants.
    pub(super) number: usize,
    pub(super) shape_number: u32,
    pub(super) shape: &'a Shape,
    pub(super) gang: Option<u32>,
    pub(super) budgets: Vec<u32>,
    /// The pods, ascending.
    pub(super) pods: Vec<u32>,
    /// How many of them run on each node now.
    pub(super) running: Vec<u64>,
    /// How many can arrive on each node, as far as they alone are concerned.
    pub(super) room: Vec<u64>,
}

impl Kind<'_> {
    pub(super) fn size(&self) -> i128 {
        self.pods.len() as i128
    }

    pub(super) fn running(&self) -> i128 {
        self.running.iter().copied().map(i128::from).sum()
    }

    pub(super) fn pending(&self) -> i128 {
        self.size() - self.running()
    }

    fn of(list: &[u64], node: u32) -> u64 {
        list.get(node as usize).copied().unwrap_or(0)
    }

    /// How many run on a node now.
    pub(super) fn running_on(&self, node: u32) -> i128 {
        Self::of(&self.running, node).into()
    }

    /// How many can arrive on a node at most.
    pub(super) fn room_on(&self, node: u32) -> i128 {
        Self::of(&self.room, node).into()
    }

    /// How many of them are bound or moved to a node, as a term.
    pub(super) fn arrive(&self, node: u32) -> Sum {
        if self.room_on(node) > 0 { Sum::one(arrive(self.number, node)) } else { Sum::default() }
    }

    /// How many of them run on a node now and are not touched, as a term.
    pub(super) fn stay(&self, node: u32) -> Sum {
        if self.running_on(node) > 0 { Sum::one(stay(self.number, node)) } else { Sum::default() }
    }

    /// How many of them run on a node in the end.
    pub(super) fn present(&self, node: u32) -> Sum {
        self.arrive(node).plus(1, &self.stay(node))
    }
}

/// The name of the number of pods of a kind that arrive on a node.
pub(super) fn arrive(kind: usize, node: u32) -> String {
    format!("a_{kind}_{node}")
}

/// The name of the number of pods of a kind that stay on a node.
pub(super) fn stay(kind: usize, node: u32) -> String {
    format!("s_{kind}_{node}")
}

/// A sum over kinds and nodes.
pub(super) fn total<'a, 'b: 'a>(
    kinds: impl IntoIterator<Item = &'a Kind<'b>>,
    nodes: &[u32],
    of: impl Fn(&Kind<'b>, u32) -> Sum,
) -> Sum {
    let mut sum = Sum::default();
    for kind in kinds {
        for &node in nodes {
            sum = sum.plus(1, &of(kind, node));
        }
    }
    sum
}

/// The kinds of an instance, numbered in the order of their first pod.
pub(super) fn kinds(instance: &Instance) -> Vec<Kind<'_>> {
    let mut gangs: BTreeMap<u32, u32> = BTreeMap::new();
    for (number, gang) in (0_u32..).zip(&instance.gangs) {
        gangs.extend(gang.pods.iter().map(|pod| (pod, number)));
    }
    let mut budgets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (number, budget) in (0_u32..).zip(&instance.budgets) {
        for pod in budget.pods.iter() {
            budgets.entry(pod).or_default().push(number);
        }
    }
    let mut known = BTreeMap::new();
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for (at, pod) in instance.numbered_pods() {
        let Some(shape) = instance.shape_of(pod).filter(|_| !pod.fixed) else { continue };
        let gang = gangs.get(&at).copied();
        let budgets = budgets.get(&at).cloned().unwrap_or_default();
        let key = (pod.shape, gang, budgets.clone());
        let number = *known.entry(key).or_insert(kinds.len());
        if number == kinds.len() {
            kinds.push(Kind {
                number,
                shape_number: pod.shape,
                shape,
                gang,
                budgets,
                pods: Vec::new(),
                running: vec![0; instance.nodes.len()],
                room: Vec::new(),
            });
        }
        let Some(kind) = kinds.get_mut(number) else { continue };
        kind.pods.push(at);
        if let Some(count) = pod.node.and_then(|node| kind.running.get_mut(node as usize)) {
            *count += 1;
        }
    }
    for kind in &mut kinds {
        let nodes = (0_u32..).zip(&instance.nodes);
        kind.room = nodes.map(|(node, _)| room(instance, kind, node)).collect();
    }
    kinds
}

/// How many pods of a kind can arrive on a node, were there no others: each passes the filters that
/// look at the node, the labels that affinity and spread ask for, and the capacity; none came from
/// there; and its gang may be there.
fn room(instance: &Instance, kind: &Kind<'_>, node: u32) -> u64 {
    let shape = kind.shape;
    let within = kind.gang.and_then(|gang| instance.gangs.get(gang as usize)?.within);
    let near = shape.affinity.iter().flat_map(|affinity| affinity.topologies.iter().copied());
    let mut labels = near.chain(shape.spread.iter().map(|it| it.topology)).chain(within);
    if !shape.nodes.contains(node) || labels.any(|it| instance.domain(it, node).is_none()) {
        return 0;
    }
    let fits = (0_u32..)
        .zip(&shape.requests)
        .filter_map(|(resource, &request)| instance.capacity(node, resource).checked_div(request));
    let pods = kind.pods.len() as u64 - Kind::of(&kind.running, node);
    fits.min().unwrap_or(u64::MAX).min(pods)
}
