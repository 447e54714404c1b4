//! What comes in from outside of the cluster through Services, as policies let it.
//!
//! Addresses are those of clients, as pods see them if nothing on the way translates them
//! (`externalTrafficPolicy: Local`, say); what comes by way of a node's address is not modelled.

use super::connectivity::{Connections, Flow, Link, Party, Wanted};
use super::model::Entry;
use super::{AddressSet, PortSet, Truth, Workload};

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

/// The connections that entries bring to workloads: by entry, workload and addresses. Entries by way
/// of an Ingress are left out: what its controller opens are connections between pods.
pub fn entered<'n>(connections: &Connections<'n>) -> Vec<Entered<'n>> {
    let network = connections.network();
    let services = network.entries.iter().filter(|entry| entry.kind != "Ingress");
    services.flat_map(|entry| through(connections, entry)).collect()
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
