//! `missing-gateway`: a route is attached to a Gateway, or a listener, that is not there.

use seatrial_core::{Finding, Severity, nearest};
use seatrial_manifests::{Object, Part as Place};
use seatrial_parse::Node;

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::common::{finding, listed, named, namespace, text};
use super::places::{all, one, text_at};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-gateway",
    Part::Reference,
    Severity::Error,
    "a route is attached to a Gateway that is not there, or that refuses it",
    "\
## What it checks

The `parentRefs` of the routes of the Gateway API, and the `gateways` of Istio's VirtualServices.

* A Gateway of a name one slip of the hand away is there: an error.
* The Gateway is in another namespace than the one that is meant: a warning.
* The Gateway is not there: it may live outside the inspected files, so a note; with
  `--closed-world` an error.
* The Gateway has no listener of the name in `sectionName`, or of the `port`: an error.
* The route is in another namespace than the Gateway, and all listeners take routes of their own
  namespace only, which is the default (`allowedRoutes.namespaces.from: Same`): an error.

## Why it matters

The route is stored and attached to nothing: requests to its hosts get 404 from the gateway. Only
the status of the route tells.

## What to do

Correct the reference, or let the listener take routes of other namespaces
(`allowedRoutes: {namespaces: {from: Selector, selector: …}}`).

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: Gateway
metadata: {name: edge, namespace: infra}
spec: {listeners: [{name: https, port: 443, protocol: HTTPS}]}
---
kind: HTTPRoute
metadata: {name: shop, namespace: shop}
spec: {parentRefs: [{name: edge, namespace: infra}]}   # refused: another namespace
```

## References

* <https://gateway-api.sigs.k8s.io/guides/multiple-ns/>
",
);

const GATEWAY_API: &str = "gateway.networking.k8s.io";
const ISTIO: &str = "networking.istio.io";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        if object.group() == GATEWAY_API && object.kind().ends_with("Route") {
            for parent in all(object, "spec/parentRefs/*") {
                findings.extend(judge(context, object, &parent));
            }
        } else if object.group() == ISTIO && object.kind() == "VirtualService" {
            let gateways = all(object, "spec/gateways/*");
            let gateways = gateways.into_iter().filter_map(|place| of_mesh(object, place));
            findings.extend(
                gateways.filter_map(|gateway| absent(context, &RULE, &gateway, Otherwise::Note)),
            );
        }
    }
}

/// A gateway of Istio, by `NAME` or `NAMESPACE/NAME`; not the reserved word for the mesh itself.
fn of_mesh<'a>(object: &'a Object, place: Place<'a>) -> Option<Named<'a>> {
    let text = place.node.as_str().filter(|text| *text != "mesh" && !text.contains('.'))?;
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (namespace(object), text),
    };
    Some(Named { object, place, namespace, group: ISTIO, kind: "Gateway", name })
}

fn judge(context: &Context<'_>, route: &Object, parent: &Place<'_>) -> Option<Finding> {
    let kind = text(parent.node, "kind").unwrap_or("Gateway");
    let group = text(parent.node, "group").unwrap_or(GATEWAY_API);
    if kind != "Gateway" || group != GATEWAY_API {
        return None;
    }
    let mut used = Named::by(route, one(parent, "name")?, (GATEWAY_API, "Gateway"))?;
    used.namespace = text_at(parent, "namespace").or_else(|| namespace(route));
    let gateways = used.resolve(context);
    let [gateway] = gateways.as_slice() else {
        return absent(context, &RULE, &used, Otherwise::Note).filter(|_| gateways.is_empty());
    };
    let listeners = all(gateway, "spec/listeners/*");
    // Others may add listeners to a Gateway that says so.
    if listeners.is_empty() || gateway.node.at(&["spec", "allowedListeners"]).is_some() {
        return None;
    }
    let section = one(parent, "sectionName");
    let port = one(parent, "port");
    let fits = |listener: &&Place<'_>| {
        let name = section
            .as_ref()
            .is_none_or(|wanted| text(listener.node, "name") == wanted.node.as_str());
        let number = |node: &Node| node.get("port").and_then(Node::as_i64);
        name && port.as_ref().is_none_or(|port| number(listener.node) == port.node.as_i64())
    };
    let fitting: Vec<_> = listeners.iter().filter(fits).collect();
    if fitting.is_empty() {
        let place = section.or(port)?;
        return Some(report_no_listener(route, gateway, &place, &listeners));
    }
    report_refused(route, gateway, &used, &fitting)
}

/// The finding on a listener that the Gateway does not have.
fn report_no_listener(
    route: &Object,
    gateway: &Object,
    place: &Place<'_>,
    listeners: &[Place<'_>],
) -> Finding {
    let wanted = place.node.to_json().to_string().replace('"', "`");
    let message = format!("{} has no listener {wanted}", named(gateway));
    let names: Vec<_> = listeners.iter().filter_map(|it| text(it.node, "name")).collect();
    let near = place.node.as_str().and_then(|wanted| nearest(wanted, names.iter().copied()));
    let shown = listeners.iter().find(|it| near.is_some() && text(it.node, "name") == near);
    let shown = shown.or_else(|| listeners.first());
    let span = shown.map_or(gateway.node.span, |it| it.node.get("name").unwrap_or(it.node).span);
    let at = (place.node.span, place.pointer.clone());
    finding(&RULE, Severity::Error, route, at, message)
        .labelled("no such listener")
        .related_to(gateway.location(span), "a listener of the Gateway")
        .because(format!(
            "the listeners of the Gateway are {}",
            listed(names.iter().map(|name| format!("`{name}`")))
        ))
        .help(near.map_or_else(
            || "write a listener that the Gateway has".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ))
}

/// The finding where all listeners take routes of the Gateway's namespace only.
fn report_refused(
    route: &Object,
    gateway: &Object,
    used: &Named<'_>,
    listeners: &[&Place<'_>],
) -> Option<Finding> {
    let (here, there) = (namespace(route)?, namespace(gateway)?);
    let same_only = |listener: &&&Place<'_>| {
        let from = text_at(listener, "allowedRoutes/namespaces/from");
        from.is_none_or(|from| from == "Same")
    };
    let first = listeners.first()?;
    if here == there || listeners.iter().filter(same_only).count() < listeners.len() {
        return None;
    }
    let shown = first.node.at(&["allowedRoutes", "namespaces"]).unwrap_or(first.node);
    let message = format!("{} takes no routes of the namespace `{here}`", named(gateway));
    let finding = used
        .report(&RULE, Severity::Error, message)
        .labelled(format!("refuses routes from `{here}`"))
        .related_to(gateway.location(shown.span), format!("takes routes of `{there}` only"))
        .help("let the listener take them: `allowedRoutes: {namespaces: {from: Selector, …}}`");
    Some(match first.node.get("allowedRoutes") {
        None => finding.because("without `allowedRoutes`, a listener takes those of its namespace"),
        Some(_) => finding,
    })
}
