//! `shared-claim`: a volume for one node, mounted by pods that run on several.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use super::Context;
use super::blocked_eviction::{Autoscalers, Pods};
use super::common::{finding, listed, named, variants};
use super::missing_claim::mounted_claims;
use super::places::all;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "shared-claim",
    Part::Reference,
    Severity::Warning,
    "a claim that one node can mount is mounted by pods on several",
    "\
## What it checks

The access modes of inspected PersistentVolumeClaims against the pods that mount them. A claim with
none but `ReadWriteOnce` can be mounted on one node at a time, one with `ReadWriteOncePod` by one pod.

It is a warning where such a claim is mounted by a DaemonSet, by a workload with several replicas, or
by several workloads; with `ReadWriteOncePod` it is an error.

## Why it matters

The first pod gets the volume. The next one, on another node, hangs in `ContainerCreating` with
`Multi-Attach error`; whether it happens depends on where the scheduler puts it. On the same node both
write to the same files, for which most programs are not made.

## What to do

Use a StatefulSet with `volumeClaimTemplates`, which gives each replica a volume of its own, or a
storage class that offers `ReadWriteMany`.

## Example

```yaml
kind: PersistentVolumeClaim
metadata: {name: uploads}
spec: {accessModes: [ReadWriteOnce]}
---
kind: Deployment
spec:
  replicas: 3
  template: {spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: uploads}}]}}
```

## Known limits

Workloads held together on one node by affinity are not told apart from others, except by a
`nodeName` or a `nodeSelector` for one host. Jobs that run one after the other are not counted.

## References

* <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes>
",
);

/// A workload that mounts a claim.
struct Mount<'a> {
    template: PodTemplate<'a>,
    pointer: String,
    node: &'a Node,
    /// The most pods it has, as far as is known; a `DaemonSet` has one a node.
    pods: i64,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let autoscalers = Autoscalers::of(context);
    let mut mounts = FxHashMap::<_, Vec<Mount<'_>>>::default();
    let mut claims = Vec::new();
    for template in context.index.templates() {
        if is_on_one_node(template) || ends(template) {
            continue;
        }
        for used in mounted_claims(template.object) {
            let [claim] = used.resolve(context)[..] else { continue };
            let pods = match template.workload {
                Workload::DaemonSet => 2,
                _ => Pods::of(context, std::slice::from_ref(template), &autoscalers)
                    .map_or(1, |pods| pods.most),
            };
            let known = mounts.entry(std::ptr::from_ref(claim)).or_insert_with(|| {
                claims.push(claim);
                Vec::new()
            });
            let (node, pointer) = (used.place.node, used.place.pointer);
            known.push(Mount { template: *template, pointer, node, pods });
        }
    }
    for claim in claims {
        let mounts = mounts.remove(&std::ptr::from_ref(claim)).unwrap_or_default();
        findings.extend(judge(claim, &mounts));
    }
}

/// Whether the pods of a workload are all put on one host.
fn is_on_one_node(template: &PodTemplate<'_>) -> bool {
    template.spec.is_some_and(|spec| {
        spec.get("nodeName").is_some()
            || spec.at(&["nodeSelector", "kubernetes.io/hostname"]).is_some()
            || spec.at(&["affinity", "podAffinity"]).is_some()
    })
}

fn ends(template: &PodTemplate<'_>) -> bool {
    matches!(template.workload, Workload::Job | Workload::CronJob | Workload::PodTemplate)
}

fn judge(claim: &Object, mounts: &[Mount<'_>]) -> Option<Finding> {
    let modes = all(claim, "spec/accessModes/*");
    let one_pod = modes.iter().any(|mode| mode.node.as_str() == Some("ReadWriteOncePod"));
    let one_node = modes.iter().any(|mode| mode.node.as_str() == Some("ReadWriteOnce"));
    // With other modes besides, several nodes may mount it in another way.
    if !one_pod && (!one_node || modes.len() > 1) {
        return None;
    }
    let first = mounts.first()?;
    let several = mounts.iter().find(|mount| mount.pods > 1);
    let other = mounts.iter().find(|mount| {
        let same = mount.template.object.name() == first.template.object.name();
        !same && !variants(mount.template.object, first.template.object)
    });
    let mount = several.or(other)?;
    if variants(claim, mount.template.object) {
        return None;
    }
    let mode = modes.first()?;
    let workload = named(mount.template.object);
    let message = match (several, mount.template.workload) {
        (Some(_), Workload::DaemonSet) => {
            format!("{} is mounted on every node by {workload}", named(claim))
        }
        (Some(mount), _) => {
            format!("{} is mounted by {} pods of {workload}", named(claim), mount.pods)
        }
        (None, _) => {
            let all = mounts.iter().map(|mount| named(mount.template.object));
            format!("{} is mounted by several workloads: {}", named(claim), listed(all.into_iter()))
        }
    };
    let severity = if one_pod { Severity::Error } else { Severity::Warning };
    let place = (mount.node.span, mount.pointer.clone());
    Some(
        finding(&RULE, severity, mount.template.object, place, message)
            .labelled(if one_pod {
                "one pod can mount it"
            } else {
                "one node at a time can mount it"
            })
            .related_to(claim.location(mode.node.span), "the access mode of the claim")
            .help("use `volumeClaimTemplates` of a StatefulSet, or `ReadWriteMany`"),
    )
}
