//! `overlapping-budgets`: pods under two `PodDisruptionBudget`s cannot be evicted.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate};

use super::Context;
use super::common::{alternatives, by_selector, finding, named, variants};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "overlapping-budgets",
    Part::Reference,
    Severity::Error,
    "two PodDisruptionBudgets select the same pods",
    "\
## What it checks

Whether the pods of any workload are selected by two PodDisruptionBudgets of their namespace: an
error; a warning where the two stand in different files and name no namespace, so that they may be
alternatives.

## Why it matters

The API server refuses to evict such pods at all: `This pod has more than one PodDisruptionBudget,
which the eviction subresource does not support`. Nodes cannot be drained.

## What to do

Keep one budget for each group of pods; narrow the selector of the other one.

## Example

```yaml
kind: PodDisruptionBudget
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}
---
kind: PodDisruptionBudget
metadata: {name: everything}
spec: {selector: {}, minAvailable: 50%}
```

## References

* <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let groups = by_selector(context.index.of_kind("policy", "PodDisruptionBudget"));
    let mut first_of = FxHashMap::<_, &Object>::default();
    for ((namespace, selector), budgets) in groups {
        let selected = context.index.select(namespace, &selector);
        for budget in budgets {
            let mut reported = false;
            for template in &selected {
                let key = std::ptr::from_ref(template.object);
                let first = *first_of.entry(key).or_insert(budget);
                let same = first.name() == budget.name() || variants(first, budget);
                if !same && !reported {
                    findings.push(report(budget, first, template));
                    reported = true;
                }
            }
        }
    }
}

fn report(budget: &Object, first: &Object, template: &PodTemplate<'_>) -> Finding {
    let selector = budget.node.at(&["spec", "selector"]).unwrap_or(&budget.node);
    let workload = named(template.object);
    let severity = if alternatives(first, budget) { Severity::Warning } else { Severity::Error };
    let message = format!("the pods of {workload} cannot be evicted: two budgets select them");
    finding(&RULE, severity, budget, (selector.span, "/spec/selector".to_owned()), message)
        .labelled(format!("selects the pods of {workload}"))
        .related_to(
            first.location(first.node.at(&["spec", "selector"]).unwrap_or(&first.node).span),
            format!("{} selects them, too", named(first)),
        )
        .related_to(template.object.name_location(), "these pods")
        .help("let one budget alone select them")
}
