//! Controllers that are not atomic: what is atomic is contained in what is finer, answers that do
//! not rest on the grain stay, and some of what happens to real clusters is found only here.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::SourceFile;
use seatrial_explore::Answer;
use stateright::Model;

use super::super::testing::{budget, deployment, objects, world, zones};
use crate::{
    Action, Answered, Drill, Event, Faults, Grain, Grains, Judged, Kind, Memory, Options, Question,
    Reader, Scope, State, Stated,
};

/// A Deployment of so many pods with this strategy, on two nodes of one zone.
fn scope(text: &str) -> Scope {
    Scope::around(&Arc::new(world(text, &zones(&[2])).unwrap()), 0)
}

fn stateful(replicas: u8, more: &str) -> String {
    deployment(replicas, more, "").replace("kind: Deployment", "kind: StatefulSet")
}

/// All states that are reached, as somebody sees them who knows nothing of caches and calls.
fn reached(text: &str, faults: &str, grains: &str) -> BTreeSet<State> {
    let drill = Drill::new(scope(text), only(faults), Vec::new())
        .with_grains(Grains::parse(grains).unwrap());
    let all = RefCell::new(BTreeSet::new());
    explored(&drill, |state| {
        all.borrow_mut().insert(seen(&drill, state.clone()));
        false
    });
    all.into_inner()
}

fn seen(drill: &Drill, mut state: State) -> State {
    state.memory = Memory::default();
    let sets = state.sets.clone();
    for pod in &mut state.pods {
        if sets[usize::from(pod.workload)].kind == Kind::Deployment {
            pod.slot = 0;
        }
    }
    state.pods.sort_unstable();
    state.left[Event::Restart as usize] = 0;
    Drill::new(drill.scope.clone(), Faults::NONE, Vec::new()).canonical(&state)
}

fn only(text: &str) -> Faults {
    let mut faults = Faults::NONE;
    let named = Faults::parse(text).unwrap();
    for event in Event::ALL.into_iter().filter(|event| text.contains(event.name())) {
        faults.set(event, named.of(event));
    }
    faults
}

#[test]
fn what_is_atomic_is_contained_in_caches_and_those_in_calls() {
    for (text, faults, readers) in [
        (deployment(2, "", ""), "kill=1", &["replica-set", "deployment", "all"][..]),
        (deployment(2, "", ""), "rollout=1", &["replica-set", "deployment", "all"]),
        (deployment(2, "", ""), "scale=1", &["replica-set", "deployment", "all"]),
        (deployment(2, "", "") + &budget("maxUnavailable: 1"), "drain=1", &["disruption", "all"]),
        (stateful(2, ""), "rollout=1", &["stateful-set"]),
        (stateful(2, "podManagementPolicy: Parallel"), "scale=1", &["stateful-set"]),
    ] {
        let atomic = reached(&text, faults, "");
        for reader in readers {
            let cached = reached(&text, faults, &format!("{reader}=cached"));
            let calls = match *reader {
                "disruption" => cached.clone(),
                _ => reached(&text, faults, &format!("{reader}=calls")),
            };
            assert!(atomic.is_subset(&cached), "{reader} {faults}");
            let lost = cached.difference(&calls).next();
            assert!(lost.is_none(), "{reader} {faults} {lost:?}");
        }
    }
}

/// Whether a state is reached of which this is true.
fn explored(drill: &Drill, is_it: impl Fn(&State) -> bool) -> bool {
    let mut known: BTreeSet<State> = drill.init_states().into_iter().collect();
    let mut next: VecDeque<State> = known.iter().cloned().collect();
    while let Some(state) = next.pop_front() {
        if is_it(&state) {
            return true;
        }
        assert!(known.len() < 200_000);
        let mut actions = Vec::new();
        drill.actions(&state, &mut actions);
        for after in actions.into_iter().filter_map(|action| drill.next_state(&state, action)) {
            if known.insert(after.clone()) {
                next.push_back(after);
            }
        }
    }
    false
}

/// Whether a Deployment of three ever has more pods at once while it starts and a pod is deleted.
fn makes_too_many(grains: Grains, faults: &str) -> bool {
    let drill =
        Drill::new(scope(&deployment(3, "", "")), only(faults), Vec::new()).with_grains(grains);
    explored(&drill, |state| state.active(0, 0) > 3)
}

#[test]
fn expectations_keep_a_replica_set_with_a_cache_from_making_too_many_pods() {
    for grain in [Grain::Cached(1), Grain::Cached(2), Grain::Calls(1)] {
        let mut grains = Grains::default();
        grains.set(Reader::ReplicaSet, grain);
        assert!(!makes_too_many(grains, "kill=1"), "{grain}");
        // A controller that starts anew has none.
        assert!(makes_too_many(grains, "kill=1,restart=1"), "{grain}");
        // Nor has one that does not wait.
        grains.expects = false;
        assert!(makes_too_many(grains, "kill=1"), "{grain}");
    }
}

