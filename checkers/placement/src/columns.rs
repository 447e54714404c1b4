//! Column generation over the sets of pods that one node can have (rule R2).
//!
//! The dual of the program over all sets: weights of the classes, such that no set of a class of
//! nodes weighs more than its price; what can be gained is at most what the prices of all nodes
//! come to. It begins with no set; the heaviest set under the weights of the moment is added until
//! the bound is low enough or cannot become so. Weights are smoothed (du Merle and others 1999;
//! Wentges 1997): the question is asked between the best weights so far and those of the program.

use microlp::{ComparisonOp, Variable};

use crate::bounds::frame::Frame;
use crate::bounds::linear::{Dual, solved};

/// How far the weights that are asked are from the best so far towards those of the program.
const STEP: f64 = 0.3;
/// The most rounds.
const MOST_ROUNDS: usize = 400;
/// The price of a node is at most this many times the gain of a pod.
const MOST_PRICE: f64 = 1e6;

/// The heaviest set of a node, by pair, less what its fragments weigh.
pub(crate) struct Heaviest {
    pub(crate) weight: f64,
    /// How many of each class.
    pub(crate) set: Vec<(u32, u32)>,
    pub(crate) fragments: f64,
}

/// Weights that bound what can be gained.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    /// What can be gained at most, with these.
    pub(crate) gain: f64,
    /// Of the pairs.
    pub(crate) pairs: Vec<f64>,
    /// Of the lines.
    pub(crate) lines: Vec<f64>,
}

/// What came of it.
pub(crate) enum Columns {
    /// Less can be gained than the aim: it is refuted.
    Refuted(Weights),
    /// No weights refute it; these are the best.
    Open(Weights),
}

/// Generates columns until the aim is refuted or cannot be. `heaviest` gives the heaviest set of a
/// node of a class under weights by pair; none if that takes too long.
pub(crate) fn generate(
    frame: &Frame,
    mut heaviest: impl FnMut(u32, &[f64]) -> Option<Heaviest>,
) -> Option<Columns> {
    let mut dual = Dual::new(frame);
    let weights: Vec<Variable> =
        frame.pairs.iter().map(|_| dual.problem.add_var(0.0, (0.0, f64::INFINITY))).collect();
    let prices: Vec<Variable> = frame
        .nodes
        .iter()
        .map(|&count| dual.problem.add_var(count, (-MOST_PRICE, MOST_PRICE)))
        .collect();
    let given: Vec<Vec<(Variable, f64)>> =
        weights.iter().map(|&weight| vec![(weight, 1.0)]).collect();
    dual.cover(frame, &given, &frame.gains);
    let mut solution = solved(dual.problem.solve())?;
    let mut best: Option<Weights> = None;
    let mut exact = false;
    for _ in 0..MOST_ROUNDS {
        let value = |variable: &Variable| solution.var_value(*variable).max(0.0);
        let now = Weights {
            gain: solution.objective(),
            pairs: weights.iter().map(value).collect(),
            lines: dual.lines.iter().map(value).collect(),
        };
        let lower = now.gain;
        if lower >= frame.aim - 1e-7 {
            return Some(Columns::Open(best.unwrap_or(now)));
        }
        let mut asked = match &best {
            Some(best) if !exact => between(best, &now),
            _ => now.clone(),
        };
        let mut gain = supplied(frame, &asked);
        let mut cut = false;
        for (nodes, (&count, &price)) in (0_u32..).zip(frame.nodes.iter().zip(&prices)) {
            let it = heaviest(nodes, &asked.pairs)?;
            gain += count * it.weight;
            let at = |class: u32| frame.pairs.iter().position(|&pair| pair == (class, nodes));
            let mut terms = vec![(price, 1.0)];
            let mut worth = -it.fragments;
            for &(class, number) in &it.set {
                let Some(at) = at(class) else { continue };
                worth += now.pairs.get(at).copied().unwrap_or(0.0) * f64::from(number);
                weights.get(at).into_iter().for_each(|&w| terms.push((w, -f64::from(number))));
            }
            if worth > solution.var_value(price) + 1e-9 {
                cut = true;
                let outcome = solution.add_constraint(&terms, ComparisonOp::Ge, -it.fragments);
                solution = solved(outcome)?;
            }
        }
        asked.gain = gain;
        if gain < frame.aim - 1e-9 {
            return Some(Columns::Refuted(asked));
        }
        if best.as_ref().is_none_or(|best| gain < best.gain) {
            best = Some(asked);
        }
        if !cut && exact {
            return best.map(Columns::Open);
        }
        exact = !cut;
    }
    best.map(Columns::Open)
}

fn between(best: &Weights, now: &Weights) -> Weights {
    let mix = |best: &[f64], now: &[f64]| -> Vec<f64> {
        best.iter().zip(now).map(|(best, now)| best + STEP * (now - best)).collect()
    };
    Weights { gain: 0.0, pairs: mix(&best.pairs, &now.pairs), lines: mix(&best.lines, &now.lines) }
}

/// What lines and supply come to under weights.
fn supplied(frame: &Frame, weights: &Weights) -> f64 {
    let lines = frame.lines.iter().zip(&weights.lines);
    let mut sum: f64 = lines.clone().map(|(line, multiplier)| line.rhs * multiplier).sum();
    let mut lacking: Vec<f64> =
        frame.gains.iter().zip(&weights.pairs).map(|(gain, weight)| gain - weight).collect();
    for (line, multiplier) in lines {
        for &(pair, coefficient) in &line.coefficients {
            lacking.get_mut(pair).into_iter().for_each(|it| *it -= coefficient * multiplier);
        }
    }
    let mut supply = vec![0.0_f64; frame.sizes.len()];
    for (&(class, _), lacking) in frame.pairs.iter().zip(lacking) {
        supply.get_mut(class as usize).into_iter().for_each(|it| *it = it.max(lacking));
    }
    sum += supply.iter().zip(&frame.sizes).map(|(supply, size)| supply * size).sum::<f64>();
    sum
}
