//! The source's half of the hand-over: stages, calls and what their replies lead to.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Call, Method, Phase, Place, Progress, Reply, State};
use super::{LiveMigration, Rule};
use crate::rules::{About, By, each};

const SOURCE: By = By::One("source");

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "handover").guard(&["source"]).modifies(&["source", "calls"])
}

/// The source's rules at the fine grain.
pub(super) fn rules(p: &LiveMigration) -> Vec<Rule> {
    let requests = p.bounds.requests;
    vec![
        Rule::new(
            class("MigrateOut").caused_by(Cause::Input),
            By::One("scheduler"),
            &["request"],
            |p, s| s.source.those(|r| r.phase == Phase::Idle && p.may_migrate(r)),
            |_, s, [r, ..]| {
                let row = &mut s.source[r];
                row.attempt += 1;
                row.stage = 1;
                row.phase = Phase::Staging;
            },
        ),
        Rule::new(
            class("BeginStage"),
            SOURCE,
            &["request"],
            |_, s| s.source.those(|r| r.phase == Phase::Staging),
            |p, s, [r, ..]| p.begin_stage(s, r),
        )
        .each(requests),
        Rule::new(
            class("RemoveRunning"),
            SOURCE,
            &["request"],
            |_, s| s.source.those(|r| r.phase == Phase::Removing),
            |p, s, [r, ..]| p.remove_running(s, r),
        )
        .each(requests),
        Rule::new(
            class("Return").guard(&["source", "calls"]).modifies(&["source", "calls", "stream"]),
            SOURCE,
            &["request"],
            |_, s| awaited(s, |progress| matches!(progress, Progress::Answered(_))),
            |p, s, [r, ..]| p.take_reply(s, r),
        )
        .each(requests),
        Rule::new(
            class("Timeout")
                .caused_by(Cause::Fault)
                .guard(&["source", "calls", "timeouts"])
                .modifies(&["source", "calls", "stream", "timeouts"]),
            SOURCE,
            &["request"],
            |_, s| if *s.timeouts > 0 { awaited(s, |_| true) } else { Vec::new() },
            |p, s, [r, ..]| {
                *s.timeouts -= 1;
                p.time_out(s, r);
            },
        ),
    ]
}

/// The requests whose awaited call is as asked.
fn awaited(s: &State, holds: impl Fn(Progress) -> bool) -> Vec<About> {
    each(s.source.count(), |r| {
        s.calls.iter().any(|call| call.request == r && call.awaited && holds(call.progress))
    })
}

impl LiveMigration {
    /// Calls a method of the destination and waits.
    fn call(s: &mut State, r: u8, phase: Phase, method: Method) {
        let row = &mut s.source[r];
        row.phase = phase;
        let attempt = row.attempt;
        let progress = Progress::Sent;
        s.calls.push(Call { request: r, attempt, method, progress, awaited: true });
        s.calls.sort_unstable();
    }

    /// `_migrate_out_onestage`: all blocks but the one being written, or the last ones.
    fn begin_stage(&self, s: &mut State, r: u8) {
        let row = &mut s.source[r];
        if row.place != Place::Running || row.preempted || row.stage > self.bounds.stages {
            return self.abort_source(s, r);
        }
        let incremental = row.tokens - row.sent;
        if incremental <= 1 {
            row.phase = Phase::Removing;
            return;
        }
        row.upto = row.tokens - 1;
        let (blocks, first) = (row.upto - row.sent, row.stage == 1);
        Self::call(s, r, Phase::Allocating, Method::PreAlloc { blocks, first });
    }

    /// The last stage: inference stops.
    fn remove_running(&self, s: &mut State, r: u8) {
        let row = &mut s.source[r];
        if row.place != Place::Running {
            return self.abort_source(s, r);
        }
        row.place = Place::Suspended;
        row.upto = row.tokens;
        if self.has("skips-last-blocks") && row.sent > 0 {
            let tokens = row.tokens;
            return Self::call(s, r, Phase::Committing, Method::Commit { tokens });
        }
        let (blocks, first) = (row.upto - row.sent, row.stage == 1);
        Self::call(s, r, Phase::Allocating, Method::PreAlloc { blocks, first });
    }

    /// `ABORTED_SRC`: the destination is to free what it has.
    fn abort_source(&self, s: &mut State, r: u8) {
        let row = &mut s.source[r];
        if row.place == Place::Suspended {
            let forgets = self.has("lost-when-preempted") || self.has("as-read");
            row.place = if forgets { Place::Absent } else { Place::Running };
        }
        Self::call(s, r, Phase::Freeing, Method::FreePreAlloc);
    }

    /// `ABORTED_DST`: the request goes on here.
    fn abort_destination(s: &mut State, r: u8) {
        let row = &mut s.source[r];
        if row.place == Place::Suspended {
            row.place = Place::Running;
        }
        row.reset();
    }

    /// Takes the reply to the awaited call.
    fn take_reply(&self, s: &mut State, r: u8) {
        let of_request = |call: &&Call| call.request == r && call.awaited;
        let Some(call) = s.calls.iter().find(of_request).copied() else { return };
        s.calls.retain(|other| *other != call);
        let Progress::Answered(reply) = call.progress else { return };
        let row = &mut s.source[r];
        match (row.phase, reply) {
            (Phase::Freeing, _) => row.reset(),
            (Phase::Allocating, Reply::Success) => {
                if row.preempted || row.place == Place::Absent || row.place == Place::Waiting {
                    return self.abort_source(s, r);
                }
                row.preempted = false;
                let upto = row.upto;
                Self::call(s, r, Phase::Sending, Method::RecvCache { upto });
            }
            (Phase::Sending, Reply::Success) => {
                row.sent = row.upto;
                if row.place == Place::Suspended {
                    let tokens = row.tokens;
                    return Self::call(s, r, Phase::Committing, Method::Commit { tokens });
                }
                row.stage += 1;
                row.phase = Phase::Staging;
            }
            (Phase::Committing, Reply::Success) => {
                row.place = Place::Absent;
                row.reset();
            }
            // Whether the request was committed before the crash nobody knows.
            (Phase::Committing, Reply::Died) if !self.has("resumes-after-crash") => {
                row.place = Place::Absent;
                row.reset();
                s.stream[r].ended = true;
            }
            _ => Self::abort_destination(s, r),
        }
    }

    /// The reply did not come in time: the call may be executed later, or may have been.
    fn time_out(&self, s: &mut State, r: u8) {
        let of_request = |call: &&mut Call| call.request == r && call.awaited;
        let Some(call) = s.calls.iter_mut().find(of_request) else { return };
        call.awaited = false;
        s.calls.retain(|call| call.awaited || !matches!(call.progress, Progress::Answered(_)));
        s.calls.sort_unstable();
        let row = &mut s.source[r];
        let tokens = row.tokens;
        let gives_up = ["commit-timeout", "as-read", "free-after-commit"];
        match row.phase {
            // The commit is asked for again until its outcome is known.
            Phase::Committing if !gives_up.contains(&self.variant) => {
                Self::call(s, r, Phase::Committing, Method::Commit { tokens });
            }
            Phase::Committing if self.has("free-after-commit") => self.abort_source(s, r),
            Phase::Freeing => row.reset(),
            _ => Self::abort_destination(s, r),
        }
    }
}
