//! The two evaluators on random policies and requests, and tables of the semantics.

use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use super::partition::Requests;
use super::{Mesh, ROOT_NAMESPACE, Request, diff, read};
use crate::{Change, Decision};

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

const FIELDS: [(&str, &[&str]); 10] = [
    (
        "principals",
        &[
            "*",
            "cluster.local/ns/a/sa/x",
            "cluster.local/ns/a/*",
            "*/sa/x",
            "*x",
            "cluster.local/*",
            "cluster.local/ns/a/sa/x*",
            "other/ns/b*",
            "*b/sa/y",
            "odd",
        ],
    ),
    ("namespaces", &["a", "b*", "*b", "*"]),
    ("serviceAccounts", &["x", "b/y"]),
    ("ipBlocks", &["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1", "2001:db8::/32"]),
    ("remoteIpBlocks", &["10.0.0.0/8", "203.0.113.0/24"]),
    ("requestPrincipals", &["*"]),
    ("hosts", &["example.com", "*.example.com", "EXAMPLE.*", "*"]),
    ("methods", &["GET", "POST", "P*", "*"]),
    ("paths", &["/", "/admin*", "*/admin", "/admin/x", "*", "/{*}/x", "*n*"]),
    ("ports", &["80", "443"]),
];

const KEYS: [(&str, &[&str]); 4] = [
    ("request.headers[x]", &["a", "a*", "*b", "*"]),
    ("connection.sni", &["example.com", "*.com"]),
    ("source.namespace", &["a", "b"]),
    ("request.auth.claims[iss]", &["i"]),
];

/// Some fields of a source (`true`) or an operation, as a map.
fn fields(source: bool) -> impl Strategy<Value = String> {
    let own = if source { &FIELDS[..6] } else { &FIELDS[6..] };
    let field = select(own).prop_flat_map(|(field, values)| {
        (vec(select(values), 1..=2), any::<bool>()).prop_map(move |(values, not)| {
            let (first, rest) = field.split_at(1);
            let name =
                if not { format!("not{}{rest}", first.to_uppercase()) } else { field.to_owned() };
            (name, format!("{values:?}"))
        })
    });
    vec(field, 0..=2).prop_map(|fields| {
        let fields: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
        let shown: Vec<_> =
            fields.iter().map(|(name, values)| format!("{name}: {values}")).collect();
        format!("{{{}}}", shown.join(", "))
    })
}

fn rule() -> impl Strategy<Value = String> {
    let when = select(&KEYS[..]).prop_flat_map(|(key, values)| {
        let values = vec(select(values), 1..=2);
        (values, any::<bool>()).prop_map(move |(values, not)| {
            let field = if not { "notValues" } else { "values" };
            format!("{{key: '{key}', {field}: {values:?}}}")
        })
    });
    (vec(fields(true), 0..=2), vec(fields(false), 0..=2), option::of(when)).prop_map(
        |(from, to, when)| {
            let list = |items: &[String], inner: &str| {
                let items: Vec<_> =
                    items.iter().map(|item| format!("{{{inner}: {item}}}")).collect();
                items.join(", ")
            };
            let when = when.unwrap_or_default();
            format!(
                "{{from: [{}], to: [{}], when: [{when}]}}",
                list(&from, "source"),
                list(&to, "operation")
            )
        },
    )
}

fn policies() -> impl Strategy<Value = String> {
    let action = select(&["ALLOW", "ALLOW", "DENY", "DENY", "AUDIT", "CUSTOM"][..]);
    let labels = select(&["{}", "{app: web}", "{pod-template-hash: x}"][..]);
    let namespace = select(&["a", "a", "b", ROOT_NAMESPACE][..]);
    vec((action, labels, namespace, vec(rule(), 0..=2)), 0..=4).prop_map(|policies| {
        let policy = |(at, (action, labels, namespace, rules)): (usize, (&str, &str, &str, Vec<String>))| {
            format!(
                "---\n{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{name: p{at}, \
                 namespace: {namespace}}}, spec: {{action: {action}, selector: {{matchLabels: {labels}}}, \
                 rules: [{}]}}}}\n",
                rules.join(", ")
            )
        };
        policies.into_iter().enumerate().map(policy).collect()
    })
}

fn request() -> impl Strategy<Value = Request> {
    let principal = (
        select(&["cluster.local", "other", "third"][..]),
        select(&["a", "b", "bb", "ab", "zz"][..]),
        select(&["x", "y", "xx", "q"][..]),
    )
        .prop_map(|(domain, namespace, account)| format!("{domain}/ns/{namespace}/sa/{account}"));
    let address = || {
        let all = ["10.1.2.3", "10.9.0.1", "192.0.2.1", "203.0.113.5", "2001:db8::1", "8.8.8.8"];
        select(all.to_vec()).prop_map(|text| text.parse().unwrap())
    };
    let keys = btree_map(
        select(&["request.headers[x]", "connection.sni"][..]).prop_map(Arc::from),
        select(&["a", "ab", "b", "", "example.com", "z"][..]).prop_map(str::to_owned),
        0..=2,
    );
    let host = select(&["example.com", "a.Example.com", "EXAMPLE.org", "z", ""][..]);
    let method = select(&["GET", "POST", "PUT", "get", "X"][..]);
    let path = select(&["/", "/admin", "/admin/x", "/x/admin", "/administrator", "/z", "n*z"][..]);
    let port = select(&[80_u16, 443, 8080][..]);
    (option::of(principal), address(), address(), host, method, path, port, keys).prop_map(
        |(principal, source, remote, host, method, path, port, keys)| Request {
            target: "a/web[Pod]".to_owned(),
            principal,
            source,
            remote,
            host: host.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            port,
            keys,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

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
            for request in &requests {
                let cell = space.cell(request);
                prop_assert!(cell.is_some(), "no cell for {request}\n{text}");
                let cell = cell.unwrap();
                let by_region = if decided.allowed.contains(&cell) {
                    Decision::Allowed
                } else if decided.denied.contains(&cell) {
                    Decision::Denied
                } else {
                    Decision::Unknown
                };
                let direct = mesh.decide(target, request).decision;
                prop_assert_eq!(by_region, direct, "{} {}\n{}", target.id, request, text);
            }
        }
    }

    #[test]
    fn differences_have_witnesses_that_replay_and_cover_what_changed(
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