fn answers(text: &str, grains: &str, questions: &[Question]) -> Vec<(Question, Answer, String)> {
    let options = Options {
        faults: Faults::default(),
        questions: questions.to_vec(),
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: Vec::new(),
        grains: Grains::parse(grains).unwrap(),
    };
    let drilled = crate::drill(&objects(text), &zones(&[1, 1]), &options).unwrap();
    let answers = drilled.workloads.into_iter().flat_map(|row| row.answers);
    let short = |it: Answered| (it.question, it.verdict, it.says + &it.reason.unwrap_or_default());
    answers.map(short).collect()
}

#[test]
fn answers_that_do_not_rest_on_the_grain_stay_as_they_are() {
    use Question::{BrokenRollout, Drain, Kill, Node, Pod, Resize, Rollback, Rollout, StartUp};
    let ordered = stateful(2, "");
    let few = deployment(2, "", "") + &budget("maxUnavailable: 1");
    let stuck = deployment(2, "", "") + &budget("minAvailable: 2");
    for text in [few, stuck, ordered] {
        let all = [StartUp, Pod, Kill, Node, Drain, Rollout, BrokenRollout, Rollback, Resize];
        let atomic = answers(&text, "", &all);
        for grains in ["all=cached", "all=calls", "all=cached:2"] {
            assert_eq!(answers(&text, grains, &all), atomic, "{grains} {text}");
        }
    }
}

/// The answer about a rollout of two pods that may not miss one, where controllers start anew once.
fn rollout(grains: &str) -> Answered {
    let options = Options {
        faults: Faults::parse("restart=1").unwrap(),
        questions: vec![Question::Rollout],
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: Vec::new(),
        grains: Grains::parse(grains).unwrap(),
    };
    let text = deployment(2, "", "");
    let mut drilled = crate::drill(&objects(&text), &zones(&[1, 1]), &options).unwrap();
    drilled.workloads.remove(0).answers.remove(0)
}

/// One change is enough: the controller does not see the deletion that it has asked for itself.
#[test]
fn a_replica_set_controller_that_starts_anew_deletes_one_pod_too_many() {
    for (grains, expected) in [
        ("", Answer::Holds),
        ("deployment=cached", Answer::Holds),
        ("replica-set=cached", Answer::Violated),
        ("replica-set=calls", Answer::Violated),
    ] {
        let found = rollout(grains);
        assert_eq!(found.verdict, expected, "{grains}: {found:?}");
        assert_eq!(found.kept, Some(if expected == Answer::Holds { 2 } else { 1 }), "{grains}");
    }
    let story = rollout("replica-set=cached").story.unwrap();
    let last = story.steps.iter().rev().take(2).map(|step| step.what.as_str());
    let [last, restart] = last.collect::<Vec<_>>()[..] else { panic!("{story:?}") };
    assert_eq!(restart, "the controllers start anew, with caches that are behind");
    assert!(last.starts_with("does what it read before: delete a old pod"), "{last}");
}

/// A property of a Deployment of three pods with a budget of `maxUnavailable: 1`.
fn judged(grains: &str, property: &str) -> Judged {
    let text = deployment(3, "", "") + &budget("maxUnavailable: 1");
    let file = format!("properties: [{{name: own, workload: default/web, {property}}}]");
    let options = Options {
        faults: Faults::default(),
        questions: vec![Question::Identity],
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: Stated::read(&Arc::new(SourceFile::new("own.yaml", file))).unwrap(),
        grains: Grains::parse(grains).unwrap(),
    };
    let drilled = crate::drill(&objects(&text), &zones(&[1, 1]), &options).unwrap();
    drilled.properties.into_iter().next().unwrap()
}

#[test]
fn a_call_that_is_under_way_while_a_node_is_drained_takes_the_last_pod() {
    let keeps_one = "kind: always, faults: {drain: 1, scale: 1}, \
        expression: \"workloads['default/web'].ready >= 1\"";
    for (grains, expected) in [
        ("", Answer::Holds),
        ("replica-set=cached", Answer::Holds),
        ("replica-set=calls", Answer::Violated),
    ] {
        let found = judged(grains, keeps_one);
        assert_eq!(found.verdict, expected, "{grains}: {found:?}");
    }
}

#[test]
fn a_status_that_is_behind_lets_a_pod_go_that_the_budget_keeps() {
    let text = deployment(2, "", "") + &budget("maxUnavailable: 1");
    for (grains, expected) in [("", false), ("disruption=cached", true)] {
        let drill = Drill::new(scope(&text), only("drain=1,kill=1"), Vec::new())
            .with_grains(Grains::parse(grains).unwrap());
        let late = explored(&drill, |state| {
            let mut actions = Vec::new();
            drill.actions(state, &mut actions);
            actions.into_iter().any(|action| matches!(action, Action::EvictLate(_)))
        });
        assert_eq!(late, expected, "{grains}");
    }
}

#[test]
fn a_workload_with_very_many_pods_is_left_atomic() {
    let grains = Grains::parse("all=cached").unwrap();
    for (replicas, expected) in [(3, Grain::Cached(1)), (40, Grain::Atomic)] {
        let scope = scope(&deployment(replicas, "", ""));
        let drill = Drill::new(scope, Faults::NONE, Vec::new()).with_grains(grains);
        assert_eq!(drill.grain(Reader::ReplicaSet, 0), expected, "{replicas}");
    }
}
