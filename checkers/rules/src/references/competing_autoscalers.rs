//! `competing-autoscalers`: two autoscalers that decide on the same thing.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;

use super::Context;
use super::common::{alternatives, finding, named, namespace, text, variants};
use super::places::{all, text_at};
use super::scale_target_missing::Target;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "competing-autoscalers",
    Part::Reference,
    Severity::Error,
    "two autoscalers scale the same workload by different rules",
    "\
## What it checks

* Two HorizontalPodAutoscalers or ScaledObjects of one target (a ScaledObject makes a
  HorizontalPodAutoscaler of its own): an error; a warning where they stand in different files and
  name no namespace, so that they may be alternatives.
* A HorizontalPodAutoscaler that scales by CPU or memory, and a VerticalPodAutoscaler that changes
  the requests of the same resource: a warning.

## Why it matters

Two horizontal autoscalers set the number of replicas in turn, every fifteen seconds: pods are made
and killed without end. With a vertical one, each rise of the requests lowers the utilization that the
other one reads, so that too few pods are left.

## What to do

Keep one; several metrics fit into one HorizontalPodAutoscaler. Let a VerticalPodAutoscaler beside it
only recommend (`updateMode: \"Off\"`), or manage the other resource (`controlledResources`).

## Example

```yaml
kind: HorizontalPodAutoscaler
metadata: {name: by-cpu}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
kind: ScaledObject
metadata: {name: by-queue}
spec: {scaleTargetRef: {name: web}}
```

## References

* <https://keda.sh/docs/latest/faq/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_target = FxHashMap::<_, Vec<&Object>>::default();
    for target in context.index.objects().iter().filter_map(Target::of) {
        let key = (namespace(target.autoscaler), target.group(), target.kind, target.name);
        let others = by_target.entry(key).or_default();
        for other in others.iter().copied() {
            findings.extend(judge(other, target.autoscaler));
        }
        // Of many, a few show what is wrong.
        if others.len() < 4 {
            others.push(target.autoscaler);
        }
    }
}

fn judge(first: &Object, second: &Object) -> Option<Finding> {
    let vertical = |object: &Object| object.kind() == "VerticalPodAutoscaler";
    let same = first.kind() == second.kind() && first.name() == second.name();
    if same || variants(first, second) {
        return None;
    }
    let (severity, message) = match (vertical(first), vertical(second)) {
        (true, true) => return None,
        (false, false) => {
            let severity =
                if alternatives(first, second) { Severity::Warning } else { Severity::Error };
            (severity, format!("{} scales the same workload", named(first)))
        }
        (true, false) | (false, true) => {
            let (of_requests, of_replicas) =
                if vertical(first) { (first, second) } else { (second, first) };
            let resource = shared_resource(of_requests, of_replicas)?;
            (
                Severity::Warning,
                format!("{} and this autoscaler both go by {resource}", named(first)),
            )
        }
    };
    let reference = ["scaleTargetRef", "targetRef"]
        .into_iter()
        .find_map(|field| Some((field, second.node.at(&["spec", field])?)));
    let (field, node) = reference?;
    Some(
        finding(&RULE, severity, second, (node.span, format!("/spec/{field}")), message)
            .labelled("the target of two autoscalers")
            .related_to(first.name_location(), format!("{} has the same target", named(first)))
            .help(if vertical(first) == vertical(second) {
                "keep one of them, with the metrics of both"
            } else {
                "let the vertical one only recommend: `updateMode: \"Off\"`"
            }),
    )
}

/// A resource whose requests a vertical autoscaler changes, and by which a horizontal one scales.
fn shared_resource(vertical: &Object, horizontal: &Object) -> Option<&'static str> {
    if text_at(&super::places::root(vertical), "spec/updatePolicy/updateMode") == Some("Off") {
        return None;
    }
    let controlled = all(vertical, "spec/resourcePolicy/containerPolicies/*/controlledResources/*");
    let changes = |resource: &str| {
        controlled.is_empty() || controlled.iter().any(|it| it.node.as_str() == Some(resource))
    };
    let measures = |resource: &str| {
        let metrics = all(horizontal, "spec/metrics/*/resource/name");
        let triggers = all(horizontal, "spec/triggers/*");
        let by_default = horizontal.kind() == "HorizontalPodAutoscaler"
            && all(horizontal, "spec/metrics/*").is_empty()
            && resource == "cpu";
        by_default
            || metrics.iter().any(|it| it.node.as_str() == Some(resource))
            || triggers.iter().any(|it| text(it.node, "type") == Some(resource))
    };
    ["cpu", "memory"].into_iter().find(|resource| changes(resource) && measures(resource))
}
