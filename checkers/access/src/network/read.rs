//! From objects to a [`Network`]. What the API server would refuse is a finding, and what such an
//! object means is unknown rather than guessed.

mod cluster;
mod entries;
mod namespaced;
mod peers;
mod place;
mod ports;
mod workloads;

use std::collections::BTreeMap;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;
use seatrial_parse::Node;

use self::place::Reader;
use super::address::read_block;
use super::model::{Assumptions, Namespace, Network, Unmodelled, unknown_labels};
use super::selector::{Label, Labels};
use super::{AddressSet, NAME_LABEL, Name, Names, rules};
use crate::Source;

/// Reads what bears on connections. Of several objects with the same identity the last counts, as
/// if they were applied in this order.
pub fn read<'a>(
    objects: impl IntoIterator<Item = &'a Object>,
    assumptions: &Assumptions,
) -> Network {
    let mut by_identity = BTreeMap::new();
    for object in objects {
        let key = (object.group(), object.kind(), object.id.namespace.as_deref(), object.name());
        by_identity.insert(key, object);
    }
    let mut network = Network::default();
    let mut names = Names::default();
    for object in by_identity.values() {
        read_object(object, &mut network, &mut names);
    }
    name_namespaces(&mut network, &mut names);
    network.workloads.sort_by(|a, b| a.id.cmp(&b.id));
    network.workloads.dedup_by(|a, b| a.id == b.id);
    network.cluster_policies.sort_by(|a, b| {
        (a.tier, a.priority, &a.source.resource.name).cmp(&(
            b.tier,
            b.priority,
            &b.source.resource.name,
        ))
    });
    entries::read(by_identity.values().copied(), &mut network, &mut names);
    let stated = stated_addresses(by_identity.values().copied());
    network.pod_addresses = assumptions.pod_addresses.clone().unwrap_or(stated.pods);
    network.node_addresses = assumptions.node_addresses.clone().unwrap_or(stated.nodes);
    network.findings.sort_unstable();
    network.unmodelled.sort_unstable();
    network
}

fn read_object(object: &Object, network: &mut Network, names: &mut Names) {
    let mut findings = std::mem::take(&mut network.findings);
    let mut reader = Reader::new(object, names, &mut findings);
    match (object.group(), object.kind(), object.id.version()) {
        ("", "Namespace", _) => {
            let (name, namespace) = read_namespace(&mut reader);
            network.namespaces.insert(name, namespace);
        }
        ("networking.k8s.io", "NetworkPolicy", "v1")
        | ("extensions", "NetworkPolicy", "v1beta1") => {
            network.policies.push(namespaced::read(&mut reader));
        }
        ("policy.networking.k8s.io", "AdminNetworkPolicy", "v1alpha1") => {
            network.cluster_policies.push(cluster::read_admin(&mut reader));
        }
        ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy", "v1alpha1") => {
            network.cluster_policies.push(cluster::read_baseline(&mut reader));
        }
        ("policy.networking.k8s.io", "ClusterNetworkPolicy", "v1alpha2") => {
            network.cluster_policies.extend(cluster::read_cluster(&mut reader));
        }
        _ => match unmodelled(object) {
            Some(reason) => {
                let location = object.name_location();
                if is_ours(object) {
                    findings.push(unknown_version(object));
                }
                let resource = object.id.clone();
                let text = object.node.to_string();
                network.unmodelled.push(Unmodelled { resource, location, reason, text });
            }
            None => network.workloads.extend(workloads::read(&mut reader)),
        },
    }
    network.findings = findings;
}

/// Whether an object is of an API that is modelled, if not in this version.
fn is_ours(object: &Object) -> bool {
    matches!(object.group(), "networking.k8s.io" | "policy.networking.k8s.io" | "extensions")
}

