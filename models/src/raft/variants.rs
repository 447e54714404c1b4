//! The faults that must be found.

use seatrial_explore::Variant;

use crate::rules::variant;

/// All variants; the first is what is claimed.
pub(super) fn all() -> Vec<Variant> {
    vec![
        variant("raft", "as published, with the corrections that came later", &[]),
        variant(
            "forgets-vote",
            "a vote does not outlast a restart",
            &["MoreThanOneLeaderInv", "ElectionSafetyInv"],
        ),
        variant(
            "votes-for-any-log",
            "servers vote for candidates that lack what they have",
            &["LogInv", "LeaderCompletenessInv", "MoreUpToDateCorrectInv"],
        ),
        variant(
            "counts-older-terms",
            "leaders commit entries of earlier terms by counting them (figure 8 of the Raft paper)",
            &["LogInv", "LeaderCompletenessInv", "MoreUpToDateCorrectInv"],
        ),
        variant(
            "skips-check",
            "followers take an entry without having the one before it",
            &["LogMatchingInv"],
        ),
        variant(
            "never-steps-back",
            "leaders send the same entry again to those who lack an earlier one",
            &["WritesCommit"],
        ),
        variant(
            "answers-before-sync",
            "entries are acknowledged before they are durable",
            &["CommittedIsDurableInv", "QuorumLogInv"],
        ),
        variant(
            "changes-before-own-commit",
            "a leader changes the members before an entry of its term is committed (raft-dev, 2015)",
            &["LogInv", "QuorumLogInv", "LeaderCompletenessInv"],
        ),
        variant(
            "leaves-joint-early",
            "a joint change is left before it is committed (camunda/camunda#60086)",
            &["LogInv", "QuorumLogInv", "MoreThanOneLeaderInv"],
        ),
        variant(
            "skips-joint",
            "several members are changed at once without a joint change",
            &["LogInv", "QuorumLogInv", "MoreThanOneLeaderInv"],
        ),
        variant(
            "reads-before-own-commit",
            "a leader reads before an entry of its term is committed (etcd-io/etcd#7331)",
            &["ReadsAreLinearizable"],
        ),
        variant(
            "reads-unconfirmed",
            "a leader reads without asking whether it still leads",
            &["ReadsAreLinearizable"],
        ),
        variant(
            "clocks-drift",
            "a lease outlasts the promises behind it, by clocks of different rates",
            &["ReadsAreLinearizable"],
        ),
    ]
}
