//! What is claimed.

use seatrial_explore::Property;

use super::LiveMigration;
use super::state::{Phase, Place, capacity};
use crate::rules::Machine;

type Claim = crate::rules::Claim<LiveMigration>;

fn each(p: &LiveMigration, holds: impl Fn(u8) -> bool) -> bool {
    (0..p.bounds.requests).all(holds)
}

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<LiveMigration>>> {
    let mut all = safety();
    all.extend(liveness());
    all.push(Claim::sometimes(
        ("CanMigrate", "a request may end on the other instance", &["destination", "stream"]),
        |p, s| {
            (0..p.bounds.requests).any(|r| {
                s.destination.requests[r].committed && s.stream[r].tokens >= p.bounds.tokens
            })
        },
    ));
    all
}

fn safety() -> Vec<Property<Machine<LiveMigration>>> {
    let mut all = vec![
        Claim::always(
            ("AtMostOneLive", "no request runs on two instances", &["source", "destination"]),
            |p, s| {
                each(p, |r| {
                    let runs_here = s.source[r].place.is_live();
                    !(runs_here && s.destination.requests[r].place == Place::Running)
                })
            },
        ),
        Claim::always(
            (
                "NeverLost",
                "a request that has not ended is on an instance, unless the source has crashed",
                &["source", "destination", "stream", "instances"],
            ),
            |p, s| {
                each(p, |r| {
                    let somewhere = s.source[r].place != Place::Absent
                        || s.destination.requests[r].place != Place::Absent;
                    somewhere || s.stream[r].ended || !s.instances.source_up
                })
            },
        ),
        Claim::always(
            (
                "BlocksConserved",
                "each block of the destination is free or held, and by one request alone",
                &["destination"],
            ),
            |p, s| {
                let held = s.destination.requests.iter().map(|r| r.allocated + r.blocks);
                let held: u8 = held.sum();
                s.destination.free + s.destination.others + held == capacity(p.bounds)
            },
        ),
    ];
    all.extend(running());
    all
}

/// What holds of a request that runs on the destination.
fn running() -> Vec<Property<Machine<LiveMigration>>> {
    vec![
        Claim::always(
            (
                "LiveHasItsBlocks",
                "a request that runs on the destination has a block for each token",
                &["destination"],
            ),
            |_, s| {
                let mut running =
                    s.destination.requests.iter().filter(|r| r.place == Place::Running);
                running.all(|r| r.blocks == r.tokens)
            },
        ),
        Claim::always(
            (
                "CacheComplete",
                "a request that runs on the destination has received all its cache",
                &["destination"],
            ),
            |_, s| {
                let mut running =
                    s.destination.requests.iter().filter(|r| r.place == Place::Running);
                running.all(|r| r.received == r.tokens)
            },
        ),
        Claim::always(
            (
                "TokensMonotone",
                "whoever runs a request goes on where its client's stream ends",
                &["source", "destination", "stream"],
            ),
            |p, s| {
                each(p, |r| {
                    let (here, there) = (&s.source[r], &s.destination.requests[r]);
                    let seen = s.stream[r].tokens;
                    (!here.place.is_live() || here.tokens == seen)
                        && (there.place != Place::Running || there.tokens == seen)
                })
            },
        ),
    ]
}

fn liveness() -> Vec<Property<Machine<LiveMigration>>> {
    vec![
        Claim::leads_to(
            ("MigrationsEnd", "every migration ends, with its slot free again", &["source"]),
            |_, s| s.source.iter().any(|r| r.phase != Phase::Idle),
            |_, s| s.source.iter().all(|r| r.phase == Phase::Idle),
        ),
        Claim::leads_to(
            ("BlocksReturn", "pre-allocated blocks are used or returned", &["destination"]),
            |_, s| s.destination.requests.iter().any(|r| r.allocated > 0),
            |_, s| s.destination.requests.iter().all(|r| r.allocated == 0),
        ),
        Claim::eventually(
            (
                "RequestsEnd",
                "every request ends some day, or its instance has crashed",
                &["destination", "stream", "instances"],
            ),
            |p, s| {
                each(p, |r| {
                    let there = s.destination.requests[r].place == Place::Running;
                    s.stream[r].ended || (!s.instances.source_up && !there)
                })
            },
        ),
    ]
}
