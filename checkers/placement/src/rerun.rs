//! What a certificate leaves to a solver: the scripts, and a solver run on them again.

use std::path::PathBuf;
use std::time::Duration;

use seatrial_certificate::check::Status;
use seatrial_certificate::script::{Claim, claims, script};
use seatrial_certificate::{Certificate, Instance, Rule, Target, Verification};
use seatrial_smt::{Answer, Limits, Manner, check_version, solve, solve_with};

/// A bound that rests on a solver, as an SMT-LIB 2 script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Which bound, as in the certificate: `tiers[1]`.
    pub bound: String,
    /// The script: derived from the instance and the counts of the certificate.
    pub text: String,
    target: Target,
}

impl Script {
    /// The name of its file: `tiers-1.smt2`.
    pub fn file(&self) -> String {
        let name = self.bound.replace('[', "-").replace(']', "");
        format!("{name}.smt2")
    }
}

/// The scripts of all bounds that rest on a solver.
pub fn scripts(instance: &Instance, certificate: &Certificate) -> Vec<Script> {
    let placed: Vec<u64> = certificate.tiers.iter().map(|tier| tier.placed).collect();
    let write = |(bound, claim): (String, Claim<'_>)| Script {
        bound,
        text: script(instance, &claim),
        target: claim.target,
    };
    claims(certificate, &placed).into_iter().map(write).collect()
}

/// A solver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Solver {
    /// Z3, in this process.
    Z3,
    /// A program that reads a script from its standard input, with arguments.
    Program(PathBuf, Vec<String>),
}

impl Solver {
    /// Its name.
    pub fn name(&self) -> String {
        match (self, check_version()) {
            (Self::Z3, Ok(version)) => format!("z3 {version}"),
            (Self::Z3, Err(_)) => "z3".to_owned(),
            (Self::Program(path, _), _) => path.display().to_string(),
        }
    }

    fn answer(&self, script: &str, limit: Duration) -> Answer {
        match self {
            Self::Z3 => match check_version() {
                Ok(_) => in_any_manner(script, limit),
                Err(error) => Answer::Unknown(error.to_string()),
            },
            Self::Program(path, arguments) => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                solve_with(path, &arguments, script, limit)
            }
        }
    }
}

/// Some scripts take Z3 a blink in one manner and forever in the other: it takes turns.
fn in_any_manner(script: &str, limit: Duration) -> Answer {
    let mut time = limit / 16;
    let mut spent = Duration::ZERO;
    loop {
        for manner in [Manner::General, Manner::Simplex] {
            let left = limit.saturating_sub(spent);
            let now = time.min(left);
            let answer = solve(script, manner, &Limits::time(now));
            spent += now;
            if !matches!(answer, Answer::Unknown(_)) || left <= now {
                return answer;
            }
        }
        time *= 2;
    }
}

/// What a solver says of a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It holds.
    Confirmed,
    /// The script can be satisfied: it proves nothing.
    Contradicted,
    /// It does not know, for this reason.
    Unknown(String),
}

/// What a solver said when it was run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// Which bound, as in the certificate: `tiers[1]`.
    pub bound: String,
    /// What was said of it.
    pub word: Word,
    target: Target,
}

/// Runs a solver on scripts, each for so long at most.
pub fn rerun(scripts: &[Script], solver: &Solver, limit: Duration) -> Vec<Rerun> {
    let run = |script: &Script| Rerun {
        bound: script.bound.clone(),
        word: match solver.answer(&script.text, limit) {
            Answer::Unsat => Word::Confirmed,
            Answer::Sat(_) => Word::Contradicted,
            Answer::Unknown(reason) => Word::Unknown(reason),
        },
        target: script.target,
    };
    scripts.iter().map(run).collect()
}

/// What is verified where a solver was run again: what rested on its word up to the first bound
/// that it did not confirm is certified.
pub fn confirmed(mut verification: Verification, reruns: &[Rerun]) -> Verification {
    let holds =
        |target: Target| reruns.iter().any(|it| it.target == target && it.word == Word::Confirmed);
    let mut all = true;
    let mut settle = |target: Target, solved: bool, status: &mut Status| {
        all &= !solved || holds(target);
        if all && *status == Status::Solver {
            *status = Status::Certified;
        }
    };
    for (at, tier) in (0..).zip(&mut verification.tiers) {
        settle(Target::Tier(at), tier.rules.contains(&Rule::Solver), &mut tier.status);
    }
    let fragments = verification.fragments.iter_mut().map(|cost| (Target::Fragments, cost));
    let disruption = [(Target::Disruption, &mut verification.disruption)];
    for (target, cost) in fragments.chain(disruption) {
        settle(target, cost.rules.contains(&Rule::Solver), &mut cost.status);
    }
    verification
}
