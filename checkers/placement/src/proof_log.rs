//! One tier of a certificate for the pseudo-Boolean checker `veripb` 3: problem and proof.
//!
//! What counting proves (rules R0 and R1) becomes one sum of constraints and one division. With
//! `s` the scale of a combination, its rows and what the supply of pods adds make
//! `sum of a[v] v <= R` with `a[v] >= s` for the variables of the tier; the axioms `v >= 0` take
//! what is more than `s`, and `s * count <= R` divided by `s` and rounded is the bound.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seatrial_certificate::opb::{Problem, Source};
use seatrial_certificate::{
    Certificate, Combination, Facts, Filters, Instance, Partition, Proof, Row, Tier, replay,
};

/// The most variables that are written about.
const MOST_VARIABLES: usize = 1_000_000;

/// A tier as a pseudo-Boolean problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofLog {
    /// The problem in the OPB format, written from the instance.
    pub problem: String,
    /// The proof, or why there is none.
    pub proof: Result<String, String>,
}

/// Why there is no problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProblem {
    /// No pod has this priority.
    #[error("no pod has the priority {0}")]
    NoTier(i32),
    /// There are no pods.
    #[error("there are no pods to write about")]
    NoPods,
    /// More variables than are written about.
    #[error(
        "{0} pairs of a pod and a node are more than the {MOST_VARIABLES} that are written about"
    )]
    TooLarge(usize),
}

/// Writes a tier, by its priority, or else the lowest that counting proves, or else the lowest.
pub fn proof_log(
    instance: &Instance,
    certificate: &Certificate,
    priority: Option<i32>,
) -> Result<ProofLog, NoProblem> {
    let pairs = instance.pods.len().saturating_mul(instance.nodes.len());
    if pairs > MOST_VARIABLES {
        return Err(NoProblem::TooLarge(pairs));
    }
    let tiers: Vec<(u32, &Tier)> = (0..).zip(&certificate.tiers).collect();
    let last =
        |wanted: &dyn Fn(&Tier) -> bool| tiers.iter().rev().find(|(_, tier)| wanted(tier)).copied();
    let (number, tier) = match priority {
        Some(wanted) => last(&|tier| tier.priority == wanted).ok_or(NoProblem::NoTier(wanted))?,
        None => last(&|tier| is_counted(&tier.proof))
            .or_else(|| last(&|tier| tier.proof == Proof::Trivial))
            .or_else(|| last(&|_| true))
            .ok_or(NoProblem::NoPods)?,
    };
    let placed: Vec<u64> = certificate.tiers.iter().map(|tier| tier.placed).collect();
    let filters = Filters::new(instance);
    let facts = Facts::new(&filters);
    let problem = Problem::new(&facts, number, &placed);
    let partition = Partition::new(instance, tier.classes);
    let proof = combination(&tier.proof).and_then(|combination| {
        let bound = bound_of(&problem, &partition, &combination, tier)?;
        Ok(wrapped(&problem, &bound, tier, &solution(&filters, certificate, &problem)?))
    });
    Ok(ProofLog { problem: problem.to_string(), proof: proof.map_err(ToOwned::to_owned) })
}

/// Whether a proof is one of counting alone.
fn is_counted(proof: &Proof) -> bool {
    let local = |(row, _): &(Row, u64)| {
        !matches!(row, Row::Pattern { .. } | Row::Split(_) | Row::Fragments)
    };
    matches!(proof, Proof::Rows(combination) if combination.rows.iter().all(local))
}

fn combination(proof: &Proof) -> Result<Combination, &'static str> {
    match proof {
        Proof::Trivial | Proof::None => Ok(Combination { scale: 1, rows: Vec::new() }),
        Proof::Rows(combination) if is_counted(proof) && combination.scale > 0 => {
            Ok(combination.clone())
        }
        Proof::Rows(_) => Err("patterns are not translated (rule R2)"),
        Proof::Split { .. } => Err("branching is not translated (rule R3)"),
        Proof::Enumerate { .. } => Err("enumeration is not translated (rules R2E and R2F)"),
        Proof::Arrivals => Err("what arrivals save is not translated (rule RA)"),
        Proof::Solver { .. } => Err("the bound rests on a solver"),
    }
}

