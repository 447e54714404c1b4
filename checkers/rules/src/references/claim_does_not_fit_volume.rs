//! `claim-does-not-fit-volume`: a claim names a volume that cannot be bound to it.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place};
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, named, namespace};
use super::places::{all, one, root, text_at};
use super::reversed_autoscaler_bounds::amount;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "claim-does-not-fit-volume",
    Part::Reference,
    Severity::Error,
    "a claim names a volume that cannot be bound to it",
    "\
## What it checks

PersistentVolumeClaims that name a volume (`volumeName`) which is among the inspected files. The two
have to agree:

* the same `storageClassName`;
* the volume offers every access mode that the claim wants;
* the volume is at least as large as the claim;
* the `claimRef` of the volume, where it has one, names this claim.

A disagreement is an error.

## Why it matters

The claim stays `Pending`, and so do all pods that mount it. For a difference of storage classes, as
where the claim states none and gets the default of the cluster, the events say only
`volume name does not match`.

## What to do

Make the two agree. For volumes made by hand, write `storageClassName: \"\"` in both.

## Example

```yaml
kind: PersistentVolume
metadata: {name: media}
spec: {storageClassName: manual, capacity: {storage: 10Gi}}
---
kind: PersistentVolumeClaim
spec: {volumeName: media, storageClassName: manual, resources: {requests: {storage: 20Gi}}}
```

## References

* <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for claim in context.index.of_kind("", "PersistentVolumeClaim") {
        let Some(name) = text_at(&root(claim), "spec/volumeName") else { continue };
        let volumes: Vec<_> = context.index.resolve(None, "", "PersistentVolume", name).collect();
        if let [volume] = volumes.as_slice() {
            let judges = [class, modes, size, owner];
            findings.extend(judges.iter().find_map(|judge| judge(claim, volume)));
        }
    }
}

fn report(
    claim: &Object,
    volume: &Object,
    (ours, theirs): (Option<Place<'_>>, Option<&Node>),
    message: String,
) -> Option<Finding> {
    let place = ours.or_else(|| one(&root(claim), "spec/volumeName"))?;
    let there = theirs.map_or_else(|| volume.name_location(), |node| volume.location(node.span));
    let at = (place.node.span, place.pointer);
    Some(
        finding(&RULE, Severity::Error, claim, at, message)
            .labelled("does not fit the volume")
            .related_to(there, format!("this is {}", named(volume)))
            .help("make the two agree"),
    )
}

/// The finding on different storage classes.
fn class(claim: &Object, volume: &Object) -> Option<Finding> {
    let wanted = one(&root(claim), "spec/storageClassName");
    let offered = volume.node.at(&["spec", "storageClassName"]);
    let stated = wanted.as_ref().and_then(|it| it.node.as_str());
    let there = offered.and_then(Node::as_str).unwrap_or_default();
    // A claim that states none gets the default class of the cluster, if there is one.
    let ours = stated?;
    (ours != there).then_some(())?;
    let message =
        format!("the claim wants the storage class `{ours}`, {} has `{there}`", named(volume));
    report(claim, volume, (wanted, offered), message)
}

/// The finding on an access mode that the volume does not offer.
fn modes(claim: &Object, volume: &Object) -> Option<Finding> {
    let offered = all(volume, "spec/accessModes/*");
    let has = |mode: &Place<'_>| offered.iter().any(|it| it.node.as_str() == mode.node.as_str());
    let missing = all(claim, "spec/accessModes/*").into_iter().find(|mode| !has(mode))?;
    let mode = missing.node.as_str()?;
    let message = format!("the claim wants `{mode}`, which {} does not offer", named(volume));
    report(
        claim,
        volume,
        (Some(missing.clone()), volume.node.at(&["spec", "accessModes"])),
        message,
    )
}

/// The finding on a volume that is too small.
fn size(claim: &Object, volume: &Object) -> Option<Finding> {
    let wanted = one(&root(claim), "spec/resources/requests/storage")?;
    let offered = volume.node.at(&["spec", "capacity", "storage"])?;
    let (ours, theirs) = (amount(wanted.node)?, amount(offered)?);
    (ours > theirs).then_some(())?;
    let shown = |node: &Node| node.to_json().to_string().replace('"', "");
    let message =
        format!("the claim wants {}, {} has {}", shown(wanted.node), named(volume), shown(offered));
    report(claim, volume, (Some(wanted), Some(offered)), message)
}

/// The finding on a volume that is kept for another claim.
fn owner(claim: &Object, volume: &Object) -> Option<Finding> {
    let reserved = volume.node.at(&["spec", "claimRef"])?;
    let name = reserved.get("name").and_then(Node::as_str)?;
    let other = reserved.get("namespace").and_then(Node::as_str);
    let elsewhere = other.zip(namespace(claim)).is_some_and(|(a, b)| a != b);
    (name != claim.name() || elsewhere).then_some(())?;
    let message = format!("{} is kept for the claim `{name}`", named(volume));
    report(claim, volume, (None, Some(reserved)), message)
}
