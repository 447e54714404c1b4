//! `port-conflict`: two want the same port of one pod, node or cluster.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate, Port, Workload};

use super::Context;
use super::common::{directory, finding, named, namespace, text};
use super::places::all;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "port-conflict",
    Part::Reference,
    Severity::Error,
    "a port, of a pod, of the nodes or of an address, is taken twice",
    "\
## What it checks

* Two containers of one pod that declare the same port and protocol: a warning. The containers of a
  pod share one network, so that only one of them can listen.
* Two DaemonSets that run on every node and take the same `hostPort`: a warning.
* Two Services with the same `nodePort` and protocol, or the same stated `clusterIP`: an error.

## Why it matters

The second container crashes with `address already in use`; the second DaemonSet has no pods on
nodes where the first one runs; the API server rejects the second Service: `provided port is already
allocated`.

## What to do

Give one of them another port. Leave `nodePort` out, if no number is needed: the API server picks a
free one.

## Example

```yaml
containers:
- {name: web, ports: [{containerPort: 8080}]}
- {name: metrics, ports: [{containerPort: 8080}]}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/service/#nodeport-custom-port>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        in_pod(template, findings);
    }
    on_nodes(context, findings);
    in_cluster(context, findings);
}

/// Two containers of a pod that declare the same port.
fn in_pod(template: &PodTemplate<'_>, findings: &mut Vec<Finding>) {
    let mut taken = FxHashMap::<_, (&str, Port<'_>)>::default();
    for container in template.serving_containers() {
        for (at, port) in container.ports().enumerate() {
            let Some(number) = port.number() else { continue };
            let (name, first) =
                *taken.entry((number, port.protocol())).or_insert_with(|| (container.name(), port));
            if name == container.name() {
                continue;
            }
            let node = port.node.get("containerPort").unwrap_or(port.node);
            let other = first.node.get("containerPort").unwrap_or(first.node);
            let pointer = format!("{}/ports/{at}/containerPort", container.pointer());
            let message = format!(
                "the containers `{name}` and `{}` both take the port {number}",
                container.name()
            );
            findings.push(
                finding(&RULE, Severity::Warning, template.object, (node.span, pointer), message)
                    .labelled("taken by another container of the pod")
                    .related_to(
                        template.object.location(other.span),
                        format!("`{name}` takes it here"),
                    )
                    .because("the containers of a pod share one network")
                    .help("let one of them listen on another port"),
            );
        }
    }
}

/// Two `DaemonSet`s that take the same port of every node.
fn on_nodes(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut taken = BTreeMap::<_, (&Object, Port<'_>)>::new();
    let everywhere = context.index.templates().iter().filter(|template| {
        let picky = |field| template.spec.is_some_and(|spec| spec.get(field).is_some());
        template.workload == Workload::DaemonSet && !picky("nodeSelector") && !picky("affinity")
    });
    for template in everywhere {
        for container in template.serving_containers() {
            for (at, port) in container.ports().enumerate() {
                let Some(node) = port.node.get("hostPort") else { continue };
                let Some(number) = node.as_i64().filter(|number| *number > 0) else { continue };
                let address = text(port.node, "hostIP").unwrap_or_default();
                let key = (number, port.protocol(), address);
                let (first, other) = *taken.entry(key).or_insert((template.object, port));
                if same_object(first, template.object) {
                    continue;
                }
                let other = other.node.get("hostPort").unwrap_or(other.node);
                let pointer = format!("{}/ports/{at}/hostPort", container.pointer());
                let message =
                    format!("{} takes the port {number} of every node, too", named(first));
                findings.push(
                    finding(
                        &RULE,
                        Severity::Warning,
                        template.object,
                        (node.span, pointer),
                        message,
                    )
                    .labelled("taken on the same nodes")
                    .related_to(
                        first.location(other.span),
                        format!("{} takes it here", named(first)),
                    )
                    .help("give one of them another `hostPort`, or a `nodeSelector`"),
                );
            }
        }
    }
}

/// Services that ask for the same port of the nodes, or for the same address.
fn in_cluster(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut taken = BTreeMap::<_, (&Object, Place<'_>)>::new();
    for service in context.index.of_kind("", "Service") {
        let ports = all(service, "spec/ports/*").into_iter().filter_map(|port| {
            let place = super::places::one(&port, "nodePort")?;
            let number = place.node.as_i64().filter(|number| *number > 0)?;
            let protocol = text(port.node, "protocol").unwrap_or("TCP");
            Some((("nodePort", number.to_string(), protocol), place))
        });
        let address = all(service, "spec/clusterIP").into_iter().filter_map(|place| {
            let address = place.node.as_str().filter(|it| !it.is_empty() && *it != "None")?;
            Some((("clusterIP", address.to_owned(), ""), place))
        });
        for (key, place) in ports.chain(address) {
            let (field, value) = (key.0, key.1.clone());
            let (first, other) = taken.entry(key).or_insert((service, place.clone()));
            if same_object(first, service) {
                continue;
            }
            let message = format!("{} has the {field} {value}, too", named(first));
            let at = (place.node.span, place.pointer);
            findings.push(
                finding(&RULE, Severity::Error, service, at, message)
                    .labelled("already taken")
                    .related_to(
                        first.location(other.node.span),
                        format!("{} takes it here", named(first)),
                    )
                    .because("the API server rejects the second of the two")
                    .help(format!("remove `{field}`: the API server picks one that is free")),
            );
        }
    }
}

/// Whether two manifests are of one object, or may be: variants of it in several files.
fn same_object(a: &Object, b: &Object) -> bool {
    let together = namespace(a).zip(namespace(b)).is_none_or(|(a, b)| a == b);
    std::ptr::eq(a, b) || (a.name() == b.name() && together) || directory(a) != directory(b)
}
