use crate::rules::testing::{holds, refines, stories, with};

const SMALL: &[(&str, u64)] = &[("hosts", 2), ("machines", 3)];

#[test]
fn the_claims_hold() {
    holds("rescheduling", &with(SMALL), 1_082);
    holds("rescheduling", &with(&[]), 83_673);
}

/// Where machines are does not show whether they were copied or moved in one step.
#[test]
fn one_step_shows_what_copies_show() {
    refines("rescheduling", "atomic", SMALL);
    refines("rescheduling", "atomic", &[("machines", 3)]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "rescheduling",
        &[
            ("unchecked-room", &[], "CapacityRespected", 6),
            ("frees-early", &[], "CapacityRespected", 7),
            ("forgets-count", &[], "MigrationsBounded", 10),
            ("any-plan", &[], "FewerFragments", 8),
            ("waits-for-room", &[], "PlansEnd", 5),
            ("keeps-reservation", &[], "PlansEnd", 6),
        ],
    );
}
