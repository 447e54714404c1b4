//! The semantics, one table a rule of the documentation.

use super::network;
use crate::network::{Connection, Connections, End, Link, Network, Protocol, Verdict, Wanted};

const PODS: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: south}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {team: north}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: a}, spec: {template: {metadata: \
{labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}}, spec: {containers: \
[{name: c, ports: [{name: http, containerPort: 80}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: b, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: host, namespace: b, labels: {app: host}}, spec: {hostNetwork: true}}
---
";

const WEB: &str = "a/web[Deployment]";
const DB: &str = "a/db[Pod]";
const OTHER: &str = "b/web[Pod]";
const HOST: &str = "b/host[Pod]";
const NEAR: &str = "203.0.113.9";
const FAR: &str = "198.51.100.1";

/// A `NetworkPolicy` of namespace `a`.
fn np(spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: a}}, spec: {spec}}}"
    )
}

/// A `ClusterNetworkPolicy`.
fn cnp(name: &str, tier: &str, priority: i64, rules: &str) -> String {
    format!(
        "{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: {name}}}, \
         spec: {{tier: {tier}, priority: {priority}, subject: {{namespaces: {{}}}}, {rules}}}}}"
    )
}

fn end<'n>(network: &'n Network, name: &str) -> End<'n> {
    match name.parse() {
        Ok(address) => End::Address(address),
        Err(_) => End::Pod(network.workload(name).unwrap()),
    }
}

type Case<'t> = (&'t str, &'t str, Protocol, u16, Verdict);

/// Holds both evaluators against a table.
fn check(policies: &[String], cases: &[Case<'_>]) {
    let text = format!("{PODS}{}", policies.join("\n---\n"));
    let network = network(&text);
    let connections = Connections::of(&network);
    for (from, to, protocol, port, expected) in cases {
        let (from, to) = (end(&network, from), end(&network, to));
        let connection = Connection::new(from, to, (*protocol, *port));
        assert_eq!(network.decide(&connection).verdict, *expected, "{connection:?} {policies:?}");
        let flow = connections.flow(from, to);
        let allowed = flow.allowed.contains(*protocol, *port);
        assert_eq!(allowed, *expected == Verdict::Allowed, "{connection:?} {flow:?}");
        let open = flow.unknown.contains(*protocol, *port);
        assert_eq!(open, *expected == Verdict::Unknown, "{connection:?} {flow:?}");
    }
}

use Protocol::{Sctp, Tcp, Udp};
use Verdict::{Allowed, Ambiguous, Denied, Unknown};

#[test]
fn pods_are_isolated_by_policies_that_select_them_in_their_direction() {
    check(&[], &[(WEB, DB, Tcp, 1, Allowed), (NEAR, DB, Sctp, 9, Allowed)]);
    // Without types: from what comes in; from what goes out if there are rules for it.
    let all = np("{podSelector: {}}");
    check(
        &[all],
        &[(WEB, DB, Tcp, 1, Denied), (DB, OTHER, Tcp, 1, Allowed), (WEB, NEAR, Udp, 1, Allowed)],
    );
    let egress = np(
        "{podSelector: {matchLabels: {app: db}}, egress: [{ports: [{port: 53, protocol: UDP}]}]}",
    );
    check(
        &[egress],
        &[(DB, OTHER, Udp, 53, Allowed), (DB, OTHER, Tcp, 53, Denied), (WEB, DB, Tcp, 1, Denied)],
    );
    let only_out = np("{podSelector: {}, policyTypes: [Egress]}");
    check(&[only_out], &[(OTHER, DB, Tcp, 1, Allowed), (DB, OTHER, Tcp, 1, Denied)]);
    // A policy of another namespace selects none of these.
    let elsewhere = np("{podSelector: {}}").replace("namespace: a", "namespace: b");
    check(&[elsewhere], &[(WEB, DB, Tcp, 1, Allowed), (DB, OTHER, Tcp, 1, Denied)]);
}

#[test]
fn what_policies_allow_adds_up_and_both_sides_must_allow() {
    let by = |name: &str, spec: &str| np(spec).replace("name: p", &format!("name: {name}"));
    let one = by("one", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}");
    let two =
        by("two", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 90}]}]}");
    let out = by(
        "out",
        "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 90}]}]}",
    );
    check(
        &[one, two, out],
        &[
            (OTHER, DB, Tcp, 80, Allowed),
            (OTHER, DB, Tcp, 90, Allowed),
            (OTHER, DB, Tcp, 91, Denied),
            (OTHER, WEB, Tcp, 90, Denied),
            (WEB, DB, Tcp, 90, Allowed),
            (WEB, DB, Tcp, 80, Denied),
        ],
    );
}

