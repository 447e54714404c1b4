//! What the API server wants of a workload's pod template beyond the template's own schema.
//!
//! Sources: `ValidatePodTemplateSpecFor…` in `pkg/apis/apps/validation`, `pkg/apis/core/validation`
//! and `pkg/apis/batch/validation` of kubernetes/kubernetes.

use seatrial_core::{Safety, Span};
use seatrial_parse::Node;

use super::names;
use super::site::Site;

/// Checks restart policy and selector of a workload.
pub(super) fn check(site: &mut Site<'_>) {
    let object = site.object;
    let (template, allowed): (&[&str], &[&str]) = match (object.group(), object.kind()) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet")
        | ("", "ReplicationController") => (&["spec", "template"], &["Always"]),
        ("batch", "Job") => (&["spec", "template"], &["Never", "OnFailure"]),
        ("batch", "CronJob") => {
            (&["spec", "jobTemplate", "spec", "template"], &["Never", "OnFailure"])
        }
        _ => return,
    };
    let Some(node) = object.node.at(template) else { return };
    let Some(spec) = node.entry("spec").filter(|entry| entry.value.as_mapping().is_some()) else {
        return;
    };
    let pointer = format!("/{}/spec", template.join("/"));
    restart_policy(site, &spec.value, spec.key.span, &pointer, allowed);
    if object.group() == "apps" {
        selector(site, node);
    }
}

/// Jobs must not restart always, which is the default; other workloads must.
fn restart_policy(
    site: &mut Site<'_>,
    spec: &Node,
    key: Span,
    pointer: &str,
    allowed: &[&'static str],
) {
    let given = spec.get("restartPolicy").filter(|node| !node.is_null());
    let (policy, span) = match given {
        Some(node) => (node.as_str(), node.span),
        None => (Some("Always"), key),
    };
    // Of a wrong type, or unknown at all: reported by the schema.
    let known = ["Always", "Never", "OnFailure"];
    let Some(policy) = policy.filter(|policy| known.contains(policy) && !allowed.contains(policy))
    else {
        return;
    };
    let kind = site.object.kind();
    let choices = allowed.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>();
    let choices = choices.join(" or ");
    if given.is_some() {
        let message = format!("the pods of a {kind} cannot have the restart policy `{policy}`");
        let draft = site
            .error(names::INVALID_VALUE, span, message)
            .at(&format!("{pointer}/restartPolicy"))
            .label(format!("must be {choices}"));
        if let [only] = allowed {
            draft.write(only, Safety::Unsafe);
        }
    } else {
        site.error(
            names::MISSING_FIELD,
            span,
            format!("missing field `restartPolicy` in `{kind}`"),
        )
        .at(pointer)
        .label(format!("`restartPolicy` must be {choices} here"))
        .because(format!("the default is `{policy}`, which a {kind} cannot have"))
        .help("add `restartPolicy: OnFailure` or `restartPolicy: Never`");
    }
}

/// The selector of a workload is not empty, and matches the labels of its template.
fn selector(site: &mut Site<'_>, template: &Node) {
    let object = site.object;
    let spec = object.node.get("spec");
    let Some(entry) = spec.and_then(|spec| spec.entry("selector")) else { return };
    let Some(map) = entry.value.as_mapping() else { return };
    let wanted = map.get("matchLabels").map_or(&[][..], Node::entries);
    let expressions = map.get("matchExpressions").map_or(&[][..], Node::items);
    if wanted.is_empty() && expressions.is_empty() {
        let message = format!("the selector of a {} must not be empty", object.kind());
        site.error(names::INVALID_VALUE, entry.key.span, message)
            .at("/spec/selector")
            .label("selects everything");
        return;
    }
    let labels = template.at(&["metadata", "labels"]);
    for label in wanted {
        let Some(value) = label.value.as_str() else { continue };
        let found = labels.and_then(|labels| labels.get(&label.key.text));
        if found.is_some_and(|found| found.as_str() == Some(value) || found.as_str().is_none()) {
            continue;
        }
        let key = &label.key;
        let message = format!("the selector does not match the template's label `{}`", key.text);
        let draft = site
            .error(names::INVALID_VALUE, label.value.span, message)
            .at("/spec/selector")
            .label(match found {
                Some(_) => "the template has another value",
                None => "the template has no such label",
            });
        let place = found.map(|node| node.span).or_else(|| {
            let metadata = template.entry("metadata");
            let labels = metadata.and_then(|entry| entry.value.entry("labels"));
            labels.or(metadata).map(|entry| entry.key.span)
        });
        if let Some(place) = place {
            draft.related(place, "the template's labels");
        }
    }
}
