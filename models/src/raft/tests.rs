use crate::rules::testing::{Bounds, check, holds, refines, with};
use seatrial_explore::Selection;

/// In one step a message and its answer, or messages one by one.
fn selected(composition: &str, variant: Option<&str>, bounds: Bounds<'_>) -> Selection {
    let composition = (composition != "messages").then(|| composition.to_owned());
    Selection { composition, variant: variant.map(str::to_owned), ..with(bounds) }
}

#[test]
fn the_claims_hold_with_messages() {
    let one = &[("timeouts", 1), ("writes", 1), ("losses", 1)][..];
    holds("raft", &selected("messages", None, one), 35_467);
    let doubled = &[("timeouts", 1), ("writes", 1), ("restarts", 1), ("duplicates", 1)][..];
    holds("raft", &selected("messages", None, doubled), 363_698);
    holds(
        "raft",
        &selected("messages", None, &[("timeouts", 1), ("writes", 1), ("reads", 1)]),
        128_467,
    );
}

#[test]
fn the_claims_hold_in_single_steps() {
    holds("raft", &selected("atomic", None, &[("writes", 1)]), 21_826);
    holds("raft", &selected("atomic", None, &[("writes", 1), ("restarts", 1)]), 83_282);
    holds("raft", &selected("atomic", None, &[("timeouts", 3), ("reads", 1)]), 147_629);
}

/// What the faults of reads and elections break holds without them, under leases and with `PreVote`.
#[test]
fn the_claims_hold_with_leases_and_pre_vote() {
    holds("raft", &selected("atomic", None, &[("reads", 1), ("leases", 1)]), 143_233);
    let asked = &[("timeouts", 1), ("writes", 1), ("pre-vote", 1)][..];
    holds("raft", &selected("messages", None, asked), 65_767);
}

#[test]
fn members_are_changed_one_by_one_and_jointly() {
    let one = &[("servers", 4), ("changes", 1)][..];
    holds("raft", &selected("atomic", None, one), 195_236);
    holds("raft", &selected("atomic", None, &[("joint", 1), ("changes", 1)]), 121_423);
}

/// What clients see, and who leads, is the same with messages and without.
#[test]
fn single_steps_show_what_messages_show() {
    refines("raft", "atomic", &[("timeouts", 1), ("writes", 1)]);
}

#[test]
fn each_fault_has_its_story() {
    let stories: &[(&str, &str, Bounds<'_>, &str, usize)] = &[
        ("forgets-vote", "atomic", &[("restarts", 1)], "MoreThanOneLeaderInv", 4),
        ("votes-for-any-log", "atomic", &[], "MoreUpToDateCorrectInv", 4),
        ("counts-older-terms", "atomic", &[("timeouts", 4)], "MoreUpToDateCorrectInv", 6),
        ("skips-check", "atomic", &[("writes", 1)], "QuorumLogInv", 5),
        ("answers-before-sync", "atomic", &[("timeouts", 1)], "CommittedIsDurableInv", 3),
        (
            "changes-before-own-commit",
            "atomic",
            &[("servers", 4), ("members", 4), ("timeouts", 3), ("changes", 2)],
            "MoreUpToDateCorrectInv",
            7,
        ),
        (
            "leaves-joint-early",
            "atomic",
            &[("timeouts", 3), ("joint", 1), ("changes", 1)],
            "QuorumLogInv",
            5,
        ),
        ("skips-joint", "atomic", &[("joint", 1), ("changes", 1)], "QuorumLogInv", 4),
        ("reads-before-own-commit", "atomic", &[("reads", 1)], "ReadsAreLinearizable", 6),
        ("reads-unconfirmed", "atomic", &[("reads", 1)], "ReadsAreLinearizable", 7),
        ("clocks-drift", "atomic", &[("reads", 1), ("leases", 1)], "ReadsAreLinearizable", 9),
    ];
    for &(variant, composition, bounds, property, states) in stories {
        let report = check("raft", &selected(composition, Some(variant), bounds));
        let story = report.trace.map(|trace| trace.depth());
        let found = (report.property.as_deref(), story);
        assert_eq!(found, (Some(property), Some(states)), "{variant}");
    }
}
