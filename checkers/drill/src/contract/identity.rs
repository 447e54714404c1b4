//! What `StatefulSets`, `DaemonSets`, Jobs and kubelets promise of single pods.

use super::{ensure, is_available};
use crate::{Action, Health, Kind, Phase, Pod, Scope, Shape, State};

/// What holds in every state of pods with an identity.
pub(super) fn state(scope: &Scope, state: &State) -> Result<(), String> {
    for (at, pod) in state.pods.iter().enumerate() {
        let kind = scope.workload(pod.workload).map(|workload| &workload.shape);
        let is_alone = !state.pods.iter().enumerate().any(|(other, it)| {
            other != at
                && it.workload == pod.workload
                && it.slot == pod.slot
                && it.phase != Phase::Ghost
        });
        match kind {
            Some(Shape::StatefulSet { .. }) => {
                let is_gone = pod.phase == Phase::Ghost;
                ensure(is_alone || is_gone, "there are no two pods of one name")?;
            }
            Some(Shape::DaemonSet { nodes }) => {
                ensure(is_alone, "a DaemonSet has one pod a node")?;
                ensure(
                    nodes.iter().any(|daemon| daemon.node == pod.slot),
                    "a DaemonSet has pods for its nodes only",
                )?;
                ensure(
                    pod.phase == Phase::Waiting || pod.node == pod.slot,
                    "a pod of a DaemonSet runs on the node that it is for",
                )?;
            }
            _ => ensure(pod.phase != Phase::Ghost, "only a StatefulSet's pods leave ghosts")?,
        }
    }
    Ok(())
}

/// What one step of such a controller, or of a kubelet, may do.
pub(super) fn step(
    scope: &Scope,
    before: &State,
    action: Action,
    after: &State,
) -> Result<(), String> {
    match action {
        Action::Make(pod) => make(scope, before, pod),
        Action::Retire(pod) => retire(scope, before, pod),
        Action::Succeed(pod) => ensure(
            after.set(pod.workload).map(|set| set.replicas + 1)
                == before.set(pod.workload).map(|set| set.replicas),
            "a pod that succeeds completes one part of its Job",
        ),
        Action::Refuse(pod) => ensure(
            scope.workload(pod.workload).is_some_and(|it| it.pinned == Some(pod.node)),
            "a kubelet refuses only what came past the scheduler",
        ),
        _ => Ok(()),
    }
}

fn make(scope: &Scope, before: &State, pod: Pod) -> Result<(), String> {
    let (Some(workload), Some(set)) = (scope.workload(pod.workload), before.set(pod.workload))
    else {
        return Err("a pod of no workload is made".to_owned());
    };
    let objects: Vec<&Pod> = before
        .pods
        .iter()
        .filter(|other| other.workload == pod.workload && other.phase != Phase::Ghost)
        .collect();
    match workload.shape {
        Shape::Job { parallelism, .. } => ensure(
            objects.len() < usize::from(parallelism) && objects.len() < usize::from(set.replicas),
            "a Job runs no more pods than it needs at once",
        ),
        Shape::StatefulSet { parallel, partition } => {
            ensure(pod.slot < set.replicas, "no ordinal beyond the replicas is made")?;
            let is_ready = |slot| objects.iter().any(|it| it.slot == slot && it.is_ready());
            ensure(
                parallel || (0..pod.slot).all(is_ready),
                "in order, a pod is made only when all before it are ready",
            )?;
            // A revision that is no good and not the current one has been taken back.
            let taken_back = set.health_of(set.other()) != Health::Good;
            let rolled = before.is_rolling(pod.workload) && !taken_back;
            ensure(
                pod.slot >= partition || !rolled || pod.revision != set.current,
                "below the partition, pods keep their revision",
            )
        }
        _ => Ok(()),
    }
}

fn retire(scope: &Scope, before: &State, pod: Pod) -> Result<(), String> {
    let (Some(workload), Some(set)) = (scope.workload(pod.workload), before.set(pod.workload))
    else {
        return Err("a pod of no workload is deleted".to_owned());
    };
    let is_old = pod.revision != set.current;
    let counts = |it: &Pod| is_available(workload, *it);
    let ready = |other: &&Pod| other.workload == pod.workload && counts(other);
    if workload.kind() == Kind::DaemonSet {
        ensure(is_old, "a DaemonSet deletes old pods only")?;
        let left =
            before.pods.iter().filter(ready).count().saturating_sub(usize::from(counts(&pod)));
        let fewest = set.replicas.saturating_sub(workload.misses(set.replicas));
        return ensure(
            !counts(&pod) || left >= usize::from(fewest),
            "a DaemonSet misses no more pods than it may",
        );
    }
    ensure(is_old || pod.slot >= set.replicas, "only old pods and those beyond the replicas go")?;
    let after = before.pods.iter().filter(|other| {
        other.workload == pod.workload && other.slot > pod.slot && other.slot < set.replicas
    });
    ensure(
        pod.slot >= set.replicas
            || after.clone().all(|other| other.is_ready() || other.phase == Phase::Ghost),
        "an old pod goes only when all after it are ready",
    )
}
