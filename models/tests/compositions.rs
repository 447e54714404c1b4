//! Grains: which compositions are accepted, and what the refinement check says of them.

use seatrial_explore::{Answer, CheckOptions, Limits, Selection};

fn grain(module: &str, grain: &str, bounds: &[(&str, u64)]) -> Selection {
    Selection {
        grains: vec![(module.to_owned(), grain.to_owned())],
        bounds: bounds.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        ..Selection::default()
    }
}

const SMALL: [(&str, u64); 5] =
    [("servers", 2), ("timeouts", 1), ("txns", 1), ("epochs", 2), ("restarts", 0)];

#[test]
fn the_coarse_election_shows_what_the_baseline_shows() {
    let report = seatrial_models::catalogue()
        .refine("zab", &grain("election", "coarse", &SMALL), &Limits::default())
        .unwrap();
    assert_eq!(report.baseline_in_composition.decision.verdict, Answer::Holds, "{:?}", report.lost);
    assert_eq!(
        report.composition_in_baseline.decision.verdict,
        Answer::Holds,
        "{:?}",
        report.added
    );
    assert!(report.same_projection);
    assert!(report.composition_in_baseline.states < report.baseline_in_composition.states);
}

#[test]
fn the_coarse_agreement_shows_what_the_messages_show() {
    let catalogue = seatrial_models::catalogue();
    let selection = grain("agreement", "coarse", &[("managers", 3)]);
    let report = catalogue.refine("two-phase-commit", &selection, &Limits::default()).unwrap();
    assert_eq!(report.decision.verdict, Answer::Holds, "{:?}", report.lost);
    assert_eq!(
        report.composition_in_baseline.decision.verdict,
        Answer::Holds,
        "{:?}",
        report.added
    );
}

#[test]
fn a_grain_that_drops_a_write_is_refused_by_its_declaration() {
    let refused = seatrial_models::catalogue()
        .instance("two-phase-commit", &grain("agreement", "silent", &[]));
    assert_eq!(
        refused.err().unwrap().message,
        "the grain of `agreement` drops the write of `RMRcvCommitMsg` to `rmState`, which module `participants` depends on"
    );
}

#[test]
fn a_grain_that_loses_a_behaviour_is_rejected_by_the_refinement_check() {
    let catalogue = seatrial_models::catalogue();
    let selection = grain("agreement", "no-abort", &[("managers", 2)]);
    assert!(
        catalogue.instance("two-phase-commit", &selection).is_ok(),
        "its declarations are fine"
    );
    let report = catalogue.refine("two-phase-commit", &selection, &Limits::default()).unwrap();
    assert_eq!(report.decision.verdict, Answer::Violated);
    let lost = report.lost.unwrap();
    assert_eq!(lost.steps.last().map(|step| step.class.as_str()), Some("RMRcvAbortMsg"));
}

#[test]
fn changed_modules_pick_the_composition() {
    let catalogue = seatrial_models::catalogue();
    let (_, id) = catalogue
        .instance(
            "zab",
            &Selection { changed: vec!["broadcast".to_owned()], ..Selection::default() },
        )
        .unwrap();
    assert_eq!(id.configuration.get("grain election").map(String::as_str), Some("coarse"));
    let (_, id) = catalogue
        .instance(
            "zab",
            &Selection { changed: vec!["election".to_owned()], ..Selection::default() },
        )
        .unwrap();
    assert_eq!(id.configuration.get("grain election").map(String::as_str), Some("baseline"));
}

#[test]
fn a_change_to_synchronization_leaves_the_rest_coarse() {
    let catalogue = seatrial_models::catalogue();
    let selection =
        |changed: &str| Selection { changed: vec![changed.to_owned()], ..Selection::default() };
    let (_, id) = catalogue.instance("zookeeper", &selection("synchronization")).unwrap();
    for (module, grain) in [
        ("election", "coarse"),
        ("discovery", "coarse"),
        ("synchronization", "committed-log"),
        ("broadcast", "baseline"),
    ] {
        assert_eq!(id.configuration.get(&format!("grain {module}")).unwrap(), grain);
    }
    // One action stands for two modules, so that they change together.
    let refusal = catalogue.instance("zookeeper", &selection("discovery")).err().unwrap();
    assert!(refusal.message.contains("both are coarse, or neither"));
    let both = Selection {
        changed: vec!["election".to_owned(), "discovery".to_owned()],
        ..Selection::default()
    };
    assert!(catalogue.instance("zookeeper", &both).is_ok());
}

#[test]
fn the_published_compositions_preserve_interaction() {
    let catalogue = seatrial_models::catalogue();
    for composition in ["system", "mspec-1", "mspec-2", "mspec-3", "mspec-4"] {
        let selection =
            Selection { composition: Some(composition.to_owned()), ..Selection::default() };
        assert!(catalogue.instance("zookeeper", &selection).is_ok(), "{composition}");
    }
}

/// The ball goes round for ever unless a miss is strongly fair.
#[test]
fn fairness_decides_the_game() {
    let catalogue = seatrial_models::catalogue();
    for (variant, expected) in
        [("endless", Answer::Violated), ("weak", Answer::Violated), ("strong", Answer::Holds)]
    {
        let selection = Selection { variant: Some(variant.to_owned()), ..Selection::default() };
        let (instance, id) = catalogue.instance("ping-pong", &selection).unwrap();
        let report = instance.check(&id, &CheckOptions::default(), &mut |_| {}).unwrap();
        assert_eq!(report.decision.verdict, expected, "{variant}");
    }
}
