use crate::rules::testing::{holds, refines, stories, with};

#[test]
fn the_claims_hold_for_one_conversation_and_for_two() {
    holds("supervisor", &with(&[("conversations", 1)]), 2_214);
    holds("supervisor", &with(&[]), 489_217);
}

#[test]
fn one_step_shows_what_calls_show() {
    refines("supervisor", "atomic", &[("conversations", 1)]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "supervisor",
        &[
            ("approval-stays", &[], "ApprovedOnce", 9),
            ("approves-any-plan", &[], "ApprovedOnce", 6),
            ("service-account", &[], "WithinRights", 5),
            ("asks-again", &[], "DenialIsFinal", 7),
            ("waits-for-ever", &[], "ConversationsEnd", 3),
        ],
    );
}
