//! Documents that are refused before anything in them is checked, and certificates that say
//! something else than what is the case.

use serde_json::{Value, json};

use crate::check::Rejection;
use crate::document::{Bounded, Certificate, Classes, Proof, Step, Tier};
use crate::{Instance, Refusal, Status, check};

/// Two pods with a spread constraint on two nodes, of which one runs.
fn document() -> Value {
    json!({
        "format": "seatrial/instance", "version": 1, "resources": ["cpu", "pods"],
        "nodes": [{"name": "n0", "capacity": [4, 9]}, {"name": "n1", "capacity": [4, 9]}],
        "topologies": [{"key": "host", "domains": [0, 1]}],
        "ports": [{"ip": "0.0.0.0", "protocol": "TCP", "port": 80}],
        "shapes": [{
            "priority": 5, "requests": [2, 1], "nodes": [[0, 1]], "ports": [0],
            "affinity": {"topologies": [0], "matches": [[0, 0]]},
            "anti_affinity": [{"topology": 0, "matches": []}],
            "spread": [{"topology": 0, "max_skew": 1, "min_domains": 1, "matches": [[0, 0]],
                        "nodes": [[0, 1]]}]
        }],
        "pods": [{"name": "p0", "shape": 0, "node": 0, "fixed": false},
                 {"name": "p1", "shape": 0, "node": null, "fixed": false}],
        "budgets": [{"name": "b", "pods": [[0, 0]], "allowed": 1}],
        "gangs": [{"name": "g", "pods": [[0, 0]], "minimum": 1, "within": 0}],
        "question": {"objective": "placed", "move_limit": null, "live": false}, "trusted": []
    })
}

#[track_caller]
fn refused(pointer: &str, value: Value) -> Refusal {
    let mut document = document();
    *document.pointer_mut(pointer).unwrap() = value;
    Instance::from_slice(document.to_string().as_bytes()).unwrap_err()
}

#[test]
fn valid() {
    assert!(Instance::from_slice(document().to_string().as_bytes()).is_ok());
}

#[test]
fn malformed() {
    let two = |key: &str| json!([document()[key][0], document()[key][0]]);
    let cases = [
        ("/resources", json!(["pods", "cpu"]), "resources"),
        ("/nodes/1/name", json!("n0"), "nodes"),
        ("/nodes/1/capacity", json!([4]), "nodes[1].capacity"),
        ("/nodes/1/capacity", json!([1_u64 << 62, 9]), "nodes[1].capacity"),
        ("/topologies/0/domains", json!([1, 0]), "topologies[0].domains"),
        ("/topologies/0/domains", json!([0]), "topologies[0].domains"),
        ("/topologies/0/domains", json!([0, null]), "shapes[0].spread"),
        ("/topologies/0/domains", json!([4_294_967_295_u32, 0]), "topologies[0].domains"),
        ("/ports", two("ports"), "ports"),
        ("/shapes", two("shapes"), "shapes"),
        ("/shapes/0/requests", json!([1_u64 << 62, 1]), "shapes[0].requests"),
        ("/shapes/0/requests", json!([1_u64 << 61, 1]), "pods[1]"),
        ("/shapes/0/nodes", json!([[0, 2]]), "shapes[0].nodes"),
        ("/shapes/0/nodes", json!([[1, 0]]), "shapes[0].nodes"),
        ("/shapes/0/nodes", json!([[0, 0], [1, 1]]), "shapes[0].nodes"),
        ("/shapes/0/nodes", json!([[0, 4_294_967_295_u32]]), "shapes[0].nodes"),
        ("/shapes/0/ports", json!([1]), "shapes[0].ports"),
        ("/shapes/0/ports", json!([0, 0]), "shapes[0].ports"),
        ("/shapes/0/affinity/topologies", json!([]), "shapes[0].affinity"),
        ("/shapes/0/affinity/topologies", json!([1]), "shapes[0].affinity"),
        ("/shapes/0/affinity/matches", json!([[1, 1]]), "shapes[0].affinity"),
        ("/shapes/0/anti_affinity/0/topology", json!(1), "shapes[0].anti_affinity[0]"),
        ("/shapes/0/spread/0/max_skew", json!(0), "shapes[0].spread[0]"),
        ("/shapes/0/spread/0/min_domains", json!(0), "shapes[0].spread[0]"),
        ("/shapes/0/spread/0/nodes", json!([[0, 2]]), "shapes[0].spread[0]"),
        ("/pods/1/name", json!("p0"), "pods"),
        ("/pods/0/shape", json!(1), "pods[0].shape"),
        ("/pods/0/node", json!(2), "pods[0].node"),
        ("/budgets", two("budgets"), "budgets"),
        ("/budgets/0/pods", json!([[0, 2]]), "budgets[0].pods"),
        ("/gangs/0/minimum", json!(0), "gangs[0]"),
        ("/gangs/0/minimum", json!(2), "gangs[0]"),
        ("/gangs/0/within", json!(1), "gangs[0]"),
        (
            "/question/objective",
            json!({"fragments": {"resource": 0, "unit": 0}}),
            "question.objective",
        ),
        (
            "/question/objective",
            json!({"fragments": {"resource": 2, "unit": 1}}),
            "question.objective",
        ),
    ];
    for (pointer, value, expected) in cases {
        match refused(pointer, value.clone()) {
            Refusal::Malformed { place, .. } => assert_eq!(place, expected, "{pointer} {value}"),
            other => panic!("{pointer} {value}: {other}"),
        }
    }
    let shared = json!([{"name": "g", "pods": [[0, 0]], "minimum": 1, "within": null},
                        {"name": "h", "pods": [[0, 1]], "minimum": 1, "within": null}]);
    assert!(matches!(refused("/gangs", shared), Refusal::Malformed { .. }));
}