#[test]
fn both_selectors_in_one_peer_must_hold_and_one_of_two_peers() {
    let and = np("{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: \
                  {matchLabels: {team: north}}, podSelector: {matchLabels: {app: db}}}]}]}");
    check(&[and], &[(OTHER, DB, Tcp, 1, Denied), (WEB, DB, Tcp, 1, Denied)]);
    let or = np("{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: \
                 {matchLabels: {team: north}}}, {podSelector: {matchLabels: {app: web}}}]}]}");
    check(
        &[or],
        &[(OTHER, DB, Tcp, 1, Allowed), (WEB, DB, Tcp, 1, Allowed), (NEAR, DB, Tcp, 1, Denied)],
    );
    let name = np("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: \
                   {kubernetes.io/metadata.name: b}}}]}]}");
    check(&[name], &[(OTHER, DB, Tcp, 1, Allowed), (WEB, DB, Tcp, 1, Denied)]);
}

#[test]
fn ports_are_ranges_or_names_of_the_destination() {
    let named = np(
        "{podSelector: {}, ingress: [{ports: [{port: http}, {port: 100, endPort: 110}, {protocol: SCTP}]}]}",
    );
    check(
        &[named],
        &[
            (OTHER, WEB, Tcp, 8080, Allowed),
            (OTHER, WEB, Tcp, 80, Denied),
            (OTHER, DB, Tcp, 80, Allowed),
            (OTHER, DB, Udp, 80, Denied),
            (OTHER, DB, Tcp, 110, Allowed),
            (OTHER, DB, Tcp, 111, Denied),
            (OTHER, DB, Sctp, 7, Allowed),
        ],
    );
    let out = np(
        "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}",
    );
    check(
        &[out],
        &[
            (DB, WEB, Tcp, 8080, Allowed),
            (DB, OTHER, Tcp, 8080, Denied),
            (DB, NEAR, Tcp, 8080, Denied),
        ],
    );
}

#[test]
fn blocks_are_without_their_exceptions_and_pods_may_be_in_them() {
    let block = |cidr: &str, except: &str| {
        np(&format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}, except: [{except}]}}}}]}}]}}"
        ))
    };
    check(
        &[block("203.0.113.0/24", "203.0.113.8/30")],
        &[
            (NEAR, DB, Tcp, 1, Denied),
            ("203.0.113.12", DB, Tcp, 1, Allowed),
            (FAR, DB, Tcp, 1, Denied),
            // Pods have private addresses.
            (WEB, DB, Tcp, 1, Denied),
        ],
    );
    check(
        &[block("0.0.0.0/0", "203.0.113.0/24")],
        &[(WEB, DB, Tcp, 1, Allowed), (NEAR, DB, Tcp, 1, Denied)],
    );
    check(
        &[block("10.0.0.0/8", "")],
        &[(WEB, DB, Tcp, 1, Unknown), ("2001:db8::1", DB, Tcp, 1, Denied)],
    );
}

#[test]
fn tiers_come_in_order_and_pass_skips_the_rest_of_one() {
    let deny_all = np("{podSelector: {}}");
    let rule = |action: &str, team: &str| {
        format!("{{action: {action}, from: [{{namespaces: {{matchLabels: {{team: {team}}}}}}}]}}")
    };
    let accept = cnp("accept", "Admin", 1, &format!("ingress: [{}]", rule("Accept", "north")));
    check(&[deny_all.clone(), accept], &[(OTHER, DB, Tcp, 1, Allowed), (WEB, DB, Tcp, 1, Denied)]);
    let pass = cnp(
        "pass",
        "Admin",
        1,
        &format!("ingress: [{}, {}]", rule("Pass", "north"), rule("Accept", "north")),
    );
    let late = cnp("late", "Admin", 2, &format!("ingress: [{}]", rule("Accept", "north")));
    check(&[deny_all.clone(), pass.clone(), late], &[(OTHER, DB, Tcp, 1, Denied)]);
    let baseline = cnp("base", "Baseline", 1, &format!("ingress: [{}]", rule("Deny", "north")));
    check(&[pass, baseline.clone()], &[(OTHER, DB, Tcp, 1, Denied), (WEB, DB, Tcp, 1, Allowed)]);
    // What isolates a pod is final: the baseline is not asked.
    let open = np("{podSelector: {}, ingress: [{}]}");
    check(&[open, baseline], &[(OTHER, DB, Tcp, 1, Allowed)]);
    let same = [
        cnp("one", "Admin", 1, &format!("ingress: [{}]", rule("Accept", "north"))),
        cnp("two", "Admin", 1, &format!("ingress: [{}]", rule("Deny", "north"))),
    ];
    check(&same, &[(OTHER, DB, Tcp, 1, Ambiguous), (WEB, DB, Tcp, 1, Allowed)]);
}

