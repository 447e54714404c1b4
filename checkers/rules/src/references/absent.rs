//! References from one object to another by name: written once, for every kind of reference.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part, PodTemplate};

use super::Context;
use super::common::{finding, in_other_namespace, is_placeholder, namespace};
use crate::Rule;
use crate::fix::respelt;

/// A place that names another object.
pub(super) struct Named<'a> {
    /// The object that has the reference.
    pub(super) object: &'a Object,
    /// The place of the name.
    pub(super) place: Part<'a>,
    /// Where the other object is sought.
    pub(super) namespace: Option<&'a str>,
    /// Its API group.
    pub(super) group: &'a str,
    /// Its kind.
    pub(super) kind: &'a str,
    /// Its name.
    pub(super) name: &'a str,
}

impl<'a> Named<'a> {
    /// A reference from an object to one in its own namespace, whose name is the text at a place.
    pub(super) fn by(
        object: &'a Object,
        place: Part<'a>,
        (group, kind): (&'a str, &'a str),
    ) -> Option<Self> {
        let name = place.node.as_str()?;
        Some(Self { object, namespace: namespace(object), place, group, kind, name })
    }

    /// The objects that it may mean.
    pub(super) fn resolve(&self, context: &Context<'a>) -> Vec<&'a Object> {
        context.index.resolve(self.namespace, self.group, self.kind, self.name).collect()
    }

    /// Whether it names something that is there, that a controller may make, or that is yet to be
    /// filled in.
    pub(super) fn is_there(&self, context: &Context<'a>) -> bool {
        is_placeholder(self.name)
            || context
                .index
                .resolve(self.namespace, self.group, self.kind, self.name)
                .next()
                .is_some()
            || may_be_made(context, self.namespace, self.name)
    }

    /// The finding of a rule at the place of the name.
    pub(super) fn report(
        &self,
        rule: &'static Rule,
        severity: Severity,
        message: String,
    ) -> Finding {
        let place = (self.place.node.span, self.place.pointer.clone());
        finding(rule, severity, self.object, place, message)
    }
}

/// How loudly something is missed that may well be in the cluster already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// It is worth a note.
    Note,
    /// Nothing is said, unless the inspected objects are all there will be.
    Silence,
}

/// The finding on a reference to what is not there: an error where an object of a near name is, a
/// warning where the object is in another namespace, and otherwise as loud as asked for.
pub(super) fn absent(
    context: &Context<'_>,
    rule: &'static Rule,
    reference: &Named<'_>,
    otherwise: Otherwise,
) -> Option<Finding> {
    let Named { namespace: from, group, kind, name, .. } = *reference;
    if reference.is_there(context) {
        return None;
    }
    let message = format!("no inspected {kind} is named `{name}`");
    let near = context.index.near_names(from, group, kind, name);
    if let Some(first) = near.first() {
        let finding = reference
            .report(rule, Severity::Error, message)
            .labelled("one slip away from what is there")
            .related_to(first.name_location(), format!("this {kind} has a near name"))
            .help(format!("did you mean `{}`?", first.name()));
        if reference.place.node.as_str() != Some(name) {
            return Some(finding);
        }
        return Some(respelt(finding, reference.object, name, near.iter().map(|it| it.name())));
    }
    if let Some(other) = in_other_namespace(context, from, (group, kind, name)) {
        let there = namespace(other).unwrap_or_default();
        let here = from.unwrap_or_default();
        let severity = Severity::Warning.max(context.absence());
        return Some(
            reference
                .report(
                    rule,
                    severity,
                    format!("there is no {kind} `{name}` in the namespace `{here}`"),
                )
                .labelled(format!("sought in `{here}`"))
                .related_to(
                    other.name_location(),
                    format!("this {kind} is in `{there}`, out of reach"),
                )
                .help(format!("use one namespace for both, or make a {kind} in `{here}`, too")),
        );
    }
    let silent = otherwise == Otherwise::Silence && !context.closed_world;
    (!silent).then(|| {
        reference.report(rule, context.absence(), message).labelled("not among the inspected files")
    })
}

/// Groups of custom resources that configure something, and make no objects named after themselves.
const CONFIGURING: &[&str] = &[
    "autoscaling.k8s.io",
    "cilium.io",
    "config.istio.io",
    "keda.sh",
    "kustomize.config.k8s.io",
    "monitoring.coreos.com",
    "networking.istio.io",
    "projectcontour.io",
    "security.istio.io",
    "telemetry.istio.io",
    "traefik.containo.us",
    "traefik.io",
];

/// Whether an operator may make an object of this name: a custom resource in sight has the name, or
/// its beginning up to a hyphen.
pub(super) fn may_be_made(context: &Context<'_>, from: Option<&str>, name: &str) -> bool {
    let hyphens = name.match_indices('-').map(|(at, _)| at);
    hyphens.chain([name.len()]).any(|end| {
        let beginning = name.get(..end).unwrap_or_default();
        context.index.resolve_name(from, beginning).any(is_operated)
    })
}

/// Whether an object is a custom resource from which an operator makes others.
fn is_operated(object: &Object) -> bool {
    let group = object.group();
    group.contains('.')
        && !group.ends_with(".k8s.io")
        && !CONFIGURING.contains(&group)
        && !group.ends_with("openshift.io")
}

/// A workload of a name that can be seen from a namespace.
pub(super) fn workload_named<'a>(
    context: &Context<'a>,
    from: Option<&str>,
    name: &str,
) -> Option<PodTemplate<'a>> {
    context.index.resolve_name(from, name).find_map(PodTemplate::of)
}
