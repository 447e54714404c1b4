//! `missing-disruption-budget`: replicated pods that may all be evicted at once.

use rustc_hash::FxHashSet;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{PodTemplate, Workload};

use super::Context;
use super::blocked_eviction::{Autoscalers, Pods};
use super::common::{by_selector, finding, named};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-disruption-budget",
    Part::Reference,
    Severity::Note,
    "a replicated workload has no PodDisruptionBudget",
    "\
## What it checks

Deployments and StatefulSets with at least two replicas, or with an autoscaler that keeps at least
two: whether a PodDisruptionBudget selects their pods, and whether a Service does. Workloads that no
Service selects work through a queue, as a rule, and are left alone.

## Why it matters

Whoever drains nodes, as every upgrade of a cluster does, may evict all replicas at once. Two replicas
then help against a broken node, and not against the planned work that is far more frequent.

## What to do

Add a PodDisruptionBudget with `maxUnavailable: 1` that selects the pods.

## Example

```yaml
kind: Deployment
metadata: {name: web}
spec: {replicas: 3, template: {metadata: {labels: {app: web}}}}   # and no budget
---
kind: Service
spec: {selector: {app: web}}
```

## References

* <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let protected = selected(context, "policy", "PodDisruptionBudget");
    let serving = selected(context, "", "Service");
    let autoscalers = Autoscalers::of(context);
    for template in context.index.templates() {
        let object = std::ptr::from_ref(template.object);
        let replicated = matches!(template.workload, Workload::Deployment | Workload::StatefulSet);
        if replicated && serving.contains(&object) && !protected.contains(&object) {
            let pods = Pods::of(context, std::slice::from_ref(template), &autoscalers);
            let pods = pods.filter(|pods| pods.least > 1);
            findings.extend(pods.map(|pods| report(template, &pods)));
        }
    }
}

/// The objects whose pods something of a kind selects.
fn selected(
    context: &Context<'_>,
    group: &str,
    kind: &str,
) -> FxHashSet<*const seatrial_manifests::Object> {
    let groups = by_selector(context.index.of_kind(group, kind));
    let selected = groups.keys().flat_map(|(namespace, selector)| {
        context
            .index
            .select(*namespace, selector)
            .into_iter()
            .map(|it| std::ptr::from_ref(it.object))
    });
    selected.collect()
}

fn report(template: &PodTemplate<'_>, pods: &Pods<'_>) -> Finding {
    let object = template.object;
    let name = object.node.at(&["metadata", "name"]).unwrap_or(&object.node);
    let message = format!("all {} pods of {} may be evicted at once", pods.least, named(object));
    let place = (name.span, "/metadata/name".to_owned());
    let finding = finding(&RULE, Severity::Note, object, place, message)
        .labelled("no PodDisruptionBudget selects its pods")
        .help("add a PodDisruptionBudget with `maxUnavailable: 1`");
    pods.related_to(finding)
}
