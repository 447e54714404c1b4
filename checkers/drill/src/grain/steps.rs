//! Whose step is possible where a controller is not atomic, and what it remembers afterwards.

use super::memory::{active, bits, number_fresh};
use super::plan::{acts, differs, does_something, perform, plan};
use super::{Grain, Lag, Mind, Plan, Reader, Task, serves};
use seatrial_explore::{Fairness, Strength};

use crate::disruption::{self, Status};
use crate::{Action, Drill, Event, Pod, State, Workload, node};

/// The objects of the controllers that are not atomic, each with how finely it is modelled.
fn tasks(drill: &Drill) -> Vec<(Task, Grain)> {
    let mut all = Vec::new();
    for (member, workload) in drill.scope.workloads() {
        let readers = Reader::ALL.into_iter().filter(|it| *it != Reader::Disruption);
        for reader in readers.filter(|reader| serves(*reader, workload)) {
            let revisions: &[u8] = if reader == Reader::ReplicaSet { &[0, 1] } else { &[0] };
            let grain = drill.grain(reader, member);
            let task = |revision: &u8| (Task { reader, member, revision: *revision }, grain);
            all.extend(revisions.iter().map(task).filter(|(_, grain)| *grain != Grain::Atomic));
        }
    }
    all
}

/// The steps of controllers that act on what they remember.
pub(crate) fn enabled(drill: &Drill, state: &State, actions: &mut Vec<Action>) {
    for (task, grain) in tasks(drill) {
        let mind = state.memory.mind(task);
        match grain {
            Grain::Atomic => {}
            Grain::Cached(_) => {
                let late = past(mind).flat_map(|(_, plan)| singly(plan));
                let late = late.filter(|plan| does_something(&drill.scope, state, task, *plan));
                let now = plan(&drill.scope, state, task);
                let is_other = |plan: &Plan| !singly(now).contains(plan);
                let mut late: Vec<Plan> = late.filter(is_other).collect();
                late.sort_unstable();
                late.dedup();
                actions.extend(late.into_iter().map(|plan| Action::Lag(task, plan)));
            }
            Grain::Calls(_) => calls(drill, state, task, mind, actions),
        }
    }
    let lost = |mind: &Mind| !mind.pending.is_empty() || mind.past.iter().any(|lag| !lag.live);
    if state.up
        && state.left.get(Event::Restart as usize).is_some_and(|left| *left > 0)
        && state.memory.minds.iter().any(lost)
    {
        actions.push(Action::Restart);
    }
    late_evictions(drill, state, actions);
}

/// What a controller would have done, by how many changes ago, as far as its cache may be that old.
fn past(mind: Option<&Mind>) -> impl Iterator<Item = (u8, Plan)> {
    let past = (1_u8..).zip(mind.map_or(&[][..], |mind| mind.past.as_slice()));
    past.filter(|(_, lag)| lag.live && !lag.plan.is_empty()).map(|(age, lag)| (age, lag.plan))
}

/// A plan as a controller with a cache carries it out before it reads again: all pods that are
/// missing, or one deletion.
fn singly(plan: Plan) -> Vec<Plan> {
    if plan.resize.is_some() || plan.creates > 0 {
        return vec![plan];
    }
    Plan { deletes: plan.deletes | plan.ties, ..plan }.calls()
}

/// A plan as one reconciliation carries it out, call by call: all of it, with each choice among
/// equals; or one call, when the others fail and are left to the next one.
fn wholly(plan: Plan) -> Vec<Plan> {
    let ties: Vec<u64> = bits(plan.ties).collect();
    let rest = Plan { ties: 0, of_ties: 0, ..plan };
    let mut all: Vec<Plan> = choices(&ties, usize::from(plan.of_ties))
        .into_iter()
        .map(|mask| Plan { deletes: plan.deletes | mask, ..rest })
        .collect();
    if plan.creates == 0 {
        all.extend(Plan { deletes: plan.deletes | plan.ties, ..rest }.calls());
    }
    all.sort_unstable();
    all.dedup();
    all.retain(|plan| !plan.is_empty());
    all
}

/// The masks of so many of these bits.
fn choices(bits: &[u64], count: usize) -> Vec<u64> {
    let Some((first, rest)) = bits.split_first().filter(|_| count > 0) else {
        return if count == 0 { vec![0] } else { Vec::new() };
    };
    let mut all = choices(rest, count);
    all.extend(choices(rest, count - 1).into_iter().map(|mask| mask | first));
    all
}

