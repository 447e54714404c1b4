//! Which code is modelled: 3.9.1 and what later code does in another way.

/// Something that a later release or a proposed change does in another way than 3.9.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// On NEWLEADER, the follower writes what it was synced with to disk before it updates
    /// `currentEpoch` (against ZK-4643).
    LogBeforeEpoch,
    /// On NEWLEADER, the follower waits until that is on disk before it acknowledges NEWLEADER
    /// (against ZK-4646).
    LogBeforeAckOfNewLeader,
    /// What is logged for NEWLEADER is acknowledged after NEWLEADER itself (against ZK-4685).
    AckNewLeaderFirst,
    /// On NEWLEADER, the follower logs and applies what the leader has committed, before it
    /// acknowledges NEWLEADER, and keeps the rest until UPTODATE (against ZK-3023 and ZK-4394).
    ApplyCommittedInSync,
    /// A COMMIT between NEWLEADER and UPTODATE is kept although its packet has been logged
    /// already (against ZK-4394, as the published specifications have it).
    KeepCommitInSync,
    /// The ACK of UPTODATE is not held against a follower that has not applied all (hides
    /// ZK-3023).
    LenientAckOfUpToDate,
    /// At a shutdown, `lastProcessed` is read after the logging queue is written to disk (against
    /// ZK-4712).
    DrainBeforeLastProcessed,
    /// A leader takes requests once a majority of all servers, itself left out, serves under it
    /// (as the published specifications have it; with three servers, ZK-4394 cannot occur then).
    RequestsAwaitFollowers,
    /// The epoch is updated in the step that acknowledges NEWLEADER, so that no crash comes between
    /// (hides ZK-4643 and leaves ZK-4646).
    EpochWithAck,
    /// What is applied in synchronization is left out of `committedLog` (ZK-4925, new in 3.9.3).
    ForgetAppliedInSync,
}

/// A set of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Code(u16);

impl Code {
    /// 3.9.1 with the final fixes of all bugs.
    pub const FIXED: Self = Self::with(&[
        Change::LogBeforeEpoch,
        Change::LogBeforeAckOfNewLeader,
        Change::AckNewLeaderFirst,
        Change::ApplyCommittedInSync,
        Change::DrainBeforeLastProcessed,
    ]);

    /// 3.9.1 with these changes.
    pub const fn with(changes: &[Change]) -> Self {
        let mut code = Self(0);
        let mut rest = changes;
        while let [change, others @ ..] = rest {
            code.0 |= 1 << *change as u8;
            rest = others;
        }
        code
    }

    /// The changes of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a change is in the code.
    pub(super) const fn has(self, change: Change) -> bool {
        self.0 >> change as u8 & 1 == 1
    }
}
