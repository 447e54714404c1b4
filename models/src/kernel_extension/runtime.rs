//! What programs, the runtime and the watchdog do.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Flag, Object, Phase, State};
use super::{KernelExtension, Rule};
use crate::rules::{By, Rows, each, pairs};

const RUN: &[&str] = &["program"];
const OBJECT: &[&str] = &["program", "object"];
const RUNS: &[&str] = &["runs"];
const BOTH: &[&str] = &["runs", "objects"];
const ALL: &[&str] = &["runs", "objects", "wrongs"];

/// The run on the processor, if it is in such a phase.
fn current(s: &State, is: impl Fn(Phase) -> bool) -> Vec<[u8; 3]> {
    let current = s.current();
    each(s.runs.count(), |run| current == Some(run) && is(s.runs[run].phase))
}

/// A rule of programs about the run on the processor.
fn of_program(
    class: ActionClass,
    enabled: fn(&KernelExtension, &State) -> Vec<[u8; 3]>,
    effect: fn(&KernelExtension, &mut State, [u8; 3]),
) -> Rule {
    Rule::new(class, By::Of("program", 0), RUN, enabled, effect)
}

/// Programs that begin, call the kernel, panic, loop and return; and the watchdog.
pub(super) fn programs(p: &KernelExtension) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "programs");
    let count = p.bounds.runs;
    vec![
        of_program(
            class("Begin").caused_by(Cause::Input).guard(RUNS).modifies(RUNS),
            |_, s| {
                let active = |run: u8| s.runs[run].phase.is_active();
                each(s.runs.count(), |run| {
                    // A program is triggered, or interrupts the one before it.
                    s.runs[run].phase == Phase::Idle && (run == 0 || active(run - 1))
                })
            },
            |_, s, [run, ..]| s.runs[run].phase = Phase::Running,
        ),
        of_program(
            class("CallHelper").guard(RUNS).modifies(RUNS),
            |_, s| current(s, |phase| phase == Phase::Running),
            |_, s, [run, ..]| KernelExtension::enter(s, run, Phase::Helper),
        )
        .each(count),
        of_program(
            class("HelperReturns").guard(RUNS).modifies(RUNS),
            |_, s| current(s, |phase| phase == Phase::Helper),
            |p, s, [run, ..]| p.leave(s, run),
        )
        .each(count),
        of_program(
            class("Panic").caused_by(Cause::Fault).guard(RUNS).modifies(&["runs", "wrongs"]),
            |p, s| {
                let again = p.has("cleanup-panics");
                current(s, |phase| phase == Phase::Running || again && phase == Phase::Panicking)
            },
            |_, s, [run, ..]| {
                s.wrongs.panicked_again |= s.runs[run].phase == Phase::Panicking;
                KernelExtension::panic(s, run);
            },
        ),
        of_program(
            class("Return").guard(BOTH).modifies(RUNS),
            |_, s| {
                let holds = |run: u8| s.objects[run].iter().any(|object| object.guarded);
                let running = current(s, |phase| phase == Phase::Running);
                running.into_iter().filter(|&[run, ..]| !holds(run)).collect()
            },
            |_, s, [run, ..]| s.runs[run].phase = Phase::Returned { default: false },
        )
        .each(count),
        Rule::new(
            ActionClass::new("WatchdogFires", "watchdog").guard(RUNS).modifies(&["runs", "wrongs"]),
            By::One("watchdog"),
            RUN,
            |_, s| {
                let active = current(s, Phase::is_active);
                active.into_iter().filter(|&[run, ..]| !s.runs[run].late).collect()
            },
            |p, s, [run, ..]| p.fire(s, run),
        )
        .each(count),
    ]
}

/// How objects are acquired, dropped and cleaned up.
pub(super) fn objects(p: &KernelExtension) -> Vec<Rule> {
    let mut rules = vec![of_program(
        ActionClass::new("ObjectCountExceeded", "objects")
            .caused_by(Cause::Fault)
            .guard(BOTH)
            .modifies(RUNS),
        |p, s| {
            let full = p.is_full(s) && !p.has("registers-blindly");
            current(s, |phase| full && phase == Phase::Running)
        },
        |_, s, [run, ..]| KernelExtension::panic(s, run),
    )];
    rules.extend(if p.fine { steps(p) } else { at_once(p) });
    rules
}

