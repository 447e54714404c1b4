//! The state: runs of programs on one processor, and the kernel objects that they hold.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// Where the run of a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// It has not been triggered.
    Idle,
    /// In the program's own code.
    Running,
    /// In a kernel function.
    Helper,
    /// In the constructor of an object, before the kernel gives it.
    Acquiring(u8),
    /// In the constructor of an object that the kernel has given.
    Registering(u8),
    /// In the drop handler of an object, before it is released.
    Dropping(u8),
    /// In the drop handler of an object that is released.
    Deregistering(u8),
    /// In the panic handler.
    Panicking,
    /// Back in the kernel, with the value that the program returned or with the default.
    Returned { default: bool },
}

/// What the runtime notes of a processor for a run (`rex_termination_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Flag {
    /// In the program's own code: it can be terminated.
    Program,
    /// In a kernel function or in the runtime: it cannot.
    Protected,
    /// It is to be terminated as soon as it can be.
    Expired,
}

/// A run of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) phase: Phase,
    pub(crate) flag: Flag,
    /// The watchdog has seen that it takes too long.
    pub(crate) late: bool,
    /// It panicked or was terminated.
    pub(crate) panicked: bool,
}

/// An object of the kernel, as one run knows it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Object {
    /// The kernel has given it and has not got it back.
    pub(crate) taken: bool,
    /// The program holds its guard.
    pub(crate) guarded: bool,
    /// The table of the processor has a valid cleanup entry for it.
    pub(crate) entry: bool,
}

/// What must not happen, once it has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wrongs {
    /// An object was released that was not held.
    pub(crate) released_twice: bool,
    /// A run was terminated within a kernel function or within the runtime.
    pub(crate) in_helper: bool,
    /// The panic handler panicked.
    pub(crate) panicked_again: bool,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) runs: Var<0, Rows<Run>>,
    /// The objects of each run.
    pub(crate) objects: Var<1, Rows<Rows<Object>>>,
    pub(crate) wrongs: Var<2, Wrongs>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let run = Run { phase: Phase::Idle, flag: Flag::Program, late: false, panicked: false };
        let objects = Rows::new(bounds.objects, Object::default());
        Self {
            runs: Var::new(Rows::new(bounds.runs, run)),
            objects: Var::new(Rows::new(bounds.runs, objects)),
            wrongs: Var::default(),
        }
    }

    /// The run on the processor: the innermost that has begun and not returned.
    pub(crate) fn current(&self) -> Option<u8> {
        (0..self.runs.count()).rev().find(|&run| self.runs[run].phase.is_active())
    }

    /// The valid entries of the processor's table.
    pub(crate) fn entries(&self) -> usize {
        let objects = self.objects.iter().flat_map(|of| of.iter());
        objects.filter(|object| object.entry).count()
    }

    /// The constructors that an entry is kept for.
    pub(crate) fn constructors(&self) -> usize {
        let constructs =
            |run: &Run| matches!(run.phase, Phase::Acquiring(_) | Phase::Registering(_));
        self.runs.iter().filter(|run| constructs(run)).count()
    }
}

impl Phase {
    pub(crate) fn is_active(self) -> bool {
        !matches!(self, Self::Idle | Self::Returned { .. })
    }
}
