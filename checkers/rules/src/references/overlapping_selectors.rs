//! `overlapping-selectors`: two workloads whose selectors take each other's pods for their own.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Selector, Workload};

use super::Context;
use super::common::{alternatives, finding, named, variants};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "overlapping-selectors",
    Part::Reference,
    Severity::Warning,
    "the selector of a workload selects the pods of another one",
    "\
## What it checks

The selectors of Deployments, StatefulSets, DaemonSets, ReplicaSets and ReplicationControllers against
the labels of the pods of the other ones in their namespace, and of pods without a controller. Jobs
select by a label of their own, and are left alone.

It is a warning; a note where the two stand in different files and name no namespace, so that they
may be alternatives.

## Why it matters

Kubernetes does not reject it. A pod without a controller is adopted, and may be deleted as one too
many. Autoscalers and disruption budgets count the pods of both, and an autoscaler gives up with
`AmbiguousSelector`; `kubectl` shows the logs of the wrong pods.

## What to do

Give the pods of each workload a label that no other one has, and select by it. The selector of a
workload that exists cannot be changed: it has to be made anew.

## Example

```yaml
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop, part: web}}}
---
kind: Deployment
metadata: {name: worker}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop, part: worker}}}
```

## References

* <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector>
",
);

/// How many of the workloads with a label are looked at.
const COMPARED: usize = 32;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        let controls = !matches!(
            template.workload,
            Workload::Pod
                | Workload::PodTemplate
                | Workload::Job
                | Workload::CronJob
                | Workload::Custom
        );
        let Some(selector) = Selector::of(template.object).filter(|_| controls) else { continue };
        // One that does not select its own pods is reported by the schema.
        if selector.is_nothing() || !selector.matches_pods_of(template) {
            continue;
        }
        let selected = context.index.select_some(template.namespace(), &selector, COMPARED);
        let other = selected.iter().find(|other| competes(template, &selector, other));
        findings.extend(other.map(|other| report(template.object, other)));
    }
}

/// Whether a selected template is of another workload; where both select each other, the later one
/// is reported.
fn competes(template: &PodTemplate<'_>, selector: &Selector<'_>, other: &PodTemplate<'_>) -> bool {
    use Workload::{CronJob, Custom, Job, PodTemplate as Description};
    let (a, b) = (template.object, other.object);
    let same = std::ptr::eq(a, b) || (a.kind() == b.kind() && a.name() == b.name());
    if same || matches!(other.workload, Job | CronJob | Custom | Description) || variants(a, b) {
        return false;
    }
    // Labels of which the manifest does not tell the values are no overlap.
    let certain = selector.matches(other.labels());
    let mutual =
        Selector::of(b).is_some_and(|it| !it.is_nothing() && it.matches(template.labels()));
    certain && (!mutual || (a.file.path(), a.node.span.start) > (b.file.path(), b.node.span.start))
}

fn report(object: &Object, other: &PodTemplate<'_>) -> Finding {
    let selector = object.node.at(&["spec", "selector"]).unwrap_or(&object.node);
    let name = named(other.object);
    let labels = other.metadata.and_then(|metadata| metadata.get("labels"));
    let message = match other.workload {
        Workload::Pod => format!("the selector selects {name}, which is then adopted"),
        _ => format!("the selector selects the pods of {name}, too"),
    };
    let place = (selector.span, "/spec/selector".to_owned());
    let alternatives = alternatives(object, other.object);
    let severity = if alternatives { Severity::Note } else { Severity::Warning };
    finding(&RULE, severity, object, place, message)
        .labelled("not these pods alone")
        .related_to(
            labels
                .map_or_else(|| other.object.name_location(), |it| other.object.location(it.span)),
            format!("the labels of {name}"),
        )
        .help("select by a label that only the pods of this workload have")
}
