//! What is claimed.

use seatrial_explore::Property;

use super::state::{Adapter, Phase};
use super::{AdapterQueues, CLASSES};
use crate::rules::Machine;

type Claim = crate::rules::Claim<AdapterQueues>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<AdapterQueues>>> {
    let mut all = vec![
        Claim::always(
            (
                "MemoryRespected",
                "requests and adapters fit into memory, even if requests are larger than predicted",
                &["requests", "adapters"],
            ),
            |p, s| s.memory() <= p.capacity(),
        ),
        Claim::always(
            (
                "QuotasRespected",
                "no queue uses more than its quota, and quotas are neither made nor lost",
                &["requests", "quotas"],
            ),
            |p, s| {
                let all: u8 = s.quotas.iter().sum();
                let within = (0..CLASSES).all(|c| s.used(c) <= s.quotas[c]);
                within && all == p.base(0) + p.base(1)
            },
        ),
        Claim::always(
            (
                "AdapterInUseKept",
                "a request that runs has its adapter in memory",
                &["requests", "adapters"],
            ),
            |_, s| {
                let mut running = s.requests.iter().filter(|r| r.phase == Phase::Running);
                running.all(|r| s.adapters[r.adapter] == Adapter::In)
            },
        ),
        Claim::always(
            ("NeverPreempted", "a request that runs does so to its end", &["requests"]),
            |_, s| s.requests.iter().all(|r| r.phase != Phase::Queued || !r.ran),
        ),
    ];
    all.extend(waiting());
    all
}

/// How long requests wait.
fn waiting() -> Vec<Property<Machine<AdapterQueues>>> {
    vec![
        Claim::always(
            (
                "NoHeadOfLineBlocking",
                "a request that fits waits behind one that does not only once that was passed often",
                &["requests", "order", "quotas"],
            ),
            |p, s| {
                (0..CLASSES).all(|c| {
                    let patient =
                        s.queue(c).next().is_some_and(|head| p.is_patient(s.requests[head]));
                    let fits = s.queue(c).any(|r| p.fits(s, r));
                    !(patient && fits) || p.candidate(s, c).is_some()
                })
            },
        ),
        Claim::always(
            (
                "BypassBounded",
                "no request is passed by others of its queue more often than its patience",
                &["requests"],
            ),
            |p, s| s.requests.iter().all(|r| r.passed <= p.bounds.patience),
        ),
        Claim::leads_to(
            ("RequestsServed", "a request that waits runs, and is done", &["requests"]),
            |_, s| s.requests[0].phase == Phase::Queued,
            |_, s| s.requests[0].phase == Phase::Absent,
        ),
        Claim::sometimes(
            ("CanPass", "a request may be passed by another", &["requests"]),
            |_, s| s.requests.iter().any(|r| r.passed > 0),
        ),
    ]
}
