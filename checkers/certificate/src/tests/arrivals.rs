//! What arrivals can save of fragments, held against every placement that can be reached.

use super::attacks::odd;
use crate::arrivals::{fewest_fragments, least_disruption};
use crate::brute::Truth;
use crate::proof::{ProofFault, refute};
use crate::testing::{Mix, instance};
use crate::{
    Classes, Facts, Filters, Instance, Objective, Partition, Proof, Relaxation, Rule, Steps, Target,
};

#[test]
fn no_plan_saves_more_than_its_arrivals_can() {
    let (mut tight, mut disturbing, mut tested) = (0, 0, 0);
    for seed in 0..12_000 {
        let of = if seed % 2 == 0 { instance } else { odd };
        let instance = of(seed, Mix::ALL);
        let Some(fewest) = fewest_fragments(&instance) else {
            assert_eq!(instance.question.objective, Objective::Placed);
            continue;
        };
        tested += 1;
        let reached = Truth::of(&instance).reached;
        for it in &reached {
            assert!(it.fragments >= fewest, "{seed}: {} < {fewest}", it.fragments);
            let disruption = least_disruption(&instance, it.fragments).unwrap();
            assert!(it.disruption >= disruption, "{seed}: {} < {disruption}", it.disruption);
            disturbing += u32::from(disruption > 0);
        }
        let least = reached.iter().map(|it| it.fragments).min();
        tight += u32::from(fewest > 0 && least == Some(fewest));
    }
    assert!(tested > 2000 && tight > 50 && disturbing > 20, "{tested} {tight} {disturbing}");
}

/// Two nodes of ten with a pod of six each and one of one that may move.
fn leftovers() -> Instance {
    let mut it = instance(0, Mix::PACKING);
    it.nodes.truncate(1);
    it.nodes[0].capacity = vec![10, 100, 110];
    it.nodes.push(it.nodes[0].clone());
    it.nodes[1].name = "other".to_owned();
    for topology in &mut it.topologies {
        topology.domains = vec![Some(0); 2];
    }
    it.topologies[1].domains = vec![Some(0), Some(1)];
    it.shapes.truncate(1);
    it.shapes[0].nodes = crate::IndexSet::below(2);
    it.shapes[0].requests = vec![6, 1, 1];
    let mut small = it.shapes[0].clone();
    small.requests[0] = 1;
    it.shapes.push(small);
    it.pods.truncate(1);
    let pod = |name: &str, shape, node| crate::Pod {
        name: name.to_owned(),
        shape,
        node: Some(node),
        fixed: shape == 0,
    };
    it.pods = vec![pod("a", 0, 0), pod("b", 0, 1), pod("c", 1, 0), pod("d", 1, 1)];
    it.question.objective = Objective::Fragments { resource: 0, unit: 4 };
    assert_eq!(it.validate(), Ok(()));
    it
}

#[test]
fn the_rule_decides_what_it_may_and_no_more() {
    // Three are free on each node, six fragments in all; one move makes it two and four, or one
    // unit less.
    let mut it = leftovers();
    it.question.move_limit = Some(1);
    let ask = |it: &Instance, target, bound, fragments| {
        let filters = Filters::new(it);
        let facts = Facts::new(&filters);
        let relaxation = Relaxation {
            facts: &facts,
            partition: &Partition::new(it, Classes::Place),
            target,
            bound,
            placed: &[4],
            fragments,
        };
        let rules = refute(&relaxation, &Proof::Arrivals, &mut Steps::new(100));
        rules.map(|rules| rules.into_iter().collect::<Vec<_>>()).map_err(|error| error.fault)
    };
    assert_eq!(ask(&it, Target::Fragments, 2, Some(2)), Ok(vec![Rule::Arrivals]));
    assert_eq!(ask(&it, Target::Fragments, 3, Some(2)), Err(ProofFault::NoContradiction(0)));
    assert_eq!(ask(&it, Target::Disruption, 2, Some(2)), Ok(vec![Rule::Arrivals]));
    assert_eq!(ask(&it, Target::Disruption, 3, Some(2)), Err(ProofFault::NoContradiction(0)));
    assert!(matches!(ask(&it, Target::Tier(0), 4, Some(2)), Err(ProofFault::Misplaced(_))));
    it.question.move_limit = None;
    assert_eq!(ask(&it, Target::Fragments, 1, Some(2)), Err(ProofFault::NoContradiction(0)));
    it.question.objective = Objective::Placed;
    assert!(matches!(ask(&it, Target::Disruption, 1, None), Err(ProofFault::Misplaced(_))));
}
