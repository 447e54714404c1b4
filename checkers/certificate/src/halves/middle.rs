//! Sets around a pod in the middle: what lists of halves are too long for.
//!
//! Let the items have an order, and let each have a *load* that is not negative, so that the load
//! of a set that fits is at most [`Middle::whole`]. Write down the pods of a set in the order of
//! their items. Its *head* is the longest beginning that loads at most half of the whole. Either
//! that is all of it, or with the next pod, the *middle*, it loads more than half, so that what
//! comes after, the *tail*, loads less than half. Hence every set that fits is in exactly one way
//!
//! * a head, or
//! * a head, a middle and a tail, where no item of the head comes after the middle and none of the
//!   tail before it, and the load of head and middle is more than half.
//!
//! Heads and tails are from one list: the sets that fit and load at most half. It is a list of all
//! items but of half as many pods: with some 50 items and 8 pods to a node, a million, where
//! halves by item have ten. For each middle, heads and tails are paired within a narrow window of
//! a linear function, as lists of halves are ([`super::Sorted`]).

#[cfg(test)]
mod tests;

use super::{Half, Item, Key, windows};
use crate::steps::{OutOfSteps, Steps};

/// The most entries: some 500 MB at worst.
const MOST_ENTRIES: usize = 1 << 23;
/// What a resource is, where loads of several are added up.
const RESOURCE: i64 = 1 << 20;

/// An entry of the list, and what is asked of a head.
#[derive(Clone, Copy, Debug)]
struct Head {
    key: Key,
    /// The place of its last item.
    last: u16,
    load: i64,
}

/// The list of heads and tails.
#[derive(Clone, Debug)]
pub(crate) struct Middle {
    half: Half,
    items: usize,
    loads: Vec<i64>,
    whole: i64,
}

impl Middle {
    /// Lists the sets that load at most half. `left` is what a node has of each resource.
    pub(crate) fn new(items: &[Item], left: &[i64], steps: &mut Steps) -> Result<Self, OutOfSteps> {
        if items.len() > usize::from(u16::MAX) {
            return Err(OutOfSteps);
        }
        let whole = RESOURCE.saturating_mul(i64::try_from(left.len()).unwrap_or(i64::MAX));
        let conflicts = items.iter().any(|item| item.bit != 0);
        let mut half = Half::empty(left.len() + 1, conflicts);
        let loads: Vec<i64> = items.iter().map(|item| load(&item.sizes, left)).collect();
        let left: Vec<i64> = left.iter().copied().chain([whole / 2]).collect();
        for ((item, load), number) in items.iter().zip(&loads).zip(0_u16..) {
            let mut item = item.clone();
            item.sizes.push(*load);
            half.extend(number, &item, &left, steps, MOST_ENTRIES)?;
        }
        Ok(Self { half, items: items.len(), loads, whole })
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.half.len()
    }

    /// Visits the sets that fit and for which a linear function is from `least` to `most`, by how
    /// many they have of each item; and others, which may not fit, but none twice. Whether it was
    /// done: not if more than `pairs` pairs are within the window.
    pub(crate) fn visit(
        &self,
        per_item: &[i64],
        (least, most): (i64, i64),
        mut pairs: u64,
        steps: &mut Steps,
        mut visitor: impl FnMut(&[u32]),
    ) -> Result<bool, OutOfSteps> {
        let depth = u64::from(self.len().ilog2());
        steps.take(self.len() as u64 / 8 * (depth / 4 + 1))?;
        let (least, most) = (least.max(i64::MIN / 4), most.min(i64::MAX / 4));
        let heads = self.heads(per_item);
        let firsts = self.firsts();
        let mut tails: Vec<Key> = heads.iter().map(|head| head.key).collect();
        let mut counts = vec![0; self.items];
        let mut visit = |entries: &[u32], middle: Option<usize>| {
            counts.fill(0);
            for &entry in entries {
                self.half.add_counts(entry, &mut counts);
            }
            middle.and_then(|at| counts.get_mut(at)).into_iter().for_each(|count| *count += 1);
            visitor(&counts);
        };
        for key in tails.iter().filter(|key| (least..=most).contains(&{ key.value })) {
            visit(&[key.entry], None);
        }
        for (middle, (&load, &more)) in self.loads.iter().zip(per_item).enumerate() {
            let first = |key: &Key| firsts.get(key.entry as usize).copied().unwrap_or(0);
            tails.retain(|key| usize::from(first(key)) >= middle);
            steps.take((heads.len() + 4 * tails.len()) as u64 / 64 + 1)?;
            let is_head =
                |it: &&Head| usize::from(it.last) <= middle && it.load + load > self.whole / 2;
            let keys = heads.iter().filter(is_head).map(|it| it.key);
            for (head, window) in windows(keys, &tails, least - more, most - more) {
                let Some(left) = pairs.checked_sub(window.len() as u64) else { return Ok(false) };
                pairs = left;
                steps.take(window.len() as u64)?;
                for tail in window {
                    visit(&[head.entry, tail.entry], Some(middle));
                }
            }
        }
        Ok(true)
    }

    /// The entries, ascending by a linear function.
    fn heads(&self, per_item: &[i64]) -> Vec<Head> {
        let values = self.half.column(per_item);
        let loads = self.half.sizes.last().into_iter().flatten();
        let listed = values.into_iter().zip(0_u32..).zip(loads.zip(&self.half.items));
        let head = |((value, entry), (&load, &last)): ((i64, u32), (&i64, &u16))| Head {
            key: Key { value, entry },
            last,
            load,
        };
        let mut heads: Vec<Head> = listed.map(head).collect();
        heads.sort_unstable_by_key(|head| (head.key.value, head.key.entry));
        heads
    }

    /// By entry, the place of its first item; of the empty set, beyond all.
    fn firsts(&self) -> Vec<u16> {
        let mut firsts = Vec::with_capacity(self.len());
        firsts.push(u16::MAX);
        for (&parent, &item) in self.half.parents.iter().zip(&self.half.items).skip(1) {
            let before = firsts.get(parent as usize).copied().filter(|_| parent > 0);
            firsts.push(before.unwrap_or(item));
        }
        firsts
    }
}

/// The parts that sizes are of what is left, each rounded down: those of a set that fits come to at
/// most [`RESOURCE`] per resource.
fn load(sizes: &[i64], left: &[i64]) -> i64 {
    let part = |(&size, &left): (&i64, &i64)| {
        let part = i128::from(size) * i128::from(RESOURCE) / i128::from(left.max(1));
        i64::try_from(part).map_or(RESOURCE, |part| part.min(RESOURCE))
    };
    sizes.iter().zip(left).map(part).sum()
}
