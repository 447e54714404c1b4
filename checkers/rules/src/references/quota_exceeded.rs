//! `quota-exceeded`: the pods of a namespace ask for more than its quota.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use super::Context;
use super::blocked_eviction::{Autoscalers, Pods};
use super::common::{directory, finding, listed, named, namespace};
use super::limits::{counted, default, holding, stated};
use super::reversed_autoscaler_bounds::amount;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "quota-exceeded",
    Part::Reference,
    Severity::Error,
    "the pods of a namespace do not fit its ResourceQuota",
    "\
## What it checks

ResourceQuotas without scopes, against the workloads of their namespace among the inspected files.

* The sum of what all replicas ask for (the fewest, where an autoscaler decides) is above the quota,
  for `requests.…`, `limits.…`, `cpu`, `memory` and `pods`: an error.
* A container states no request, or limit, of a resource that the quota counts, and no inspected
  LimitRange gives a default: a warning, for such pods are rejected.

Requests that a container does not state are its limits, or the defaults of a LimitRange. DaemonSets,
Jobs and workloads of custom kinds are not in the sum, for their number is not known.

## Why it matters

Pods beyond the quota are rejected: some replicas are there, others not, and which ones depends on
the order. During a rollout the quota has to hold the pods of both versions.

## What to do

Ask for less, run fewer replicas, or raise the quota.

## Example

```yaml
kind: ResourceQuota
metadata: {namespace: shop}
spec: {hard: {requests.memory: 4Gi}}
---
kind: Deployment
metadata: {namespace: shop}
spec:
  replicas: 5
  template: {spec: {containers: [{resources: {requests: {memory: 1Gi}}}]}}
```

## References

* <https://kubernetes.io/docs/concepts/policy/resource-quotas/>
",
);

/// A workload of a namespace with the fewest pods that it will have.
struct Share<'a> {
    template: PodTemplate<'a>,
    pods: i128,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut autoscalers = None;
    for quota in context.index.of_kind("", "ResourceQuota") {
        let scoped =
            ["scopes", "scopeSelector"].iter().any(|it| quota.node.at(&["spec", it]).is_some());
        if scoped {
            continue;
        }
        let autoscalers = autoscalers.get_or_insert_with(|| Autoscalers::of(context));
        let together = |template: &&PodTemplate<'_>| {
            let same = template.namespace() == namespace(quota);
            same && (namespace(quota).is_some() || directory(quota) == directory(template.object))
        };
        let templates: Vec<_> =
            context.index.templates().iter().filter(together).copied().collect();
        let shares: Vec<_> = templates
            .iter()
            .filter_map(|template| {
                let pods = Pods::of(context, std::slice::from_ref(template), autoscalers)?;
                Some(Share { template: *template, pods: i128::from(pods.least) })
            })
            .collect();
        for entry in quota.node.at(&["spec", "hard"]).map_or(&[][..], Node::entries) {
            let place = (entry.value.span, &*entry.key.text);
            findings.extend(exceeded(context, quota, place, amount(&entry.value), &shares));
            let unstated = templates.iter().find_map(|it| unstated(context, quota, place, it));
            findings.extend(unstated);
        }
    }
}

/// The resource that a quota counts, and whether it counts requests or limits.
fn counts(hard: &str) -> Option<(&'static str, &str)> {
    match hard {
        "cpu" | "memory" | "ephemeral-storage" => Some(("requests", hard)),
        _ => {
            let (field, resource) = hard.split_once('.')?;
            match field {
                "requests" if resource != "storage" => Some(("requests", resource)),
                "limits" => Some(("limits", resource)),
                _ => None,
            }
        }
    }
}

