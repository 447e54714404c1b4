//! References between objects: what one manifest says of another must be so.
//!
//! A rule is one file and one line of [`REFERENCES`]. What a reference points at may live outside
//! the inspected files, so its absence is a note, unless the world is closed or something shows
//! that it was meant to be among them.

mod blocked_eviction;
mod common;
mod missing_config;
mod scale_target_missing;
mod service_without_pods;
mod target_port_not_exposed;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Index;

use crate::Rule;

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The inspected objects and what resolves references between them.
    pub index: &'a Index<'a>,
    /// Whether the inspected objects are all there will be, so that what is not among them is
    /// missing.
    pub closed_world: bool,
}

impl Context<'_> {
    /// How bad it is that something is not among the inspected objects.
    const fn absence(&self) -> Severity {
        if self.closed_world { Severity::Error } else { Severity::Note }
    }
}

/// A rule on references between objects.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// What the rule says about itself.
    pub rule: &'static Rule,
    /// Adds its findings, in an order that the objects determine.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
}

/// All rules on references, by id.
pub static REFERENCES: &[Reference] = &[
    Reference { rule: &blocked_eviction::RULE, check: blocked_eviction::check },
    Reference { rule: &missing_config::RULE, check: missing_config::check },
    Reference { rule: &scale_target_missing::RULE, check: scale_target_missing::check },
    Reference { rule: &service_without_pods::RULE, check: service_without_pods::check },
    Reference { rule: &target_port_not_exposed::RULE, check: target_port_not_exposed::check },
];

#[cfg(test)]
mod tests;
