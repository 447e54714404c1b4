//! `blocked-eviction`: a PodDisruptionBudget that no eviction can satisfy.

mod budget;
mod pods;

use std::borrow::Cow;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, PodTemplate, Selector};

use self::budget::{Amount, Budget};
pub(super) use self::pods::{Autoscalers, Pods};
use super::Context;
use super::common::{by_selector, entry_span, finding, named_all};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("blocked-eviction"),
    part: Part::Reference,
    severity: Severity::Error,
    summary: Cow::Borrowed("a PodDisruptionBudget allows no eviction, ever"),
    explanation: Cow::Borrowed(
        "\
## What it checks

For every PodDisruptionBudget, how many of the pods it selects may be away when all are healthy,
counted as the disruption controller does: percentages are of the replicas that the controllers of
the pods want, and are rounded up, both for `minAvailable` and for `maxUnavailable`.

* `minAvailable` is as large as the number of the selected pods, so that none may go: an error.
* The same only while an autoscaler stands at its `minReplicas`: a warning.
* `maxUnavailable: 0`, `0%` or `minAvailable: 100%`, which say outright that none may go: a warning.
* `maxUnavailable`, or a percentage, for pods without a controller, which count as none: an error.
* It selects no pods of the inspected objects: a note; with `--closed-world` an error.
* It has no selector, and so selects no pods whatever there is: a warning.

The numbers are those of `replicas` (1 where it is not stated) of Deployments, StatefulSets,
ReplicaSets and ReplicationControllers, or the bounds of a HorizontalPodAutoscaler; all selected
workloads are added up.

## Why it matters

Draining a node waits for evictions. With such a budget it waits for ever: node upgrades hang and
cluster autoscalers cannot remove nodes, until somebody deletes the budget by hand.

## What to do

Write `maxUnavailable: 1`, which fits any number of replicas, or run more replicas than
`minAvailable`. If evictions are to wait for a person on purpose, ignore the finding and say why.

## Known limits

Pods of DaemonSets, Jobs and custom workloads, and of workloads with several manifests, are in
numbers that are not known: only budgets that say outright that none may go are reported for them.
Pods beyond the wanted number, as during a rolling update, are not counted, nor are pods with the
same labels that objects outside the inspected files make.

## References

* <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>
* <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/>
",
    ),
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let autoscalers = Autoscalers::of(context);
    let budgets: Vec<_> = context.index.of_kind("policy", "PodDisruptionBudget").collect();
    findings.extend(budgets.iter().filter_map(|object| report_no_selector(object)));
    for ((namespace, selector), budgets) in by_selector(budgets.into_iter()) {
        let selected = context.index.select(namespace, &selector);
        if selected.is_empty() {
            findings.extend(budgets.iter().map(|object| report_no_pods(context, object)));
            continue;
        }
        let pods = Pods::of(context, &selected, &autoscalers);
        let budgets = budgets.iter().filter_map(|object| Some((*object, Budget::of(object)?)));
        findings.extend(
            budgets.filter_map(|(object, budget)| judge(object, &budget, &selected, pods.as_ref())),
        );
    }
}

/// The finding on a budget, if evictions are blocked.
fn judge(
    object: &Object,
    budget: &Budget<'_>,
    selected: &[PodTemplate<'_>],
    pods: Option<&Pods<'_>>,
) -> Option<Finding> {
    if budget.forbids_outright() {
        let message = format!("`{budget}` lets no pod of {} be evicted", named_all(selected));
        return Some(report(object, budget, Severity::Warning, message).help(
            "write `maxUnavailable: 1`, or ignore this if evictions wait for a person on purpose",
        ));
    }
    let pods = pods?;
    let (least, most) = (pods.least, pods.most);
    if pods.unmanaged > 0 && budget.counts_controllers() && most == pods.unmanaged {
        return Some(report_unmanaged(object, budget, pods));
    }
    if most > 0 && !budget.allows(most, pods.unmanaged) {
        let message = format!("`{budget}` allows no eviction, for the selected pods are {most}");
        let finding = report(object, budget, Severity::Error, message);
        return Some(explain(finding, budget, pods, most));
    }
    if least > 0 && !budget.allows(least, pods.unmanaged) {
        let message = format!(
            "`{budget}` allows no eviction while the selected pods are {least}, the fewest"
        );
        let finding = report(object, budget, Severity::Warning, message);
        return Some(explain(finding, budget, pods, least));
    }
    None
}

fn report(object: &Object, budget: &Budget<'_>, severity: Severity, message: String) -> Finding {
    let place = (entry_span(budget.entry), format!("/spec/{}", budget.entry.key.text));
    finding(&RULE, severity, object, place, message).labelled("no pod may go")
}

/// Shows the numbers that lead to the finding, and ways out.
fn explain(finding: Finding, budget: &Budget<'_>, pods: &Pods<'_>, number: i64) -> Finding {
    let mut finding = pods.related_to(finding);
    if let Amount::Percent(percent) = budget.amount {
        let part = budget.amount.of(number - pods.unmanaged);
        finding = finding.because(format!("{percent}% of {number}, rounded up, is {part}"));
    }
    match (&budget.amount, number) {
        (Amount::Number(_), 2..) => finding
            .help(format!("write `maxUnavailable: 1`, or `minAvailable: {}` at most", number - 1)),
        _ => finding.help("write `maxUnavailable: 1`, or run more replicas"),
    }
}

/// The finding on a budget that counts controllers, for pods that have none.
fn report_unmanaged(object: &Object, budget: &Budget<'_>, pods: &Pods<'_>) -> Finding {
    let message =
        format!("`{budget}` allows no eviction, for the selected pods have no controller");
    let finding = report(object, budget, Severity::Error, message).because(
        "percentages and `maxUnavailable` are of the replicas that controllers want, here 0",
    );
    pods.related_to(finding)
        .help("write `minAvailable` as a number, or make the pods by a Deployment")
}

/// The finding on a budget that selects nothing, whatever there is.
fn report_no_selector(object: &Object) -> Option<Finding> {
    let spec = object.node.entry("spec")?;
    Selector::of(object).filter(Selector::is_nothing)?;
    let message = "a budget without a selector selects no pods".to_owned();
    let place = (spec.key.span, "/spec".to_owned());
    Some(
        finding(&RULE, Severity::Warning, object, place, message)
            .labelled("no selector here")
            .help("write the labels of the pods under `selector.matchLabels`"),
    )
}

/// The finding on a budget whose pods are not among the inspected objects.
fn report_no_pods(context: &Context<'_>, object: &Object) -> Finding {
    let selector = object.node.at(&["spec", "selector"]);
    let span = selector.map_or(object.node.span, |node| node.span);
    let message = "the budget selects no pods of the inspected objects".to_owned();
    finding(&RULE, context.absence(), object, (span, "/spec/selector".to_owned()), message)
        .labelled("no pods have these labels")
}

#[cfg(test)]
mod tests;
