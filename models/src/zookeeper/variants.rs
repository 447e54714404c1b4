//! The variants: releases, proposed changes, and mutants.

use super::code::{Change, Code};

/// A seeded fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// One server less than a majority counts as a quorum.
    SmallQuorum,
    /// A leader takes over the highest accepted epoch instead of the next one.
    EpochNotIncremented,
    /// A leader chooses the epoch after its own, whatever its followers have accepted.
    EpochOfLeaderOnly,
    /// The server with the highest number is elected, whatever its history.
    StaleLeader,
    /// A follower writes another value than was proposed.
    ProposalCorrupted,
    /// A leader writes another value than it proposes.
    LeaderLogsOther,
    /// A leader does not send every second proposal to its first learner.
    ProposalLost,
    /// A follower does not cut its log as told.
    TruncIgnored,
    /// A leader leaves out the first transaction that a learner lacks.
    SyncSkipsFirst,
    /// A follower logs what it is synced with in the reverse order.
    SyncReversed,
    /// A leader synchronizes each learner twice.
    SyncTwice,
    /// A leader has its followers commit the initial history before it does so itself.
    LeaderCommitsLate,
    /// A follower acknowledges the epoch before the one that NEWLEADER names.
    AckOfOldEpoch,
    /// A follower acknowledges each proposal twice.
    AckTwice,
    /// A server that starts reads the last transaction of its log with another value.
    TornWrite,
    /// A leader numbers every second transaction in the epoch after its own.
    EpochAhead,
    /// A leader has its learners commit its last proposal instead of the one that a quorum acknowledged.
    CommitOfLast,
}

/// A release or a proposed change: its name, what it is, and what it changes in 3.9.1.
pub(super) type Release = (&'static str, &'static str, Code);

use Change::{
    AckNewLeaderFirst, ApplyCommittedInSync, DrainBeforeLastProcessed, EpochWithAck,
    ForgetAppliedInSync, KeepCommitInSync, LenientAckOfUpToDate, LogBeforeAckOfNewLeader,
    LogBeforeEpoch, RequestsAwaitFollowers,
};

/// The releases and the proposed changes; the first is the default.
#[rustfmt::skip]
pub(super) const RELEASES: [Release; 8] = [
    ("3.9.1", "the release that the paper examined", Code::with(&[])),
    ("pr-1848", "proposed for ZK-3023: sync and commit the diff before NEWLEADER is acknowledged",
        Code::with(&[LogBeforeAckOfNewLeader, AckNewLeaderFirst, ApplyCommittedInSync])),
    ("pr-1930", "proposed for ZK-4643: the diff is on disk before the epoch is updated",
        Code::with(&[LogBeforeEpoch, LogBeforeAckOfNewLeader])),
    ("pr-1993", "proposed for ZK-4646 and ZK-4685: the diff is on disk before NEWLEADER is acknowledged, and acknowledged after it",
        Code::with(&[LogBeforeAckOfNewLeader, AckNewLeaderFirst])),
    ("pr-2111", "merged for ZK-4785 in 3.9.2: first the diff on disk, then the epoch, then the acknowledgment",
        Code::with(&[LogBeforeEpoch, LogBeforeAckOfNewLeader, AckNewLeaderFirst])),
    ("3.9.3", "with the fixes of 3.9.2 and 3.9.3, which leave holes in the committed log in memory",
        Code::FIXED.and(Code::with(&[ForgetAppliedInSync]))),
    ("fixed", "with the final fixes of all bugs", Code::FIXED),
    ("published", "as the published specifications have it: 3.9.1 without ZK-4394",
        Code::with(&[KeepCommitInSync, RequestsAwaitFollowers])),
];

/// The known bugs that can be masked: name, what it is, what masks it.
#[rustfmt::skip]
pub(super) const MASKS: [(&str, &str, Code); 6] = [
    ("ZK-3023", "the leader takes the ACK of UPTODATE before the follower has applied its diff",
        Code::with(&[LenientAckOfUpToDate])),
    ("ZK-4394", "a COMMIT between NEWLEADER and UPTODATE finds no packet",
        Code::with(&[KeepCommitInSync])),
    ("ZK-4643", "the epoch is updated before the diff is on disk",
        Code::with(&[EpochWithAck])),
    ("ZK-4646", "NEWLEADER is acknowledged before the diff is on disk",
        Code::with(&[LogBeforeAckOfNewLeader])),
    ("ZK-4685", "the ACK of a proposal overtakes that of NEWLEADER",
        Code::with(&[AckNewLeaderFirst])),
    ("ZK-4712", "lastProcessed is read before the logging queue is written to disk",
        Code::with(&[DrainBeforeLastProcessed])),
];

/// The mutants: name, fault, what it is. The catalogue says which invariants they break.
#[rustfmt::skip]
pub(super) const MUTANTS: [(&str, Mutant, &str); 17] = [
    ("small-quorum", Mutant::SmallQuorum,
        "one server less than a majority counts as a quorum"),
    ("epoch-not-incremented", Mutant::EpochNotIncremented,
        "a leader takes over the highest accepted epoch instead of the next one"),
    ("epoch-of-leader-only", Mutant::EpochOfLeaderOnly,
        "a leader chooses the epoch after its own, whatever its followers have accepted"),
    ("stale-leader", Mutant::StaleLeader,
        "the server with the highest number is elected, whatever its history"),
    ("proposal-corrupted", Mutant::ProposalCorrupted,
        "a follower writes another value than was proposed"),
    ("leader-logs-other", Mutant::LeaderLogsOther,
        "a leader writes another value than it proposes"),
    ("proposal-lost", Mutant::ProposalLost,
        "a leader does not send every second proposal to its first learner"),
    ("trunc-ignored", Mutant::TruncIgnored,
        "a follower does not cut its log as told"),
    ("sync-skips-first", Mutant::SyncSkipsFirst,
        "a leader leaves out the first transaction that a learner lacks"),
    ("sync-reversed", Mutant::SyncReversed,
        "a follower logs what it is synced with in the reverse order"),
    ("sync-twice", Mutant::SyncTwice,
        "a leader synchronizes each learner twice"),
    ("leader-commits-late", Mutant::LeaderCommitsLate,
        "a leader has its followers commit the initial history before it does so itself"),
    ("ack-of-old-epoch", Mutant::AckOfOldEpoch,
        "a follower acknowledges the epoch before the one that NEWLEADER names"),
    ("ack-twice", Mutant::AckTwice,
        "a follower acknowledges each proposal twice"),
    ("torn-write", Mutant::TornWrite,
        "a server that starts reads the last transaction of its log with another value"),
    ("epoch-ahead", Mutant::EpochAhead,
        "a leader numbers every second transaction in the epoch after its own"),
    ("commit-of-last", Mutant::CommitOfLast,
        "a leader has its learners commit its last proposal instead of the one that a quorum acknowledged"),
];
