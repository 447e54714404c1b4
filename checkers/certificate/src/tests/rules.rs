//! Each rule by itself: small cases that it decides and cases that it may not decide, and what rows
//! and lists say of every placement that can be reached.

use super::attacks::odd;
use crate::brute::{Reached, Truth};
use crate::document::{Combination, Proof, Quantity, Row};
use crate::enumerate::Lists;
use crate::proof::{ProofFault, refute};
use crate::rows::Side;
use crate::testing::{Mix, Random, instance};
use crate::{
    Classes, Facts, Filters, IndexSet, Instance, Node, Objective, OneNode, Partition, Pod, PodSet,
    Question, Relaxation, Rule, Shape, Steps, Target,
};

/// Nodes alike, with shapes of one resource and how many pods have each; all of one priority.
fn packing(nodes: usize, capacity: u64, sizes: &[(u64, usize)]) -> Instance {
    let number = |at: usize| u32::try_from(at).unwrap();
    let shape = |&(size, _): &(u64, usize)| Shape {
        priority: 0,
        requests: vec![size],
        nodes: IndexSet::below(number(nodes)),
        ports: Vec::new(),
        affinity: None,
        anti_affinity: Vec::new(),
        spread: Vec::new(),
    };
    let mut pods = Vec::new();
    for (at, &(_, count)) in sizes.iter().enumerate() {
        for which in 0..count {
            let name = format!("p{at}-{which}");
            pods.push(Pod { name, shape: number(at), node: None, fixed: false });
        }
    }
    let instance = Instance {
        format: Instance::FORMAT.to_owned(),
        version: Instance::VERSION,
        resources: vec!["cpu".to_owned()],
        nodes: (0..nodes)
            .map(|at| Node { name: format!("n{at}"), capacity: vec![capacity] })
            .collect(),
        topologies: Vec::new(),
        ports: Vec::new(),
        shapes: sizes.iter().map(shape).collect(),
        pods,
        budgets: Vec::new(),
        gangs: Vec::new(),
        question: Question { objective: Objective::Placed, move_limit: None, live: false },
        trusted: Vec::new(),
    };
    assert_eq!(instance.validate(), Ok(()));
    instance
}

/// Whether a proof shows that no more than `bound` pods of an instance run.
fn proves(instance: &Instance, bound: u64, proof: &Proof) -> Result<Vec<Rule>, ProofFault> {
    let filters = Filters::new(instance);
    let facts = Facts::new(&filters);
    let relaxation = Relaxation {
        facts: &facts,
        partition: &Partition::new(instance, Classes::Shape),
        target: Target::Tier(0),
        bound,
        placed: &[0],
        fragments: None,
    };
    let rules = refute(&relaxation, proof, &mut Steps::new(1_000_000));
    rules.map(|rules| rules.into_iter().collect()).map_err(|error| error.fault)
}

fn rows(scale: u64, rows: Vec<(Row, u64)>) -> Proof {
    Proof::Rows(Combination { scale, rows })
}

const CPU: Row = Row::Capacity { nodes: 0, resource: 0 };

fn pattern(weights: &[(u32, u64)], most: u64, steps: u64) -> Row {
    Row::Pattern { nodes: 0, weights: weights.to_vec(), most, fragments: 0, steps }
}

fn open(result: &Result<Vec<Rule>, ProofFault>) -> bool {
    matches!(result, Err(ProofFault::NoContradiction(_)))
}

#[test]
fn all() {
    let instance = packing(1, 9, &[(3, 2)]);
    assert_eq!(proves(&instance, 2, &Proof::Trivial), Ok(vec![Rule::All]));
    assert!(open(&proves(&instance, 1, &Proof::Trivial)));
    assert_eq!(proves(&instance, 2, &Proof::None), Ok(vec![]));
    assert!(open(&proves(&instance, 1, &Proof::None)));
}

