use super::Strategy;
use super::*;
use crate::Answer;
use crate::testing::{Claim, Graph, graphs};
use proptest::prelude::*;

fn run(graph: &Graph, options: &CheckOptions) -> CheckReport {
    check(graph, &ModelId::default(), options, &mut |_| {}).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn depth_first_visits_what_breadth_first_does(graph in graphs(12, Just(Claim::Never))) {
        let all = CheckOptions { max_violations: u64::MAX, deadlock: true, ..CheckOptions::default() };
        let breadth = run(&graph, &all);
        let depth = run(&graph, &CheckOptions { strategy: Strategy::Dfs, ..all });
        prop_assert_eq!(breadth.distinct, depth.distinct);
        prop_assert_eq!(breadth.generated, depth.generated);
        prop_assert_eq!(breadth.decision, depth.decision);
        for (breadth, depth) in breadth.properties.iter().zip(&depth.properties) {
            prop_assert_eq!(breadth.states, depth.states);
        }
    }

    /// What a sample meets is there, and a sample that has met all states has met all deadlocks:
    /// also those in which its runs were cut.
    #[test]
    fn a_sample_meets_deadlocks_that_are_there(graph in graphs(12, Just(Claim::Never)), depth in 1..8_u64) {
        let all = CheckOptions { max_violations: u64::MAX, deadlock: true, ..CheckOptions::default() };
        let whole = run(&graph, &all);
        let limits = Limits { depth: Some(depth), ..Limits::default() };
        let sample = run(&graph, &CheckOptions { strategy: Strategy::Simulate, runs: 200, limits, ..all });
        let deadlocks = |report: &CheckReport| {
            report.properties.iter().find(|property| property.name == DEADLOCK).unwrap().states
        };
        prop_assert!(deadlocks(&sample) <= deadlocks(&whole));
        if sample.distinct == whole.distinct {
            prop_assert_eq!(deadlocks(&sample), deadlocks(&whole));
        }
    }

    #[test]
    fn a_seed_gives_the_same_sample(graph in graphs(12, Just(Claim::Never)), seed: u64) {
        let options = CheckOptions { strategy: Strategy::Simulate, seed, runs: 5, ..CheckOptions::default() };
        let (first, second) = (run(&graph, &options), run(&graph, &options));
        prop_assert_eq!((first.generated, first.distinct, first.trace), (second.generated, second.distinct, second.trace));
        prop_assert_ne!(first.decision.verdict, Answer::Holds);
    }
}

/// A grid of counters that grows by `classes` successors a state, to be cut by limits.
fn grid() -> Graph {
    let edges = (0..100_u8)
        .flat_map(|state| [(state, (state + 1) % 120, 0), (state, state.wrapping_mul(3) % 120, 1)]);
    Graph {
        initial: vec![0, 3],
        edges: edges.collect(),
        bad: vec![],
        goal: vec![],
        seen: vec![],
        fair: [None; 3],
        property: Claim::Never,
    }
}

#[test]
fn each_limit_leaves_the_question_open() {
    let limited =
        |limits: Limits| run(&grid(), &CheckOptions { limits, ..CheckOptions::default() });
    for (limits, stop) in [
        (Limits { states: Some(5), ..Limits::default() }, Stop::States),
        (Limits { depth: Some(3), ..Limits::default() }, Stop::Depth),
        (Limits { time: Some(std::time::Duration::ZERO), ..Limits::default() }, Stop::Time),
        (Limits { memory: Some(1), ..Limits::default() }, Stop::Memory),
    ] {
        let report = limited(limits);
        assert_eq!((report.stop, report.decision.exit_code()), (stop, 3));
        assert_eq!(report.decision, Decision::undecided(stop.reason()));
    }
    assert_eq!(limited(Limits::default()).decision, Decision::holds());
}

#[test]
fn a_resumed_search_ends_as_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search");
    let limits = Limits { depth: Some(4), ..Limits::default() };
    let cut = run(
        &grid(),
        &CheckOptions { limits, checkpoint: Some(path.clone()), ..CheckOptions::default() },
    );
    assert_eq!(cut.stop, Stop::Depth);
    let mut resumed =
        run(&grid(), &CheckOptions { resume: Some(path.clone()), ..CheckOptions::default() });
    let mut whole = run(&grid(), &CheckOptions::default());
    (resumed.seconds, whole.seconds) = (0.0, 0.0);
    assert!(cut.distinct < whole.distinct);
    assert_eq!(resumed, whole);

    let other = ModelId { name: "other".to_owned(), ..ModelId::default() };
    let options = CheckOptions { resume: Some(path.clone()), ..CheckOptions::default() };
    let refused = check(&grid(), &other, &options, &mut |_| {}).unwrap_err();
    assert_eq!(refused.message, "the checkpoint is of another model: ``, not `other`");
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(length - 1).unwrap();
    assert!(check(&grid(), &ModelId::default(), &options, &mut |_| {}).is_err());
    std::fs::write(&path, "nonsense").unwrap();
    assert!(check(&grid(), &ModelId::default(), &options, &mut |_| {}).is_err());
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let refused = |options: CheckOptions| {
        check(&grid(), &ModelId::default(), &options, &mut |_| {}).unwrap_err().message
    };
    let default = CheckOptions::default;
    assert_eq!(
        refused(CheckOptions { symmetry: true, ..default() }),
        "the protocol declares no symmetry"
    );
    assert!(
        refused(CheckOptions { hide: vec!["x".to_owned()], ..default() })
            .starts_with("unknown variable `x`")
    );
    assert!(
        refused(CheckOptions { properties: vec!["clam".to_owned()], ..default() })
            .contains("did you mean `claim`?")
    );
}

#[test]
fn silent_actions_are_reported() {
    let report = run(&grid(), &CheckOptions::default());
    assert_eq!(report.warnings, ["action `C` never fires"]);
    assert_eq!(
        report.coverage.iter().map(|c| c.count.generated).sum::<u64>() + 2,
        report.generated
    );
}
