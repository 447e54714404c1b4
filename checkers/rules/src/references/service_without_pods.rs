//! `service-without-pods`: a Service whose selector selects no pods.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use seatrial_core::{Finding, Location, Safety, Severity};
use seatrial_manifests::{Object, PodTemplate, Selector, one_slip_apart};
use seatrial_parse::{Entry, escape_pointer_token};

use super::Context;
use super::common::{by_selector, entry_location, entry_span, finding, named, namespace, text};
use crate::fix::rewritten;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("service-without-pods"),
    part: Part::Reference,
    severity: Severity::Error,
    summary: Cow::Borrowed("a Service selects no pods"),
    explanation: Cow::Borrowed(
        "\
## What it checks

The selector of every Service is held against the labels of the pods that the inspected objects
make: Pods, and the pod templates of Deployments, StatefulSets, DaemonSets, ReplicaSets,
ReplicationControllers, Jobs, CronJobs and custom workloads. Labels that controllers add by
themselves, such as `statefulset.kubernetes.io/pod-name`, count.

It is an error where a workload was evidently meant: its labels are one slip of the hand away, or it
has the name of the Service, or it stands in the same file and differs in one of several labels. It
is a warning where the file holds just this Service and one workload that no Service selects.
Otherwise the pods may live outside the inspected files, and it is a note; with `--closed-world` it
is an error, too.

Services without a selector, and Services of type `ExternalName`, select no pods by design.

## Why it matters

The API server takes such a Service without a word. It has no endpoints: connections to it are
refused or time out, and nothing in the cluster says why.

## What to do

Make the selector and the labels of the pod template agree. The labels that count are those under
`spec.template.metadata.labels`, not those of the Deployment itself.

## Fix

`--fix --unsafe` writes the label of the pods that are evidently meant.

## Known limits

A workload that differs in more than one label is recognised only by its name or its file.
Where a namespace is not stated, any namespace is taken to fit.

## References

* <https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service>
* <https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/>
",
    ),
};

/// How many workloads are looked at, for each label of a selector, in search of the one meant.
const COMPARED: usize = 64;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let services = context.index.of_kind("", "Service");
    let selecting = services.filter(|service| !is_external_name(service));
    let mut without_pods = Vec::new();
    let mut served = FxHashSet::default();
    for ((namespace, selector), services) in by_selector(selecting) {
        let selected = context.index.select(namespace, &selector);
        if selected.is_empty() {
            without_pods.extend(services.into_iter().map(|service| (service, selector.clone())));
        }
        served.extend(selected.iter().map(|template| std::ptr::from_ref(template.object)));
    }
    let is_served = |object: &Object| served.contains(&std::ptr::from_ref(object));
    let services = without_pods.iter().map(|(service, _)| *service);
    let alone = alone_in_their_files(context, services, is_served);
    for (service, selector) in without_pods {
        let beside = alone.get(service.file.path()).copied().flatten();
        let beside = beside
            .filter(|template| may_share_namespace(service, template.object))
            .and_then(|template| first_difference(service, template));
        let misses = near_misses(context, service, &selector)
            .map(|miss| (miss.likelihood(service, is_served(miss.template.object)), miss))
            .chain(beside.map(|miss| (Likelihood::Beside, miss)));
        let nearest = misses.reduce(|best, miss| if miss.0 > best.0 { miss } else { best });
        findings.push(match nearest {
            Some((likelihood, miss)) if likelihood > Likelihood::Possible => {
                report_meant(service, likelihood, &miss)
            }
            nearest => {
                let near = nearest.map(|(_, miss)| miss);
                report_absent(context, service, &selector, near.as_ref())
            }
        });
    }
}

/// Whether two objects are, or may be, in the same namespace.
fn may_share_namespace(a: &Object, b: &Object) -> bool {
    namespace(a).zip(namespace(b)).is_none_or(|(a, b)| a == b)
}

