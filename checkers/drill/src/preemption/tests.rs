//! Tables of preemptions, worked out by hand from kube-scheduler's source.

use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::Model;

use super::{Choice, Turn, turn, victims};
use crate::testing::{world, zones};
use crate::{
    Action, Drill, Event, Faults, NOWHERE, Phase, Pod, Scope, State, contract, disruption, step,
};

/// A Deployment of pods with so many thousandths of a core, which nothing makes ready by itself.
fn workload(name: &str, cpu: u32, priority: i32, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec:\n      priority: {priority}\n      {more}\n      \
         containers: [{{name: c, image: i, resources: {{requests: {{cpu: {cpu}m}}}}}}]\n---\n"
    )
}

fn budget(name: &str, least: u8) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\nspec:\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  minAvailable: {least}\n---\n"
    )
}

/// The workloads `high`, `low` and `middle`, in this order, of 3, 2 and 1 cores; two nodes of four
/// cores.
fn scope(more: &str, high: &str) -> Scope {
    let text = workload("high", 3000, 10, high)
        + &workload("low", 2000, 0, "")
        + &workload("middle", 1000, 5, "")
        + more;
    let scope = Scope::around(&Arc::new(world(&text, &zones(&[2])).unwrap()), 0);
    assert_eq!(scope.members.len(), 3);
    scope
}

const HIGH: u8 = 0;
const LOW: u8 = 1;
const MIDDLE: u8 = 2;

fn pod(workload: u8, phase: Phase, node: u8) -> Pod {
    Pod { workload, revision: 0, phase, node, slot: 0, nominated: NOWHERE }
}

fn on(workload: u8, node: u8) -> Pod {
    pod(workload, Phase::Ready, node)
}

fn state(scope: &Scope, pods: &[Pod]) -> State {
    let drill = Drill::new(scope.clone(), Faults::NONE, Vec::new());
    let mut state = drill.init_states().remove(0);
    state.pods.extend(pods);
    state.normalise();
    state
}

/// The nodes with the workloads of the victims, in the order of the choices.
fn preempted(scope: &Scope, state: &State, pod: Pod) -> Vec<(u8, Vec<u8>)> {
    let Turn::Preempts(choices) = turn(scope, &crate::scheduler::Scheduler::default(), state, pod)
    else {
        return Vec::new();
    };
    let of = |choice: &Choice| {
        let all = victims(scope, state, pod, *choice);
        (choice.node, all.iter().map(|victim| victim.workload).collect())
    };
    choices.iter().map(of).collect()
}

#[test]
fn the_least_important_go_and_as_few_as_possible() {
    let waits = pod(HIGH, Phase::Waiting, NOWHERE);
    let keeps_low = budget("low", 2);
    for (name, more, pods, expected) in [
        (
            "one of two must go",
            "",
            vec![on(LOW, 0), on(LOW, 0), on(HIGH, 1)],
            vec![(0, vec![LOW, LOW])],
        ),
        (
            "the more important is reprieved",
            "",
            vec![on(LOW, 0), on(MIDDLE, 0), on(HIGH, 1)],
            vec![(0, vec![LOW])],
        ),
        (
            "the lowest highest priority counts before the number",
            "",
            vec![on(LOW, 0), on(LOW, 0), on(MIDDLE, 1), on(MIDDLE, 1)],
            vec![(0, vec![LOW, LOW])],
        ),
        (
            "budgets count before priorities",
            keeps_low.as_str(),
            vec![on(LOW, 0), on(LOW, 0), on(MIDDLE, 1), on(MIDDLE, 1)],
            vec![(1, vec![MIDDLE])],
        ),
        (
            "and are passed over where nothing else helps",
            keeps_low.as_str(),
            vec![on(LOW, 0), on(LOW, 1)],
            vec![(0, vec![LOW]), (1, vec![LOW])],
        ),
        ("nobody goes for the equally important", "", vec![on(HIGH, 0), on(HIGH, 1)], vec![]),
    ] {
        let scope = scope(more, "");
        let state = state(&scope, &[pods.as_slice(), &[waits]].concat());
        assert_eq!(preempted(&scope, &state, waits), expected, "{name}");
    }
}

#[test]
fn never_means_never() {
    let scope = scope("", "preemptionPolicy: Never");
    let waits = pod(HIGH, Phase::Waiting, NOWHERE);
    let state = state(&scope, &[on(LOW, 0), on(LOW, 1), waits]);
    assert_eq!(turn(&scope, &crate::scheduler::Scheduler::default(), &state, waits), Turn::Waits);
}

/// Of two pods of one priority that differ, either may be the older one.
#[test]
fn any_of_equally_important_pods_may_go() {
    let scope = scope("", "");
    let waits = pod(MIDDLE, Phase::Waiting, NOWHERE);
    let starts = pod(LOW, Phase::Starting, 0);
    let state = state(&scope, &[on(LOW, 0), starts, on(HIGH, 1), on(MIDDLE, 1), waits]);
    let scheduler = crate::scheduler::Scheduler::default();
    let Turn::Preempts(choices) = turn(&scope, &scheduler, &state, waits) else { panic!() };
    let gone: Vec<_> = choices.iter().map(|it| victims(&scope, &state, waits, *it)).collect();
    assert_eq!(gone, [vec![starts], vec![on(LOW, 0)]]);
}

