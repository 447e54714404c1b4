//! From multipliers in floating point to combinations in integers.

use seatrial_certificate::enumerate::Lists;
use seatrial_certificate::rows::Side;
use seatrial_certificate::{Combination, OneNode, OutOfSteps, Relaxation, Row, Steps};

use super::frame::Frame;
use super::linear::Multipliers;
use crate::columns::Weights;

/// The scale of combinations of capacity rows: multipliers per byte need the digits.
const FINE: f64 = 1e17;
/// What the sum of a pattern's weights may come to.
const MOST_WEIGHT: f64 = (1_u64 << 58) as f64;

/// The nearest number that is not negative.
fn nearest(value: f64) -> u64 {
    if value.is_finite() { value.round().clamp(0.0, 1e18) as u64 } else { 0 }
}

/// Capacity rows and lines by their multipliers. What is rounded up is the capacity: then nothing
/// is missing that supply would have to pay for.
pub(super) fn of_multipliers(frame: &Frame, multipliers: &Multipliers) -> Combination {
    let scale = FINE;
    let mut rows = Vec::new();
    for (line, multiplier) in frame.capacity.iter().zip(&multipliers.capacity) {
        let multiplier = nearest((multiplier * scale).ceil());
        if multiplier > 0 {
            rows.push((line.row.clone(), multiplier));
        }
    }
    add_lines(&mut rows, frame, &multipliers.lines, scale);
    Combination { scale: nearest(scale).max(1), rows }
}

fn add_lines(rows: &mut Vec<(Row, u64)>, frame: &Frame, multipliers: &[f64], scale: f64) {
    for (line, multiplier) in frame.lines.iter().zip(multipliers) {
        let multiplier = nearest(multiplier * scale);
        if multiplier > 0 {
            rows.push((line.row.clone(), multiplier));
        }
    }
}

/// Capacity rows by weights, with multipliers of target and lines that leave little slack.
pub(super) fn of_slack(
    frame: &Frame,
    weights: &[f64],
    (target, lines): &(f64, Vec<f64>),
    scale: f64,
) -> Combination {
    let mut rows = Vec::new();
    for (line, weight) in frame.capacity.iter().zip(weights) {
        let multiplier = nearest(weight * scale);
        if multiplier > 0 {
            rows.push((line.row.clone(), multiplier));
        }
    }
    add_lines(&mut rows, frame, lines, scale);
    Combination { scale: nearest(target * scale).max(1), rows }
}

/// Pattern rows of weights, each with the least claim that holds: of listed sets, or of all that
/// fit a node.
pub(super) fn of_weights(
    about: &Relaxation<'_>,
    frame: &Frame,
    weights: &Weights,
    lists: &Lists,
    steps: &mut Steps,
) -> Result<Combination, OutOfSteps> {
    let pods: f64 = frame.sizes.iter().sum();
    let most = weights.pairs.iter().chain(&weights.lines).fold(1.0_f64, |most, &it| most.max(it));
    let exponent = (MOST_WEIGHT / (most * pods.max(1.0))).log2().floor().clamp(0.0, 40.0);
    let scale = exponent.exp2();
    let fragments = frame.fragments * nearest(scale);
    let mut rows = Vec::new();
    for nodes in 0..frame.nodes.len() as u32 {
        let of = frame.pairs.iter().zip(&weights.pairs).filter(|(pair, _)| pair.1 == nodes);
        let weighed = of.map(|(&(class, _), weight)| (class, nearest(weight * scale)));
        let weighed: Vec<(u32, u64)> = weighed.filter(|&(_, weight)| weight > 0).collect();
        let before = steps.taken();
        let most = match lists.of(nodes) {
            Some(list) => heaviest_listed(about, nodes, list, &weighed, fragments),
            None => {
                let node = OneNode::new(about.facts, about.partition, nodes);
                let mut node = node.ok_or(OutOfSteps)?;
                let best = node.best_set(&weighed, fragments, i64::MIN / 4, steps)?;
                best.map_or(0, |best| best.weight)
            }
        };
        let steps = 2 * (steps.taken() - before) + 100_000;
        let most = u64::try_from(most).unwrap_or(0);
        rows.push((Row::Pattern { nodes, weights: weighed, most, fragments, steps }, 1));
    }
    add_lines(&mut rows, frame, &weights.lines, scale);
    Ok(Combination { scale: nearest(scale).max(1), rows })
}

fn heaviest_listed(
    about: &Relaxation<'_>,
    nodes: u32,
    list: &[Vec<(u32, u32)>],
    weights: &[(u32, u64)],
    fragments: u64,
) -> i64 {
    let weight = |class: u32| {
        let at = weights.binary_search_by_key(&class, |&(class, _)| class).ok();
        at.and_then(|at| weights.get(at)).map_or(0, |&(_, weight)| weight as i64)
    };
    let of = |set: &Vec<(u32, u32)>| {
        let sum: i64 = set.iter().map(|&(class, count)| weight(class) * i64::from(count)).sum();
        sum - left(about, nodes, set) as i64 * fragments as i64
    };
    list.iter().map(of).max().unwrap_or(0)
}

/// The fragments that a set leaves on a node of a class.
pub(super) fn left(about: &Relaxation<'_>, nodes: u32, set: &[(u32, u32)]) -> u64 {
    let instance = about.facts.instance;
    let seatrial_certificate::Objective::Fragments { resource, unit } = instance.question.objective
    else {
        return 0;
    };
    let free = about.partition.nodes.get(nodes as usize).map_or(0, |class| class.free);
    let request = |class: u32| {
        let class = about.partition.pods.get(class as usize)?;
        instance.shapes.get(class.shape as usize)?.requests.get(resource as usize).copied()
    };
    let taken: u64 = set
        .iter()
        .map(|&(class, count)| request(class).unwrap_or(0).saturating_mul(u64::from(count)))
        .fold(0, u64::saturating_add);
    free.saturating_sub(taken).checked_rem(unit).unwrap_or(0)
}

/// The right-hand side of a combination, as the checker adds it up; with its own scale.
pub(super) fn rhs(
    about: &Relaxation<'_>,
    combination: &Combination,
    splits: &[Side],
) -> Option<i128> {
    let mut steps = Steps::new(u64::MAX / 2);
    about.combine(combination, splits, &mut steps).ok().map(|sum| sum.rhs())
}