#[test]
fn counting() {
    // 2 nodes with 5 have room for 10, and so for three pods of 3, as far as counting goes.
    let instance = packing(2, 5, &[(3, 4)]);
    assert_eq!(proves(&instance, 3, &rows(3, vec![(CPU, 1)])), Ok(vec![Rule::Count]));
    assert!(open(&proves(&instance, 2, &rows(3, vec![(CPU, 1)]))));
    assert!(open(&proves(&instance, 3, &rows(2, vec![(CPU, 1)]))));
    let strange = Row::Capacity { nodes: 1, resource: 0 };
    assert!(matches!(proves(&instance, 3, &rows(3, vec![(strange, 1)])), Err(ProofFault::Row(_))));
    let later = rows(3, vec![(CPU, 1), (Row::Tier(0), 1)]);
    assert!(matches!(proves(&instance, 3, &later), Err(ProofFault::Row(_))));
    let huge = rows(u64::MAX, vec![(CPU, u64::MAX); 3]);
    assert!(open(&proves(&instance, 3, &huge)));
}

#[test]
fn patterns() {
    // One pod of 3 per node with 5.
    let instance = packing(2, 5, &[(3, 4)]);
    let claim = |most, steps| rows(1, vec![(pattern(&[(0, 1)], most, steps), 1)]);
    assert_eq!(proves(&instance, 2, &claim(1, 100)), Ok(vec![Rule::Pattern]));
    assert!(open(&proves(&instance, 1, &claim(1, 100))));
    assert_eq!(proves(&instance, 1, &claim(0, 100)), Err(ProofFault::Heavier));
    assert!(matches!(proves(&instance, 2, &claim(1, 0)), Err(ProofFault::Row(_))));
    let unordered = rows(1, vec![(pattern(&[(0, 1), (0, 1)], 1, 100), 1)]);
    assert!(matches!(proves(&instance, 2, &unordered), Err(ProofFault::Row(_))));
}

#[test]
fn branching() {
    // Of 2 and 3 in 4, one; whichever of the two is taken for a split.
    let instance = packing(1, 4, &[(2, 1), (3, 1)]);
    let split = |at, below, above| {
        let (below, above) = (Box::new(below), Box::new(above));
        Proof::Split { on: Quantity::Class(0), at, below, above }
    };
    let below = rows(1, vec![(Row::Split(0), 1)]);
    let above = rows(3, vec![(CPU, 1), (Row::Split(0), 1)]);
    let proof = split(0, below.clone(), rows(3, vec![(CPU, 3), (Row::Split(0), 4)]));
    assert!(proves(&instance, 1, &proof).is_err(), "multipliers that do not close");
    // Above: x0 >= 1 and x1 >= 1 need 5.
    let proof = split(0, below.clone(), rows(3, vec![(CPU, 1)]));
    assert_eq!(proves(&instance, 1, &proof), Ok(vec![Rule::Count, Rule::Branch]));
    assert!(proves(&instance, 0, &proof).is_err());
    let deeper = split(0, below, rows(3, vec![(CPU, 1), (Row::Split(1), 1)]));
    assert!(matches!(proves(&instance, 1, &deeper), Err(ProofFault::Row(_))));
    let misplaced = split(0, Proof::Trivial, above);
    assert!(matches!(proves(&instance, 1, &misplaced), Err(ProofFault::Misplaced(_))));
    let gang = Proof::Split {
        on: Quantity::Gang(0),
        at: 1,
        below: Box::new(Proof::Trivial),
        above: Box::new(Proof::Trivial),
    };
    assert!(matches!(proves(&instance, 1, &gang), Err(ProofFault::Misplaced(_))));
}

#[test]
fn a_solvers_word_is_the_whole_proof_or_none() {
    let instance = packing(1, 4, &[(2, 1), (3, 1)]);
    let solver = Proof::Solver { by: "z3".to_owned() };
    assert_eq!(proves(&instance, 0, &solver), Ok(vec![Rule::Solver]));
    let slacks = vec![Combination { scale: 3, rows: vec![(CPU, 1)] }];
    let inside = Proof::Enumerate { slacks, steps: 100, then: Box::new(solver) };
    assert!(matches!(proves(&instance, 0, &inside), Err(ProofFault::Misplaced(_))));
}

#[test]
fn full_nodes() {
    // 4 + 4 + 4 in 2 nodes with 6: all of them need full nodes, and 4s make none.
    let instance = packing(2, 6, &[(4, 3)]);
    let slacks = vec![Combination { scale: 4, rows: vec![(CPU, 1)] }];
    let proof = |steps| Proof::Enumerate {
        slacks: slacks.clone(),
        steps,
        then: Box::new(rows(0, Vec::new())),
    };
    assert_eq!(proves(&instance, 2, &proof(1000)), Ok(vec![Rule::Full]));
    assert!(matches!(proves(&instance, 2, &proof(0)), Err(ProofFault::Row(_))));
    // A slack that is there may be used: 4 + 2 in 6 is full, so nothing is refuted.
    let instance = packing(2, 6, &[(4, 2), (2, 2)]);
    assert!(proves(&instance, 3, &proof(1000)).is_err());
}

