//! One refutation: first by counting, then by what so little slack leaves on each node, then by
//! splitting.

use seatrial_certificate::enumerate::Lists;
use seatrial_certificate::rows::{Side, Sum};
use seatrial_certificate::{Combination, OneNode, Proof, Quantity, Relaxation, Row, Steps, Target};

use super::frame::Frame;
use super::{integers, linear};
use crate::columns::{self, Columns, Heaviest, Weights};
use crate::search::shared::Shared;

/// The most pairs of classes of pods and nodes that a linear program is made of.
pub(super) const MOST_PAIRS: usize = 6_000;
/// With more pairs, disruption is bounded by counting alone: each node is a class of its own, and
/// to list the sets of all of them takes too long.
const MOST_LISTED_PAIRS: usize = 200;
/// The most listed sets over which columns are generated.
const MOST_SETS: usize = 300_000;
/// How deep splits go.
const DEEPEST: usize = 40;

/// How hard a refutation may try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effort {
    /// Steps of the checker for listing and pricing.
    pub(super) steps: u64,
    /// How many parts a proof may have.
    pub(super) parts: u32,
}

/// A refutation in the making.
pub(super) struct Refuter<'a, 'b> {
    pub(super) about: &'b Relaxation<'a>,
    pub(super) shared: &'b Shared,
    pub(super) steps: Steps,
    pub(super) parts: u32,
}

