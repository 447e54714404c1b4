//! `missing-reference-grant`: a reference into another namespace that nobody there allows.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;

use super::Context;
use super::absent::Named;
use super::common::{named, namespace, text};
use super::places::{all, one, text_at};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-reference-grant",
    Part::Reference,
    Severity::Warning,
    "a route refers to another namespace, which does not allow it",
    "\
## What it checks

`backendRefs` of the routes of the Gateway API that name a Service of another namespace, and
`certificateRefs` of Gateways that name a Secret of one. Such a reference counts only if a
ReferenceGrant in the namespace of what is named allows it.

It is a warning where what is named is among the inspected files, but no such grant is, and nothing
otherwise, for the grant then lives where the other object lives.

## Why it matters

Without the grant, the gateway ignores the backend and answers 500, or does not open the listener:
`RefNotPermitted`.

## What to do

Add a ReferenceGrant in the other namespace, or keep route and Service in one namespace.

## Example

```yaml
kind: HTTPRoute
metadata: {name: shop, namespace: shop}
spec: {rules: [{backendRefs: [{name: pay, namespace: payments, port: 80}]}]}
---
kind: Service
metadata: {name: pay, namespace: payments}   # and no ReferenceGrant in `payments`
```

## References

* <https://gateway-api.sigs.k8s.io/api-types/referencegrant/>
",
);

const GROUP: &str = "gateway.networking.k8s.io";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let of_group = context.index.objects().iter().filter(|object| object.group() == GROUP);
    for object in of_group {
        let (path, target) = match object.kind() {
            "Gateway" => ("spec/listeners/*/tls/certificateRefs/*", "Secret"),
            kind if kind.ends_with("Route") => ("spec/rules/*/backendRefs/*", "Service"),
            _ => continue,
        };
        for place in all(object, path) {
            let kind = text(place.node, "kind").unwrap_or(target);
            let core = text(place.node, "group").is_none_or(str::is_empty);
            let other = text_at(&place, "namespace");
            let Some(other) = other.filter(|other| namespace(object) != Some(other)) else {
                continue;
            };
            if !core || kind != target || namespace(object).is_none() {
                continue;
            }
            let named = one(&place, "name").and_then(|name| Named::by(object, name, ("", target)));
            let named = named.map(|named| Named { namespace: Some(other), ..named });
            findings.extend(named.and_then(|named| judge(context, &named)));
        }
    }
}

fn judge(context: &Context<'_>, used: &Named<'_>) -> Option<Finding> {
    let target = used.resolve(context).into_iter().next()?;
    let (here, there) = (namespace(used.object)?, used.namespace?);
    let mut grants = context.index.of_kind(GROUP, "ReferenceGrant");
    if grants.any(|grant| allows(grant, used, here, there)) {
        return None;
    }
    let message = format!(
        "{} in `{there}` is out of reach from `{here}`: no ReferenceGrant allows it",
        named(target)
    );
    Some(
        used.report(&RULE, Severity::Warning, message)
            .labelled("in another namespace")
            .related_to(target.name_location(), format!("this {} is in `{there}`", target.kind()))
            .help(format!(
                "add a ReferenceGrant to `{there}`: from {} of `{here}` to {}",
                used.object.kind(),
                used.kind
            )),
    )
}

/// Whether a grant allows a reference.
fn allows(grant: &Object, used: &Named<'_>, here: &str, there: &str) -> bool {
    let from = all(grant, "spec/from/*").iter().any(|from| {
        text(from.node, "kind") == Some(used.object.kind())
            && text(from.node, "namespace") == Some(here)
    });
    let to = all(grant, "spec/to/*").iter().any(|to| {
        text(to.node, "kind") == Some(used.kind)
            && text_at(to, "name").is_none_or(|name| name == used.name)
    });
    from && to && namespace(grant).is_none_or(|namespace| namespace == there)
}
