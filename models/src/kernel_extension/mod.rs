//! Extensions of a kernel in a safe language: they acquire, panic, are terminated and cleaned up.
//!
//! After Rex (arXiv 2502.18832) and its public code: kernel objects are released by drop handlers, or
//! by the panic handler from a table of cleanup entries; a watchdog terminates what runs too long,
//! outside kernel functions only. The README says what is modelled.

mod claims;
mod runtime;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Phase, State};

type Rule = crate::rules::Rule<KernelExtension>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Programs, each of which may interrupt the one before it.
    runs: u8,
    objects: u8,
    entries: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct KernelExtension {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl KernelExtension {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for KernelExtension {
    type State = State;
    const VARIABLES: &'static [&'static str] = &["runs", "objects", "wrongs"];

    fn description() -> Description {
        Description {
            name: "kernel-extension",
            summary: "programs in a kernel leave nothing behind when they panic or are terminated",
            modules: vec![
                plain("programs", "programs begin, call the kernel, panic and return"),
                plain("watchdog", "a timer terminates what runs too long"),
                module(
                    "objects",
                    &[
                        ("coarse", "objects are acquired, dropped and cleaned up in one step"),
                        (BASELINE, "constructors, drop handlers and cleanups step by step"),
                    ],
                ),
            ],
            merged: &[],
            paths: &["models/src/kernel_extension/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "objects change hands in one step, for work on programs and the watchdog",
                grains: vec![("objects", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("programs", "programs on the processor, each within the other", (2, 1, 3)),
                bound("objects", "kernel objects that each program may hold", (2, 1, 3)),
                bound("entries", "cleanup entries of the processor", (2, 1, 8)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let (runs, objects) = (bound("programs"), bound("objects"));
        let bounds = Bounds { runs, objects, entries: bound("entries") };
        let fine = configuration.grain("objects") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = runtime::programs(self);
        rules.extend(runtime::objects(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Which programs run, panic and have returned what, and whether anything went wrong.
    fn observation(&self, s: &State) -> Option<Value> {
        let runs = s.runs.peek().iter().map(|run| match run.phase {
            Phase::Idle => "idle",
            Phase::Panicking => "panicking",
            Phase::Returned { default: true } => "default",
            Phase::Returned { default: false } => "returned",
            _ => "running",
        });
        Some(json!([runs.collect::<Vec<_>>(), s.wrongs.peek()]))
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("protected", "the runtime is protected, and each run has entries of its own", &[]),
        variant(
            "checks-before-registering",
            "the flag is checked between acquiring an object and registering its cleanup",
            &["NothingLeaks"],
        ),
        variant(
            "registers-blindly",
            "that the table is full is found after the object is acquired",
            &["NothingLeaks"],
        ),
        variant(
            "drops-unprotected",
            "a drop handler can be terminated, and what it released is cleaned up again",
            &["ReleasedOnce"],
        ),
        variant(
            "cleans-whole-table",
            "the panic handler of a nested program takes the entries of the outer one",
            &["ReleasedOnce"],
        ),
        variant(
            "terminates-anywhere",
            "the watchdog terminates a program within a kernel function",
            &["HelpersComplete", "NothingLeaks"],
        ),
        variant("cleanup-panics", "cleanup code panics", &["CleanupNeverPanics"]),
        variant("keeps-value", "the landing pad returns what is there", &["DefaultAfterPanic"]),
        variant(
            "checks-back-edges",
            "the flag is checked where loops jump back, and not where kernel functions return",
            &["RunsEnd"],
        ),
    ]
}
