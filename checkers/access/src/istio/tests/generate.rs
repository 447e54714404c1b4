//! Random policies and requests.

use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::istio::{ROOT_NAMESPACE, Request};

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

pub(super) fn policies() -> impl Strategy<Value = String> {
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

pub(super) fn request() -> impl Strategy<Value = Request> {
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
