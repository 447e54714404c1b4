//! Random proofs against brute force.
//!
//! A proof refutes a target. So it has to fail wherever a placement that can be reached meets the
//! target, whatever the proof: that is what soundness is, and it is asked here of random
//! combinations, patterns, splits and enumerations. That they are not always refused is asked too.

use std::collections::BTreeMap;

use super::attacks::odd;
use crate::brute::{Reached, Truth};
use crate::document::{Combination, Proof, Quantity, Row};
use crate::proof::refute;
use crate::testing::{Mix, Random, instance};
use crate::{
    Classes, Facts, Filters, Instance, OneNode, Partition, Relaxation, Rule, Steps, Target,
};

/// Makes random proofs for a relaxation.
struct Maker<'a, 'b> {
    relaxation: &'b Relaxation<'a>,
    random: &'b mut Random,
    listed: bool,
}

impl Maker<'_, '_> {
    fn number(&mut self, end: usize) -> u32 {
        u32::try_from(self.random.index(end)).unwrap()
    }

    fn proof(&mut self, splits: u32, depth: u32) -> Proof {
        match self.random.within(0, 9) {
            0..2 if depth < 3 => {
                let (on, at) = self.quantity();
                let below = Box::new(self.proof(splits + 1, depth + 1));
                Proof::Split { on, at, below, above: Box::new(self.proof(splits + 1, depth + 1)) }
            }
            2..5 if depth < 3 => {
                let slacks = (0..self.random.within(1, 2)).map(|_| self.combination(splits));
                let slacks = slacks.collect();
                self.listed = true;
                let then = Box::new(self.proof(splits, depth + 1));
                Proof::Enumerate { slacks, steps: 100_000, then }
            }
            _ => Proof::Rows(self.combination(splits)),
        }
    }

    fn quantity(&mut self) -> (Quantity, u64) {
        let partition = self.relaxation.partition;
        let gangs = &self.relaxation.facts.instance.gangs;
        let class = self.number(partition.pods.len());
        let at = self.random.within(0, 2);
        match self.random.within(0, 3) {
            0 if !gangs.is_empty() => (Quantity::Gang(self.number(gangs.len())), 0),
            1 if !gangs.is_empty() => {
                (Quantity::GangIn(self.number(gangs.len()), self.number(2)), 0)
            }
            2 => (Quantity::ClassOn(class, self.number(partition.nodes.len())), at),
            _ => (Quantity::Class(class), at),
        }
    }

    fn combination(&mut self, splits: u32) -> Combination {
        let partition = self.relaxation.partition;
        let nodes = 0..u32::try_from(partition.nodes.len()).unwrap();
        let shapes = &self.relaxation.facts.instance.shapes;
        let some = &shapes[self.number(shapes.len()) as usize].requests;
        let (a, b) = (self.random.within(0, 2), self.random.within(0, 2));
        let (mut scale, mut rows) = (self.random.within(0, 3), Vec::new());
        match self.random.within(0, 3) {
            0 => {
                scale = a * some[0] + b * some[1];
                for nodes in nodes {
                    rows.push((Row::Capacity { nodes, resource: 0 }, a));
                    rows.push((Row::Capacity { nodes, resource: 1 }, b));
                }
            }
            1 => {
                for nodes in nodes {
                    let row = self.pattern(nodes, |_| 1);
                    rows.push((row, scale));
                }
            }
            2 => {
                let weights: Vec<u64> =
                    partition.pods.iter().map(|_| self.random.within(0, 4)).collect();
                scale = self.random.within(1, 5);
                for nodes in nodes {
                    let row = self.pattern(nodes, |class| weights[class as usize]);
                    rows.push((row, 1));
                }
            }
            _ => (),
        }
        for _ in 0..self.random.within(0, 4) {
            let multiplier = if self.random.chance(50) { scale } else { self.random.within(1, 3) };
            let row = self.row(splits);
            rows.push((row, multiplier));
        }
        Combination { scale, rows }
    }

    /// A claim that is mostly true, and as sharp as it gets.
    fn pattern(&mut self, nodes: u32, weight: impl Fn(u32) -> u64) -> Row {
        let (facts, partition) = (self.relaxation.facts, self.relaxation.partition);
        let mut weights = Vec::new();
        for (class, _) in (0_u32..).zip(&partition.pods) {
            weights.push((class, weight(class)));
        }
        let fragments = u64::from(self.relaxation.fragments.is_some() && self.random.chance(50));
        let mut node = OneNode::new(facts, partition, nodes).unwrap();
        let mut steps = Steps::new(100_000);
        let best = node.best_set(&weights, fragments, -1, &mut steps).unwrap();
        let most = best.map_or(0, |best| u64::try_from(best.weight).unwrap());
        let less = if self.listed { 30 } else { 3 };
        let most = most.saturating_sub(u64::from(self.random.chance(less)));
        Row::Pattern { nodes, weights, most, fragments, steps: 100_000 }
    }

