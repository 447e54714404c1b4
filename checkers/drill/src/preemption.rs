//! Preemption by the scheduler: a pod that fits nowhere takes the room of less important ones
//! (`pkg/scheduler/framework/preemption/preemption.go` and
//! `plugins/defaultpreemption/default_preemption.go` of `kubernetes/kubernetes`).
//!
//! On each node that could help, all pods of lower priority go in thought; then as many as possible
//! are reprieved, the most important first, those that a budget protects before the others. The
//! node with the least harm is chosen, its victims are deleted with their grace, and the pod is
//! nominated to it. Budgets are counted and spared, and not obeyed. Which of several pods of one
//! priority is the most important depends on ages, which are not modelled: any order may be the
//! one, and so may any of several nodes with the same harm.

use std::collections::{BTreeMap, BTreeSet};

use crate::scheduler::{Scheduler, Trial, takes_room};
use crate::{NOWHERE, Phase, Pod, Scope, State, disruption, step};

/// A way to make room: a node, and as bits the victims among the less important pods on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Choice {
    /// The node.
    pub node: u8,
    /// The victims, by their places in [`lower`].
    pub victims: u128,
}

/// What the scheduler does about a pod that fits nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing: it may not preempt, or its victims have yet to go.
    Waits,
    /// It makes room in one of these ways.
    Preempts(Vec<Choice>),
    /// No room can be made: its nomination, if it has one, is taken back.
    GivesUp,
}

/// More pods of a node than these are never victims.
const MOST: usize = u128::BITS as usize;

/// The less important pods of a node with their places in the state, those on their way out too.
pub(crate) fn lower(scope: &Scope, state: &State, node: u8, than: i32) -> Vec<(usize, Pod)> {
    let pods = state.pods.iter().copied().enumerate();
    let here = pods.filter(|(_, pod)| pod.node == node && takes_room(*pod));
    here.filter(|(_, pod)| scope.priority(pod.workload) < than).take(MOST).collect()
}

/// The victims of a choice.
pub(crate) fn victims(scope: &Scope, state: &State, pod: Pod, choice: Choice) -> Vec<Pod> {
    let all = lower(scope, state, choice.node, scope.priority(pod.workload));
    let chosen = (0..).zip(all).filter(|(place, _): &(u32, _)| choice.victims >> place & 1 == 1);
    chosen.map(|(_, (_, pod))| pod).collect()
}

/// What the scheduler does about a pod that fits on no node as the cluster is.
pub(crate) fn turn(scope: &Scope, scheduler: &Scheduler, state: &State, pod: Pod) -> Turn {
    let own = scope.priority(pod.workload);
    let may = scope.workload(pod.workload).is_some_and(|it| it.pinned.is_none())
        && scope.spec(pod.workload).is_some_and(|spec| spec.preempts && !spec.gated);
    let is_lower = |other: &Pod| takes_room(*other) && scope.priority(other.workload) < own;
    if !may || pod.nominated == NOWHERE && !state.pods.iter().any(is_lower) {
        return Turn::Waits;
    }
    let judged = scheduler.trial(scope, state, pod, |trial| {
        if is_expected(scope, state, pod, trial) {
            Turn::Waits
        } else {
            chosen(scope, state, pod, trial)
        }
    });
    judged.unwrap_or(Turn::Waits)
}

/// Whether victims on the node that the pod is nominated to have yet to go, and that can help
/// (`PodEligibleToPreemptOthers`). That they go for another reason is not told apart.
fn is_expected(scope: &Scope, state: &State, pod: Pod, trial: &mut Trial<'_>) -> bool {
    let Some(place) = trial.place(pod.nominated) else { return false };
    let helps = trial.rejection(place).is_none_or(|(_, rejection)| rejection.resolvable);
    let lower = lower(scope, state, pod.nominated, scope.priority(pod.workload));
    helps && lower.iter().any(|(_, victim)| victim.phase == Phase::Leaving)
}

/// The less harm, the smaller (`pickOneNodeForPreemption`, but for ages): few victims that budgets
/// protect, a low highest priority, a low sum of priorities, each raised above 0, and few victims.
type Harm = (usize, i32, i64, usize);

