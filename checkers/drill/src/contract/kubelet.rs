//! What kubelets promise: when a pod is ready, available, or neither any more.

use super::ensure;
use crate::{Action, Health, Phase, Pod, Scope, State};

/// Holds a step of a kubelet against its contracts.
pub(super) fn step(
    scope: &Scope,
    before: &State,
    action: Action,
    after: &State,
) -> Result<(), String> {
    let workload = |pod: Pod| scope.workload(pod.workload).ok_or("a pod of no workload acts");
    let crashes = |pod: Pod| {
        let set = before.set(pod.workload);
        set.is_some_and(|set| set.health_of(pod.revision) == Health::Crashes)
    };
    let ready = |state: &State, pod: Pod| state.ready(pod.workload);
    match action {
        Action::Start(pod) => {
            let probes = workload(pod)?.probes;
            let waits = probes.readiness || probes.startup;
            ensure(
                !waits || ready(after, pod) == ready(before, pod),
                "a pod with a readiness or startup probe is not ready when its containers start",
            )
        }
        Action::Settle(pod) => {
            let settles = workload(pod)?.settles && pod.phase == Phase::Ready && !crashes(pod);
            ensure(settles, "only a ready pod that does not crash becomes available")?;
            ensure(ready(after, pod) == ready(before, pod), "an available pod is ready")
        }
        Action::CrashLoop(pod) => {
            let probes = workload(pod)?.probes;
            ensure(crashes(pod), "only a revision that crashes crashes by itself")?;
            ensure(
                !probes.readiness && pod.phase == Phase::Ready,
                "no pod that crashes passes its probe or becomes available",
            )
        }
        Action::FailProbe(pod, liveness) => {
            let probes = workload(pod)?.probes;
            let has = if liveness { probes.liveness } else { probes.readiness };
            ensure(has && pod.is_ready(), "only a probe that there is fails, of a ready pod")?;
            ensure(ready(after, pod) < ready(before, pod), "that pod is not ready then")
        }
        _ => Ok(()),
    }
}
