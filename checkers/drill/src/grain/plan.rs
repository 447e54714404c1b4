//! What a controller reads, what it would do then, and what its calls do when they arrive.

use super::memory::{active, bit, bits, free_number};
use super::{Plan, Reader, Task};
use crate::stateful_set::Move;
use crate::{Action, Kind, Pod, Scope, State, deployment, node, quota, replica_set, stateful_set};

/// The calls of a reconciliation of the state as it is.
pub(super) fn plan(scope: &Scope, state: &State, task: Task) -> Plan {
    match task.reader {
        Reader::Deployment => resize(scope, state, task.member),
        Reader::ReplicaSet => replicas(scope, state, task),
        Reader::StatefulSet => ordinals(scope, state, task.member),
        Reader::Disruption => Plan::default(),
    }
}

fn resize(scope: &Scope, state: &State, member: u8) -> Plan {
    let (Some((new, old)), Some(set)) =
        (deployment::next(scope, state, member), state.set(member).copied())
    else {
        return Plan::default();
    };
    let mut to = set;
    to.want(set.current, new);
    to.want(set.other(), old);
    Plan { resize: Some([set.desired, to.desired]), ..Plan::default() }
}

/// All pods that are missing or too many, as `manageReplicas` counts them at once.
fn replicas(scope: &Scope, state: &State, task: Task) -> Plan {
    let missing = replica_set::missing(scope, state, task.member, task.revision);
    if let Some(creates) = u8::try_from(missing).ok().filter(|count| *count > 0) {
        return Plan { creates, ..Plan::default() };
    }
    let excess = replica_set::excess(state, task.member, task.revision);
    let mask = |pods: &[Pod]| pods.iter().fold(0, |mask, pod| mask | bit(pod.slot));
    Plan {
        deletes: mask(&excess.surely),
        ties: mask(&excess.ties),
        of_ties: u8::try_from(excess.of_ties).unwrap_or(u8::MAX),
        ..Plan::default()
    }
}

fn ordinals(scope: &Scope, state: &State, member: u8) -> Plan {
    let mut plan = Plan::default();
    for it in stateful_set::moves(scope, state, member) {
        match it {
            Move::Make(pod) => {
                if let Some(mask) = plan.makes.get_mut(usize::from(pod.revision)) {
                    *mask |= bit(pod.slot);
                }
            }
            Move::Retire(pod) => plan.deletes |= bit(pod.slot),
        }
    }
    plan
}

/// Whether what a controller reads differs between two states.
pub(super) fn differs(before: &State, after: &State, task: Task) -> bool {
    let (member, revision) = (task.member, task.revision);
    match task.reader {
        Reader::Deployment => {
            let current = |state: &State| state.set(member).map(|set| set.current);
            current(before) != current(after)
                || deployment::seen(before, member) != deployment::seen(after, member)
        }
        Reader::ReplicaSet => {
            let size = |state: &State| state.set(member).map(|set| set.wants(revision));
            let pods = |state: &State| -> Vec<Pod> {
                state.pods_of_revision(member, revision).copied().collect()
            };
            size(before) != size(after) || pods(before) != pods(after)
        }
        Reader::StatefulSet => {
            let pods = |state: &State| -> Vec<Pod> { state.pods_of(member).copied().collect() };
            before.set(member) != after.set(member) || pods(before) != pods(after)
        }
        Reader::Disruption => false,
    }
}

/// Makes the calls of a plan, one after the other. A call that comes too late does nothing: a pod
/// is gone, an ordinal is taken, a quota is used up, the sizes are not those that were read.
pub(super) fn perform(scope: &Scope, state: &mut State, task: Task, plan: Plan) {
    let member = task.member;
    if let (Some([from, to]), Some(set)) = (plan.resize, state.set_mut(member))
        && set.desired == from
    {
        set.desired = to;
    }
    for _ in 0..plan.creates {
        if quota::room(scope, state, member) > 0 {
            let slot = free_number(state, member);
            let fresh = replica_set::fresh(member, task.revision);
            state.pods.push(Pod { slot, ..fresh });
        }
    }
    for (revision, mask) in (0_u8..).zip(plan.makes) {
        for slot in slots(mask) {
            if state.pod_in(member, slot).is_none() && quota::room(scope, state, member) > 0 {
                let fresh = replica_set::fresh(member, revision);
                state.pods.push(Pod { slot, ..fresh });
            }
        }
    }
    for slot in slots(plan.deletes) {
        if let Some(pod) = state.pod_in(member, slot).filter(Pod::is_active) {
            node::delete(scope, state, pod);
        }
    }
}

fn slots(mask: u64) -> impl Iterator<Item = u8> {
    bits(mask).filter_map(|bit| u8::try_from(bit.trailing_zeros()).ok())
}

/// Whether calls would do anything now.
pub(super) fn does_something(scope: &Scope, state: &State, task: Task, plan: Plan) -> bool {
    let member = task.member;
    let resizes = plan
        .resize
        .is_some_and(|[from, _]| state.set(member).is_some_and(|set| set.desired == from));
    let makes = plan.makes[0] | plan.makes[1];
    let makes = slots(makes).any(|slot| state.pod_in(member, slot).is_none());
    resizes
        || (plan.creates > 0 || makes) && quota::room(scope, state, member) > 0
        || plan.deletes & active(state, member) != 0
}

/// Whether a step is one by which a controller changes its object, read from the state as it is.
pub(crate) fn acts(action: Action, task: Task) -> bool {
    let pod_of = |pod: Pod| pod.workload == task.member;
    match (task.reader, action) {
        (Reader::Deployment, Action::Resize(member, ..)) => member == task.member,
        (Reader::ReplicaSet, Action::Create(member, revision, _)) => {
            (member, revision) == (task.member, task.revision)
        }
        (Reader::ReplicaSet, Action::Delete(pod)) => pod_of(pod) && pod.revision == task.revision,
        (Reader::StatefulSet, Action::Make(pod) | Action::Retire(pod)) => pod_of(pod),
        _ => false,
    }
}

/// The calls of a plan in Kubernetes' words.
pub(crate) fn told(scope: &Scope, state: Option<&State>, task: Task, plan: Plan) -> String {
    let member = task.member;
    let workload = scope.workload(member);
    let name = workload.map_or("", |workload| workload.name.as_str());
    let is_numbered = workload.is_some_and(|workload| workload.kind() == Kind::Deployment);
    let mut parts = Vec::new();
    if let Some([[from0, from1], [to0, to1]]) = plan.resize {
        parts.push(format!(
            "resize the replica sets of {name} from {from0} and {from1} to {to0} and {to1}"
        ));
    }
    let of = crate::action::describe_revision(state, member, task.revision);
    if plan.creates > 0 {
        let plural = if plan.creates == 1 { "pod" } else { "pods" };
        parts.push(format!("create {} {of}{plural} of {name}", plan.creates));
    }
    for (revision, mask) in (0_u8..).zip(plan.makes) {
        let of = crate::action::describe_revision(state, member, revision);
        parts.extend(slots(mask).map(|slot| format!("create {of}pod {slot} of {name}")));
    }
    for slot in slots(plan.deletes) {
        let there = state.and_then(|state| state.pod_in(member, slot));
        parts.push(match there.filter(|_| is_numbered) {
            Some(pod) => format!("delete {}", crate::action::describe(scope, state, pod)),
            None if is_numbered => format!("delete the {of}pod of {name} numbered {slot}"),
            None => format!("delete pod {slot} of {name}"),
        });
    }
    parts.join(", ")
}
