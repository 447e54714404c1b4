//! What is claimed.

use seatrial_explore::Property;

use super::PodPools;
use super::state::{Request, Stage};
use crate::rules::Machine;

type Claim = crate::rules::Claim<PodPools>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<PodPools>>> {
    vec![
        Claim::always(
            ("OneFunction", "no pod ever has the code of two functions", &["pods"]),
            |_, s| s.pods.iter().all(|pod| pod.code == pod.first),
        ),
        Claim::always(
            ("RuntimeFits", "the code of a function is deployed in its runtime", &["pods"]),
            |p, s| s.pods.iter().all(|pod| pod.code.is_none_or(|f| pod.runtime == p.runtime_of(f))),
        ),
        Claim::always(
            ("AssignedNotKilled", "no pod is killed under a request", &["requests"]),
            |_, s| s.requests.iter().all(|request| *request != Request::Lost),
        ),
        Claim::always(
            ("QuotaRespected", "there are no more pods than the quota", &["pods"]),
            |p, s| {
                let there = s.pods.iter().filter(|pod| pod.stage != Stage::Absent).count();
                there <= usize::from(p.bounds.quota)
            },
        ),
        Claim::leads_to(
            ("RequestsStart", "every request starts", &["requests"]),
            |_, s| matches!(s.requests[0], Request::Waiting | Request::Assigned),
            |_, s| s.requests[0] == Request::Running,
        ),
        Claim::sometimes(("CanPool", "all pools may be full", &["pods"]), |p, s| {
            let pooled = s.pods.iter().filter(|pod| pod.stage == Stage::Pooled).count();
            pooled == usize::from(p.bounds.runtimes.min(p.bounds.quota))
        }),
    ]
}
