//! What a bound is about, as a linear program: pairs of classes, what each pair is worth, and the
//! inequalities that hold besides those of the nodes.
//!
//! The frame is a help for finding multipliers, no more: what is claimed is added up again by
//! [`seatrial_certificate::Relaxation::combine`].

use std::collections::BTreeSet;
use std::time::Duration;

use seatrial_certificate::{Objective, Quantity, Relaxation, Row, Target, rows::Side};

/// An inequality: `sum of coefficient * x[pair] <= rhs`.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) coefficients: Vec<(usize, f64)>,
    pub(crate) rhs: f64,
}

/// A linear program over the pairs: with at most `rhs` of each line and the pods that there are,
/// and what fits the nodes, how much is gained?
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Class of pods and class of nodes.
    pub(crate) pairs: Vec<(u32, u32)>,
    /// What a pod of a pair gains.
    pub(crate) gains: Vec<f64>,
    /// The target is refuted if less than this is gained.
    pub(crate) aim: f64,
    /// What holds besides capacity and patterns.
    pub(crate) lines: Vec<Line>,
    /// The capacity of classes of nodes, per resource that can run out or nearly so.
    pub(crate) capacity: Vec<Line>,
    /// How many pods each class has, and its pairs.
    pub(crate) sizes: Vec<f64>,
    /// How many nodes each class has.
    pub(crate) nodes: Vec<f64>,
    /// What a fragment weighs against what is gained.
    pub(crate) fragments: u64,
    /// How long one solution of the program may take.
    pub(crate) time: Duration,
}

impl Frame {
    /// The frame of a bound under splits; none if it has too many pairs.
    pub(crate) fn new(
        about: &Relaxation<'_>,
        splits: &[Side],
        most: usize,
        time: Duration,
    ) -> Option<Self> {
        let partition = about.partition;
        let mut pairs = Vec::new();
        for (number, class) in (0_u32..).zip(&partition.pods) {
            pairs.extend(partition.eligible(class).map(|nodes| (number, nodes)));
            if pairs.len() > most {
                return None;
            }
        }
        let mut frame = Self {
            gains: vec![0.0; pairs.len()],
            pairs,
            aim: 0.0,
            lines: Vec::new(),
            capacity: Vec::new(),
            sizes: partition.pods.iter().map(|class| class.size() as f64).collect(),
            nodes: partition.nodes.iter().map(|class| class.size() as f64).collect(),
            fragments: u64::from(about.target == Target::Fragments),
            time,
        };
        frame.set_target(about);
        frame.add_capacity(about);
        frame.add_tiers(about);
        frame.add_groups(about);
        for (depth, side) in (0_u32..).zip(splits) {
            frame.add_split(about, depth, side);
        }
        Some(frame)
    }

    fn set_target(&mut self, about: &Relaxation<'_>) {
        let bound = about.bound as f64;
        match about.target {
            Target::Tier(tier) => {
                let fixed = about.facts.fixed_running.get(tier as usize).copied().unwrap_or(0);
                self.aim = bound + 1.0 - fixed as f64;
                let of_tier = self.of_tier(about, tier);
                self.gains = of_tier.into_iter().map(|is| f64::from(u8::from(is))).collect();
            }
            Target::Fragments => self.aim = 1.0 - bound,
            Target::Disruption => {
                let mut running = 0.0;
                for class in about.partition.pods.iter().filter(|class| class.here.is_some()) {
                    running += class.size() as f64;
                }
                self.aim = running - (bound - 1.0);
                let gain = |&(class, nodes): &(u32, u32)| {
                    let here = about.partition.pods.get(class as usize).and_then(|it| it.here);
                    here.map_or(0.0, |here| if here == nodes { 1.0 } else { -1.0 })
                };
                self.gains = self.pairs.iter().map(gain).collect();
            }
        }
    }

