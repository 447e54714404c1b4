//! Workloads: the pods that an object makes.

use seatrial_core::Severity;
use seatrial_manifests::{Container, PodLabel, PodTemplate, Workload as Kind};
use seatrial_parse::Node;

use super::super::model::{ContainerPort, Workload};
use super::super::selector::{Label, Labels};
use super::super::{Protocol, rules};
use super::place::{Place, Reader};
use crate::Source;

/// Reads a workload; `None` for an object that makes no pods.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Workload> {
    let object = reader.object;
    let template = PodTemplate::of(object)?;
    if template.workload == Kind::PodTemplate {
        return None;
    }
    let namespace = reader.name(object.namespace());
    let id = reader.name(&format!("{namespace}/{}[{}]", object.name(), object.kind()));
    let source = Source {
        resource: object.id.clone(),
        location: object.name_location(),
        pointer: template.pointer.to_owned(),
        role: "workload",
        text: None,
    };
    let host_network = template.spec.and_then(|spec| spec.get("hostNetwork"));
    Some(Workload {
        id,
        namespace,
        labels: read_labels(reader, &template),
        ports: read_ports(reader, &template),
        host_network: host_network.and_then(Node::as_bool) == Some(true),
        single: template.workload == Kind::Pod,
        source,
    })
}

fn read_labels(reader: &mut Reader<'_>, template: &PodTemplate<'_>) -> Labels {
    let mut labels = Labels::default();
    for (key, label) in template.set_labels() {
        let label = match label {
            PodLabel::Is(value) => Label::Is(reader.name(value)),
            PodLabel::OrdinalOf(name) => Label::OrdinalOf(reader.name(name)),
            PodLabel::Unknown | PodLabel::Absent => Label::Unknown,
        };
        labels.known.insert(reader.name(key), label);
    }
    for entry in template.labels() {
        let value = entry.value.as_str().map(|value| Label::Is(reader.name(value)));
        labels.known.insert(reader.name(&entry.key.text), value.unwrap_or(Label::Unknown));
    }
    labels
}

/// The ports of the containers that serve as long as the pod, sorted.
fn read_ports(reader: &mut Reader<'_>, template: &PodTemplate<'_>) -> Vec<ContainerPort> {
    let mut ports = Vec::new();
    for container in template.serving_containers() {
        for (at, port) in container.ports().enumerate() {
            let place = Place { node: port.node, pointer: pointer(&container, at) };
            let number = port.number().and_then(|number| u16::try_from(number).ok());
            let number = number.filter(|&number| number > 0);
            let protocol = Protocol::of_name(port.protocol());
            if let (Some(number), Some(protocol)) = (number, protocol) {
                let name = port.name().map(|name| reader.name(name));
                ports.push(ContainerPort { name, protocol, number });
            } else {
                let what = if number.is_none() { "port from 1 to 65535" } else { "protocol known" };
                let message = format!("the container's port is no {what}");
                reader.report(rules::INVALID, Severity::Error, &place, message, None);
            }
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn pointer(container: &Container<'_>, at: usize) -> String {
    format!("{}/ports/{at}", container.pointer())
}
