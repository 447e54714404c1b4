//! What `--fix` or `--diff` did.

use std::collections::BTreeMap;

use seatrial_core::{Location, ResourceId};
use serde::Serialize;

/// What fixing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fixes {
    /// How many findings are fixed.
    pub applied: usize,
    /// How many of each rule.
    pub by_rule: BTreeMap<String, usize>,
    /// The files that change, by path.
    pub files: Vec<String>,
    /// Fixes that were tried and not applied.
    pub refused: Vec<RefusedFix>,
    /// How many findings that are left can be fixed with `--unsafe`.
    pub with_unsafe: usize,
}

/// A fix that was tried and not applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFix {
    /// Id of the rule.
    pub rule: String,
    /// Where the finding is.
    pub location: Location,
    /// The object concerned, where it is part of one.
    pub resource: Option<ResourceId>,
    /// JSON pointer into the object.
    pub pointer: Option<String>,
    /// Why it was not applied, as a lower-case fragment.
    pub reason: String,
}
