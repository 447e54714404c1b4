//! `scale-target-missing`: an autoscaler whose target is not there.

use std::borrow::Cow;

use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;
use seatrial_parse::edit::Change;

use super::Context;
use super::common::{finding, in_other_namespace, is_placeholder, named, namespace, text};
use crate::fix::{mended, respelt};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("scale-target-missing"),
    part: Part::Reference,
    severity: Severity::Error,
    summary: Cow::Borrowed("the target of an autoscaler is not there"),
    explanation: Cow::Borrowed(
        "\
## What it checks

The `scaleTargetRef` of HorizontalPodAutoscalers and of KEDA's ScaledObjects, and the `targetRef` of
VerticalPodAutoscalers, by API group, kind and name. The version does not count: the controller
looks targets up by group.

It is an error where a target was evidently meant: a workload of this name is there under another
kind or group, or one of the kind whose name is one slip of the hand away. Otherwise the target may
live outside the inspected files, and it is a note; with `--closed-world` it is an error, too.

## Why it matters

The API server does not look for the target. The autoscaler reports `FailedGetScale` in its status,
where nobody looks, and the workload keeps its size under any load.

## What to do

Write the `apiVersion`, `kind` and `name` of the workload as its manifest has them.

## Fix

`--fix --unsafe` writes the near name, or the kind of the workload that has the name.

## Known limits

Where a namespace is not stated, any namespace is taken to fit. Whether the target can be scaled,
and whether the bounds make sense, is not for this rule.

## References

* <https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/>
",
    ),
};

/// How many objects of the target's name are looked at in search of the one meant.
const COMPARED: usize = 64;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let targets = context.index.objects().iter().filter_map(Target::of);
    findings.extend(targets.filter_map(|target| judge(context, &target)));
}

/// What an autoscaler scales.
pub(super) struct Target<'a> {
    /// The autoscaler.
    pub(super) autoscaler: &'a Object,
    /// JSON pointer to the reference.
    pointer: &'static str,
    reference: &'a Node,
    api_version: &'a str,
    /// The kind of what it scales.
    pub(super) kind: &'a str,
    /// The name of what it scales.
    pub(super) name: &'a str,
}

impl<'a> Target<'a> {
    /// The target of an autoscaler; `None` of other objects, and where nothing can be said.
    pub(super) fn of(autoscaler: &'a Object) -> Option<Self> {
        let (pointer, default) = match (autoscaler.group(), autoscaler.kind()) {
            ("autoscaling", "HorizontalPodAutoscaler") => ("/spec/scaleTargetRef", ("", "")),
            ("autoscaling.k8s.io", "VerticalPodAutoscaler") => ("/spec/targetRef", ("", "")),
            ("keda.sh", "ScaledObject") => ("/spec/scaleTargetRef", ("apps/v1", "Deployment")),
            _ => return None,
        };
        let reference = autoscaler.node.pointer(pointer)?;
        let name = text(reference, "name").filter(|name| !is_placeholder(name))?;
        let api_version = text(reference, "apiVersion").unwrap_or(default.0);
        let kind = text(reference, "kind").unwrap_or(default.1);
        Some(Self { autoscaler, pointer, reference, api_version, kind, name })
    }

    /// The API group of what it scales.
    pub(super) fn group(&self) -> &'a str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// A finding at a field of the reference, or at all of it where it lacks the field.
    fn report(&self, severity: Severity, field: &str, message: String) -> Finding {
        let (node, pointer) = match self.reference.get(field) {
            Some(node) => (node, format!("{}/{field}", self.pointer)),
            None => (self.reference, self.pointer.to_owned()),
        };
        finding(&RULE, severity, self.autoscaler, (node.span, pointer), message)
    }
}

/// The finding on a target, if it is not there.
fn judge(context: &Context<'_>, target: &Target<'_>) -> Option<Finding> {
    let from = namespace(target.autoscaler);
    let (group, kind, name) = (target.group(), target.kind, target.name);
    if context.index.resolve(from, group, kind, name).next().is_some() {
        return None;
    }
    let mut same_name = context.index.resolve_name(from, name).take(COMPARED);
    if let Some(other) = same_name.find(|other| is_meant(target, other)) {
        return Some(report_other_kind(target, other));
    }
    let near = context.index.near_names(from, group, kind, name);
    let message = format!("no inspected {kind} is named `{name}`");
    let (severity, label) = match near.first() {
        Some(_) => (Severity::Error, "there is nothing to scale"),
        None => (context.absence(), "not among the inspected files"),
    };
    let finding = target.report(severity, "name", message).labelled(label);
    if let Some(near) = near.first() {
        let finding = finding
            .related_to(near.name_location(), format!("this {} has a near name", near.kind()));
        let finding = finding.help(format!("did you mean `{}`?", near.name()));
        let known = context.index.near_names(from, group, kind, name);
        let known = known.iter().map(|it| it.name());
        return Some(respelt(finding, target.autoscaler, name, known));
    }
    Some(match in_other_namespace(context, from, (group, kind, name)) {
        Some(other) => finding.related_to(
            other.name_location(),
            format!(
                "{} is in the namespace `{}`",
                named(other),
                namespace(other).unwrap_or_default()
            ),
        ),
        None => finding,
    })
}

/// Whether an object of the target's name, but of another kind or group, was meant: a workload that
/// can be scaled, for a target that is not of a custom kind (which may well live elsewhere beside a
/// Deployment of its name, as Argo's Rollouts do).
fn is_meant(target: &Target<'_>, other: &Object) -> bool {
    let scalable = PodTemplate::of(other).is_some_and(|template| {
        use Workload::{Custom, Deployment, ReplicaSet, ReplicationController, StatefulSet};
        let workload = template.workload;
        matches!(workload, Deployment | ReplicaSet | ReplicationController | StatefulSet | Custom)
    });
    let group = target.group();
    let custom = group.contains('.') && !group.ends_with(".k8s.io");
    scalable && (!custom || other.kind() == target.kind)
}

/// The finding where a workload of the name is of another kind or group.
fn report_other_kind(target: &Target<'_>, other: &Object) -> Finding {
    let (kind, version) = (other.kind(), &other.id.api_version);
    let finding = if kind == target.kind {
        let message = match target.api_version {
            "" => format!("`{kind}` without `apiVersion` means the core group, which has none"),
            stated => format!("{} is in `{version}`, not in the group of `{stated}`", named(other)),
        };
        target.report(Severity::Error, "apiVersion", message).labelled("not its group")
    } else {
        let message = format!("`{}` is a {kind}, not a {}", target.name, shown(target.kind));
        target.report(Severity::Error, "kind", message).labelled("not its kind")
    };
    let finding = finding
        .related_to(other.name_location(), format!("this {kind} has the name"))
        .help(format!("write `apiVersion: {version}` and `kind: {kind}`"));
    let stated =
        [("apiVersion", target.api_version, version.as_str()), ("kind", target.kind, kind)];
    let wrong = stated.iter().filter(|(_, stated, right)| stated != right);
    let changes: Vec<_> = wrong
        .map(|(field, _, right)| Change::Set {
            pointer: format!("{}/{field}", target.pointer),
            value: (*right).into(),
        })
        .collect();
    mended(finding, target.autoscaler, Safety::Unsafe, &changes)
}

fn shown(kind: &str) -> &str {
    if kind.is_empty() { "target without a kind" } else { kind }
}

#[cfg(test)]
mod tests;
