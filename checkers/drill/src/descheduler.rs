//! The descheduler (`kubernetes-sigs/descheduler`, `pkg/framework/plugins`): which pods it evicts.
//!
//! One eviction is one step, and each is judged by the pods as they are then: a run that stops
//! after it. The strategies are `RemoveDuplicates`, `RemovePodsViolatingTopologySpreadConstraint`
//! and `LowNodeUtilization`, by requests.

use std::collections::BTreeMap;

use seatrial_scheduling::{SpreadConstraint, Template};

use crate::disruption::{self, Eviction};
use crate::scheduler::Scheduler;
use crate::{Kind, NOWHERE, Phase, Pod, Rule, Scope, State};

/// The strategies that evict a pod now, by their places in the policy.
pub(crate) fn rules(scope: &Scope, scheduler: &Scheduler, state: &State, pod: Pod) -> Vec<u8> {
    let Some(policy) = &scope.world.descheduler else { return Vec::new() };
    if !is_evictable(scope, state, pod) {
        return Vec::new();
    }
    let fits = || !scheduler.elsewhere(scope, state, pod).is_empty();
    if policy.node_fit && !fits() {
        return Vec::new();
    }
    let applies = |rule: &Rule| match rule {
        Rule::Duplicates => is_duplicate(scope, scheduler, state, pod),
        Rule::Spread { soft } => violates_spread(scope, scheduler, state, (pod, *soft)),
        Rule::Utilization { low, high } => is_on_much_used(scope, state, pod, (low, high)),
    };
    let rules = (0_u8..).zip(&policy.rules).filter(|(_, rule)| applies(rule));
    rules.map(|(place, _)| place).collect()
}

/// Pods of `DaemonSets` and of nobody are left alone, and budgets are heeded.
fn is_evictable(scope: &Scope, state: &State, pod: Pod) -> bool {
    let kind = scope.workload(pod.workload).map(crate::Workload::kind);
    pod.is_active()
        && pod.node != NOWHERE
        && state.node(pod.node).answers()
        && !matches!(kind, None | Some(Kind::DaemonSet | Kind::Pod))
        && disruption::evict(scope, state, pod) == Eviction::Allowed
}

fn active_on(state: &State, member: u8, node: u8) -> usize {
    state.pods_of(member).filter(|pod| pod.is_active() && pod.node == node).count()
}

/// Whether a node has more pods of a workload than its share of the nodes that may have them; room
/// is not asked for (`getTargetNodes`).
fn is_duplicate(scope: &Scope, scheduler: &Scheduler, state: &State, pod: Pod) -> bool {
    let targets = scheduler.allowed(scope, state, pod).len();
    let all = state.pods_of(pod.workload).filter(|it| it.is_active() && it.node != NOWHERE);
    let share = all.count().div_ceil(targets.max(1));
    let here = active_on(state, pod.workload, pod.node);
    targets >= 2 && here > 1 && here > share
}

/// Whether a constraint is violated, and the pod is in a domain that has to give: one above the
/// average by which an emptier one is below (`balanceDomains`), and, as by default, there is a node
/// of an emptier domain on which it fits.
fn violates_spread(
    scope: &Scope,
    scheduler: &Scheduler,
    state: &State,
    (pod, soft): (Pod, bool),
) -> bool {
    let workload = scope.workload(pod.workload);
    let template = workload.and_then(|it| it.template(pod.revision, pod.slot, true));
    let template = template.and_then(|it| scope.world.cluster.templates.get(it));
    let Some(template) = template else { return false };
    let counted = template.spec.spread.iter().filter(|it| it.hard || soft);
    let mut counted = counted.filter(|it| it.selector.matches(&template.labels));
    counted.any(|constraint| {
        let domains = domains(scope, scheduler, state, (pod, constraint, template));
        let Some(here) = domains.iter().find(|(_, (nodes, _))| nodes.contains(&pod.node)) else {
            return false;
        };
        let (_, (_, full)) = here;
        let total: usize = domains.values().map(|(_, count)| count).sum();
        let number = domains.len();
        let elsewhere = scheduler.elsewhere(scope, state, pod);
        domains.values().any(|(nodes, few)| {
            let skew = full.saturating_sub(*few);
            let is_moved = skew > usize::try_from(constraint.max_skew).unwrap_or(usize::MAX)
                && full * number > total
                && few * number < total;
            is_moved && nodes.iter().any(|node| elsewhere.contains(node))
        })
    })
}

/// By domain, its nodes and how many pods are counted there. Nodes that the pod may not run on do
/// not count.
fn domains<'a>(
    scope: &'a Scope,
    scheduler: &Scheduler,
    state: &State,
    (pod, constraint, template): (Pod, &SpreadConstraint, &Template),
) -> BTreeMap<&'a str, (Vec<u8>, usize)> {
    let mut domains: BTreeMap<&str, (Vec<u8>, usize)> = BTreeMap::new();
    let counts = |other: &&Pod| {
        let workload = scope.workload(other.workload);
        let of = workload.and_then(|it| scope.world.cluster.templates.get(it.templates[0]));
        other.is_active()
            && of.is_some_and(|of| {
                of.namespace == template.namespace && constraint.selector.matches(&of.labels)
            })
    };
    for node in scheduler.allowed(scope, state, pod) {
        let labels = scope.world.cluster.nodes.get(usize::from(node)).map(|node| &node.labels);
        let Some(domain) = labels.and_then(|it| it.get(&constraint.topology)) else { continue };
        let pods = state.pods.iter().filter(|other| other.node == node).filter(counts).count();
        let (nodes, count) = domains.entry(domain).or_default();
        nodes.push(node);
        *count += pods;
    }
    domains
}

/// Percentages by resource.
type Limits = [(usize, u64)];

/// Whether the pod is on a node that is used much, and another one is used little.
fn is_on_much_used(
    scope: &Scope,
    state: &State,
    pod: Pod,
    (low, high): (&Limits, &Limits),
) -> bool {
    let above = |node: u8, (resource, percent): &(usize, u64)| {
        let (used, has) = usage(scope, state, node, *resource);
        u128::from(used) * 100 > u128::from(*percent) * u128::from(has)
    };
    let is_little = |node: u8| {
        state.node(node) == crate::NodeStatus::Up && !low.iter().any(|limit| above(node, limit))
    };
    let is_much = |node: u8| high.iter().any(|limit| above(node, limit));
    let nodes = (0_u8..).take(state.nodes.len());
    is_much(pod.node) && nodes.into_iter().any(is_little)
}

/// How much of a resource the pods of a node ask for, and how much it has.
fn usage(scope: &Scope, state: &State, node: u8, resource: usize) -> (u64, u64) {
    let cluster = &scope.world.cluster;
    let of = |template: &Template| template.spec.requests.get(resource).copied().unwrap_or(0);
    let residents = cluster.pods.iter().filter(|pod| pod.node == Some(usize::from(node)));
    let residents = residents.filter_map(|pod| cluster.templates.get(pod.template)).map(of);
    let own = state.pods.iter().filter(|pod| pod.node == node && pod.phase != Phase::Ghost);
    let own = own.filter_map(|pod| {
        let workload = scope.workload(pod.workload)?;
        cluster.templates.get(workload.templates[0]).map(of)
    });
    let has = cluster.nodes.get(usize::from(node)).and_then(|it| it.allocatable.get(resource));
    (residents.chain(own).sum(), has.copied().unwrap_or(0))
}
