//! `affinity-without-pods`: pods want to be near pods that there are not.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate, Selector};
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, named};
use super::places::{at, one, pod_spec, text_at};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "affinity-without-pods",
    Part::Reference,
    Severity::Warning,
    "a rule on where pods go is about pods that there are not",
    "\
## What it checks

The selectors by which pods say where they want to go, against the pods of the inspected objects:

* `topologySpreadConstraints` whose selector does not select the pods themselves: a warning. The
  constraint then spreads pods by where *other* pods are.
* `podAffinity` that is required, and selects neither these pods nor those of another inspected
  workload of the namespace: a note; with `--closed-world` an error.
* Required affinity and required anti-affinity with the same selector and topology: an error, for no
  node can fulfil both.

## Why it matters

Pods with an affinity to nobody stay `Pending`. A constraint that selects no pods is always fulfilled:
all replicas end on one node, which shows when that node dies.

## What to do

Write the labels of the pod template into the selector.

## Example

```yaml
kind: Deployment
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - topologyKey: kubernetes.io/hostname
        maxSkew: 1
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: wbe}}
```

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>
* <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>
",
);

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        let Some(spec) = pod_spec(template) else { continue };
        // A patch has its labels elsewhere.
        if template.containers().next().is_none() || template.labels().is_empty() {
            continue;
        }
        for constraint in at(&spec, "topologySpreadConstraints/*") {
            findings.extend(spreads_others(template, &constraint));
        }
        let affinity = at(&spec, &format!("affinity/podAffinity/{REQUIRED}/*"));
        for term in &affinity {
            findings.extend(near_nobody(context, template, term));
            findings.extend(contradicted(template, &spec, term));
        }
    }
}

fn report(
    object: &Object,
    severity: Severity,
    place: &Place<'_>,
    message: String,
    label: &'static str,
) -> Finding {
    let at = (place.node.span, place.pointer.clone());
    finding(&RULE, severity, object, at, message).labelled(label)
}

fn labels_of(finding: Finding, template: &PodTemplate<'_>) -> Finding {
    match template.metadata.and_then(|metadata| metadata.get("labels")) {
        Some(labels) => {
            finding.related_to(template.object.location(labels.span), "the labels of the pods")
        }
        None => finding,
    }
}

/// The finding on a constraint that is not about the pods that have it.
fn spreads_others(template: &PodTemplate<'_>, constraint: &Place<'_>) -> Option<Finding> {
    let place = one(constraint, "labelSelector")?;
    let selector = Selector::from_label_selector(Some(place.node))?;
    if selector.matches_pods_of(template) {
        return None;
    }
    let message = "the constraint does not select the pods that it should spread".to_owned();
    let finding = report(template.object, Severity::Warning, &place, message, "not these pods");
    Some(labels_of(finding, template).help("select the labels of the pod template"))
}

/// The finding on an affinity to pods that are not there.
fn near_nobody(
    context: &Context<'_>,
    template: &PodTemplate<'_>,
    term: &Place<'_>,
) -> Option<Finding> {
    let place = one(term, "labelSelector")?;
    let elsewhere =
        ["namespaces", "namespaceSelector"].iter().any(|field| term.node.get(field).is_some());
    let selector = Selector::from_label_selector(Some(place.node)).filter(|it| !it.is_nothing())?;
    if elsewhere
        || selector.matches_pods_of(template)
        || !context.index.select_some(template.namespace(), &selector, usize::MAX).is_empty()
    {
        return None;
    }
    let message = "no inspected object makes pods to be near to".to_owned();
    let finding = report(template.object, context.absence(), &place, message, "selects no pods");
    Some(labels_of(finding, template).help("select the labels of the pods to be near to"))
}

/// The finding on pods that must be both near some pods and away from them.
fn contradicted(template: &PodTemplate<'_>, spec: &Place<'_>, term: &Place<'_>) -> Option<Finding> {
    let topology = text_at(term, "topologyKey")?;
    let selector = term.node.get("labelSelector")?;
    let others = at(spec, &format!("affinity/podAntiAffinity/{REQUIRED}/*"));
    let other = others.iter().find(|other| {
        let same = |node: &Node| node.same_value(selector);
        let spaces = |node: &Node| {
            (node.get("namespaces").is_some(), node.get("namespaceSelector").is_some())
        };
        text_at(other, "topologyKey") == Some(topology)
            && other.node.get("labelSelector").is_some_and(same)
            && spaces(other.node) == spaces(term.node)
    })?;
    let message =
        format!("{} must be near the same pods that it must be away from", named(template.object));
    Some(
        report(template.object, Severity::Error, term, message, "cannot be fulfilled")
            .related_to(template.object.location(other.node.span), "away from them")
            .help("keep one of the two"),
    )
}