impl<'a> Refuter<'a, '_> {
    /// A proof, if one is found.
    pub(super) fn refute(&mut self) -> Option<Proof> {
        self.part(&mut Vec::new(), &Lists::default())
    }

    fn part(&mut self, splits: &mut Vec<Side>, lists: &Lists) -> Option<Proof> {
        if self.parts == 0 || self.shared.clock.is_over() {
            return None;
        }
        self.parts -= 1;
        let frame = Frame::new(self.about, splits, MOST_PAIRS, self.shared.clock.left() / 5)?;
        let counted = linear::count(&frame)?;
        let combination = integers::of_multipliers(&frame, &counted);
        if integers::rhs(self.about, &combination, splits)? < 0 {
            return Some(Proof::Rows(combination));
        }
        if frame.fragments > 0 {
            return self.by_patterns(&frame, splits, lists);
        }
        if self.about.target == Target::Disruption && frame.pairs.len() > MOST_LISTED_PAIRS {
            return None;
        }
        if let Some(gang) = self.unsplit_gang(splits) {
            return self.split(gang, 0, splits, lists);
        }
        self.by_listing(&frame, combination, splits, lists)
    }

    /// Lists the sets that the slack leaves, and goes on over these.
    fn by_listing(
        &mut self,
        frame: &Frame,
        counted: Combination,
        splits: &mut Vec<Side>,
        lists: &Lists,
    ) -> Option<Proof> {
        let mut slacks = slacks(frame);
        if counted.rows.iter().any(|(row, _)| resource(row).is_some()) {
            slacks.push(counted);
        }
        if slacks.is_empty() {
            return None;
        }
        let sums = self.sums(&slacks, splits)?;
        if let Some(at) = sums.iter().position(|sum| sum.rhs() < 0) {
            return slacks.into_iter().nth(at).map(Proof::Rows);
        }
        let before = self.steps.taken();
        let Some(narrowed) = self.narrowed(lists, &sums) else {
            return self.by_patterns(frame, splits, lists);
        };
        let steps = 2 * (self.steps.taken() - before) + 10_000;
        let enumerate = |then| Proof::Enumerate { slacks, steps, then: Box::new(then) };
        if narrowed.has_empty() {
            return Some(enumerate(Proof::Rows(Combination { scale: 1, rows: Vec::new() })));
        }
        self.over_lists(frame, splits, &narrowed).map(enumerate)
    }

    /// Refutes over listed sets: by weights, by shorter lists, by splitting.
    fn over_lists(
        &mut self,
        frame: &Frame,
        splits: &mut Vec<Side>,
        lists: &Lists,
    ) -> Option<Proof> {
        let count = |lists: &Lists| -> usize {
            (0..frame.nodes.len() as u32).filter_map(|nodes| lists.of(nodes)).map(<[_]>::len).sum()
        };
        let sets = count(lists);
        if sets > MOST_SETS {
            return None;
        }
        let weights = match self.columns(frame, lists)? {
            Columns::Refuted(weights) => {
                let combination = self.integral(frame, &weights, lists)?;
                let refuted = integers::rhs(self.about, &combination, splits)? < 0;
                return refuted.then_some(Proof::Rows(combination));
            }
            Columns::Open(weights) => weights,
        };
        let combination = self.integral(frame, &weights, lists)?;
        let slacks = vec![combination];
        let sums = self.sums(&slacks, splits)?;
        let shorter = self.narrowed(lists, &sums)?;
        if shorter.has_empty() {
            let then = Box::new(Proof::Rows(Combination { scale: 1, rows: Vec::new() }));
            return Some(Proof::Enumerate { slacks, steps: 4 * sets as u64 + 10_000, then });
        }
        if count(&shorter) * 10 < sets * 9 {
            let then = Box::new(self.over_lists(frame, splits, &shorter)?);
            return Some(Proof::Enumerate { slacks, steps: 4 * sets as u64 + 10_000, then });
        }
        let (class, at) = self.branching(frame, &weights, splits)?;
        self.split(Quantity::Class(class), at, splits, lists)
    }

    fn sums(&self, slacks: &[Combination], splits: &[Side]) -> Option<Vec<Sum<'a>>> {
        let mut steps = Steps::new(u64::MAX / 2);
        slacks.iter().map(|slack| self.about.combine(slack, splits, &mut steps).ok()).collect()
    }

    fn narrowed(&mut self, lists: &Lists, sums: &[Sum<'_>]) -> Option<Lists> {
        let (facts, partition) = (self.about.facts, self.about.partition);
        lists
            .narrowed(self.about, sums, &mut self.steps, |nodes| {
                OneNode::new(facts, partition, nodes)
            })
            .ok()
    }

    fn integral(&mut self, frame: &Frame, weights: &Weights, lists: &Lists) -> Option<Combination> {
        integers::of_weights(self.about, frame, weights, lists, &mut self.steps).ok()
    }

    /// Weights over all sets that fit, without lists (rule R2).
    fn by_patterns(&mut self, frame: &Frame, splits: &[Side], lists: &Lists) -> Option<Proof> {
        let Columns::Refuted(weights) = self.columns(frame, lists)? else { return None };
        let combination = self.integral(frame, &weights, lists)?;
        (integers::rhs(self.about, &combination, splits)? < 0).then_some(Proof::Rows(combination))
    }

    fn columns(&mut self, frame: &Frame, lists: &Lists) -> Option<Columns> {
        let about = self.about;
        let mut nodes: Vec<Option<OneNode>> = Vec::new();
        for number in 0..frame.nodes.len() as u32 {
            let listed = lists.of(number).is_some();
            nodes.push(if listed {
                None
            } else {
                Some(OneNode::new(about.facts, about.partition, number)?)
            });
        }
        let pods: f64 = frame.sizes.iter().sum();
        let clock = &self.shared.clock;
        let steps = &mut self.steps;
        columns::generate(frame, |number, weights| {
            if clock.is_over() {
                return None;
            }
            let of = frame.pairs.iter().zip(weights).filter(|(pair, _)| pair.1 == number);
            let of: Vec<(u32, f64)> = of.map(|(pair, weight)| (pair.0, *weight)).collect();
            match (lists.of(number), nodes.get_mut(number as usize)?) {
                (Some(list), _) => Some(heaviest_listed(about, frame, number, list, &of)),
                (None, Some(node)) => heaviest(about, frame, number, node, &of, pods, steps),
                (None, None) => None,
            }
        })
    }

    fn split(
        &mut self,
        on: Quantity,
        at: u64,
        splits: &mut Vec<Side>,
        lists: &Lists,
    ) -> Option<Proof> {
        if splits.len() >= DEEPEST {
            return None;
        }
        let mut side = |this: &mut Self, above| {
            splits.push(Side { on: on.clone(), at, above });
            let proof = this.part(splits, lists);
            splits.pop();
            proof.map(Box::new)
        };
        let above = side(self, true)?;
        let below = side(self, false)?;
        Some(Proof::Split { on, at, below, above })
    }

    /// A gang, or a domain of one, that is not split yet.
    fn unsplit_gang(&self, splits: &[Side]) -> Option<Quantity> {
        let instance = self.about.facts.instance;
        let is_split = |on: &Quantity| splits.iter().any(|side| side.on == *on);
        for (number, gang) in (0_u32..).zip(&instance.gangs) {
            let on = Quantity::Gang(number);
            if !is_split(&on) {
                return Some(on);
            }
            let runs = splits.iter().any(|side| side.on == on && side.above);
            let Some(topology) = gang.within.filter(|_| runs) else { continue };
            let domains = instance.topologies.get(topology as usize).map(|it| &it.domains);
            let end = domains.into_iter().flatten().flatten().max().map_or(0, |last| last + 1);
            let settled = |domain| {
                let on = Quantity::GangIn(number, domain);
                splits.iter().any(|side| side.on == on && side.above)
            };
            if (0..end).any(settled) {
                continue;
            }
            let open = (0..end).map(|domain| Quantity::GangIn(number, domain));
            if let Some(on) = open.into_iter().find(|on| !is_split(on)) {
                return Some(on);
            }
        }
        None
    }

    /// The class of which it is least clear how many run, and where to split that.
    fn branching(&self, frame: &Frame, weights: &Weights, splits: &[Side]) -> Option<(u32, u64)> {
        let Target::Tier(_) = self.about.target else { return None };
        let mut lacking: Vec<f64> = vec![f64::INFINITY; frame.sizes.len()];
        let mut gains = frame.gains.clone();
        for (line, multiplier) in frame.lines.iter().zip(&weights.lines) {
            for &(pair, coefficient) in &line.coefficients {
                gains.get_mut(pair).into_iter().for_each(|it| *it -= coefficient * multiplier);
            }
        }
        for ((&(class, _), gain), weight) in frame.pairs.iter().zip(gains).zip(&weights.pairs) {
            if let Some(slot) = lacking.get_mut(class as usize) {
                *slot = slot.min((gain - weight).abs());
            }
        }
        let mut classes: Vec<(f64, u32)> =
            lacking.into_iter().zip(0_u32..).filter(|it| it.0.is_finite()).collect();
        classes.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        classes.into_iter().find_map(|(_, class)| {
            let size = self.about.partition.pods.get(class as usize)?.size();
            let (mut least, mut most) = (self.fewest(class, size), size);
            for side in splits.iter().filter(|side| side.on == Quantity::Class(class)) {
                if side.above {
                    least = least.max(side.at + 1);
                } else {
                    most = most.min(side.at);
                }
            }
            (least < most).then(|| (class, most - 1))
        })
    }

    /// At least so many of a class run, as so many of all do.
    fn fewest(&self, class: u32, size: u64) -> u64 {
        let Target::Tier(tier) = self.about.target else { return 0 };
        let priority = |tier: u32| self.about.facts.priorities.get(tier as usize).copied();
        let shape = self.about.partition.pods.get(class as usize);
        let shape = shape.and_then(|it| self.about.facts.instance.shapes.get(it.shape as usize));
        let Some(own) = shape.map(|shape| shape.priority) else { return 0 };
        let left_out = |tier: u32, placed: u64| {
            let of_tier = priority(tier).is_some_and(|least| own >= least);
            of_tier.then(|| self.about.facts.most_of(tier).saturating_sub(placed))
        };
        let before = (0..tier).zip(self.about.placed).map(|(tier, &placed)| (tier, placed));
        let all = before.chain([(tier, self.about.bound + 1)]);
        let most_out = all.filter_map(|(tier, placed)| left_out(tier, placed)).min();
        most_out.map_or(0, |out| size.saturating_sub(out))
    }
}

