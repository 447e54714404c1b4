//! Every catalogued invariant is broken by its mutants, and reported by name.

use seatrial_explore::{Answer, CheckOptions, Selection};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    protocol: String,
    invariants: Vec<Invariant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invariant {
    name: String,
    statement: String,
    mutants: Vec<Mutant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    variant: String,
    bounds: BTreeMap<String, u64>,
}

#[expect(clippy::unwrap_used, reason = "a broken catalogue fails the test")]
fn zab() -> Entry {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../invariants/protocols/zab.yaml");
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_invariant_of_the_model_is_catalogued() {
    let entry = zab();
    let (instance, _) =
        seatrial_models::catalogue().instance(&entry.protocol, &Selection::default()).unwrap();
    let modelled: Vec<(String, String)> =
        instance.properties().into_iter().map(|(name, _, summary)| (name, summary)).collect();
    let catalogued: Vec<(String, String)> = entry
        .invariants
        .into_iter()
        .map(|invariant| (invariant.name, invariant.statement))
        .collect();
    assert_eq!(catalogued, modelled);
}

#[test]
fn every_invariant_is_broken_by_a_mutant_and_reported_by_name() {
    let entry = zab();
    let catalogue = seatrial_models::catalogue();
    for invariant in &entry.invariants {
        assert!(!invariant.mutants.is_empty(), "{}", invariant.name);
        for mutant in &invariant.mutants {
            let mut selection = Selection {
                variant: Some(mutant.variant.clone()),
                bounds: mutant.bounds.clone().into_iter().collect(),
                ..Selection::default()
            };
            let options = CheckOptions {
                properties: vec![invariant.name.clone()],
                symmetry: true,
                workers: 2,
                ..CheckOptions::default()
            };
            let verdict = |selection: &Selection, options: &CheckOptions| {
                let (instance, id) = catalogue.instance(&entry.protocol, selection).unwrap();
                instance.check(&id, options, &mut |_| {}).unwrap()
            };
            let report = verdict(&selection, &options);
            assert_eq!(report.property.as_ref(), Some(&invariant.name), "{}", mutant.variant);
            let trace = report.trace.expect("a violation has a trace");
            assert_eq!(catalogue.replay(&entry.protocol, &trace).unwrap().confirmed, Some(true));
            // The fixed twin is clean as deep as the mutant's counterexample.
            selection.variant = None;
            let mut options = options;
            options.limits.depth = Some(report.depth);
            assert_ne!(verdict(&selection, &options).decision.verdict, Answer::Violated);
        }
    }
}
