//! `missing-service`: traffic, or a call of the API server, is sent to a Service that is not there.

use rustc_hash::FxHashSet;
use seatrial_core::{Finding, Severity};

use super::Context;
use super::absent::{Named, Otherwise, absent, workload_named};
use super::common::named;
use super::services::service_uses;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-service",
    Part::Reference,
    Severity::Error,
    "a Service that something routes to or calls is not there",
    "\
## What it checks

Every place that names a Service: backends of Ingresses and of the routes of the Gateway API
(mirrors included), destinations of Istio's VirtualServices and hosts of its DestinationRules,
Traefik's IngressRoutes, Contour's HTTPProxies, OpenShift's Routes, and the Services that the API
server calls: webhooks, conversion webhooks, and API services.

* A Service of a name that is one slip of the hand away is there: an error.
* A Service of the name is there, but in another namespace: a warning.
* A workload of the name is there, but no Service: a warning.
* Otherwise it may live outside the inspected files, so a note; with `--closed-world` an error.

Services that Knative makes, and those that operators name after their custom resources
(`orders-kafka-bootstrap` of a `Kafka` named `orders`), are known. So are hosts that a ServiceEntry
declares. Of several places of an object that name the same Service, the first is shown.

## Why it matters

The API server takes such objects without a word. Users then get 503 from the gateway; and with a
webhook whose Service is missing, nothing that it matches can be created any more.

## What to do

Correct the name or the namespace, or add the Service.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: Service
metadata: {name: storefront}
---
kind: Ingress
spec:
  defaultBackend:
    service: {name: store-front, port: {number: 80}}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/ingress/>
* <https://gateway-api.sigs.k8s.io/reference/spec/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        let mut judged = FxHashSet::default();
        for used in service_uses(object) {
            let used = used.named;
            if judged.insert((used.namespace, used.name)) && !is_made(context, &used) {
                findings.extend(judge(context, &used));
            }
        }
    }
}

/// Whether something else makes a Service of this name.
fn is_made(context: &Context<'_>, used: &Named<'_>) -> bool {
    let knative = "serving.knative.dev";
    let by_knative = context.index.resolve(used.namespace, knative, "Service", used.name).next();
    let written = used.place.node.as_str().unwrap_or_default();
    let mut entries = context.index.of_kind("networking.istio.io", "ServiceEntry");
    by_knative.is_some()
        || (used.name == "kubernetes" && used.namespace.is_none_or(|own| own == "default"))
        || used.object.group() == "networking.istio.io"
            && entries.any(|entry| {
                let hosts = super::places::all(entry, "spec/hosts/*");
                hosts.iter().any(|host| host.node.as_str() == Some(written))
            })
}

fn judge(context: &Context<'_>, used: &Named<'_>) -> Option<Finding> {
    let finding = absent(context, &RULE, used, Otherwise::Note)?;
    if finding.severity > Severity::Note && finding.fix.is_some() {
        return Some(finding);
    }
    let Some(workload) = workload_named(context, used.namespace, used.name) else {
        return Some(finding);
    };
    let mut finding = finding.related_to(
        workload.object.name_location(),
        format!("{} has the name, but no Service", named(workload.object)),
    );
    finding.severity = finding.severity.max(Severity::Warning);
    Some(finding.help(format!("add a Service `{}` that selects these pods", used.name)))
}
