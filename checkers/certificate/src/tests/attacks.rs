//! False claims that an attacker would make. Each of them was, or could have been, accepted.

use crate::testing::{Mix, Random, instance};
use crate::{
    Budget, Classes, Facts, Filters, Gang, Instance, Objective, OneNode, Partition, Pod, Steps,
};

/// A random instance, made odd: requests and capacities of 0 and of nearly 2^60, few pods to a
/// node, more in use than there is, the least and the greatest priorities, pods that run where they
/// may not, budgets that overlap, two gangs.
pub(super) fn odd(seed: u64, mix: Mix) -> Instance {
    let mut it = instance(seed, mix);
    let random = &mut Random::new(seed ^ 0x0dd);
    let nodes = it.nodes.len();
    for shape in &mut it.shapes {
        for request in &mut shape.requests[..2] {
            *request = if random.chance(25) { 0 } else { *request };
        }
        shape.priority = match shape.priority {
            0 if random.chance(20) => i32::MIN,
            2 if random.chance(20) => i32::MAX,
            other => other - 1,
        };
    }
    for node in &mut it.nodes {
        for capacity in &mut node.capacity[..2] {
            *capacity = if random.chance(15) { *capacity / 4 } else { *capacity };
        }
        node.capacity[2] = if random.chance(25) { random.within(0, 3) } else { 110 };
    }
    if random.chance(20) {
        let requests = it.shapes.iter_mut().map(|shape| &mut shape.requests[0]);
        let capacities = it.nodes.iter_mut().map(|node| &mut node.capacity[0]);
        requests.chain(capacities).for_each(|amount| *amount <<= 56);
        if let Objective::Fragments { unit, .. } = &mut it.question.objective {
            *unit = (*unit << 56) - 1;
        }
    }
    if mix.constraints {
        for pod in &mut it.pods {
            let node = u32::try_from(random.index(nodes)).ok();
            pod.node = if random.chance(15) { node } else { pod.node };
        }
        group(random, &mut it);
    }
    assert_eq!(it.validate(), Ok(()), "{seed}");
    it
}

fn group(random: &mut Random, it: &mut Instance) {
    let all = 0..u32::try_from(it.pods.len()).unwrap();
    if random.chance(30) {
        let pods = all.clone().filter(|_| random.chance(60)).collect();
        it.budgets.push(Budget { name: "c".to_owned(), pods, allowed: 1 });
    }
    let free = |pod: &u32| !it.gangs.iter().any(|gang| gang.pods.contains(*pod));
    let pods: Vec<u32> = all.filter(free).collect();
    if random.chance(30) && !pods.is_empty() {
        let minimum = u32::try_from(1 + random.index(pods.len())).unwrap();
        let within = random.chance(50).then_some(2);
        let pods = pods.into_iter().collect();
        it.gangs.push(Gang { name: "h".to_owned(), pods, minimum, within });
    }
}

/// One node, and pods of shapes of these requests, so many of each.
fn packed(capacity: &[u64], shapes: &[(&[u64], usize)]) -> Instance {
    let mut it = instance(0, Mix { nodes: 1, pods: 1, shapes: 1, size: 1, constraints: false });
    it.resources = (0..capacity.len()).map(|at| format!("r{at}")).collect();
    it.nodes[0].capacity = capacity.to_vec();
    let like = it.shapes[0].clone();
    it.shapes.clear();
    it.pods.clear();
    for (number, (requests, count)) in (0_u32..).zip(shapes) {
        let mut shape = like.clone();
        (shape.requests, shape.nodes) = (requests.to_vec(), crate::IndexSet::below(1));
        it.shapes.push(shape);
        for which in 0..*count {
            let name = format!("p{number}-{which:02}");
            it.pods.push(Pod { name, shape: number, node: None, fixed: false });
        }
    }
    it
}

