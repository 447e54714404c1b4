//! `fixed-replicas-under-autoscaler`: a manifest states how many replicas an autoscaler decides on.

use rustc_hash::FxHashSet;
use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_parse::edit::Change;

use super::Context;
use super::common::{entry_span, finding, named, namespace};
use super::scale_target_missing::Target;
use crate::fix::mended;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "fixed-replicas-under-autoscaler",
    Part::Reference,
    Severity::Warning,
    "a workload states `replicas`, which its autoscaler decides on",
    "\
## What it checks

Workloads that state `replicas` and are the target of a HorizontalPodAutoscaler or a ScaledObject.

## Why it matters

Every time the manifest is applied, the workload jumps to the stated number, under whatever load:
from 40 replicas to 3, until the autoscaler notices. With `replicas: 0` a HorizontalPodAutoscaler is
switched off, and does not switch the workload on.

## What to do

Remove `replicas` from the manifest. Where the object exists already, follow the migration described
in the reference, or the number drops to 1 once.

## Fix

`--fix --unsafe` removes `replicas`.

## Example

```yaml
kind: Deployment
metadata: {name: web}
spec: {replicas: 3}
---
kind: HorizontalPodAutoscaler
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 40}
```

## References

* <https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut reported = FxHashSet::default();
    let targets = context.index.objects().iter().filter_map(Target::of);
    for target in targets.filter(|it| it.autoscaler.kind() != "VerticalPodAutoscaler") {
        let from = namespace(target.autoscaler);
        let found: Vec<_> =
            context.index.resolve(from, target.group(), target.kind, target.name).collect();
        if let [workload] = found.as_slice() {
            let found = judge(workload, target.autoscaler);
            findings.extend(found.filter(|_| reported.insert(std::ptr::from_ref(*workload))));
        }
    }
}

fn judge(workload: &Object, autoscaler: &Object) -> Option<Finding> {
    let entry = workload.node.get("spec")?.entry("replicas")?;
    let replicas = Some(&entry.value).filter(|node| !node.is_null()).and_then(Node::as_i64)?;
    let off = replicas == 0 && autoscaler.kind() == "HorizontalPodAutoscaler";
    let message = if off {
        format!("with 0 replicas, {} is switched off", named(autoscaler))
    } else {
        format!("{} decides on the replicas, which are stated here, too", named(autoscaler))
    };
    let place = (entry_span(entry), "/spec/replicas".to_owned());
    let finding = finding(&RULE, Severity::Warning, workload, place, message)
        .labelled(if off {
            "switches the autoscaler off"
        } else {
            "set back whenever this is applied"
        })
        .related_to(autoscaler.name_location(), "this autoscaler scales it")
        .help("remove `replicas`");
    let change = Change::Remove { pointer: "/spec/replicas".to_owned() };
    Some(mended(finding, workload, Safety::Unsafe, &[change]))
}
