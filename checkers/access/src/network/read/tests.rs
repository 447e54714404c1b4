use super::rules;
use crate::network::tests::network;
use crate::network::{Connection, End, Protocol, Tier, Verdict};

/// The findings of a text, as `rule line: message`.
fn findings(text: &str) -> Vec<String> {
    let shown = network(text).findings;
    shown.iter().map(|it| format!("{} {}: {}", it.rule, it.location.line, it.message)).collect()
}

/// The single finding of a policy with this `spec`.
fn of_spec(spec: &str) -> String {
    let text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a, namespace: ns}}\n\
         spec: {spec}\n"
    );
    findings(&text).join("; ")
}

#[test]
fn what_the_api_server_refuses_is_found_where_it_stands() {
    let peer =
        |peer: &str| of_spec(&format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}"));
    let port =
        |port: &str| of_spec(&format!("{{podSelector: {{}}, ingress: [{{ports: [{port}]}}]}}"));
    for (found, expected) in [
        (peer("{}"), "a peer is given by `podSelector`"),
        (peer("{ipBlock: {}}"), "`ipBlock` needs a `cidr`"),
        (peer("{ipBlock: {cidr: 10.0.0.0}}"), "no prefix length"),
        (peer("{ipBlock: {cidr: 10.0.0.0/40}}"), "no number from 0 to 32"),
        (
            peer("{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}"),
            "`11.0.0.0/16` is no part of",
        ),
        (peer("{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}"), "is no part of `10.0.0.0/8`"),
        (
            peer("{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/16']}}"),
            "is no part of `10.0.0.0/8`",
        ),
        (peer("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}"), "cannot stand beside"),
        (peer("{podSelector: {matchLabels: {a: 1}}}"), "write `\"1\"`"),
        (
            peer("{podSelector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}}"),
            "unknown operator `Like`",
        ),
        (
            peer("{podSelector: {matchExpressions: [{key: a, operator: In}]}}"),
            "`In` needs `values`",
        ),
        (port("{port: 0}"), "`0` is no port"),
        (port("{port: 65536}"), "`65536` is no port"),
        (port("{port: 90, endPort: 80}"), "the range ends at 80, before it begins at 90"),
        (port("{endPort: 80}"), "`endPort` without `port`"),
        (port("{port: web, endPort: 80}"), "needs a `port` that is a number"),
        (port("{port: '80'}"), "write 80"),
        (port("{port: Web}"), "`Web` is no name of a port"),
        (port("{port: 80, protocol: tcp}"), "unknown protocol `tcp`"),
        (of_spec("{podSelector: {}, policyTypes: [ingress]}"), "unknown policy type `ingress`"),
    ] {
        let start = format!("{} 4: ", rules::INVALID);
        assert!(found.starts_with(&start) && found.contains(expected), "{expected}: {found}");
        assert!(!found.contains("; "), "one finding: {found}");
    }
}

#[test]
fn what_is_right_is_no_finding() {
    for spec in [
        "{podSelector: {}}",
        "{podSelector: {}, ingress: [{}], egress: [{}]}",
        "{podSelector: {}, ingress: [{from: [], ports: []}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 80}, {port: a-b}, {protocol: UDP}]}]}",
        "{podSelector: null, policyTypes: [Ingress, Egress]}",
    ] {
        assert_eq!(of_spec(spec), "", "{spec}");
    }
}

#[test]
fn what_is_likely_not_meant_is_found() {
    for (spec, rule, expected) in [
        (
            "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/16}}]}]}",
            rules::HOST_BITS,
            "`10.1.2.3/16` stands for all of `10.1.0.0/16`",
        ),
        (
            "{podSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: DoesNotExist}]}}",
            rules::CONTRADICTORY,
            "can select nothing",
        ),
        ("{podSelector: {}, egress: []}", rules::RULES_WITHOUT_EFFECT, "`egress` has no effect"),
        (
            "{podSelector: {}, policyTypes: [Egress], ingress: [{}]}",
            rules::RULES_WITHOUT_EFFECT,
            "the policy is not of type `Ingress`",
        ),
    ] {
        let found = of_spec(spec);
        assert!(found.starts_with(rule) && found.contains(expected), "{spec}: {found}");
    }
}

