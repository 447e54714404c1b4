//! `unknown-namespace`: an object of a namespace that is spelt like another one.

use rustc_hash::{FxHashMap, FxHashSet};
use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Object, one_slip_apart};

use super::Context;
use super::common::{finding, is_placeholder, named, namespace};
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "unknown-namespace",
    Part::Reference,
    Severity::Error,
    "an object stands in a namespace that is not there",
    "\
## What it checks

The `metadata.namespace` of objects, where the inspected files define Namespaces.

* One of a name that is one slip of the hand away is defined: an error.
* None is: nothing is said, for namespaces are often made elsewhere; with `--closed-world` an error.

The namespaces that every cluster has (`default`, `kube-system`, `kube-public`, `kube-node-lease`) are
known.

## Why it matters

The API server rejects the object: `namespaces \"…\" not found`. Where the wrong name exists, too, the
object is out of reach of those it belongs to.

## What to do

Correct the namespace, or add it.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: Namespace
metadata: {name: payments}
---
kind: ConfigMap
metadata: {name: settings, namespace: payment}
```
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let defined: FxHashMap<_, _> =
        context.index.of_kind("", "Namespace").map(|it| (it.name(), it)).collect();
    if defined.is_empty() {
        return;
    }
    let mut known = FxHashMap::default();
    let mut reported = FxHashSet::default();
    for object in context.index.objects() {
        let Some(own) = namespace(object).filter(|own| !is_placeholder(own)) else { continue };
        let clustered = context.index.is_cluster_scoped(object.group(), object.kind());
        let built_in = own == "default" || own.starts_with("kube-");
        if clustered || built_in || defined.contains_key(own) {
            continue;
        }
        let near = *known.entry(own).or_insert_with(|| {
            let mut near: Vec<_> =
                defined.values().filter(|it| one_slip_apart(it.name(), own)).collect();
            near.sort_by_key(|it| it.name());
            near.first().map(|it| (**it, near.len() == 1))
        });
        // Once a file is enough.
        if (near.is_some() || context.closed_world) && reported.insert((object.file.path(), own)) {
            findings.extend(report(object, own, near));
        }
    }
}

fn report(object: &Object, own: &str, near: Option<(&Object, bool)>) -> Option<Finding> {
    let node = object.node.at(&["metadata", "namespace"])?;
    let message = format!("no inspected Namespace is named `{own}`");
    let place = (node.span, "/metadata/namespace".to_owned());
    let finding = finding(&RULE, Severity::Error, object, place, message)
        .labelled(format!("{} stands in no defined namespace", named(object)));
    Some(match near {
        Some((near, only)) => {
            let finding = finding
                .related_to(near.name_location(), "this Namespace has a near name")
                .help(format!("did you mean `{}`?", near.name()));
            if only { rewritten(finding, object, Safety::Unsafe, near.name()) } else { finding }
        }
        None => finding,
    })
}
