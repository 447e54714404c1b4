use crate::rules::testing::{holds, refines, stories, with};

#[test]
fn the_claims_hold_for_one_program_and_for_two() {
    holds("kernel-extension", &with(&[("programs", 1), ("entries", 1)]), 35);
    holds("kernel-extension", &with(&[]), 1_392);
}

#[test]
fn one_step_shows_what_many_show() {
    refines("kernel-extension", "atomic", &[]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "kernel-extension",
        &[
            ("checks-before-registering", &[], "NothingLeaks", 6),
            ("registers-blindly", &[], "NothingLeaks", 13),
            ("drops-unprotected", &[], "ReleasedOnce", 9),
            ("cleans-whole-table", &[], "ReleasedOnce", 10),
            ("terminates-anywhere", &[], "HelpersComplete", 4),
            ("cleanup-panics", &[], "CleanupNeverPanics", 4),
            ("keeps-value", &[], "DefaultAfterPanic", 4),
            ("checks-back-edges", &[], "RunsEnd", 31),
        ],
    );
}