#[test]
fn policies_of_the_cluster_are_held_to_their_schema() {
    let cluster = |spec: &str| {
        let head = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy";
        findings(&format!("{head}\nmetadata: {{name: a}}\nspec: {spec}\n")).join("; ")
    };
    let rule = |rule: &str| {
        cluster(&format!(
            "{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, egress: [{rule}]}}"
        ))
    };
    for (found, expected) in [
        (cluster("{priority: 1, subject: {namespaces: {}}}"), "`tier` must be"),
        (cluster("{tier: Admin, subject: {namespaces: {}}}"), "`priority` must be a number"),
        (cluster("{tier: Admin, priority: 1001, subject: {namespaces: {}}}"), "from 0 to 1000"),
        (cluster("{tier: Admin, priority: 1}"), "the subject is one of"),
        (
            cluster("{tier: Admin, priority: 1, subject: {pods: {podSelector: {}}}}"),
            "`namespaceSelector` must be given",
        ),
        (
            rule("{action: Allow, to: [{namespaces: {}}]}"),
            "`action` must be `Accept`, `Deny` or `Pass`",
        ),
        (rule("{action: Deny, to: []}"), "`to` must have at least one item"),
        (rule("{action: Deny, to: [{}]}"), "none of these is given"),
        (
            rule("{action: Deny, to: [{namespaces: {}, networks: [10.0.0.0/8]}]}"),
            "only one may be given",
        ),
        (rule("{action: Deny, to: [{networks: [10.0.0.0/99]}]}"), "is no block of addresses"),
        (rule("{action: Deny, to: [{namespaces: {}}], protocols: []}"), "at least one item"),
        (
            rule("{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {}}]}"),
            "`destinationPort` must be given",
        ),
        (
            rule("{action: Deny, to: [{namespaces: {}}], protocols: [{icmp: {}}]}"),
            "one of `tcp`, `udp`, `sctp`",
        ),
        (
            rule(
                "{action: Deny, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: web}]}",
            ),
            "ports have no names at addresses",
        ),
    ] {
        assert!(
            found.starts_with(rules::INVALID) && found.contains(expected),
            "{expected}: {found}"
        );
    }
    assert_eq!(rule("{action: Pass, to: [{pods: {namespaceSelector: {}, podSelector: {}}}]}"), "");
}

#[test]
fn what_is_not_known_is_named_and_not_guessed() {
    let read = network(
        "{apiVersion: networking.k8s.io/v2, kind: NetworkPolicy, metadata: {name: a}}\n---\n\
         {apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: b}}\n---\n\
         {apiVersion: policy.networking.k8s.io/v1beta1, kind: ClusterNetworkPolicy, metadata: {name: c}}\n---\n\
         {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: d}}\n",
    );
    let names: Vec<_> = read.unmodelled.iter().map(|it| it.resource.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(read.findings.len(), 2, "of our own kinds: {:?}", read.findings);
    assert!(read.policies.is_empty() && read.cluster_policies.is_empty());
}

/// A policy that cannot be read decides nothing, neither way.
#[test]
fn a_rule_that_cannot_be_read_leaves_open_what_it_may_mean() {
    let read = network(
        "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ns}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ns}}\n---\n\
         {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: ns}, \
         spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}, \
         {port: -1, protocol: UDP}]}]}}\n",
    );
    let (a, b) = (read.workload("ns/a[Pod]").unwrap(), read.workload("ns/b[Pod]").unwrap());
    for (protocol, port, expected) in [
        (Protocol::Tcp, 80, Verdict::Allowed),
        (Protocol::Tcp, 81, Verdict::Denied),
        (Protocol::Udp, 80, Verdict::Unknown),
    ] {
        let connection = Connection::new(End::Pod(a), End::Pod(b), (protocol, port));
        assert_eq!(read.decide(&connection).verdict, expected, "{protocol} {port}");
    }
}

#[test]
fn the_last_of_several_objects_counts_and_policies_are_in_their_order() {
    let policy = |kind: &str, name: &str, priority: i64| {
        format!(
            "{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, \
             spec: {{priority: {priority}, subject: {{namespaces: {{}}}}}}}}\n---\n"
        )
    };
    let text = [
        policy("BaselineAdminNetworkPolicy", "default", 0),
        policy("AdminNetworkPolicy", "late", 7),
        policy("AdminNetworkPolicy", "early", 9),
        policy("AdminNetworkPolicy", "early", 3),
    ];
    let read = network(&text.concat());
    let order: Vec<_> = read
        .cluster_policies
        .iter()
        .map(|it| (it.tier, it.priority, it.source.resource.name.as_str()))
        .collect();
    let expected =
        [(Tier::Admin, 3, "early"), (Tier::Admin, 7, "late"), (Tier::Baseline, 0, "default")];
    assert_eq!(order, expected);
}

#[test]
fn entries_lead_through_services_to_the_ports_of_workloads() {
    let read = network(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: ns}, spec: {template: \
         {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, \
         containerPort: 8080}]}]}}}}\n---\n\
         {apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: NodePort, \
         selector: {app: web}, ports: [{port: 80, targetPort: http}, {port: 81}]}}\n---\n\
         {apiVersion: v1, kind: Service, metadata: {name: inner, namespace: ns}, spec: {selector: {app: web}, \
         ports: [{port: 80}]}}\n---\n\
         {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: ns}, spec: {rules: \
         [{http: {paths: [{path: /, backend: {service: {name: s, port: {number: 80}}}}]}}]}}\n",
    );
    let shown: Vec<_> = read
        .entries
        .iter()
        .map(|it| {
            let ports: Vec<_> = it.ports.iter().map(ToString::to_string).collect();
            let targets: Vec<_> = it.targets.iter().map(|it| &*read.workloads[it.0].id).collect();
            format!("{} {} {} {}", it.kind, it.service, targets.join(","), ports.join(","))
        })
        .collect();
    let expected = [
        "Service of type NodePort ns/s ns/web[Deployment] TCP 81, 8080",
        "Ingress ns/s ns/web[Deployment] TCP 8080",
    ];
    assert_eq!(shown, expected);
}
