//! `local-traffic-without-local-pods`: traffic that stays on a node, and pods that are not on each.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use super::Context;
use super::common::{entry_span, finding, named, namespace};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "local-traffic-without-local-pods",
    Part::Reference,
    Severity::Warning,
    "a Service keeps traffic on the node, but its pods are not on every node",
    "\
## What it checks

Services with `internalTrafficPolicy: Local`, against the workloads whose pods they select. It is a
warning where none of them is a DaemonSet, and so nothing puts a pod on every node.

## Why it matters

A connection from a node without such a pod is dropped, although pods are ready elsewhere. It works
in a test cluster of one node, and for some callers in production.

## What to do

Leave the policy out, or run the pods by a DaemonSet. To prefer near pods and fall back to others,
write `trafficDistribution: PreferSameNode`.

## Example

```yaml
kind: Service
spec: {internalTrafficPolicy: Local, selector: {app: cache}}
---
kind: Deployment
spec: {replicas: 2, template: {metadata: {labels: {app: cache}}}}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let local = |service: &&Object| {
        let policy = service.node.at(&["spec", "internalTrafficPolicy"]);
        policy.and_then(Node::as_str) == Some("Local")
    };
    for service in context.index.of_kind("", "Service").filter(local) {
        let Some(selector) = seatrial_manifests::Selector::of(service) else { continue };
        let templates = context.index.select(namespace(service), &selector);
        let spread = |it: &PodTemplate<'_>| {
            // What custom controllers do with their pods is not known.
            matches!(it.workload, Workload::DaemonSet | Workload::Custom)
        };
        if !templates.iter().any(spread) {
            findings.extend(templates.first().and_then(|it| report(service, it)));
        }
    }
}

fn report(service: &Object, template: &PodTemplate<'_>) -> Option<Finding> {
    let entry = service.node.get("spec")?.entry("internalTrafficPolicy")?;
    let workload = template.object;
    let message =
        format!("traffic stays on the node, but {} is not on every node", named(workload));
    let place = (entry_span(entry), "/spec/internalTrafficPolicy".to_owned());
    Some(
        finding(&RULE, Severity::Warning, service, place, message)
            .labelled("drops calls from nodes without a pod")
            .related_to(
                workload.name_location(),
                format!("a {} puts its pods on some nodes", workload.kind()),
            )
            .help("remove it, or write `trafficDistribution: PreferSameNode` instead"),
    )
}
