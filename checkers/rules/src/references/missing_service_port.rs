//! `missing-service-port`: traffic is sent to a port that a Service does not have.

use seatrial_core::{Finding, Safety, Severity, nearest};
use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, is_placeholder, listed, named, text};
use super::services::{PortUse, ServiceUse, Wanted, ports_of, service_uses};
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-service-port",
    Part::Reference,
    Severity::Error,
    "a Service is used by a port that it does not have",
    "\
## What it checks

The port by which Ingresses, routes of the Gateway API and of Istio, Traefik and Contour, webhooks
and API services name a Service, by number or by name, against the `ports` of that Service. Webhooks
and API services use port 443 where none is stated.

A port that the Service does not have is an error. Services of type `ExternalName` have no ports of
their own, and are not judged; nor are Services outside the inspected files.

## Why it matters

The number wanted here is the `port` of the Service, not the port on which the container listens;
the two are easily mixed up. The API server does not compare them: the gateway answers 503, and the
API server fails to call the webhook.

## What to do

Write a `port` (or the `name` of a port) that the Service has.

## Fix

`--fix --unsafe` writes the only port that can be meant.

## Example

```yaml
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80, targetPort: 8080}]}
---
kind: Ingress
spec: {defaultBackend: {service: {name: web, port: {number: 8080}}}}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/ingress/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        let uses = service_uses(object);
        findings.extend(uses.iter().filter_map(|used| judge(context, object, used)));
    }
}

fn judge(context: &Context<'_>, object: &Object, used: &ServiceUse<'_>) -> Option<Finding> {
    let port = used.port.as_ref()?;
    let services = used.named.resolve(context);
    let ports = ports_of(&services)?;
    let unknown = |name: &str| is_placeholder(name);
    if ports.iter().any(|(_, node)| has(node, port.wanted))
        || matches!(port.wanted, Wanted::Name(name) if unknown(name))
    {
        return None;
    }
    let service = services.first()?;
    let message = format!("{} has no port {}", named(service), port.wanted);
    let place = (port.place.node.span, port.place.pointer.clone());
    let finding = finding(&RULE, Severity::Error, object, place, message).labelled(label(port));
    let finding = explain(finding, port.wanted, &ports);
    Some(match meant(port.wanted, &ports) {
        Some(value) if port.place.node.as_mapping().is_none() => {
            rewritten(finding, object, Safety::Unsafe, value)
        }
        _ => finding,
    })
}

fn label(port: &PortUse<'_>) -> &'static str {
    match port.place.node.as_mapping() {
        Some(_) => "means port 443, for none is stated",
        None => "no port of the Service",
    }
}

/// Whether a port of a Service is the one wanted; texts of digits are numbers, as the older forms
/// of Ingress have them.
fn has(port: &Node, wanted: Wanted<'_>) -> bool {
    let number = port.get("port").and_then(Node::as_i64);
    match wanted {
        Wanted::Number(wanted) => number == Some(wanted),
        Wanted::Name(wanted) => {
            text(port, "name") == Some(wanted)
                || number.is_some_and(|number| wanted.parse() == Ok(number))
        }
    }
}

/// Shows the ports that the Service has.
fn explain(finding: Finding, wanted: Wanted<'_>, ports: &[(&Object, &Node)]) -> Finding {
    let of_pods = ports.iter().find(|(_, port)| leads_to(port, wanted));
    let near = match wanted {
        Wanted::Name(name) => {
            let names = ports.iter().filter_map(|(_, port)| text(port, "name"));
            let near = nearest(name, names);
            ports.iter().find(|(_, port)| near.is_some() && text(port, "name") == near)
        }
        Wanted::Number(_) => None,
    };
    let Some((service, port)) = of_pods.or(near).or_else(|| ports.first()) else { return finding };
    let place = port.get("port").unwrap_or(port);
    let shown = match of_pods {
        Some(_) => "this port of the Service leads there".to_owned(),
        None => "a port of the Service".to_owned(),
    };
    let finding = finding.related_to(service.location(place.span), shown);
    let known: Vec<_> = ports.iter().filter_map(|(_, port)| written(port, wanted)).collect();
    let known = listed(known.into_iter());
    let finding = match of_pods {
        Some(_) => {
            finding.because(format!("{wanted} is the port of the pods, not that of the Service"))
        }
        None => finding.because(format!("the ports of the Service are {known}")),
    };
    let meant = of_pods.or(near).or_else(|| ports.first().filter(|_| ports.len() == 1));
    finding.help(match meant.and_then(|(_, port)| written(port, wanted)) {
        Some(port) => format!("write {port}"),
        None => "write a port that the Service has".to_owned(),
    })
}

/// Whether a port of a Service leads to this port of the pods.
fn leads_to(port: &Node, wanted: Wanted<'_>) -> bool {
    port.get("targetPort").is_some_and(|target| match wanted {
        Wanted::Number(number) => target.as_i64() == Some(number),
        Wanted::Name(name) => target.as_str() == Some(name),
    })
}

/// What to write instead, if one port alone can be meant: the only one that leads to the port named,
/// or the only one there is.
fn meant(wanted: Wanted<'_>, ports: &[(&Object, &Node)]) -> Option<serde_json::Value> {
    let leading: Vec<_> = ports.iter().filter(|(_, port)| leads_to(port, wanted)).collect();
    let (_, port) = match (leading.as_slice(), ports) {
        ([only], _) => only,
        ([], [only]) => only,
        _ => return None,
    };
    match wanted {
        Wanted::Number(_) => port.get("port")?.as_i64().map(Into::into),
        Wanted::Name(_) => text(port, "name").map(Into::into),
    }
}

/// A port of a Service in the manner in which another one is asked for.
fn written(port: &Node, like: Wanted<'_>) -> Option<String> {
    let number = || port.get("port").and_then(Node::as_i64).map(|number| number.to_string());
    match like {
        Wanted::Number(_) => number(),
        Wanted::Name(_) => text(port, "name").map(|name| format!("`{name}`")).or_else(number),
    }
}
