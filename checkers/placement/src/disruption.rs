//! How little has to be disturbed.
//!
//! A packing says how many pods of each class go on nodes of each kind; which pods, and which of
//! the nodes that are alike, is free, and is chosen so that many pods stay where they are.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "indexes of nodes fit 32 bits"
)]

use std::collections::BTreeMap;

use seatrial_certificate::{Instance, Partition};

/// The most nodes that are alike and are matched exactly; more are matched greedily.
const MOST_MATCHED: usize = 200;

/// The same placement but for exchanges of alike nodes and alike pods, with as many pods as
/// possible where they run now.
pub(crate) fn stay_where_possible(
    instance: &Instance,
    partition: &Partition,
    wanted: &[Option<u32>],
) -> Vec<Option<u32>> {
    if instance.pods.iter().all(|pod| pod.node.is_none() || pod.fixed) {
        return wanted.to_vec();
    }
    let now: Vec<Option<u32>> = instance.pods.iter().map(|pod| pod.node).collect();
    let contents_now = contents(instance, partition, &now);
    let contents_then = contents(instance, partition, wanted);
    let mut becomes: Vec<u32> = (0..instance.nodes.len() as u32).collect();
    for class in partition.nodes.iter().filter(|class| class.nodes.len() > 1) {
        // Nodes with fixed pods have other things to look at than what is left of them.
        let bound = |node: &u32| has_fixed(instance, *node);
        let nodes: Vec<u32> = class.nodes.iter().copied().filter(|node| !bound(node)).collect();
        let gain = |from: usize, to: usize| -> i64 {
            let (Some(&from), Some(&to)) = (nodes.get(from), nodes.get(to)) else { return 0 };
            overlap(contents_then.get(&from), contents_now.get(&to))
        };
        for (from, to) in matched(nodes.len(), gain).into_iter().enumerate() {
            let (Some(&from), Some(&to)) = (nodes.get(from), nodes.get(to)) else { continue };
            becomes.get_mut(from as usize).into_iter().for_each(|slot| *slot = to);
        }
    }
    assign(instance, partition, wanted, &becomes)
}

fn has_fixed(instance: &Instance, node: u32) -> bool {
    instance.pods.iter().any(|pod| pod.fixed && pod.node == Some(node))
}

/// How many pods of each class each node has.
fn contents(
    instance: &Instance,
    partition: &Partition,
    places: &[Option<u32>],
) -> BTreeMap<u32, BTreeMap<u32, u32>> {
    let mut contents: BTreeMap<u32, BTreeMap<u32, u32>> = BTreeMap::new();
    for ((_, class), place) in instance.pods.iter().zip(&partition.class_of_pod).zip(places) {
        if let (Some(class), Some(node)) = (class, place) {
            *contents.entry(*node).or_default().entry(*class).or_default() += 1;
        }
    }
    contents
}

fn overlap(one: Option<&BTreeMap<u32, u32>>, other: Option<&BTreeMap<u32, u32>>) -> i64 {
    let (Some(one), Some(other)) = (one, other) else { return 0 };
    let common = |(class, count): (&u32, &u32)| other.get(class).map_or(0, |it| *it.min(count));
    one.iter().map(common).map(i64::from).sum()
}

/// A permutation of large gain.
fn matched(count: usize, gain: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    if count <= MOST_MATCHED { best_matching(count, gain) } else { greedy_matching(count, gain) }
}

fn greedy_matching(count: usize, gain: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    let mut free: Vec<usize> = (0..count).collect();
    let mut matching = Vec::with_capacity(count);
    for from in 0..count {
        let best = free.iter().enumerate().max_by_key(|&(_, &to)| (gain(from, to), to == from));
        if let Some((at, _)) = best {
            matching.push(free.swap_remove(at));
        }
    }
    matching
}

/// The permutation of largest gain: successive shortest paths with potentials (Kuhn, Munkres).
fn best_matching(count: usize, gain: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    const FAR: i64 = i64::MAX / 4;
    let at = |list: &[i64], index: usize| list.get(index).copied().unwrap_or(0);
    // Rows and columns count from 1; column 0 holds the row that is being matched.
    let mut rows = vec![0_i64; count + 1];
    let mut columns = vec![0_i64; count + 1];
    let mut row_of = vec![0_usize; count + 1];
    for row in 1..=count {
        let mut distance = vec![FAR; count + 1];
        let mut before = vec![0_usize; count + 1];
        let mut done = vec![false; count + 1];
        row_of.first_mut().into_iter().for_each(|slot| *slot = row);
        let mut column = 0_usize;
        loop {
            let current = row_of.get(column).copied().unwrap_or(0);
            if current == 0 {
                break;
            }
            done.get_mut(column).into_iter().for_each(|slot| *slot = true);
            let mut nearest = (FAR, 0);
            for next in 1..=count {
                if done.get(next).copied().unwrap_or(true) {
                    continue;
                }
                let cost = -gain(current - 1, next - 1) - at(&rows, current) - at(&columns, next);
                if let (Some(distance), Some(before)) =
                    (distance.get_mut(next), before.get_mut(next))
                {
                    if cost < *distance {
                        *distance = cost;
                        *before = column;
                    }
                    nearest = nearest.min((*distance, next));
                }
            }
            let (step, next) = nearest;
            for other in 0..=count {
                if done.get(other).copied().unwrap_or(false) {
                    let row = row_of.get(other).copied().unwrap_or(0);
                    rows.get_mut(row).into_iter().for_each(|slot| *slot += step);
                    columns.get_mut(other).into_iter().for_each(|slot| *slot -= step);
                } else if other > 0 {
                    distance.get_mut(other).into_iter().for_each(|slot| *slot -= step);
                }
            }
            column = next;
        }
        while column != 0 {
            let previous = before.get(column).copied().unwrap_or(0);
            let row = row_of.get(previous).copied().unwrap_or(0);
            row_of.get_mut(column).into_iter().for_each(|slot| *slot = row);
            column = previous;
        }
    }
    let mut matching = vec![0; count];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        if let Some(slot) = row.checked_sub(1).and_then(|row| matching.get_mut(row)) {
            *slot = column - 1;
        }
    }
    matching
}

/// Deals the pods of each class to the places of the class, those that can stay first.
fn assign(
    instance: &Instance,
    partition: &Partition,
    wanted: &[Option<u32>],
    becomes: &[u32],
) -> Vec<Option<u32>> {
    let mut assigned = wanted.to_vec();
    for class in &partition.pods {
        let mut places: BTreeMap<u32, u32> = BTreeMap::new();
        for &pod in &class.pods {
            let place = wanted.get(pod as usize).copied().flatten();
            if let Some(node) = place.and_then(|node| becomes.get(node as usize)) {
                *places.entry(*node).or_default() += 1;
            }
        }
        let mut moving = Vec::new();
        for &pod in &class.pods {
            let now = instance.pods.get(pod as usize).and_then(|pod| pod.node);
            match now.and_then(|node| places.get_mut(&node)).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    assigned.get_mut(pod as usize).into_iter().for_each(|slot| *slot = now);
                }
                None => moving.push((now.is_some(), pod)),
            }
        }
        // Pending pods first: leaving a running one out disturbs less than moving it.
        moving.sort_unstable();
        let mut left = places.iter().flat_map(|(node, count)| (0..*count).map(|_| *node));
        for (_, pod) in moving {
            let place = left.next();
            assigned.get_mut(pod as usize).into_iter().for_each(|slot| *slot = place);
        }
    }
    assigned
}
