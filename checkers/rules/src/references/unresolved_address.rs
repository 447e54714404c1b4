//! `unresolved-address`: a variable or a configuration file names a Service or port that is not
//! there.

use rustc_hash::FxHashSet;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::absent::{may_be_made, workload_named};
use super::addresses::{Address, Meant, is_alias, meant, namespaces, of_config, of_pods};
use super::common::{finding, listed, named};
use super::services::{is_headless, ports_of};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "unresolved-address",
    Part::Reference,
    Severity::Error,
    "an address in a variable or in configuration leads to no Service",
    "\
## What it checks

Addresses in the values of environment variables, in commands and arguments of containers, and in
the data of ConfigMaps: `http://cart:8080/api`, `cart:8080`, `cart.shop.svc.cluster.local`. A name
without a dot is a Service of the same namespace; `NAME.NAMESPACE` and `NAME.NAMESPACE.svc` are looked
at where the inspected files know the namespace.

* The Service is there, but has no such port: an error. (Headless Services have no ports of their
  own, and ExternalNames lead elsewhere: neither is judged.)
* A URL states no port, and the Service lacks that of the scheme (80 of `http`): a warning.
* There is no such Service, but one of a name that is one slip of the hand away: an error, where that
  one has the port; a warning otherwise.
* There is no such Service, but a workload of that name: a warning. So is it where at least two
  other addresses of the object lead to inspected Services.
* There is no such Service: nothing is said, for it may live elsewhere; with `--closed-world` an error.

## Why it matters

Nobody checks texts. The caller gets `no such host` or waits for a connection that nobody takes, and
the fault looks like one of the network.

## What to do

Write the name and the `port` of the Service: not the port on which its pods listen.

## Example

```yaml
kind: Service
metadata: {name: cart}
spec: {ports: [{port: 80, targetPort: 8080}]}
---
kind: Deployment
spec: {template: {spec: {containers: [{env: [{name: CART_URL, value: http://cart:8080}]}]}}}
```

## Known limits

Secrets are not read. What is put together from several variables is not seen.

## References

* <https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>
",
);

/// How many addresses of an object must lead to inspected Services for the others to be missed.
const ENOUGH: usize = 2;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let known = namespaces(context);
    let mut judged = FxHashSet::default();
    for object in context.index.objects() {
        let addresses = match PodTemplate::of(object) {
            Some(template) => of_pods(&template),
            None => of_config(object),
        };
        if addresses.is_empty() {
            continue;
        }
        let read: Vec<_> = addresses
            .iter()
            .filter_map(|address| Some((address, meant(context, &known, address)?)))
            .map(|(address, meant)| (address, meant, services(context, meant)))
            .collect();
        let mut resolved = FxHashSet::default();
        for (address, _, services) in &read {
            if !services.is_empty() {
                resolved.insert(address.host);
            }
        }
        judged.clear();
        for (address, meant, services) in &read {
            let found = judge(context, address, *meant, services, resolved.len() >= ENOUGH);
            findings.extend(found.filter(|_| judged.insert((address.host, address.port))));
        }
    }
}

fn services<'a>(context: &Context<'a>, meant: Meant<'a>) -> Vec<&'a Object> {
    let (Meant::Service(name, namespace) | Meant::PodOf(name, namespace)) = meant;
    context.index.resolve(namespace, "", "Service", name).collect()
}

fn judge(
    context: &Context<'_>,
    address: &Address<'_>,
    meant: Meant<'_>,
    services: &[&Object],
    among_others: bool,
) -> Option<Finding> {
    if services.is_empty() {
        return judge_absent(context, address, meant, among_others);
    }
    let Meant::Service(..) = meant else { return None };
    let port = address.port?;
    let ports = ports_of(services)?;
    let has = |node: &Node| node.get("port").and_then(Node::as_i64) == Some(port);
    let as_pods = services.iter().any(|service| is_headless(service));
    if as_pods || ports.iter().any(|(_, node)| has(node)) || is_alias(address) {
        return None;
    }
    // `redis:16` may be an image.
    if !address.certain && port < 80 {
        return None;
    }
    let (service, first) = ports.first()?;
    let to_pods =
        ports.iter().find(|(_, node)| node.get("targetPort").and_then(Node::as_i64) == Some(port));
    let shown = to_pods.map_or(*first, |(_, node)| node);
    let place = shown.get("port").unwrap_or(shown);
    let severity = match address.implied_by {
        Some(_) => Severity::Warning,
        None => Severity::Error,
    };
    let message = format!("{} has no port {port}", named(service));
    let numbers = ports.iter().filter_map(|(_, node)| node.get("port").and_then(Node::as_i64));
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    let finding = report(address, severity, message)
        .labelled(match address.implied_by {
            Some(scheme) => format!("`{scheme}` means port {port}"),
            None => "no port of this Service".to_owned(),
        })
        .related_to(
            service.location(place.span),
            match to_pods {
                Some(_) => "this port of the Service leads there",
                None => "a port of the Service",
            },
        )
        .because(format!("the ports of the Service are {}", listed(numbers.iter().cloned())));
    let meant = place.as_i64().filter(|_| to_pods.is_some() || numbers.len() == 1);
    Some(match meant {
        Some(port) => finding.help(format!("write `{}:{port}`", address.host)),
        None => finding.help("write a port that the Service has"),
    })
}

fn judge_absent(
    context: &Context<'_>,
    address: &Address<'_>,
    meant: Meant<'_>,
    among_others: bool,
) -> Option<Finding> {
    let (Meant::Service(name, from) | Meant::PodOf(name, from)) = meant;
    if !address.certain || is_alias(address) || may_be_made(context, from, name) {
        return None;
    }
    let message = format!("no inspected Service is named `{name}`");
    if let Some(near) = context.index.near_names(from, "", "Service", name).first() {
        let ports = ports_of(&[near]).unwrap_or_default();
        let has =
            ports.iter().any(|(_, node)| node.get("port").and_then(Node::as_i64) == address.port);
        let severity = if has { Severity::Error } else { Severity::Warning };
        return Some(
            report(address, severity, message)
                .labelled("one slip away from what is there")
                .related_to(near.name_location(), "this Service has a near name")
                .help(format!("did you mean `{}`?", near.name())),
        );
    }
    if let Some(workload) = workload_named(context, from, name) {
        let workload = workload.object;
        return Some(
            report(address, Severity::Warning.max(context.absence()), message)
                .labelled("a name that does not resolve")
                .related_to(
                    workload.name_location(),
                    format!("{} has no Service of its name", named(workload)),
                )
                .help(format!("add a Service `{name}` that selects these pods")),
        );
    }
    let severity = match (context.closed_world, among_others) {
        (true, _) => Severity::Error,
        (false, true) => Severity::Warning,
        (false, false) => return None,
    };
    let finding = report(address, severity, message).labelled("not among the inspected files");
    Some(if among_others {
        finding.because("other addresses of this object lead to inspected Services")
    } else {
        finding
    })
}

fn report(address: &Address<'_>, severity: Severity, message: String) -> Finding {
    let place = (address.span(), address.place.pointer.clone());
    finding(&RULE, severity, address.object, place, message)
}
