use crate::rules::testing::{Bounds, holds, refines, stories, with};
use seatrial_explore::{Answer, CheckOptions, Selection};

const SHORT: Bounds<'_> = &[("fragments", 2)];
const LONG: Bounds<'_> = &[("fragments", 4)];
/// One forged fragment, and a network without faults.
const FORGED: Bounds<'_> =
    &[("fragments", 2), ("losses", 0), ("reorderings", 0), ("duplicates", 0), ("forgeries", 1)];
/// The same, twice.
const TWICE: Bounds<'_> = &[
    ("fragments", 2),
    ("buffers", 1),
    ("losses", 0),
    ("reorderings", 0),
    ("duplicates", 0),
    ("forgeries", 2),
];
/// Faults of the network, and no attacker.
const NETWORK: Bounds<'_> = &[("tags", 1), ("losses", 1), ("reorderings", 2), ("forgeries", 0)];

#[test]
fn the_claims_hold() {
    holds("fragment-chain", &with(SHORT), 5_094);
    holds("fragment-chain", &with(&[]), 15_556);
    holds("fragment-chain", &with(LONG), 38_008);
}

#[test]
fn one_step_shows_what_fragments_show() {
    refines("fragment-chain", "atomic", SHORT);
    refines("fragment-chain", "atomic", &[]);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "fragment-chain",
        &[
            ("no-chain", FORGED, "ReassembledIsSent", 4),
            ("public-chain", FORGED, "ReassembledIsSent", 4),
            ("open-header", FORGED, "ForgedNeverDisplaces", 4),
            ("tag-wraps", TWICE, "ReassembledIsSent", 3),
            ("tag-wraps", NETWORK, "SentNotPenalised", 9),
            ("discards-buffer", FORGED, "ForgedNeverDisplaces", 4),
            ("evicts-oldest", TWICE, "ForgedNeverDisplaces", 4),
            ("unbounded", TWICE, "BuffersBounded", 3),
            ("keeps-buffer", FORGED, "BuffersReturn", 2),
            ("keeps-buffer", TWICE, "DatagramsArrive", 15),
            ("penalises-disorder", NETWORK, "SentNotPenalised", 4),
            ("starves-disorder", NETWORK, "SentNotPenalised", 4),
            ("penalises-loss", NETWORK, "SentNotPenalised", 6),
            ("never-recovers", TWICE, "DatagramsArrive", 10),
            ("unordered", NETWORK, "DatagramsArrive", 19),
        ],
    );
}

/// What is held, reassembled and penalised does not depend on the order in which fragments arrive;
/// that datagrams arrive at all does.
#[test]
fn only_arrival_needs_order() {
    let selection = Selection { variant: Some("unordered".to_owned()), ..with(&[]) };
    let (instance, id) = crate::catalogue().instance("fragment-chain", &selection).unwrap();
    let broken: Vec<String> = instance
        .properties()
        .into_iter()
        .map(|(name, ..)| name)
        .filter(|name| {
            let properties = vec![name.clone()];
            let options = CheckOptions { properties, ..CheckOptions::default() };
            let report = instance.check(&id, &options, &mut |_| {}).unwrap();
            report.decision.verdict == Answer::Violated
        })
        .collect();
    assert_eq!(broken, ["DatagramsArrive"]);
}