    /// Whether each pair is of a tier or above.
    fn of_tier(&self, about: &Relaxation<'_>, tier: u32) -> Vec<bool> {
        let least = about.facts.priorities.get(tier as usize).copied().unwrap_or(i32::MAX);
        let shape = |class: u32| {
            let class = about.partition.pods.get(class as usize)?;
            about.facts.instance.shapes.get(class.shape as usize)
        };
        let is = |&(class, _): &(u32, u32)| shape(class).is_some_and(|it| it.priority >= least);
        self.pairs.iter().map(is).collect()
    }

    fn add_capacity(&mut self, about: &Relaxation<'_>) {
        for (nodes, class) in (0_u32..).zip(&about.partition.nodes) {
            for (resource, &left) in (0_u32..).zip(&class.left) {
                let mut wanted = 0.0;
                let mut coefficients = Vec::new();
                for (at, &(pods, on)) in self.pairs.iter().enumerate().filter(|it| it.1.1 == nodes)
                {
                    let pods = about.partition.pods.get(pods as usize);
                    let shape =
                        pods.and_then(|pods| about.facts.instance.shapes.get(pods.shape as usize));
                    let request = shape.and_then(|it| it.requests.get(resource as usize));
                    let request = request.copied().unwrap_or(0) as f64;
                    debug_assert_eq!(on, nodes);
                    if request > 0.0 {
                        coefficients.push((at, request));
                        wanted += request * pods.map_or(0.0, |pods| pods.size() as f64);
                    }
                }
                let rhs = class.size() as f64 * left as f64;
                // Where not even half could be in use, nothing is learnt from what is left.
                if wanted > left as f64 && 2.0 * wanted > rhs {
                    let row = Row::Capacity { nodes, resource };
                    self.capacity.push(Line { row, coefficients, rhs });
                }
            }
        }
    }

    fn add_tiers(&mut self, about: &Relaxation<'_>) {
        let before = match about.target {
            Target::Tier(tier) => tier,
            _ => about.placed.len() as u32,
        };
        for tier in 0..before {
            let of = |list: &[u64]| list.get(tier as usize).copied().unwrap_or(0) as f64;
            let rhs = of(&about.facts.fixed_running) - of(about.placed);
            let of_tier = self.of_tier(about, tier);
            self.add_line(Row::Tier(tier), rhs, |at, _| match of_tier.get(at) {
                Some(true) => -1.0,
                _ => 0.0,
            });
        }
    }

    fn add_line(&mut self, row: Row, rhs: f64, of: impl Fn(usize, (u32, u32)) -> f64) {
        let coefficient = |(at, &pair): (usize, &(u32, u32))| (at, of(at, pair));
        let coefficients = self.pairs.iter().enumerate().map(coefficient);
        let coefficients: Vec<(usize, f64)> = coefficients.filter(|it| it.1 != 0.0).collect();
        self.lines.push(Line { row, coefficients, rhs });
    }

    /// Budgets, the move limit, what goes on running, and what is apart.
    fn add_groups(&mut self, about: &Relaxation<'_>) {
        let partition = about.partition;
        let instance = about.facts.instance;
        let class_of = |class: u32| partition.pods.get(class as usize);
        let stays = |(class, nodes): (u32, u32)| {
            class_of(class).is_some_and(|class| class.here == Some(nodes))
        };
        if partition.by == seatrial_certificate::Classes::Place {
            let running = |holds: &dyn Fn(&seatrial_certificate::PodClass) -> bool| -> f64 {
                let here = partition.pods.iter().filter(|it| it.here.is_some() && holds(it));
                here.map(|class| class.size() as f64).sum()
            };
            for (number, budget) in (0_u32..).zip(&instance.budgets) {
                let all = running(&|class| class.budgets.contains(&number));
                let rhs = f64::from(budget.allowed) - all;
                self.add_line(Row::Budget(number), rhs, |_, pair| {
                    let held = class_of(pair.0).is_some_and(|it| it.budgets.contains(&number));
                    if held && stays(pair) { -1.0 } else { 0.0 }
                });
            }
            if let Some(limit) = instance.question.move_limit {
                let rhs = f64::from(limit) - running(&|_| true);
                let stay = |_, pair| if stays(pair) { -1.0 } else { 0.0 };
                self.add_line(Row::MoveLimit, rhs, stay);
            }
        }
        let fragments = matches!(instance.question.objective, Objective::Fragments { .. });
        for (number, class) in (0_u32..).zip(&partition.pods) {
            if (instance.question.live || fragments) && class.running > 0 {
                let own = |_, pair: (u32, u32)| if pair.0 == number { -1.0 } else { 0.0 };
                self.add_line(Row::KeepRunning(number), -(class.running as f64), own);
            }
        }
        self.add_apart(about);
    }

