//! `target-port-not-exposed`: a Service that sends traffic to a port its pods do not declare.

use std::borrow::Cow;
use std::collections::BTreeMap;

use seatrial_core::{Finding, Location, Safety, Severity, nearest};
use seatrial_manifests::{Object, PodTemplate, Port};
use seatrial_parse::edit::Change;
use seatrial_parse::{Node, Value};

use super::Context;
use super::common::{by_selector, finding, is_placeholder, listed, named, named_all, text};
use super::service_without_pods::is_external_name;
use crate::fix::{mended, respelt, rewritten};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("target-port-not-exposed"),
    part: Part::Reference,
    severity: Severity::Error,
    summary: Cow::Borrowed("a Service targets a port that its pods do not declare"),
    explanation: Cow::Borrowed(
        "\
## What it checks

The `targetPort` of every port of a Service (by default its `port`) is held against the ports that
the containers of the selected pods declare, protocol included. Init containers count only if they
are sidecars (`restartPolicy: Always`).

* A *named* target that none of the selected pods declares is an error: the name stands for nothing.
* A number in quotes is an error: it is taken for a name, and names need a letter.
* A *number* that the pods do not declare is a warning where the Service has one port and the pods
  declare one other port, and a note otherwise: declaring a port is only information, and a process
  may listen on others. Pods that declare no ports at all are not compared.

## Why it matters

A named port that no pod declares leaves the Service without endpoints for that port; a wrong number
sends every connection to a port on which nothing listens.

## What to do

Write the name or the number under which a container declares the port, or declare it.

## Fix

`--fix` takes the quotes off a number; `--fix --unsafe` writes the near name, or the only number that
the pods declare.

## Known limits

A Service that selects several workloads is satisfied when one of them declares the port. Containers
without an `image` are patches and may get their ports elsewhere; they are not judged.

## References

* <https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports>
",
    ),
};

/// How many names are looked at in search of a near one.
const COMPARED: usize = 256;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let services = context.index.of_kind("", "Service");
    let selecting = services.filter(|service| !is_external_name(service));
    for ((namespace, selector), services) in by_selector(selecting) {
        let selected = context.index.select(namespace, &selector);
        if selected.is_empty() || selected.iter().any(is_patch) {
            continue;
        }
        let declared = Declared::by(&selected);
        for service in services {
            let ports = service.node.at(&["spec", "ports"]).map_or(&[][..], Node::items);
            let targets = ports.iter().enumerate().filter_map(|(at, port)| Target::of(at, port));
            let only = ports.len() == 1;
            findings.extend(targets.filter_map(|target| judge(service, &target, only, &declared)));
        }
    }
}

/// Whether a template lacks what other files add: a container without an image.
fn is_patch(template: &PodTemplate<'_>) -> bool {
    let mut containers = template.serving_containers().peekable();
    containers.peek().is_none() || containers.any(|container| container.node.get("image").is_none())
}

/// Where a port of a Service sends its traffic.
struct Target<'a> {
    node: &'a Node,
    pointer: String,
    protocol: &'a str,
}

impl<'a> Target<'a> {
    /// The target of the port at a position of the list.
    fn of(at: usize, port: &'a Node) -> Option<Self> {
        let stated = port.get("targetPort").filter(|target| !target.is_null());
        let field = if stated.is_some() { "targetPort" } else { "port" };
        let node = stated.or_else(|| port.get("port"))?;
        let protocol = text(port, "protocol").unwrap_or("TCP");
        Some(Self { node, pointer: format!("/spec/ports/{at}/{field}"), protocol })
    }
}

/// A port as a container declares it.
#[derive(Clone, Copy)]
struct Declaration<'a> {
    object: &'a Object,
    port: Port<'a>,
}

impl Declaration<'_> {
    /// The place of the value that a target would have to agree with.
    fn location(&self, field: &str) -> Location {
        let node = self.port.node.get(field).unwrap_or(self.port.node);
        self.object.location(node.span)
    }
}

/// The ports that the selected pods declare; of equal ones, the first.
struct Declared<'a> {
    pods: String,
    by_name: BTreeMap<&'a str, BTreeMap<&'a str, Declaration<'a>>>,
    by_number: BTreeMap<i64, BTreeMap<&'a str, Declaration<'a>>>,
}

impl<'a> Declared<'a> {
    fn by(templates: &[PodTemplate<'a>]) -> Self {
        let (mut by_name, mut by_number) = (BTreeMap::new(), BTreeMap::new());
        for template in templates {
            for port in template.serving_containers().flat_map(|container| container.ports()) {
                let declaration = Declaration { object: template.object, port };
                if let Some(name) = port.name() {
                    add(by_name.entry(name).or_default(), declaration);
                }
                if let Some(number) = port.number() {
                    add(by_number.entry(number).or_default(), declaration);
                }
            }
        }
        Self { pods: named_all(templates), by_name, by_number }
    }
}

fn add<'a>(to: &mut BTreeMap<&'a str, Declaration<'a>>, declaration: Declaration<'a>) {
    to.entry(declaration.port.protocol()).or_insert(declaration);
}