/// The choices that may be made: an outcome of a node is one unless another node does less harm,
/// whatever the ages of the pods there.
fn chosen(scope: &Scope, state: &State, pod: Pod, trial: &mut Trial<'_>) -> Turn {
    let mut by_node: Vec<(u8, BTreeSet<(Harm, u128)>)> = Vec::new();
    for (node, place) in trial.places().to_vec() {
        if trial.rejection(place).is_some_and(|(_, rejection)| rejection.resolvable) {
            by_node.push((node, outcomes(scope, state, (pod, node), (trial, place))));
        }
    }
    by_node.retain(|(_, outcomes)| !outcomes.is_empty());
    let worst = |outcomes: &BTreeSet<(Harm, u128)>| outcomes.last().map(|(harm, _)| *harm);
    let mut choices = Vec::new();
    for (node, outcomes) in &by_node {
        let others = by_node.iter().filter(|(other, _)| other != node);
        let most = others.filter_map(|(_, outcomes)| worst(outcomes)).min();
        let may = outcomes.iter().filter(|(harm, _)| most.is_none_or(|most| *harm <= most));
        choices.extend(may.map(|(_, victims)| Choice { node: *node, victims: *victims }));
    }
    choices.sort_unstable();
    match (choices.is_empty(), pod.nominated) {
        (false, _) => Turn::Preempts(choices),
        (true, NOWHERE) => Turn::Waits,
        (true, _) => Turn::GivesUp,
    }
}

/// Pods of a node that cannot be told apart.
struct Alike {
    pod: Pod,
    priority: i32,
    budgets: Vec<usize>,
    /// Their places in the trial.
    entries: Vec<usize>,
    /// Their places in [`lower`].
    places: Vec<usize>,
}

/// How many pods of each kind.
type Bag = Vec<usize>;

fn of(bag: &Bag, kind: usize) -> usize {
    bag.get(kind).copied().unwrap_or_default()
}

fn with(bag: &Bag, kind: usize) -> Bag {
    let mut bag = bag.clone();
    bag.get_mut(kind).into_iter().for_each(|count| *count += 1);
    bag
}

fn without(bag: &Bag, other: &Bag) -> Bag {
    bag.iter().zip(other).map(|(all, some)| all.saturating_sub(*some)).collect()
}

/// The victims that there may be on a node, with the harm; none if that does not help
/// (`SelectVictimsOnNode`).
fn outcomes(
    scope: &Scope,
    state: &State,
    (pod, node): (Pod, u8),
    (trial, place): (&mut Trial<'_>, usize),
) -> BTreeSet<(Harm, u128)> {
    let kinds = kinds(scope, state, (pod, node), trial);
    let all: Bag = kinds.iter().map(|kind| kind.entries.len()).collect();
    let nobody: Bag = vec![0; kinds.len()];
    let mut fits = Fits { kinds: &kinds, trial, place, known: BTreeMap::new() };
    fits.put(&all, false);
    let mut found = BTreeSet::new();
    if fits.ask(&nobody) {
        let allowed = allowed(scope, state);
        let splits = in_any_order(&kinds, &all, (nobody.clone(), allowed), |(over, left), kind| {
            charge(&kinds, over, left, kind)
        });
        for over in splits.into_iter().map(|(over, _)| over).collect::<BTreeSet<Bag>>() {
            let others = without(&all, &over);
            let spared =
                in_any_order(&kinds, &over, nobody.clone(), |kept, kind| fits.reprieve(kept, kind));
            for kept in spared {
                let violations = without(&over, &kept).iter().sum();
                let ends =
                    in_any_order(&kinds, &others, kept, |kept, kind| fits.reprieve(kept, kind));
                found
                    .extend(ends.iter().map(|kept| cost(&kinds, &without(&all, kept), violations)));
            }
        }
    }
    fits.put(&all, true);
    found
}

/// The less important pods of a node, by kind.
fn kinds(scope: &Scope, state: &State, (pod, node): (Pod, u8), trial: &Trial<'_>) -> Vec<Alike> {
    let mut kinds: Vec<Alike> = Vec::new();
    let lower = lower(scope, state, node, scope.priority(pod.workload));
    for (place, (number, pod)) in lower.into_iter().enumerate() {
        let Some(entry) = trial.entry(number) else { continue };
        if let Some(kind) = kinds.iter_mut().find(|kind| kind.pod == pod) {
            kind.entries.push(entry);
            kind.places.push(place);
            continue;
        }
        let budgets = scope.workload(pod.workload).map_or(&[][..], |it| &it.budgets);
        let counts =
            |budget: &usize| scope.world.budgets.get(*budget).is_some_and(|it| !it.selects_all);
        kinds.push(Alike {
            pod,
            priority: scope.priority(pod.workload),
            budgets: budgets.iter().copied().filter(counts).collect(),
            entries: vec![entry],
            places: vec![place],
        });
    }
    kinds
}

/// How many disruptions each budget allows.
fn allowed(scope: &Scope, state: &State) -> Vec<i64> {
    let budgets = 0..scope.world.budgets.len();
    let status = budgets.map(|budget| disruption::status(scope, state, budget));
    status.map(|status| status.map_or(0, |it| i64::from(it.allowed))).collect()
}

/// Counts a pod against its budgets; one that is over them counts as protected
/// (`filterPodsWithPDBViolation`).
fn charge(kinds: &[Alike], over: &Bag, left: &[i64], kind: usize) -> (Bag, Vec<i64>) {
    let mut left = left.to_vec();
    let mut is_over = false;
    for budget in kinds.get(kind).map_or(&[][..], |kind| &kind.budgets) {
        let Some(left) = left.get_mut(*budget) else { continue };
        *left -= 1;
        is_over |= *left < 0;
    }
    (if is_over { with(over, kind) } else { over.clone() }, left)
}

/// Where the steps lead if they are taken for each pod of a bag: those of higher priority first,
/// those of one priority in any order.
fn in_any_order<S: Ord + Clone>(
    kinds: &[Alike],
    bag: &Bag,
    start: S,
    mut step: impl FnMut(&S, usize) -> S,
) -> BTreeSet<S> {
    let mut front: BTreeSet<(Bag, S)> = [(bag.clone(), start)].into();
    for _ in 0..bag.iter().sum() {
        let mut next = BTreeSet::new();
        for (left, state) in &front {
            let there = || kinds.iter().enumerate().filter(|(kind, _)| of(left, *kind) > 0);
            let first = there().map(|(_, kind)| kind.priority).max();
            for (kind, _) in there().filter(|(_, kind)| Some(kind.priority) == first) {
                let mut left = left.clone();
                left.get_mut(kind).into_iter().for_each(|count| *count -= 1);
                next.insert((left, step(state, kind)));
            }
        }
        front = next;
    }
    front.into_iter().map(|(_, state)| state).collect()
}

/// Whether the pod fits next to so many of the others.
struct Fits<'a, 'b, 'c> {
    kinds: &'a [Alike],
    trial: &'b mut Trial<'c>,
    place: usize,
    known: BTreeMap<Bag, bool>,
}

