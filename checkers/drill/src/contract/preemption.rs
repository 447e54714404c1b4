//! What the scheduler promises of preemption.

use seatrial_scheduling::Template;

use super::{ensure, template};
use crate::{Kind, NOWHERE, Phase, Pod, Scope, State};

/// A pod that may preempt takes the room of less important ones, of no more than it needs, and of
/// one node only; it is nominated to that node, and no less important pod is any more.
pub(super) fn preempt(
    scope: &Scope,
    before: &State,
    (pod, node): (Pod, u8),
    after: &State,
) -> Result<(), String> {
    let Some(own) = template(scope, pod.workload) else {
        return Err("a pod of no workload preempts".to_owned());
    };
    ensure(own.spec.preempts, "a pod whose policy is `Never` takes nobody's room")?;
    ensure(pod.phase == Phase::Waiting, "only a pod that waits takes the room of others")?;
    let nominated = Pod { nominated: node, ..pod };
    ensure(count(after, nominated) > 0, "a pod that preempts is nominated")?;
    let priority = |pod: &Pod| template(scope, pod.workload).map_or(0, |it| it.spec.priority);
    let mut victims = before.pods.iter().filter(|it| it.is_active() && it.node != NOWHERE);
    let stays = |victim: &Pod| {
        count(before, *victim) <= count(after, *victim) || victim.phase == Phase::Waiting
    };
    let is_fair = |victim: &Pod| victim.node == node && priority(victim) < own.spec.priority;
    ensure(
        victims
            .all(|victim| stays(victim) || is_fair(victim) || is_of_failed(before, after, *victim)),
        "only less important pods of the node go",
    )?;
    let mut others = after.pods.iter().filter(|it| it.nominated == node);
    ensure(
        others.all(|it| priority(it) >= own.spec.priority),
        "no less important pod stays nominated to the node",
    )?;
    // Those of lower priority that are on their way out may all be victims.
    let stays = after.pods.iter().filter(|it| {
        let goes = it.phase == Phase::Leaving && priority(it) < own.spec.priority;
        it.node == node && it.phase != Phase::Ghost && !goes
    });
    fits(scope, node, stays.chain([&nominated]))
}

/// Whether a pod went because its whole Job failed.
fn is_of_failed(before: &State, after: &State, pod: Pod) -> bool {
    let left = |state: &State| state.set(pod.workload).map_or(0, |set| set.wants(0));
    before.set(pod.workload).is_some_and(|set| set.kind == Kind::Job)
        && left(before) > 0
        && left(after) == 0
}

/// How many pods are like this one, revisions and the numbers of those without identity aside: they
/// may get others.
fn count(state: &State, pod: Pod) -> usize {
    let has_identity = state.set(pod.workload).is_some_and(|set| set.kind != Kind::Deployment);
    let slot = |pod: Pod| if has_identity { pod.slot } else { 0 };
    let plain = |pod: Pod| Pod { revision: 0, slot: slot(pod), ..pod };
    state.pods.iter().filter(|other| plain(**other) == plain(pod)).count()
}

/// A pod is bound to a node only if there is room, too, for those that others went for there and
/// that are no less important.
pub(super) fn bind(scope: &Scope, before: &State, pod: Pod, node: u8) -> Result<(), String> {
    if scope.workload(pod.workload).is_some_and(|it| it.pinned.is_some()) {
        return Ok(());
    }
    let priority = |pod: &Pod| template(scope, pod.workload).map_or(0, |it| it.spec.priority);
    let mut others = before.pods.clone();
    if let Some(itself) = others.iter().position(|other| *other == pod) {
        others.remove(itself);
    }
    let kept = |it: &&Pod| {
        it.node == node && it.phase != Phase::Ghost
            || it.nominated == node && priority(it) >= priority(&pod)
    };
    fits(scope, node, others.iter().filter(kept).chain([&pod]))
        .map_err(|_| "no pod takes the room that is kept for a more important one".to_owned())
}

/// A nomination is taken back of a pod that had one.
pub(super) fn give_up(before: &State, pod: Pod, after: &State) -> Result<(), String> {
    let plain = Pod { nominated: NOWHERE, ..pod };
    ensure(
        pod.nominated != NOWHERE && count(after, plain) == count(before, plain) + 1,
        "what is taken back is a nomination",
    )
}

/// The pods ask for no more than a node has.
fn fits<'a>(scope: &'a Scope, node: u8, pods: impl Iterator<Item = &'a Pod>) -> Result<(), String> {
    let cluster = &scope.world.cluster;
    let Some(said) = cluster.nodes.get(usize::from(node)) else { return Ok(()) };
    let residents = cluster.pods.iter().filter(|pod| pod.node == Some(usize::from(node)));
    let residents = residents.filter_map(|pod| cluster.templates.get(pod.template));
    let own = pods.filter_map(|pod| template(scope, pod.workload));
    let all: Vec<&Template> = residents.chain(own).collect();
    let asked = |resource: usize| -> u128 {
        let amounts = all.iter().filter_map(|it| it.spec.requests.get(resource));
        amounts.map(|amount| u128::from(*amount)).sum()
    };
    let mut room = (0..).zip(&said.allocatable);
    ensure(
        room.all(|(resource, has)| asked(resource) <= u128::from(*has)),
        "once its victims have gone, a pod that preempts has room",
    )
}
