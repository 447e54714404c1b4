use super::*;
use crate::brute::Truth;
use crate::testing::{self, Mix};
use crate::{Filters, Node, Pod, Shape};

/// Two nodes of capacity 5, three pods of size 3.
fn example() -> Instance {
    let mut instance = testing::instance(1, Mix::ALL);
    instance.resources = vec!["cpu".to_owned()];
    instance.nodes =
        ["a", "b"].map(|name| Node { name: name.to_owned(), capacity: vec![5] }).to_vec();
    (instance.topologies, instance.ports) = (Vec::new(), Vec::new());
    (instance.budgets, instance.gangs) = (Vec::new(), Vec::new());
    instance.question.objective = crate::Objective::Placed;
    (instance.question.move_limit, instance.question.live) = (None, false);
    instance.shapes = vec![Shape {
        priority: 0,
        requests: vec![3],
        nodes: (0..2).collect(),
        ports: Vec::new(),
        affinity: None,
        anti_affinity: Vec::new(),
        spread: Vec::new(),
    }];
    let pod = |name: &str| Pod { name: name.to_owned(), shape: 0, node: None, fixed: false };
    instance.pods = ["x/1", "x/2", "x/3"].map(pod).to_vec();
    instance
}

#[test]
fn the_problem_is_written_as_the_format_wants() {
    let instance = example();
    assert_eq!(instance.validate(), Ok(()));
    let filters = Filters::new(&instance);
    let text = Problem::new(&Facts::new(&filters), 0, &[2]).to_string();
    let expected = "\
* #variable= 6 #constraint= 5
* x3_0: pod 3 runs on node 0, by their indexes in the instance.
* Beside what is counted, 0 pods of the tier run and have to stay.
min: -1 x0_0 -1 x0_1 -1 x1_0 -1 x1_1 -1 x2_0 -1 x2_1 ;
-1 x0_0 -1 x0_1 >= -1 ;
-1 x1_0 -1 x1_1 >= -1 ;
-1 x2_0 -1 x2_1 >= -1 ;
-3 x0_0 -3 x1_0 -3 x2_0 >= -5 ;
-3 x0_1 -3 x1_1 -3 x2_1 >= -5 ;
";
    assert_eq!(text, expected);
}

/// Whatever can be reached without placing less before meets all constraints, and the objective
/// counts what runs.
#[test]
fn whatever_can_be_reached_is_a_solution() {
    let (mut kinds, mut held) = (std::collections::HashSet::new(), 0_u32);
    for seed in 0..600 {
        let instance = testing::instance(seed, Mix::ALL);
        let filters = Filters::new(&instance);
        let facts = Facts::new(&filters);
        let truth = Truth::of(&instance);
        let Some(best) = truth.best() else { continue };
        for tier in 0..u32::try_from(facts.priorities.len()).unwrap() {
            let problem = Problem::new(&facts, tier, &best.placed);
            for reached in &truth.reached {
                let before = reached.placed.iter().zip(&best.placed).take(tier as usize);
                if before.clone().any(|(has, least)| has < least) {
                    continue;
                }
                let runs = |variable: usize| {
                    let (pod, node) = problem.variables[variable];
                    i128::from(reached.places[pod as usize] == Some(node))
                };
                for constraint in &problem.constraints {
                    let sum: i128 = constraint.terms.iter().map(|(by, it)| by * runs(*it)).sum();
                    assert!(sum >= constraint.least, "seed {seed}: {constraint:?} {reached:?}");
                    kinds.insert(std::mem::discriminant(&constraint.source));
                    held += 1;
                }
                let counted: i128 = problem.counted.iter().map(|it| runs(*it)).sum();
                let all = i128::from(reached.placed[tier as usize]);
                assert_eq!(counted + i128::from(problem.fixed), all, "seed {seed}");
            }
        }
    }
    assert!(held > 10_000, "{held}");
    assert_eq!(kinds.len(), 7, "some kind of constraint never occurs");
}
