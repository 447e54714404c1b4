use crate::testing::{Claim, Graph, graphs};
use crate::{Answer, CheckOptions, CheckReport, ModelId, check};
use proptest::prelude::*;
use stateright::{Checker, Model};

fn run(graph: &Graph, workers: usize) -> CheckReport {
    let options = CheckOptions { workers, deadlock: false, ..CheckOptions::default() };
    let mut report = check(graph, &ModelId::default(), &options, &mut |_| {}).unwrap();
    report.seconds = 0.0;
    report.engine.workers = 0;
    report
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn invariants_agree_with_stateright(graph in graphs(12, Just(Claim::Never))) {
        let report = run(&graph, 1);
        let stateright = graph.clone().checker().spawn_bfs().join();
        let discovery = stateright.discovery("claim");
        prop_assert_eq!(report.decision.verdict == Answer::Violated, discovery.is_some());
        if let Some(path) = discovery {
            // One worker of stateright finds a shortest path too.
            prop_assert_eq!(report.depth, path.into_states().len() as u64);
        } else {
            prop_assert_eq!(report.distinct, stateright.unique_state_count() as u64);
        }
    }

    #[test]
    fn any_number_of_workers_gives_the_same_report(graph in graphs(40, Just(Claim::Never))) {
        prop_assert_eq!(run(&graph, 1), run(&graph, 3));
    }
}
