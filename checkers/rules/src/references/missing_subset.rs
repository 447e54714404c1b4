//! `missing-subset`: a route of a mesh leads to a subset that is not defined, or has no pods.

use seatrial_core::{Finding, Severity, nearest};
use seatrial_manifests::{Object, Part as Place, Selector};

use super::Context;
use super::common::{finding, is_placeholder, listed, named, namespace, text};
use super::places::{all, at, one};
use super::services::in_cluster;
use crate::fix::respelt;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-subset",
    Part::Reference,
    Severity::Error,
    "a route leads to a subset of a Service that is not defined, or has no pods",
    "\
## What it checks

* The `subset` of every destination of Istio's VirtualServices, against the `subsets` of the
  DestinationRules of the same host: one that none of them defines is an error. Without any
  DestinationRule of the host it is a note, for one may live elsewhere; with `--closed-world` an
  error.
* The labels of each subset of a DestinationRule, against the pods that its Service selects: a subset
  without pods is a warning.

## Why it matters

The proxies answer 503 (`NC`, no cluster; `UH`, no healthy upstream) for the share of requests that is
sent to the subset.

## What to do

Define the subset, or write the name of one that is defined; make its labels those of the pods.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: VirtualService
spec: {http: [{route: [{destination: {host: reviews, subset: v4}}]}]}
---
kind: DestinationRule
spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
```

## References

* <https://istio.io/latest/docs/reference/config/networking/destination-rule/>
",
);

const ISTIO: &str = "networking.istio.io";

/// What a host stands for: a Service of a namespace, or a name of another world.
type Host<'a> = (&'a str, Option<&'a str>);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let rules: Vec<_> = context.index.of_kind(ISTIO, "DestinationRule").collect();
    let mut by_host = rustc_hash::FxHashMap::<Host<'_>, Vec<&Object>>::default();
    for rule in &rules {
        findings.extend(without_pods(context, rule));
        let host = rule.node.at(&["spec", "host"]).and_then(|it| it.as_str());
        if let Some(host) = host {
            by_host.entry(meant(host, rule)).or_default().push(rule);
        }
    }
    for service in context.index.of_kind(ISTIO, "VirtualService") {
        for path in [
            "spec/http/*/route/*/destination",
            "spec/tcp/*/route/*/destination",
            "spec/http/*/mirror",
        ] {
            for destination in all(service, path) {
                let Some(host) = text(destination.node, "host") else { continue };
                let rules = by_host.get(&meant(host, service)).map_or(&[][..], Vec::as_slice);
                findings.extend(judge(context, service, &destination, host, rules));
            }
        }
    }
}

fn meant<'a>(host: &'a str, object: &'a Object) -> Host<'a> {
    in_cluster(host, namespace(object)).unwrap_or((host, None))
}

fn judge(
    context: &Context<'_>,
    service: &Object,
    destination: &Place<'_>,
    host: &str,
    rules: &[&Object],
) -> Option<Finding> {
    let place = one(destination, "subset")?;
    let wanted = place.node.as_str().filter(|it| !is_placeholder(it) && !is_placeholder(host))?;
    let subsets: Vec<_> = rules
        .iter()
        .flat_map(|rule| all(rule, "spec/subsets/*/name").into_iter().map(|it| (*rule, it)))
        .collect();
    if subsets.iter().any(|(_, it)| it.node.as_str() == Some(wanted)) {
        return None;
    }
    let names: Vec<_> = subsets.iter().filter_map(|(_, it)| it.node.as_str()).collect();
    let near = nearest(wanted, names.iter().copied());
    let (severity, message) = if rules.is_empty() {
        (context.absence(), format!("no inspected DestinationRule is for `{host}`"))
    } else {
        (Severity::Error, format!("no DestinationRule of `{host}` defines the subset `{wanted}`"))
    };
    let at = (place.node.span, place.pointer.clone());
    let finding = finding(&RULE, severity, service, at, message).labelled("not a defined subset");
    let shown = subsets.iter().find(|(_, it)| near.is_some() && it.node.as_str() == near);
    let finding = match (shown.or_else(|| subsets.first()), rules.first()) {
        (Some((rule, it)), _) => {
            finding.related_to(rule.location(it.node.span), "a subset that is defined")
        }
        (None, Some(rule)) => finding.related_to(rule.name_location(), "it defines no subsets"),
        (None, None) => finding,
    };
    Some(match near {
        Some(near) => {
            let finding = finding.help(format!("did you mean `{near}`?"));
            respelt(finding, service, wanted, names.iter().copied())
        }
        None if names.is_empty() => {
            finding.help("define the subset in a DestinationRule of the host")
        }
        None => finding.help(format!(
            "define it, or write one of {}",
            listed(names.iter().map(|it| format!("`{it}`")))
        )),
    })
}

/// The finding on a subset whose labels no pod of the Service has.
fn without_pods(context: &Context<'_>, rule: &Object) -> Option<Finding> {
    let host = rule.node.at(&["spec", "host"])?.as_str()?;
    let (name, from) = in_cluster(host, namespace(rule))?;
    let service = context.index.resolve(from, "", "Service", name).next()?;
    let selector = Selector::of(service).filter(|it| !it.is_nothing())?;
    let pods = context.index.select(namespace(service), &selector);
    if pods.is_empty() {
        return None;
    }
    let place = super::places::root(rule);
    let subset = at(&place, "spec/subsets/*").into_iter().find(|subset| {
        let labels = subset.node.get("labels");
        let wanted = Selector::from_map(labels).filter(|it| !it.is_nothing());
        wanted.is_some_and(|wanted| !pods.iter().any(|it| wanted.matches_pods_of(it)))
    })?;
    let labels = one(&subset, "labels")?;
    let subset = text(subset.node, "name").unwrap_or_default();
    let message = format!("no pods of {} are in the subset `{subset}`", named(service));
    let first = pods.first()?;
    let shown = first.metadata.and_then(|it| it.get("labels")).unwrap_or(&first.object.node);
    let at = (labels.node.span, labels.pointer.clone());
    Some(
        finding(&RULE, Severity::Warning, rule, at, message)
            .labelled("no pods have these labels")
            .related_to(
                first.object.location(shown.span),
                format!("the pods of {}", named(first.object)),
            )
            .help("make the labels those of the pods"),
    )
}
