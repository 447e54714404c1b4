//! What is certified is the optimum, on instances with every kind of constraint.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_certificate::brute::Truth;
use seatrial_certificate::testing::{Mix, instance};
use seatrial_certificate::{Certificate, Instance, Objective, Status, check};
use seatrial_placement::{NoPlan, Options, place};

use super::verdict::is_true;

/// What there is in an instance that can bind.
fn kinds(instance: &Instance) -> Vec<&'static str> {
    let shapes = &instance.shapes;
    let pods = &instance.pods;
    let question = &instance.question;
    let all = [
        ("packing", true),
        ("eligibility", shapes.iter().any(|it| it.nodes.len() < instance.nodes.len() as u64)),
        ("host ports", shapes.iter().any(|it| !it.ports.is_empty())),
        ("affinity", shapes.iter().any(|it| it.affinity.is_some())),
        ("anti-affinity", shapes.iter().any(|it| !it.anti_affinity.is_empty())),
        ("spread", shapes.iter().any(|it| !it.spread.is_empty())),
        ("running", pods.iter().any(|it| it.node.is_some() && !it.fixed)),
        ("fixed", pods.iter().any(|it| it.node.is_some() && it.fixed)),
        ("budget", !instance.budgets.is_empty()),
        ("gang", instance.gangs.iter().any(|it| it.minimum > 1)),
        ("gang in a domain", instance.gangs.iter().any(|it| it.within.is_some())),
        ("move limit", question.move_limit.is_some()),
        ("live", question.live),
        ("fragments", question.objective != Objective::Placed),
    ];
    all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

/// How many instances have a kind of constraint, and how many of them are certified in all.
type Tally = BTreeMap<&'static str, (u32, u32)>;

/// The documents are written and read again on the way, as by whoever verifies.
fn read_again(instance: &Instance, certificate: &Certificate) -> (Instance, Certificate) {
    let instance = serde_json::to_vec(instance).unwrap();
    let certificate = serde_json::to_vec(certificate).unwrap();
    (Instance::from_slice(&instance).unwrap(), Certificate::from_slice(&certificate).unwrap())
}

fn hold(seed: u64, instance: &Instance, tally: &mut Tally) {
    let truth = Truth::of(instance);
    let options = Options { time_limit: Duration::from_millis(20), seed, ..Options::default() };
    let certified = match place(instance, &options) {
        Err(NoPlan) => false,
        Ok(placed) => {
            let (instance, certificate) = read_again(instance, &placed.certificate);
            let verified = check(&instance, &certificate);
            let verified = verified.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(is_true(&instance, &certificate, &truth), "seed {seed}: {certificate:?}");
            let best = truth.best().unwrap();
            let tiers = verified.tiers.iter();
            let optimal = tiers.clone().all(|it| it.status <= Status::Solver);
            let found: Vec<u64> = tiers.map(|it| it.placed).collect();
            assert!(!optimal || found == best.placed, "seed {seed}: {found:?}");
            let fragments = verified.fragments.map(|it| (it.status, it.cost));
            let least = fragments.is_none_or(|it| it.1 == best.fragments);
            let all = optimal && fragments.is_none_or(|it| it.0 <= Status::Solver);
            assert!(!all || least, "seed {seed}: {fragments:?}");
            let disruption = verified.disruption;
            let all = disruption.status <= Status::Solver;
            assert!(!all || disruption.cost == best.disruption, "seed {seed}: {disruption:?}");
            all
        }
    };
    for kind in kinds(instance) {
        let (there, sure) = tally.entry(kind).or_default();
        *there += 1;
        *sure += u32::from(certified);
    }
}

#[test]
fn what_is_certified_is_best_under_each_kind_of_constraint() {
    let mut tally = Tally::new();
    for seed in 100_000..102_000 {
        hold(seed, &instance(seed, Mix::ALL), &mut tally);
    }
    println!("{tally:?}");
    assert_eq!(tally.len(), 14);
    let rare = tally.iter().find(|(_, (there, sure))| *there < 150 || sure * 4 < *there);
    assert_eq!(rare, None, "{tally:?}");
}

#[test]
fn what_is_certified_is_best_where_nodes_are_tight() {
    let mut tally = Tally::new();
    for seed in 200_000..201_000 {
        hold(seed, &instance(seed, Mix { pods: 7, size: 6, ..Mix::PACKING }), &mut tally);
    }
    println!("{tally:?}");
    let (there, sure) = tally["packing"];
    assert!(there == 1000 && sure > 600, "{tally:?}");
}
