//! Findings on placements: their words and their places.

use seatrial_core::{Finding, Location, Rule, Span};
use seatrial_manifests::{Object, PodTemplate};
use seatrial_parse::Entry;
use seatrial_scheduling::Plugin;

use super::alone::{Nowhere, Refused};
use super::counting::Spreading;
use super::fitting::Lacks;
use super::rules::{NEEDS_EVICTION, UNPLACEABLE, UNSATISFIABLE_SPREAD};
use super::world::Workload;

/// Where the number of a workload's pods stands, or else what stands for the whole of it; with the
/// pointer to it.
pub(super) fn place(object: &Object) -> (Location, String) {
    let counts = ["replicas", "parallelism"].into_iter();
    let found = counts.map(|key| field(object, &["spec", key]));
    found.flatten().next().unwrap_or_else(|| (object.name_location(), "/metadata/name".to_owned()))
}

/// A field of an object and the pointer to it.
fn field(object: &Object, path: &[&str]) -> Option<(Location, String)> {
    let (last, before) = path.split_last()?;
    let entry = object.node.at(before)?.entry(last)?;
    Some((object.location(span(entry)), format!("/{}", path.join("/"))))
}

fn span(entry: &Entry) -> Span {
    entry.key.span.to(entry.value.span)
}

/// The first of some fields of the pods' `spec` that is written, or else the `spec` itself.
fn of_pods(object: &Object, fields: &[&str]) -> (Location, String) {
    let Some(template) = PodTemplate::of(object) else { return place(object) };
    let Some(spec) = template.spec else { return place(object) };
    let at = |field: &&str| {
        let pointer = format!("{}/{field}", template.spec_pointer());
        let (before, last) = field.rsplit_once('/').unwrap_or(("", field));
        let holder = if before.is_empty() { spec } else { spec.pointer(&format!("/{before}"))? };
        // An item of a list has no key.
        let span = holder
            .entry(last)
            .map(span)
            .or_else(|| Some(holder.pointer(&format!("/{last}"))?.span));
        Some((object.location(span?), pointer))
    };
    fields.iter().find_map(at).unwrap_or_else(|| place(object))
}

/// The field that a filter looks at.
fn of_plugin(object: &Object, plugin: Plugin) -> (Location, String) {
    let fields: &[&str] = match plugin {
        Plugin::NodeUnschedulable | Plugin::TaintToleration => &["tolerations"],
        Plugin::NodeAffinity => &["nodeSelector", "affinity/nodeAffinity"],
        Plugin::NodePorts => &["containers/0/ports"],
        Plugin::NodeResourcesFit => {
            &["containers/0/resources/requests", "containers/0/resources", "containers/0"]
        }
        Plugin::NodeVolumeLimits
        | Plugin::VolumeBinding
        | Plugin::VolumeZone
        | Plugin::VolumeRestrictions => &["volumes"],
        Plugin::PodTopologySpread => &["topologySpreadConstraints"],
        Plugin::InterPodAffinity => &["affinity/podAffinity"],
    };
    of_pods(object, fields)
}

/// A workload as a message names it: ``Deployment `web` ``.
fn named(object: &Object) -> String {
    format!("{} `{}`", object.kind(), object.name())
}

/// `the pod of ...`, `all 3 pods of ...`.
pub(super) fn all_pods(workload: &Workload<'_>) -> String {
    number_of(workload, workload.pods.len() as u64)
}

/// `3 of the 10 pods of ...`.
fn number_of(workload: &Workload<'_>, number: u64) -> String {
    let object = workload.object;
    match workload.pods.len() as u64 {
        1 if object.kind() == "Pod" => named(object),
        1 => format!("the pod of {}", named(object)),
        all if all == number => format!("all {all} pods of {}", named(object)),
        all => format!("{number} of the {all} pods of {}", named(object)),
    }
}

fn finding(
    rule: &Rule,
    workload: &Workload<'_>,
    (location, pointer): (Location, String),
    message: String,
) -> Finding {
    Finding::new(rule.id.clone(), rule.severity, location, message).of(&workload.object.id, pointer)
}