    fn row(&mut self, splits: u32) -> Row {
        let partition = self.relaxation.partition;
        let nodes = self.number(partition.nodes.len());
        let pods = self.number(partition.pods.len());
        match self.random.within(0, 9) {
            0 => Row::Capacity { nodes, resource: self.number(3) },
            1 => {
                let weights: Vec<u64> =
                    partition.pods.iter().map(|_| self.random.within(0, 3)).collect();
                self.pattern(nodes, |class| weights[class as usize])
            }
            2 => Row::Tier(self.number(2)),
            3 if splits > 0 => Row::Split(self.number(splits as usize)),
            4 => Row::Budget(self.number(2)),
            5 => Row::MoveLimit,
            6 => Row::KeepRunning(pods),
            7 => Row::Apart { pods, topology: self.number(3) },
            8 => Row::Fragments,
            _ if splits > 0 => Row::Split(splits - 1),
            _ => Row::Tier(0),
        }
    }
}

/// A target that a placement meets, so that nothing may refute it; or one that none meets.
fn targets(instance: &Instance, truth: &Truth, reached: &Reached) -> Vec<(Target, u64, bool)> {
    let mut targets = Vec::new();
    for (tier, &placed) in reached.placed.iter().enumerate() {
        let target = Target::Tier(u32::try_from(tier).unwrap());
        if let Some(bound) = placed.checked_sub(1) {
            targets.push((target, bound, true));
        }
        let most = truth.most(tier, &reached.placed).unwrap();
        targets.push((target, most, false));
        if most > placed {
            targets.push((target, most - 1, true));
        }
    }
    if matches!(instance.question.objective, crate::Objective::Fragments { .. }) {
        let least = truth.least_fragments(&reached.placed).unwrap();
        targets.push((Target::Fragments, least + 1, true));
        targets.push((Target::Fragments, least, false));
    }
    let least = truth.least_disruption(&reached.placed, reached.fragments).unwrap();
    targets.push((Target::Disruption, least + 1, true));
    targets.push((Target::Disruption, least, false));
    targets
}

/// Holds random proofs against an instance, and counts those accepted by the rules they use.
fn hold(seed: u64, instance: &Instance, proofs: u32, accepted: &mut BTreeMap<Rule, u32>) {
    let truth = Truth::of(instance);
    if truth.reached.is_empty() {
        return;
    }
    let filters = Filters::new(instance);
    let facts = Facts::new(&filters);
    let random = &mut Random::new(seed.wrapping_mul(77).wrapping_add(5));
    let best = truth.best().unwrap().clone();
    let other = truth.reached[random.index(truth.reached.len())].clone();
    let partitions = [Classes::Shape, Classes::Place].map(|by| Partition::new(instance, by));
    for reached in [best, other] {
        for (target, bound, met) in targets(instance, &truth, &reached) {
            for _ in 0..proofs {
                let relaxation = Relaxation {
                    facts: &facts,
                    partition: &partitions[usize::from(random.chance(50))],
                    target,
                    bound,
                    placed: &reached.placed,
                    fragments: matches!(
                        instance.question.objective,
                        crate::Objective::Fragments { .. }
                    )
                    .then_some(reached.fragments),
                };
                let proof = Maker { relaxation: &relaxation, random, listed: false }.proof(0, 0);
                let result = refute(&relaxation, &proof, &mut Steps::new(10_000_000));
                assert!(!(met && result.is_ok()), "{seed}: {target:?} {bound} {proof:?}");
                let trivial = refute(&relaxation, &Proof::Trivial, &mut Steps::new(1_000_000));
                assert!(!(met && trivial.is_ok()), "{seed}: {target:?} {bound} trivial");
                if let (Ok(rules), Err(_)) = (result, trivial) {
                    for rule in rules {
                        *accepted.entry(rule).or_default() += 1;
                    }
                }
            }
        }
    }
}

#[test]
fn no_proof_refutes_what_can_be_reached() {
    let mut accepted = BTreeMap::new();
    for seed in 0..2000 {
        hold(seed, &instance(seed, Mix::ALL), 6, &mut accepted);
    }
    for rule in [Rule::Count, Rule::Pattern, Rule::Enumerate, Rule::Branch] {
        assert!(accepted.get(&rule) > Some(&5), "{accepted:?}");
    }
}

#[test]
fn no_proof_refutes_what_can_be_packed() {
    let mut accepted = BTreeMap::new();
    for seed in 0..1500 {
        hold(seed, &instance(seed, Mix::PACKING), 12, &mut accepted);
    }
    for rule in [Rule::Count, Rule::Pattern, Rule::Enumerate, Rule::Full, Rule::Branch] {
        assert!(accepted.get(&rule) > Some(&5), "{accepted:?}");
    }
}

#[test]
fn no_proof_refutes_what_can_be_reached_in_odd_instances() {
    let mut accepted = BTreeMap::new();
    for seed in 0..2000 {
        let mix = if seed % 3 == 0 { Mix::PACKING } else { Mix::ALL };
        hold(seed, &odd(seed, mix), 6, &mut accepted);
    }
    for rule in [Rule::Count, Rule::Pattern, Rule::Enumerate, Rule::Branch] {
        assert!(accepted.get(&rule) > Some(&5), "{accepted:?}");
    }
}
