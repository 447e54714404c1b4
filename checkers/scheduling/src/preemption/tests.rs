use super::*;
use crate::{Budget, LabelSelector, Labels, Requirement, Template};

fn victim(pod: usize, priority: i32, start: u64) -> Victim {
    Victim { pod, priority, start: Start::Since(start) }
}

fn candidate(node: usize, violations: usize, victims: &[(i32, u64)]) -> Candidate {
    let victims = victims.iter().enumerate();
    let victims = victims.map(|(pod, &(priority, start))| victim(pod, priority, start));
    Candidate { node, victims: victims.collect(), violations }
}

#[test]
fn the_node_with_the_least_harm_is_chosen() {
    type Row<'row> = (&'static str, Vec<(usize, &'row [(i32, u64)])>, usize);
    let rows: Vec<Row> = vec![
        ("violations before everything", vec![(1, &[(0, 1)]), (0, &[(9, 1), (9, 1)])], 1),
        ("then the lowest highest priority", vec![(0, &[(5, 1)]), (0, &[(4, 1), (4, 2)])], 1),
        ("then the lowest sum", vec![(0, &[(5, 1), (4, 1)]), (0, &[(5, 1), (3, 1)])], 1),
        ("negative priorities are raised", vec![(0, &[(-1, 1), (-2, 2)]), (0, &[(-1, 1)])], 1),
        ("more victims weigh more in the sum", vec![(0, &[(5, 1), (0, 1)]), (0, &[(5, 1)])], 1),
        ("then the latest start", vec![(0, &[(5, 1)]), (0, &[(5, 3)]), (0, &[(5, 2)])], 1),
        (
            "the earliest of the highest counts",
            vec![(0, &[(5, 1), (5, 9)]), (0, &[(5, 2), (5, 3)])],
            1,
        ),
        (
            "the start of lower ones does not",
            vec![(0, &[(5, 4), (3, 1)]), (0, &[(5, 3), (3, 9)])],
            0,
        ),
        ("then the first", vec![(0, &[(5, 1)]), (0, &[(5, 1)])], 0),
    ];
    for (name, candidates, expected) in rows {
        let candidates = candidates
            .into_iter()
            .enumerate()
            .map(|(node, (violations, victims))| candidate(node, violations, victims));
        let chosen = least_harm(candidates.collect()).unwrap();
        assert_eq!(expected, chosen.node, "{name}");
    }
    assert_eq!(None, least_harm(Vec::new()));
}

#[test]
fn the_more_important_is_of_higher_priority_or_older() {
    let starts = [Start::Since(2), Start::Unknown, Start::At(7), Start::Since(1), Start::At(3)];
    let mut pods: Vec<Victim> = starts
        .into_iter()
        .enumerate()
        .map(|(pod, start)| Victim { pod, priority: 1, start })
        .collect();
    pods.push(victim(5, 2, 9));
    pods.push(victim(6, 0, 0));
    pods.sort_by_key(Victim::importance);
    let order: Vec<usize> = pods.iter().map(|pod| pod.pod).collect();
    assert_eq!([5, 4, 2, 1, 3, 0, 6], order.as_slice());
}

#[test]
fn a_tenth_of_the_nodes_or_a_hundred_are_enough() {
    for (nodes, expected) in [(0, 0), (1, 1), (99, 99), (100, 100), (999, 100), (2000, 200)] {
        assert_eq!(expected, enough(nodes), "{nodes}");
    }
}

#[test]
fn budgets_keep_whom_they_cover_beyond_what_they_allow() {
    type Row<'row> = (&'row [i64], [&'row [usize]; 4], &'row [usize]);
    let pods = [victim(0, 9, 1), victim(1, 9, 2), victim(2, 9, 3), victim(3, 9, 4)];
    let rows: [Row; 6] = [
        (&[], [&[], &[], &[], &[]], &[]),
        (&[0], [&[0], &[], &[0], &[]], &[0, 2]),
        (&[1], [&[0], &[], &[0], &[]], &[2]),
        (&[2], [&[0], &[0], &[0], &[]], &[2]),
        // A pod that one of its budgets keeps counts against the others all the same.
        (&[1, 0], [&[0, 1], &[0], &[], &[]], &[0, 1]),
        (&[-1], [&[], &[0], &[], &[]], &[1]),
    ];
    for (allowed, budgets, expected) in rows {
        let (kept, others) = split_by_budgets(&pods, |pod| budgets[pod].to_vec(), allowed);
        let kept: Vec<usize> = kept.iter().map(|pod| pod.pod).collect();
        assert_eq!(expected, kept.as_slice(), "{allowed:?} {budgets:?}");
        assert_eq!(4, kept.len() + others.len());
    }
}

#[test]
fn a_budget_covers_the_pods_of_its_namespace_that_its_selector_matches() {
    let app = |name: &str| Labels::from([("app".to_owned(), name.to_owned())]);
    let template = |namespace: &str, labels: Labels| Template {
        namespace: namespace.to_owned(),
        labels,
        ..Template::default()
    };
    let budget = |selector| Budget { namespace: "one".to_owned(), selector, ..Budget::default() };
    let not_web = Requirement {
        key: "app".to_owned(),
        operator: crate::Operator::NotIn(vec!["web".to_owned()]),
    };
    let cluster = Cluster {
        templates: vec![
            template("one", app("web")),
            template("one", app("db")),
            template("two", app("web")),
            template("one", Labels::new()),
        ],
        budgets: vec![
            budget(LabelSelector::of_labels(&app("web"))),
            budget(LabelSelector::all_of(Vec::new())),
            budget(LabelSelector::default()),
            budget(LabelSelector::all_of(vec![not_web])),
        ],
        ..Cluster::default()
    };
    let expected: [&[usize]; 4] = [&[0], &[3], &[], &[]];
    assert_eq!(expected.map(<[usize]>::to_vec).to_vec(), budgets_of_templates(&cluster));
}
