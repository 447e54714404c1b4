//! `autoscaler-without-requests`: an autoscaler measures against requests that are not stated.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Container, Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, listed, named, namespace, text};
use super::places::{all, one, root, text_at};
use super::scale_target_missing::Target;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "autoscaler-without-requests",
    Part::Reference,
    Severity::Warning,
    "an autoscaler measures usage against requests that its target does not state",
    "\
## What it checks

HorizontalPodAutoscalers that scale by the *utilization* of CPU or memory, and ScaledObjects with
such a trigger, against the containers of their target: each has to state a request of the resource
(a limit counts as one). An autoscaler without `metrics` scales by CPU.

It is a warning where a container states none, and an error with `--closed-world`. A LimitRange of
the namespace that gives defaults is taken into account, as are requests of the pod as a whole.
A metric of one container (`ContainerResource`) that the target does not have is an error.

## Why it matters

Utilization is usage divided by the request. Without one the autoscaler reports `missing request for
cpu` and never scales, however high the load. One sidecar without a request is enough.

## What to do

State `resources.requests` for every container of the target.

## Example

```yaml
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
---
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: web:3}]}}}   # no requests
```

## References

* <https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/>
",
);

/// A metric that is relative to requests.
struct Metric<'a> {
    place: Place<'a>,
    resource: &'a str,
    /// The one container that it measures.
    container: Option<Place<'a>>,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for target in context.index.objects().iter().filter_map(Target::of) {
        let metrics = metrics(target.autoscaler);
        if metrics.is_empty() {
            continue;
        }
        let from = namespace(target.autoscaler);
        let found: Vec<_> =
            context.index.resolve(from, target.group(), target.kind, target.name).collect();
        let [workload] = found.as_slice() else { continue };
        let Some(template) = PodTemplate::of(workload) else { continue };
        for metric in &metrics {
            findings.extend(judge(context, target.autoscaler, metric, &template));
        }
    }
}

fn metrics(autoscaler: &Object) -> Vec<Metric<'_>> {
    match (autoscaler.group(), autoscaler.kind()) {
        ("autoscaling", "HorizontalPodAutoscaler") => of_autoscaler(autoscaler),
        ("keda.sh", "ScaledObject") => {
            let triggers = all(autoscaler, "spec/triggers/*").into_iter();
            triggers.filter_map(|trigger| of_trigger(&trigger)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_autoscaler(autoscaler: &Object) -> Vec<Metric<'_>> {
    let stated = one(&root(autoscaler), "spec/metrics");
    let Some(list) = stated.filter(|list| !list.node.items().is_empty()) else {
        // Without metrics, it is the CPU.
        let place = one(&root(autoscaler), "spec/targetCPUUtilizationPercentage")
            .or_else(|| one(&root(autoscaler), "spec"));
        let metric = |place| Metric { place, resource: "cpu", container: None };
        return place.map(metric).into_iter().collect();
    };
    let metrics = super::places::items(&list).filter_map(|metric| {
        let (field, of_container) = match text(metric.node, "type")? {
            "Resource" => ("resource", false),
            "ContainerResource" => ("containerResource", true),
            _ => return None,
        };
        let place = one(&metric, field)?;
        let relative = text_at(&place, "target/type") == Some("Utilization")
            || place.node.get("targetAverageUtilization").is_some();
        let container = one(&place, "container").filter(|_| of_container);
        let resource = text(place.node, "name")?;
        relative.then_some(Metric { place, resource, container })
    });
    metrics.collect()
}

fn of_trigger<'a>(trigger: &Place<'a>) -> Option<Metric<'a>> {
    let resource = text(trigger.node, "type").filter(|it| matches!(*it, "cpu" | "memory"))?;
    let kind = text(trigger.node, "metricType").or_else(|| text_at(trigger, "metadata/type"));
    let relative = kind.is_none_or(|kind| kind == "Utilization");
    let container = one(trigger, "metadata/containerName");
    relative.then(|| Metric { place: trigger.clone(), resource, container })
}

fn judge(
    context: &Context<'_>,
    autoscaler: &Object,
    metric: &Metric<'_>,
    template: &PodTemplate<'_>,
) -> Option<Finding> {
    let serving: Vec<_> = template.serving_containers().collect();
    // Without an image it is a patch, whose requests may stand in what it is laid over.
    if serving.is_empty() || serving.iter().any(|it| it.node.get("image").is_none()) {
        return None;
    }
    let only = metric.container.as_ref().and_then(|it| Some((it, it.node.as_str()?)));
    if let Some((place, name)) = only
        && !serving.iter().any(|it| it.name() == name)
    {
        return Some(report_no_container(autoscaler, template, place, name));
    }
    let measured = serving.iter().filter(|it| only.is_none_or(|(_, name)| it.name() == name));
    let without: Vec<_> = measured.filter(|it| !states(it, metric.resource)).collect();
    let first = without.first()?;
    let of_pod = ["requests", "limits"].into_iter().any(|field| {
        template.spec.is_some_and(|spec| spec.at(&["resources", field, metric.resource]).is_some())
    });
    if of_pod || has_default(context, template, metric.resource) {
        return None;
    }
    let resource = metric.resource;
    let severity = Severity::Warning.max(context.absence());
    let workload = named(template.object);
    let message =
        format!("utilization of {resource} needs requests, which {workload} does not state");
    let place = (metric.place.node.span, metric.place.pointer.clone());
    let shown = first.node.get("name").unwrap_or(first.node);
    Some(
        finding(&RULE, severity, autoscaler, place, message)
            .labelled("cannot be measured")
            .related_to(
                template.object.location(shown.span),
                format!("this container states no request of {resource}"),
            )
            .because(format!(
                "no request of {resource}: {}",
                listed(without.iter().map(|it| format!("`{}`", it.name())))
            ))
            .help(format!("add `resources.requests.{resource}` to every container of {workload}")),
    )
}

/// Whether a container states a request of a resource, or a limit, which counts as one.
fn states(container: &Container<'_>, resource: &str) -> bool {
    ["requests", "limits"].into_iter().any(|field| {
        container.node.at(&["resources", field, resource]).is_some_and(|node| !node.is_null())
    })
}

/// Whether the namespace gives containers a request of a resource.
fn has_default(context: &Context<'_>, template: &PodTemplate<'_>, resource: &str) -> bool {
    let own = template.namespace();
    context.index.of_kind("", "LimitRange").any(|range| {
        let together = namespace(range).zip(own).is_none_or(|(a, b)| a == b);
        together
            && all(range, "spec/limits/*").iter().any(|limit| {
                ["default", "defaultRequest"].into_iter().any(|field| {
                    limit.node.at(&[field, resource]).is_some_and(|it: &Node| !it.is_null())
                })
            })
    })
}

fn report_no_container(
    autoscaler: &Object,
    template: &PodTemplate<'_>,
    place: &Place<'_>,
    name: &str,
) -> Finding {
    let message = format!("{} has no container `{name}`", named(template.object));
    let at = (place.node.span, place.pointer.clone());
    let names: Vec<_> =
        template.serving_containers().map(|it| format!("`{}`", it.name())).collect();
    finding(&RULE, Severity::Error, autoscaler, at, message)
        .labelled("no container of the target")
        .related_to(template.object.name_location(), "the target")
        .help(format!("write one of {}", listed(names.into_iter())))
}
