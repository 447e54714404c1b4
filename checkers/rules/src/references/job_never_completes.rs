//! `job-never-completes`: a Job with a container that never ends.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Container, ContainerList, PodTemplate, Workload};
use seatrial_parse::{Entry, Node};

use super::Context;
use super::common::{entry_span, finding, text};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "job-never-completes",
    Part::Reference,
    Severity::Warning,
    "a container of a Job never ends, so that the Job never completes",
    "\
## What it checks

The regular containers of Jobs and CronJobs. A Job is complete when *all* containers of its pod have
ended. It is a warning where one will not:

* beside others, one that serves: it has a probe of liveness or readiness, or its image is a proxy or
  collector known to run for ever (Envoy, Istio, Linkerd, the Cloud SQL proxy, Fluent Bit, Fluentd,
  Filebeat, Vector, the OpenTelemetry collector, Vault's agent);
* its command sleeps or waits for ever (`sleep infinity`, `tail -f`).

Nothing is said where another container seems to end it (`quitquitquit`, `shareProcessNamespace`,
`pkill`), or where the Job has a deadline (`activeDeadlineSeconds`).

## Why it matters

The work is done, and the pod stays. The Job never completes; a CronJob with
`concurrencyPolicy: Forbid` never runs again, and one with `Allow` piles up pods.

## What to do

Make the helper an init container with `restartPolicy: Always`: such a sidecar ends with the Job.

## Example

```yaml
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - {name: report, image: registry.example.com/report:3}
          - {name: proxy, image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.0'}
```

## References

* <https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/>
",
);

/// The last part of the names of images that run for ever.
const SERVERS: [&str; 14] = [
    "cloud-sql-proxy",
    "cloudsql-proxy",
    "gce-proxy",
    "envoy",
    "proxyv2",
    "linkerd-proxy",
    "linkerd2-proxy",
    "fluent-bit",
    "fluentd",
    "filebeat",
    "vector",
    "opentelemetry-collector",
    "opentelemetry-collector-contrib",
    "vault-agent",
];
/// Commands that never end.
const ENDLESS: [&str; 6] =
    ["sleep infinity", "sleep inf", "tail -f", "tail -F", "while true", "while :"];
/// Signs that another container ends it.
const ENDED: [&str; 4] = ["quitquitquit", "pkill", "killall", "/quit"];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let templates = context.index.templates().iter();
    let jobs = templates.filter(|it| matches!(it.workload, Workload::Job | Workload::CronJob));
    for template in jobs {
        let Some(spec) = template.spec else { continue };
        let containers: Vec<_> =
            template.containers().filter(|it| it.list == ContainerList::Regular).collect();
        let commands: Vec<_> = containers.iter().map(command).collect();
        let ended = commands.iter().any(|command| ENDED.iter().any(|it| command.contains(it)));
        let shared = spec.get("shareProcessNamespace").and_then(Node::as_bool) == Some(true);
        if ended || shared || has_deadline(template) {
            continue;
        }
        let endless = containers.iter().zip(&commands).find_map(|(container, command)| {
            Some((container, endless(container, command, containers.len() > 1)?))
        });
        findings.extend(
            endless.map(|(container, (entry, why))| {
                report(template, container, entry, why, &containers)
            }),
        );
    }
}

fn has_deadline(template: &PodTemplate<'_>) -> bool {
    let object = &template.object.node;
    let of_job = match template.workload {
        Workload::CronJob => object.at(&["spec", "jobTemplate", "spec", "activeDeadlineSeconds"]),
        _ => object.at(&["spec", "activeDeadlineSeconds"]),
    };
    of_job.is_some()
        || template.spec.is_some_and(|spec| spec.get("activeDeadlineSeconds").is_some())
}

fn command(container: &Container<'_>) -> String {
    let words = ["command", "args"].into_iter().filter_map(|field| container.node.get(field));
    let words = words.flat_map(Node::items).filter_map(Node::as_str);
    words.collect::<Vec<_>>().join(" ")
}

/// What shows that a container never ends, and why.
fn endless<'a>(
    container: &Container<'a>,
    command: &str,
    among_others: bool,
) -> Option<(&'a Entry, &'static str)> {
    let entry = |field: &str| container.node.entry(field);
    let loops = ENDLESS.iter().any(|it| command.contains(it));
    if loops && !["break", "exit", "timeout "].iter().any(|it| command.contains(it)) {
        return Some((entry("command").or_else(|| entry("args"))?, "its command never ends"));
    }
    if !among_others {
        return None;
    }
    let image = text(container.node, "image").unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    if SERVERS.contains(&name) {
        return Some((entry("image")?, "this image runs until it is stopped"));
    }
    let probe = ["readinessProbe", "livenessProbe"].into_iter().find_map(entry)?;
    Some((probe, "what has a probe serves, and does not end by itself"))
}

fn report(
    template: &PodTemplate<'_>,
    container: &Container<'_>,
    entry: &Entry,
    why: &'static str,
    containers: &[Container<'_>],
) -> Finding {
    let kind = template.object.kind();
    let name = container.name();
    let message = format!("the {kind} never completes, for its container `{name}` never ends");
    let pointer = format!("{}/{}", container.pointer(), entry.key.text);
    let place = (entry_span(entry), pointer);
    let finding = finding(&RULE, Severity::Warning, template.object, place, message)
        .labelled(why)
        .because("a Job is complete when all containers of its pod have ended");
    let work = containers.iter().find(|other| other.index != container.index);
    match work.and_then(|work| work.node.get("name")) {
        Some(name) => finding
            .related_to(template.object.location(name.span), "when this one ends, the pod stays")
            .help("move the helper to `initContainers`, with `restartPolicy: Always`"),
        None => finding.help("let the command end, or use a Deployment"),
    }
}