/// The line that derives the bound.
fn bound_of(
    problem: &Problem<'_>,
    partition: &Partition,
    combination: &Combination,
    tier: &Tier,
) -> Result<String, &'static str> {
    const LARGE: &str = "the numbers are too large";
    let mut multipliers: BTreeMap<usize, i128> = BTreeMap::new();
    for (row, multiplier) in &combination.rows {
        for (at, constraint) in problem.constraints.iter().enumerate() {
            if is_part(partition, row, constraint.source) {
                *multipliers.entry(at).or_default() += i128::from(*multiplier);
            }
        }
    }
    // Constraints are `>=`; read as `<=`, their signs are the other way round.
    let (mut sum, mut most) = (vec![0_i128; problem.variables.len()], 0_i128);
    let mut add = |at: usize, multiplier: i128, sum: &mut Vec<i128>| -> Option<()> {
        let constraint = problem.constraints.get(at)?;
        for &(coefficient, variable) in &constraint.terms {
            let slot = sum.get_mut(variable)?;
            *slot = slot.checked_sub(coefficient.checked_mul(multiplier)?)?;
        }
        most = most.checked_sub(constraint.least.checked_mul(multiplier)?)?;
        Some(())
    };
    for (&at, &multiplier) in &multipliers {
        add(at, multiplier, &mut sum).ok_or(LARGE)?;
    }
    let scale = i128::from(combination.scale);
    let mut wanted = vec![0_i128; problem.variables.len()];
    for &variable in &problem.counted {
        wanted.get_mut(variable).into_iter().for_each(|it| *it = scale);
    }
    for (at, constraint) in problem.constraints.iter().enumerate() {
        let Source::Pod(_) = constraint.source else { continue };
        let lacks = |&(_, variable): &(i128, usize)| {
            Some(wanted.get(variable)?.saturating_sub(*sum.get(variable)?))
        };
        let lacking = constraint.terms.iter().filter_map(lacks).max().unwrap_or(0);
        if lacking > 0 {
            add(at, lacking, &mut sum).ok_or(LARGE)?;
            multipliers.insert(at, lacking);
        }
    }
    if most.div_euclid(scale) > i128::from(tier.bound) - i128::from(problem.fixed) {
        return Err("the rows do not prove the bound pod by pod");
    }
    let mut line = String::from("pol");
    let mut push = |what: String, multiplier: i128| {
        let plus = if line == "pol" { "" } else { " +" };
        let _ = write!(line, " {what} {multiplier} *{plus}");
    };
    for (at, multiplier) in multipliers.iter().filter(|(_, multiplier)| **multiplier > 0) {
        push((at + 1).to_string(), *multiplier);
    }
    for (variable, (have, want)) in sum.iter().zip(&wanted).enumerate() {
        let over = have.checked_sub(*want).ok_or(LARGE)?;
        if over > 0 {
            push(problem.name(variable), over);
        }
    }
    if line == "pol" {
        return Ok(String::new());
    }
    let _ = writeln!(line, " {scale} d;");
    Ok(line)
}

/// Whether a constraint is a part of a row about classes.
fn is_part(partition: &Partition, row: &Row, source: Source) -> bool {
    let class_of = |pod: u32| partition.class_of_pod.get(pod as usize).copied().flatten();
    match (row, source) {
        (Row::Capacity { nodes, resource }, Source::Capacity { node, resource: of }) => {
            *resource == of && partition.class_of_node.get(node as usize) == Some(nodes)
        }
        (Row::Tier(tier), Source::Tier(of)) => *tier == of,
        (Row::Budget(number), Source::Budget(of)) => *number == of,
        (Row::MoveLimit, Source::MoveLimit) => true,
        (Row::KeepRunning(class), Source::KeepRunning(pod)) => class_of(pod) == Some(*class),
        (Row::Apart { pods, topology }, Source::Apart { shape, topology: of, .. }) => {
            let class = partition.pods.get(*pods as usize);
            *topology == of && class.is_some_and(|class| class.shape == shape)
        }
        _ => false,
    }
}

/// The plan, as values of the variables.
fn solution(
    filters: &Filters<'_>,
    certificate: &Certificate,
    problem: &Problem<'_>,
) -> Result<String, &'static str> {
    let outcome = replay(filters, &certificate.plan).map_err(|_| "the plan is not feasible")?;
    let places = outcome.state.places();
    let mut line = String::from("sol");
    for (variable, &(pod, node)) in problem.variables.iter().enumerate() {
        let runs = places.get(pod as usize).copied().flatten() == Some(node);
        let _ = write!(line, " {}{}", if runs { "" } else { "~" }, problem.name(variable));
    }
    line.push_str(";\n");
    Ok(line)
}

fn wrapped(problem: &Problem<'_>, bound: &str, tier: &Tier, solution: &str) -> String {
    let below = |count: u64| i128::from(problem.fixed) - i128::from(count);
    format!(
        "pseudo-Boolean proof version 3.0\n{bound}{solution}output NONE;\n\
         conclusion BOUNDS {} {};\nend pseudo-Boolean proof;\n",
        below(tier.bound),
        below(tier.placed)
    )
}

#[cfg(test)]
mod tests;
