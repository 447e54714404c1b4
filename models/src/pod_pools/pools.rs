//! Arrivals, the end of requests, and the pools of pods that wait for code.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Pod, Request, Stage};
use super::{PodPools, Rule};
use crate::rules::By;

/// What both grains share.
pub(super) fn rules(p: &PodPools) -> Vec<Rule> {
    vec![
        Rule::new(
            ActionClass::new("Arrive", "load")
                .caused_by(Cause::Input)
                .guard(&["requests"])
                .modifies(&["requests", "queue"]),
            By::One("client"),
            &["request"],
            |_, s| s.requests.those(|request| *request == Request::Absent),
            |_, s, [r, ..]| {
                s.requests[r] = Request::Waiting;
                s.queue.push(r);
            },
        ),
        Rule::new(
            ActionClass::new("Finish", "load").guard(&["pods"]).modifies(&["pods", "requests"]),
            By::Of("pod", 0),
            &["pod"],
            |_, s| s.pods.those(|pod| pod.stage == Stage::Running),
            |_, s, [number, ..]| {
                let row = &mut s.pods[number];
                row.stage = Stage::Idle;
                if let Some(request) = row.request.take() {
                    s.requests[request] = Request::Absent;
                }
            },
        )
        .each(p.pods()),
        Rule::new(
            ActionClass::new("Refill", "pools").guard(&["pods", "queue"]).modifies(&["pods"]),
            By::One("pool manager"),
            &["pod", "runtime"],
            |p, s| {
                let calm = s.queue.is_empty() || p.has("refills-first");
                let absent = s.pods.those(|pod| pod.stage == Stage::Absent);
                let place = absent.first().filter(|_| calm && p.is_within_quota(s));
                let lacks = |runtime: &u8| {
                    let pooled = |pod: &Pod| pod.stage == Stage::Pooled && pod.runtime == *runtime;
                    !s.pods.iter().any(pooled)
                };
                let runtimes = (0..p.bounds.runtimes).filter(lacks);
                place
                    .map(|[pod, ..]| runtimes.map(|runtime| [*pod, runtime, 0]).collect())
                    .unwrap_or_default()
            },
            |_, s, [number, runtime, _]| {
                s.pods[number] = Pod { stage: Stage::Pooled, runtime, ..Pod::ABSENT };
            },
        ),
        Rule::new(
            ActionClass::new("Reclaim", "pools").guard(&["pods", "queue"]).modifies(&["pods"]),
            By::One("pool manager"),
            &["pod"],
            |p, s| {
                // Only what cannot serve the request that has waited longest makes room for it.
                let Some(&r) = s.queue.first() else { return Vec::new() };
                let function = p.function_of(r);
                let serves = |pod: &Pod| {
                    let pooled =
                        pod.stage == Stage::Pooled && pod.runtime == p.runtime_of(function);
                    pooled || pod.is_warm_for(function)
                };
                let needed = !s.pods.iter().any(serves) && !p.is_within_quota(s);
                s.pods.those(|pod| needed && matches!(pod.stage, Stage::Pooled | Stage::Idle))
            },
            |_, s, [number, ..]| s.pods[number] = Pod::ABSENT,
        ),
    ]
}
