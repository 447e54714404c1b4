//! The dual of a frame: multipliers for its lines.
//!
//! Solved in floating point by `microlp`; nothing that is claimed depends on how well.

use microlp::{ComparisonOp, OptimizationDirection, Problem, Solution, SolveOutcome, Variable};

use super::frame::{Frame, Line};

/// No multiplier of a line is greater than this many times the gain of a pod.
const MOST: f64 = 64.0;

/// Multipliers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Multipliers {
    /// Of the lines.
    pub(crate) lines: Vec<f64>,
    /// Of the capacity lines.
    pub(crate) capacity: Vec<f64>,
}

pub(crate) fn solved(outcome: Result<SolveOutcome, microlp::Error>) -> Option<Solution> {
    outcome.ok()?.into_solution().ok()
}

/// The variables of a dual program that has no patterns.
pub(crate) struct Dual {
    pub(crate) problem: Problem,
    pub(crate) lines: Vec<Variable>,
    pub(crate) supply: Vec<Variable>,
}

impl Dual {
    /// Variables for the lines and the supply of each class.
    pub(crate) fn new(frame: &Frame) -> Self {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        problem.set_time_limit(frame.time);
        let lines = frame.lines.iter().map(|line| problem.add_var(line.rhs, (0.0, MOST))).collect();
        let supply =
            frame.sizes.iter().map(|&size| problem.add_var(size, (0.0, f64::INFINITY))).collect();
        Self { problem, lines, supply }
    }

    /// For each pair, what lines and supply give: to be at least what the pair gains, less `given`.
    pub(crate) fn cover(&mut self, frame: &Frame, given: &[Vec<(Variable, f64)>], gains: &[f64]) {
        let mut terms: Vec<Vec<(Variable, f64)>> = given.to_vec();
        terms.resize(frame.pairs.len(), Vec::new());
        for (line, &variable) in frame.lines.iter().zip(&self.lines) {
            for &(pair, coefficient) in &line.coefficients {
                terms.get_mut(pair).into_iter().for_each(|it| it.push((variable, coefficient)));
            }
        }
        for ((&(class, _), mut terms), &gain) in frame.pairs.iter().zip(terms).zip(gains) {
            if let Some(&supply) = self.supply.get(class as usize) {
                terms.push((supply, 1.0));
            }
            self.problem.add_constraint(&terms, ComparisonOp::Ge, gain);
        }
    }
}

/// The best multipliers of lines and capacity (rule R1).
pub(crate) fn count(frame: &Frame) -> Option<Multipliers> {
    let mut dual = Dual::new(frame);
    // The multiplier of a capacity line is per whole capacity.
    let capacity: Vec<Variable> =
        frame.capacity.iter().map(|_| dual.problem.add_var(1.0, (0.0, f64::INFINITY))).collect();
    let mut given = vec![Vec::new(); frame.pairs.len()];
    for (line, &variable) in frame.capacity.iter().zip(&capacity) {
        for &(pair, request) in &line.coefficients {
            let part = request / line.rhs.max(1.0);
            given.get_mut(pair).into_iter().for_each(|it: &mut Vec<_>| it.push((variable, part)));
        }
    }
    dual.cover(frame, &given, &frame.gains);
    let solution = solved(dual.problem.solve())?;
    let value = |&variable: &Variable| solution.var_value(variable).max(0.0);
    let per_unit = |(line, variable): (&Line, &Variable)| value(variable) / line.rhs.max(1.0);
    Some(Multipliers {
        lines: dual.lines.iter().map(value).collect(),
        capacity: frame.capacity.iter().zip(&capacity).map(per_unit).collect(),
    })
}

/// With each capacity line taken so many times, the multipliers of target and lines that leave the
/// least slack: the first is the target's.
pub(crate) fn least_slack(frame: &Frame, weights: &[f64]) -> Option<(f64, Vec<f64>)> {
    let size: f64 =
        frame.capacity.iter().zip(weights).map(|(line, weight)| line.rhs * weight).sum();
    let unit = size / frame.aim.abs().max(1.0);
    if unit <= 0.0 {
        return None;
    }
    // Everything in units of what a pod takes.
    let mut taken = vec![0.0; frame.pairs.len()];
    for (line, weight) in frame.capacity.iter().zip(weights) {
        for &(pair, request) in &line.coefficients {
            taken.get_mut(pair).into_iter().for_each(|it| *it += request * weight / unit);
        }
    }
    let mut dual = Dual::new(frame);
    let target = dual.problem.add_var(-frame.aim, (0.0, MOST));
    let given: Vec<Vec<(Variable, f64)>> =
        frame.gains.iter().map(|&gain| vec![(target, -gain)]).collect();
    let least: Vec<f64> = taken.iter().map(|taken| -taken).collect();
    dual.cover(frame, &given, &least);
    let solution = solved(dual.problem.solve())?;
    let value = |&variable: &Variable| solution.var_value(variable).max(0.0) * unit;
    Some((value(&target), dual.lines.iter().map(value).collect()))
}
