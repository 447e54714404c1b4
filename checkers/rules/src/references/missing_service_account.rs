//! `missing-service-account`: pods or bindings name a service account that is not there.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate};

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::common::{namespace, text};
use super::places::{all, one, pod_spec};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-service-account",
    Part::Reference,
    Severity::Error,
    "a service account is used but not there",
    "\
## What it checks

`serviceAccountName` of all kinds of workloads, and the subjects of RoleBindings and
ClusterRoleBindings of the kind `ServiceAccount`, against the service accounts of their namespaces.

* One of a name that is one slip of the hand away is there: an error.
* One of the name is there, but in another namespace: a warning.
* Otherwise it may live outside the inspected files, so a note; with `--closed-world` an error.

Every namespace has the account `default`, so that it is never missed.

## Why it matters

Pods with a service account that does not exist are not created: the Deployment is there, has no
pods, and says so only in the events of its ReplicaSet. A binding to one grants its rights to nobody
today, and to whoever makes an account of that name tomorrow.

## What to do

Correct the name or the namespace, or add the ServiceAccount.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: ServiceAccount
metadata: {name: shop-reader, namespace: shop}
---
kind: Deployment
metadata: {name: shop, namespace: shop}
spec: {template: {spec: {serviceAccountName: shop-raeder}}}
```

## References

* <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/>
",
);

const ACCOUNT: (&str, &str) = ("", "ServiceAccount");

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        let uses = of_pods(object).into_iter().chain(of_binding(object));
        let uses = uses.filter(|used| used.name != "default" && !used.name.is_empty());
        findings.extend(uses.filter_map(|used| absent(context, &RULE, &used, Otherwise::Note)));
    }
}

/// The account of the pods of a workload.
fn of_pods(object: &Object) -> Option<Named<'_>> {
    let spec = pod_spec(&PodTemplate::of(object)?)?;
    let place = one(&spec, "serviceAccountName").or_else(|| one(&spec, "serviceAccount"))?;
    Named::by(object, place, ACCOUNT)
}

/// The accounts to which a binding grants something.
fn of_binding(object: &Object) -> Vec<Named<'_>> {
    if object.group() != "rbac.authorization.k8s.io" {
        return Vec::new();
    }
    let subjects = all(object, "subjects/*").into_iter();
    let accounts = subjects.filter(|subject| text(subject.node, "kind") == Some("ServiceAccount"));
    let used = accounts.filter_map(|subject| {
        let mut used = Named::by(object, one(&subject, "name")?, ACCOUNT)?;
        used.namespace = text(subject.node, "namespace").or_else(|| namespace(object));
        // Every cluster has these, made by the control plane.
        let of_cluster = used.namespace.is_some_and(|namespace| namespace.starts_with("kube-"));
        (!of_cluster).then_some(used)
    });
    used.collect()
}
