//! `reversed-autoscaler-bounds`: the least number of replicas is above the most.

use std::cmp::Ordering;

use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Object, Part as Place};
use seatrial_parse::Node;
use seatrial_policy::quantity_in_nanos;

use super::Context;
use super::common::finding;
use super::places::{all, one, root};
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "reversed-autoscaler-bounds",
    Part::Reference,
    Severity::Error,
    "the lower bound of an autoscaler is above the upper one",
    "\
## What it checks

The bounds of autoscalers: `minReplicas` and `maxReplicas` of HorizontalPodAutoscalers,
`minReplicaCount` and `maxReplicaCount` of KEDA's ScaledObjects (and `idleReplicaCount`, which has to
be below the former), `minAllowed` and `maxAllowed` of VerticalPodAutoscalers.

A lower bound above the upper one is an error. Two equal bounds of replicas are a note: nothing is
ever scaled.

## Why it matters

The API server rejects the HorizontalPodAutoscaler; the others do nothing, or the reverse of what was
meant.

## What to do

Swap the two, or correct the one that is wrong.

## Fix

`--fix --unsafe` writes `idleReplicaCount: 0`, the only number that KEDA takes.

## Example

```yaml
kind: HorizontalPodAutoscaler
spec: {minReplicas: 10, maxReplicas: 4}
```
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        match (object.group(), object.kind()) {
            ("autoscaling", "HorizontalPodAutoscaler") => {
                findings.extend(replicas(object, "spec/minReplicas", "spec/maxReplicas"));
            }
            ("keda.sh", "ScaledObject" | "ScaledJob") => {
                let (least, most) = ("spec/minReplicaCount", "spec/maxReplicaCount");
                findings.extend(replicas(object, least, most));
                findings.extend(idle(object));
            }
            ("autoscaling.k8s.io", "VerticalPodAutoscaler") => resources(object, findings),
            _ => {}
        }
    }
}

/// The finding on two bounds of the number of replicas.
fn replicas(object: &Object, least: &str, most: &str) -> Option<Finding> {
    let (least, most) = (one(&root(object), least)?, one(&root(object), most)?);
    let (low, high) = (least.node.as_i64()?, most.node.as_i64()?);
    match low.cmp(&high) {
        Ordering::Less => None,
        Ordering::Equal => {
            let message = format!("the number of replicas is always {low}");
            Some(
                report(object, Severity::Note, &least, message, "both bounds are equal")
                    .related_to(object.location(most.node.span), "the upper bound"),
            )
        }
        Ordering::Greater => {
            let message = format!("at least {low} replicas, and at most {high}");
            Some(
                report(object, Severity::Error, &least, message, "above the upper bound")
                    .related_to(object.location(most.node.span), "the upper bound")
                    .help("swap the two, or correct one of them"),
            )
        }
    }
}

/// The finding on a number of idle replicas that is not below the least number of active ones.
fn idle(object: &Object) -> Option<Finding> {
    let idle = one(&root(object), "spec/idleReplicaCount")?;
    let least = one(&root(object), "spec/minReplicaCount")?;
    (idle.node.as_i64()? >= least.node.as_i64()?).then(|| {
        let message = "`idleReplicaCount` has to be below `minReplicaCount`".to_owned();
        let finding = report(object, Severity::Error, &idle, message, "not below")
            .related_to(object.location(least.node.span), "the least number when active")
            .help("write `idleReplicaCount: 0`, or raise `minReplicaCount`");
        // KEDA takes no other number.
        rewritten(finding, object, Safety::Unsafe, 0)
    })
}

/// The findings on the bounds of what the containers of a target ask for.
fn resources(object: &Object, findings: &mut Vec<Finding>) {
    for policy in all(object, "spec/resourcePolicy/containerPolicies/*") {
        let Some(least) = one(&policy, "minAllowed") else { continue };
        for entry in least.node.entries() {
            let resource = &*entry.key.text;
            let Some(most) = policy.node.at(&["maxAllowed", resource]) else { continue };
            let above =
                amount(&entry.value).zip(amount(most)).is_some_and(|(low, high)| low > high);
            if above {
                let place =
                    Place { node: &entry.value, pointer: format!("{}/{resource}", least.pointer) };
                let message = format!("`minAllowed` of {resource} is above `maxAllowed`");
                findings.push(
                    report(object, Severity::Error, &place, message, "above the upper bound")
                        .related_to(object.location(most.span), "the upper bound")
                        .help("swap the two, or correct one of them"),
                );
            }
        }
    }
}

fn report(
    object: &Object,
    severity: Severity,
    place: &Place<'_>,
    message: String,
    label: &str,
) -> Finding {
    let at = (place.node.span, place.pointer.clone());
    finding(&RULE, severity, object, at, message).labelled(label)
}

/// The amount that a quantity states, in billionths.
pub(super) fn amount(node: &Node) -> Option<i128> {
    match node.as_str() {
        Some(text) => quantity_in_nanos(text.trim()),
        None => quantity_in_nanos(&node.to_json().to_string()),
    }
}
