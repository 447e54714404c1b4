use std::time::Duration;

use seatrial_certificate::testing::{self, Mix};

use super::*;
use crate::{Options, place};

/// A sum of constraints as a proof builds it up: coefficients by variable, and the right-hand side,
/// to be read as `>=`.
type Line = (Vec<i128>, i128);

/// Adds up a `pol` line as a checker would, and divides it; literal axioms are `x >= 0`.
fn evaluate(problem: &Problem<'_>, line: &str) -> Line {
    let names: BTreeMap<String, usize> =
        (0..problem.variables.len()).map(|at| (problem.name(at), at)).collect();
    let mut stack: Vec<Line> = Vec::new();
    let words: Vec<&str> = line.trim_end_matches(";\n").split(' ').skip(1).collect();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "+" {
            let (terms, least) = stack.pop().unwrap();
            let top = stack.last_mut().unwrap();
            top.0.iter_mut().zip(terms).for_each(|(sum, more)| *sum += more);
            top.1 += least;
            at += 1;
            continue;
        }
        let number: i128 = words[at + 1].parse().unwrap_or(0);
        if words[at + 1] == "d" {
            let divisor: i128 = words[at].parse().unwrap();
            let (terms, least) = stack.last_mut().unwrap();
            // Every coefficient is divided by the divisor, so rounding concerns the rest alone.
            assert!(terms.iter().all(|it| it % divisor == 0), "{terms:?} by {divisor}");
            for it in &mut *terms {
                *it /= divisor;
            }
            *least = -(-*least).div_euclid(divisor);
        } else {
            assert_eq!(words[at + 2], "*");
            let mut terms = vec![0; problem.variables.len()];
            let least = match names.get(words[at]) {
                Some(&variable) => {
                    terms[variable] = number;
                    0
                }
                None => {
                    let id: usize = words[at].parse().unwrap();
                    let constraint = &problem.constraints[id - 1];
                    constraint.terms.iter().for_each(|(by, it)| terms[*it] += by * number);
                    constraint.least * number
                }
            };
            stack.push((terms, least));
            at += 1;
        }
        at += 2;
    }
    assert_eq!(stack.len(), 1, "{line}");
    stack.pop().unwrap()
}

/// The line of a proof adds up to "so many pods of the tier at most".
#[test]
fn proofs_add_up_to_the_bound() {
    let options = Options { time_limit: Duration::from_millis(25), ..Options::default() };
    let (mut counted, mut written) = (0, 0);
    for seed in 0..400 {
        let mix = if seed % 2 == 0 { Mix::ALL } else { Mix::PACKING };
        let instance = testing::instance(seed, mix);
        let Ok(placed) = place(&instance, &options) else { continue };
        let certificate = &placed.certificate;
        let filters = Filters::new(&instance);
        let facts = Facts::new(&filters);
        let reached: Vec<u64> = certificate.tiers.iter().map(|tier| tier.placed).collect();
        for (at, tier) in (0..).zip(&certificate.tiers) {
            let log = proof_log(&instance, certificate, Some(tier.priority)).unwrap();
            let Ok(proof) = log.proof else { continue };
            let problem = Problem::new(&facts, at, &reached);
            let bound = i128::from(tier.bound) - i128::from(problem.fixed);
            written += 1;
            let Some(line) = proof.lines().find(|line| line.starts_with("pol")) else {
                assert_eq!(bound, 0, "seed {seed}");
                continue;
            };
            let (terms, least) = evaluate(&problem, &format!("{line}\n"));
            for (variable, &coefficient) in terms.iter().enumerate() {
                let of_tier = problem.counted.contains(&variable);
                assert_eq!(coefficient, -i128::from(of_tier), "seed {seed}: {line}");
            }
            assert!(-least <= bound, "seed {seed}: {line}");
            counted += u32::from(is_counted(&tier.proof));
        }
    }
    assert!(written > 100 && counted > 10, "{written} proofs, {counted} of them by counting");
}

#[test]
fn what_is_not_translated_is_said() {
    let none = Combination::default();
    let rows = Box::new(Proof::Rows(none.clone()));
    let on = seatrial_certificate::Quantity::Class(0);
    let split = Proof::Split { on, at: 0, below: rows.clone(), above: rows.clone() };
    let enumerate = Proof::Enumerate { slacks: Vec::new(), steps: 0, then: rows };
    let weights = Vec::new();
    let row = Row::Pattern { nodes: 0, weights, most: 1, fragments: 0, steps: 1 };
    let pattern = Proof::Rows(Combination { scale: 1, rows: vec![(row, 1)] });
    for (proof, said) in [
        (split, "R3"),
        (enumerate, "R2E"),
        (pattern, "R2"),
        (Proof::Solver { by: "z3".to_owned() }, "solver"),
    ] {
        assert!(combination(&proof).unwrap_err().contains(said));
    }
    assert!(combination(&Proof::Trivial).is_ok());
}