    fn add_apart(&mut self, about: &Relaxation<'_>) {
        let partition = about.partition;
        let instance = about.facts.instance;
        let mut known = BTreeSet::new();
        for (number, class) in (0_u32..).zip(&partition.pods) {
            let Some(shape) = instance.shapes.get(class.shape as usize) else { continue };
            for term in shape.anti_affinity.iter().filter(|it| it.matches.contains(class.shape)) {
                let row = Row::Apart { pods: number, topology: term.topology };
                if known.insert((class.shape, term.topology))
                    && let Some(rhs) = super::apart_domains(about, &row)
                {
                    let same = |_, pair: (u32, u32)| {
                        let other = partition.pods.get(pair.0 as usize);
                        f64::from(u8::from(other.is_some_and(|it| it.shape == class.shape)))
                    };
                    self.add_line(row, rhs, same);
                }
            }
        }
    }

    fn add_split(&mut self, about: &Relaxation<'_>, depth: u32, side: &Side) {
        let partition = about.partition;
        let sign = if side.above { -1.0 } else { 1.0 };
        let limit = if side.above { side.at as f64 + 1.0 } else { side.at as f64 };
        let row = Row::Split(depth);
        let gang_of = |class: u32| partition.pods.get(class as usize).and_then(|it| it.gang);
        match side.on {
            Quantity::Class(class) => {
                let own = |_, pair: (u32, u32)| if pair.0 == class { sign } else { 0.0 };
                self.add_line(row, sign * limit, own);
            }
            Quantity::ClassOn(class, nodes) => {
                let own = |_, pair| if pair == (class, nodes) { sign } else { 0.0 };
                self.add_line(row, sign * limit, own);
            }
            Quantity::Gang(gang) => {
                let minimum =
                    about.facts.instance.gangs.get(gang as usize).map_or(0, |it| it.minimum);
                let limit = if side.above { f64::from(minimum) } else { 0.0 };
                let fixed = fixed_of(about, gang, |_| true);
                self.add_line(row, sign * (limit - fixed), |_, pair| {
                    if gang_of(pair.0) == Some(gang) { sign } else { 0.0 }
                });
            }
            Quantity::GangIn(gang, domain) => {
                let it = about.facts.instance.gangs.get(gang as usize);
                let Some(topology) = it.and_then(|it| it.within) else { return };
                let is_there = |node: u32| {
                    (about.facts.instance.domain(topology, node) == Some(domain)) != side.above
                };
                let fixed = fixed_of(about, gang, is_there);
                self.add_line(row, -fixed, |_, pair| {
                    let there = partition.first_node(pair.1).is_some_and(is_there);
                    f64::from(u8::from(there && gang_of(pair.0) == Some(gang)))
                });
            }
        }
    }
}

/// How many fixed pods of a gang run on some nodes.
fn fixed_of(about: &Relaxation<'_>, gang: u32, counted: impl Fn(u32) -> bool) -> f64 {
    let instance = about.facts.instance;
    let pods = instance.gangs.get(gang as usize).into_iter().flat_map(|gang| gang.pods.iter());
    let pods = pods.filter_map(|pod| instance.pods.get(pod as usize));
    pods.filter(|pod| pod.fixed && pod.node.is_some_and(&counted)).count() as f64
}
