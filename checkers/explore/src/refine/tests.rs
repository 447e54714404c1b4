use super::*;
use crate::testing::{Claim, Graph, graphs};
use proptest::prelude::*;

/// The projected traces of at most `length` observations, by walking all runs; runs are cut once
/// they are long enough to have passed every state with every observation.
fn traces(graph: &Graph, length: usize) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::from([Vec::new()]);
    let mut known = BTreeSet::new();
    let seen = |state: u8| graph.seen.get(usize::from(state)).copied().flatten();
    let mut pending: Vec<(u8, Vec<u8>)> =
        graph.initial.iter().map(|&state| (state, seen(state).into_iter().collect())).collect();
    while let Some((state, trace)) = pending.pop() {
        if !known.insert((state, trace.clone())) {
            continue;
        }
        all.insert(trace.clone());
        for edge in graph.edges.iter().filter(|edge| edge.0 == state) {
            let mut trace = trace.clone();
            if let Some(label) = seen(edge.1)
                && trace.last() != Some(&label)
            {
                trace.push(label);
            }
            if trace.len() <= length {
                pending.push((edge.1, trace));
            }
        }
    }
    all
}

/// The projected trace of a run given by ordinals.
fn project(graph: &Graph, path: &[u16]) -> Vec<u8> {
    let mut state = graph.initial[usize::from(path[0])];
    let mut states = vec![state];
    for &ordinal in &path[1..] {
        let edges: Vec<_> = graph.edges.iter().filter(|edge| edge.0 == state).collect();
        state = edges[usize::from(ordinal)].1;
        states.push(state);
    }
    let mut trace: Vec<u8> =
        states.iter().filter_map(|&state| graph.seen[usize::from(state)]).collect();
    trace.dedup();
    trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn inclusion_agrees_with_enumerated_traces(
        inner in graphs(5, Just(Claim::Never)),
        outer in graphs(5, Just(Claim::Never)),
    ) {
        let observed = |graph: &Graph| ObservedGraph::of(graph, &Limits::default()).unwrap();
        let answer = included(&observed(&inner), &observed(&outer));
        match answer.path {
            None => {
                prop_assert!(traces(&inner, 6).is_subset(&traces(&outer, 6)));
                prop_assert_eq!(answer.decision, Decision::holds());
            }
            Some(path) => {
                let trace = project(&inner, &path);
                prop_assert!(traces(&inner, trace.len()).contains(&trace));
                prop_assert!(!traces(&outer, trace.len()).contains(&trace));
                prop_assert_eq!(answer.decision, Decision::violated());
            }
        }
    }

    #[test]
    fn a_graph_is_within_itself(graph in graphs(8, Just(Claim::Never))) {
        let observed = ObservedGraph::of(&graph, &Limits::default()).unwrap();
        prop_assert_eq!(included(&observed, &observed).decision, Decision::holds());
        prop_assert!(same_projection(&observed, &observed));
    }
}
