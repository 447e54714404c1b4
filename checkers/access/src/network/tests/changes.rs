//! Differences are all that brute comparison finds, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::generate::{PORTS, one_baseline, world};
use super::world::World;
use super::{cases, network, objects};
use crate::network::{
    Assumptions, Connection, End, Network, PortSet, Protocol, Request, Verdict, diff, read,
};
use crate::{Change, Members};

/// A world, and the same with some policies of another.
fn change() -> impl Strategy<Value = (World, World)> {
    (world(false), world(false), any::<[bool; 4]>()).prop_map(|(old, other, keep)| {
        let mut new = old.clone();
        let take = |at: usize| !keep[at % 4];
        for (at, policy) in other.policies.iter().enumerate().filter(|it| take(it.0)) {
            match new.policies.get_mut(at) {
                Some(own) => *own = policy.clone(),
                None => new.policies.push(policy.clone()),
            }
        }
        for (at, policy) in other.cluster.iter().enumerate().filter(|it| take(it.0 + 1)) {
            match new.cluster.get_mut(at) {
                Some(own) => *own = policy.clone(),
                None => new.cluster.push(policy.clone()),
            }
        }
        one_baseline(&mut new.cluster);
        if keep[0] && keep[3] {
            new.policies.pop();
        }
        (old, new)
    })
}

fn read_world(world: &World) -> Network {
    read(&objects(&world.yaml()), &Assumptions::default())
}

/// Whether a region says that a connection changed.
fn covers(members: &Members, name: &str) -> bool {
    match members {
        Members::Any => true,
        Members::Only(names) => names.iter().any(|it| &**it == name),
        Members::AllBut(names) => !names.iter().any(|it| &**it == name),
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn differences_are_those_of_the_direct_evaluator((old, new) in change()) {
        let context = || format!("{}\n=====\n{}", old.yaml(), new.yaml());
        let (before, after) = (read_world(&old), read_world(&new));
        let found = diff(&before, &after, usize::MAX);
        prop_assert!(found.is_ok(), "{:?} {}", found.err(), context());
        let found = found.unwrap().differences;
        prop_assert_eq!(found.total(), found.listed.len());
        for (from, to) in pairs(&old) {
            let ends = [old.id(from), old.id(to)];
            for (protocol, port) in ports() {
                let decide = |network: &Network| {
                    let [from, to] = ends.each_ref().map(|id| network.workload(id).unwrap());
                    let ends = (End::Pod(from), End::Pod(to));
                    network.decide(&Connection::new(ends.0, ends.1, (protocol, port))).verdict
                };
                let (was, is) = (decide(&before).decision(), decide(&after).decision());
                let changes: Vec<_> = found.listed.iter().filter(|it| {
                    covers(&it.region[0].members, &ends[0])
                        && covers(&it.region[1].members, &ends[1])
                        && has_port(&it.region[2].members, protocol, port)
                }).map(|it| it.change).collect();
                let expected = Change::between(was, is);
                let agrees = match expected {
                    // Whether two unknowns rest on the same is asked below.
                    Some(Change::MayChange) => changes.len() <= 1,
                    None => changes.is_empty(),
                    Some(change) => changes == [change],
                };
                prop_assert!(agrees, "{ends:?} {protocol} {port}: {was} {is} {changes:?} {}", context());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn nothing_differs_from_itself(world in world(false)) {
        let one = read_world(&world);
        let found = diff(&one, &read_world(&world), usize::MAX).unwrap();
        prop_assert_eq!(found.differences.total(), 0, "{}", world.yaml());
    }

    #[test]
    fn the_way_back_is_the_way_there_turned((old, new) in change()) {
        let (before, after) = (read_world(&old), read_world(&new));
        let there = diff(&before, &after, 0).unwrap().differences;
        let back = diff(&after, &before, 0).unwrap().differences;
        prop_assert_eq!(there.of(Change::Opened), back.of(Change::Closed));
        prop_assert_eq!(there.of(Change::MayChange), back.of(Change::MayChange));
        prop_assert!(there.listed.is_empty());
    }
}

fn pairs(world: &World) -> impl Iterator<Item = (usize, usize)> {
    let count = world.pods.len();
    (0..count).flat_map(move |a| (0..count).map(move |b| (a, b))).filter(|(a, b)| a != b)
}

fn ports() -> impl Iterator<Item = (Protocol, u16)> {
    Protocol::ALL.into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port)))
}

/// Reads a set of ports back from its text.
fn has_port(members: &Members, protocol: Protocol, port: u16) -> bool {
    let Members::Only(shown) = members else { return true };
    let read = |text: &str| -> PortSet {
        let parts = text.split("; ").flat_map(|part| {
            let (first, rest) = part.split_once(' ').unwrap();
            if first == "all" {
                return vec![(Protocol::of_name(rest).unwrap(), 1, u16::MAX)];
            }
            let protocol = Protocol::of_name(first).unwrap();
            rest.split(", ")
                .map(|range| {
                    let (a, b) = range.split_once('-').unwrap_or((range, range));
                    (protocol, a.parse().unwrap(), b.parse().unwrap())
                })
                .collect()
        });
        PortSet::of(parts)
    };
    shown.iter().any(|text| read(text).contains(protocol, port))
}

const PODS: &str = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: dark, labels: {app: x}}}
";

