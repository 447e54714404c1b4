//! The second evaluator: what each controller promises, stated directly on the states before and
//! after one step.
//!
//! Nothing here asks the modules that take the steps: pods are counted anew, amounts are added up
//! node by node, and the scheduler's promises are stated without its filters. Random walks and
//! every story that is shown are held against it.

use seatrial_scheduling::{PodTerm, SpreadConstraint, Template};

use crate::{
    Action, Floor, Kind, Load, NOWHERE, NodeStatus, Phase, Pod, Scope, Share, State, Strategy,
    Workload,
};

mod grain;
mod identity;
mod kubelet;
mod preemption;

/// Holds one step against the contracts.
///
/// # Errors
///
/// The contract that it breaks, in words.
pub fn step(scope: &Scope, before: &State, action: &Action, after: &State) -> Result<(), String> {
    state(scope, after)?;
    frame(before, *action, after)?;
    match *action {
        Action::Resize(member, ..) => resize(scope, before, member, after),
        Action::Create(member, revision, _) => create(scope, (member, revision), after),
        Action::Delete(pod) => delete(before, pod),
        Action::Bind(pod, node) => {
            bind(scope, before, pod, node)?;
            preemption::bind(scope, before, pod, node)
        }
        Action::Preempt(pod, node, _) => preemption::preempt(scope, before, (pod, node), after),
        Action::Unnominate(pod) => preemption::give_up(before, pod, after),
        Action::Evict(pod) => {
            ensure(before.node(pod.node) == NodeStatus::Draining, "only a drain evicts")?;
            evict(scope, before, pod)
        }
        Action::Deschedule(pod, _) => evict(scope, before, pod),
        Action::EvictLate(_)
        | Action::Lag(..)
        | Action::Plan(..)
        | Action::Call(..)
        | Action::Restart => grain::step(scope, before, *action, after),
        Action::Make(_) | Action::Retire(_) | Action::Succeed(_) | Action::Refuse(_) => {
            identity::step(scope, before, *action, after)
        }
        Action::Autoscale(member, _) | Action::Load(member, _) => {
            autoscale(scope, before, *action, member, after)
        }
        Action::Start(_) | Action::Settle(_) | Action::CrashLoop(_) | Action::FailProbe(..) => {
            kubelet::step(scope, before, *action, after)
        }
        _ => Ok(()),
    }
}

fn ensure(holds: bool, contract: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(contract.to_owned()) }
}

/// What holds in every state.
fn state(scope: &Scope, state: &State) -> Result<(), String> {
    let dead = [NodeStatus::Lost, NodeStatus::CutOff, NodeStatus::Gone];
    let works = |pod: &Pod| !dead.contains(&state.node(pod.node));
    ensure(
        state.pods.iter().all(|pod| !pod.is_ready() || works(pod)),
        "a ready pod is on a node that answers",
    )?;
    let bound = |pod: &Pod| pod.phase != Phase::Waiting;
    ensure(
        state.pods.iter().all(|pod| bound(pod) == (usize::from(pod.node) < state.nodes.len())),
        "a pod is bound to a node, or waits",
    )?;
    ensure(
        state.pods.iter().all(|pod| !bound(pod) || pod.nominated == NOWHERE),
        "only a pod that waits is nominated",
    )?;
    ensure(
        state.pods.iter().all(|pod| !bound(pod) || state.node(pod.node) != NodeStatus::Gone),
        "the pods of a removed node are gone",
    )?;
    for node in 0..scope.world.cluster.nodes.len() {
        fits(scope, state, node)?;
    }
    identity::state(scope, state)
}

