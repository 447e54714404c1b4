use seatrial_explore::{Answer, CheckOptions, CheckReport, Limits, Selection};

use crate::catalogue;

fn check(selection: &Selection) -> CheckReport {
    let (instance, id) = catalogue().instance("no-regression", selection).unwrap();
    instance.check(&id, &CheckOptions::default(), &mut |_| {}).unwrap()
}

fn with(bounds: &[(&str, u64)]) -> Selection {
    let bounds = bounds.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Selection { bounds, ..Selection::default() }
}

const SMALL: [(&str, u64); 6] = [
    ("resources", 1),
    ("agents", 1),
    ("commands", 1),
    ("attempts", 2),
    ("writes", 1),
    ("errors", 1),
];

/// With all assumptions every claim holds, safety and liveness, and nothing is out of reach; the
/// counts are pinned.
#[test]
fn the_claim_holds_with_all_assumptions() {
    for (bounds, distinct) in [(&SMALL[..], 308), (&[("commands", 1)][..], 5_692)] {
        let report = check(&with(bounds));
        assert_eq!((report.decision.exit_code(), report.distinct), (0, distinct), "{bounds:?}");
    }
}

/// Steps of one transaction need not be told apart while no command errs.
#[test]
fn atomic_transactions_show_what_single_steps_show() {
    let selection = Selection {
        composition: Some("atomic".to_owned()),
        ..with(&[("agents", 2), ("resources", 1), ("errors", 0)])
    };
    let report = catalogue().refine("no-regression", &selection, &Limits::default()).unwrap();
    assert_eq!(report.decision.verdict, Answer::Holds, "{:?}", report.lost);
    assert!(report.same_projection);
    assert!(report.composition_in_baseline.states < report.baseline_in_composition.states);
}

/// Each assumption alone is needed, and each divergence of the public agent breaks the claim: the
/// shortest story, in states.
#[test]
fn each_dropped_assumption_and_each_divergence_has_its_story() {
    let one = &[("agents", 1)][..];
    for (variant, bounds, property, states) in [
        ("without-a1", &[("agents", 2)][..], "WriterExclusivity", 3),
        ("without-a2", one, "NoRegression", 7),
        ("without-a3", one, "BoundedWindow", 7),
        ("without-a4", one, "NoRegression", 6),
        ("d1", one, "NoRegression", 5),
        ("d2", one, "NoRegression", 6),
        ("d3", one, "NoRegression", 7),
        ("d4", one, "OnlyRegressionsUndone", 5),
        ("d5", one, "NoRegression", 8),
        ("d6", &[("agents", 1), ("commands", 1)], "BoundedRisk", 6),
        ("d7", one, "ReadersNeverWrite", 2),
        ("keeps-lock", &[("agents", 2)], "Termination", 8),
    ] {
        let selection = Selection { variant: Some(variant.to_owned()), ..with(bounds) };
        let report = check(&selection);
        let story = report.trace.map(|trace| trace.depth());
        assert_eq!(
            (report.property.as_deref(), story),
            (Some(property), Some(states)),
            "{variant}"
        );
    }
}
