//! `webhook-selects-own-backend`: a webhook has to answer before its own pods can be created.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate, Selector};
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, named, selects_namespace_of, text};
use super::places::{all, at, one, text_at};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "webhook-selects-own-backend",
    Part::Reference,
    Severity::Warning,
    "a webhook that must answer has a say on its own pods",
    "\
## What it checks

Admission webhooks with `failurePolicy: Fail` (the default) that are asked about the creation of pods
in the namespace of the Service they are served by: whether `namespaceSelector` or `objectSelector`
leave their own pods out. A selector that depends on labels of a Namespace which is not among the
inspected files is not judged.

## Why it matters

Once all pods of the webhook are gone, as after an outage or on a new cluster, none can be created:
the API server would have to ask the webhook first. Somebody has to delete its configuration by hand,
in the middle of the night.

## What to do

Leave its own namespace out: a `namespaceSelector` with `kubernetes.io/metadata.name` `NotIn` that
namespace. Leave out `kube-system`, too.

## Example

```yaml
kind: ValidatingWebhookConfiguration
webhooks:
- name: images.example.com
  clientConfig: {service: {name: images, namespace: policy}}
  rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  # no namespaceSelector
```

## References

* <https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/>
",
);

const GROUP: &str = "admissionregistration.k8s.io";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        for object in context.index.of_kind(GROUP, kind) {
            let webhooks = all(object, "webhooks/*");
            findings.extend(webhooks.iter().filter_map(|webhook| judge(context, object, webhook)));
        }
    }
}

fn judge(context: &Context<'_>, object: &Object, webhook: &Place<'_>) -> Option<Finding> {
    let service = one(webhook, "clientConfig/service")?;
    let (name, own) = (text(service.node, "name")?, text(service.node, "namespace")?);
    let fails = text(webhook.node, "failurePolicy").is_none_or(|policy| policy == "Fail");
    let rule = at(webhook, "rules/*").into_iter().find(is_about_pods)?;
    if !fails || !selects_namespace(context, webhook, own)? || has_conditions(webhook) {
        return None;
    }
    let services: Vec<_> = context.index.resolve(Some(own), "", "Service", name).collect();
    let selector = services.first().and_then(|service| Selector::of(service));
    let pods = selector.map_or_else(Vec::new, |it| context.index.select(Some(own), &it));
    let objects = one(webhook, "objectSelector");
    let stated = objects.as_ref().filter(|it| !it.node.entries().is_empty());
    if let Some(stated) = stated {
        let selector = Selector::from_label_selector(Some(stated.node))?;
        if pods.is_empty() || !pods.iter().any(|it: &PodTemplate<'_>| selector.matches_pods_of(it))
        {
            return None;
        }
    }
    let place = one(webhook, "namespaceSelector").unwrap_or_else(|| webhook.clone());
    let name_of = text(webhook.node, "name").unwrap_or_default();
    let message = format!("the webhook `{name_of}` has to allow its own pods in `{own}`");
    let at = (place.node.span, place.pointer.clone());
    let finding = finding(&RULE, Severity::Warning, object, at, message)
        .labelled("does not leave its own namespace out")
        .related_to(object.location(rule.node.span), "it is asked about new pods");
    let finding = match (pods.first(), services.first()) {
        (Some(pods), _) => finding.related_to(
            pods.object.name_location(),
            format!("the pods of {} answer for it", named(pods.object)),
        ),
        (None, Some(service)) => finding.related_to(service.name_location(), "its Service"),
        _ => finding.related_to(object.location(service.node.span), "its Service"),
    };
    Some(finding.help(format!(
        "add a `namespaceSelector`: `kubernetes.io/metadata.name` `NotIn` `[{own}]`"
    )))
}

/// Whether conditions in CEL narrow what the webhook is asked.
fn has_conditions(webhook: &Place<'_>) -> bool {
    one(webhook, "matchConditions").is_some_and(|it| !it.node.items().is_empty())
}

/// Whether a rule covers the creation of pods.
fn is_about_pods(rule: &Place<'_>) -> bool {
    let has = |field: &str, wanted: &[&str]| {
        let items = rule.node.get(field).map_or(&[][..], Node::items);
        items.iter().filter_map(Node::as_str).any(|item| wanted.contains(&item))
    };
    let cluster_only = text_at(rule, "scope") == Some("Cluster");
    has("apiGroups", &["", "*"])
        && has("operations", &["CREATE", "*"])
        && has("resources", &["pods", "*", "*/*"])
        && !cluster_only
}

/// Whether a webhook is asked about a namespace; `None` where it depends on labels not known.
fn selects_namespace(context: &Context<'_>, webhook: &Place<'_>, own: &str) -> Option<bool> {
    let Some(node) = webhook.node.get("namespaceSelector") else { return Some(true) };
    let selector = Selector::from_label_selector(Some(node))?;
    selects_namespace_of(context, &selector, own)
}