/// The pods of a node ask for no more than it has.
fn fits(scope: &Scope, state: &State, node: usize) -> Result<(), String> {
    let cluster = &scope.world.cluster;
    let Some(said) = cluster.nodes.get(node) else { return Ok(()) };
    let own = state.pods.iter().filter(|pod| usize::from(pod.node) == node);
    // A pod that names its node is bound before anybody looks whether there is room.
    let is_past = |pod: &&Pod| {
        pod.phase == Phase::Starting
            && scope.workload(pod.workload).is_some_and(|it| it.pinned.is_some())
    };
    let own = own.filter(|pod| pod.phase != Phase::Ghost && !is_past(pod));
    let own = own.filter_map(|pod| template(scope, pod.workload));
    let residents = cluster.pods.iter().filter(|pod| pod.node == Some(node));
    let residents = residents.filter_map(|pod| cluster.templates.get(pod.template));
    let templates: Vec<&Template> = residents.chain(own).collect();
    let sum = |resource: usize| -> u128 {
        let asked = templates.iter().filter_map(|it| it.spec.requests.get(resource));
        asked.map(|amount| u128::from(*amount)).sum()
    };
    let mut amounts = (0..).zip(&said.allocatable);
    ensure(
        amounts.all(|(resource, has): (usize, _)| sum(resource) <= u128::from(*has)),
        "the pods of a node ask for no more than it has",
    )
}

fn template(scope: &Scope, member: u8) -> Option<&Template> {
    scope.world.cluster.templates.get(scope.workload(member)?.templates[0])
}

/// What a step leaves alone.
fn frame(before: &State, action: Action, after: &State) -> Result<(), String> {
    let about_nodes = matches!(
        action,
        Action::Uncordon(_)
            | Action::Remove(_)
            | Action::LoseNode(_)
            | Action::LoseZone(_)
            | Action::CutOff(_)
            | Action::Cordon(_)
            | Action::Taint(_)
            | Action::Drain(_)
    );
    ensure(about_nodes || before.nodes == after.nodes, "only what concerns nodes changes nodes")?;
    let (were, are) = (before.pods.len(), after.pods.len());
    let counts = match action {
        Action::Create(_, _, count) | Action::Stale(_, _, count) => {
            are == were + usize::from(count)
        }
        Action::Lag(..) | Action::Call(..) | Action::EvictLate(_) => true,
        Action::Make(_) => are == were + 1,
        Action::Delete(pod)
        | Action::Kill(pod)
        | Action::Evict(pod)
        | Action::Deschedule(pod, _)
            if before.set(pod.workload).is_some_and(|set| set.kind == Kind::Deployment) =>
        {
            are == were - usize::from(pod.phase == Phase::Waiting)
        }
        // Without a grace period, or with the pod its whole Job.
        Action::Kill(_)
        | Action::Evict(_)
        | Action::Deschedule(..)
        | Action::Retire(_)
        | Action::Crash(_)
        | Action::FailProbe(_, true)
        | Action::Succeed(_)
        | Action::ForceDelete(_)
        | Action::EvictByTaint(_)
        | Action::Preempt(..) => are <= were,
        Action::End(_) | Action::Refuse(_) => are + 1 == were,
        Action::Remove(node) => are <= before.pods.iter().filter(|pod| pod.node != node).count(),
        _ => are == were,
    };
    ensure(counts, "pods come and go one by one, and only where a step says so")?;
    ensure(before.up <= after.up, "what was complete once has been complete")
}

