//! `service-selects-strangers`: a Service that sends requests to pods of another kind, too.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use super::Context;
use super::common::{by_selector, finding, named, namespace, variants};
use super::service_without_pods::is_external_name;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "service-selects-strangers",
    Part::Reference,
    Severity::Warning,
    "a Service selects pods that cannot answer for it",
    "\
## What it checks

What a Service selects beside the pods that it is for:

* pods of Jobs or CronJobs, beside those of workloads that serve: a warning;
* pods that declare ports, but none of those that the Service targets, beside pods that declare one:
  a warning;
* pods of another workload only, though a workload of the Service's own name is there, which no
  Service selects: an error.

Variants of one workload (a canary, another zone) declare the same ports, and are fine.

## Why it matters

The Service spreads requests over all pods that it selects. A share of them, as large as the share of
the strangers, is refused or answered by the wrong program.

## What to do

Give each workload a label of its own (`app.kubernetes.io/name`, or `component`), and select by it.

## Example

```yaml
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
kind: Deployment                 # meant
spec: {template: {metadata: {labels: {app: shop, part: web}}}}
---
kind: CronJob                    # selected, too
spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: shop, part: report}}}}}}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/service/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let services = context.index.of_kind("", "Service").filter(|it| !is_external_name(it));
    let groups = by_selector(services);
    let mut served = rustc_hash::FxHashSet::default();
    let mut selected = Vec::new();
    for ((namespace, selector), services) in groups {
        let templates = context.index.select(namespace, &selector);
        served.extend(templates.iter().map(|it| std::ptr::from_ref(it.object)));
        selected.push((services, templates));
    }
    for (services, templates) in &selected {
        for service in services {
            let beside: Vec<_> =
                templates.iter().filter(|it| !variants(service, it.object)).copied().collect();
            let stranger = judge_beside(service, &beside);
            let other = || {
                let own = own_workload(context, service, &beside)?;
                let unserved = !served.contains(&std::ptr::from_ref(own.object));
                unserved.then(|| report_other(service, &beside, &own)).flatten()
            };
            findings.extend(stranger.or_else(other));
        }
    }
}

fn selector(service: &Object) -> &Node {
    service.node.at(&["spec", "selector"]).unwrap_or(&service.node)
}

fn labels<'a>(template: &PodTemplate<'a>) -> &'a Node {
    let labels = template.metadata.and_then(|metadata| metadata.get("labels"));
    labels.unwrap_or(&template.object.node)
}

/// Whether pods run to an end instead of serving.
fn ends(template: &PodTemplate<'_>) -> bool {
    matches!(template.workload, Workload::Job | Workload::CronJob)
}

/// The finding on pods that are selected beside those that serve.
fn judge_beside(service: &Object, templates: &[PodTemplate<'_>]) -> Option<Finding> {
    let serving = templates.iter().find(|template| !ends(template))?;
    let (stranger, server, why) = match templates.iter().find(|template| ends(template)) {
        Some(job) => (job, serving, "its pods do their work and end"),
        None => {
            let server = templates.iter().find(|it| has_target(service, it) == Some(true))?;
            let stranger = templates.iter().find(|it| has_target(service, it) == Some(false))?;
            (stranger, server, "its pods declare other ports")
        }
    };
    let name = named(stranger.object);
    let message =
        format!("the selector selects the pods of {name}, too, which do not answer for it");
    let place = (selector(service).span, "/spec/selector".to_owned());
    Some(
        finding(&RULE, Severity::Warning, service, place, message)
            .labelled("selects more than it is for")
            .related_to(stranger.object.location(labels(stranger).span), format!("{name}: {why}"))
            .related_to(
                server.object.location(labels(server).span),
                format!("the pods of {} answer", named(server.object)),
            )
            .help("select by a label that only the pods have which answer"),
    )
}

/// Whether pods declare a port that a Service targets; `None` where they declare none at all.
fn has_target(service: &Object, template: &PodTemplate<'_>) -> Option<bool> {
    let mut declared = template.serving_containers().flat_map(|it| it.ports()).peekable();
    declared.peek()?;
    let ports = service.node.at(&["spec", "ports"]).map_or(&[][..], Node::items);
    let targets: Vec<_> = ports
        .iter()
        .filter_map(|port| {
            port.get("targetPort").filter(|it| !it.is_null()).or_else(|| port.get("port"))
        })
        .collect();
    if targets.is_empty() {
        return None;
    }
    Some(declared.any(|port| {
        targets.iter().any(|target| match target.as_i64() {
            Some(number) => port.number() == Some(number),
            None => target.as_str().is_some() && port.name() == target.as_str(),
        })
    }))
}

/// The workload of the Service's own name, where the Service selects others only.
fn own_workload<'a>(
    context: &Context<'a>,
    service: &Object,
    templates: &[PodTemplate<'a>],
) -> Option<PodTemplate<'a>> {
    if templates.is_empty() || templates.iter().any(|it| it.object.name() == service.name()) {
        return None;
    }
    let mut own = context.index.resolve_name(namespace(service), service.name());
    own.find_map(PodTemplate::of).filter(|it| {
        !ends(it) && !variants(service, it.object) && has_target(service, it) != Some(false)
    })
}

fn report_other(
    service: &Object,
    templates: &[PodTemplate<'_>],
    own: &PodTemplate<'_>,
) -> Option<Finding> {
    let other = templates.first()?;
    let (other_name, own_name) = (named(other.object), named(own.object));
    let message = format!("the selector selects the pods of {other_name}, not those of {own_name}");
    let place = (selector(service).span, "/spec/selector".to_owned());
    Some(
        finding(&RULE, Severity::Error, service, place, message)
            .labelled("selects the pods of another workload")
            .related_to(own.object.location(labels(own).span), format!("the pods of {own_name}"))
            .related_to(
                other.object.location(labels(other).span),
                format!("the pods of {other_name}"),
            )
            .because(format!("no Service selects the pods of {own_name}"))
            .help("select the labels of the workload that has the name of the Service"),
    )
}
