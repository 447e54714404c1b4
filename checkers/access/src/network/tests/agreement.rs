//! The direct evaluator, the evaluation by classes and brute force say the same.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::brute::{At, Brute, Facts};
use super::generate::{PORTS, world};
use super::world::World;
use super::{cases, objects};
use crate::network::{
    AddressSet, Assumptions, Connection, Connections, End, Flow, Network, Protocol, Verdict, read,
};

/// Where pods are if their addresses are known: each in a place of its own, so that what one of
/// them is in says nothing of the others.
const KNOWN: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);
/// Where they may be otherwise.
const POSSIBLE: [Ipv4Addr; 4] = [
    KNOWN,
    Ipv4Addr::new(10, 9, 0, 1),
    Ipv4Addr::new(192, 168, 3, 4),
    Ipv4Addr::new(203, 0, 113, 7),
];
const OUTSIDE: [&str; 6] =
    ["203.0.113.7", "203.0.113.200", "203.0.113.8", "10.1.255.1", "2001:db8::1", "2001:db8:ffff::"];

fn assumptions(clear: bool) -> Assumptions {
    let one = |address: &Ipv4Addr| AddressSet::one(IpAddr::V4(*address));
    let all: Vec<_> = POSSIBLE.iter().map(one).collect();
    let set = if clear { one(&KNOWN) } else { AddressSet::of(&all) };
    Assumptions { pod_addresses: Some(set.clone()), node_addresses: Some(set) }
}

/// All that may be true of a world, as far as it bears on two of its pods.
fn possible_facts(world: &World, clear: bool, ends: [At; 2]) -> Vec<Facts> {
    let namespaces: Vec<_> = world.namespaces.iter().map(|ns| ns.labels.clone()).collect();
    let known = Facts { namespaces, addresses: vec![KNOWN; world.pods.len()], host: (true, true) };
    if clear {
        return vec![known];
    }
    let pods: Vec<_> = ends
        .iter()
        .filter_map(|end| if let At::Pod(pod) = end { Some(*pod) } else { None })
        .collect();
    let mut all = vec![known];
    for pod in pods {
        all = vary(&all, &POSSIBLE, |facts, address| facts.addresses[pod] = *address);
    }
    let labels = [vec![], vec![("app", "a")], vec![("app", "z"), ("tier", "b")]];
    all = vary(&all, &labels, |facts, labels| facts.namespaces[2].clone_from(labels));
    let hosts = [(true, true), (false, true), (true, false), (false, false)];
    vary(&all, &hosts, |facts, host| facts.host = *host)
}

fn vary<T>(all: &[Facts], values: &[T], set: impl Fn(&mut Facts, &T)) -> Vec<Facts> {
    let one = |facts: &Facts, value| {
        let mut facts = facts.clone();
        set(&mut facts, value);
        facts
    };
    all.iter()
        .flat_map(|facts| values.iter().map(move |value| (facts, value)))
        .map(|(facts, value)| one(facts, value))
        .collect()
}

fn end<'n>(network: &'n Network, world: &World, at: At) -> End<'n> {
    match at {
        At::Pod(pod) => End::Pod(network.workload(&world.id(pod)).unwrap()),
        At::Outside(address) => End::Address(address),
    }
}

fn by_flow(flow: &Flow, protocol: Protocol, port: u16) -> Verdict {
    if flow.allowed.contains(protocol, port) {
        Verdict::Allowed
    } else if flow.ambiguous.contains(protocol, port) {
        Verdict::Ambiguous
    } else if flow.unknown.contains(protocol, port) {
        Verdict::Unknown
    } else {
        Verdict::Denied
    }
}

fn check(world: &World, clear: bool) -> Result<(), TestCaseError> {
    let objects = objects(&world.yaml());
    let network = read(&objects, &assumptions(clear));
    prop_assert!(network.findings.iter().all(|it| it.rule != super::super::rules::INVALID));
    let connections = Connections::of(&network);
    let outside = OUTSIDE.map(|address| At::Outside(address.parse().unwrap()));
    let ends: Vec<_> = (0..world.pods.len()).map(At::Pod).chain(outside).collect();
    for (from, to) in ends.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to))) {
        if from == to || matches!((from, to), (At::Outside(_), At::Outside(_))) {
            continue;
        }
        let facts = possible_facts(world, clear, [from, to]);
        let (source, destination) = (end(&network, world, from), end(&network, world, to));
        let flow = connections.flow(source, destination);
        for (protocol, port) in
            Protocol::ALL.into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port)))
        {
            let connection = Connection::new(source, destination, (protocol, port));
            let direct = network.decide(&connection).verdict;
            let context = || format!("{from:?} to {to:?} {protocol} {port}\n{}", world.yaml());
            prop_assert_eq!(by_flow(&flow, protocol, port), direct, "{}", context());
            let may = facts.iter().fold((false, false), |may, facts| {
                let one = Brute { world, facts, protocol, port, from, to }.decide();
                (may.0 || one.0, may.1 || one.1)
            });
            let agrees = match direct {
                Verdict::Allowed => may == (true, false),
                Verdict::Denied => may == (false, true),
                Verdict::Ambiguous => may == (true, true),
                // Two unknowns may depend on each other; then it is decided after all.
                Verdict::Unknown => !clear,
            };
            prop_assert!(agrees, "{direct:?}, but {may:?}: {}", context());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn where_all_is_known_three_evaluators_agree(world in world(true)) {
        check(&world, true)?;
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn what_is_said_of_what_is_not_known_holds_in_all_possible_worlds(world in world(false)) {
        check(&world, false)?;
    }
}

/// The worlds are such that agreement on them says something: all four verdicts are common.
#[test]
fn random_worlds_have_all_verdicts() {
    let mut runner = TestRunner::deterministic();
    let mut counts = BTreeMap::new();
    for _ in 0..400 {
        let world = world(false).new_tree(&mut runner).unwrap().current();
        let network = read(&objects(&world.yaml()), &assumptions(false));
        for (from, to) in [(0, 1), (1, 0)] {
            let ends = [from, to].map(|pod| end(&network, &world, At::Pod(pod)));
            let connection = Connection::new(ends[0], ends[1], (Protocol::Tcp, 80));
            *counts.entry(network.decide(&connection).verdict.as_str()).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), 4, "{counts:?}");
    assert!(counts.values().all(|&count| count >= 3), "{counts:?}");
}
