//! Why a story ends as it does, with the lines of manifests that are responsible.

use seatrial_scheduling::Plugin;

use crate::action::{describe, node_name};
use crate::disruption::{self, Eviction};
use crate::preemption::Choice;
use crate::story::Because;
use crate::{
    Action, Aspect, Blind, Drill, Health, Kind, Load, NOWHERE, NodeStatus, Phase, Pod, Scope,
    Shape, State, Workload, kubelet, node, preemption, quota, stateful_set,
};

/// Why the workload is not complete in a state.
pub(crate) fn of_state(scope: &Scope, state: &State, drill: &Drill) -> Vec<Because> {
    let mut because = Vec::new();
    for pod in state.distinct_pods() {
        let Some(workload) = scope.workload(pod.workload) else { continue };
        let name = describe(scope, Some(state), pod);
        if pod.phase == Phase::Waiting && drill.nodes_for(state, pod).is_empty() {
            because.extend(unschedulable(scope, state, drill, pod));
        }
        if pod.phase == Phase::Starting
            && let Some(holder) = kubelet::holder(scope, state, pod)
        {
            let other = node_name(scope, holder.node);
            because.push(Because {
                what: format!("{name} cannot start: its volume is attached to {other}"),
                location: workload.place(Aspect::Volumes).clone(),
            });
        }
        if state.node(pod.node) == NodeStatus::Draining && pod.is_active() {
            because.extend(refused(scope, state, pod));
        }
        because.extend(waits(scope, state, pod, workload));
        because.extend(held(scope, state, pod, workload));
    }
    for (member, workload) in scope.workloads() {
        because.extend(in_order(scope, state, member, workload));
        because.extend(failed(state, member, workload));
        because.extend(rescaled(state, member, workload));
        because.extend(short_of_quota(scope, state, member, workload));
        because.extend(stuck_rollout(state, member, workload));
        because.extend(unprobed(state, member, workload));
        because.extend(blind(state, member, workload));
    }
    because
}

/// What keeps an autoscaler from following the load.
fn blind(state: &State, member: u8, workload: &Workload) -> Vec<Because> {
    let is_loaded = state.set(member).is_some_and(|set| set.load != Load::Steady);
    let Some(scaler) = workload.scaler.as_ref().filter(|_| is_loaded) else { return Vec::new() };
    let because = |blind: &Blind| Because {
        what: format!("HorizontalPodAutoscaler {} {}", scaler.name, blind.what),
        location: blind.location.clone(),
    };
    scaler.blind.iter().map(because).collect()
}

/// That pods whose containers crash count as available in between.
fn unprobed(state: &State, member: u8, workload: &Workload) -> Option<Because> {
    let set = state.set(member)?;
    let counts = !workload.probes.delays() && !workload.settles;
    (set.health_of(set.current) == Health::Crashes && counts).then(|| Because {
        what: format!(
            "the pods of {} count as ready as soon as they run: there is no readiness probe, and no \
             `minReadySeconds`",
            workload.title()
        ),
        location: workload.place(Aspect::Requests).clone(),
    })
}

/// Why no node takes a pod, by filter.
fn unschedulable(scope: &Scope, state: &State, drill: &Drill, pod: crate::Pod) -> Vec<Because> {
    let Some(workload) = scope.workload(pod.workload) else { return Vec::new() };
    let name = describe(scope, Some(state), pod);
    let mut by_filter: Vec<(Plugin, String, usize)> = Vec::new();
    for refused in drill.scheduler.refusals(scope, state, pod) {
        let reason = refused.reasons.join(", ");
        match by_filter.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, count)) => *count += 1,
            None => by_filter.push((refused.plugin, reason, 1)),
        }
    }
    let because = |(plugin, reason, count): (Plugin, String, usize)| {
        let nodes = if count == 1 { "node" } else { "nodes" };
        Because {
            what: format!("{name} finds no node: {count} {nodes}: {reason}"),
            location: workload.place(aspect(plugin)).clone(),
        }
    };
    by_filter.into_iter().map(because).collect()
}

/// What of a manifest a filter goes by.
fn aspect(plugin: Plugin) -> Aspect {
    match plugin {
        Plugin::PodTopologySpread => Aspect::Spread,
        Plugin::InterPodAffinity | Plugin::NodeAffinity => Aspect::Affinity,
        Plugin::VolumeBinding
        | Plugin::VolumeZone
        | Plugin::VolumeRestrictions
        | Plugin::NodeVolumeLimits => Aspect::Volumes,
        Plugin::NodeResourcesFit | Plugin::NodePorts => Aspect::Requests,
        Plugin::NodeUnschedulable | Plugin::TaintToleration => Aspect::Replicas,
    }
}

