//! The disruption controller and the eviction API
//! (`pkg/controller/disruption/disruption.go`, `pkg/registry/core/pod/storage/eviction.go`).
//!
//! With the atomic grain the status of a budget is computed when it is asked for: there is no lag. In
//! a cluster the API server counts evictions that the controller has not seen yet (`disruptedPods`)
//! for the same end; with the cached grain they count, and what happens otherwise is seen late.

use crate::{Budget, Floor, Kind, Pod, Scope, Share, State, Workload};

/// The status of a budget.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub(crate) struct Status {
    /// Ready pods that are not on their way out.
    pub healthy: u32,
    /// How many there have to be.
    pub desired: u32,
    /// How many pods may be evicted now.
    pub allowed: u32,
}

/// The status of a budget, by its place in the world.
pub(crate) fn status(scope: &Scope, state: &State, budget: usize) -> Option<Status> {
    let said = scope.world.budgets.get(budget)?;
    let selected =
        || scope.workloads().filter(move |(_, workload)| workload.budgets.contains(&budget));
    let count = |pods: usize| u32::try_from(pods).unwrap_or(u32::MAX);
    let healthy = count(selected().map(|(member, _)| state.ready(member)).sum());
    let pods = count(selected().map(|(member, _)| state.pods_of(member).count()).sum());
    let scale = selected()
        .filter_map(|(member, _)| state.set(member))
        .map(|set| u32::from(set.replicas))
        .sum();
    let (expected, desired) = wanted(said, pods, scale);
    // Where a share of the replicas is asked for, each pod needs a controller that has a scale
    // (`getExpectedScale`): else nothing may be disrupted.
    let scalable =
        |workload: &Workload| matches!(workload.kind(), Kind::Deployment | Kind::StatefulSet);
    let fails = !matches!(said.floor, Floor::MinAvailable(Share::Number(_)))
        && selected().any(|(_, workload)| !scalable(workload));
    let allowed = if expected == 0 || fails { 0 } else { healthy.saturating_sub(desired) };
    Some(Status { healthy, desired, allowed })
}

/// How many pods are expected, and how many healthy ones there have to be
/// (`getExpectedPodCount`): percentages are of the replicas, and rounded up.
fn wanted(budget: &Budget, pods: u32, scale: u32) -> (u32, u32) {
    match budget.floor {
        Floor::MaxUnavailable(share) => (scale, scale.saturating_sub(share.up(scale))),
        Floor::MinAvailable(share @ Share::Percent(_)) => (scale, share.up(scale)),
        Floor::MinAvailable(share) => (pods, share.up(pods)),
    }
}

/// What the eviction API says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Eviction {
    /// The pod is deleted.
    Allowed,
    /// This budget does not allow it now (429).
    Refused(usize),
    /// More than one budget selects the pod (500).
    Ambiguous,
}

/// Asks for the eviction of a pod.
pub(crate) fn evict(scope: &Scope, state: &State, pod: Pod) -> Eviction {
    // A pod that has not started, or is on its way out, is nobody's concern.
    if !pod.runs() {
        return Eviction::Allowed;
    }
    let budgets = scope.workload(pod.workload).map_or(&[][..], |workload| &workload.budgets);
    let budget = match budgets {
        [] => return Eviction::Allowed,
        [budget] => *budget,
        _ => return Eviction::Ambiguous,
    };
    let (Some(said), Some(status)) =
        (scope.world.budgets.get(budget), status(scope, state, budget))
    else {
        return Eviction::Refused(budget);
    };
    if permits(said, status, pod) { Eviction::Allowed } else { Eviction::Refused(budget) }
}

/// Whether a budget with this status lets a pod that runs go.
pub(crate) fn permits(said: &Budget, status: Status, pod: Pod) -> bool {
    let in_budget = status.healthy >= status.desired && status.desired > 0;
    let spared = !pod.is_ready() && (said.evicts_unhealthy || in_budget);
    spared || status.allowed > 0
}