/// What the slack of the whole cluster is, resource by resource and for some mixtures.
fn slacks(frame: &Frame) -> Vec<Combination> {
    let mut resources: Vec<u32> =
        frame.capacity.iter().filter_map(|it| resource(&it.row)).collect();
    resources.sort_unstable();
    resources.dedup();
    let size = |of: u32| -> f64 {
        let lines = frame.capacity.iter().filter(|line| resource(&line.row) == Some(of));
        lines.map(|line| line.rhs).sum()
    };
    let mut weights: Vec<(Vec<f64>, f64)> = Vec::new();
    for &of in &resources {
        let one = |line: &super::frame::Line| f64::from(u8::from(resource(&line.row) == Some(of)));
        weights.push((frame.capacity.iter().map(one).collect(), 1.0));
    }
    for (at, &one) in resources.iter().enumerate() {
        for &other in resources.iter().skip(at + 1) {
            for share in [0.25, 0.5, 0.75] {
                let weight = |line: &super::frame::Line| match resource(&line.row) {
                    Some(of) if of == one => share / size(one),
                    Some(of) if of == other => (1.0 - share) / size(other),
                    _ => 0.0,
                };
                let greatest = size(one).max(size(other));
                let scale = greatest * 1e9;
                weights.push((frame.capacity.iter().map(weight).collect(), scale));
            }
        }
    }
    weights
        .into_iter()
        .filter_map(|(weights, scale)| {
            let multipliers = linear::least_slack(frame, &weights)?;
            Some(integers::of_slack(frame, &weights, &multipliers, scale))
        })
        .collect()
}

