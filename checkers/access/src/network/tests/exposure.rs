//! Exposure against enumeration of the labels that pods and namespaces may have.

use proptest::prelude::*;

use super::generate::{PORTS, world};
use super::world::{KEYS, VALUES, World};
use super::{network, objects};
use crate::Source;
use crate::network::{
    Assumptions, Connection, Direction, End, Exposure, LabelValues, Labels, NAME_LABEL, Namespace,
    Network, Protocol, Verdict, Workload, exposure, read,
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

fn check(world: &World) -> Result<(), TestCaseError> {
    let network = read(&objects(&world.yaml()), &Assumptions::default());
    let own = network.workload(&world.id(0)).unwrap();
    let found = exposure(&network, own, Direction::Ingress);
    let mut places: Vec<(&str, Option<Valuation>, Network)> = Vec::new();
    for name in network.namespaces.keys() {
        places.push((name, None, network.clone()));
    }
    for labels in valuations() {
        let mut with = network.clone();
        let mut known = labels.clone();
        known.push((NAME_LABEL, "new"));
        let namespace = Namespace { labels: Labels::of(known), source: None };
        with.namespaces.insert("new".into(), namespace);
        places.push(("new", Some(labels), with));
    }
    for (namespace, labels, network) in &places {
        for pod in valuations() {
            let stranger = stranger(namespace, &pod, own);
            for port in PORTS.map(|port| (Protocol::Tcp, port)) {
                let connection = Connection::new(End::Pod(&stranger), End::Pod(own), port);
                let direct = network.decide_side(&connection, Direction::Ingress).verdict;
                let said = said(&found, (namespace, labels.as_ref()), &pod, port);
                let agrees = match said.as_slice() {
                    [] => direct == Verdict::Denied,
                    all => all.iter().all(|verdict| *verdict == direct),
                };
                prop_assert!(
                    agrees,
                    "{namespace} {labels:?} {pod:?} {port:?}: {direct:?}, {said:?}\n{}",
                    world.yaml()
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn exposure_is_what_enumeration_finds(world in world(false)) {
        check(&world)?;
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
