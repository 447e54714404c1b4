//! What each arrival of a pod can change about fragments, and so how many it takes.
//!
//! Let a node have `x` of the resource free, and write `e(x)` for `x` modulo the unit `u`, between 0
//! and `u - 1` also where `x` is negative. A pod that moves from one node to another leaves the sum
//! of what is free on the two as it was; so the sum of their two `e` stays the same modulo `u`, and
//! as it is between 0 and `2u - 2` before and after, it falls by `u` at most. A pod that arrives from
//! nowhere takes one node from some `e` to no less than 0: it falls by `u - 1` at most. Thus, over
//! all nodes, the sum of `e` falls by no more than `u` for each pod that ends on another node, and
//! `u - 1` for each that ends on a node and ran on none, in whatever order.
//!
//! The fragments of a node are `e(x)`, except that they are 0 where `x` is negative. At the start
//! they are thus no more in sum than the sum of `e`. In the end they may be less than it by `u - 1`
//! for each node whose `x` is negative then; and it was so at the start, for a pod that asks for any
//! of the resource arrives only where there is enough.
//!
//! Who runs goes on running where fragments count, so each pod that is taken from its node ends on
//! another, disturbs by 2, and counts against the limit on moves.

use crate::{Instance, Objective, Pod};

/// What there is to save, and how many may save it.
struct Savings {
    /// The fragments now, less what nodes that are too full may hide in the end.
    now: u64,
    unit: u64,
    /// How many pods that run may end on another node.
    moves: u64,
    /// What those that wait can save.
    by_bindings: u64,
}

impl Savings {
    fn of(instance: &Instance) -> Option<Self> {
        let Objective::Fragments { resource, unit } = instance.question.objective else {
            return None;
        };
        let request = |pod: &Pod| {
            let shape = instance.shape_of(pod);
            shape.and_then(|it| it.requests.get(resource as usize)).copied().unwrap_or(0)
        };
        let mut used = vec![0_u64; instance.nodes.len()];
        for pod in &instance.pods {
            if let Some(used) = pod.node.and_then(|node| used.get_mut(node as usize)) {
                *used = used.saturating_add(request(pod));
            }
        }
        let (mut now, mut hidden) = (0_u64, 0_u64);
        for (node, used) in (0_u32..).zip(used) {
            match instance.capacity(node, resource).checked_sub(used) {
                Some(free) => now = now.saturating_add(free.checked_rem(unit)?),
                None => hidden = hidden.saturating_add(unit.saturating_sub(1)),
            }
        }
        let asking = |runs: bool| {
            let counts = |pod: &&Pod| !pod.fixed && pod.node.is_some() == runs && request(pod) > 0;
            instance.pods.iter().filter(counts).count() as u64
        };
        let limit = instance.question.move_limit.map_or(u64::MAX, u64::from);
        Some(Self {
            now: now.saturating_sub(hidden),
            unit,
            moves: asking(true).min(limit),
            by_bindings: asking(false).saturating_mul(unit.saturating_sub(1)),
        })
    }
}

/// No plan leaves fewer fragments. `None` if the objective is another.
pub fn fewest_fragments(instance: &Instance) -> Option<u64> {
    let Savings { now, unit, moves, by_bindings } = Savings::of(instance)?;
    Some(now.saturating_sub(moves.saturating_mul(unit)).saturating_sub(by_bindings))
}

/// No plan that leaves at most so many fragments disturbs less. `None` if the objective is another.
pub fn least_disruption(instance: &Instance, fragments: u64) -> Option<u64> {
    let Savings { now, unit, by_bindings, .. } = Savings::of(instance)?;
    let saved = now.saturating_sub(by_bindings).saturating_sub(fragments);
    Some(saved.div_ceil(unit.max(1)).saturating_mul(2))
}
