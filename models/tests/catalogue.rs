//! Every catalogued invariant is broken by its mutants, and reported by name.

use seatrial_explore::{Answer, CheckOptions, Kind, Selection};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    protocol: String,
    /// The variant without any of the faults, if it is not the first.
    twin: Option<String>,
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
    composition: Option<String>,
    #[serde(default)]
    masks: Vec<String>,
    bounds: BTreeMap<String, u64>,
}

impl Mutant {
    fn selection(&self) -> Selection {
        Selection {
            variant: Some(self.variant.clone()),
            composition: self.composition.clone(),
            masks: self.masks.clone(),
            bounds: self.bounds.clone().into_iter().collect(),
            ..Selection::default()
        }
    }
}

#[expect(clippy::unwrap_used, reason = "a broken catalogue fails the test")]
fn entry(name: &str) -> Entry {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../invariants/protocols/");
    serde_yaml::from_str(&std::fs::read_to_string(format!("{folder}{name}.yaml")).unwrap()).unwrap()
}

const ENTRIES: [&str; 19] = [
    "adapter-queues",
    "attestation",
    "expert-service",
    "fragment-chain",
    "gang-scheduling",
    "kernel-extension",
    "lease-election",
    "live-migration",
    "no-regression",
    "pod-pools",
    "preemption",
    "prefill-decode",
    "raft",
    "rescheduling",
    "serverless-scaling",
    "supervisor",
    "two-phase-commit",
    "zab",
    "zookeeper",
];

/// A witness that something can happen is no claim that a mutant could break.
fn claims((_, kind, _): &(String, Kind, String)) -> bool {
    *kind != Kind::Sometimes
}

#[test]
fn every_invariant_of_the_models_is_catalogued() {
    for entry in ENTRIES.map(entry) {
        let (instance, _) =
            seatrial_models::catalogue().instance(&entry.protocol, &Selection::default()).unwrap();
        let modelled: Vec<(String, String)> = instance
            .properties()
            .into_iter()
            .filter(claims)
            .map(|(name, _, summary)| (name, summary))
            .collect();
        let catalogued: Vec<(String, String)> = entry
            .invariants
            .into_iter()
            .map(|invariant| (invariant.name, invariant.statement))
            .collect();
        assert_eq!(catalogued, modelled);
    }
}

#[test]
fn every_invariant_is_broken_by_its_mutants_and_reported_by_name() {
    for entry in ENTRIES.map(entry) {
        for invariant in &entry.invariants {
            assert!(!invariant.mutants.is_empty(), "{}", invariant.name);
            for mutant in &invariant.mutants {
                is_broken(&entry, &invariant.name, mutant);
            }
        }
    }
}

/// The mutant breaks the invariant, and its fixed twin does not, as deep as the counterexample.
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken catalogue fails the test")]
fn is_broken(entry: &Entry, invariant: &str, mutant: &Mutant) {
    let catalogue = seatrial_models::catalogue();
    let verdict = |selection: &Selection, depth| {
        let (instance, id) = catalogue.instance(&entry.protocol, selection).unwrap();
        let mut options = CheckOptions {
            properties: vec![invariant.to_owned()],
            symmetry: instance.is_symmetric(),
            workers: 2,
            ..CheckOptions::default()
        };
        options.limits.depth = depth;
        instance.check(&id, &options, &mut |_| {}).unwrap()
    };
    let mut selection = mutant.selection();
    let report = verdict(&selection, None);
    assert_eq!(report.property.as_deref(), Some(invariant), "{}", mutant.variant);
    let trace = report.trace.expect("a violation has a trace");
    assert_eq!(catalogue.replay(&entry.protocol, &trace).unwrap().confirmed, Some(true));
    selection.variant.clone_from(&entry.twin);
    let twin = verdict(&selection, Some(report.depth));
    assert_ne!(twin.decision.verdict, Answer::Violated, "{invariant} {}", mutant.variant);
}
