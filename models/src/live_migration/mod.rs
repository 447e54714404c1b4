//! Live migration of requests between instances that serve a language model.
//!
//! After Llumnix (arXiv 2406.03243) and the coordinator of its public code: the source copies the
//! cache of a running request in stages while it goes on, stops it for the last stage, and hands
//! it over by a commit. The README says what is modelled and what the code as read does otherwise.

mod claims;
mod destination;
mod engine;
mod source;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Place, Source, State};

type Rule = crate::rules::Rule<LiveMigration>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    requests: u8,
    /// Tokens of a request; the first is there from the start.
    tokens: u8,
    /// Stages of a migration.
    stages: u8,
    /// Migrations of a request.
    attempts: u8,
    timeouts: u8,
    preemptions: u8,
    crashes: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct LiveMigration {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl LiveMigration {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// Whether a request may be picked for migration.
    fn may_migrate(&self, row: &Source) -> bool {
        row.place == Place::Running && row.attempt < self.bounds.attempts
    }
}

impl Ruled for LiveMigration {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["source", "destination", "calls", "stream", "instances", "timeouts"];

    fn description() -> Description {
        Description {
            name: "live-migration",
            summary: "a running request moves to another instance in stages, and a commit ends it",
            modules: vec![
                plain("engine", "instances decode, preempt and resume requests; users abort them"),
                module(
                    "handover",
                    &[
                        ("coarse", "a request moves in one step"),
                        (BASELINE, "stages of calls that time out, and a commit"),
                    ],
                ),
                plain("instances", "instances crash"),
            ],
            merged: &[],
            paths: &["models/src/live_migration/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "requests move in one step, for work on what surrounds migration",
                grains: vec![("handover", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("requests", "requests on the source", (1, 1, 2)),
                bound("tokens", "tokens of a request", (3, 2, 4)),
                bound("stages", "stages of a migration", (2, 1, 3)),
                bound("attempts", "migrations of a request", (2, 1, 2)),
                bound("timeouts", "calls that time out", (1, 0, 2)),
                bound("preemptions", "preemptions on the source", (1, 0, 2)),
                bound("crashes", "instances that crash", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            requests: bound("requests"),
            tokens: bound("tokens"),
            stages: bound("stages"),
            attempts: bound("attempts"),
            timeouts: bound("timeouts"),
            preemptions: bound("preemptions"),
            crashes: bound("crashes"),
        };
        let fine = configuration.grain("handover") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        State::initial(self.bounds)
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = engine::rules(self);
        if self.fine {
            rules.extend(source::rules(self));
            rules.extend(destination::rules(self));
        } else {
            rules.extend(destination::coarse());
        }
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Where each request is, and what its client has seen: it moves with the commit.
    fn observation(&self, s: &State) -> Option<Value> {
        let under_way = |r| s.calls.peek().iter().any(|call| call.is_commit_of(r));
        let place = |r: u8| match () {
            () if s.destination.peek().requests[r].place != Place::Absent => "destination",
            () if s.stream.peek()[r].ended => "ended",
            () if s.source.peek()[r].place != Place::Absent || under_way(r) => "source",
            () => "ended",
        };
        let requests =
            (0..self.bounds.requests).map(|r| json!([place(r), s.stream.peek()[r].tokens]));
        Some(requests.collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("resolved", "a commit is asked for again until its outcome is known", &[]),
        variant(
            "as-read",
            "the public code: both faults that follow, together",
            &["AtMostOneLive", "NeverLost"],
        ),
        variant(
            "commit-timeout",
            "a commit that times out counts as failed: the source goes on with the request",
            &["AtMostOneLive", "TokensMonotone"],
        ),
        variant(
            "lost-when-preempted",
            "a request that is out of the running ones is not put back when the source aborts",
            &["NeverLost", "RequestsEnd"],
        ),
        variant(
            "unchecked-calls",
            "the destination executes calls of migrations that it has given up",
            &["LiveHasItsBlocks", "CacheComplete"],
        ),
        variant(
            "free-after-commit",
            "after a commit that timed out the source has the blocks of the request freed",
            &["BlocksConserved", "AtMostOneLive"],
        ),
        variant(
            "hasty-watch-loop",
            "the watch loop fires while a commit is executed",
            &["LiveHasItsBlocks", "CacheComplete"],
        ),
        variant(
            "untagged",
            "calls do not say of which migration of the request they are",
            &["CacheComplete", "AtMostOneLive"],
        ),
        variant(
            "double-free",
            "what was freed stays on the list of what is pre-allocated",
            &["BlocksConserved"],
        ),
        variant(
            "skips-last-blocks",
            "the commit follows without the blocks of the last stage",
            &["LiveHasItsBlocks", "CacheComplete"],
        ),
        variant(
            "resumes-after-crash",
            "the source goes on with a request when the destination dies in the commit",
            &["TokensMonotone"],
        ),
        variant(
            "deaf-to-crashes",
            "nobody tells the source that the destination has died",
            &["MigrationsEnd"],
        ),
        variant(
            "no-watch-loop",
            "the destination waits for the next call of a migration for ever",
            &["BlocksReturn"],
        ),
    ]
}