/// The files in which one Service without pods stands beside one workload that no Service selects,
/// and that workload.
fn alone_in_their_files<'a>(
    context: &Context<'a>,
    services: impl Iterator<Item = &'a Object>,
    is_served: impl Fn(&Object) -> bool,
) -> FxHashMap<Arc<str>, Option<PodTemplate<'a>>> {
    let mut services_of = FxHashMap::<_, usize>::default();
    for service in services {
        *services_of.entry(service.file.path()).or_default() += 1;
    }
    let mut alone = FxHashMap::<Arc<str>, _>::default();
    for template in context.index.templates() {
        let path = template.object.file.path();
        if services_of.get(path) == Some(&1) && !is_served(template.object) {
            let first = !alone.contains_key(path);
            alone.insert(Arc::clone(path), first.then_some(*template));
        }
    }
    alone
}

pub(super) fn is_external_name(service: &Object) -> bool {
    service.node.get("spec").and_then(|spec| text(spec, "type")) == Some("ExternalName")
}

/// A workload whose pods a Service fails to select by one label.
struct NearMiss<'a> {
    /// The label in the Service's selector.
    wanted: &'a Entry,
    /// The workload.
    template: PodTemplate<'a>,
    /// Whether the selector has other labels, all of which fit.
    others_fit: bool,
}

/// How likely a near miss is what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likelihood {
    /// It may be another workload of the same application.
    Possible,
    /// It is the only workload beside the Service, and has no other Service.
    Beside,
    /// It stands beside the Service, which differs in one of several labels.
    SameFile,
    /// It has the name of the Service.
    SameName,
    /// Its label is misspelt, or that of the selector is.
    Slip,
}

impl<'a> NearMiss<'a> {
    /// The pods' label: of the same key, or of a key that is one slip away.
    fn found(&self) -> Option<&'a Entry> {
        let labels = self.template.labels();
        let key = &*self.wanted.key.text;
        let near = |entry: &&Entry| {
            one_slip_apart(&entry.key.text, key)
                && entry.value.as_str() == self.wanted.value.as_str()
        };
        labels.iter().find(|entry| &*entry.key.text == key).or_else(|| labels.iter().find(near))
    }

    /// How likely it is what was meant, given whether another Service selects the workload: one
    /// that is served already is less likely to be missed by this Service.
    fn likelihood(&self, service: &Object, served: bool) -> Likelihood {
        let object = self.template.object;
        let wanted = self.wanted.value.as_str().unwrap_or_default();
        let slipped = self.found().is_some_and(|found| {
            let value = found.value.as_str().unwrap_or_default();
            found.key.text != self.wanted.key.text || one_slip_apart(value, wanted)
        });
        // Names of three letters that differ in one are often just different names.
        if slipped && (!served || wanted.chars().count() > 3) {
            Likelihood::Slip
        } else if object.name() == service.name() && !served {
            Likelihood::SameName
        } else if self.others_fit && !served && object.file.path() == service.file.path() {
            Likelihood::SameFile
        } else {
            Likelihood::Possible
        }
    }
}

/// The workloads that a Service may have meant, a bounded number of them.
fn near_misses<'a>(
    context: &Context<'a>,
    service: &'a Object,
    selector: &Selector<'a>,
) -> impl Iterator<Item = NearMiss<'a>> {
    let (index, namespace) = (context.index, namespace(service));
    let labels = service.node.at(&["spec", "selector"]).map_or(&[][..], |node| node.entries());
    let others_fit = labels.len() > 1;
    let by_label = labels.iter().flat_map(move |wanted| {
        let (key, value) = (&*wanted.key.text, wanted.value.as_str().unwrap_or_default());
        let near = index.near_label_values(namespace, key, value);
        let mut templates: Vec<_> = near
            .into_iter()
            .flat_map(|near| index.select_some(namespace, &selector.with(key, near), COMPARED))
            .collect();
        if others_fit {
            templates.extend(index.select_some(namespace, &selector.without(key), COMPARED));
        }
        templates.into_iter().map(move |template| NearMiss { wanted, template, others_fit })
    });
    let by_name = index
        .resolve_name(namespace, service.name())
        .take(COMPARED)
        .filter_map(PodTemplate::of)
        .filter_map(|template| first_difference(service, template));
    by_label.chain(by_name)
}

