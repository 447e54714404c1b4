//! `missing-claim`: pods mount a `PersistentVolumeClaim` that is not there.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::places::{all, at, one, pod_spec};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-claim",
    Part::Reference,
    Severity::Error,
    "a claim on storage is mounted, or a volume claimed, that is not there",
    "\
## What it checks

`persistentVolumeClaim.claimName` of all kinds of workloads, and `volumeName` of claims.

* One of a name that is one slip of the hand away is there: an error.
* One of the name is there, but in another namespace: a warning.
* Otherwise it may live outside the inspected files, so a note; with `--closed-world` an error.

The claims that a StatefulSet makes from its `volumeClaimTemplates` (`data-web-0`) are known, and so
are those that a custom resource of the same name may make, such as a DataVolume.

## Why it matters

The pods stay `Pending`: `persistentvolumeclaim \"…\" not found`. The API server does not look.

## What to do

Correct the name, or add the PersistentVolumeClaim.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: PersistentVolumeClaim
metadata: {name: orders-data}
---
kind: Deployment
spec:
  template:
    spec:
      volumes:
      - name: data
        persistentVolumeClaim: {claimName: order-data}
```

## References

* <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes>
",
);

const CLAIM: (&str, &str) = ("", "PersistentVolumeClaim");

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        let mounted = mounted_claims(object).into_iter();
        let mounted = mounted.filter(|used| !is_made_by_stateful_set(context, used));
        let used = mounted.chain(claimed_volume(object));
        findings.extend(used.filter_map(|used| absent(context, &RULE, &used, Otherwise::Note)));
    }
}

/// The claims that the pods of a workload mount.
pub(super) fn mounted_claims(object: &Object) -> Vec<Named<'_>> {
    let spec = PodTemplate::of(object).and_then(|template| pod_spec(&template));
    let volumes = spec.map_or_else(Vec::new, |spec| at(&spec, "volumes/*"));
    // A StatefulSet puts the claims of its templates in the place of volumes of the same name.
    let templates = all(object, "spec/volumeClaimTemplates/*/metadata/name");
    let replaced = |volume: &Place<'_>| {
        let name = volume.node.get("name").and_then(Node::as_str);
        templates.iter().any(|template| name.is_some() && template.node.as_str() == name)
    };
    let names = volumes.iter().filter(|volume| !replaced(volume));
    let names: Vec<_> =
        names.filter_map(|volume| one(volume, "persistentVolumeClaim/claimName")).collect();
    names.into_iter().filter_map(|name| Named::by(object, name, CLAIM)).collect()
}

/// The volume that a claim asks for by name.
fn claimed_volume(object: &Object) -> Option<Named<'_>> {
    if object.kind() != "PersistentVolumeClaim" || !object.group().is_empty() {
        return None;
    }
    let place = one(&super::places::root(object), "spec/volumeName")?;
    Named::by(object, place, ("", "PersistentVolume")).filter(|used| !used.name.is_empty())
}

/// Whether a claim is one of those that a StatefulSet makes: `TEMPLATE-SET-ORDINAL`.
fn is_made_by_stateful_set(context: &Context<'_>, used: &Named<'_>) -> bool {
    let Some((rest, ordinal)) = used.name.rsplit_once('-') else { return false };
    let numbered = !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    let mut hyphens = rest.match_indices('-').map(|(at, _)| at);
    numbered
        && hyphens.any(|hyphen| {
            let (template, set) = rest.split_at(hyphen);
            let set = set.get(1..).unwrap_or_default();
            let mut sets = context.index.resolve(used.namespace, "apps", "StatefulSet", set);
            sets.any(|set| {
                let names = all(set, "spec/volumeClaimTemplates/*/metadata/name");
                names.iter().any(|name| name.node.as_str() == Some(template))
            })
        })
}
