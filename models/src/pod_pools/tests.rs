use crate::rules::testing::{holds, refines, stories, with};

#[test]
fn the_claims_hold() {
    holds("pod-pools", &with(&[]), 898);
    holds("pod-pools", &with(&[("requests", 3), ("functions", 3), ("quota", 3)]), 49_760);
}

/// One request at a time: those that start together may start in any order only in steps.
#[test]
fn one_step_shows_what_a_cold_start_shows() {
    refines("pod-pools", "atomic", &[("requests", 1)]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "pod-pools",
        &[
            ("expiry-races", &[], "AssignedNotKilled", 11),
            ("key-ignores-runtime", &[], "RuntimeFits", 5),
            ("reuses-without-reset", &[], "OneFunction", 10),
            ("counts-late", &[], "QuotaRespected", 5),
            ("refills-first", &[("quota", 1)], "RequestsStart", 6),
        ],
    );
}
