//! Random worlds.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::world::{
    Act, Cp, CpRule, KEYS, Kind, Label, Np, NpRule, Ns, Op, Pod, Port, Req, Sel, VALUES, Who, World,
};
use crate::network::Protocol;

pub(super) const NAMESPACES: [&str; 3] = ["one", "two", "dark"];
const BLOCKS: [&str; 6] =
    ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "203.0.113.0/24", "::/0", "2001:db8::/32"];
const EXCEPTED: [(&str, &[&str]); 4] = [
    ("0.0.0.0/0", &["10.0.0.0/8", "203.0.113.128/25"]),
    ("0.0.0.0/0", &["192.168.0.0/16"]),
    ("203.0.113.0/24", &["203.0.113.7/32"]),
    ("::/0", &["2001:db8::/33"]),
];

fn labels() -> impl Strategy<Value = Vec<Label>> {
    (option::of(select(&VALUES[..])), option::of(select(&VALUES[..]))).prop_map(|(app, tier)| {
        let app = app.map(|value| (KEYS[0], value));
        app.into_iter().chain(tier.map(|value| (KEYS[1], value))).collect()
    })
}

fn values() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(VALUES.to_vec(), 1..=2)
}

fn req() -> impl Strategy<Value = Req> {
    let op = prop_oneof![
        4 => values().prop_map(Op::In),
        2 => values().prop_map(Op::NotIn),
        1 => Just(Op::Exists),
        1 => Just(Op::DoesNotExist),
    ];
    (select(&KEYS[..]), op).prop_map(|(key, op)| Req { key, op })
}

fn sel() -> impl Strategy<Value = Sel> {
    vec(req(), 0..=2).prop_map(Sel)
}

/// A selector of namespaces, at times by name.
fn ns_sel() -> impl Strategy<Value = Sel> {
    let by_name = subsequence(NAMESPACES.to_vec(), 1..=2)
        .prop_map(|names| Sel(vec![Req { key: "kubernetes.io/metadata.name", op: Op::In(names) }]));
    prop_oneof![3 => sel(), 1 => by_name]
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![4 => Just(Protocol::Tcp), 1 => Just(Protocol::Udp), 1 => Just(Protocol::Sctp)]
}

pub(super) const PORTS: [u16; 6] = [1, 79, 80, 81, 443, 65535];

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![
        1 => protocol().prop_map(Port::All),
        3 => (protocol(), select(&PORTS[..]))
            .prop_map(|(protocol, port)| Port::Range(protocol, port, port)),
        2 => (protocol(), 1_u16..100, 100_u16..500)
            .prop_map(|(protocol, first, last)| Port::Range(protocol, first, last)),
        2 => (protocol(), select(&["web", "dns"][..]))
            .prop_map(|(protocol, name)| Port::Named(protocol, name)),
    ]
}

fn np_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        1 => sel().prop_map(|pods| Who::Pods(None, Some(pods))),
        1 => ns_sel().prop_map(|namespaces| Who::Pods(Some(namespaces), None)),
        1 => (ns_sel(), sel()).prop_map(|(namespaces, pods)| Who::Pods(Some(namespaces), Some(pods))),
        1 => select(&BLOCKS[..]).prop_map(|cidr| Who::Block(cidr, vec![])),
        1 => select(&EXCEPTED[..]).prop_map(|(cidr, except)| Who::Block(cidr, except.to_vec())),
    ]
}

fn np() -> impl Strategy<Value = Np> {
    let rules = || {
        let rule = (vec(np_who(), 0..=2), vec(port(), 0..=2));
        option::of(vec(rule.prop_map(|(peers, ports)| NpRule { peers, ports }), 0..=2))
    };
    let types = option::of((any::<bool>(), any::<bool>()));
    (select(&NAMESPACES[..]), sel(), types, rules(), rules()).prop_map(
        |(namespace, subject, types, ingress, egress)| Np {
            namespace,
            subject,
            types,
            ingress,
            egress,
        },
    )
}

