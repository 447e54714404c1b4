//! `monitor-without-targets`: a monitor of the Prometheus operator that scrapes nothing.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity, nearest};
use seatrial_manifests::{Object, Part as Place, PodTemplate, Selector};
use seatrial_parse::{Entry, Node};

use super::Context;
use super::common::{finding, is_placeholder, listed, named, namespace, text};
use super::places::{all, one, root};
use crate::fix::respelt;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "monitor-without-targets",
    Part::Reference,
    Severity::Error,
    "a ServiceMonitor or PodMonitor finds nothing to scrape",
    "\
## What it checks

The selector of ServiceMonitors against the labels of inspected *Services* (not those of pods), and
that of PodMonitors against the labels of pods, in their namespace or those they name; and the `port`
of each endpoint, by name, against the ports of what is selected.

* Nothing is selected: a note, for it may live outside the inspected files; with `--closed-world` an
  error. It is a warning where a Service selects pods with these labels: the labels then stand on the
  pods, and not on the Service.
* What is selected has no port of the name: an error.

## Why it matters

The target does not appear in Prometheus. Alerts on its metrics stay silent, whatever happens.

## What to do

Label the Service itself, and give its port the name that the endpoint has.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: Service
metadata: {name: web, labels: {app: web}}
spec: {ports: [{name: http, port: 80}]}
---
kind: ServiceMonitor
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
```

## References

* <https://prometheus-operator.dev/docs/developer/getting-started/>
",
);

const GROUP: &str = "monitoring.coreos.com";

/// The Services by one of their labels, so that each selector looks at few.
struct Services<'a> {
    by_label: FxHashMap<(&'a str, &'a str), Vec<&'a Object>>,
    all: Vec<&'a Object>,
}

impl<'a> Services<'a> {
    fn of(context: &Context<'a>) -> Self {
        let all: Vec<_> = context.index.of_kind("", "Service").collect();
        let mut by_label = FxHashMap::<_, Vec<&Object>>::default();
        for service in &all {
            for label in service.labels() {
                let value = label.value.as_str().unwrap_or_default();
                by_label.entry((&*label.key.text, value)).or_default().push(*service);
            }
        }
        Self { by_label, all }
    }

    /// The Services that have the labels of an entry of `matchLabels`, or all.
    fn with(&self, label: Option<&'a Entry>) -> &[&'a Object] {
        match label {
            Some(label) => {
                let value = label.value.as_str().unwrap_or_default();
                self.by_label.get(&(&*label.key.text, value)).map_or(&[], Vec::as_slice)
            }
            None => &self.all,
        }
    }
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut services = None;
    for monitor in context.index.of_kind(GROUP, "ServiceMonitor") {
        let services = services.get_or_insert_with(|| Services::of(context));
        findings.extend(of_services(context, monitor, services));
    }
    for monitor in context.index.of_kind(GROUP, "PodMonitor") {
        findings.extend(of_pods(context, monitor));
    }
}

/// Whether a monitor looks into a namespace.
fn looks_into(monitor: &Object, other: Option<&str>) -> bool {
    let spaces = monitor.node.at(&["spec", "namespaceSelector"]);
    if spaces.and_then(|it| it.get("any")).and_then(Node::as_bool) == Some(true) {
        return true;
    }
    let names = spaces.and_then(|it| it.get("matchNames")).map_or(&[][..], Node::items);
    other.is_none_or(|other| match names {
        [] => namespace(monitor).is_none_or(|own| own == other),
        names => names.iter().any(|name| name.as_str() == Some(other)),
    })
}

fn of_services<'a>(
    context: &Context<'a>,
    monitor: &'a Object,
    services: &Services<'a>,
) -> Option<Finding> {
    let place = one(&root(monitor), "spec/selector")?;
    let selector = Selector::from_label_selector(Some(place.node))?;
    let first = place.node.get("matchLabels").and_then(|it| it.entries().first());
    let candidates = services.with(first).iter().copied();
    let selected: Vec<_> = candidates
        .filter(|it| looks_into(monitor, namespace(it)) && selector.matches(it.labels()))
        .collect();
    if !selected.is_empty() {
        let ports = |service: &&'a Object| all(service, "spec/ports/*");
        let ports: Vec<_> = selected.iter().flat_map(ports).collect();
        return judge_ports(monitor, "spec/endpoints/*/port", &ports, selected.first()?);
    }
    let pods = context.index.select_some(namespace(monitor), &selector, 8);
    Some(report_nothing(context, monitor, &place, pods.first()))
}

fn of_pods(context: &Context<'_>, monitor: &Object) -> Option<Finding> {
    let place = one(&root(monitor), "spec/selector")?;
    let selector = Selector::from_label_selector(Some(place.node))?;
    let pods: Vec<_> = context.index.select(None, &selector);
    let pods: Vec<_> = pods.into_iter().filter(|it| looks_into(monitor, it.namespace())).collect();
    let Some(first) = pods.first() else {
        return Some(report_nothing(context, monitor, &place, None));
    };
    let ports: Vec<_> = pods
        .iter()
        .flat_map(|it| it.serving_containers().flat_map(|container| container.ports()))
        .map(|port| Place { node: port.node, pointer: String::new() })
        .collect();
    judge_ports(monitor, "spec/podMetricsEndpoints/*/port", &ports, first.object)
}

/// The finding on an endpoint whose port is not among those of what is selected.
fn judge_ports(
    monitor: &Object,
    path: &str,
    ports: &[Place<'_>],
    selected: &Object,
) -> Option<Finding> {
    let names: Vec<_> = ports.iter().filter_map(|port| text(port.node, "name")).collect();
    let wrong = all(monitor, path).into_iter().find(|port| {
        port.node.as_str().is_some_and(|name| !is_placeholder(name) && !names.contains(&name))
    })?;
    let wanted = wrong.node.as_str()?;
    let near = nearest(wanted, names.iter().copied());
    let message = format!("{} has no port named `{wanted}`", named(selected));
    let at = (wrong.node.span, wrong.pointer.clone());
    let finding = finding(&RULE, Severity::Error, monitor, at, message)
        .labelled("no port of this name")
        .related_to(selected.name_location(), "this is selected");
    let known = listed(names.iter().map(|name| format!("`{name}`")));
    Some(match near {
        Some(near) => {
            let finding = finding.help(format!("did you mean `{near}`?"));
            respelt(finding, monitor, wanted, names.iter().copied())
        }
        None if names.is_empty() => finding.help(format!("add `name: {wanted}` to the port")),
        None => finding.help(format!("write one of {known}")),
    })
}

/// The finding on a monitor that selects nothing.
fn report_nothing(
    context: &Context<'_>,
    monitor: &Object,
    place: &Place<'_>,
    pods: Option<&PodTemplate<'_>>,
) -> Finding {
    let (severity, message) = match pods {
        Some(_) => (Severity::Warning, "the labels are those of pods, not of a Service".to_owned()),
        None => {
            (context.absence(), "nothing among the inspected files has these labels".to_owned())
        }
    };
    let at = (place.node.span, place.pointer.clone());
    let finding = finding(&RULE, severity, monitor, at, message).labelled("selects nothing");
    match pods {
        Some(pods) => finding
            .related_to(
                pods.object.name_location(),
                format!("the pods of {} have them", named(pods.object)),
            )
            .help("put the labels on the Service (`metadata.labels`)"),
        None => finding,
    }
}
