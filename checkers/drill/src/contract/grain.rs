//! What controllers keep to that are not atomic: whatever they have read, the API server lets each
//! call do one thing only, to the object that it names.

use crate::{Action, NodeStatus, Phase, Pod, Reader, Scope, State};

use super::ensure;

/// Holds a step of such a controller against the contracts.
pub(super) fn step(
    scope: &Scope,
    before: &State,
    action: Action,
    after: &State,
) -> Result<(), String> {
    match action {
        Action::Plan(..) | Action::Restart => ensure(
            before.pods.len() == after.pods.len() && before.sets == after.sets,
            "reading changes nothing",
        ),
        Action::EvictLate(pod) => {
            let workload = scope.workload(pod.workload);
            ensure(before.node(pod.node) == NodeStatus::Draining, "only a drain evicts")?;
            ensure(
                workload.is_some_and(|it| it.budgets.len() == 1),
                "only the one budget of a pod has a status that is behind",
            )?;
            ensure(
                active(before, pod.workload) == active(after, pod.workload) + 1,
                "one eviction takes one pod",
            )
        }
        Action::Lag(task, plan) | Action::Call(task, plan) => {
            let member = task.member;
            let others = |state: &State| -> Vec<Pod> {
                let pods = state.pods.iter().filter(|pod| pod.workload != member);
                pods.copied().collect()
            };
            ensure(others(before) == others(after), "a controller keeps to its own pods")?;
            let (was, is) = (before.set(member), after.set(member));
            // Sizes may have been renamed with the revision.
            let same_names = was.map(|set| set.current) == is.map(|set| set.current);
            let sizes = |state: &State| state.set(member).map(|set| set.desired);
            let kept = sizes(before) == sizes(after) || !same_names;
            match (task.reader, plan.resize) {
                (Reader::Deployment, Some([from, to])) => ensure(
                    kept || sizes(before) == Some(from) && sizes(after) == Some(to),
                    "sizes are written only over those that were read",
                )?,
                _ => ensure(kept, "only the Deployment controller writes sizes")?,
            }
            let (were, are) = (before.pods_of(member).count(), after.pods_of(member).count());
            let calls = plan.deletes.count_ones() as usize;
            let makes =
                usize::from(plan.creates) + (plan.makes[0] | plan.makes[1]).count_ones() as usize;
            ensure(are <= were + makes, "a call makes the pods that it names, and no others")?;
            ensure(are + calls >= were, "a call deletes the pods that it names, and no others")?;
            ensure(
                active(after, member) + calls >= active(before, member),
                "a call deletes the pods that it names, and no others",
            )
        }
        _ => Ok(()),
    }
}

fn active(state: &State, member: u8) -> usize {
    let pods = state.pods.iter().filter(|pod| pod.workload == member);
    pods.filter(|pod| !matches!(pod.phase, Phase::Leaving | Phase::Ghost)).count()
}
