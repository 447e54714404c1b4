//! The result of a run, as data.

use crate::{ClassCount, Kind, Stop, Trace};
use seatrial_core::Bound;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a check found. The field names are those of the JSON body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// The answer over all properties.
    #[serde(flatten)]
    pub decision: Decision,
    /// The violated property, if one is.
    pub property: Option<String>,
    /// States on the counterexample, or levels entered without one; the initial state is 1.
    pub depth: u64,
    /// Initial states and successors, duplicates included, as TLC counts them.
    pub generated: u64,
    /// States with different fingerprints.
    pub distinct: u64,
    /// Levels of the explored graph; the initial states are level 1.
    pub diameter: u64,
    /// How often each action class fired.
    pub coverage: Vec<Coverage>,
    /// Wall time.
    pub seconds: f64,
    /// The first counterexample.
    pub trace: Option<Trace>,
    /// Each property by itself.
    pub properties: Vec<PropertyReport>,
    /// The limits under which the answer holds.
    pub bounds: Vec<Bound>,
    /// What is doubtful about the run: actions that never fire, vacuous properties.
    pub warnings: Vec<String>,
    /// Why the run ended.
    pub stop: Stop,
    /// States that wait to be expanded.
    pub queue: u64,
    /// Where the search was written, if a limit ended it: `--resume` goes on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PathBuf>,
    /// Which strategy ran, on how many workers, with which reductions.
    pub engine: Engine,
}

/// An answer in one word, with its reason where it is undecided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// `holds`, `violated` or `undecided`.
    pub verdict: Answer,
    /// Why the question is undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The word of a [`Decision`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Proven within the stated bounds.
    Holds,
    /// Neither proven nor refuted.
    Undecided,
    /// Refuted by a replayed witness.
    Violated,
}

impl Decision {
    /// Proven within the stated bounds.
    pub fn holds() -> Self {
        Self { verdict: Answer::Holds, reason: None }
    }

    /// Refuted.
    pub fn violated() -> Self {
        Self { verdict: Answer::Violated, reason: None }
    }

    /// Neither, for this reason.
    pub fn undecided(reason: impl Into<String>) -> Self {
        Self { verdict: Answer::Undecided, reason: Some(reason.into()) }
    }

    /// The answer to several questions at once: violated if one is, else undecided if one is.
    pub fn all<'d>(decisions: impl IntoIterator<Item = &'d Self>) -> Self {
        let worst =
            decisions.into_iter().fold(None, |worst: Option<&Self>, decision| match worst {
                Some(worst) if worst.verdict >= decision.verdict => Some(worst),
                _ => Some(decision),
            });
        worst.cloned().unwrap_or_else(Self::holds)
    }

    /// The exit code that stands for the answer.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Answer::Holds => 0,
            Answer::Violated => 1,
            Answer::Undecided => 3,
        }
    }
}

/// What was found of one property.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyReport {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What it says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The answer.
    #[serde(flatten)]
    pub decision: Decision,
    /// Distinct states that violate an invariant or witness a reachability claim.
    pub states: u64,
    /// Whether the antecedent was true nowhere.
    pub vacuous: bool,
    /// A counterexample, or the witness of a reachability claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// How often one action class fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The class.
    pub action: String,
    /// Its module.
    pub module: String,
    /// The counts.
    #[serde(flatten)]
    pub count: ClassCount,
}

/// How the answer was reached.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Engine {
    /// `seatrial` and its version.
    pub version: String,
    /// `bfs`, `dfs` or `simulate`.
    pub strategy: String,
    /// Worker threads.
    pub workers: usize,
    /// Whether states are explored up to symmetry.
    pub symmetry: bool,
    /// Variables that were projected out.
    pub hidden: Vec<String>,
    /// The seed of a simulation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// A bound on the probability that a state was missed because its fingerprint was taken.
    pub collision_probability: f64,
    /// Bytes a visited state.
    pub bytes_per_state: f64,
    /// Bytes a state in the frontier when it was widest.
    pub bytes_per_frontier_state: f64,
    /// What the liveness check kept, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness: Option<LivenessCost>,
}

/// What the graph of a liveness check cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LivenessCost {
    /// Distinct states.
    pub states: u64,
    /// Edges.
    pub edges: u64,
    /// Bytes.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_violation_outweighs_an_undecided_question_and_that_outweighs_a_proof() {
        let (holds, violated) = (Decision::holds(), Decision::violated());
        let undecided = Decision::undecided("time");
        for (decisions, expected, code) in [
            (vec![], &holds, 0),
            (vec![&holds, &undecided, &holds], &undecided, 3),
            (vec![&undecided, &violated, &undecided], &violated, 1),
        ] {
            let all = Decision::all(decisions);
            assert_eq!((&all, all.exit_code()), (expected, code));
        }
    }
}
