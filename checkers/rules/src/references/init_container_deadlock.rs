//! `init-container-deadlock`: workloads that wait for each other before they start.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Container, ContainerList, Object, Part as Place, PodTemplate, Selector};

use super::Context;
use super::addresses::{Address, Meant, meant, namespaces};
use super::common::{finding, named, namespace, text};
use super::places::{at, child, items};
use super::services::in_cluster;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "init-container-deadlock",
    Part::Reference,
    Severity::Error,
    "init containers wait for a Service that needs their own pods",
    "\
## What it checks

The init containers that wait until a Service answers (`nc -z db 5432`, `curl http://db:8080`,
`pg_isready -h db`, addresses in their variables), and the pods that the Service selects. It is an
error where none of these pods can start before the waiting ones do: a Service of the pod itself, or
a circle of workloads that wait for each other.

Waiting for a name only (`nslookup db`) is no deadlock, for the name of a Service resolves before its
pods run. Sidecars among the init containers do not wait.

## Why it matters

All pods of the circle stay in `Init:0/1`, for ever. It does not show while old pods still answer,
but on the first start in a new cluster, and after an outage.

## What to do

Let one side start without the other: retry in the application instead of waiting in an init
container.

## Example

```yaml
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: wait, command: [sh, -c, 'until nc -z web 80; do sleep 1; done']}]
---
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
```

## Known limits

What waits inside an image, or in a script from a ConfigMap, is not seen.

## References

* <https://kubernetes.io/docs/concepts/workloads/pods/init-containers/>
",
);

/// The ways in which shell commands name the host that they connect to.
static CONNECTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:\bnc\b(?:\s+-\S+|\s+[0-9]+)*\s+|\s-h\s*|--host[= ]|://(?:[^\s/@"']*@)?|/dev/tcp/)([a-z][a-z0-9.-]*)|(?:^|[\s"'=])(?:tcp:)?([a-z][a-z0-9.-]*):[0-9]"#,
    )
    .ok()
});
/// What shows that a command connects, rather than asks for a name.
const VERBS: [&str; 10] = [
    "nc ",
    "curl",
    "wget",
    "pg_isready",
    "mysqladmin",
    "redis-cli",
    "/dev/tcp/",
    "wait-for",
    "telnet",
    "mongosh",
];

/// A wait of an init container of a workload for a Service.
struct Wait<'a> {
    place: Place<'a>,
    service: &'a Object,
    /// The workloads whose pods answer for it.
    answered_by: Vec<usize>,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let templates = context.index.templates();
    let waiting = |template: &PodTemplate<'_>| template.containers().any(|it| waits(&it));
    if !templates.iter().any(waiting) {
        return;
    }
    let position: FxHashMap<_, _> =
        templates.iter().enumerate().map(|(at, it)| (std::ptr::from_ref(it.object), at)).collect();
    let known = namespaces(context);
    let all: Vec<Vec<Wait<'_>>> = templates
        .iter()
        .map(|template| {
            let containers = template.containers().filter(waits);
            containers.flat_map(|it| waits_of(context, &known, template, &it, &position)).collect()
        })
        .collect();
    let stuck = stuck(&all);
    for at in &stuck {
        let (Some(template), Some(waits)) = (templates.get(*at), all.get(*at)) else { continue };
        let wait = waits.iter().find(|wait| wait.answered_by.iter().all(|it| stuck.contains(it)));
        findings.extend(wait.map(|wait| report(template, wait, templates, &all, *at)));
    }
}

/// Whether a container runs to its end before the pod serves.
fn waits(container: &Container<'_>) -> bool {
    container.list == ContainerList::Init && !container.serves()
}