#[test]
fn a_nominated_pod_waits_for_its_victims_and_its_room_is_kept() {
    let scope = scope("", "");
    let scheduler = crate::scheduler::Scheduler::default();
    let waits = pod(HIGH, Phase::Waiting, NOWHERE);
    let low = pod(LOW, Phase::Waiting, NOWHERE);
    let mut state = state(&scope, &[on(LOW, 0), on(LOW, 0), on(HIGH, 1), waits]);
    let Turn::Preempts(choices) = turn(&scope, &scheduler, &state, waits) else { panic!() };
    let before = disruption::status(&scope, &state, 0);
    assert_eq!(before, None, "there is no budget");
    let Choice { node, victims } = choices[0];
    step::change(&scope, &mut state, Action::Preempt(waits, node, victims));
    state.normalise();
    let nominated = Pod { nominated: 0, ..waits };
    assert!(state.pods.contains(&nominated));
    assert_eq!(state.pods.iter().filter(|it| it.phase == Phase::Leaving).count(), 2);
    assert_eq!(turn(&scope, &scheduler, &state, nominated), Turn::Waits, "its victims go");
    // The victims have gone: there is room for the pod, and for nobody that is less important.
    state.pods.retain(|it| it.phase != Phase::Leaving);
    state.pods.push(low);
    state.normalise();
    assert_eq!(scheduler.nodes(&scope, &state, nominated), [0]);
    assert!(scheduler.nodes(&scope, &state, low).is_empty());
    // Somebody more important has taken the room, and there is nobody left to go.
    state.pods.push(on(HIGH, 0));
    state.normalise();
    assert_eq!(turn(&scope, &scheduler, &state, nominated), Turn::GivesUp);
    step::change(&scope, &mut state, Action::Unnominate(nominated));
    assert!(state.pods.iter().all(|it| it.nominated == NOWHERE));
}

#[test]
fn all_steps_of_a_small_space_keep_the_contracts() {
    let scope = scope("", "");
    let mut drill = Drill::new(scope, Faults::only(Event::Rollout, 1), Vec::new());
    drill.symmetric = false;
    let mut known: BTreeSet<State> = drill.init_states().into_iter().collect();
    let mut next: Vec<State> = known.iter().cloned().collect();
    let mut preemptions = 0;
    while let Some(state) = next.pop().filter(|_| known.len() < 4_000) {
        let mut actions = Vec::new();
        drill.actions(&state, &mut actions);
        for action in actions {
            let after = drill.next_state(&state, action).unwrap();
            let kept = contract::step(&drill.scope, &state, &action, &after);
            assert_eq!(kept, Ok(()), "{state:?} {action:?} {after:?}");
            preemptions += usize::from(matches!(action, Action::Preempt(..)));
            if known.insert(after.clone()) {
                next.push(after);
            }
        }
    }
    assert!(preemptions > 100, "{preemptions} of {} states", known.len());
}

#[test]
fn a_preemption_that_breaks_a_contract_is_found() {
    let scope = scope("", "");
    let drill = Drill::new(scope.clone(), Faults::NONE, Vec::new());
    let waits = pod(MIDDLE, Phase::Waiting, NOWHERE);
    let state = state(&scope, &[on(LOW, 0), on(LOW, 0), on(HIGH, 1), on(MIDDLE, 1), waits]);
    let broken =
        |action: Action, after: &State| contract::step(&scope, &state, &action, after).unwrap_err();
    // Nobody goes, and there is no room.
    let nobody = Action::Preempt(waits, 0, 0);
    let after = drill.after(&state, &nobody);
    assert_eq!(broken(nobody, &after), "once its victims have gone, a pod that preempts has room");
    // Of one victim more, on another node and more important.
    let one = Action::Preempt(waits, 0, 1);
    let mut after = drill.after(&state, &one);
    assert_eq!(contract::step(&scope, &state, &one, &after), Ok(()));
    after.replace(on(HIGH, 1), Some(on(HIGH, 1).at(Phase::Leaving)));
    after.normalise();
    assert_eq!(broken(one, &after), "only less important pods of the node go");
    // The room is kept for the pod: no other one of low priority is bound there.
    let mut kept = drill.after(&state, &one);
    kept.pods.retain(|it| it.phase != Phase::Leaving);
    kept.pods.push(pod(LOW, Phase::Waiting, NOWHERE));
    kept.normalise();
    let bind = Action::Bind(pod(LOW, Phase::Waiting, NOWHERE), 0);
    let taken = contract::step(&scope, &kept, &bind, &drill.after(&kept, &bind));
    assert_eq!(taken.unwrap_err(), "no pod takes the room that is kept for a more important one");
}