#[test]
fn networks_of_the_cluster_count_for_pods_too_and_names_are_not_known() {
    let to =
        |peer: &str| cnp("out", "Admin", 1, &format!("egress: [{{action: Deny, to: [{peer}]}}]"));
    check(
        &[to("{networks: [0.0.0.0/0]}")],
        &[
            (WEB, DB, Tcp, 1, Denied),
            (WEB, NEAR, Tcp, 1, Denied),
            (WEB, "2001:db8::1", Tcp, 1, Allowed),
        ],
    );
    check(
        &[to("{domainNames: [example.com]}")],
        &[(WEB, NEAR, Tcp, 1, Unknown), (WEB, DB, Tcp, 1, Allowed)],
    );
    check(&[to("{nodes: {}}")], &[(WEB, NEAR, Tcp, 1, Unknown), (WEB, DB, Tcp, 1, Allowed)]);
}

#[test]
fn pods_on_the_network_of_their_host_are_up_to_the_plugin() {
    let from =
        np("{podSelector: {}, ingress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]}");
    check(&[from], &[(HOST, DB, Tcp, 1, Unknown), (OTHER, DB, Tcp, 1, Allowed)]);
    let subject = np("{podSelector: {}}").replace("namespace: a", "namespace: b");
    check(&[subject], &[(WEB, HOST, Tcp, 1, Unknown), (WEB, OTHER, Tcp, 1, Denied)]);
    let cluster = cnp("deny", "Admin", 1, "ingress: [{action: Deny, from: [{namespaces: {}}]}]");
    check(
        &[cluster],
        &[(WEB, HOST, Tcp, 1, Allowed), (HOST, WEB, Tcp, 1, Allowed), (WEB, DB, Tcp, 1, Denied)],
    );
}

#[test]
fn a_pod_reaches_itself_whatever_policies_say() {
    let network =
        network(&format!("{PODS}{}", np("{podSelector: {}, policyTypes: [Ingress, Egress]}")));
    let web = End::Pod(network.workload(WEB).unwrap());
    let other = Connection::new(web, web, (Tcp, 80));
    assert_eq!(network.decide(&other).verdict, Denied, "another pod of the Deployment");
    let itself = Connection { to_itself: true, ..other };
    assert_eq!(network.decide(&itself).verdict, Allowed);
}

#[test]
fn links_and_totals_count_what_is_there() {
    let network = network(&format!(
        "{PODS}{}",
        np(
            "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: \
            {matchLabels: {app: web}}}], ports: [{port: 5432}]}, {from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}"
        )
    ));
    let connections = Connections::of(&network);
    let db = |workload: &crate::network::Workload| &*workload.id == DB;
    let to = Wanted { workloads: &db, ..Wanted::all() };
    let shown: Vec<_> = connections
        .links(&Wanted::all(), &Wanted { addresses: crate::network::AddressSet::none(), ..to })
        .iter()
        .map(|link| {
            let Link { source, destination, flow } = link;
            format!("{source} => {destination}: {}, {} unknown", flow.allowed, flow.unknown)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a/web[Deployment] => a/db[Pod]: TCP 5432, no ports unknown".to_owned(),
            "b/host[Pod] => a/db[Pod]: no ports, all ports unknown".to_owned(),
            "203.0.113.0/24 => a/db[Pod]: all ports, no ports unknown".to_owned(),
        ]
    );
    let totals = connections.totals();
    // Four workloads, of which the Deployment has connections between its own pods: 12 pairs and
    // that one; nothing leaves the database, and only the Deployment surely
    // reaches it: the address of the pod on its host's network may be in the block.
    assert_eq!((totals.pairs, totals.between_workloads, totals.undecided), (13, 8, 1));
    assert_eq!((totals.from_outside, totals.to_outside), (4, 3));
}
