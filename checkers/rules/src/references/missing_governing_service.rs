//! `missing-governing-service`: the Service that gives the pods of a `StatefulSet` their names.

use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Object, PodTemplate, Selector};

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::common::{finding, is_placeholder, named, namespace};
use super::places::{one, root};
use super::services::is_headless;
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-governing-service",
    Part::Reference,
    Severity::Error,
    "the Service that names the pods of a StatefulSet is not there, or does not do so",
    "\
## What it checks

The `serviceName` of every StatefulSet: the headless Service (`clusterIP: None`) that gives each pod
a name of its own (`db-0.db`).

* A Service of a name one slip of the hand away is there: an error.
* The Service does not select the pods of the StatefulSet: an error.
* The Service is not headless: a note, for its pods then have no names of their own.
* Another Service, headless, selects the pods: a warning.
* The Service is not there: it may live outside the inspected files, so a note; with
  `--closed-world` an error.

## Why it matters

The StatefulSet starts all the same. But `db-0.db` is no name, so that members of a cluster do not
find each other, and a database that should replicate stands alone.

## What to do

Write the name of the headless Service that selects the pods, or add it.

## Fix

`--fix --unsafe` writes the near name, or the headless Service that selects the pods.

## Example

```yaml
kind: Service
metadata: {name: db-headless}
spec: {clusterIP: None, selector: {app: db}}
---
kind: StatefulSet
metadata: {name: db}
spec: {serviceName: db, template: {metadata: {labels: {app: db}}}}
```

## References

* <https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let sets = context.index.of_kind("apps", "StatefulSet").filter_map(PodTemplate::of);
    findings.extend(sets.filter_map(|set| judge(context, &set)));
}

fn judge(context: &Context<'_>, set: &PodTemplate<'_>) -> Option<Finding> {
    let place = one(&root(set.object), "spec/serviceName")?;
    let used = Named::by(set.object, place, ("", "Service"))?;
    if used.name.is_empty() || is_placeholder(used.name) {
        return None;
    }
    let services = used.resolve(context);
    let Some(service) = services.first() else {
        let finding = absent(context, &RULE, &used, Otherwise::Note)?;
        return Some(match governing(context, set) {
            Some(other) if finding.fix.is_none() => report_other(&used, other),
            _ => finding,
        });
    };
    let selects = |service: &Object| {
        Selector::of(service)
            .is_none_or(|selector| selector.is_nothing() || selector.matches_pods_of(set))
    };
    if !services.iter().any(|service| selects(service)) {
        // A Service that selects no pods at all is reported as such.
        let others = |service: &&Object| {
            let selector = Selector::of(service);
            selector.is_some_and(|it| !context.index.select(namespace(service), &it).is_empty())
        };
        return others(service).then(|| report_not_selected(&used, service));
    }
    if services.iter().any(|service| is_headless(service)) {
        return None;
    }
    let span = service.node.at(&["spec", "clusterIP"]).unwrap_or(&service.node).span;
    let related = match service.node.at(&["spec", "clusterIP"]) {
        Some(_) => service.location(span),
        None => service.name_location(),
    };
    let message =
        format!("{} is not headless, so the pods have no names of their own", named(service));
    Some(
        used.report(&RULE, Severity::Note, message)
            .labelled("should name a headless Service")
            .related_to(related, "this Service has an address of its own")
            .help("write `clusterIP: None` in the Service, or name one that has it"),
    )
}

/// A headless Service that selects the pods.
fn governing<'a>(context: &Context<'a>, set: &PodTemplate<'a>) -> Option<&'a Object> {
    let from = namespace(set.object);
    context.index.of_kind("", "Service").find(|service| {
        let together = namespace(service).zip(from).is_none_or(|(a, b)| a == b);
        together
            && is_headless(service)
            && Selector::of(service).is_some_and(|selector| selector.matches_pods_of(set))
    })
}

fn report_other(used: &Named<'_>, other: &Object) -> Finding {
    let message = format!("no inspected Service is named `{}`", used.name);
    let finding = used
        .report(&RULE, Severity::Warning, message)
        .labelled("names no Service")
        .related_to(other.name_location(), "this headless Service selects the pods")
        .help(format!("write `serviceName: {}`", other.name()));
    rewritten(finding, used.object, Safety::Unsafe, other.name())
}

fn report_not_selected(used: &Named<'_>, service: &Object) -> Finding {
    let message = format!("{} does not select the pods of this StatefulSet", named(service));
    let selector = service.node.at(&["spec", "selector"]).unwrap_or(&service.node);
    let place = (used.place.node.span, used.place.pointer.clone());
    finding(&RULE, Severity::Error, used.object, place, message)
        .labelled("selects other pods")
        .related_to(service.location(selector.span), "the selector of the Service")
        .help("make the selector and the labels of the pods agree")
}
