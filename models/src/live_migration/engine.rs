//! The engines of both instances, users who abort, and crashes.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Destination, Entry, Phase, Place, Progress, State};
use super::{LiveMigration, Rule};
use crate::rules::{By, once};

const REQUEST: &[&str] = &["request"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "engine")
}

/// What the engines do.
pub(super) fn rules(p: &LiveMigration) -> Vec<Rule> {
    let requests = p.bounds.requests;
    let mut rules = vec![
        Rule::new(
            class("StepOnSource").guard(&["source"]).modifies(&["source", "stream"]),
            By::One("source"),
            REQUEST,
            |_, s| s.source.those(|r| r.place == Place::Running),
            |p, s, [r, ..]| {
                let row = &mut s.source[r];
                row.tokens += 1;
                let tokens = row.tokens;
                if p.shows(s, r, tokens) {
                    s.source[r].place = Place::Absent;
                }
            },
        )
        .each(requests),
        Rule::new(
            class("StepOnDestination").guard(&["destination"]).modifies(&["destination", "stream"]),
            By::One("destination"),
            REQUEST,
            |_, s| {
                let free = s.destination.free > 0;
                s.destination.requests.those(|r| free && r.place == Place::Running)
            },
            |p, s, [r, ..]| {
                let entry = &mut s.destination.requests[r];
                entry.tokens += 1;
                entry.blocks += 1;
                entry.received += 1;
                let tokens = entry.tokens;
                s.destination.free -= 1;
                if p.shows(s, r, tokens) {
                    leave(&mut s.destination, r);
                }
            },
        )
        .each(requests),
    ];
    rules.extend(leaving());
    if p.bounds.preemptions > 0 {
        rules.extend(preemption(requests));
    }
    if p.bounds.crashes > 0 {
        rules.extend(crashes());
    }
    rules
}

/// Whatever ends by itself, or because its user says so.
fn leaving() -> Vec<Rule> {
    vec![
        Rule::new(
            class("OthersEnd").guard(&["destination"]).modifies(&["destination"]),
            By::One("destination"),
            &[],
            |_, s| once(s.destination.others > 0),
            |_, s, _| {
                s.destination.others -= 1;
                s.destination.free += 1;
            },
        ),
        Rule::new(
            class("Abort").caused_by(Cause::Input).guard(&["source", "destination"]).modifies(&[
                "source",
                "destination",
                "stream",
            ]),
            By::One("user"),
            REQUEST,
            |_, s| {
                s.source.those_numbered(|r, row| {
                    row.place.is_live() || s.destination.requests[r].place == Place::Running
                })
            },
            |_, s, [r, ..]| {
                if s.source[r].place.is_live() {
                    s.source[r].place = Place::Absent;
                }
                if s.destination.requests[r].place == Place::Running {
                    leave(&mut s.destination, r);
                }
                s.stream[r].ended = true;
            },
        ),
    ]
}

fn preemption(requests: u8) -> [Rule; 2] {
    [
        Rule::new(
            class("Preempt")
                .caused_by(Cause::Fault)
                .guard(&["source", "instances"])
                .modifies(&["source", "instances"]),
            By::One("source"),
            REQUEST,
            |_, s| {
                let may = s.instances.preemptions > 0;
                s.source.those(|r| may && r.place == Place::Running)
            },
            |_, s, [r, ..]| {
                s.instances.preemptions -= 1;
                let row = &mut s.source[r];
                row.place = Place::Waiting;
                row.preempted = row.phase != Phase::Idle;
            },
        ),
        Rule::new(
            class("Resume").guard(&["source"]).modifies(&["source"]),
            By::One("source"),
            REQUEST,
            |_, s| s.source.those(|r| r.place == Place::Waiting),
            |_, s, [r, ..]| s.source[r].place = Place::Running,
        )
        .each(requests),
    ]
}

fn crashes() -> [Rule; 2] {
    let crash = |name| {
        ActionClass::new(name, "instances")
            .caused_by(Cause::Fault)
            .guard(&["instances"])
            .modifies(&["instances", "source", "destination", "calls", "stream"])
    };
    [
        Rule::new(
            crash("CrashSource"),
            By::One("environment"),
            &[],
            |_, s| once(s.instances.crashes > 0 && s.instances.source_up),
            |_, s, _| crash_source(s),
        ),
        Rule::new(
            crash("CrashDestination"),
            By::One("environment"),
            &[],
            |_, s| once(s.instances.crashes > 0 && s.instances.destination_up),
            |p, s, _| crash_destination(p, s),
        ),
    ]
}

/// What ran on the source is over, unless a commit of it is under way.
fn crash_source(s: &mut State) {
    s.instances.crashes -= 1;
    s.instances.source_up = false;
    for r in 0..s.source.count() {
        let row = &mut s.source[r];
        let handed_over = row.place == Place::Absent || row.phase == Phase::Committing;
        row.place = Place::Absent;
        row.reset();
        s.stream[r].ended |= !handed_over;
    }
    for call in s.calls.iter_mut() {
        call.awaited = false;
    }
    s.calls.retain(|call| !matches!(call.progress, Progress::Answered(_)));
    s.calls.sort_unstable();
}

/// What ran on the destination is over, whether or not the source has heard that it did.
fn crash_destination(p: &LiveMigration, s: &mut State) {
    s.instances.crashes -= 1;
    s.instances.destination_up = false;
    for r in 0..s.source.count() {
        let ran = s.destination.requests[r].place == Place::Running;
        s.stream[r].ended |= ran;
        s.destination.requests[r] = Entry::ABSENT;
    }
    s.destination.free = super::state::capacity(p.bounds);
    s.destination.others = 0;
}

/// A request ends on the destination: its blocks return.
fn leave(destination: &mut Destination, r: u8) {
    let entry = &mut destination.requests[r];
    entry.place = Place::Absent;
    destination.free += entry.blocks;
    (entry.blocks, entry.received) = (0, 0);
}

impl LiveMigration {
    /// The client sees one more token; whether it was the last.
    fn shows(&self, s: &mut State, r: u8, tokens: u8) -> bool {
        let stream = &mut s.stream[r];
        stream.tokens = stream.tokens.max(tokens);
        let ends = tokens >= self.bounds.tokens;
        stream.ended |= ends;
        ends
    }
}