/// Why a pod is not evicted.
fn refused(scope: &Scope, state: &State, pod: crate::Pod) -> Option<Because> {
    let workload = scope.workload(pod.workload)?;
    let name = describe(scope, Some(state), pod);
    match disruption::evict(scope, state, pod) {
        Eviction::Allowed => None,
        Eviction::Refused(budget) => {
            let said = scope.world.budgets.get(budget)?;
            let status = disruption::status(scope, state, budget)?;
            let what = format!(
                "{name} is not evicted: PodDisruptionBudget {} wants {} healthy pods, and {} are",
                said.name, status.desired, status.healthy
            );
            Some(Because { what, location: said.location.clone() })
        }
        Eviction::Ambiguous => {
            let what = format!("{name} is not evicted: more than one budget selects it");
            let budget = scope.world.budgets.get(*workload.budgets.first()?)?;
            Some(Because { what, location: budget.location.clone() })
        }
    }
}

/// The quota that keeps a workload from making its pods.
fn short_of_quota(
    scope: &Scope,
    state: &State,
    member: u8,
    workload: &crate::Workload,
) -> Option<Because> {
    let set = state.set(member)?;
    let short = match set.kind {
        Kind::Deployment => [0, 1]
            .iter()
            .any(|revision| state.active(member, *revision) < usize::from(set.wants(*revision))),
        _ => state.pods_of(member).count() < usize::from(set.replicas),
    };
    if !short || quota::room(scope, state, member) > 0 {
        return None;
    }
    let quota = scope.world.quotas.get(*workload.quotas.first()?)?;
    let what =
        format!("ResourceQuota {} has no room for another pod of {}", quota.name, workload.name);
    Some(Because { what, location: quota.location.clone() })
}

/// That the manifest and the autoscaler both say how many replicas there are.
fn rescaled(state: &State, member: u8, workload: &crate::Workload) -> Option<Because> {
    let scaler =
        workload.scaler.as_ref().filter(|_| state.set(member).is_some_and(|it| it.rescaled))?;
    let stated = workload.stated?;
    let what = format!(
        "the manifest of {} says {stated} replicas, which HorizontalPodAutoscaler {} decides on",
        workload.name, scaler.name
    );
    Some(Because { what, location: workload.place(Aspect::Replicas).clone() })
}

/// The numbers that a rollout waits for.
fn stuck_rollout(state: &State, member: u8, workload: &crate::Workload) -> Option<Because> {
    let is_deployment = workload.kind() == Kind::Deployment;
    let set = state.set(member).filter(|_| is_deployment && state.is_rolling(member))?;
    let (surge, unavailable) = workload.strategy.fenceposts(set.replicas);
    let what = format!(
        "the rollout of {} may make {surge} more of its {} pods and miss {unavailable}",
        workload.name, set.replicas
    );
    Some(Because { what, location: workload.place(Aspect::Strategy).clone() })
}

/// The Service that the init containers of a pod wait for in vain.
fn waits(scope: &Scope, state: &State, pod: Pod, workload: &Workload) -> Option<Because> {
    let wait = kubelet::awaited(scope, state, pod).filter(|_| pod.phase == Phase::Starting)?;
    let own = wait.selected.contains(&workload.name);
    let whose = if own { ", whose only pods are its own," } else { "" };
    let what = format!(
        "{} waits for Service {}{whose} which has no ready pod",
        describe(scope, Some(state), pod),
        wait.service
    );
    Some(Because { what, location: wait.location.clone() })
}

/// That the object of a pod stays since nobody hears from its node; or that it went too early.
fn held(scope: &Scope, state: &State, pod: Pod, workload: &Workload) -> Option<Because> {
    let name = describe(scope, Some(state), pod);
    let is_named = workload.kind() == Kind::StatefulSet;
    if pod.phase == Phase::Leaving && is_named && !state.node(pod.node).answers() {
        let what = format!(
            "{name} may still run, and no other pod of its identity is made before its object is \
             gone"
        );
        return Some(Because { what, location: workload.location.clone() });
    }
    let place = workload.place(Aspect::Grace).clone();
    (pod.phase == Phase::Ghost).then(|| Because {
        what: format!("the object of {name} was deleted before its kubelet said that it had ended"),
        location: place,
    })
}

/// The pod that keeps a StatefulSet from doing anything else.
fn in_order(scope: &Scope, state: &State, member: u8, workload: &Workload) -> Option<Because> {
    let pod = stateful_set::held_up_by(scope, state, member)?;
    let what = format!(
        "{} goes in order: it touches no other pod before {} is ready",
        workload.title(),
        describe(scope, Some(state), pod)
    );
    Some(Because { what, location: workload.place(Aspect::Management).clone() })
}

/// That a Job has given up, or that nobody makes a pod anew.
fn failed(state: &State, member: u8, workload: &Workload) -> Option<Because> {
    let set = state.set(member)?;
    match workload.shape {
        Shape::Job { retries, .. } if set.replicas > 0 && set.wants(0) == 0 => Some(Because {
            what: format!("{} gives up after {retries} failed pods", workload.title()),
            location: workload.place(Aspect::Backoff).clone(),
        }),
        Shape::Pod if state.pods_of(member).next().is_none() => Some(Because {
            what: format!("nothing makes {} anew", workload.title()),
            location: workload.location.clone(),
        }),
        _ => None,
    }
}

