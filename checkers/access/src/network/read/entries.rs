//! The ways for traffic into the cluster: Services that open ports to the outside, and Ingresses and
//! the routes of the Gateway API that lead to Services.

use std::collections::BTreeMap;

use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::super::model::{ContainerPort, Entry, Network, Workload};
use super::super::selector::LabelSelector;
use super::super::{Names, PortSet, Protocol, Truth};
use crate::Source;

/// The group of the Gateway API.
const GATEWAY: &str = "gateway.networking.k8s.io";

/// A Service: which pods it leads to, on which ports.
struct Service<'a> {
    object: &'a Object,
    selector: Option<LabelSelector>,
    ports: Vec<ServicePort<'a>>,
}

/// A port of a Service.
struct ServicePort<'a> {
    name: Option<&'a str>,
    number: Option<i64>,
    protocol: Option<Protocol>,
    target: Option<&'a Node>,
}

/// Reads all entries, once the workloads are known.
pub(super) fn read<'a>(
    objects: impl Iterator<Item = &'a Object> + Clone,
    network: &mut Network,
    names: &mut Names,
) {
    let services = objects.clone().filter(|o| o.group().is_empty() && o.kind() == "Service");
    let services: BTreeMap<_, _> =
        services.map(|object| ((object.namespace(), object.name()), Service::of(object))).collect();
    let mut entries = Vec::new();
    for service in services.values() {
        if let Some(kind) = service.opens() {
            entries.push(entry(service, kind, |_| true, service.object, network, names));
        }
    }
    let ingresses = objects.clone().filter(|object| {
        object.kind() == "Ingress" && matches!(object.group(), "networking.k8s.io" | "extensions")
    });
    for ingress in ingresses {
        for (name, port) in backends(ingress) {
            if let Some(service) = services.get(&(ingress.namespace(), name)) {
                let is_meant = |at: &ServicePort<'_>| at.is(port);
                entries.push(entry(service, "Ingress", is_meant, ingress, network, names));
            }
        }
    }
    let grants =
        objects.clone().filter(|it| it.group() == GATEWAY && it.kind() == "ReferenceGrant");
    let granted = |route: &Object, service: (&str, &str)| {
        service.0 == route.namespace() || grants.clone().any(|grant| allows(grant, route, service))
    };
    for (kind, route) in objects.filter_map(|object| Some((route_kind(object)?, object))) {
        for (service, port) in references(route) {
            if let Some(read) = services.get(&service).filter(|_| granted(route, service)) {
                let is_meant = |at: &ServicePort<'_>| at.is(port);
                entries.push(entry(read, kind, is_meant, route, network, names));
            }
        }
    }
    network.entries = entries;
}

/// The kind of a route of the Gateway API.
fn route_kind(object: &Object) -> Option<&'static str> {
    let known = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];
    let kind = known.into_iter().find(|kind| *kind == object.kind())?;
    (object.group() == GATEWAY).then_some(kind)
}

/// The Services that a route leads to, each by namespace and name with its port.
fn references(route: &Object) -> Vec<((&str, &str), Option<&Node>)> {
    let rules = route.node.at(&["spec", "rules"]).map_or(&[][..], Node::items).iter();
    let backends = rules.flat_map(|rule| rule.get("backendRefs").map_or(&[][..], Node::items));
    let read = backends.filter_map(|backend| {
        let field = |key: &str| backend.get(key).and_then(Node::as_str);
        let is_service = field("kind").is_none_or(|kind| kind == "Service");
        let is_service = is_service && field("group").is_none_or(str::is_empty);
        let namespace = field("namespace").unwrap_or(route.namespace());
        is_service.then_some(((namespace, field("name")?), backend.get("port")))
    });
    let mut read: Vec<_> = read.collect();
    let key = |it: &((&str, &str), Option<&Node>)| it.1.map(ToString::to_string);
    read.sort_by(|a, b| (a.0, key(a)).cmp(&(b.0, key(b))));
    read.dedup_by(|a, b| (a.0, key(a)) == (b.0, key(b)));
    read
}

/// Whether a `ReferenceGrant` lets a route lead to a Service of its namespace.
fn allows(grant: &Object, route: &Object, (namespace, name): (&str, &str)) -> bool {
    let some = |list: &str, fits: &dyn Fn(&Node) -> bool| {
        grant.node.at(&["spec", list]).map_or(&[][..], Node::items).iter().any(fits)
    };
    let is = |item: &Node, key: &str, value: &str| {
        item.get(key).and_then(Node::as_str).unwrap_or_default() == value
    };
    grant.namespace() == namespace
        && some("from", &|item| {
            is(item, "group", GATEWAY)
                && is(item, "kind", route.kind())
                && is(item, "namespace", route.namespace())
        })
        && some("to", &|item| {
            let named = item.get("name").and_then(Node::as_str);
            is(item, "group", "")
                && is(item, "kind", "Service")
                && named.is_none_or(|named| named == name)
        })
}