fn policy(ingress: &str) -> String {
    format!(
        "{PODS}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
         metadata: {{name: db, namespace: shop}}\nspec:\n  podSelector: {{matchLabels: {{app: db}}}}\n  \
         ingress:\n{ingress}"
    )
}

#[test]
fn a_change_names_the_rules_of_both_sides_and_a_witness() {
    let old = network(&policy("  - {from: [{podSelector: {matchLabels: {app: web}}}]}\n"));
    let new = network(&policy(
        "  - {from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}\n  \
         - {from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 5432}]}\n",
    ));
    let found = diff(&old, &new, 10).unwrap();
    let listed = &found.differences.listed;
    let shown: Vec<_> = listed
        .iter()
        .map(|it| {
            let region: Vec<_> = it.region.iter().map(|it| it.members.to_string()).collect();
            let line = |it: &crate::Source| format!("{}:{}", it.role, it.location.line);
            let lines =
                [&it.old, &it.new].map(|it| it.iter().map(line).collect::<Vec<_>>().join(","));
            format!(
                "{} {} [{}] {} -> {}",
                it.change,
                region.join(" | "),
                it.witness,
                lines[0],
                lines[1]
            )
        })
        .collect();
    let expected = [
        "opened 203.0.113.0/24 | shop/db[Pod] | TCP 5432 [203.0.113.0 to shop/db[Pod] on TCP 5432] \
         policy:13 -> rule:18",
        "closed shop/web[Pod] | shop/db[Pod] | TCP 1-5431, 5433-65535; all UDP; all SCTP \
         [shop/web[Pod] to shop/db[Pod] on TCP 1] rule:17 -> policy:13",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn what_was_and_is_unknown_differs_only_if_it_rests_on_something_else() {
    let from = |team: &str| {
        let rule =
            format!("  - {{from: [{{namespaceSelector: {{matchLabels: {{team: {team}}}}}}}]}}\n");
        network(&policy(&rule))
    };
    let same = diff(&from("a"), &from("a"), 10).unwrap().differences;
    assert_eq!(same.total(), 0);
    let other = diff(&from("b"), &from("c"), 10).unwrap().differences;
    let shown: Vec<_> =
        other.listed.iter().map(|it| (it.change, it.witness.source.as_str())).collect();
    assert_eq!(shown, [(Change::MayChange, "dark/x[Pod]")]);
    let reason = other.listed[0].reason.as_deref().unwrap();
    assert_eq!(reason, "`team=c` asks for labels of namespace `dark`, which has no object");
}

#[test]
fn workloads_that_come_and_go_are_named() {
    let old = network(PODS);
    let new = network(&PODS.replace("name: web,", "name: shop,"));
    let found = diff(&old, &new, 10).unwrap();
    assert_eq!(found.differences.total(), 0);
    assert_eq!(
        found.added.iter().map(|it| &**it).collect::<BTreeSet<_>>(),
        ["shop/shop[Pod]"].into()
    );
    assert_eq!(
        found.removed.iter().map(|it| &**it).collect::<BTreeSet<_>>(),
        ["shop/web[Pod]"].into()
    );
    let other =
        network(&format!("{PODS}---\n{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}}\n"));
    assert_eq!(diff(&old, &other, 10).unwrap().unmodelled.len(), 1);
    assert_eq!(diff(&other, &other, 10).unwrap().unmodelled.len(), 0);
}

#[test]
fn a_request_reads_as_a_sentence() {
    let request = Request {
        source: "a/b[Pod]".to_owned(),
        destination: "192.0.2.1".to_owned(),
        protocol: Protocol::Udp,
        port: 53,
    };
    assert_eq!(request.to_string(), "a/b[Pod] to 192.0.2.1 on UDP 53");
    assert_eq!(Verdict::Ambiguous.decision(), crate::Decision::Unknown);
}