/// What is rounded away is slack too: on a node of 5, one pod of 3 wastes 2. The bound is 5 / 3
/// rounded down, and within 3 times that no pod could waste anything.
#[test]
fn the_slack_is_not_rounded() {
    let instance = packing(1, 5, &[(3, 2)]);
    let proof = |scale| Proof::Enumerate {
        slacks: vec![Combination { scale, rows: vec![(CPU, 1)] }],
        steps: 1000,
        then: Box::new(rows(0, Vec::new())),
    };
    assert!(proves(&instance, 0, &proof(3)).is_err());
    assert_eq!(proves(&instance, 1, &proof(3)), Ok(vec![Rule::Full]));
}

/// A class that no listed set has refutes nothing, as long as it can be left out.
#[test]
fn a_class_that_is_not_covered_can_be_left_out() {
    // 4 + 4 fill the node of 8; the pod of 5 is in no full set, and two pods run nevertheless.
    let instance = packing(1, 8, &[(4, 2), (5, 1)]);
    let slack = Combination { scale: 4, rows: vec![(CPU, 1), (pattern(&[(1, 1)], 1, 100), 0)] };
    let uncovered = |scale| rows(scale, vec![(pattern(&[(1, 1)], 0, 100), scale)]);
    let proof = |slack: &Combination, then| Proof::Enumerate {
        slacks: vec![slack.clone()],
        steps: 1000,
        then: Box::new(then),
    };
    assert!(open(&proves(&instance, 1, &proof(&slack, uncovered(1)))));
    // All three need it.
    assert!(proves(&instance, 2, &proof(&slack, uncovered(1))).is_ok());
}

/// The set of pods of each node in a placement.
fn sets(instance: &Instance, partition: &Partition, reached: &Reached) -> Vec<PodSet> {
    let mut sets = vec![std::collections::BTreeMap::new(); instance.nodes.len()];
    for (pod, node) in reached.places.iter().enumerate() {
        if let (Some(node), Some(class)) = (node, partition.class_of_pod[pod]) {
            *sets[*node as usize].entry(class).or_insert(0) += 1;
        }
    }
    sets.into_iter().map(|set| set.into_iter().collect()).collect()
}

/// How much of a quantity there is in a placement.
fn quantity(it: &Instance, partition: &Partition, reached: &Reached, on: &Quantity) -> u64 {
    let of = |class: u32, nodes: Option<u32>| {
        let there = |node: u32| nodes.is_none_or(|it| partition.class_of_node[node as usize] == it);
        let pods = partition.pods[class as usize].pods.iter();
        pods.filter(|&&pod| reached.places[pod as usize].is_some_and(there)).count() as u64
    };
    let gang = |gang: u32, counted: &dyn Fn(u32) -> bool| {
        let pods = it.gangs[gang as usize].pods.iter();
        pods.filter(|&pod| reached.places[pod as usize].is_some_and(counted)).count() as u64
    };
    match *on {
        Quantity::Class(class) => of(class, None),
        Quantity::ClassOn(class, nodes) => of(class, Some(nodes)),
        Quantity::Gang(number) => gang(number, &|_| true),
        Quantity::GangIn(number, domain) => {
            let topology = it.gangs[number as usize].within.unwrap();
            gang(number, &|node| it.domain(topology, node) == Some(domain))
        }
    }
}

fn number(random: &mut Random, end: usize) -> u32 {
    u32::try_from(random.index(end)).unwrap()
}

/// Sides of splits on which a placement is.
fn sides(
    random: &mut Random,
    it: &Instance,
    partition: &Partition,
    reached: &Reached,
) -> Vec<Side> {
    let class = number(random, partition.pods.len());
    let nodes = number(random, partition.nodes.len());
    let mut quantities = Vec::new();
    if !partition.pods.is_empty() {
        quantities.extend([Quantity::Class(class), Quantity::ClassOn(class, nodes)]);
    }
    if let Some(gang) = it.gangs.first() {
        quantities.push(Quantity::Gang(0));
        if gang.within.is_some() {
            quantities.push(Quantity::GangIn(0, number(random, 2)));
        }
    }
    let side = |on: Quantity| {
        let found = quantity(it, partition, reached, &on);
        let gang = matches!(on, Quantity::Gang(_) | Quantity::GangIn(..));
        let at = if gang { 0 } else { random.within(0, 2) };
        Side { above: found > at, on, at }
    };
    quantities.into_iter().map(side).collect()
}