fn resource(row: &Row) -> Option<u32> {
    match row {
        Row::Capacity { resource, .. } => Some(*resource),
        _ => None,
    }
}

fn heaviest_listed(
    about: &Relaxation<'_>,
    frame: &Frame,
    nodes: u32,
    list: &[Vec<(u32, u32)>],
    weights: &[(u32, f64)],
) -> Heaviest {
    let mut by_class = vec![0.0; frame.sizes.len()];
    for &(class, weight) in weights {
        by_class.get_mut(class as usize).into_iter().for_each(|it| *it = weight);
    }
    let worth = |set: &[(u32, u32)]| -> f64 {
        let of = |class: u32| by_class.get(class as usize).copied().unwrap_or(0.0);
        let heavy: f64 = set.iter().map(|&(class, count)| of(class) * f64::from(count)).sum();
        let fragments = fragments_of(about, frame, nodes, set);
        heavy - fragments
    };
    let best = list.iter().map(|set| (worth(set), set)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((weight, set)) => {
            Heaviest { weight, fragments: fragments_of(about, frame, nodes, set), set: set.clone() }
        }
        None => Heaviest { weight: 0.0, set: Vec::new(), fragments: 0.0 },
    }
}

fn fragments_of(about: &Relaxation<'_>, frame: &Frame, nodes: u32, set: &[(u32, u32)]) -> f64 {
    if frame.fragments > 0 { integers::left(about, nodes, set) as f64 } else { 0.0 }
}

/// The heaviest of all sets that fit, by the checker's own search.
fn heaviest(
    about: &Relaxation<'_>,
    frame: &Frame,
    nodes: u32,
    node: &mut OneNode,
    weights: &[(u32, f64)],
    pods: f64,
    steps: &mut Steps,
) -> Option<Heaviest> {
    let most = weights.iter().fold(1.0_f64, |most, it| most.max(it.1));
    let scale =
        ((1_u64 << 56) as f64 / (most * pods.max(1.0))).log2().floor().clamp(0.0, 40.0).exp2();
    let scaled = weights.iter().map(|&(class, weight)| (class, (weight * scale).round() as u64));
    let scaled: Vec<(u32, u64)> = scaled.filter(|&(_, weight)| weight > 0).collect();
    let fragments = frame.fragments * scale as u64;
    let best = node.best_set(&scaled, fragments, i64::MIN / 4, steps).ok()?;
    let set = best.as_ref().map(|best| best.set.clone()).unwrap_or_default();
    let weight = best.map_or(0.0, |best| best.weight as f64 / scale);
    Some(Heaviest { weight, fragments: fragments_of(about, frame, nodes, &set), set })
}
