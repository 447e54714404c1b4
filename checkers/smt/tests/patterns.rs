//! Claims about one node, as the checker proves them, against Z3: no set of pods that fits weighs
//! more than the heaviest that the checker finds, and one weighs as much.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]
#![allow(clippy::format_push_string, reason = "scripts are put together line by line")]

use std::time::Duration;

use seatrial_certificate::testing::{Mix, Random, instance};
use seatrial_certificate::{Classes, Facts, Filters, Instance, OneNode, Partition, Shape, Steps};
use seatrial_smt::{Answer, Limits, Manner, solve};

/// Random clusters on which nothing runs, so that all that keeps apart does.
fn cluster(seed: u64, mix: Mix) -> Instance {
    let mut instance = instance(seed, mix);
    instance.pods.iter_mut().for_each(|pod| pod.node = None);
    instance.gangs.clear();
    instance
}

/// Whether two shapes cannot be on one node.
fn apart(instance: &Instance, (one, a): (u32, &Shape), (two, b): (u32, &Shape), node: u32) -> bool {
    let port = |at: &u32| &instance.ports[*at as usize];
    let clash = a.ports.iter().any(|x| b.ports.iter().any(|y| port(x).conflicts_with(port(y))));
    let avoids = |shape: &Shape, other: u32| {
        let mut terms = shape.anti_affinity.iter();
        terms.any(|it| it.matches.contains(other) && instance.domain(it.topology, node).is_some())
    };
    clash || avoids(a, two) || avoids(b, one)
}

/// What fits a node of a class, with the weight of it as `weight`.
fn node(instance: &Instance, partition: &Partition, number: u32, weights: &[(u32, u64)]) -> String {
    let class = &partition.nodes[number as usize];
    let mut script = String::from("(declare-const weight Int)\n");
    let mut sums = vec!["0".to_owned(); instance.resources.len()];
    let mut weight = "0".to_owned();
    let eligible = (0_u32..).zip(&partition.pods);
    let eligible = eligible.filter(|(_, pods)| partition.is_eligible(pods, number));
    let eligible: Vec<_> = eligible.collect();
    for &(at, pods) in &eligible {
        let shape = &instance.shapes[pods.shape as usize];
        script += &format!("(declare-const y_{at} Int) (assert (<= 0 y_{at} {}))\n", pods.size());
        for (sum, request) in sums.iter_mut().zip(&shape.requests) {
            *sum = format!("{sum} (* {request} y_{at})");
        }
        weight += &format!(" (* {} y_{at})", weights[at as usize].1);
        for &(other, others) in eligible.iter().filter(|(other, _)| *other <= at) {
            let theirs = (others.shape, &instance.shapes[others.shape as usize]);
            if apart(instance, (pods.shape, shape), theirs, class.nodes[0]) {
                let few = if at == other { "1" } else { "0" };
                script += &format!("(assert (or (<= y_{at} {few}) (<= y_{other} 0)))\n");
            }
        }
    }
    for (sum, left) in sums.iter().zip(&class.left) {
        script += &format!("(assert (<= (+ {sum}) {left}))\n");
    }
    script + &format!("(assert (= weight (+ {weight})))\n")
}

fn hold(seed: u64, mix: Mix) {
    let instance = cluster(seed, mix);
    let filters = Filters::new(&instance);
    let facts = Facts::new(&filters);
    let partition = Partition::new(&instance, Classes::Shape);
    let mut random = Random::new(seed);
    for (number, _) in (0_u32..).zip(&partition.nodes) {
        let weights = (0_u32..).zip(&partition.pods).map(|(class, _)| (class, random.within(0, 9)));
        let weights: Vec<(u32, u64)> = weights.collect();
        let mut one = OneNode::new(&facts, &partition, number).unwrap();
        let best = one.best_set(&weights, 0, -1, &mut Steps::new(1_000_000)).unwrap().unwrap();
        let fits = node(&instance, &partition, number, &weights);
        for (claim, possible) in [(best.weight, true), (best.weight + 1, false)] {
            let script = format!("{fits}(assert (>= weight {claim}))\n(check-sat)\n");
            let limits = Limits::time(Duration::from_secs(60));
            let said = solve(&script, Manner::General, &limits);
            assert_eq!(matches!(said, Answer::Sat(_)), possible, "{seed}: {said:?}\n{script}");
            assert_eq!(said == Answer::Unsat, !possible, "{seed}: {said:?}\n{script}");
        }
    }
}

#[test]
fn the_checker_and_the_solver_agree_on_one_node() {
    for seed in 0..150 {
        hold(seed, Mix::ALL);
        hold(seed, Mix::PACKING);
    }
}

#[test]
fn they_agree_on_large_nodes() {
    for seed in 0..20 {
        hold(seed, Mix { nodes: 2, pods: 40, shapes: 9, size: 60, constraints: seed % 2 == 0 });
    }
}
