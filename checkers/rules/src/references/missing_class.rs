//! `missing-class`: a class of storage, priority, runtime, … that is not there.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate};

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::places::{all, at, pod_spec};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-class",
    Part::Reference,
    Severity::Error,
    "a class (of priority, storage, runtime, …) is named but not there",
    "\
## What it checks

The classes that objects name, against those among the inspected files:

* `priorityClassName` and `runtimeClassName` of pods;
* `storageClassName` of claims, of claim templates and of volumes;
* `ingressClassName` of Ingresses, `gatewayClassName` of Gateways, `deviceClassName` of requests for
  devices, `volumeSnapshotClassName` of snapshots.

Where a class of a name one slip of the hand away is there, it is an error. Classes usually come with
the cluster; so where the inspected files define no class of the kind, nothing is said, and where
they define others, a note. With `--closed-world`, a missing class is an error.

The classes `system-cluster-critical` and `system-node-critical` are in every cluster. A storage
class needs no object where a PersistentVolume of the same class is there to be claimed.

## Why it matters

A pod with an unknown priority or runtime class is rejected, so that its Deployment has no pods. A
claim with an unknown storage class is never bound, and its pods stay `Pending`. An Ingress with an
unknown class is served by nobody.

## What to do

Correct the name, or add the class.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: PriorityClass
metadata: {name: business-critical}
value: 1000000
---
kind: Deployment
spec: {template: {spec: {priorityClassName: busines-critical}}}
```

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/>
* <https://kubernetes.io/docs/concepts/storage/storage-classes/>
",
);

const PRIORITY: (&str, &str) = ("scheduling.k8s.io", "PriorityClass");
const RUNTIME: (&str, &str) = ("node.k8s.io", "RuntimeClass");
const STORAGE: (&str, &str) = ("storage.k8s.io", "StorageClass");
const INGRESS: (&str, &str) = ("networking.k8s.io", "IngressClass");
const GATEWAY: (&str, &str) = ("gateway.networking.k8s.io", "GatewayClass");
const DEVICE: (&str, &str) = ("resource.k8s.io", "DeviceClass");
const SNAPSHOT: (&str, &str) = ("snapshot.storage.k8s.io", "VolumeSnapshotClass");

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let of_kind = |(group, kind)| context.index.of_kind(group, kind).next().is_some();
    let defined = [PRIORITY, RUNTIME, STORAGE, INGRESS, GATEWAY, DEVICE, SNAPSHOT];
    let defined: Vec<_> = defined.into_iter().filter(|class| of_kind(*class)).collect();
    for object in context.index.objects() {
        for (class, place) in classes(object) {
            let Some(used) = Named::by(object, place, class) else { continue };
            let known = used.name.is_empty()
                || used.name.starts_with("system-") && class == PRIORITY
                || class == STORAGE && is_claimed_by_hand(context, used.name);
            let otherwise =
                if defined.contains(&class) { Otherwise::Note } else { Otherwise::Silence };
            if !known {
                findings.extend(absent(context, &RULE, &used, otherwise));
            }
        }
    }
}

/// The classes that an object names.
fn classes(object: &Object) -> Vec<((&'static str, &'static str), Place<'_>)> {
    let fixed: &[((&str, &str), &str)] = match (object.group(), object.kind()) {
        ("", "PersistentVolumeClaim" | "PersistentVolume") => &[(STORAGE, "spec/storageClassName")],
        ("apps", "StatefulSet") => {
            &[(STORAGE, "spec/volumeClaimTemplates/*/spec/storageClassName")]
        }
        ("networking.k8s.io", "Ingress") => &[(INGRESS, "spec/ingressClassName")],
        ("gateway.networking.k8s.io", "Gateway") => &[(GATEWAY, "spec/gatewayClassName")],
        ("resource.k8s.io", "ResourceClaim") => &[
            (DEVICE, "spec/devices/requests/*/deviceClassName"),
            (DEVICE, "spec/devices/requests/*/exactly/deviceClassName"),
        ],
        ("resource.k8s.io", "ResourceClaimTemplate") => &[
            (DEVICE, "spec/spec/devices/requests/*/deviceClassName"),
            (DEVICE, "spec/spec/devices/requests/*/exactly/deviceClassName"),
        ],
        ("snapshot.storage.k8s.io", "VolumeSnapshot") => {
            &[(SNAPSHOT, "spec/volumeSnapshotClassName")]
        }
        _ => &[],
    };
    let mut found = Vec::new();
    for (class, path) in fixed {
        found.extend(all(object, path).into_iter().map(|place| (*class, place)));
    }
    if let Some(spec) = PodTemplate::of(object).and_then(|template| pod_spec(&template)) {
        let of_pods = [
            (PRIORITY, "priorityClassName"),
            (RUNTIME, "runtimeClassName"),
            (STORAGE, "volumes/*/ephemeral/volumeClaimTemplate/spec/storageClassName"),
        ];
        for (class, path) in of_pods {
            found.extend(at(&spec, path).into_iter().map(|place| (class, place)));
        }
    }
    found
}

/// Whether volumes of a storage class are there to be claimed, for which no class is needed.
fn is_claimed_by_hand(context: &Context<'_>, class: &str) -> bool {
    context.index.of_kind("", "PersistentVolume").any(|volume| {
        volume.node.at(&["spec", "storageClassName"]).and_then(|node| node.as_str()) == Some(class)
    })
}