fn calls(drill: &Drill, state: &State, task: Task, mind: Option<&Mind>, actions: &mut Vec<Action>) {
    if let Some(mind) = mind.filter(|mind| !mind.pending.is_empty()) {
        actions.extend(mind.pending.calls().into_iter().map(|call| Action::Call(task, call)));
        return;
    }
    let mut offered = Vec::new();
    let now = (0, plan(&drill.scope, state, task));
    for (age, plan) in std::iter::once(now).chain(past(mind)) {
        for plan in wholly(plan) {
            if !offered.contains(&plan) && does_something(&drill.scope, state, task, plan) {
                offered.push(plan);
                actions.push(Action::Plan(task, plan, age));
            }
        }
    }
}

/// Each controller reads the state as it is again and again, where it could do so again and again
/// (strongly fair: a write that is refused is tried anew), and makes the calls that it has decided
/// on (weakly fair). That a cache is behind is never asked for.
pub(crate) fn fairness(drill: &Drill) -> Vec<Fairness<Drill>> {
    let mut all = Vec::new();
    for (task, _) in tasks(drill).into_iter().filter(|(_, it)| matches!(it, Grain::Calls(_))) {
        let title = drill.scope.workload(task.member).map_or_else(String::new, Workload::title);
        let of = match task.reader {
            Reader::ReplicaSet => format!("revision {} of {title}", task.revision + 1),
            _ => title,
        };
        let reads = format!("Plan of the {} controller for {of}", task.reader.name());
        all.push(Fairness::of(
            &reads,
            Strength::Strong,
            move |_, action: &Action| matches!(action, Action::Plan(it, _, 0) if *it == task),
        ));
        let calls = format!("Call of the {} controller for {of}", task.reader.name());
        all.push(Fairness::of(
            &calls,
            Strength::Weak,
            move |_, action: &Action| matches!(action, Action::Call(it, _) if *it == task),
        ));
    }
    all
}

/// What controllers remember after a step.
pub(crate) fn remember(drill: &Drill, before: &State, action: Action, next: &mut State) {
    match action {
        Action::Lag(task, plan) | Action::Call(task, plan) => {
            perform(&drill.scope, next, task, plan);
        }
        Action::Create(member, _, count) | Action::Stale(member, _, count)
            if drill.numbers(member) =>
        {
            number_fresh(next, member, usize::from(count));
        }
        _ => {}
    }
    let restarts = next.left.get(Event::Restart as usize).is_some_and(|left| *left > 0);
    for (task, grain) in tasks(drill) {
        let changed = differs(before, next, task);
        let known = before.memory.mind(task).is_some();
        let own = own(before, action, task);
        if !known && !changed && own.is_none() && action != Action::Restart {
            continue;
        }
        let was = if changed { plan(&drill.scope, before, task) } else { Plan::default() };
        let expects = drill.grains.expects;
        next.memory.change(task, |mind| {
            if action == Action::Restart {
                mind.pending = Plan::default();
                mind.past.iter_mut().for_each(|lag| lag.live = true);
            }
            let sees = own.is_none_or(|own| after_own(mind, task, own, expects));
            if changed {
                mind.past.insert(0, Lag { plan: was, live: sees });
            }
            mind.past.truncate(usize::from(grain.staleness()));
            forget(mind, task, restarts);
        });
    }
    for (member, _) in drill.scope.workloads().filter(|(member, _)| drill.numbers(*member)) {
        for revision in [0, 1] {
            let task = Task { reader: Reader::ReplicaSet, member, revision };
            next.memory.prune(task, active(next, member));
        }
    }
    statuses(drill, before, action, next);
}

/// What a controller itself has done in a step.
#[derive(Debug, Clone, Copy)]
enum Own {
    /// It has read what it is about to do, so many changes late.
    Read(Plan, u8),
    /// It has made this call.
    Called(Plan),
    /// It has done all in one step, so many changes late.
    Did(u8),
}

fn own(before: &State, action: Action, task: Task) -> Option<Own> {
    match action {
        Action::Plan(other, plan, age) => (other == task).then_some(Own::Read(plan, age)),
        Action::Call(other, call) => (other == task).then_some(Own::Called(call)),
        Action::Lag(other, done) if other == task => {
            let mut late = past(before.memory.mind(task));
            let age =
                late.find(|(_, plan)| singly(*plan).contains(&done)).map_or(0, |(age, _)| age);
            Some(Own::Did(age))
        }
        _ if acts(action, task) => Some(Own::Did(0)),
        _ => None,
    }
}

