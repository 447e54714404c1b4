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
}

/// One action stands for both modules where they are coarse.
#[test]
fn a_change_to_election_or_discovery_makes_both_fine() {
    let catalogue = seatrial_models::catalogue();
    for changed in [&["election"][..], &["discovery"], &["election", "discovery"]] {
        let changed = changed.iter().map(|&module| module.to_owned()).collect();
        let selection = Selection { changed, ..Selection::default() };
        let (_, id) = catalogue.instance("zookeeper", &selection).unwrap();
        for module in ["election", "discovery", "synchronization", "broadcast"] {
            assert_eq!(id.configuration.get(&format!("grain {module}")).unwrap(), "baseline");
        }
    }
    for (module, name) in [("election", "coarse"), ("discovery", "joining")] {
        let refusal = catalogue.instance("zookeeper", &grain(module, name, &[])).err().unwrap();
        assert!(refusal.message.contains("both have the same grain"), "{}", refusal.message);
    }
}

/// The grains of `ZooKeeper`'s election and discovery, in a composition.
fn electing(composition: Option<&str>, name: &str, bounds: &[(&str, u64)]) -> Selection {
    let grains = ["election", "discovery"].map(|module| (module.to_owned(), name.to_owned()));
    Selection {
        composition: composition.map(str::to_owned),
        grains: grains.to_vec(),
        variant: Some("fixed".to_owned()),
        ..grain("election", name, bounds)
    }
}

/// With two servers, one step for election and discovery shows all that their messages show,
/// however fine the rest is.
#[test]
fn the_coarse_elections_of_two_servers_show_what_the_messages_show() {
    const BOUNDS: [(&str, u64); 6] = [
        ("servers", 2),
        ("timeouts", 1),
        ("txns", 2),
        ("epochs", 2),
        ("crashes", 1),
        ("partitions", 0),
    ];
    let catalogue = seatrial_models::catalogue();
    for (composition, name, states) in [
        ("mspec-1", "coarse", (1_529, 61)),
        ("mspec-2", "coarse", (1_581, 70)),
        ("mspec-3", "coarse", (1_601, 74)),
        ("mspec-1", "joining", (1_529, 61)),
        ("mspec-3", "joining", (1_601, 74)),
    ] {
        let selection = electing(Some(composition), name, &BOUNDS);
        let report = catalogue.refine("zookeeper", &selection, &Limits::default()).unwrap();
        let (lost, added) = (&report.baseline_in_composition, &report.composition_in_baseline);
        assert_eq!(lost.decision.verdict, Answer::Holds, "{composition} {:?}", report.lost);
        assert_eq!(added.decision.verdict, Answer::Holds, "{composition} {:?}", report.added);
        assert!(report.same_projection, "{composition}");
        assert_eq!((lost.states, added.states), states, "{composition} {name}");
    }
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
