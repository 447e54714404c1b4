//! Plans: by table, and all that brute force finds.

use crate::brute::Truth;
use crate::testing::{Mix, instance};
use crate::{Filters, Instance, PlanError, Step, replay};

/// Two nodes with room for two pods each; `p0` and `p1` run on the first, `p2` is pending.
fn cluster(change: impl FnOnce(&mut serde_json::Value)) -> Instance {
    let mut document = serde_json::json!({
        "format": Instance::FORMAT, "version": 1, "resources": ["pods"],
        "nodes": [{"name": "n0", "capacity": [2]}, {"name": "n1", "capacity": [2]}],
        "topologies": [{"key": "host", "domains": [0, 1]}], "ports": [],
        "shapes": [{"priority": 0, "requests": [1], "nodes": [[0, 1]], "ports": [],
                    "affinity": null, "anti_affinity": [], "spread": []}],
        "pods": [{"name": "p0", "shape": 0, "node": 0, "fixed": false},
                 {"name": "p1", "shape": 0, "node": 0, "fixed": false},
                 {"name": "p2", "shape": 0, "node": null, "fixed": false}],
        "budgets": [], "gangs": [],
        "question": {"objective": "placed", "move_limit": null, "live": false}, "trusted": []
    });
    change(&mut document);
    Instance::from_slice(document.to_string().as_bytes()).unwrap()
}

#[track_caller]
fn fails(instance: &Instance, plan: &[Step], matches: fn(&PlanError) -> bool) {
    let error = replay(&Filters::new(instance), plan).unwrap_err();
    assert!(matches(&error), "{error}");
}

fn order(error: &PlanError) -> bool {
    matches!(error, PlanError::Order { .. })
}

#[test]
fn steps_in_their_order() {
    use Step::{Bind, Evict, Move};
    let instance = cluster(|_| ());
    let filters = Filters::new(&instance);
    let outcome = replay(&filters, &[Evict(0), Bind(2, 0), Bind(0, 1)]).unwrap();
    assert_eq!((outcome.placed, outcome.disruption), (vec![3], 2));
    let outcome = replay(&filters, &[Evict(0)]).unwrap();
    assert_eq!((outcome.placed, outcome.disruption), (vec![1], 1));
    assert_eq!(replay(&filters, &[]).unwrap().disruption, 0);
    fails(&instance, &[Bind(2, 1), Evict(0)], order);
    fails(&instance, &[Evict(0), Evict(0)], order);
    fails(&instance, &[Evict(2)], order);
    fails(&instance, &[Evict(0), Bind(0, 0)], order);
    fails(&instance, &[Bind(0, 1)], order);
    fails(&instance, &[Move(0, 1)], order);
    fails(&instance, &[Bind(2, 1), Bind(2, 1)], order);
    fails(&instance, &[Bind(2, 0)], |error| matches!(error, PlanError::Refused { .. }));
    fails(&instance, &[Bind(2, 2)], |error| matches!(error, PlanError::Unknown { .. }));
    fails(&instance, &[Bind(3, 0)], |error| matches!(error, PlanError::Unknown { .. }));
    let fixed = cluster(|it| it["pods"][0]["fixed"] = true.into());
    fails(&fixed, &[Evict(0)], order);
}

#[test]
fn live_moves() {
    use Step::{Bind, Evict, Move};
    let instance = cluster(|it| it["question"]["live"] = true.into());
    let filters = Filters::new(&instance);
    let outcome = replay(&filters, &[Move(0, 1), Bind(2, 0)]);
    assert_eq!(outcome.unwrap().disruption, 2);
    fails(&instance, &[Evict(0)], order);
    fails(&instance, &[Move(0, 0)], order);
    fails(&instance, &[Move(2, 0)], order);
    fails(&instance, &[Move(0, 1), Move(0, 0)], order);
    fails(&instance, &[Bind(2, 1), Move(2, 0)], order);
}

#[test]
fn the_end() {
    use Step::{Bind, Evict};
    let budget = |allowed: u32| {
        move |it: &mut serde_json::Value| {
            it["budgets"] =
                serde_json::json!([{"name": "b", "pods": [[0, 2]], "allowed": allowed}]);
        }
    };
    let moved = [Evict(0), Evict(1), Bind(0, 1)];
    fails(&cluster(budget(1)), &moved, |error| matches!(error, PlanError::Budget { taken: 2, .. }));
    assert!(replay(&Filters::new(&cluster(budget(2))), &moved).is_ok());
    let limited = cluster(|it| it["question"]["move_limit"] = 1.into());
    fails(&limited, &moved, |error| matches!(error, PlanError::MoveLimit { taken: 2, .. }));
    let gang = |minimum: u32, within: Option<u32>| {
        let gangs = serde_json::json!(
            [{"name": "g", "pods": [[0, 1]], "minimum": minimum, "within": within}]
        );
        cluster(move |it| it["gangs"] = gangs)
    };
    fails(&gang(2, None), &moved, |error| matches!(error, PlanError::Gang { running: 1, .. }));
    assert!(replay(&Filters::new(&gang(2, None)), &[Evict(0), Evict(1)]).is_ok());
    assert!(replay(&Filters::new(&gang(1, None)), &moved).is_ok());
    assert!(replay(&Filters::new(&gang(2, Some(0))), &[]).is_ok());
    let apart = [Evict(0), Bind(0, 1)];
    fails(&gang(2, Some(0)), &apart, |error| matches!(error, PlanError::GangApart { .. }));
    let fragments = serde_json::json!({"fragments": {"resource": 0, "unit": 2}});
    let fragments = cluster(move |it| it["question"]["objective"] = fragments);
    fails(&fragments, &[Evict(0)], |error| matches!(error, PlanError::Stopped { pod: 0 }));
    assert_eq!(replay(&Filters::new(&fragments), &apart).unwrap().fragments, Some(2));
}

#[test]
fn every_plan_of_brute_force_leads_where_it_says() {
    let mut plans = 0;
    for seed in 0..600 {
        let instance = instance(seed, Mix::ALL);
        let filters = Filters::new(&instance);
        for reached in Truth::of(&instance).reached {
            let outcome = replay(&filters, &reached.plan).unwrap();
            assert_eq!(outcome.state.places(), reached.places, "{seed}");
            assert_eq!(outcome.placed, reached.placed, "{seed}");
            assert_eq!(outcome.disruption, reached.disruption, "{seed}");
            assert_eq!(outcome.fragments.unwrap_or(0), reached.fragments, "{seed}");
            plans += 1;
        }
    }
    assert!(plans > 10_000, "{plans}");
}
