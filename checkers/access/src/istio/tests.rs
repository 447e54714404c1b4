//! The two evaluators on random policies and requests, and tables of the semantics.

mod generate;
mod solver;

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use self::generate::{policies, request};
use super::diff::changes;
use super::partition::{Decided, Requests};
use super::{Mesh, ROOT_NAMESPACE, Request, diff, read};
use crate::network::cases;
use crate::{Change, Decision, Rectangle};

fn objects(text: &str) -> Vec<Object> {
    seatrial_manifests::read(Arc::new(SourceFile::new("mesh.yaml", text))).objects
}

fn mesh(text: &str) -> Mesh {
    read(&objects(text), ROOT_NAMESPACE)
}

const PODS: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: b}, spec: {template: {metadata: {labels: {app: web}}}}}
";

/// What regions say of a cell.
fn by_region(decided: &Decided, cell: &[usize]) -> Decision {
    if decided.allowed.contains(cell) {
        Decision::Allowed
    } else if decided.denied.contains(cell) {
        Decision::Denied
    } else {
        Decision::Unknown
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn regions_and_the_direct_evaluator_agree_on_any_request(
        text in policies(),
        requests in vec(request(), 12),
    ) {
        let mesh = mesh(&format!("{PODS}{text}"));
        prop_assert!(mesh.findings.is_empty(), "{:?}", mesh.findings);
        for target in &mesh.targets {
            let policies = mesh.policies_of(target);
            let space = Requests::of(&policies);
            let decided = space.decide(&policies);
            prop_assert!(decided.allowed.intersection(&decided.denied).is_empty(), "{text}");
            for request in &requests {
                let cell = space.cell(request);
                prop_assert!(cell.is_some(), "no cell for {request}\n{text}");
                let direct = mesh.decide(target, request).decision;
                let by_region = by_region(&decided, &cell.unwrap());
                prop_assert_eq!(by_region, direct, "{} {}\n{}", target.id, request, text);
            }
        }
    }

    #[test]
    fn regions_of_change_cover_all_requests_once_and_say_what_the_direct_evaluators_say(
        old in policies(),
        new in policies(),
        requests in vec(request(), 12),
    ) {
        let (before, after) = (mesh(&format!("{PODS}{old}")), mesh(&format!("{PODS}{new}")));
        for target in &before.targets {
            let sides = [&before, &after].map(|mesh| mesh.policies_of(mesh.target(&target.id).unwrap()));
            let space = Requests::of(&sides.concat());
            let decided = (space.decide(&sides[0]), space.decide(&sides[1]));
            let regions = changes(&space, &decided, false);
            let cells: u128 = regions.iter().map(|(_, region)| region.cells()).sum();
            prop_assert_eq!(Some(cells), Rectangle::whole(&space.space).map(|it| it.cells()));
            for request in &requests {
                let cell = space.cell(request);
                prop_assert!(cell.is_some(), "no cell for {request}\n{old}\n{new}");
                let cell = cell.unwrap();
                let is = |mesh: &Mesh| mesh.decide(mesh.target(&target.id).unwrap(), request).decision;
                let said: Vec<_> =
                    regions.iter().filter(|it| it.1.contains(&cell)).map(|it| it.0).collect();
                prop_assert_eq!(said, [(is(&before), is(&after))], "{}\n{}\n{}", request, old, new);
            }
        }
    }

    #[test]
    fn differences_have_witnesses_that_replay_and_there_are_some_where_something_changed(
        old in policies(),
        new in policies(),
        requests in vec(request(), 12),
    ) {
        let (before, after) = (mesh(&format!("{PODS}{old}")), mesh(&format!("{PODS}{new}")));
        let found = diff(&before, &after, usize::MAX);
        prop_assert!(found.is_ok(), "{} {old} {new}", found.unwrap_err());
        let found = found.unwrap().differences;
        let mut changed = 0;
        for target in &before.targets {
            for request in &requests {
                let is = |mesh: &Mesh| mesh.decide(mesh.target(&target.id).unwrap(), request).decision;
                let change = Change::between(is(&before), is(&after));
                changed += usize::from(change.is_some_and(|it| it != Change::MayChange));
            }
        }
        prop_assert!(changed == 0 || found.total() > 0, "{old} {new}");
        prop_assert_eq!(diff(&before, &before, 9).unwrap().differences.total(), 0);
    }
}

fn policy(action: &str, rules: &str) -> String {
    format!(
        "{PODS}---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
         metadata: {{name: p, namespace: a}}\nspec:\n  action: {action}\n  rules: {rules}\n"
    )
}

fn get(path: &str) -> Request {
    let address = "192.0.2.1".parse().unwrap();
    Request {
        target: "a/web[Pod]".to_owned(),
        principal: Some("cluster.local/ns/a/sa/x".to_owned()),
        source: address,
        remote: address,
        host: "example.com".to_owned(),
        method: "GET".to_owned(),
        path: path.to_owned(),
        port: 80,
        keys: std::collections::BTreeMap::new(),
    }
}

#[test]
fn actions_are_taken_in_their_order() {
    use Decision::{Allowed, Denied, Unknown};
    for (action, rules, expected) in [
        ("ALLOW", "[]", Denied),
        ("ALLOW", "[{}]", Allowed),
        ("DENY", "[]", Allowed),
        ("DENY", "[{}]", Denied),
        ("AUDIT", "[{}]", Allowed),
        ("CUSTOM", "[{}]", Unknown),
        ("CUSTOM", "[{to: [{operation: {paths: [/other]}}]}]", Allowed),
        ("ALLOW", "[{to: [{operation: {paths: [/a*]}}]}]", Allowed),
        ("ALLOW", "[{to: [{operation: {notPaths: [/a*]}}]}]", Denied),
        ("DENY", "[{from: [{source: {principals: ['*']}}]}]", Denied),
        ("DENY", "[{from: [{source: {notPrincipals: ['*']}}]}]", Allowed),
        ("ALLOW", "[{from: [{source: {namespaces: [b]}}, {source: {namespaces: [a]}}]}]", Allowed),
        ("ALLOW", "[{from: [{source: {namespaces: [a], ipBlocks: [10.0.0.0/8]}}]}]", Denied),
        ("ALLOW", "[{when: [{key: 'request.auth.claims[iss]', values: [x]}]}]", Unknown),
        ("ALLOW", "[{to: [{operation: {paths: ['/{*}']}}]}]", Unknown),
    ] {
        let mesh = mesh(&policy(action, rules));
        let target = mesh.target("a/web[Pod]").unwrap();
        assert_eq!(mesh.decide(target, &get("/a")).decision, expected, "{action} {rules}");
        let other = mesh.target("b/api[Deployment]").unwrap();
        assert_eq!(mesh.decide(other, &get("/a")).decision, Allowed, "of another namespace");
    }
}

#[test]
fn a_difference_reads_with_its_witness_and_its_rules() {
    let old = mesh(&policy("ALLOW", "[{to: [{operation: {methods: [GET], paths: [/public*]}}]}]"));
    let new = mesh(&policy("ALLOW", "[{to: [{operation: {methods: [GET], paths: [/*]}}]}]"));
    let found = diff(&old, &new, 10).unwrap().differences;
    let shown: Vec<_> = found
        .listed
        .iter()
        .map(|it| {
            let region: Vec<_> = it.region.iter().map(|it| it.members.to_string()).collect();
            format!("{} {} ({})", it.change, region.join(" | "), it.witness)
        })
        .collect();
    let expected = "opened a/db[Pod], a/web[Pod] | GET | /* (GET example.com/a to a/db[Pod] on 80 by \
                    cluster.local/ns/default/sa/default at 192.0.2.1)";
    assert_eq!(shown, [expected]);
    assert_eq!((found.listed[0].old.len(), found.listed[0].new.len()), (1, 1));
    assert_eq!(found.listed[0].new[0].pointer, "/spec/rules/0");
}

#[test]
fn what_cannot_be_read_is_found() {
    for (rules, expected) in [
        ("[{from: [{source: {ipBlocks: [10.0.0.0/99]}}]}]", "no block: `10.0.0.0/99`"),
        ("[{to: [{operation: {ports: ['http']}}]}]", "no port: `http`"),
        ("[{to: [{operation: {path: [/]}}]}]", "unknown field `path`"),
        ("[{when: [{key: request.header, values: [x]}]}]", "unknown attribute `request.header`"),
        ("[{when: [{key: source.ip}]}]", "has no values"),
    ] {
        let mesh = mesh(&policy("DENY", rules));
        let messages: Vec<_> = mesh.findings.iter().map(|it| it.message.as_str()).collect();
        assert!(matches!(messages.as_slice(), [one] if one.contains(expected)), "{messages:?}");
        let target = mesh.target("a/web[Pod]").unwrap();
        assert_eq!(mesh.decide(target, &get("/a")).decision, Decision::Unknown, "{rules}");
    }
    for spec in ["targetRefs: [{kind: Gateway, name: g}]", "action: LOG"] {
        let text = policy("DENY", "[]").replace("action: DENY", spec);
        assert_eq!(mesh(&text).unmodelled.len(), 1, "{spec}");
    }
}