fn entry(
    service: &Service<'_>,
    kind: &'static str,
    is_meant: impl Fn(&ServicePort<'_>) -> bool,
    by: &Object,
    network: &Network,
    names: &mut Names,
) -> Entry {
    let namespace = service.object.namespace();
    let mut targets = Vec::new();
    let mut ports = Vec::new();
    for (at, workload) in network.workloads.iter().enumerate() {
        let inside = &*workload.namespace == namespace;
        let selects = service.selector.as_ref().filter(|_| inside);
        let truth = selects.map_or(Truth::No, |selector| selector.selects(&workload.labels));
        if truth > Truth::No {
            let meant = service.ports.iter().filter(|port| is_meant(port));
            let leads_to: Vec<_> = meant.filter_map(|port| port.target(workload)).collect();
            targets.push((at, truth));
            ports.push(PortSet::of(leads_to.iter().flat_map(PortSet::ranges)));
        }
    }
    let source = Source {
        resource: by.id.clone(),
        location: by.name_location(),
        pointer: "/spec".to_owned(),
        role: "entry",
        text: None,
    };
    let service = names.share(&format!("{namespace}/{}", service.object.name()));
    Entry { kind, service, targets, ports, source }
}

impl<'a> Service<'a> {
    fn of(object: &'a Object) -> Self {
        let items = object.node.at(&["spec", "ports"]).map_or(&[][..], Node::items);
        let ports = items.iter().map(|item| ServicePort {
            name: item.get("name").and_then(Node::as_str),
            number: item.get("port").and_then(Node::as_i64),
            protocol: Protocol::of_name(
                item.get("protocol").and_then(Node::as_str).unwrap_or("TCP"),
            ),
            target: item.get("targetPort").filter(|target| !target.is_null()),
        });
        let selector = LabelSelector::of_service(object.node.at(&["spec", "selector"]));
        Self { object, selector, ports: ports.collect() }
    }

    /// What the Service is, if it takes traffic from outside of the cluster.
    fn opens(&self) -> Option<&'static str> {
        let spec = |key: &str| self.object.node.at(&["spec", key]);
        match spec("type").and_then(Node::as_str) {
            Some("NodePort") => Some("Service of type NodePort"),
            Some("LoadBalancer") => Some("Service of type LoadBalancer"),
            _ => {
                let external = spec("externalIPs").map_or(&[][..], Node::items);
                (!external.is_empty()).then_some("Service with external addresses")
            }
        }
    }
}

impl ServicePort<'_> {
    /// Whether an Ingress means this port; without a port, it means any.
    fn is(&self, port: Option<&Node>) -> bool {
        let Some(port) = port else { return true };
        match (port.as_str(), port.as_i64()) {
            (Some(name), _) => self.name == Some(name),
            (_, number) => number.is_some() && number == self.number,
        }
    }

    /// The port of a pod of a workload that traffic to this port ends at.
    fn target(&self, workload: &Workload) -> Option<PortSet> {
        let protocol = self.protocol?;
        if let Some(name) = self.target.and_then(Node::as_str) {
            let named = |port: &&ContainerPort| {
                port.protocol == protocol && port.name.as_deref() == Some(name)
            };
            let ports = workload.ports.iter().filter(named);
            return Some(PortSet::of(ports.map(|port| (protocol, port.number, port.number))));
        }
        let number = match self.target {
            Some(target) => target.as_i64(),
            None => self.number,
        };
        let number = u16::try_from(number?).ok()?;
        Some(PortSet::range(protocol, number, number))
    }
}

/// The Services that an Ingress leads to, each with the port, as `networking.k8s.io/v1` writes
/// them and as the versions before did.
fn backends(ingress: &Object) -> Vec<(&str, Option<&Node>)> {
    let spec = ingress.node.get("spec");
    let field = |key: &str| spec.and_then(|spec| spec.get(key));
    let rules = field("rules").map_or(&[][..], Node::items).iter();
    let paths = rules.flat_map(|rule| rule.at(&["http", "paths"]).map_or(&[][..], Node::items));
    let backends = paths.filter_map(|path| path.get("backend"));
    let all = backends.chain(field("defaultBackend")).chain(field("backend"));
    let mut read: Vec<(&str, Option<&Node>)> = all.filter_map(backend).collect();
    read.sort_by(|a, b| {
        (a.0, a.1.map(ToString::to_string)).cmp(&(b.0, b.1.map(ToString::to_string)))
    });
    read.dedup_by(|a, b| {
        a.0 == b.0 && a.1.map(ToString::to_string) == b.1.map(ToString::to_string)
    });
    read
}

fn backend(node: &Node) -> Option<(&str, Option<&Node>)> {
    if let Some(service) = node.get("service") {
        let port = service.get("port");
        let port = port.and_then(|port| port.get("name").or_else(|| port.get("number")));
        return Some((service.get("name")?.as_str()?, port));
    }
    Some((node.get("serviceName")?.as_str()?, node.get("servicePort")))
}
