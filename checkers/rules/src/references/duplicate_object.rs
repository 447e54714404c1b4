//! `duplicate-object`: two manifests of one object, of which the last one wins.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;

use super::Context;
use super::common::{alternatives, directory, finding, is_placeholder, named, namespace};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "duplicate-object",
    Part::Reference,
    Severity::Error,
    "two manifests in one file or directory are of the same object",
    "\
## What it checks

Objects of the same API group, kind, namespace and name.

* Two in one file that differ: an error. Two that are equal: a warning.
* Two in different files of one directory, which name their namespace and differ: a note. Where
  the directory has a `kustomization.yaml`, one may be a patch of the other, and nothing is said.

Directories are not compared with each other, nor are files without a namespace: they are often
variants of the same application.

## Why it matters

The objects are applied one after the other, and the last one wins. What stands in the first has no
effect, or has it until somebody applies the files in another order.

## What to do

Remove one of them, or rename it.

## Example

```yaml
kind: ConfigMap
metadata: {name: settings}
data: {level: info}
---
kind: ConfigMap
metadata: {name: settings}
data: {level: debug}
```
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let objects = context.index.objects();
    let composed: rustc_hash::FxHashSet<_> = objects
        .iter()
        .filter(|object| object.group() == "kustomize.config.k8s.io")
        .map(directory)
        .collect();
    let mut known = FxHashMap::<_, &Object>::default();
    let named_ones = objects.iter().filter(|object| {
        let name = object.name();
        !is_placeholder(name) && !name.ends_with('*') && object.group() != "kustomize.config.k8s.io"
    });
    for object in named_ones.filter(|object| !composed.contains(directory(object))) {
        let clustered = context.index.is_cluster_scoped(object.group(), object.kind());
        let own = namespace(object).filter(|_| !clustered);
        let key = (directory(object), object.group(), object.kind(), own, object.name());
        match known.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(object);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                findings.extend(report(object, entry.get()));
            }
        }
    }
}

fn report(object: &Object, first: &Object) -> Option<Finding> {
    let equal = object.node.same_value(&first.node);
    let same_file = object.file.path() == first.file.path();
    let severity = match (same_file, equal) {
        (true, false) => Severity::Error,
        (true, true) => Severity::Warning,
        (false, false) if !alternatives(object, first) => Severity::Note,
        (false, _) => return None,
    };
    let name = object.node.at(&["metadata", "name"]).unwrap_or(&object.node);
    let message = format!("{} is there twice", named(object));
    let place = (name.span, "/metadata/name".to_owned());
    Some(
        finding(&RULE, severity, object, place, message)
            .labelled(if equal { "the same once more" } else { "replaces the first one" })
            .related_to(first.name_location(), "the first one")
            .help("remove one of them, or rename it"),
    )
}
