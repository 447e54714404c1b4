//! `wrong-secret-type`: a Secret is used for what its type cannot hold.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::absent::Named;
use super::common::{named, namespace, text};
use super::places::{all, at, one, pod_spec, text_at};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "wrong-secret-type",
    Part::Reference,
    Severity::Error,
    "a Secret is used for credentials or a certificate that it does not hold",
    "\
## What it checks

* `imagePullSecrets` of pods and ServiceAccounts: the Secret has the type
  `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`.
* `tls` of Ingresses and `certificateRefs` of Gateways: the Secret has the keys `tls.crt` and
  `tls.key`.

Another type, or a missing key, is an error. Secrets without any keys are not judged, for something
else fills them.

## Why it matters

A Secret of another type is passed over without a word: images of private registries are not pulled
(`ImagePullBackOff`), and the gateway shows its own, untrusted certificate.

## What to do

Make the Secret with `kubectl create secret docker-registry`, or `kubectl create secret tls`.

## Example

```yaml
kind: Secret
metadata: {name: registry}
type: Opaque
stringData: {password: …}
---
kind: Deployment
spec: {template: {spec: {imagePullSecrets: [{name: registry}]}}}
```

## References

* <https://kubernetes.io/docs/concepts/configuration/secret/#secret-types>
",
);

/// What a Secret is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Registry,
    Certificate,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        for (purpose, place, own) in uses(object) {
            let Some(used) = Named::by(object, place, ("", "Secret")) else { continue };
            let used = Named { namespace: own.or(used.namespace), ..used };
            findings.extend(judge(context, &used, purpose));
        }
    }
}

/// The places of an object that use a Secret for a purpose, with the namespace if one is stated.
fn uses(object: &Object) -> Vec<(Purpose, Place<'_>, Option<&str>)> {
    let mut uses = Vec::new();
    if let Some(spec) = PodTemplate::of(object).and_then(|template| pod_spec(&template)) {
        let places = at(&spec, "imagePullSecrets/*/name").into_iter();
        uses.extend(places.map(|place| (Purpose::Registry, place, None)));
    }
    let (purpose, path, name) = match (object.group(), object.kind()) {
        ("", "ServiceAccount") => (Purpose::Registry, "imagePullSecrets/*", "name"),
        ("networking.k8s.io" | "extensions", "Ingress") => {
            (Purpose::Certificate, "spec/tls/*", "secretName")
        }
        ("gateway.networking.k8s.io", "Gateway") => {
            (Purpose::Certificate, "spec/listeners/*/tls/certificateRefs/*", "name")
        }
        _ => return uses,
    };
    for place in all(object, path) {
        let own = text_at(&place, "namespace").or_else(|| namespace(object));
        uses.extend(one(&place, name).map(|place| (purpose, place, own)));
    }
    uses
}

fn judge(context: &Context<'_>, used: &Named<'_>, purpose: Purpose) -> Option<Finding> {
    let secrets = used.resolve(context);
    let [secret] = secrets.as_slice() else { return None };
    let data = ["data", "stringData"].into_iter();
    let has = |key: &str| data.clone().any(|field| secret.node.at(&[field, key]).is_some());
    let empty = data
        .clone()
        .all(|field| secret.node.get(field).is_none_or(|data| data.entries().is_empty()));
    let kind = text(&secret.node, "type").unwrap_or("Opaque");
    let (wrong, label, help) = match purpose {
        Purpose::Registry => (
            !matches!(kind, "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg"),
            "no credentials of a registry",
            "make it of the type `kubernetes.io/dockerconfigjson`",
        ),
        Purpose::Certificate => (
            !empty && (!has("tls.crt") || !has("tls.key")),
            "no certificate with its key",
            "make it of the type `kubernetes.io/tls`, with `tls.crt` and `tls.key`",
        ),
    };
    if !wrong || (empty && text(&secret.node, "type").is_none()) {
        return None;
    }
    let message = match purpose {
        Purpose::Registry => format!(
            "{} is of the type `{kind}`, which holds no credentials for images",
            named(secret)
        ),
        Purpose::Certificate => format!("{} lacks `tls.crt` or `tls.key`", named(secret)),
    };
    let stated = match purpose {
        Purpose::Registry => secret.node.get("type"),
        Purpose::Certificate => data.clone().find_map(|field| secret.node.get(field)),
    };
    let span =
        stated.map_or_else(|| secret.name_location(), |node: &Node| secret.location(node.span));
    Some(
        used.report(&RULE, Severity::Error, message)
            .labelled(label)
            .related_to(span, format!("this is {}", named(secret)))
            .help(help),
    )
}