/// The workloads that can never start: the greatest set in which each waits for a Service that only
/// the set answers for.
fn stuck(waits: &[Vec<Wait<'_>>]) -> BTreeSet<usize> {
    let waiting = waits.iter().enumerate().filter(|(_, waits)| !waits.is_empty());
    let mut stuck: BTreeSet<_> = waiting.map(|(at, _)| at).collect();
    loop {
        let blocked = |at: &usize| {
            waits.get(*at).is_some_and(|waits| {
                waits.iter().any(|wait| {
                    !wait.answered_by.is_empty()
                        && wait.answered_by.iter().all(|it| stuck.contains(it))
                })
            })
        };
        let still: BTreeSet<_> = stuck.iter().copied().filter(blocked).collect();
        if still.len() == stuck.len() {
            return stuck;
        }
        stuck = still;
    }
}

fn waits_of<'a>(
    context: &Context<'a>,
    known: &rustc_hash::FxHashSet<&'a str>,
    template: &PodTemplate<'a>,
    container: &Container<'a>,
    position: &FxHashMap<*const Object, usize>,
) -> Vec<Wait<'a>> {
    let here = Place { node: container.node, pointer: container.pointer() };
    let words = ["command", "args"].into_iter().filter_map(|field| child(&here, field));
    let words: Vec<_> = words.flat_map(|list| items(&list).collect::<Vec<_>>()).collect();
    let all: Vec<_> = words.iter().filter_map(|word| word.node.as_str()).collect();
    let image = text(container.node, "image").unwrap_or_default();
    let command = format!("{} {image}", all.join(" "));
    if !VERBS.iter().any(|verb| command.contains(verb)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let variables = at(&here, "env/*");
    for word in &words {
        let Some(text) = word.node.as_str() else { continue };
        let text = with_variables(text, &variables);
        for captures in CONNECTS.iter().flat_map(|it| it.captures_iter(&text)) {
            let host = captures.get(1).or_else(|| captures.get(2));
            let Some(host) = host else { continue };
            let own = namespace(template.object);
            let Some((name, from)) = in_cluster(host.as_str(), own) else { continue };
            let from = from.filter(|from| known.contains(from));
            found.extend(wait(context, template, word, (name, from), position));
        }
    }
    let addresses = super::addresses::of_pods(template);
    for variable in variables.iter().filter_map(|variable| child(variable, "value")) {
        let here = |address: &&Address<'a>| address.place.pointer == variable.pointer;
        for address in addresses.iter().filter(here) {
            if let Some(Meant::Service(name, from)) = meant(context, known, address) {
                found.extend(wait(context, template, &variable, (name, from), position));
            }
        }
    }
    found
}

/// A text of a command with the values of variables put in.
fn with_variables(text: &str, variables: &[Place<'_>]) -> String {
    let mut text = text.to_owned();
    if !text.contains('$') {
        return text;
    }
    for variable in variables {
        let name = super::common::text(variable.node, "name").unwrap_or_default();
        if let Some(value) =
            super::common::text(variable.node, "value").filter(|_| !name.is_empty())
        {
            for form in [format!("${{{name}}}"), format!("$({name})"), format!("${name}")] {
                text = text.replace(&form, value);
            }
        }
    }
    text
}

fn wait<'a>(
    context: &Context<'a>,
    template: &PodTemplate<'a>,
    place: &Place<'a>,
    (name, from): (&str, Option<&str>),
    position: &FxHashMap<*const Object, usize>,
) -> Option<Wait<'a>> {
    let from = from.or_else(|| namespace(template.object));
    let service = context.index.resolve(from, "", "Service", name).next()?;
    let selector = Selector::of(service)?;
    let selected = context.index.select(namespace(service), &selector);
    let at = |it: &PodTemplate<'_>| position.get(&std::ptr::from_ref(it.object)).copied();
    let answered_by = selected.iter().filter_map(at).collect();
    Some(Wait { place: place.clone(), service, answered_by })
}

fn report(
    template: &PodTemplate<'_>,
    wait: &Wait<'_>,
    templates: &[PodTemplate<'_>],
    all: &[Vec<Wait<'_>>],
    at: usize,
) -> Finding {
    let alone = wait.answered_by.iter().all(|it| *it == at);
    let service = named(wait.service);
    let message = if alone {
        format!("the pods wait for {service}, which only they answer for")
    } else {
        format!("the pods wait for {service}, whose pods wait for them")
    };
    let place = (wait.place.node.span, wait.place.pointer.clone());
    let mut finding = finding(&RULE, Severity::Error, template.object, place, message)
        .labelled("waits before the pod starts")
        .related_to(wait.service.name_location(), "it waits for this Service");
    if let Some(other) = wait.answered_by.iter().find(|other| **other != at) {
        let waits = all.get(*other).and_then(|waits| waits.first());
        if let (Some(other), Some(back)) = (templates.get(*other), waits) {
            finding = finding.related_to(
                other.object.location(back.place.node.span),
                format!("{} waits for {}", named(other.object), named(back.service)),
            );
        }
    }
    finding.help("let one side start without the other, and retry in the application")
}
