//! `pods-without-network-policy`: pods that everybody may connect to.

use rustc_hash::FxHashSet;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::common::{by_selector, finding, named};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "pods-without-network-policy",
    Part::Reference,
    Severity::Warning,
    "no network policy selects these pods, so that every pod may connect to them",
    "\
## What it checks

Each workload of the inspected objects has pods that a NetworkPolicy of their namespace selects, in
whatever direction. Part of the profiles `strict` and `cis`.

## Why it matters

Pods that no policy selects accept connections from every pod of the cluster and may connect to
everything: whoever takes over one container can go on from there to all others.

## What to do

Add a NetworkPolicy to the namespace that selects all pods (`podSelector: {}`) and allows nothing, and
one for each connection that is needed. `seatrial access connect DIR --to NAMESPACE/NAME` lists who
reaches a workload, exactly.

## Example

```yaml
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {labels: {app: db}}    # and no NetworkPolicy of `shop` selects `app: db`
```

## Known limits

Pods on the host's network are not looked at, for no policy holds for them. Policies of Cilium, Calico
and the cluster-wide tiers are not read here: where one of them is among the objects, nothing is said.

## References

* CIS Kubernetes Benchmark 5.3.2
* <https://kubernetes.io/docs/concepts/services-networking/network-policies/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if context.index.objects().iter().any(is_of_another_tier) {
        return;
    }
    let policies = context.index.objects().iter().filter(|it| it.kind() == "NetworkPolicy");
    let mut isolated = FxHashSet::default();
    for ((namespace, selector), _) in by_selector(policies) {
        let selected = context.index.select(namespace, &selector);
        isolated.extend(selected.iter().map(|it| std::ptr::from_ref(it.object)));
    }
    let open = context.index.templates().iter().filter(|template| {
        !isolated.contains(&std::ptr::from_ref(template.object)) && has_own_network(template)
    });
    findings.extend(open.filter_map(report));
}

/// Whether an object isolates pods in a way that is not read here.
fn is_of_another_tier(object: &Object) -> bool {
    let kind = object.kind();
    kind.ends_with("NetworkPolicy") && !matches!(object.group(), "networking.k8s.io" | "extensions")
}

/// Whether pods have containers, and an address of their own.
fn has_own_network(template: &PodTemplate<'_>) -> bool {
    let of_host = template.spec.and_then(|spec| spec.get("hostNetwork")).and_then(Node::as_bool);
    of_host != Some(true) && template.containers().next().is_some()
}

fn report(template: &PodTemplate<'_>) -> Option<Finding> {
    let object = template.object;
    let (node, pointer) = match template.metadata.and_then(|it| it.get("labels")) {
        Some(labels) => (labels, format!("{}/metadata/labels", template.pointer)),
        None => (object.node.at(&["metadata", "name"])?, "/metadata/name".to_owned()),
    };
    let message = format!("no NetworkPolicy selects the pods of {}", named(object));
    Some(
        finding(&RULE, RULE.severity, object, (node.span, pointer), message)
            .labelled("every pod of the cluster may connect to them")
            .help("add a NetworkPolicy that selects these pods, and allow what they need"),
    )
}
