use crate::testing::{Claim, Graph, graphs, liveness_claim};
use crate::{Answer, CheckOptions, ModelId, Strength, check};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn verdict(graph: &Graph) -> Answer {
    check(graph, &ModelId::default(), &CheckOptions::default(), &mut |_| {})
        .unwrap()
        .decision
        .verdict
}

/// The set reached from `from` along edges inside `inside`.
fn reach(graph: &Graph, from: impl IntoIterator<Item = u8>, inside: &BTreeSet<u8>) -> BTreeSet<u8> {
    let mut reached: BTreeSet<u8> =
        from.into_iter().filter(|state| inside.contains(state)).collect();
    loop {
        let next: BTreeSet<u8> = graph
            .edges
            .iter()
            .filter(|edge| reached.contains(&edge.0) && inside.contains(&edge.1))
            .map(|edge| edge.1)
            .collect();
        let before = reached.len();
        reached.extend(next);
        if reached.len() == before {
            return reached;
        }
    }
}

/// Whether a run may stay in exactly these states for ever and be fair: by trying the definition.
fn is_fair_set(graph: &Graph, set: &BTreeSet<u8>) -> bool {
    let connected = set.iter().all(|&state| reach(graph, [state], set) == *set);
    connected
        && graph.fair.iter().enumerate().all(|(class, strength)| {
            let steps = |state: u8| {
                graph.edges.iter().filter(move |e| e.0 == state && e.2 == class && e.1 != e.0)
            };
            let enabled = |state: &u8| steps(*state).next().is_some();
            let taken = set.iter().any(|&state| steps(state).any(|edge| set.contains(&edge.1)));
            match strength {
                None => true,
                Some(Strength::Weak) => taken || !set.iter().all(enabled),
                Some(Strength::Strong) => taken || !set.iter().any(enabled),
            }
        })
}

/// Whether a fair run violates the claim: by trying every set of states that a run may end in.
fn is_violated(graph: &Graph, states: u8) -> bool {
    let all: BTreeSet<u8> = (0..states).collect();
    let reachable = reach(graph, graph.initial.clone(), &all);
    let through = graph.property == Claim::EventuallyAlways;
    let inside: BTreeSet<u8> =
        all.iter().copied().filter(|&state| through || !graph.is_goal(state)).collect();
    let starts: Vec<u8> = match graph.property {
        Claim::Eventually => graph.initial.clone(),
        Claim::LeadsTo => reachable.iter().copied().filter(|&state| graph.is_bad(state)).collect(),
        Claim::AlwaysEventually | Claim::EventuallyAlways | Claim::Never => {
            reachable.iter().copied().collect()
        }
    };
    let region: Vec<u8> = reach(graph, starts, &inside).into_iter().collect();
    (1..1_u32 << region.len()).any(|bits| {
        let chosen = region.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
        let chosen: BTreeSet<u8> = chosen.map(|(_, &state)| state).collect();
        chosen.iter().any(|state| !graph.is_goal(*state)) && is_fair_set(graph, &chosen)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Every counterexample was replayed by `check` before it came out, step by step and by the
    /// definition of fairness; here the answers themselves are compared.
    #[test]
    fn verdicts_agree_with_brute_force(graph in graphs(6, liveness_claim())) {
        let expected = if is_violated(&graph, 6) { Answer::Violated } else { Answer::Holds };
        prop_assert_eq!(verdict(&graph), expected);
    }
}

fn graph(edges: &[(u8, u8, usize)], goal: &[bool], fair: [Option<Strength>; 3]) -> Graph {
    Graph {
        initial: vec![0],
        edges: edges.to_vec(),
        bad: vec![],
        goal: goal.to_vec(),
        seen: vec![],
        fair,
        property: Claim::Eventually,
    }
}

/// Stateright's own `eventually` passes a loop that never meets the goal, since it looks for
/// states without successors only.
#[test]
fn a_loop_that_stateright_passes_is_a_counterexample() {
    use stateright::{Checker, Model};
    let ping_pong =
        graph(&[(0, 1, 0), (1, 0, 1)], &[], [Some(Strength::Weak), Some(Strength::Weak), None]);
    assert!(ping_pong.clone().checker().spawn_bfs().join().discovery("claim").is_none());
    let report =
        check(&ping_pong, &ModelId::default(), &CheckOptions::default(), &mut |_| {}).unwrap();
    assert_eq!(report.decision.verdict, Answer::Violated);
    let trace = report.trace.unwrap();
    assert_eq!((trace.steps.len(), trace.loop_to), (2, Some(1)));
}

/// A branch that rejoins a visited state: stateright does not follow the goal's absence through
/// the join.
#[test]
fn a_branch_that_rejoins_is_a_counterexample() {
    use stateright::{Checker, Model};
    let weak = Some(Strength::Weak);
    // 0 -> 1 (goal) -> 3, 0 -> 2 -> 3, and 3 is final.
    let diamond =
        graph(&[(0, 1, 0), (0, 2, 1), (1, 3, 2), (2, 3, 2)], &[false, true], [weak, weak, weak]);
    assert!(diamond.clone().checker().spawn_bfs().join().discovery("claim").is_none());
    assert_eq!(verdict(&diamond), Answer::Violated);
}

#[test]
fn fairness_is_what_decides() {
    let (weak, strong) = (Some(Strength::Weak), Some(Strength::Strong));
    // A loop 0 <-> 1 by A, with an exit from 1 to the goal 2 by B.
    let exit =
        |b| graph(&[(0, 1, 0), (1, 0, 0), (1, 2, 1)], &[false, false, true], [weak, b, None]);
    assert_eq!(verdict(&exit(None)), Answer::Violated);
    assert_eq!(verdict(&exit(weak)), Answer::Violated);
    assert_eq!(verdict(&exit(strong)), Answer::Holds);
    // Without fairness a run may stop where it is.
    assert_eq!(verdict(&graph(&[(0, 1, 0)], &[false, true], [None; 3])), Answer::Violated);
    assert_eq!(verdict(&graph(&[(0, 1, 0)], &[false, true], [weak, None, None])), Answer::Holds);
}
