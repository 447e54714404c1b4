use super::*;
use crate::rules::testing::{check as check_of, holds, with};
use seatrial_explore::{Answer, CheckOptions, Limits, ModelId, Selection, check};

/// The counts of the published specification with 3 and 5 managers, also those of
/// stateright's example.
#[test]
fn the_published_counts_are_met() {
    for (managers, symmetry, distinct) in [(3, false, 288), (5, false, 8832), (5, true, 314)] {
        let model = TwoPhaseCommit::new(managers, Agreement::Baseline, false);
        let options = CheckOptions { symmetry, ..CheckOptions::default() };
        let report = check(&model, &ModelId::default(), &options, &mut |_| {}).unwrap();
        assert_eq!(
            (report.distinct, report.decision.exit_code()),
            (distinct, 0),
            "{managers} {symmetry}"
        );
    }
}

fn recovery(bounds: &[(&str, u64)], variant: &str) -> Selection {
    let (composition, variant) = (Some("recovery".to_owned()), Some(variant.to_owned()));
    Selection { composition, variant, ..with(bounds) }
}

#[test]
fn the_claims_hold_with_crashes_and_losses() {
    holds("two-phase-commit", &recovery(&[("managers", 2)], "published"), 1_190);
    holds("two-phase-commit", &recovery(&[], "published"), 14_035);
    holds("two-phase-commit", &recovery(&[("crashes", 2)], "published"), 38_020);
}

/// What managers do who crash and recover is what managers do who do not.
#[test]
fn recovery_shows_what_the_published_grain_shows() {
    let catalogue = crate::catalogue();
    let selection = recovery(&[], "published");
    let report = catalogue.refine("two-phase-commit", &selection, &Limits::default()).unwrap();
    let (lost, added) = (&report.baseline_in_composition, &report.composition_in_baseline);
    assert_eq!(added.decision.verdict, Answer::Holds, "{:#?}", report.added);
    assert_eq!(lost.decision.verdict, Answer::Holds, "{:#?}", report.lost);
}

#[test]
fn each_fault_has_its_story() {
    const STORIES: [(&str, &str, usize); 5] = [
        ("hasty-commit", "TCConsistent", 7),
        ("aborts-on-timeout", "TCConsistent", 9),
        ("commits-before-log", "LoggedBeforeSent", 6),
        ("forgets-prepared", "TCConsistent", 10),
        ("backup-manager", "TCConsistent", 10),
    ];
    let stories = STORIES.map(|(variant, ..)| {
        let report = check_of("two-phase-commit", &recovery(&[("managers", 2)], variant));
        (variant, report.property.unwrap(), report.trace.unwrap().depth())
    });
    let expected =
        STORIES.map(|(variant, property, states)| (variant, property.to_owned(), states));
    assert_eq!(stories, expected);
}

/// Two-phase commit blocks: no protocol of this kind can do better. It blocks only while nobody who
/// can be asked knows the decision.
#[test]
fn cooperation_unblocks_where_somebody_knows() {
    let verdict = |variant: &str, crashes: u64, property: &str| {
        let selection = recovery(&[("crashes", crashes)], variant);
        let (instance, id) = crate::catalogue().instance("two-phase-commit", &selection).unwrap();
        let properties = vec![property.to_owned()];
        let options = CheckOptions { properties, ..CheckOptions::default() };
        instance.check(&id, &options, &mut |_| {}).unwrap().decision.verdict
    };
    for (variant, termination, spreads) in [
        ("published", Answer::Holds, Answer::Holds),
        ("coordinator-lost", Answer::Violated, Answer::Holds),
        ("no-cooperation", Answer::Violated, Answer::Violated),
    ] {
        assert_eq!(verdict(variant, 2, "Termination"), termination, "{variant}");
        assert_eq!(verdict(variant, 2, "DecisionSpreads"), spreads, "{variant}");
    }
}
