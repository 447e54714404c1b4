//! What is claimed.

use seatrial_explore::Property;

use super::KernelExtension;
use super::state::{Phase, State};
use crate::rules::Machine;

type Claim = crate::rules::Claim<KernelExtension>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<KernelExtension>>> {
    vec![
        Claim::always(
            ("ReleasedOnce", "no object is released that is not held", &["wrongs"]),
            |_, s| !s.wrongs.released_twice,
        ),
        Claim::always(
            ("NothingLeaks", "a program that has returned holds no object", &["runs", "objects"]),
            |_, s| {
                s.runs.iter().zip(s.objects.iter()).all(|(run, objects)| {
                    !matches!(run.phase, Phase::Returned { .. })
                        || !objects.iter().any(|it| it.taken)
                })
            },
        ),
        Claim::always(
            (
                "HelpersComplete",
                "no program is terminated within a kernel function or the runtime",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.in_helper,
        ),
        Claim::always(
            ("CleanupNeverPanics", "the panic handler does not panic", &["wrongs"]),
            |_, s| !s.wrongs.panicked_again,
        ),
        Claim::always(
            (
                "DefaultAfterPanic",
                "a program returns the default value just if it panicked or was terminated",
                &["runs"],
            ),
            |_, s| {
                s.runs.iter().all(|run| match run.phase {
                    Phase::Returned { default } => default == run.panicked,
                    _ => true,
                })
            },
        ),
        Claim::leads_to(
            ("RunsEnd", "every run returns to the kernel", &["runs"]),
            |_, s| !have_ended(s),
            |_, s| have_ended(s),
        ),
        Claim::sometimes(
            ("CanCleanUp", "a program may panic while it holds an object", &["runs", "objects"]),
            |_, s| {
                s.runs.iter().zip(s.objects.iter()).any(|(run, objects)| {
                    run.phase == Phase::Panicking && objects.iter().any(|it| it.taken)
                })
            },
        ),
    ]
}

fn have_ended(s: &State) -> bool {
    s.current().is_none()
}