fn cp_rule(egress: bool) -> impl Strategy<Value = CpRule> {
    let act = select(&[Act::Allow, Act::Deny, Act::Pass][..]);
    let pods = (ns_sel(), option::of(sel()))
        .prop_map(|(namespaces, pods)| Who::Pods(Some(namespaces), pods));
    let block = select(&BLOCKS[..]).prop_map(|cidr| Who::Block(cidr, vec![]));
    let who = if egress { prop_oneof![2 => pods, 1 => block].boxed() } else { pods.boxed() };
    (act, vec(who, 1..=2), option::of(vec(port(), 1..=2))).prop_map(|(act, peers, ports)| {
        // Names of ports stand beside pods only.
        let outside = peers.iter().any(|who| matches!(who, Who::Block(..)));
        let named = |port: &Port| matches!(port, Port::Named(..));
        let ports = ports.map(|ports| {
            let kept: Vec<_> = ports.into_iter().filter(|port| !(outside && named(port))).collect();
            if kept.is_empty() { vec![Port::Range(Protocol::Tcp, 80, 80)] } else { kept }
        });
        CpRule { act, peers, ports }
    })
}

fn cp() -> impl Strategy<Value = Cp> {
    let kinds = [Kind::Admin, Kind::Baseline, Kind::ClusterAdmin, Kind::ClusterBaseline];
    select(kinds.to_vec()).prop_flat_map(|kind| {
        let rules = |egress| vec(cp_rule(egress), 0..=3);
        (0_i64..2, ns_sel(), option::of(sel()), rules(false), rules(true)).prop_map(
            move |(priority, namespaces, pods, ingress, egress)| {
                let subject = (namespaces, pods);
                let mut policy = Cp { kind, priority, subject, ingress, egress };
                if kind == Kind::Baseline {
                    policy.priority = 0;
                    let rules = policy.ingress.iter_mut().chain(&mut policy.egress);
                    rules.filter(|it| it.act == Act::Pass).for_each(|it| it.act = Act::Deny);
                }
                policy
            },
        )
    })
}

fn pod() -> impl Strategy<Value = Pod> {
    let ports = vec((select(&["web", "dns"][..]), protocol(), select(&PORTS[..])), 0..=2);
    let host = prop_oneof![6 => Just(false), 1 => Just(true)];
    (select(&NAMESPACES[..]), labels(), ports, host)
        .prop_map(|(namespace, labels, ports, host)| Pod { namespace, labels, ports, host })
}

/// A world; if `clear`, one of which everything is known.
pub(super) fn world(clear: bool) -> impl Strategy<Value = World> {
    let namespaces = [labels(), labels(), labels()].prop_map(move |labels| {
        let named = NAMESPACES.into_iter().zip(labels);
        named
            .map(|(name, labels)| Ns { name, labels, has_object: clear || name != "dark" })
            .collect::<Vec<_>>()
    });
    let parts = (namespaces, vec(pod(), 2..=4), vec(np(), 0..=4), vec(cp(), 0..=5), any::<bool>());
    parts.prop_map(move |(namespaces, mut pods, policies, mut cluster, disagrees)| {
        for pod in &mut pods {
            pod.host &= !clear;
        }
        cluster.extend(cluster.first().filter(|_| disagrees).map(rival));
        one_baseline(&mut cluster);
        World { namespaces, pods, policies, cluster }
    })
}

/// Makes all baselines of the first version but the first such of the second.
pub(super) fn one_baseline(cluster: &mut [Cp]) {
    let baselines = cluster.iter_mut().filter(|it| it.kind == Kind::Baseline);
    baselines.skip(1).for_each(|it| it.kind = Kind::ClusterBaseline);
}

/// A policy of the same priority that is about the same connections, and decides otherwise.
fn rival(policy: &Cp) -> Cp {
    let mut rival = policy.clone();
    for rule in rival.ingress.iter_mut().chain(&mut rival.egress) {
        rule.act = if rule.act == Act::Deny { Act::Allow } else { Act::Deny };
    }
    rival
}