/// Constructors, drop handlers and cleanups in one step each.
fn at_once(p: &KernelExtension) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "objects").guard(BOTH);
    let count = p.bounds.runs;
    vec![
        Rule::new(
            class("Acquire").modifies(BOTH),
            By::Of("program", 0),
            OBJECT,
            KernelExtension::acquirable,
            |_, s, [run, object, _]| {
                s.objects[run][object] = Object { taken: true, guarded: true, entry: true };
            },
        )
        .each(count),
        Rule::new(
            class("Drop").modifies(ALL),
            By::Of("program", 0),
            OBJECT,
            |_, s| droppable(s),
            |_, s, [run, object, _]| {
                release(s, run, object);
                s.objects[run][object] = Object::default();
            },
        )
        .each(count),
        of_program(
            class("CleanUpAll").modifies(ALL),
            |_, s| current(s, |phase| phase == Phase::Panicking),
            |p, s, [run, ..]| {
                for [of, object, _] in p.to_clean(s, run) {
                    clean(s, run, of, object);
                }
                p.land(s, run);
            },
        )
        .each(count),
    ]
}

/// Constructors, drop handlers and cleanups step by step.
#[expect(clippy::too_many_lines, reason = "a list: one entry a rule")]
fn steps(p: &KernelExtension) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "objects").guard(RUNS);
    let count = p.bounds.runs;
    vec![
        Rule::new(
            class("New").guard(BOTH).modifies(RUNS),
            By::Of("program", 0),
            OBJECT,
            KernelExtension::acquirable,
            |_, s, [run, object, _]| KernelExtension::enter(s, run, Phase::Acquiring(object)),
        )
        .each(count),
        of_program(
            class("Acquire").reads(RUNS).modifies(BOTH),
            |_, s| current(s, |phase| matches!(phase, Phase::Acquiring(_))),
            |p, s, [run, ..]| {
                if let Phase::Acquiring(object) = s.runs[run].phase {
                    s.objects[run][object].taken = true;
                    s.runs[run].phase = Phase::Registering(object);
                    // A check between the two: what was acquired is in no table yet.
                    if p.has("checks-before-registering") && s.runs[run].flag == Flag::Expired {
                        KernelExtension::panic(s, run);
                    }
                }
            },
        )
        .each(count),
        of_program(
            class("RegisterCleanup").guard(BOTH).reads(RUNS).modifies(BOTH),
            |_, s| current(s, |phase| matches!(phase, Phase::Registering(_))),
            |p, s, [run, ..]| {
                if let Phase::Registering(object) = s.runs[run].phase {
                    if s.entries() >= usize::from(p.bounds.entries) {
                        KernelExtension::panic(s, run);
                    } else {
                        s.objects[run][object].guarded = true;
                        s.objects[run][object].entry = true;
                        p.leave(s, run);
                    }
                }
            },
        )
        .each(count),
        Rule::new(
            class("Drop").guard(BOTH).modifies(RUNS),
            By::Of("program", 0),
            OBJECT,
            |_, s| droppable(s),
            |p, s, [run, object, _]| {
                KernelExtension::enter(s, run, Phase::Dropping(object));
                if p.has("drops-unprotected") {
                    s.runs[run].flag = Flag::Program;
                }
            },
        )
        .each(count),
        of_program(
            class("Release").reads(RUNS).modifies(ALL),
            |_, s| current(s, |phase| matches!(phase, Phase::Dropping(_))),
            |_, s, [run, ..]| {
                if let Phase::Dropping(object) = s.runs[run].phase {
                    release(s, run, object);
                    s.runs[run].phase = Phase::Deregistering(object);
                }
            },
        )
        .each(count),
        of_program(
            class("DeregisterCleanup").reads(RUNS).modifies(BOTH),
            |_, s| current(s, |phase| matches!(phase, Phase::Deregistering(_))),
            |p, s, [run, ..]| {
                if let Phase::Deregistering(object) = s.runs[run].phase {
                    s.objects[run][object] = Object::default();
                    p.leave(s, run);
                }
            },
        )
        .each(count),
        of_program(
            class("CleanUp").guard(BOTH).reads(BOTH).modifies(ALL),
            |p, s| {
                let panicking = current(s, |phase| phase == Phase::Panicking);
                panicking.into_iter().filter(|&[run, ..]| !p.to_clean(s, run).is_empty()).collect()
            },
            |p, s, [run, ..]| {
                if let Some(&[of, object, _]) = p.to_clean(s, run).first() {
                    clean(s, run, of, object);
                }
            },
        )
        .each(count),
        of_program(
            class("LandingPad").guard(BOTH).modifies(RUNS),
            |p, s| {
                let panicking = current(s, |phase| phase == Phase::Panicking);
                panicking.into_iter().filter(|&[run, ..]| p.to_clean(s, run).is_empty()).collect()
            },
            |p, s, [run, ..]| p.land(s, run),
        )
        .each(count),
    ]
}