/// The first label of a Service's selector that the pods of a workload do not have.
fn first_difference<'a>(service: &'a Object, template: PodTemplate<'a>) -> Option<NearMiss<'a>> {
    let labels = service.node.at(&["spec", "selector"])?.entries();
    let wanted = labels.iter().find(|wanted| {
        let value = wanted.value.as_str().unwrap_or_default();
        !template.label(&wanted.key.text).may_be(value)
    })?;
    Some(NearMiss { wanted, template, others_fit: false })
}

/// The finding where a workload was meant, evidently or likely.
fn report_meant(service: &Object, likelihood: Likelihood, miss: &NearMiss<'_>) -> Finding {
    let severity = match likelihood {
        Likelihood::Possible | Likelihood::Beside => Severity::Warning,
        Likelihood::SameFile | Likelihood::SameName | Likelihood::Slip => Severity::Error,
    };
    let wanted = written(miss.wanted);
    let place = (entry_span(miss.wanted), label_pointer(miss.wanted));
    let workload = named(miss.template.object);
    let message = format!("`{wanted}` selects no pods, those of {workload} are labelled otherwise");
    let finding =
        finding(&RULE, severity, service, place, message).labelled("no pods have this label");
    match miss.found() {
        Some(found) => {
            let finding = finding
                .related_to(
                    entry_location(miss.template.object, found),
                    format!("the pods of {workload} have this one"),
                )
                .because(format!("`{wanted}` differs from `{}`", written(found)))
                .help(format!("write `{}`, or change the label of the pods", written(found)));
            let same_key = found.key.text == miss.wanted.key.text;
            match found.value.as_str().filter(|_| same_key && severity == Severity::Error) {
                Some(value) => rewritten(finding, service, Safety::Unsafe, value),
                None => finding,
            }
        }
        None => finding
            .related_to(
                labels_location(&miss.template),
                format!("the pods of {workload} lack the label"),
            )
            .because(format!("the pods of {workload} have no label `{}`", miss.wanted.key.text))
            .help(format!("add `{wanted}` to the labels of the pods")),
    }
}

/// The finding where the pods may live elsewhere.
fn report_absent(
    context: &Context<'_>,
    service: &Object,
    selector: &Selector<'_>,
    near: Option<&NearMiss<'_>>,
) -> Finding {
    let node = service.node.at(&["spec", "selector"]).unwrap_or(&service.node);
    let all: Vec<_> = node.entries().iter().map(written).collect();
    let message = format!("no inspected object makes pods with `{}`", all.join(", "));
    let place = (node.span, "/spec/selector".to_owned());
    let finding = finding(&RULE, context.absence(), service, place, message)
        .labelled("no pods have these labels");
    // Seen from no namespace, pods of all namespaces are in sight.
    let elsewhere = context.index.select_some(None, selector, 1);
    if let Some(other) = elsewhere.first() {
        let namespace = namespace(other.object).unwrap_or_default();
        let workload = named(other.object);
        return finding.related_to(
            labels_location(other),
            format!("the pods of {workload} are in the namespace `{namespace}`, out of reach"),
        );
    }
    match near {
        Some(miss) => finding.related_to(
            miss.found().map_or_else(
                || labels_location(&miss.template),
                |found| entry_location(miss.template.object, found),
            ),
            format!("the labels of {} come nearest", named(miss.template.object)),
        ),
        None => finding,
    }
}

/// A label as it is written in YAML.
fn written(label: &Entry) -> String {
    format!("{}: {}", label.key.text, label.value.as_str().unwrap_or_default())
}

fn label_pointer(label: &Entry) -> String {
    format!("/spec/selector/{}", escape_pointer_token(&label.key.text))
}

/// The place of the pods' labels, or else of the object.
fn labels_location(template: &PodTemplate<'_>) -> Location {
    let labels = template.metadata.and_then(|metadata| metadata.entry("labels"));
    labels.map_or_else(
        || template.object.name_location(),
        |labels| entry_location(template.object, labels),
    )
}

#[cfg(test)]
mod tests;