/// The greatest weight of a set that fits, less its fragments, by trying all.
fn heaviest(node: &OneNode, weights: &[(u32, u64)], fragments: u64) -> i64 {
    let mut sets: Vec<Vec<u32>> = vec![Vec::new()];
    for most in node.most() {
        let more = |set: &Vec<u32>| {
            let set = set.clone();
            (0..=most).map(move |n| set.iter().copied().chain([n]).collect())
        };
        sets = sets.iter().flat_map(more).collect();
    }
    let weight = |counts: &Vec<u32>| {
        let weight =
            node.classes().iter().zip(counts).map(|(&class, &n)| {
                i64::from(n) * i64::try_from(weights[class as usize].1).unwrap()
            });
        weight.sum::<i64>() - i64::try_from(node.fragments(counts) * fragments).unwrap()
    };
    sets.iter().filter(|counts| node.fits(counts)).map(weight).max().unwrap()
}

/// Whatever is claimed of a node, a heavier set is found if there is one: also where pods take
/// nothing that is scarce, and weigh nothing.
fn holds_out(instance: &Instance, weights: &[u64], fragments: u64) {
    assert_eq!(instance.validate(), Ok(()));
    let filters = Filters::new(instance);
    let facts = Facts::new(&filters);
    let partition = Partition::new(instance, Classes::Shape);
    let weights: Vec<(u32, u64)> = (0_u32..).zip(weights.iter().copied()).collect();
    let mut node = OneNode::new(&facts, &partition, 0).unwrap();
    let truth = heaviest(&node, &weights, fragments);
    for floor in [i64::MIN, -1, 0, truth / 2, truth - 1, truth] {
        let best = node.best_set(&weights, fragments, floor, &mut Steps::new(1_000_000)).unwrap();
        let expected = (truth > floor).then_some(truth);
        assert_eq!(best.map(|best| best.weight), expected, "above {floor}: {weights:?}");
    }
}

#[test]
fn pods_that_take_and_weigh_nothing_hide_no_heavier_set() {
    let mut it = packed(&[10], &[(&[5], 2), (&[0], 1), (&[3], 3)]);
    it.question.objective = Objective::Fragments { resource: 0, unit: 2 };
    holds_out(&it, &[5, 0, 6], 1);
    let mut many = Random::new(7);
    for _ in 0..400 {
        let mut random = |most| many.within(0, most);
        let requests: Vec<Vec<u64>> =
            (0..5).map(|_| vec![random(4), if random(1) == 0 { 0 } else { random(4) }]).collect();
        let shapes: Vec<(&[u64], usize)> = requests
            .iter()
            .map(|it| (it.as_slice(), 1 + usize::try_from(random(1)).unwrap()))
            .collect();
        let mut it = packed(&[random(9), random(9)], &shapes);
        it.question.objective = Objective::Fragments { resource: 0, unit: 1 + random(3) };
        let weights: Vec<u64> =
            shapes.iter().map(|_| if random(2) == 0 { 0 } else { random(9) }).collect();
        holds_out(&it, &weights, random(2));
    }
}

/// More classes than a sort puts in order one by one.
#[test]
fn many_pods_that_take_and_weigh_nothing_are_no_trouble() {
    let requests: Vec<Vec<u64>> =
        (0..64_u64).map(|at| vec![if at % 3 == 0 { 0 } else { at }]).collect();
    let shapes: Vec<(&[u64], usize)> = requests.iter().map(|it| (it.as_slice(), 1)).collect();
    let mut it = packed(&[700], &shapes);
    it.question.objective = Objective::Fragments { resource: 0, unit: 2 };
    let filters = Filters::new(&it);
    let facts = Facts::new(&filters);
    let mut node = OneNode::new(&facts, &Partition::new(&it, Classes::Shape), 0).unwrap();
    let weights: Vec<(u32, u64)> = (0..64).map(|at| (at, u64::from(at) * 7 % 5 % 3)).collect();
    let best = node.best_set(&weights, 1, -1, &mut Steps::new(100_000_000)).unwrap().unwrap();
    let above = node.best_set(&weights, 1, best.weight, &mut Steps::new(100_000_000));
    assert_eq!(above, Ok(None));
}
