//! What a proof concluded.

use serde::Serialize;

/// The answer to a question that has a proof or a counterexample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict<W> {
    /// Proven within the stated bounds.
    Holds,
    /// Refuted, by a witness that was replayed.
    Violated {
        /// The concrete request, placement or step sequence.
        witness: W,
    },
    /// Neither: a limit was reached, or a part cannot be modelled. Never shown as safe.
    Undecided {
        /// Why.
        reason: String,
    },
}

/// A limit under which a verdict was reached, printed with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bound {
    /// What is limited, such as `evaluation steps per policy`.
    pub name: String,
    /// The limit, with its unit, such as `10000000`.
    pub value: String,
}
