//! Jobs, their tasks, and executors that crash.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Executor, Progress, Stage, State};
use super::{Rule, ServerlessScaling, TASKS};
use crate::rules::{By, each};

const TASK: &[&str] = &["task"];
const EXECUTOR: &[&str] = &["executor"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "jobs").guard(&["tasks", "executors"]).modifies(&["tasks", "executors"])
}

/// What happens to jobs.
pub(super) fn rules(p: &ServerlessScaling) -> Vec<Rule> {
    let executors = p.executors();
    let mut rules = vec![
        Rule::new(
            class("Submit").caused_by(Cause::Input),
            By::One("user"),
            &["job"],
            |p, s| each(p.bounds.jobs, |job| s.tasks[job * TASKS].progress == Progress::New),
            |_, s, [job, ..]| {
                for task in job * TASKS..(job + 1) * TASKS {
                    s.tasks[task].progress = Progress::Pending;
                }
            },
        ),
        Rule::new(
            class("Assign"),
            By::One("job executor"),
            TASK,
            |_, s| s.tasks.those_numbered(|task, _| is_next(s, task) && free(s).is_some()),
            |_, s, [task, ..]| {
                if let Some(executor) = free(s) {
                    s.executors[executor].task = Some(task);
                    s.tasks[task].progress = Progress::Running;
                }
            },
        )
        .each(p.bounds.jobs * TASKS),
        Rule::new(
            class("TakeEffect"),
            By::Of("executor", 0),
            EXECUTOR,
            |_, s| runs(s, Progress::Running),
            |p, s, [executor, ..]| {
                let Some(task) = s.executors[executor].task else { return };
                let row = &mut s.tasks[task];
                row.progress = Progress::Effective;
                // What a task does is known by its number: a second run finds it done.
                row.effects = if p.has("reruns-tasks") { row.effects + 1 } else { 1 };
            },
        )
        .each(executors),
        Rule::new(
            class("Report"),
            By::Of("executor", 0),
            EXECUTOR,
            |_, s| runs(s, Progress::Effective),
            |_, s, [executor, ..]| {
                if let Some(task) = s.executors[executor].task.take() {
                    s.tasks[task].progress = Progress::Done;
                }
            },
        )
        .each(executors),
    ];
    if p.bounds.crashes > 0 {
        rules.push(crash());
    }
    rules
}

fn crash() -> Rule {
    Rule::new(
        ActionClass::new("Crash", "jobs")
            .caused_by(Cause::Fault)
            .guard(&["cluster", "executors"])
            .modifies(&["cluster", "tasks", "executors"]),
        By::One("environment"),
        EXECUTOR,
        |_, s| {
            let may = s.cluster.crashes > 0;
            s.executors.those(|executor| may && executor.stage != Stage::Absent)
        },
        |p, s, [executor, ..]| {
            s.cluster.crashes -= 1;
            let task = s.executors[executor].task;
            if let Some(task) = task.filter(|_| !p.has("loses-tasks")) {
                s.tasks[task].progress = Progress::Pending;
            }
            p.remove(s, executor);
        },
    )
}

/// The executors that run a task which is so far.
fn runs(s: &State, progress: Progress) -> Vec<crate::rules::About> {
    s.executors
        .those(|executor| executor.task.is_some_and(|task| s.tasks[task].progress == progress))
}

/// An executor that is ready and runs nothing.
pub(super) fn free(s: &State) -> Option<u8> {
    let idle = |executor: &Executor| executor.stage == Stage::Ready && executor.task.is_none();
    s.executors.those(idle).first().map(|[number, ..]| *number)
}

/// Whether a task can run: those before it in its job are done.
pub(super) fn is_next(s: &State, task: u8) -> bool {
    let job = task / TASKS;
    let earlier = (job * TASKS..task).all(|task| s.tasks[task].progress == Progress::Done);
    s.tasks[task].progress == Progress::Pending && earlier
}
