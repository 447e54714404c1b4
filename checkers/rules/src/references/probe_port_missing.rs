//! `probe-port-missing`: a probe or a hook asks a port that its container does not have.

use std::collections::BTreeMap;

use seatrial_core::{Finding, Severity, nearest};
use seatrial_manifests::{Container, Part as Place, PodTemplate};
use seatrial_parse::{Node, Value};

use super::Context;
use super::common::{finding, is_placeholder, listed};
use super::places::one;
use crate::fix::respelt;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "probe-port-missing",
    Part::Reference,
    Severity::Error,
    "a probe asks a port that the container does not declare",
    "\
## What it checks

The port of liveness, readiness and startup probes (`httpGet`, `tcpSocket`) and of lifecycle hooks
against the ports that the same container declares.

* A *name* that the container does not declare is an error.
* A *number* in quotes is an error: it is taken for a name.
* A *number* that the container does not declare, though it declares others, is a note: a process
  may listen on ports that are not declared.

## Why it matters

The name of a port that is not declared stands for nothing: the probe fails, always. With a
readiness probe the pod never gets traffic, with a liveness probe it is restarted for ever.

## What to do

Write the name or the number under which this container declares the port.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
containers:
- name: web
  ports: [{name: http, containerPort: 8080}]
  readinessProbe: {httpGet: {path: /ready, port: web}}
```

## References

* <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/>
",
);

const PLACES: [&str; 10] = [
    "livenessProbe/httpGet/port",
    "livenessProbe/tcpSocket/port",
    "readinessProbe/httpGet/port",
    "readinessProbe/tcpSocket/port",
    "startupProbe/httpGet/port",
    "startupProbe/tcpSocket/port",
    "lifecycle/postStart/httpGet/port",
    "lifecycle/postStart/tcpSocket/port",
    "lifecycle/preStop/httpGet/port",
    "lifecycle/preStop/tcpSocket/port",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        // Without an image it is a patch, whose ports may stand in what it is laid over.
        for container in template.containers().filter(|it| it.node.get("image").is_some()) {
            for path in PLACES {
                let here = Place { node: container.node, pointer: String::new() };
                let Some(port) = one(&here, path) else { continue };
                findings.extend(judge(template, &container, &port));
            }
        }
    }
}

fn judge(
    template: &PodTemplate<'_>,
    container: &Container<'_>,
    port: &Place<'_>,
) -> Option<Finding> {
    let names: BTreeMap<_, _> =
        container.ports().filter_map(|declared| Some((declared.name()?, declared))).collect();
    let name = container.name();
    let (severity, message, label) = match &port.node.value {
        Value::String(wanted) if is_placeholder(wanted) || names.contains_key(&**wanted) => {
            return None;
        }
        Value::String(wanted) if !wanted.contains(|c: char| c.is_ascii_alphabetic()) => (
            Severity::Error,
            format!("the port `\"{wanted}\"` is text, which names a port"),
            "taken for a name",
        ),
        Value::String(wanted) => (
            Severity::Error,
            format!("the container `{name}` declares no port `{wanted}`"),
            "no port of this name",
        ),
        _ => {
            let wanted = port.node.as_i64()?;
            let mut numbers = container.ports().filter_map(|declared| declared.number()).peekable();
            numbers.peek()?;
            if numbers.any(|number| number == wanted) {
                return None;
            }
            let message = format!("the container `{name}` does not declare the port {wanted}");
            (Severity::Note, message, "not among its ports")
        }
    };
    let pointer = format!("{}{}", container.pointer(), port.pointer);
    let finding = finding(&RULE, severity, template.object, (port.node.span, pointer), message)
        .labelled(label);
    let near = port.node.as_str().and_then(|wanted| nearest(wanted, names.keys().copied()));
    let shown = near.and_then(|near| names.get(near).copied()).or_else(|| container.ports().next());
    let finding = match shown {
        Some(declared) => finding.related_to(
            template.object.location(declared.node.get("name").unwrap_or(declared.node).span),
            "the container declares this one",
        ),
        None => finding,
    };
    Some(match near {
        Some(near) => {
            let finding = finding.help(format!("did you mean `{near}`?"));
            let wanted = port.node.as_str().unwrap_or_default();
            respelt(finding, template.object, wanted, names.keys().copied())
        }
        None if shown.is_none() => finding.help("declare the port in `ports`, with this name"),
        None => finding
            .help(format!("the container declares {}", listed(written(container).into_iter()))),
    })
}

/// The ports of a container as one would write them.
fn written(container: &Container<'_>) -> Vec<String> {
    let ports = container.ports().filter_map(|port| {
        let number = port.node.get("containerPort").and_then(Node::as_i64)?;
        Some(port.name().map_or_else(|| number.to_string(), |name| format!("`{name}` ({number})")))
    });
    ports.collect()
}
