use crate::rules::testing::{holds, refines, stories, with};

const CALM: &[(&str, u64)] = &[("evictions", 0), ("failures", 0)];

#[test]
fn the_claims_hold() {
    holds("preemption", &with(&[]), 8_284);
    holds("preemption", &with(&[("high", 2), ("low", 2)]), 31_640);
}

/// As long as no binding fails and nobody evicts meanwhile, preemption is one step.
#[test]
fn one_step_shows_what_nominations_show() {
    refines("preemption", "atomic", CALM);
}

#[test]
fn each_fault_has_its_story() {
    let tight =
        &[("nodes", 1), ("low", 1), ("available", 0), ("evictions", 0), ("failures", 0)][..];
    stories(
        "preemption",
        &[
            ("ignores-nominations", tight, "NominatedRuns", 29),
            ("ignores-priority", &[], "NeverDownward", 6),
            ("no-assume", &[], "CapacityRespected", 7),
            ("ignores-budgets", &[], "BudgetsPreferred", 2),
            ("lagging-budget", &[], "BudgetRespected", 3),
            ("default-raised", tight, "ImportantRuns", 10),
        ],
    );
}
