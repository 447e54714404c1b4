//! The destination's half of the hand-over: the methods that are called, and its watch loop.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Call, Destination, Method, Place, Progress, Reply, State};
use super::{LiveMigration, Rule};
use crate::rules::{About, By};

const DESTINATION: By = By::One("destination");
const OF_CALL: &[&str] = &["request", "attempt", "call"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "handover")
        .guard(&["calls", "destination", "instances"])
        .modifies(&["calls", "destination"])
}

/// The destination's rules at the fine grain.
pub(super) fn rules(p: &LiveMigration) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            class("PreAllocCache"),
            DESTINATION,
            OF_CALL,
            |_, s| sent(s, |call| matches!(call.method, Method::PreAlloc { .. })),
            |p, s, about| answer(s, about, |d, call| p.pre_alloc(d, call)),
        ),
        Rule::new(
            class("RecvCache"),
            DESTINATION,
            OF_CALL,
            |_, s| sent(s, |call| matches!(call.method, Method::RecvCache { .. })),
            |p, s, about| answer(s, about, |d, call| p.recv_cache(d, call)),
        ),
        Rule::new(
            class("CommitDst"),
            DESTINATION,
            OF_CALL,
            |_, s| {
                sent(s, |call| {
                    let entry = &s.destination.requests[call.request];
                    matches!(call.method, Method::Commit { .. }) && !entry.committing
                })
            },
            LiveMigration::commit,
        ),
        Rule::new(
            class("FinishCommit"),
            DESTINATION,
            &["request"],
            |_, s| s.destination.requests.those(|entry| entry.committing),
            |_, s, [r, ..]| finish_commit(s, r),
        )
        .each(p.bounds.requests),
        Rule::new(
            class("FreePreAllocCache"),
            DESTINATION,
            OF_CALL,
            |_, s| sent(s, |call| call.method == Method::FreePreAlloc),
            |p, s, about| answer(s, about, |d, call| p.free_called(d, call)),
        ),
    ];
    if !p.has("no-watch-loop") {
        rules.push(
            Rule::new(
                ActionClass::new("WatchLoop", "handover")
                    .guard(&["destination"])
                    .modifies(&["destination"]),
                DESTINATION,
                &["request"],
                |_, s| s.destination.requests.those(|entry| entry.pending),
                |p, s, [r, ..]| p.free(&mut s.destination, r),
            )
            .each(p.bounds.requests),
        );
    }
    if !p.has("deaf-to-crashes") && p.bounds.crashes > 0 {
        rules.push(Rule::new(
            ActionClass::new("ActorDied", "handover")
                .guard(&["calls", "instances"])
                .modifies(&["calls"]),
            By::One("network"),
            OF_CALL,
            |_, s| if s.instances.destination_up { Vec::new() } else { unanswered(s) },
            |_, s, about| conclude(s, about, Reply::Died),
        ));
    }
    rules
}

/// The late-execution order of calls is any: those that were sent and are as asked.
fn sent(s: &State, holds: impl Fn(&Call) -> bool) -> Vec<About> {
    if !s.instances.destination_up {
        return Vec::new();
    }
    let calls = (0..).zip(s.calls.iter());
    let ready = calls.filter(|(_, call)| call.progress == Progress::Sent && holds(call));
    ready.map(|(place, call)| [call.request, call.attempt - 1, place]).collect()
}

fn unanswered(s: &State) -> Vec<About> {
    let calls = (0..).zip(s.calls.iter());
    let open = calls.filter(|(_, call)| !matches!(call.progress, Progress::Answered(_)));
    open.map(|(place, call)| [call.request, call.attempt - 1, place]).collect()
}

/// Executes a call at once.
fn answer(s: &mut State, about: About, execute: impl FnOnce(&mut Destination, Call) -> bool) {
    let Some(call) = s.calls.get(usize::from(about[2])).copied() else { return };
    let success = execute(&mut s.destination, call);
    conclude(s, about, if success { Reply::Success } else { Reply::Failure });
}

/// Sends the reply to a call, which nobody hears if the source no longer waits.
fn conclude(s: &mut State, [_, _, place]: About, reply: Reply) {
    if let Some(call) = s.calls.get_mut(usize::from(place)) {
        call.progress = Progress::Answered(reply);
    }
    s.calls.retain(|call| call.awaited || !matches!(call.progress, Progress::Answered(_)));
    s.calls.sort_unstable();
}