/// The Deployment never asks for more pods than replicas and surge, unless it had more before, and
/// never gives up more available pods than may be unavailable.
fn resize(scope: &Scope, before: &State, member: u8, after: &State) -> Result<(), String> {
    let (Some(workload), Some(was), Some(is)) =
        (scope.workload(member), before.set(member), after.set(member))
    else {
        return Err("a Deployment is resized that does not exist".to_owned());
    };
    let total = |set: &crate::Set| u16::from(set.desired[0]) + u16::from(set.desired[1]);
    let (surge, unavailable) = promised(workload, is.replicas);
    ensure(
        total(is) <= total(was).max(u16::from(is.replicas) + surge),
        "no more pods than replicas and surge",
    )?;
    // The number of replicas has changed under way: its share is each replica set's, ready or not.
    if was.sized_for != was.replicas {
        let both = was.desired.iter().all(|size| *size > 0);
        let is_rolling = matches!(workload.strategy, Strategy::RollingUpdate { .. });
        let most = if is.replicas == 0 { 0 } else { u16::from(is.replicas) + surge };
        return ensure(
            !both || !is_rolling || total(is) == most,
            "replica sets that share a change have as many pods as replicas and surge",
        );
    }
    if workload.strategy == Strategy::Recreate {
        let old = before.pods_of_revision(member, was.other()).count();
        let grows = is.wants(is.current) > was.wants(was.current);
        return ensure(old == 0 || !grows, "no new pod before the last old one has gone");
    }
    let kept = |set: &crate::Set| -> usize {
        let of = |revision: u8| {
            let pods = before.pods_of_revision(member, revision);
            pods.filter(|pod| is_available(workload, **pod))
                .count()
                .min(usize::from(set.wants(revision)))
        };
        // Sizes may have been renamed with the revision: compare by what was there before.
        if is.current == was.current { of(0) + of(1) } else { usize::MAX }
    };
    let fewest = usize::from(u16::from(is.replicas).saturating_sub(unavailable));
    ensure(kept(is) >= kept(was).min(fewest), "no fewer available pods than the strategy allows")
}

/// The load sets nothing, and the autoscaler only what is within its bounds and towards the load.
fn autoscale(
    scope: &Scope,
    before: &State,
    action: Action,
    member: u8,
    after: &State,
) -> Result<(), String> {
    let (Some(was), Some(is)) = (before.set(member), after.set(member)) else {
        return Err("a workload is scaled that does not exist".to_owned());
    };
    let Action::Autoscale(_, to) = action else {
        return ensure(was.replicas == is.replicas, "a load sets no number of replicas");
    };
    let Some(scaler) = scope.workload(member).and_then(|workload| workload.scaler.as_ref()) else {
        return Err("only what has an autoscaler is scaled by one".to_owned());
    };
    let bounds = scaler.min..=scaler.max;
    ensure(is.replicas == to && bounds.contains(&to), "an autoscaler keeps within its bounds")?;
    ensure(
        !bounds.contains(&was.replicas)
            || to > was.replicas && was.load == Load::High
            || to < was.replicas && was.load == Load::Low && scaler.blind.is_empty(),
        "an autoscaler goes where the load is, and not down if it cannot read a metric",
    )
}

/// Whether a pod counts as available: at once when it is ready, unless the workload has
/// `minReadySeconds`.
fn is_available(workload: &Workload, pod: Pod) -> bool {
    if workload.settles { pod.phase == Phase::Available } else { pod.is_ready() }
}