/// What a controller remembers after a step of its own, and whether it may still not have seen what
/// was before.
fn after_own(mind: &mut Mind, task: Task, own: Own, expects: bool) -> bool {
    let (age, writes) = match own {
        Own::Read(plan, age) => {
            mind.pending = plan;
            (age, false)
        }
        Own::Called(call) => {
            mind.pending = mind.pending.without(&call);
            (u8::MAX, mind.pending.is_empty())
        }
        Own::Did(age) => (age, true),
    };
    // A cache does not go back to what it was before.
    mind.past.iter_mut().skip(usize::from(age)).for_each(|lag| lag.live = false);
    // Expectations; and a write over what was written since is a conflict.
    let waits = match task.reader {
        Reader::ReplicaSet => expects,
        Reader::Deployment => true,
        Reader::StatefulSet | Reader::Disruption => false,
    };
    if writes && waits {
        mind.past.iter_mut().for_each(|lag| lag.live = false);
    }
    !(writes && waits)
}

/// What can never be acted upon any more is forgotten: behind its own writes a controller comes
/// only when it starts anew, and a Deployment's writes are compare-and-swap even then.
fn forget(mind: &mut Mind, task: Task, restarts: bool) {
    if !restarts || task.reader == Reader::Deployment {
        for lag in mind.past.iter_mut().filter(|lag| !lag.live) {
            *lag = Lag { plan: Plan::default(), live: false };
        }
    }
}

/// The evictions that a budget's status allows which is behind.
fn late_evictions(drill: &Drill, state: &State, actions: &mut Vec<Action>) {
    if state.memory.statuses.is_empty() {
        return;
    }
    let pods =
        state.distinct_pods().filter(|pod| node::is_to_be_drained(&drill.scope, state, *pod));
    actions.extend(pods.filter(|pod| late_eviction(drill, state, *pod)).map(Action::EvictLate));
}

/// Whether a pod is evicted only because a status is behind.
fn late_eviction(drill: &Drill, state: &State, pod: Pod) -> bool {
    let scope = &drill.scope;
    let budgets = scope.workload(pod.workload).map_or(&[][..], |workload| &workload.budgets);
    let [budget] = budgets else { return false };
    let late = state.memory.statuses.iter().find(|(it, _)| usize::from(*it) == *budget);
    let Some((_, late)) = late else { return false };
    disruption::evict(scope, state, pod) != disruption::Eviction::Allowed
        && scope
            .world
            .budgets
            .get(*budget)
            .is_some_and(|said| late.iter().any(|status| disruption::permits(said, *status, pod)))
}

/// The statuses that the eviction API may still go by. It counts evictions itself.
fn statuses(drill: &Drill, before: &State, action: Action, next: &mut State) {
    let evicted = match action {
        Action::Evict(pod) | Action::EvictLate(pod) | Action::Deschedule(pod, _) => Some(pod),
        _ => None,
    };
    for (member, workload) in drill.scope.workloads() {
        let grain = drill.grain(Reader::Disruption, member);
        let [budget] = workload.budgets.as_slice() else { continue };
        let Some(place) = u8::try_from(*budget).ok().filter(|_| grain != Grain::Atomic) else {
            continue;
        };
        let is_first = |other: &Workload| other.budgets.as_slice() == [*budget];
        if drill.scope.workloads().find(|(_, it)| is_first(it)).is_some_and(|(it, _)| it != member)
        {
            continue;
        }
        let (Some(was), Some(is)) = (
            disruption::status(&drill.scope, before, *budget),
            disruption::status(&drill.scope, next, *budget),
        ) else {
            continue;
        };
        let known = next.memory.statuses.iter().position(|(it, _)| *it == place);
        let mut late = known.map_or_else(Vec::new, |at| next.memory.statuses.remove(at).1);
        if was != is {
            late.insert(0, was);
        }
        late.truncate(usize::from(grain.staleness()));
        let counts = |pod: Pod| {
            pod.is_ready()
                && drill.scope.workload(pod.workload).is_some_and(|it| it.budgets == [*budget])
        };
        if evicted.is_some_and(counts) {
            for status in &mut late {
                status.allowed = status.allowed.saturating_sub(1);
            }
        }
        while late.last().is_some_and(|status| is_no_laxer(*status, is)) {
            late.pop();
        }
        if !late.is_empty() {
            next.memory.statuses.push((place, late));
            next.memory.statuses.sort_unstable();
        }
    }
}

/// Whether a status allows nothing that another does not.
fn is_no_laxer(status: Status, than: Status) -> bool {
    let spares = |it: Status| it.healthy >= it.desired && it.desired > 0;
    (status.allowed == 0 || than.allowed > 0) && (!spares(status) || spares(than))
}