fn finish_commit(s: &mut State, r: u8) {
    let executing = |call: &Call| call.request == r && call.progress == Progress::Executing;
    let Some(place) = s.calls.iter().position(executing) else { return };
    let Some(Call { method: Method::Commit { tokens }, .. }) = s.calls.get(place).copied() else {
        return;
    };
    let entry = &mut s.destination.requests[r];
    entry.committing = false;
    entry.committed = true;
    entry.place = Place::Running;
    entry.tokens = tokens;
    entry.blocks = entry.allocated;
    entry.allocated = 0;
    let place = u8::try_from(place).unwrap_or(u8::MAX);
    conclude(s, [r, 0, place], Reply::Success);
}

impl LiveMigration {
    /// Whether a call is one that the destination waits for.
    fn is_expected(&self, d: &Destination, call: Call) -> bool {
        let entry = &d.requests[call.request];
        let of_this = self.has("untagged") || entry.attempt == call.attempt;
        (entry.pending && of_this) || self.has("unchecked-calls")
    }

    fn pre_alloc(&self, d: &mut Destination, call: Call) -> bool {
        let Method::PreAlloc { blocks, first } = call.method else { return false };
        let entry = &d.requests[call.request];
        let outdated = call.attempt < entry.attempt && !self.has("untagged");
        if entry.committing || outdated || !(first || self.is_expected(d, call)) {
            return false;
        }
        if first {
            self.free(d, call.request);
            d.requests[call.request].attempt = call.attempt;
        }
        if d.free < blocks {
            self.free(d, call.request);
            return false;
        }
        d.free -= blocks;
        let entry = &mut d.requests[call.request];
        entry.allocated += blocks;
        entry.pending = true;
        true
    }

    fn recv_cache(&self, d: &mut Destination, call: Call) -> bool {
        let expected = self.is_expected(d, call);
        if let (true, Method::RecvCache { upto }) = (expected, call.method) {
            d.requests[call.request].received = upto;
        }
        expected
    }

    /// Begins a commit; one that was carried out before is not carried out again.
    fn commit(&self, s: &mut State, about: About) {
        let Some(call) = s.calls.get(usize::from(about[2])).copied() else { return };
        let expected = self.is_expected(&s.destination, call);
        let entry = &mut s.destination.requests[call.request];
        if entry.committed {
            return conclude(s, about, Reply::Success);
        }
        if !expected {
            return conclude(s, about, Reply::Failure);
        }
        entry.pending = self.has("hasty-watch-loop");
        entry.committing = true;
        if let Some(call) = s.calls.get_mut(usize::from(about[2])) {
            call.progress = Progress::Executing;
        }
        s.calls.sort_unstable();
    }

    fn free_called(&self, d: &mut Destination, call: Call) -> bool {
        let entry = &mut d.requests[call.request];
        if self.has("free-after-commit") {
            d.free += entry.blocks;
        }
        if !entry.committing && (entry.attempt == call.attempt || self.has("untagged")) {
            self.free(d, call.request);
        }
        true
    }

    /// Frees the blocks that were pre-allocated for a request.
    fn free(&self, d: &mut Destination, r: u8) {
        let entry = &mut d.requests[r];
        d.free += entry.allocated;
        entry.pending = false;
        entry.received = 0;
        if !self.has("double-free") {
            entry.allocated = 0;
        }
    }
}

/// The hand-over in one step: the coarse grain.
pub(super) fn coarse() -> Vec<Rule> {
    vec![Rule::new(
        ActionClass::new("Migrate", "handover")
            .caused_by(Cause::Input)
            .guard(&["source", "destination", "instances"])
            .modifies(&["source", "destination"]),
        By::One("scheduler"),
        &["request"],
        |p, s| {
            s.source.those(|r| {
                s.instances.destination_up && p.may_migrate(r) && s.destination.free >= r.tokens
            })
        },
        |_, s, [r, ..]| {
            let row = &mut s.source[r];
            row.place = Place::Absent;
            row.attempt += 1;
            let tokens = row.tokens;
            s.destination.free -= tokens;
            let entry = &mut s.destination.requests[r];
            entry.place = Place::Running;
            (entry.tokens, entry.blocks, entry.received) = (tokens, tokens, tokens);
            entry.committed = true;
        },
    )]
}