/// Surge and unavailable pods of so many replicas, from the words of the API: percentages are
/// rounded up for the surge, down for the unavailable, and both are not zero.
fn promised(workload: &Workload, replicas: u8) -> (u16, u16) {
    let Strategy::RollingUpdate { surge, unavailable } = workload.strategy else {
        return (0, u16::from(replicas));
    };
    let exact = |share: Share| match share {
        Share::Number(number) => f64::from(number),
        Share::Percent(percent) => f64::from(percent) * f64::from(replicas) / 100.0,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let whole = |number: f64| number as u16;
    let (surge, unavailable) = (whole(exact(surge).ceil()), whole(exact(unavailable).floor()));
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// A replica set makes no more pods than it shall have, and none that a quota forbids.
fn create(scope: &Scope, (member, revision): (u8, u8), after: &State) -> Result<(), String> {
    let Some(set) = after.set(member) else { return Ok(()) };
    let active = after.pods_of_revision(member, revision).filter(|pod| pod.is_active());
    ensure(
        active.count() <= usize::from(set.wants(revision)),
        "a replica set makes no more pods than it shall have",
    )?;
    for quota in &scope.world.quotas {
        let in_namespace = |workload: &&Workload| workload.namespace == quota.namespace;
        for (resource, hard) in &quota.room {
            let of = |workload: &Workload, pods: usize| {
                let asked = scope.requests(workload).get(*resource).copied().unwrap_or_default();
                u128::from(asked) * pods as u128
            };
            let own = scope.workloads().filter(|(_, workload)| in_namespace(workload));
            let used: u128 = own
                .map(|(member, workload)| of(workload, after.pods_of(member).count()))
                .chain(
                    scope
                        .others()
                        .filter(in_namespace)
                        .map(|workload| of(workload, usize::from(workload.at_once()))),
                )
                .sum();
            let concerned = scope.workload(member).as_ref().is_some_and(in_namespace);
            ensure(!concerned || used <= u128::from(*hard), "no more is used than a quota allows")?;
        }
    }
    Ok(())
}

/// A pod is deleted only if there are too many, and a ready one only if all are.
fn delete(before: &State, pod: Pod) -> Result<(), String> {
    let alike =
        || before.pods_of_revision(pod.workload, pod.revision).filter(|other| other.is_active());
    let wanted = before.set(pod.workload).map_or(0, |set| set.wants(pod.revision));
    ensure(alike().count() > usize::from(wanted), "only pods that are too many are deleted")?;
    ensure(
        !pod.is_ready() || alike().all(Pod::is_ready),
        "a ready pod is deleted only if all of its revision are ready",
    )
}

/// A pod is bound only to a node where it may run next to those that are there.
fn bind(scope: &Scope, before: &State, pod: Pod, node: u8) -> Result<(), String> {
    let Some(asked) = template(scope, pod.workload) else { return Ok(()) };
    let tolerates = |key: &str| {
        asked.spec.tolerations.iter().any(|it| it.key.as_deref().is_none_or(|own| own == key))
    };
    match before.node(node) {
        _ if scope.workload(pod.workload).is_some_and(|it| it.pinned == Some(node)) => {
            return Ok(());
        }
        NodeStatus::Up => {}
        NodeStatus::Draining | NodeStatus::Cordoned => ensure(
            tolerates("node.kubernetes.io/unschedulable"),
            "no pod is bound to a cordoned node that does not tolerate it",
        )?,
        NodeStatus::Tainted => ensure(
            asked.spec.tolerations.iter().any(|it| it.key.is_none()),
            "no pod is bound to a tainted node that does not tolerate everything",
        )?,
        NodeStatus::Lost | NodeStatus::CutOff => ensure(
            tolerates("node.kubernetes.io/unreachable"),
            "no pod is bound to a node that does not answer and that it does not tolerate",
        )?,
        NodeStatus::Gone => return Err("no pod is bound to a node that is gone".to_owned()),
    }
    for term in &asked.spec.anti_affinity {
        ensure(
            near(scope, before, term, node) == 0,
            "no pod is bound near pods that it has to be away from",
        )?;
    }
    for term in asked.spec.affinity.iter().filter(|term| !selects(scope, term, pod.workload)) {
        ensure(
            near(scope, before, term, node) > 0,
            "a pod is bound only near the pods that it has to be near to",
        )?;
    }
    let plain = asked.spec.node_selector.is_empty()
        && asked.spec.node_affinity.required.is_none()
        && asked.spec.spread.iter().all(|it| it.min_domains <= 1 && !it.honors_taints);
    for constraint in asked.spec.spread.iter().filter(|it| it.hard && plain) {
        spread(scope, before, (constraint, asked), pod, node)?;
    }
    Ok(())
}

/// The value of a topology's label on a node.
fn domain<'a>(scope: &'a Scope, topology: &str, node: u8) -> Option<&'a str> {
    let node = scope.world.cluster.nodes.get(usize::from(node))?;
    node.labels.get(topology).map(String::as_str)
}

/// Whether a term selects the pods of a member.
fn selects(scope: &Scope, term: &PodTerm, member: u8) -> bool {
    template(scope, member).is_some_and(|other| {
        let labels = scope.world.cluster.namespace_labels(&other.namespace);
        term.matches(&other.namespace, &labels, &other.labels)
    })
}

