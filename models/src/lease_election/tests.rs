use crate::rules::testing::{holds, refines, stories, with};

#[test]
fn the_claims_hold_for_two_electors_and_for_three() {
    holds("lease-election", &with(&[]), 62_882);
    holds("lease-election", &with(&[("electors", 3), ("crashes", 0), ("releases", 0)]), 603_820);
}

#[test]
fn one_step_shows_what_reading_and_writing_show() {
    refines("lease-election", "atomic", &[("crashes", 0), ("releases", 0)]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "lease-election",
        &[
            ("unfenced", &[], "ActsInOrder", 14),
            ("slow-clock", &[], "OneLeads", 8),
            ("trusts-renew-time", &[], "OneLeads", 5),
            ("own-duration", &[], "OneLeads", 6),
            ("never-stops", &[], "OneLeads", 8),
            ("releases-early", &[], "ActsInOrder", 10),
            ("waits-for-release", &[], "SomebodyLeads", 21),
            ("writes-blindly", &[], "OneLeads", 8),
        ],
    );
}