/// Why an object that bears on connections is not modelled; `None` for all other objects.
fn unmodelled(object: &Object) -> Option<String> {
    let (group, kind) = (object.group(), object.kind());
    let policy = kind.ends_with("NetworkPolicy") || kind == "NetworkSet" || kind == "Tier";
    match group {
        _ if !kind.contains("Network") && group != "crd.antrea.io" => None,
        "networking.k8s.io" | "policy.networking.k8s.io" | "extensions" if policy => {
            Some(format!("`{kind}` of `{}` is not known", object.id.api_version))
        }
        "cilium.io" | "crd.projectcalico.org" | "projectcalico.org" | "crd.antrea.io" if policy => {
            Some(format!("what a `{kind}` of `{group}` does is up to that network plugin"))
        }
        _ => None,
    }
}

fn unknown_version(object: &Object) -> Finding {
    let known = match object.kind() {
        "NetworkPolicy" => "`networking.k8s.io/v1`",
        "ClusterNetworkPolicy" => "`policy.networking.k8s.io/v1alpha2`",
        "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" => {
            "`policy.networking.k8s.io/v1alpha1`"
        }
        _ => "`NetworkPolicy` of `networking.k8s.io/v1`",
    };
    let version = &object.id.api_version;
    let at = object.node.get("apiVersion").map_or(object.node.span, |node| node.span);
    let message = format!("`{}` of `{version}` is not known, and not compared", object.kind());
    let mut finding =
        Finding::new(rules::UNKNOWN_VERSION, Severity::Error, object.location(at), message)
            .of(&object.id, "/apiVersion");
    finding.evidence.push(format!("Known is {known}."));
    finding
}

fn read_namespace(reader: &mut Reader<'_>) -> (Name, Namespace) {
    let object = reader.object;
    let name = reader.name(object.name());
    let mut labels = Labels::default();
    for entry in object.labels() {
        let value = entry.value.as_str().map(|value| Label::Is(reader.name(value)));
        labels.known.insert(reader.name(&entry.key.text), value.unwrap_or(Label::Unknown));
    }
    let key = reader.name(NAME_LABEL);
    labels.known.insert(key, Label::Is(name.clone()));
    let source = Source {
        resource: object.id.clone(),
        location: object.name_location(),
        pointer: "/metadata".to_owned(),
        role: "namespace",
        text: None,
    };
    (name, Namespace { labels, source: Some(source) })
}

/// Adds the namespaces that objects are in and that have no object of their own.
fn name_namespaces(network: &mut Network, names: &mut Names) {
    let used = network.workloads.iter().map(|workload| &workload.namespace);
    let policies =
        network.policies.iter().map(|policy| policy.source.resource.namespace.as_deref());
    let mut all: Vec<Name> = used.cloned().collect();
    all.extend(policies.map(|name| names.share(name.unwrap_or("default"))));
    for name in all {
        let labels = || unknown_labels(&name);
        let namespace = || Namespace { labels: labels(), source: None };
        network.namespaces.entry(name.clone()).or_insert_with(namespace);
    }
}

/// Where Node objects say that pods and nodes have their addresses.
struct Stated {
    pods: AddressSet,
    nodes: AddressSet,
}

fn stated_addresses<'a>(objects: impl Iterator<Item = &'a Object>) -> Stated {
    let (mut pods, mut nodes) = (Vec::new(), Vec::new());
    for node in objects.filter(|object| object.group().is_empty() && object.kind() == "Node") {
        let blocks = node.node.at(&["spec", "podCIDRs"]).map_or(&[][..], Node::items).iter();
        let blocks = blocks.chain(node.node.at(&["spec", "podCIDR"])).filter_map(Node::as_str);
        pods.extend(blocks.filter_map(|block| read_block(block).ok()).map(|block| block.addresses));
        let addresses = node.node.at(&["status", "addresses"]).map_or(&[][..], Node::items).iter();
        let addresses = addresses.filter_map(|item| item.get("address")?.as_str()?.parse().ok());
        nodes.extend(addresses.map(AddressSet::one));
    }
    let or = |sets: &[AddressSet], otherwise: AddressSet| {
        if sets.is_empty() { otherwise } else { AddressSet::of(sets) }
    };
    Stated { pods: or(&pods, AddressSet::private()), nodes: or(&nodes, AddressSet::all_v4()) }
}

#[cfg(test)]
mod tests;