/// The objects that the run on the processor may drop.
fn droppable(s: &State) -> Vec<[u8; 3]> {
    let running = |run: u8| s.current() == Some(run) && s.runs[run].phase == Phase::Running;
    let objects = s.objects.iter().map(Rows::count).max().unwrap_or(0);
    pairs((s.runs.count(), objects), |run, object| running(run) && s.objects[run][object].guarded)
}

/// An object goes back to the kernel.
fn release(s: &mut State, run: u8, object: u8) {
    let held = std::mem::replace(&mut s.objects[run][object].taken, false);
    s.wrongs.released_twice |= !held;
}

/// The panic handler of a run takes an entry.
fn clean(s: &mut State, run: u8, of: u8, object: u8) {
    release(s, of, object);
    s.objects[of][object].entry = false;
    // The guards of the run are forgotten with it; those of another one are not.
    s.objects[of][object].guarded &= of != run;
}

impl KernelExtension {
    /// An entry is kept for each constructor that has begun, also for one that is interrupted.
    fn is_full(&self, s: &State) -> bool {
        s.entries() + s.constructors() >= usize::from(self.bounds.entries)
    }

    /// The objects that the run on the processor may acquire.
    fn acquirable(&self, s: &State) -> Vec<[u8; 3]> {
        let running = |run: u8| s.current() == Some(run) && s.runs[run].phase == Phase::Running;
        let may = !self.is_full(s) || self.has("registers-blindly");
        pairs((self.bounds.runs, self.bounds.objects), |run, object| {
            may && running(run) && s.objects[run][object] == Object::default()
        })
    }

    /// A run goes into a kernel function or into the runtime.
    fn enter(s: &mut State, run: u8, phase: Phase) {
        s.runs[run].phase = phase;
        s.runs[run].flag = Flag::Protected;
    }

    /// A run comes back from there: the safe point.
    fn leave(&self, s: &mut State, run: u8) {
        let expired = s.runs[run].flag == Flag::Expired;
        s.runs[run].flag = Flag::Program;
        s.runs[run].phase = Phase::Running;
        if expired && !self.has("checks-back-edges") {
            Self::panic(s, run);
        }
    }

    fn panic(s: &mut State, run: u8) {
        let it = &mut s.runs[run];
        it.phase = Phase::Panicking;
        it.flag = Flag::Protected;
        it.panicked = true;
    }

    /// The watchdog terminates a run in its own code, and marks it elsewhere.
    fn fire(&self, s: &mut State, run: u8) {
        s.runs[run].late = true;
        let phase = s.runs[run].phase;
        if phase == Phase::Panicking {
            return;
        }
        let safe = s.runs[run].flag == Flag::Program;
        if safe || self.has("terminates-anywhere") {
            // Drop handlers are the program's own code where the runtime does not protect them.
            s.wrongs.in_helper |= !safe;
            Self::panic(s, run);
        } else {
            s.runs[run].flag = Flag::Expired;
        }
    }

    /// The entries that the panic handler of a run takes: those of the run.
    fn to_clean(&self, s: &State, run: u8) -> Vec<[u8; 3]> {
        let all = self.has("cleans-whole-table");
        pairs((self.bounds.runs, self.bounds.objects), |of, object| {
            (all || of == run) && s.objects[of][object].entry
        })
    }

    /// Control goes back to the kernel.
    fn land(&self, s: &mut State, run: u8) {
        let default = !self.has("keeps-value");
        s.runs[run].phase = Phase::Returned { default };
        s.runs[run].flag = Flag::Program;
    }
}
