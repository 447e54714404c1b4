//! `limit-range-violated`: pods ask for what the limits of their namespace do not allow.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Container, Object, Part as Place, PodTemplate};
use seatrial_parse::{Entry, Node};

use super::Context;
use super::common::{finding, named};
use super::limits::{counted, default, for_containers, holding, stated};
use super::reversed_autoscaler_bounds::amount;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "limit-range-violated",
    Part::Reference,
    Severity::Error,
    "a container asks for more, or less, than the LimitRange of its namespace allows",
    "\
## What it checks

The `resources` of all containers against the LimitRanges of their namespace, for the type
`Container`: each request at least `min`, each limit at most `max`. Where a container states nothing,
the defaults of the range count, as they do in the cluster. A missing limit, where the range has a
`max` and no default, is the `max` itself.

A request below `min` or above `max`, and a limit above `max`, are errors, and so is a request above
the limit that the range gives by default.

## Why it matters

The API server takes the Deployment, and rejects its pods: it has none, and says so only in the
events of its ReplicaSet.

## What to do

Stay within the range, or widen it.

## Example

```yaml
kind: LimitRange
metadata: {namespace: shop}
spec: {limits: [{type: Container, max: {memory: 1Gi}}]}
---
kind: Deployment
metadata: {namespace: shop}
spec: {template: {spec: {containers: [{resources: {limits: {memory: 2Gi}}}]}}}
```

## References

* <https://kubernetes.io/docs/concepts/policy/limit-range/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if context.index.of_kind("", "LimitRange").next().is_none() {
        return;
    }
    for template in context.index.templates() {
        let ranges = holding(context, "LimitRange", template);
        for range in &ranges {
            for limit in for_containers(range) {
                for container in counted(template) {
                    findings.extend(above(template, range, &limit, &container));
                    findings.extend(below(template, range, &limit, &container));
                }
            }
        }
        for container in counted(template) {
            findings.extend(above_default(template, &ranges, &container));
        }
    }
}

fn entries<'a>(limit: &Place<'a>, field: &str) -> &'a [Entry] {
    limit.node.get(field).map_or(&[], Node::entries)
}

/// The finding on a limit, or a request, above the range.
fn above(
    template: &PodTemplate<'_>,
    range: &Object,
    limit: &Place<'_>,
    container: &Container<'_>,
) -> Option<Finding> {
    entries(limit, "max").iter().find_map(|entry| {
        let resource = &*entry.key.text;
        let most = amount(&entry.value)?;
        let fields = ["limits", "requests"].into_iter();
        let (place, _) =
            fields.filter_map(|field| stated(container, field, resource)).find(|it| it.1 > most)?;
        Some(report(template, range, (&place, &entry.value), resource, "above the most allowed"))
    })
}

/// The finding on a request below the range.
fn below(
    template: &PodTemplate<'_>,
    range: &Object,
    limit: &Place<'_>,
    container: &Container<'_>,
) -> Option<Finding> {
    entries(limit, "min").iter().find_map(|entry| {
        let resource = &*entry.key.text;
        let least = amount(&entry.value)?;
        // A limit stands for a request that is not stated.
        let asked = stated(container, "requests", resource)
            .or_else(|| stated(container, "limits", resource));
        let (place, _) = asked.filter(|it| it.1 < least)?;
        Some(report(template, range, (&place, &entry.value), resource, "below the least allowed"))
    })
}

/// The finding on a request above the limit that a container gets by default.
fn above_default(
    template: &PodTemplate<'_>,
    ranges: &[&Object],
    container: &Container<'_>,
) -> Option<Finding> {
    let range = ranges.first()?;
    ["cpu", "memory", "ephemeral-storage"].into_iter().find_map(|resource| {
        let (place, request) = stated(container, "requests", resource)?;
        let (node, limit) = default(ranges, "limits", resource)?;
        let no_limit = stated(container, "limits", resource).is_none();
        (no_limit && request > limit).then(|| {
            report(template, range, (&place, node), resource, "above the limit given by default")
        })
    })
}

fn report(
    template: &PodTemplate<'_>,
    range: &Object,
    (place, bound): (&Place<'_>, &Node),
    resource: &str,
    label: &str,
) -> Finding {
    let message = format!("{} does not allow this much {resource}", named(range));
    let at = (place.node.span, place.pointer.clone());
    finding(&RULE, Severity::Error, template.object, at, message)
        .labelled(label)
        .related_to(range.location(bound.span), "the bound of the namespace")
        .because("pods that break it are rejected when they are created")
        .help("stay within the range, or widen it")
}