/// Why steps repeat for ever.
pub(crate) fn of_loop(
    drill: &Drill,
    first: &State,
    steps: &[(Action, State)],
    from: usize,
) -> Vec<Because> {
    let scope = &drill.scope;
    let mut because = Vec::new();
    for (place, (action, _)) in steps.iter().enumerate().skip(from) {
        let before = place.checked_sub(1).and_then(|it| steps.get(it)).map_or(first, |it| &it.1);
        match action {
            Action::Refuse(pod) => because.extend(pinned(scope, before, *pod)),
            Action::EvictByTaint(node) => because.extend(tainted(scope, before, *node)),
            Action::Deschedule(pod, rule) => {
                because.extend(descheduled(scope, before, *pod, *rule));
            }
            _ => {}
        }
    }
    because
}

/// Who took the room of whom in a run, past which budgets.
pub(crate) fn preempted(scope: &Scope, first: &State, steps: &[(Action, State)]) -> Vec<Because> {
    let mut because = Vec::new();
    let mut before = first;
    for (action, after) in steps {
        if let Action::Preempt(pod, node, victims) = *action {
            let choice = Choice { node, victims };
            for victim in preemption::victims(scope, before, pod, choice) {
                because.extend(outranked(scope, pod, victim));
                because.extend(past_budgets(scope, before, victim));
            }
        }
        before = after;
    }
    because
}

/// That a pod takes the room of another one, and why it may.
fn outranked(scope: &Scope, pod: Pod, victim: Pod) -> Option<Because> {
    let (high, low) = (scope.workload(pod.workload)?, scope.workload(victim.workload)?);
    let what = format!(
        "{} (priority {}) takes the room of {} (priority {})",
        high.title(),
        scope.priority(pod.workload),
        low.title(),
        scope.priority(victim.workload)
    );
    Some(Because { what, location: high.place(Aspect::Priority).clone() })
}

/// The budgets that would not have let a victim be evicted.
fn past_budgets(scope: &Scope, before: &State, victim: Pod) -> Option<Because> {
    let Eviction::Refused(budget) = disruption::evict(scope, before, victim) else { return None };
    let said = scope.world.budgets.get(budget)?;
    let what = format!(
        "preemption passes over PodDisruptionBudget {} where it finds no other way",
        said.name
    );
    Some(Because { what, location: said.location.clone() })
}

/// That a pod names its node, which cannot have it.
fn pinned(scope: &Scope, state: &State, pod: Pod) -> Option<Because> {
    let workload = scope.workload(pod.workload)?;
    let node = node_name(scope, pod.node);
    let why = if node::rejects(scope, state, pod) {
        "has a taint that it does not tolerate"
    } else {
        "has no room for it"
    };
    let what = format!("{} names {node}, past the scheduler, which {why}", workload.title());
    Some(Because { what, location: workload.place(Aspect::NodeName).clone() })
}

/// That pods are scheduled to a node whose taint they tolerate for a while only.
fn tainted(scope: &Scope, state: &State, node: u8) -> Vec<Because> {
    let gone = state.distinct_pods().filter(|pod| pod.node == node);
    let of = |pod: Pod| {
        let workload = scope.workload(pod.workload)?;
        let what = format!(
            "{} may run on {}, but tolerates its taint for a while only",
            workload.title(),
            node_name(scope, node)
        );
        node::rejects(scope, state, pod)
            .then(|| Because { what, location: workload.place(Aspect::Tolerations).clone() })
    };
    gone.filter_map(of).collect()
}

/// That descheduler and scheduler do not agree.
fn descheduled(scope: &Scope, state: &State, pod: Pod, rule: u8) -> Option<Because> {
    let policy = scope.world.descheduler.as_ref()?;
    let rule = policy.rules.get(usize::from(rule))?;
    let what = format!(
        "{} evicts {}, and the scheduler puts it back",
        rule.name(),
        describe(scope, Some(state), pod)
    );
    Some(Because { what, location: policy.location.clone() })
}

/// That the pods that were lost stood together.
pub(crate) fn together(scope: &Scope, first: &State, steps: &[(Action, State)]) -> Option<Because> {
    let workload = scope.workload(0)?;
    let mut before = first;
    for (action, after) in steps {
        let lost = matches!(action, Action::LoseNode(_) | Action::LoseZone(_));
        if lost && before.ready(0) > 1 && after.ready(0) == 0 {
            let what = match action {
                Action::LoseNode(node) => {
                    format!("nothing keeps the pods from all being on {}", node_name(scope, *node))
                }
                _ => "nothing keeps the pods from all being in one zone".to_owned(),
            };
            return Some(Because { what, location: workload.place(Aspect::Spread).clone() });
        }
        before = after;
    }
    let last = steps.last().map_or(first, |(_, state)| state);
    let set = last.set(0)?;
    let single = last.up && set.replicas == 1 && last.ready(0) == 0;
    let waits = last.pods_of(0).any(|pod| pod.node == NOWHERE);
    (single && !waits && !last.is_rolling(0)).then(|| Because {
        what: match workload.kind() {
            Kind::Pod => format!("nothing makes {} anew", workload.title()),
            _ => "there is one replica only".to_owned(),
        },
        location: workload.place(Aspect::Replicas).clone(),
    })
}