impl Fits<'_, '_, '_> {
    fn put(&mut self, bag: &Bag, there: bool) {
        for (kind, count) in self.kinds.iter().zip(bag) {
            for entry in kind.entries.iter().take(*count) {
                self.trial.set(*entry, self.place, there);
            }
        }
    }

    fn ask(&mut self, kept: &Bag) -> bool {
        if let Some(known) = self.known.get(kept) {
            return *known;
        }
        self.put(kept, true);
        let fits = self.trial.rejection(self.place).is_none();
        self.put(kept, false);
        self.known.insert(kept.clone(), fits);
        fits
    }

    fn reprieve(&mut self, kept: &Bag, kind: usize) -> Bag {
        let more = with(kept, kind);
        if self.ask(&more) { more } else { kept.clone() }
    }
}

/// The harm that is done to victims, and who they are.
fn cost(kinds: &[Alike], victims: &Bag, violations: usize) -> (Harm, u128) {
    let there = || kinds.iter().zip(victims).filter(|(_, count)| **count > 0);
    let highest = there().map(|(kind, _)| kind.priority).max().unwrap_or(i32::MIN);
    let raised = |kind: &Alike| i64::from(kind.priority) + (1 << 31);
    let sum =
        there().map(|(kind, count)| raised(kind) * i64::try_from(*count).unwrap_or(i64::MAX >> 33));
    let places = there().flat_map(|(kind, count)| kind.places.iter().take(*count));
    let bits = places.fold(0, |bits, place| bits | 1 << place);
    ((violations, highest, sum.sum(), victims.iter().sum()), bits)
}

/// Deletes the victims, takes the nominations of less important pods to the node back, and
/// nominates the pod.
pub(crate) fn preempt(scope: &Scope, state: &mut State, pod: Pod, choice: Choice) {
    for victim in victims(scope, state, pod, choice).into_iter().filter(Pod::is_active) {
        step::disrupt(scope, state, victim);
    }
    let own = scope.priority(pod.workload);
    for other in &mut state.pods {
        if other.nominated == choice.node && scope.priority(other.workload) < own {
            other.nominated = NOWHERE;
        }
    }
    nominate(state, pod, choice.node);
}

/// Nominates a pod to a node, or to none.
pub(crate) fn nominate(state: &mut State, pod: Pod, node: u8) {
    state.replace(pod, Some(Pod { nominated: node, ..pod }));
}

/// Takes the nominations to a node back that is gone.
pub(crate) fn forget(state: &mut State, node: u8) {
    for pod in state.pods.iter_mut().filter(|pod| pod.nominated == node) {
        pod.nominated = NOWHERE;
    }
}

#[cfg(test)]
mod tests;
