//! Exposure against enumeration of the labels that pods and namespaces may have.

use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{PORTS, world};
use super::world::{KEYS, Np, Port, VALUES, World};
use super::{cases, network, objects};
use crate::Source;
use crate::network::{
    Assumptions, Connection, ContainerPort, Direction, End, Exposure, LabelValues, Labels,
    NAME_LABEL, Name, Namespace, Network, Protocol, Verdict, Workload, exposure, read,
};

type Valuation = Vec<(&'static str, &'static str)>;

/// All that a pod's or a namespace's labels may be, so far as selectors can tell.
fn valuations() -> Vec<Valuation> {
    let values = || VALUES.into_iter().map(Some).chain([Some("other"), None]);
    let both = values().flat_map(|a| values().map(move |b| (a, b)));
    both.map(|(a, b)| {
        let one = a.map(|value| (KEYS[0], value));
        one.into_iter().chain(b.map(|value| (KEYS[1], value))).collect()
    })
    .collect()
}

fn stranger(namespace: &str, labels: &Valuation, like: &Workload) -> Workload {
    Workload {
        id: format!("{namespace}/stranger[Pod]").into(),
        namespace: namespace.into(),
        labels: Labels::of(labels.iter().copied()),
        ports: Vec::new(),
        host_network: false,
        single: true,
        source: Source { pointer: String::new(), ..like.source.clone() },
    }
}

fn fits(wanted: &[LabelValues], labels: &[(&str, &str)]) -> bool {
    wanted.iter().all(|wanted| match labels.iter().find(|label| *label.0 == *wanted.key) {
        None => wanted.may_be_absent,
        Some((_, value)) => wanted.values.iter().any(|it| **it == **value) != wanted.all_but,
    })
}

/// What exposure says of a pod on a port.
fn said(
    found: &[Exposure],
    (namespace, labels): (&str, Option<&Valuation>),
    pod: &Valuation,
    (protocol, port): (Protocol, u16),
) -> Vec<Verdict> {
    let about = found.iter().filter(|it| {
        let strangers = &it.strangers;
        let right_namespace = match labels {
            None => strangers.namespaces.iter().any(|it| &**it == namespace),
            Some(labels) => {
                let mut labels = labels.clone();
                labels.push((NAME_LABEL, "new"));
                strangers.namespaces.is_empty() && fits(&strangers.namespace_labels, &labels)
            }
        };
        right_namespace && fits(&strangers.pod_labels, pod)
    });
    let verdicts = about.map(|it| {
        if it.flow.allowed.contains(protocol, port) {
            Verdict::Allowed
        } else if it.flow.ambiguous.contains(protocol, port) {
            Verdict::Ambiguous
        } else if it.flow.unknown.contains(protocol, port) {
            Verdict::Unknown
        } else {
            Verdict::Denied
        }
    });
    verdicts.collect()
}

/// Where strangers may be: in the namespaces of the network, or in a new one with any labels.
fn places(network: &Network) -> Vec<(Name, Option<Valuation>)> {
    let known = network.namespaces.keys().map(|name| (name.clone(), None));
    known.chain(valuations().into_iter().map(|labels| ("new".into(), Some(labels)))).collect()
}

/// What the stranger's ports may be called, so far as it matters for one of them.
fn names_of(port: (Protocol, u16), direction: Direction) -> Vec<Vec<ContainerPort>> {
    let declared = |name: &str| {
        let name = Some(name.into());
        ContainerPort { name, protocol: port.0, number: port.1 }
    };
    let one = [vec![], vec!["web"], vec!["dns"], vec!["web", "dns"]];
    let count = if direction == Direction::Ingress { 1 } else { one.len() };
    one.iter().take(count).map(|names| names.iter().map(|name| declared(name)).collect()).collect()
}

