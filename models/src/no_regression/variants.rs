//! The variants: what is claimed, each assumption dropped alone, and what the public agent does
//! otherwise.

use seatrial_explore::Variant;

/// What is wrong with the code that is modelled.
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// A1 dropped: nobody asks for the lock.
    pub(super) no_lock: bool,
    /// A2 dropped: an undo operation may leave another value than there was.
    pub(super) unfaithful_undo: bool,
    /// A3 dropped: one command more than the window allows.
    pub(super) no_window: bool,
    /// A4 dropped: others write between checkpoint and commit.
    pub(super) noisy_environment: bool,
    /// D1: the last attempt is submitted whatever validation says.
    pub(super) submits_anyway: bool,
    /// D2: the undo operation is pushed after the command, and only if it ends well.
    pub(super) pushes_late: bool,
    /// D3: the undo operation is popped before it is carried out, and lost if that fails.
    pub(super) pops_early: bool,
    /// D4: validation asks whether all is well, not whether it is no worse.
    pub(super) all_or_nothing: bool,
    /// D5: an object is applied again while the deleted one is still terminating.
    pub(super) hasty_recreation: bool,
    /// D6: undo goes through `strategy: Recreate`.
    pub(super) recreates: bool,
    /// D7: a command that writes is on the list of safe ones.
    pub(super) drain_is_safe: bool,
    /// The lock is not released when a transaction is undone.
    pub(super) keeps_lock: bool,
}

impl Faults {
    /// Those of a variant.
    pub(super) fn of(variant: &str) -> Self {
        let is = |name: &str| variant == name;
        Self {
            no_lock: is("without-a1"),
            unfaithful_undo: is("without-a2"),
            no_window: is("without-a3"),
            noisy_environment: is("without-a4"),
            submits_anyway: is("d1"),
            pushes_late: is("d2"),
            pops_early: is("d3"),
            all_or_nothing: is("d4"),
            hasty_recreation: is("d5"),
            recreates: is("d6"),
            drain_is_safe: is("d7"),
            keeps_lock: is("keeps-lock"),
        }
    }
}

/// All variants; the first is what is claimed.
pub(super) fn all() -> Vec<Variant> {
    let variant = |name, summary, breaks| Variant { name, summary, breaks };
    vec![
        variant("claimed", "with the assumptions A1 to A4", &[]),
        variant(
            "without-a1",
            "writers do not exclude each other",
            &["WriterExclusivity", "NoRegression", "FaithfulAbort"],
        ),
        variant(
            "without-a2",
            "undo may leave another value than there was",
            &["FaithfulAbort", "NoRegression"],
        ),
        variant("without-a3", "a transaction has no bound on its commands", &["BoundedWindow"]),
        variant(
            "without-a4",
            "others write between checkpoint and commit",
            &["NoRegression", "FaithfulAbort"],
        ),
        variant("d1", "the last attempt is submitted without rollback", &["NoRegression"]),
        variant(
            "d2",
            "undo is pushed after execution: a command that takes effect and errs leaves none",
            &["FaithfulAbort", "NoRegression"],
        ),
        variant(
            "d3",
            "undo is popped, then carried out: a failure loses it",
            &["FaithfulAbort", "NoRegression"],
        ),
        variant(
            "d4",
            "commits only if all is well: a partial improvement is undone",
            &["OnlyRegressionsUndone"],
        ),
        variant(
            "d5",
            "undo applies an object again while the deleted one is terminating",
            &["FaithfulAbort", "NoRegression"],
        ),
        variant("d6", "undo goes through `strategy: Recreate`", &["BoundedRisk"]),
        variant("d7", "`kubectl drain` is on the list of safe commands", &["ReadersNeverWrite"]),
        variant("keeps-lock", "an undone transaction keeps the lock", &["Termination"]),
    ]
}
