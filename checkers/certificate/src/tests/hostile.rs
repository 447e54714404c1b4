//! Certificates made to hurt: refused, in bounded time, without a panic.

use proptest::prelude::*;

use crate::brute::Truth;
use crate::check::check_within;
use crate::document::{Bounded, Certificate, Classes, Combination, Proof, Quantity, Row, Tier};
use crate::testing::{Mix, instance};
use crate::{Budget, Filters, IndexSet, Instance, Pod, Refusal, replay};

/// A certificate of the plan that does nothing, if that is feasible, with one proof everywhere.
fn idle(instance: &Instance, classes: Classes, bound: u64, proof: &Proof) -> Option<Certificate> {
    let filters = Filters::new(instance);
    let outcome = replay(&filters, &[]).ok()?;
    let tier = |(&priority, &placed): (&i32, &u64)| Tier {
        priority,
        placed,
        bound: placed.saturating_add(bound),
        classes,
        proof: proof.clone(),
    };
    let cost = |cost: u64| Bounded { cost, bound: cost, classes, proof: proof.clone() };
    Some(Certificate {
        format: Certificate::FORMAT.to_owned(),
        version: Certificate::VERSION,
        plan: Vec::new(),
        tiers: instance.priorities().iter().zip(&outcome.placed).map(tier).collect(),
        disruption: cost(outcome.disruption),
        fragments: outcome.fragments.map(cost),
    })
}

fn split(below: Proof, above: Proof) -> Proof {
    let (below, above) = (Box::new(below), Box::new(above));
    Proof::Split { on: Quantity::Class(0), at: 0, below, above }
}

fn deep(levels: usize) -> Proof {
    let rows = || Proof::Rows(Combination { scale: 1, rows: Vec::new() });
    (0..levels).fold(rows(), |proof, _| split(rows(), proof))
}

#[test]
fn deep_proofs() {
    let instance = instance(1, Mix::PACKING);
    for levels in [1, 50, 5_000] {
        let certificate = idle(&instance, Classes::Shape, 0, &deep(levels)).unwrap();
        assert!(check_within(&instance, &certificate, 1_000_000).is_err(), "{levels}");
    }
    let text = |levels| {
        let certificate = idle(&instance, Classes::Shape, 0, &deep(levels)).unwrap();
        serde_json::to_vec(&certificate).unwrap()
    };
    assert!(Certificate::from_slice(&text(50)).is_ok());
    assert!(Certificate::from_slice(&text(200)).is_err());
}

#[test]
fn huge_numbers() {
    let weights: Vec<(u32, u64)> = (0..6).map(|class| (class, u64::MAX)).collect();
    let pattern = |most, fragments| Row::Pattern {
        nodes: 0,
        weights: weights.clone(),
        most,
        fragments,
        steps: u64::MAX,
    };
    let capacity = Row::Capacity { nodes: 0, resource: 0 };
    let combinations = [
        Combination { scale: u64::MAX, rows: vec![(capacity, u64::MAX); 100] },
        Combination { scale: 1, rows: vec![(pattern(0, 0), 1)] },
        Combination { scale: u64::MAX, rows: vec![(pattern(u64::MAX, u64::MAX), u64::MAX); 9] },
        Combination { scale: 1, rows: vec![(Row::Tier(u32::MAX), 1)] },
        Combination { scale: 1, rows: vec![(Row::Split(u32::MAX), 1)] },
        Combination { scale: 1, rows: vec![(Row::Budget(u32::MAX), 1), (Row::MoveLimit, 1)] },
        Combination { scale: 1, rows: vec![(Row::Apart { pods: 0, topology: u32::MAX }, 1)] },
    ];
    for seed in 0..40 {
        let instance = instance(seed, Mix::ALL);
        let truth = Truth::of(&instance);
        for combination in &combinations {
            let rows = Proof::Rows(combination.clone());
            let listed = Proof::Enumerate {
                slacks: vec![combination.clone(); 3],
                steps: u64::MAX,
                then: Box::new(rows.clone()),
            };
            for proof in [rows, listed, split(Proof::Rows(combination.clone()), Proof::None)] {
                for bound in [0, u64::MAX] {
                    let Some(certificate) = idle(&instance, Classes::Place, bound, &proof) else {
                        continue;
                    };
                    if check_within(&instance, &certificate, 10_000_000).is_ok() {
                        for (at, tier) in certificate.tiers.iter().enumerate() {
                            let placed: Vec<u64> =
                                certificate.tiers.iter().map(|tier| tier.placed).collect();
                            assert!(truth.most(at, &placed).unwrap() <= tier.bound, "{seed}");
                        }
                    }
                }
            }
        }
    }
}

/// More work than there are steps, however it is asked for.
#[test]
fn long_searches() {
    let mut large = instance(3, Mix { nodes: 2, pods: 60, ..Mix::PACKING });
    for node in &mut large.nodes {
        node.capacity = vec![90, 90, 110];
    }
    let capacity = |resource| (Row::Capacity { nodes: 0, resource }, 1);
    let slack = Combination { scale: 0, rows: vec![capacity(0), capacity(1)] };
    let listed = Proof::Enumerate {
        slacks: vec![slack.clone()],
        steps: u64::MAX,
        then: Box::new(Proof::Rows(slack.clone())),
    };
    let long = Proof::Rows(Combination { scale: 1, rows: vec![capacity(0); 100_000] });
    for proof in [listed, long] {
        let certificate = idle(&large, Classes::Shape, 0, &proof).unwrap();
        assert!(check_within(&large, &certificate, 50_000).is_err());
    }
}

/// Few bytes that stand for much work: the same pods in thousands of budgets.
#[test]
fn large_sets() {
    let mut large = instance(3, Mix::PACKING);
    let budget =
        |at: u32| Budget { name: format!("{at:07}"), pods: IndexSet::below(1), allowed: 0 };
    large.budgets = (0..1000).map(budget).collect();
    assert_eq!(large.validate(), Ok(()));
    let pod = large.pods[0].clone();
    let more = |at: u32| Pod { name: format!("q{at:06}"), ..pod.clone() };
    large.pods.extend((0..60_000).map(more));
    large.budgets.iter_mut().for_each(|budget| budget.pods = IndexSet::below(60_000));
    assert!(matches!(large.validate(), Err(Refusal::TooMany { limit: 50_000_000, .. })));
}

proptest! {
    /// Whatever bytes there are: an error, and no panic.
    #[test]
    fn bytes(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let instance = instance(7, Mix::ALL);
        let certificate = idle(&instance, Classes::Place, 3, &deep(3));
        let documents = [serde_json::to_vec(&instance).unwrap(), serde_json::to_vec(&certificate).unwrap()];
        for mut text in documents {
            let place = at.index(text.len());
            text[place] = byte;
            let end = cut.index(text.len() + 1).max(1);
            for text in [&text[..], &text[..end]] {
                let _ = Certificate::from_slice(text);
                if let Ok(changed) = Instance::from_slice(text) {
                    let _ = replay(&Filters::new(&changed), &[]);
                }
            }
        }
    }
}
