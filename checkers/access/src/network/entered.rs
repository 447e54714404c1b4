//! What comes in from outside of the cluster through Services, Ingresses and routes, as policies let
//! it.
//!
//! Addresses are those of clients, as pods see them if nothing on the way translates them
//! (`externalTrafficPolicy: Local`, say); what comes by way of a node's address is not modelled.

use super::connectivity::{Connections, Flow, Link, Party, Wanted};
use super::model::{Entry, PodSet};
use super::{AddressSet, Direction, PortSet, Truth, Workload, exposure};
use crate::Source;

/// Connections from outside to a workload through an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered<'n> {
    /// What they come in by: its kind, Service and place.
    pub kind: &'static str,
    /// The Service, as `namespace/name`.
    pub service: &'n str,
    /// Whether the workload surely is behind it.
    pub is_target: Truth,
    /// The connections on the ports that the entry leads to.
    pub link: Link,
}

/// What an Ingress or a route leads to. Who opens these connections is its controller, pods or not,
/// which the manifests do not name.
#[derive(Debug, Clone)]
pub struct Routed<'n> {
    /// The Ingress or route.
    pub by: &'n Source,
    /// The Service, as `namespace/name`.
    pub service: &'n str,
    /// The workload.
    pub workload: &'n Workload,
    /// Whether the workload surely is behind it.
    pub is_target: Truth,
    /// The ports that it leads to: allowed, if no policy isolates the workload; unknown, if its
    /// policies let some pod or address in, which may be the controller's; and else none.
    pub flow: Flow,
}

/// The connections that entries bring to workloads: by entry, workload and addresses. Entries by way
/// of an Ingress or a route are left out (see [`routed`]): its controller opens them anew.
pub fn entered<'n>(connections: &Connections<'n>) -> Vec<Entered<'n>> {
    let services = connections.network().entries.iter().filter(|entry| !is_route(entry));
    services.flat_map(|entry| through(connections, entry)).collect()
}

/// What Ingresses and routes lead to: by entry and workload.
pub fn routed<'n>(connections: &Connections<'n>) -> Vec<Routed<'n>> {
    let network = connections.network();
    let mut found = Vec::new();
    for entry in network.entries.iter().filter(|entry| is_route(entry)) {
        for (&(target, is_target), ports) in entry.targets.iter().zip(&entry.ports) {
            let Some(workload) = network.workloads.get(target) else { continue };
            let flow = by_anyone(connections, workload).only(ports);
            let (by, service) = (&entry.source, &*entry.service);
            found.push(Routed { by, service, workload, is_target, flow });
        }
    }
    found
}

fn is_route(entry: &Entry) -> bool {
    entry.kind == "Ingress" || entry.kind.ends_with("Route")
}

/// What a workload lets in from someone of whom nothing is known.
fn by_anyone(connections: &Connections<'_>, workload: &Workload) -> Flow {
    let network = connections.network();
    let about = |subject: &PodSet| network.is_in(workload, subject) > Truth::No;
    let mut cluster = network.cluster_policies.iter();
    let mut own = network.policies.iter();
    let isolated = cluster.any(|it| !it.ingress.is_empty() && about(&it.subject))
        || own.any(|it| it.ingress.is_some() && about(&it.subject));
    if !isolated {
        return Flow { allowed: PortSet::all(), ..Flow::default() };
    }
    let is_meant = |other: &Workload| other.id == workload.id;
    let to = Wanted { workloads: &is_meant, addresses: AddressSet::none() };
    let known = connections.links(&Wanted::all(), &to).into_iter().map(|link| link.flow);
    let strangers = exposure(network, workload, Direction::Ingress);
    let all = known.chain(strangers.into_iter().map(|it| it.flow));
    let ports = |flow: Flow| flow.allowed.union(&flow.ambiguous).union(&flow.unknown);
    let unknown = all.fold(PortSet::none(), |all, flow| all.union(&ports(flow)));
    Flow { unknown, ..Flow::default() }
}

fn through<'n>(connections: &Connections<'n>, entry: &'n Entry) -> Vec<Entered<'n>> {
    let mut found = Vec::new();
    for ((target, is_target), ports) in entry.targets.iter().zip(&entry.ports) {
        let Some(workload) = connections.network().workloads.get(*target) else { continue };
        let is_meant = |other: &Workload| other.id == workload.id;
        let from = Wanted { workloads: &|_| false, addresses: AddressSet::all() };
        let to = Wanted { workloads: &is_meant, addresses: AddressSet::none() };
        for link in connections.links(&from, &to) {
            let flow = link.flow.only(ports);
            if matches!(link.source, Party::Addresses(_)) && !flow.is_none() {
                let link = Link { flow, ..link };
                let (kind, service) = (entry.kind, &*entry.service);
                found.push(Entered { kind, service, is_target: *is_target, link });
            }
        }
    }
    found
}

impl Flow {
    /// What is decided on these ports.
    #[must_use]
    pub fn only(&self, ports: &PortSet) -> Self {
        Self {
            allowed: self.allowed.intersection(ports),
            ambiguous: self.ambiguous.intersection(ports),
            unknown: self.unknown.intersection(ports),
        }
    }
}
