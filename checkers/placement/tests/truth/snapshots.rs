//! How the snapshot is changed underneath a certificate.

use seatrial_certificate::testing::Random;
use seatrial_certificate::{IndexSet, Instance, Pod};

use super::certificates::number;

/// Changes an instance; nothing if it has not what is to be changed.
pub(crate) type Change = fn(&mut Instance, &mut Random) -> Option<()>;

/// The ways, by name. Some make plans infeasible, some make bounds too good.
pub(crate) const WAYS: [(&str, Change); 12] = [
    ("a capacity cut", |it, random| capacity(it, random, false)),
    ("a request raised", |it, random| request(it, random, true)),
    ("a pod added", pod_added),
    ("a node removed", node_removed),
    ("eligibility narrowed", |it, random| eligibility(it, random, false)),
    ("a pod fixed", |it, random| fixed(it, random, true)),
    ("a capacity raised", |it, random| capacity(it, random, true)),
    ("a request lowered", |it, random| request(it, random, false)),
    ("a pod removed", pod_removed),
    ("eligibility widened", |it, random| eligibility(it, random, true)),
    ("a pod set free", |it, random| fixed(it, random, false)),
    ("a limit", limit),
];

fn capacity(instance: &mut Instance, random: &mut Random, more: bool) -> Option<()> {
    let node = random.index(instance.nodes.len());
    let amount = instance.nodes.get_mut(node)?.capacity.get_mut(random.index(2))?;
    let by = random.within(1, 3);
    *amount = if more { *amount + by } else { amount.checked_sub(by)? };
    Some(())
}

fn request(instance: &mut Instance, random: &mut Random, more: bool) -> Option<()> {
    let shape = random.index(instance.shapes.len());
    let amount = instance.shapes.get_mut(shape)?.requests.get_mut(random.index(2))?;
    let by = random.within(1, 2);
    *amount = if more { *amount + by } else { amount.checked_sub(by)? };
    Some(())
}

#[allow(clippy::unnecessary_wraps, reason = "one of many changes, some of which cannot be made")]
fn pod_added(instance: &mut Instance, random: &mut Random) -> Option<()> {
    let shape = number(random, instance.shapes.len());
    instance.pods.push(Pod { name: "q".to_owned(), shape, node: None, fixed: false });
    Some(())
}

/// The last pod, so that the others keep their numbers.
fn pod_removed(instance: &mut Instance, _: &mut Random) -> Option<()> {
    let gone = instance.pods.pop()?;
    let last = u32::try_from(instance.pods.len()).ok()?;
    if !instance.pods.iter().any(|pod| pod.shape == gone.shape) {
        return None;
    }
    let without = |pods: &mut IndexSet| *pods = pods.iter().filter(|&pod| pod < last).collect();
    instance.budgets.iter_mut().for_each(|budget| without(&mut budget.pods));
    for gang in &mut instance.gangs {
        without(&mut gang.pods);
        gang.minimum = gang.minimum.min(u32::try_from(gang.pods.len()).ok()?);
    }
    instance.gangs.retain(|gang| !gang.pods.is_empty());
    Some(())
}

/// The last node, so that the others keep their numbers.
fn node_removed(instance: &mut Instance, _: &mut Random) -> Option<()> {
    if instance.nodes.len() < 2 {
        return None;
    }
    instance.nodes.pop()?;
    let last = u32::try_from(instance.nodes.len()).ok()?;
    let without = |nodes: &mut IndexSet| *nodes = nodes.iter().filter(|&it| it < last).collect();
    for topology in &mut instance.topologies {
        topology.domains.pop()?;
    }
    for shape in &mut instance.shapes {
        without(&mut shape.nodes);
        for spread in &mut shape.spread {
            without(&mut spread.nodes);
        }
        shape.spread.sort();
        shape.spread.dedup();
    }
    for pod in &mut instance.pods {
        pod.node = pod.node.filter(|&node| node < last);
    }
    Some(())
}

fn eligibility(instance: &mut Instance, random: &mut Random, wider: bool) -> Option<()> {
    let nodes = u32::try_from(instance.nodes.len()).ok()?;
    let shape = random.index(instance.shapes.len());
    let set = &mut instance.shapes.get_mut(shape)?.nodes;
    let node = number(random, nodes as usize);
    if set.contains(node) == wider {
        return None;
    }
    *set = (0..nodes).filter(|&it| if it == node { wider } else { set.contains(it) }).collect();
    Some(())
}

fn fixed(instance: &mut Instance, random: &mut Random, fixed: bool) -> Option<()> {
    let pods: Vec<&mut Pod> = instance.pods.iter_mut().filter(|pod| pod.fixed != fixed).collect();
    let at = random.index(pods.len());
    pods.into_iter().nth(at)?.fixed = fixed;
    Some(())
}

fn limit(instance: &mut Instance, random: &mut Random) -> Option<()> {
    let more = random.chance(50);
    let change = |it: &mut u32| *it = if more { *it + 1 } else { 0 };
    let budget = instance.budgets.first_mut().map(|it| &mut it.allowed);
    let gang = instance.gangs.first_mut().map(|it| &mut it.minimum);
    let limits = [budget, gang, instance.question.move_limit.as_mut()];
    let limits: Vec<&mut u32> = limits.into_iter().flatten().collect();
    let at = random.index(limits.len());
    limits.into_iter().nth(at).map(change)
}
