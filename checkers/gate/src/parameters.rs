//! Files of systems other than Kubernetes: their parameters.

use std::sync::Arc;

use seatrial_core::{Finding, Severity, SourceFile};
use seatrial_learn::systems::{Knowledge, learned, rules};
use seatrial_parse::ProblemKind;
use seatrial_parse::settings::{self, Skipped};

pub use seatrial_learn::systems::System;

/// The most skipped parts that are named one by one.
const MOST_NAMED: usize = 3;

/// What is wrong with a configuration of a system.
pub(crate) fn check(file: &Arc<SourceFile>, system: System) -> Vec<Finding> {
    let read = settings::read(file.text(), system.dialect_of(file.text()));
    let problems = read.problems.iter().map(|problem| {
        let rule = match problem.kind {
            ProblemKind::DuplicateKey => &rules::REPEATED,
            _ => &rules::INVALID,
        };
        let location = file.location(problem.span);
        let mut finding =
            Finding::new(rule.id.clone(), rule.severity, location, problem.message.as_str());
        if let Some((span, what)) = &problem.related {
            finding = finding.related_to(file.location(*span), what.as_str());
        }
        match &problem.help {
            Some(help) => finding.help(help.as_str()),
            None => finding,
        }
    });
    let knowledge = Knowledge::learned(system, learned::shipped()).with_names();
    let alarms = knowledge.check(file, &read).into_iter().map(|alarm| alarm.finding);
    problems.chain(skipped(file, &read.skipped)).chain(alarms).collect()
}

/// Says what is left out on purpose: one note a file.
fn skipped(file: &SourceFile, skipped: &[Skipped]) -> Option<Finding> {
    let first = skipped.first()?;
    let named: Vec<_> = skipped.iter().take(MOST_NAMED).map(|part| part.what.as_str()).collect();
    let more = match skipped.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("not looked at: {}{more}", named.join(", "));
    let rule = &rules::SKIPPED;
    Some(Finding::new(rule.id.clone(), Severity::Note, file.location(first.span), message))
}