/// A combination of rows, all of which are true.
fn honest(random: &mut Random, relaxation: &Relaxation<'_>, splits: usize) -> Combination {
    let (facts, partition) = (relaxation.facts, relaxation.partition);
    let mut rows = Vec::new();
    let fragments = relaxation.target == Target::Fragments && random.chance(50);
    let scale = random.within(u64::from(fragments), 9);
    for nodes in 0..u32::try_from(partition.nodes.len()).unwrap() {
        rows.push((Row::Capacity { nodes, resource: 0 }, random.within(0, 2)));
        rows.push((Row::Capacity { nodes, resource: 1 }, random.within(0, 2)));
        rows.push((Row::Capacity { nodes, resource: 2 }, random.within(0, 2)));
        let weights = (0_u32..).zip(&partition.pods).map(|(class, _)| (class, random.within(0, 4)));
        let weights: Vec<(u32, u64)> = weights.collect();
        let fragments = u64::from(fragments);
        let mut node = OneNode::new(facts, partition, nodes).unwrap();
        let best = node.best_set(&weights, fragments, -1, &mut Steps::new(100_000)).unwrap();
        let most = best.map_or(0, |best| u64::try_from(best.weight).unwrap());
        let multiplier = if fragments > 0 { 1 } else { random.within(0, 2) };
        rows.push((Row::Pattern { nodes, weights, most, fragments, steps: 100_000 }, multiplier));
    }
    for _ in 0..random.within(0, 4) {
        let pods = number(random, partition.pods.len());
        let row = match random.within(0, 7) {
            0 => Row::Tier(number(random, 2)),
            1 if splits > 0 => Row::Split(number(random, splits)),
            2 => Row::Budget(0),
            3 => Row::MoveLimit,
            4 => Row::KeepRunning(pods),
            5 => Row::Apart { pods, topology: number(random, 3) },
            6 => Row::Fragments,
            _ => continue,
        };
        rows.push((row, random.within(1, 9)));
    }
    Combination { scale, rows }
}

/// Every sum of true rows has a right-hand side that is not negative wherever a placement meets the
/// target; and the sets that its nodes have are listed.
#[test]
fn rows_and_lists_hold_of_what_can_be_reached() {
    let (mut sums, mut listed, mut left_out) = (0, 0, 0);
    for seed in 0..4000 {
        let mix = if seed % 3 == 0 { Mix::PACKING } else { Mix::ALL };
        let of = if seed % 2 == 0 { instance } else { odd };
        let instance = of(seed, mix);
        let truth = Truth::of(&instance);
        let filters = Filters::new(&instance);
        let facts = Facts::new(&filters);
        let random = &mut Random::new(seed ^ 0xabcd);
        for by in [Classes::Shape, Classes::Place] {
            let partition = Partition::new(&instance, by);
            if truth.reached.is_empty() {
                continue;
            }
            for _ in 0..4 {
                let reached = &truth.reached[random.index(truth.reached.len())];
                let tier = number(random, reached.placed.len());
                let counts = matches!(instance.question.objective, Objective::Fragments { .. });
                let (target, bound) = match random.within(0, 3) {
                    0 => (Target::Disruption, reached.disruption + 1),
                    1 if counts => (Target::Fragments, reached.fragments + 1),
                    _ if reached.placed[tier as usize] == 0 => continue,
                    _ => (Target::Tier(tier), reached.placed[tier as usize] - 1),
                };
                let relaxation = Relaxation {
                    facts: &facts,
                    partition: &partition,
                    target,
                    bound,
                    placed: &reached.placed,
                    fragments: counts.then_some(reached.fragments),
                };
                let splits = sides(random, &instance, &partition, reached);
                let steps = &mut Steps::new(10_000_000);
                let combinations: Vec<Combination> =
                    (0..2).map(|_| honest(random, &relaxation, splits.len())).collect();
                let all = combinations.iter().map(|it| relaxation.combine(it, &splits, steps));
                let all: Vec<_> = all.filter_map(Result::ok).collect();
                sums += all.len();
                assert!(all.iter().all(|sum| sum.rhs() >= 0), "{seed}: {combinations:?}");
                let node = |nodes| OneNode::new(&facts, &partition, nodes);
                let lists = Lists::default().narrowed(&relaxation, &all, steps, node).unwrap();
                for (node, set) in sets(&instance, &partition, reached).iter().enumerate() {
                    if let Some(list) = lists.of(partition.class_of_node[node]) {
                        assert!(list.contains(set), "{seed}: node {node} {set:?}");
                        listed += 1;
                        let fitting = OneNode::new(&facts, &partition, 0);
                        left_out +=
                            usize::from(list.len() < fitting.map_or(0, |it| it.classes().len()));
                    }
                }
            }
        }
    }
    assert!(sums > 10_000 && listed > 20_000 && left_out > 300, "{sums} {listed} {left_out}");
}