#[test]
fn unreadable() {
    for (pointer, value) in [
        ("/nodes/0/capacity", json!([-1, 9])),
        ("/nodes/0/capacity", json!([1.5, 9])),
        ("/nodes/0/capacity", json!(["4", 9])),
        ("/question/objective", json!("best")),
        ("/question", json!({"objective": "placed", "move_limit": null, "live": false, "x": 1})),
        ("/pods/0", json!({"name": "p0", "shape": 0, "node": 0})),
    ] {
        assert!(matches!(refused(pointer, value), Refusal::Unreadable { .. }), "{pointer}");
    }
    let text = document().to_string();
    for end in [0, 1, text.len() / 2, text.len() - 1] {
        let cut = Instance::from_slice(&text.as_bytes()[..end]);
        assert!(matches!(cut, Err(Refusal::Unreadable { document: "instance", .. })));
    }
    assert!(Instance::from_slice(b"\xff\xfe").is_err());
}

#[test]
fn unknown() {
    let version = refused("/version", json!(2));
    assert_eq!(
        version.to_string(),
        "the instance is of format `seatrial/instance` version 2, known is `seatrial/instance` \
         version 1"
    );
    assert!(matches!(refused("/format", json!("x")), Refusal::Unknown { .. }));
}

/// The best there is for the document: both run.
fn certificate() -> Certificate {
    let trivial = |cost| Bounded { cost, bound: 0, classes: Classes::Shape, proof: Proof::Trivial };
    Certificate {
        format: Certificate::FORMAT.to_owned(),
        version: Certificate::VERSION,
        plan: vec![Step::Evict(0), Step::Bind(1, 0), Step::Bind(0, 1)],
        tiers: vec![Tier {
            priority: 5,
            placed: 2,
            bound: 2,
            classes: Classes::Shape,
            proof: Proof::Trivial,
        }],
        disruption: trivial(2),
        fragments: None,
    }
}

/// Without the affinity, so that there is a plan for both.
fn instance() -> Instance {
    let mut document = document();
    document["shapes"][0]["affinity"] = Value::Null;
    Instance::from_slice(document.to_string().as_bytes()).unwrap()
}

#[test]
fn accepted() {
    let verified = check(&instance(), &certificate()).unwrap();
    assert_eq!(verified.tiers[0].status, Status::Certified);
    assert_eq!((verified.tiers[0].pods, verified.tiers[0].placed), (2, 2));
    assert_eq!(verified.disruption.status, Status::Gap);
    let text = serde_json::to_string(&certificate()).unwrap();
    assert_eq!(Certificate::from_slice(text.as_bytes()).unwrap(), certificate());
}

#[test]
fn what_comes_after_a_gap_is_conditional() {
    let mut gap = certificate();
    gap.plan.clear();
    (gap.tiers[0].placed, gap.tiers[0].proof, gap.disruption.cost) = (1, Proof::None, 0);
    let verified = check(&instance(), &gap).unwrap();
    assert_eq!(verified.tiers[0].status, Status::Gap);
    assert_eq!(verified.disruption.status, Status::Conditional);
    // A solver's word for the tier: what follows rests on it.
    (gap.tiers[0].bound, gap.tiers[0].proof) = (1, Proof::Solver { by: "x".to_owned() });
    let verified = check(&instance(), &gap).unwrap();
    assert_eq!(verified.tiers[0].status, Status::Solver);
    assert_eq!(verified.disruption.status, Status::Solver);
}

#[test]
fn false_claims() {
    let rejected = |change: fn(&mut Certificate)| {
        let mut certificate = certificate();
        change(&mut certificate);
        check(&instance(), &certificate).unwrap_err()
    };
    let count = |change| assert!(matches!(rejected(change), Rejection::Count { .. }));
    count(|it| it.tiers[0].placed = 3);
    count(|it| it.tiers[0].priority = 4);
    count(|it| it.disruption.cost = 1);
    count(|it| it.plan.truncate(2));
    let bound = |change| assert!(matches!(rejected(change), Rejection::Bound { .. }));
    bound(|it| it.tiers[0].bound = 1);
    bound(|it| it.disruption.bound = 3);
    let proof = |change| assert!(matches!(rejected(change), Rejection::Proof { .. }));
    proof(|it| it.disruption.bound = 1);
    let shape = |change| assert!(matches!(rejected(change), Rejection::Shape { .. }));
    shape(|it| it.tiers.clear());
    shape(|it| it.fragments = Some(it.disruption.clone()));
    assert!(matches!(rejected(|it| it.plan.reverse()), Rejection::Plan(_)));
    assert!(matches!(rejected(|it| it.version = 2), Rejection::Format));
    let mut invalid = instance();
    invalid.nodes[0].capacity.clear();
    assert!(matches!(check(&invalid, &certificate()), Err(Rejection::Instance(_))));
}