/// What one pod of a template takes of a resource; `None` where something is not stated.
fn of_pod(
    context: &Context<'_>,
    template: &PodTemplate<'_>,
    field: &str,
    resource: &str,
) -> Option<i128> {
    let ranges = holding(context, "LimitRange", template);
    let containers = counted(template).into_iter().filter(seatrial_manifests::Container::serves);
    containers
        .map(|container| {
            let own = stated(&container, field, resource).map(|it| it.1);
            let limit = || stated(&container, "limits", resource).map(|it| it.1);
            let by_default = || default(&ranges, field, resource).map(|it| it.1);
            own.or_else(|| limit().filter(|_| field == "requests")).or_else(by_default)
        })
        .sum()
}

fn exceeded(
    context: &Context<'_>,
    quota: &Object,
    (span, hard): (seatrial_core::Span, &str),
    most: Option<i128>,
    shares: &[Share<'_>],
) -> Option<Finding> {
    const WHOLE: i128 = 1_000_000_000;
    let most = most?;
    let used = |share: &Share<'_>| match counts(hard) {
        Some((field, resource)) => {
            Some(of_pod(context, &share.template, field, resource)? * share.pods)
        }
        None if matches!(hard, "pods" | "count/pods") => Some(share.pods * WHOLE),
        None => None,
    };
    let mut parts: Vec<_> = shares.iter().filter_map(|share| Some((used(share)?, share))).collect();
    let sum: i128 = parts.iter().map(|part| part.0).sum();
    if sum <= most || most < 0 {
        return None;
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.0));
    let workloads = listed(
        parts.iter().map(|part| named(part.1.template.object)).collect::<Vec<_>>().into_iter(),
    );
    let message = format!("{workloads} take {} of the {} of `{hard}`", shown(sum), shown(most));
    let key = seatrial_parse::escape_pointer_token(hard);
    let mut finding =
        finding(&RULE, Severity::Error, quota, (span, format!("/spec/hard/{key}")), message)
            .labelled("less than the pods ask for");
    for (part, share) in parts.iter().take(3) {
        let object = share.template.object;
        let text = format!("{} with {} pods takes {}", named(object), share.pods, shown(*part));
        finding = finding.related_to(object.name_location(), text);
    }
    Some(finding.help("ask for less, run fewer replicas, or raise the quota"))
}

/// An amount in billionths as one would write it.
fn shown(amount: i128) -> String {
    const WHOLE: i128 = 1_000_000_000;
    let whole = amount / WHOLE;
    for (unit, size) in [("Gi", 1_i128 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
        if whole >= size && whole % size == 0 {
            return format!("{}{unit}", whole / size);
        }
    }
    match amount % WHOLE {
        0 => whole.to_string(),
        _ => format!("{}m", amount / (WHOLE / 1000)),
    }
}

/// The finding on a container without a request or limit that a quota demands.
fn unstated(
    context: &Context<'_>,
    quota: &Object,
    (span, hard): (seatrial_core::Span, &str),
    template: &PodTemplate<'_>,
) -> Option<Finding> {
    let (field, resource) = counts(hard).filter(|it| matches!(it.1, "cpu" | "memory"))?;
    let ranges = holding(context, "LimitRange", template);
    let of_pod = template.spec?.at(&["resources", field, resource]).is_some();
    if matches!(template.workload, Workload::PodTemplate)
        || of_pod
        || default(&ranges, field, resource).is_some()
    {
        return None;
    }
    let without = counted(template).into_iter().find(|container| {
        let limit = field == "requests" && stated(container, "limits", resource).is_some();
        // Without an image it is a patch, whose rest stands elsewhere.
        stated(container, field, resource).is_none()
            && !limit
            && container.node.get("image").is_some()
    })?;
    let name = without.node.get("name").unwrap_or(without.node);
    let message = format!(
        "the container `{}` states no {resource} in `{field}`, which {} demands",
        without.name(),
        named(quota)
    );
    let place = (name.span, format!("{}/name", without.pointer()));
    Some(
        finding(&RULE, Severity::Warning, template.object, place, message)
            .labelled(format!("no `resources.{field}.{resource}`"))
            .related_to(quota.location(span), "the quota counts it")
            .because("without it, or a default of a LimitRange, the pods are rejected")
            .help(format!("add `resources.{field}.{resource}`")),
    )
}