/// What is decided for a stranger on a port: more than one thing, if that is up to its ports' names.
fn decided(
    network: &Network,
    (own, stranger): (&Workload, &mut Workload),
    port: (Protocol, u16),
    direction: Direction,
) -> Vec<Verdict> {
    let mut verdicts: Vec<_> = names_of(port, direction)
        .into_iter()
        .map(|ports| {
            stranger.ports = ports;
            let (own, stranger) = (End::Pod(own), End::Pod(stranger));
            let connection = match direction {
                Direction::Ingress => Connection::new(stranger, own, port),
                Direction::Egress => Connection::new(own, stranger, port),
            };
            network.decide_side(&connection, direction).verdict
        })
        .collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    verdicts
}

/// Whether what is said is what is decided. Where that is up to names of ports, nothing is said for
/// sure; that two such doubts come to nothing together is not seen.
fn agrees(said: &[Verdict], decided: &[Verdict], by_name: bool) -> bool {
    match (said, decided) {
        ([], _) => decided == [Verdict::Denied],
        (all, [one]) => all.iter().all(|it| it == one || (by_name && *it == Verdict::Unknown)),
        (all, _) => all.iter().all(|it| *it == Verdict::Unknown),
    }
}

fn check(world: &World, ports: &[(Protocol, u16)]) -> Result<(), TestCaseError> {
    let network = read(&objects(&world.yaml()), &Assumptions::default());
    let own = network.workload(&world.id(0)).unwrap();
    let by_name = world.yaml().contains("amedPort") || world.policies.iter().any(names_ports);
    let directions = [Direction::Ingress, Direction::Egress];
    let found = directions.map(|direction| (direction, exposure(&network, own, direction)));
    let mut with = network.clone();
    for (namespace, labels) in places(&network) {
        if let Some(labels) = &labels {
            let known = labels.iter().copied().chain([(NAME_LABEL, "new")]);
            let namespace = Namespace { labels: Labels::of(known), source: None };
            with.namespaces.insert("new".into(), namespace);
        }
        for pod in valuations() {
            let mut stranger = stranger(&namespace, &pod, own);
            for (direction, found) in &found {
                for &port in ports {
                    let decided = decided(&with, (own, &mut stranger), port, *direction);
                    let said = said(found, (&namespace, labels.as_ref()), &pod, port);
                    let by_name = by_name && *direction == Direction::Egress;
                    prop_assert!(
                        agrees(&said, &decided, by_name),
                        "{direction:?} {namespace} {labels:?} {pod:?} {port:?}: {decided:?}, \
                         {said:?}\n{}",
                        world.yaml()
                    );
                }
            }
        }
    }
    Ok(())
}

fn names_ports(policy: &Np) -> bool {
    let rules = policy.egress.iter().flatten();
    rules.flat_map(|rule| &rule.ports).any(|port| matches!(port, Port::Named(..)))
}

/// A port of each protocol.
fn ports() -> impl Strategy<Value = Vec<(Protocol, u16)>> {
    let port = || select(&PORTS[..]);
    [port(), port(), port()].prop_map(|ports| Protocol::ALL.into_iter().zip(ports).collect())
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn exposure_is_what_enumeration_finds(world in world(false), ports in ports()) {
        check(&world, &ports)?;
    }
}

#[test]
fn exposure_reads_as_a_sentence() {
    let network = network(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}\n---\n\
         {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: shop}, \
         spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [\
         {from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}, \
         {from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [b]}]}}], \
         ports: [{port: 9090}]}]}}\n",
    );
    let db = network.workload("shop/db[Pod]").unwrap();
    let shown = |direction| -> Vec<String> {
        let found = exposure(&network, db, direction);
        found.iter().map(|it| format!("{}: {}", it.strangers, it.flow.allowed)).collect()
    };
    assert_eq!(
        shown(Direction::Ingress),
        [
            "any pod in any new namespace with team notin (b): TCP 9090",
            "any pod with app=web in namespace shop: TCP 5432, 9090",
            "any pod with app notin (web) in namespace shop: TCP 9090",
        ]
    );
    assert!(shown(Direction::Egress).is_empty(), "nothing may go out");
}
