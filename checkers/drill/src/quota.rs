//! Resource quotas: a pod that does not fit is not made
//! (`staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota`).

use crate::{Scope, State};

/// How many more pods of a member its namespace's quotas allow. Pods on their way out still count.
pub(crate) fn room(scope: &Scope, state: &State, member: u8) -> usize {
    let Some(workload) = scope.workload(member) else { return 0 };
    let quotas = workload.quotas.iter().filter_map(|quota| scope.world.quotas.get(*quota));
    let limits = quotas.flat_map(|quota| quota.room.iter().copied());
    let own = scope.requests(workload);
    limits
        .map(|(resource, hard)| {
            let asked = own.get(resource).copied().unwrap_or_default();
            let free = hard.saturating_sub(used(scope, state, &workload.namespace, resource));
            // What a quota limits has to be asked for.
            free.checked_div(asked).map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
        })
        .min()
        .unwrap_or(usize::MAX)
}

/// What the pods of a namespace take of a resource; the pods of workloads outside the model take
/// what they state.
pub(crate) fn used(scope: &Scope, state: &State, namespace: &str, resource: usize) -> u64 {
    let of = |workload: &crate::Workload, pods: u64| {
        let asked = scope.requests(workload).get(resource).copied().unwrap_or_default();
        if workload.namespace == namespace { asked.saturating_mul(pods) } else { 0 }
    };
    let members = scope
        .workloads()
        .map(|(member, workload)| of(workload, state.pods_of(member).count() as u64));
    let others = scope.others().map(|workload| of(workload, u64::from(workload.at_once())));
    members.chain(others).fold(0, u64::saturating_add)
}
