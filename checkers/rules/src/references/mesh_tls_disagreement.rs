//! `mesh-tls-disagreement`: callers of a mesh speak plain text to those that want TLS.

use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Object, Selector};

use super::Context;
use super::common::{finding, named, namespace};
use super::places::{one, root, text_at};
use super::services::in_cluster;
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "mesh-tls-disagreement",
    Part::Reference,
    Severity::Error,
    "callers are told to speak without the TLS that the mesh demands",
    "\
## What it checks

Istio's DestinationRules that set `trafficPolicy.tls.mode` to `DISABLE` or `SIMPLE` for a Service of
the cluster, against the PeerAuthentications with `mtls.mode: STRICT` that hold for its pods: of its
namespace, or for the pods by their labels. A PeerAuthentication of the root namespace `istio-system`
holds for all others.

## Why it matters

The server's proxy takes connections with the certificates of the mesh only, and the callers' proxies
offer none: every call fails with `connection reset` or 503 (`UC`).

## What to do

Write `ISTIO_MUTUAL` in the DestinationRule, or leave `tls` out, or make the PeerAuthentication
`PERMISSIVE`.

## Fix

`--fix --unsafe` writes `ISTIO_MUTUAL`.

## Example

```yaml
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, trafficPolicy: {tls: {mode: DISABLE}}}
```

## References

* <https://istio.io/latest/docs/ops/best-practices/security/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let strict: Vec<_> = context
        .index
        .of_kind("security.istio.io", "PeerAuthentication")
        .filter(|it| text_at(&root(it), "spec/mtls/mode") == Some("STRICT"))
        .filter(|it| it.node.at(&["spec", "portLevelMtls"]).is_none())
        .collect();
    if strict.is_empty() {
        return;
    }
    for rule in context.index.of_kind("networking.istio.io", "DestinationRule") {
        findings.extend(judge(context, rule, &strict));
    }
}

fn judge(context: &Context<'_>, rule: &Object, strict: &[&Object]) -> Option<Finding> {
    let mode = one(&root(rule), "spec/trafficPolicy/tls/mode")?;
    let stated = mode.node.as_str().filter(|mode| matches!(*mode, "DISABLE" | "SIMPLE"))?;
    let host = rule.node.at(&["spec", "host"])?.as_str()?;
    let (name, from) = in_cluster(host, namespace(rule))?;
    let service = context.index.resolve(from, "", "Service", name).next()?;
    let policy = strict.iter().find(|policy| holds_for(context, policy, service))?;
    let message = format!("`{stated}` for {}, which takes TLS of the mesh only", named(service));
    let demanded = policy.node.at(&["spec", "mtls", "mode"])?;
    let place = (mode.node.span, mode.pointer.clone());
    let finding = finding(&RULE, Severity::Error, rule, place, message)
        .labelled("every call is refused")
        .related_to(policy.location(demanded.span), format!("{} demands it", named(policy)))
        .related_to(service.name_location(), "this Service")
        .help("write `ISTIO_MUTUAL`, or leave `tls` out");
    Some(rewritten(finding, rule, Safety::Unsafe, "ISTIO_MUTUAL"))
}

/// Whether a policy holds for all pods of a Service.
fn holds_for(context: &Context<'_>, policy: &Object, service: &Object) -> bool {
    let own = namespace(policy);
    let selector = policy.node.at(&["spec", "selector"]).filter(|it| !it.entries().is_empty());
    if own == Some("istio-system") {
        // Another policy, of the namespace, may say otherwise.
        let mut others = context.index.of_kind("security.istio.io", "PeerAuthentication");
        let overruled =
            others.any(|it| namespace(it) == namespace(service) && !std::ptr::eq(it, policy));
        return selector.is_none() && !overruled;
    }
    if own != namespace(service) {
        return false;
    }
    let Some(selector) = selector.and_then(|it| it.get("matchLabels")) else { return true };
    let Some(selector) = Selector::from_map(Some(selector)) else { return false };
    let pods = Selector::of(service).filter(|it| !it.is_nothing());
    let pods = pods.map_or_else(Vec::new, |it| context.index.select(namespace(service), &it));
    !pods.is_empty() && pods.iter().all(|it| selector.matches_pods_of(it))
}
