//! `service-without-running-pods`: a Service all of whose workloads are scaled to nothing.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};

use super::Context;
use super::blocked_eviction::Autoscalers;
use super::common::{by_selector, finding, named};
use super::service_without_pods::is_external_name;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "service-without-running-pods",
    Part::Reference,
    Severity::Warning,
    "a Service selects only workloads that are scaled to nothing",
    "\
## What it checks

The Services whose pods are all of workloads with `replicas: 0`. Workloads that an autoscaler
switches on (KEDA's ScaledObject) are not counted as switched off.

## Why it matters

The Service is there, and has no endpoints: every call is refused. It often stays so after a test or
an incident, when somebody meant to switch the workload on again.

## What to do

Raise `replicas`, or remove the Service until it is needed.

## Example

```yaml
kind: Deployment
metadata: {name: pay}
spec: {replicas: 0, template: {metadata: {labels: {app: pay}}}}
---
kind: Service
metadata: {name: pay}
spec: {selector: {app: pay}}
```
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let services = context.index.of_kind("", "Service").filter(|it| !is_external_name(it));
    let groups = by_selector(services);
    let mut autoscalers = None;
    for ((namespace, selector), services) in groups {
        let templates = context.index.select(namespace, &selector);
        if templates.is_empty() || !templates.iter().all(is_off) {
            continue;
        }
        let autoscalers = autoscalers.get_or_insert_with(|| Autoscalers::of(context));
        if templates.iter().any(|it| autoscalers.scales(it.object)) {
            continue;
        }
        findings.extend(services.iter().filter_map(|service| report(service, &templates)));
    }
}

/// Whether a workload states that it has no pods.
fn is_off(template: &PodTemplate<'_>) -> bool {
    use Workload::{Deployment, ReplicaSet, ReplicationController, StatefulSet};
    let counted =
        matches!(template.workload, Deployment | ReplicaSet | ReplicationController | StatefulSet);
    let replicas = template.object.node.at(&["spec", "replicas"]);
    counted && replicas.and_then(seatrial_parse::Node::as_i64) == Some(0)
}

fn report(service: &Object, templates: &[PodTemplate<'_>]) -> Option<Finding> {
    let workload = templates.first()?.object;
    let replicas = workload.node.at(&["spec", "replicas"])?;
    let selector = service.node.at(&["spec", "selector"])?;
    let message = format!("no pods run for the Service: {} has 0 replicas", named(workload));
    let place = (selector.span, "/spec/selector".to_owned());
    Some(
        finding(&RULE, Severity::Warning, service, place, message)
            .labelled("selects pods that do not run")
            .related_to(
                workload.location(replicas.span),
                format!("{} is switched off here", named(workload)),
            )
            .help("raise `replicas`"),
    )
}