/// The set of each node in each placement that can be reached fits it.
#[test]
fn what_can_be_reached_fits() {
    let mut clashing = 0;
    for seed in 0..2000 {
        let of = if seed % 2 == 0 { instance } else { odd };
        let instance = of(seed, Mix::ALL);
        let filters = Filters::new(&instance);
        let facts = Facts::new(&filters);
        for by in [Classes::Shape, Classes::Place] {
            let partition = Partition::new(&instance, by);
            let one = |&nodes: &u32| OneNode::new(&facts, &partition, nodes).unwrap();
            let nodes: Vec<OneNode> = partition.class_of_node.iter().map(one).collect();
            for reached in Truth::of(&instance).reached {
                for (node, set) in nodes.iter().zip(sets(&instance, &partition, &reached)) {
                    let fits = node.counts(&set).is_some_and(|counts| node.fits(&counts));
                    assert!(fits, "{seed}: {set:?} of {reached:?}");
                }
            }
        }
        clashing += (0..instance.shapes.len())
            .filter(|&shape| facts.clashes(u32::try_from(shape).unwrap()))
            .count();
    }
    assert!(clashing > 20, "{clashing}");
}

/// The heaviest set is that of trying all sets, by search and by lists.
#[test]
fn the_heaviest_set_is_that_of_all_sets() {
    for seed in 0..3000 {
        let mix = Mix { pods: 7, ..if seed % 2 == 0 { Mix::PACKING } else { Mix::ALL } };
        let of = if seed % 3 == 0 { odd } else { instance };
        let instance = of(seed, mix);
        let filters = Filters::new(&instance);
        let facts = Facts::new(&filters);
        let partition = Partition::new(&instance, Classes::Shape);
        let random = &mut Random::new(seed ^ 0x77);
        let mut node = OneNode::new(&facts, &partition, 0).unwrap();
        let weights: Vec<(u32, u64)> =
            (0_u32..).zip(&partition.pods).map(|(at, _)| (at, random.within(0, 9))).collect();
        let fragments = random.within(0, 2);
        let best = node.best_set(&weights, fragments, i64::MIN, &mut Steps::new(100_000)).unwrap();
        let most: Vec<u32> = node.most().collect();
        let mut sets = vec![Vec::new()];
        for most in most {
            let more = |set: &Vec<u32>| {
                let set = set.clone();
                (0..=most).map(move |n| set.iter().copied().chain([n]).collect())
            };
            sets = sets.iter().flat_map(more).collect::<Vec<Vec<u32>>>();
        }
        let weight = |counts: &Vec<u32>| {
            let classes = node.classes().iter().zip(counts);
            let sum: i64 = classes
                .map(|(&class, &n)| {
                    i64::from(n) * i64::try_from(weights[class as usize].1).unwrap()
                })
                .sum();
            sum - i64::try_from(node.fragments(counts) * fragments).unwrap()
        };
        let truth = sets.iter().filter(|counts| node.fits(counts)).map(weight).max().unwrap();
        let best = best.unwrap();
        assert_eq!(best.weight, truth, "{seed}");
        assert_eq!(weight(&node.counts(&best.set).unwrap()), truth, "{seed}");
        let met = node.best_by_meeting(&weights, fragments, &mut Steps::new(1_000_000));
        assert_eq!(met.unwrap().weight, truth, "{seed}");
        let above = node.best_set(&weights, fragments, truth, &mut Steps::new(100_000));
        assert_eq!(above, Ok(None), "{seed}");
    }
}