/// How many pods of a term are bound in the domain of a node.
fn near(scope: &Scope, state: &State, term: &PodTerm, node: u8) -> usize {
    let Some(here) = domain(scope, &term.topology, node) else { return 0 };
    let there = |pod: &&Pod| {
        !matches!(pod.phase, Phase::Waiting | Phase::Ghost)
            && domain(scope, &term.topology, pod.node) == Some(here)
    };
    state.pods.iter().filter(there).filter(|pod| selects(scope, term, pod.workload)).count()
}

/// With the pod, the node's domain has at most `maxSkew` pods more than the emptiest.
fn spread(
    scope: &Scope,
    before: &State,
    (constraint, asked): (&SpreadConstraint, &Template),
    pod: Pod,
    node: u8,
) -> Result<(), String> {
    let topology = constraint.topology.as_str();
    let Some(here) = domain(scope, topology, node) else {
        return Err("a pod is spread only over nodes that have the label".to_owned());
    };
    let own = asked.spec.spread.iter().any(|it| it.selector.matches(&asked.labels));
    let counted = |other: &&Pod| {
        other.phase != Phase::Waiting
            && other.is_active()
            && template(scope, other.workload).is_some_and(|template| {
                template.namespace == asked.namespace
                    && constraint.selector.matches(&template.labels)
            })
    };
    // Revisions may count by themselves (`matchLabelKeys`): then fewer pods count than here.
    if !own || before.pods_of(pod.workload).any(|other| other.revision != pod.revision) {
        return Ok(());
    }
    let count = |value: &str| {
        let pods = before.pods.iter().filter(counted);
        pods.filter(|other| domain(scope, topology, other.node) == Some(value)).count()
    };
    let nodes = (0_u8..).take(before.nodes.len());
    let there = nodes.filter(|node| before.node(*node) != NodeStatus::Gone);
    let all = |node: &u8| {
        asked
            .spec
            .spread
            .iter()
            .filter(|it| it.hard)
            .all(|it| domain(scope, &it.topology, *node).is_some())
    };
    let fewest =
        there.filter(all).filter_map(|node| domain(scope, topology, node)).map(count).min();
    let skew = (count(here) + 1).saturating_sub(fewest.unwrap_or(0));
    let most = usize::try_from(constraint.max_skew).unwrap_or(usize::MAX);
    ensure(skew <= most, "no domain gets more pods than `maxSkew` over the emptiest")
}

/// A healthy pod is evicted only if enough healthy ones are left for its one budget.
fn evict(scope: &Scope, before: &State, pod: Pod) -> Result<(), String> {
    let Some(workload) = scope.workload(pod.workload).filter(|_| pod.is_ready()) else {
        return Ok(());
    };
    let budget = match workload.budgets.as_slice() {
        [] => return Ok(()),
        [budget] => *budget,
        _ => return Err("a pod of two budgets is not evicted".to_owned()),
    };
    let Some(said) = scope.world.budgets.get(budget) else { return Ok(()) };
    let mine: Vec<u8> = scope
        .workloads()
        .filter(|(_, workload)| workload.budgets.contains(&budget))
        .map(|(member, _)| member)
        .collect();
    let pods = || before.pods.iter().filter(|pod| mine.contains(&pod.workload));
    let replicas: u32 = mine
        .iter()
        .filter_map(|member| before.set(*member))
        .map(|set| u32::from(set.replicas))
        .sum();
    let ready = pods().filter(|pod| pod.is_ready()).count() as u64;
    let enough = match said.floor {
        Floor::MinAvailable(Share::Number(number)) => ready > u64::from(number),
        Floor::MinAvailable(Share::Percent(percent)) => {
            (ready - 1) * 100 >= u64::from(percent) * u64::from(replicas)
        }
        Floor::MaxUnavailable(share) => {
            ready - 1 + u64::from(share.up(replicas)) >= u64::from(replicas)
        }
    };
    ensure(enough, "an eviction leaves as many healthy pods as the budget asks for")
}
