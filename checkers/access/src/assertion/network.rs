//! Claims about connections.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::read::Nothing;
use super::{Doubt, Judgement, Refutation};
use crate::Source;
use crate::network::{
    AddressSet, Connection, Connections, Direction, End, Explanation, Exposure, Flow, Label,
    LabelValues, Labels, Link, NAME_LABEL, Namespace, Network, Party, PortSet, Strangers, Verdict,
    Wanted, Workload, exposure,
};
use crate::report::Which;

/// Proves or refutes a claim: all connections that are or may be allowed, and should not.
pub(super) fn judge(claim: &Nothing, network: &Network) -> Judgement {
    let mut judgement = Judgement::default();
    let inside = |workload: &Workload| claim.outside.iter().any(|which| which.has(workload));
    let inside_addresses: Vec<_> = claim.outside.iter().map(Which::addresses).collect();
    let outside_addresses = AddressSet::all().difference(&AddressSet::of(&inside_addresses));
    let connections = Connections::of(network);
    let links = connections.links(
        &Wanted { workloads: &|workload| !inside(workload), addresses: outside_addresses },
        &Wanted {
            workloads: &|workload| claim.reaches.iter().any(|which| which.has(workload)),
            addresses: AddressSet::none(),
        },
    );
    for link in links {
        judgement.link(claim, network, &link);
    }
    let reached = |workload: &&Workload| claim.reaches.iter().any(|which| which.has(workload));
    for workload in network.workloads.iter().filter(reached) {
        for exposure in exposure(network, workload, Direction::Ingress) {
            judgement.exposure(claim, network, workload, &exposure);
        }
    }
    judgement
}

impl Judgement {
    /// Looks at the connections between two ends that are there.
    fn link(&mut self, claim: &Nothing, network: &Network, link: &Link) {
        let Some(ports) = Ports::of(&link.flow, &claim.ports) else { return };
        let Party::Workload(id) = &link.destination else { return };
        let Some(destination) = network.workload(id) else { return };
        let source = match &link.source {
            Party::Workload(id) => network.workload(id).map(End::Pod),
            Party::Addresses(addresses) => addresses.first().map(End::Address),
        };
        let Some(source) = source else { return };
        self.decide(network, &link.source.to_string(), (source, destination), &ports);
    }

    /// Looks at pods that are not there yet.
    fn exposure(
        &mut self,
        claim: &Nothing,
        network: &Network,
        workload: &Workload,
        exposure: &Exposure,
    ) {
        let inside = |namespace: &str| {
            claim.outside.iter().any(|which| match which {
                Which::All => true,
                Which::Namespace(name) => name == namespace,
                Which::Named(_) | Which::Addresses(_) => false,
            })
        };
        let strangers = &exposure.strangers;
        let namespace = strangers.namespaces.iter().find(|namespace| !inside(namespace));
        if namespace.is_none() && (!strangers.namespaces.is_empty() || inside("")) {
            return;
        }
        let Some(ports) = Ports::of(&exposure.flow, &claim.ports) else { return };
        let (network, pod) = with_stranger(network, strangers, namespace.map(|it| &**it));
        let Some(workload) = network.workload(&workload.id) else { return };
        self.decide(&network, &strangers.to_string(), (End::Pod(&pod), workload), &ports);
    }

    /// Decides one connection directly, and notes what it says.
    fn decide(
        &mut self,
        network: &Network,
        source: &str,
        (from, to): (End<'_>, &Workload),
        ports: &Ports,
    ) {
        let Some((protocol, port)) = ports.ports.first() else { return };
        let connection = Connection::new(from, End::Pod(to), (protocol, port));
        let explanation = network.decide(&connection);
        let what = format!("{source} can connect to {} on {}", to.id, ports.ports);
        match explanation.verdict {
            Verdict::Allowed => self.refuted.push(Refutation {
                message: what,
                witness: format!("{} to {} on {protocol} {port} is allowed", name(from), to.id),
                replay: None,
                sources: or_itself(explanation.sources(), to),
            }),
            Verdict::Ambiguous | Verdict::Unknown => {
                self.undecided.push(doubt(&what, &explanation, to));
            }
            // The other side forbids what this one lets in.
            Verdict::Denied => {}
        }
    }
}

/// The ports of a claim on which connections are allowed, else those on which they may be.
struct Ports {
    ports: PortSet,
}

impl Ports {
    fn of(flow: &Flow, claimed: &PortSet) -> Option<Self> {
        let allowed = flow.allowed.intersection(claimed);
        let open = || flow.ambiguous.union(&flow.unknown).intersection(claimed);
        let ports = if allowed.is_empty() { open() } else { allowed };
        (!ports.is_empty()).then_some(Self { ports })
    }
}

fn doubt(what: &str, explanation: &Explanation, to: &Workload) -> Doubt {
    let reason = explanation.reason().unwrap_or_default();
    let source = or_itself(explanation.sources(), to).into_iter().next();
    Doubt { reason: format!("whether {what}: {reason}"), source }
}

/// Where no policy says anything, it is the workload that stands open.
fn or_itself(sources: Vec<Source>, workload: &Workload) -> Vec<Source> {
    if sources.is_empty() { vec![workload.source.clone()] } else { sources }
}

fn name(end: End<'_>) -> String {
    match end {
        End::Pod(workload) => workload.id.to_string(),
        End::Address(address) => address.to_string(),
    }
}

/// A network with one of the pods that are not there yet, and that pod.
fn with_stranger(
    network: &Network,
    strangers: &Strangers,
    namespace: Option<&str>,
) -> (Network, Workload) {
    let mut network = network.clone();
    let namespace: Arc<str> = match namespace {
        Some(namespace) => namespace.into(),
        None => {
            let taken = |name: &String| network.namespaces.contains_key(&**name);
            let mut names = (0..=u32::MAX).map(|number| format!("new-{number}"));
            let name: Arc<str> = names.find(|name| !taken(name)).unwrap_or_default().into();
            let mut labels = labels(&strangers.namespace_labels);
            labels.known.insert(NAME_LABEL.into(), Label::Is(Arc::clone(&name)));
            network.namespaces.insert(Arc::clone(&name), Namespace { labels, source: None });
            name
        }
    };
    let id: Arc<str> = format!("{namespace}/new[Pod]").into();
    let place = Source {
        resource: seatrial_core::ResourceId {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: Some(namespace.to_string()),
            name: "new".to_owned(),
        },
        location: seatrial_core::Location::start_of("".into()),
        pointer: String::new(),
        role: "workload",
        text: None,
    };
    let pod = Workload {
        id,
        namespace,
        labels: labels(&strangers.pod_labels),
        ports: Vec::new(),
        host_network: false,
        single: true,
        source: place,
    };
    (network, pod)
}

/// One choice of labels.
fn labels(values: &[LabelValues]) -> Labels {
    let chosen = values.iter().filter_map(|label| {
        let value = match (label.all_but, label.may_be_absent) {
            (_, true) => return None,
            (false, false) => Arc::clone(label.values.first()?),
            (true, false) => {
                let mut free = (0..=u32::MAX).map(|number| format!("other-{number}"));
                free.find(|name| !label.values.iter().any(|value| **value == **name))?.into()
            }
        };
        Some((Arc::clone(&label.key), Label::Is(value)))
    });
    let known: BTreeMap<_, _> = chosen.collect();
    Labels { known, may_have_others: false }
}