/// The pods fit no node, even an empty one.
pub(super) fn nowhere(workload: &Workload<'_>, nowhere: &Nowhere) -> Finding {
    let object = workload.object;
    match nowhere {
        Nowhere::Filters(Refused { pods, plugin, words }) => {
            let pods = number_of(workload, *pods as u64);
            let message = format!("no node can run {pods}, even if nothing else runs: {words}");
            finding(&UNPLACEABLE, workload, of_plugin(object, *plugin), message)
                .labelled("no node will do")
        }
        Nowhere::Unlabelled(pods) => {
            let pods = number_of(workload, *pods as u64);
            let message = format!(
                "no node can run {pods}: those that would do lack a label of its topology spread \
                 constraints"
            );
            let place = of_pods(object, &["topologySpreadConstraints"]);
            finding(&UNSATISFIABLE_SPREAD, workload, place, message)
                .labelled("no node has these labels")
        }
        Nowhere::Lonely(pods) => {
            let pods = number_of(workload, *pods as u64);
            let message = format!(
                "no node can run {pods}: no pod of the cluster matches its required pod affinity"
            );
            finding(&UNPLACEABLE, workload, of_plugin(object, Plugin::InterPodAffinity), message)
                .labelled("no pod matches")
        }
        Nowhere::Unknown(reason) => finding(&UNPLACEABLE, workload, place(object), reason.clone()),
    }
}

/// The nodes do not hold all of the pods, even when empty.
pub(super) fn no_room(workload: &Workload<'_>, most: u64) -> Finding {
    let wanted = workload.pods.len() as u64;
    let missing = number_of(workload, wanted.saturating_sub(most));
    let message =
        format!("{missing} cannot be placed: the nodes hold {most}, even if nothing else runs");
    finding(&UNPLACEABLE, workload, place(workload.object), message)
        .labelled(format!("there is room for {most}"))
}

/// Not all of the pods can run beside those that are as important.
pub(super) fn lacks(workload: &Workload<'_>, lacks: &Lacks) -> Finding {
    let Lacks { priority, pods, most } = lacks;
    let wanted = workload.pods.len() as u64;
    let missing = most.map(|most| pods.saturating_sub(most).min(wanted));
    let who = match missing {
        Some(missing) if wanted > 1 => {
            format!("at least {} cannot", number_of(workload, missing))
        }
        None if wanted > 1 => format!("not {} can", all_pods(workload)),
        _ => format!("{} cannot", all_pods(workload)),
    };
    let message = format!("{who} be placed beside the pods that are at least as important");
    let fact = match most {
        Some(most) => {
            format!("proven: of {pods} pods of priority {priority} and above, {most} can run")
        }
        None => format!("proven: {pods} pods of priority {priority} and above cannot run all"),
    };
    finding(&UNPLACEABLE, workload, place(workload.object), message)
        .labelled("more than there is room for")
        .because(fact)
}

/// The pods only fit where others go.
pub(super) fn evicts(workload: &Workload<'_>) -> Finding {
    let message =
        format!("{} can only be placed if other pods are evicted or moved", all_pods(workload));
    finding(&NEEDS_EVICTION, workload, place(workload.object), message)
        .labelled("no room beside what runs")
        .help("add nodes, ask for less, or see with `seatrial place` which pods would go")
}

/// The pods cannot be spread as they want to be.
pub(super) fn spread(
    workload: &Workload<'_>,
    spreading: &Spreading,
    autoscaler: Option<&Object>,
    at_maximum: bool,
) -> Finding {
    let Spreading { most, topology, usable, compared, constraint } = spreading;
    let object = workload.object;
    let wanted = workload.pods.len();
    let when = match (at_maximum, autoscaler) {
        (true, Some(scaler)) => format!("at the maximum of {}", named(scaler)),
        (true, None) => "at the maximum of its autoscaler".to_owned(),
        (false, _) => "at the stated number".to_owned(),
    };
    let (why, place) = match constraint {
        Some(number) => (
            "topology spread constraint",
            of_pods(object, &[&format!("topologySpreadConstraints/{number}")]),
        ),
        None => ("pod anti-affinity", of_pods(object, &["affinity/podAntiAffinity"])),
    };
    let message = format!(
        "{when}, {wanted} pods, no more than {most} of {} can be placed, for its {why} on `{topology}`",
        named(object),
    );
    let domains = match compared {
        Some(compared) => {
            format!("it can run in {usable} of the {compared} domains that the constraint compares")
        }
        None => format!("{usable} domains have nodes that it can run on"),
    };
    let mut finding = finding(&UNSATISFIABLE_SPREAD, workload, place, message)
        .labelled(format!("holds for {most} pods at most"))
        .because(domains);
    let key = if at_maximum { "maxReplicas" } else { "minReplicas" };
    let bound = autoscaler.and_then(|scaler| Some((scaler, field(scaler, &["spec", key])?)));
    if let Some((scaler, (location, _))) = bound {
        finding = finding.related_to(location, format!("{} scales it", named(scaler)));
    }
    finding
}