/// The finding on a target, if there is something to say about it.
fn judge(
    service: &Object,
    target: &Target<'_>,
    only: bool,
    declared: &Declared<'_>,
) -> Option<Finding> {
    match &target.node.value {
        Value::String(name) if is_placeholder(name) => None,
        Value::String(name) if !name.contains(|letter: char| letter.is_ascii_alphabetic()) => {
            Some(quoted(service, target, name))
        }
        Value::String(name) => match declared.by_name.get(&**name) {
            Some(ports) if ports.contains_key(target.protocol) => None,
            Some(ports) => ports.values().next().map(|port| {
                other_protocol(service, target, Severity::Error, &format!("`{name}`"), *port)
            }),
            None => Some(unknown_name(service, target, name, declared)),
        },
        _ => {
            let number = target.node.as_i64()?;
            match declared.by_number.get(&number) {
                Some(ports) if ports.contains_key(target.protocol) => None,
                Some(ports) => ports.values().next().map(|port| {
                    other_protocol(service, target, Severity::Note, &format!("{number}"), *port)
                }),
                None => unknown_number(service, target, number, only, declared),
            }
        }
    }
}

fn report(service: &Object, target: &Target<'_>, severity: Severity, message: String) -> Finding {
    finding(&RULE, severity, service, (target.node.span, target.pointer.clone()), message)
}

/// A number in quotes.
fn quoted(service: &Object, target: &Target<'_>, text: &str) -> Finding {
    let message = format!("the target port `\"{text}\"` is text, which names a port");
    let finding = report(service, target, Severity::Error, message)
        .labelled("taken for a name")
        .because("the name of a port has a letter at least")
        .help(format!("write `{text}` without quotes"));
    // The API server takes no such name, so the number is meant.
    match text.parse::<i64>() {
        Ok(number) => rewritten(finding, service, Safety::Safe, number),
        Err(_) => finding,
    }
}

/// A port declared for another protocol.
fn other_protocol(
    service: &Object,
    target: &Target<'_>,
    severity: Severity,
    port: &str,
    declaration: Declaration<'_>,
) -> Finding {
    let (wanted, found) = (target.protocol, declaration.port.protocol());
    let workload = named(declaration.object);
    let message =
        format!("the pods of {workload} declare the port {port} for {found}, not {wanted}");
    report(service, target, severity, message)
        .labelled(format!("for {wanted}"))
        .related_to(declaration.location("protocol"), format!("declared for {found}"))
        .help(format!("write `protocol: {found}` in the Service, or `{wanted}` in the pods"))
}

/// A name that no pod declares.
fn unknown_name(
    service: &Object,
    target: &Target<'_>,
    name: &str,
    declared: &Declared<'_>,
) -> Finding {
    let message = format!("none of the selected pods declares a port `{name}`");
    let finding = report(service, target, Severity::Error, message)
        .labelled("no container has a port of this name")
        .because(format!("the selected pods are those of {}", declared.pods));
    let names = || declared.by_name.keys().copied();
    let near = nearest(name, names().take(COMPARED));
    let ports = near.or_else(|| names().next()).and_then(|name| declared.by_name.get(name));
    let first = ports.and_then(|ports| ports.values().next());
    let finding = match first {
        Some(port) => finding.related_to(
            port.location("name"),
            format!("the pods of {} declare this one", named(port.object)),
        ),
        None => unnamed_ports(finding, declared),
    };
    let finding = finding.help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if first.is_none() => format!("add `name: {name}` to the port"),
        None => format!("the pods declare {}", listed(names().map(|name| format!("`{name}`")))),
    });
    match near {
        Some(_) => respelt(finding, service, name, names().take(COMPARED)),
        None => finding,
    }
}

/// Shows a port that the pods declare without a name.
fn unnamed_ports(finding: Finding, declared: &Declared<'_>) -> Finding {
    match declared.by_number.values().flat_map(BTreeMap::values).next() {
        Some(port) => finding.related_to(
            port.location("containerPort"),
            format!("the pods of {} declare this port without a name", named(port.object)),
        ),
        None => finding,
    }
}

/// A number that no pod declares.
fn unknown_number(
    service: &Object,
    target: &Target<'_>,
    number: i64,
    only: bool,
    declared: &Declared<'_>,
) -> Option<Finding> {
    let (first, ports) = declared.by_number.first_key_value()?;
    let port = ports.values().next()?;
    let alone = only && declared.by_number.len() == 1;
    let severity = if alone { Severity::Warning } else { Severity::Note };
    let message = format!("none of the selected pods declares the port {number}");
    let finding = report(service, target, severity, message)
        .labelled("no container declares this port")
        .related_to(
            port.location("containerPort"),
            format!("the pods of {} declare {first}", named(port.object)),
        )
        .because(format!("the selected pods are those of {}", declared.pods));
    let known = listed(declared.by_number.keys().map(ToString::to_string));
    if declared.by_number.len() > 1 {
        return Some(finding.help(format!("the pods declare {known}")));
    }
    // Without a `targetPort`, the finding points to the port of the Service, which callers know.
    let place = target.pointer.rsplit_once('/').map_or("", |(place, _)| place);
    let change = Change::Set { pointer: format!("{place}/targetPort"), value: (*first).into() };
    let finding = finding.help(format!("did you mean {known}?"));
    Some(mended(finding, service, Safety::Unsafe, &[change]))
}

#[cfg(test)]
mod tests;
