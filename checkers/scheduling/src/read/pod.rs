//! Pods.

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_manifests::Object;

use super::affinity::{self, Own};
use super::field::{Field, Read};
use super::group::{Priorities, Selectors, full_name};
use super::{ports, requests, time};
use crate::{Labels, Owner, Pod, PodSpec, Template};

/// The fields of a pod's `spec`. Those that are not read have no say in where the pod may run.
const KNOWN: &[&str] = &[
    "activeDeadlineSeconds",
    "affinity",
    "automountServiceAccountToken",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "ephemeralContainers",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "hostname",
    "hostnameOverride",
    "imagePullSecrets",
    "initContainers",
    "nodeName",
    "nodeSelector",
    "os",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "resourceClaims",
    "resources",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "schedulingGroup",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
    "workloadRef",
];

/// A pod whose indexes have not been found yet.
pub(super) struct PodRead<'a> {
    pub(super) pod: Pod,
    pub(super) template: Template,
    /// What it takes, by the name of the resource, in units.
    pub(super) requests: BTreeMap<String, u64>,
    /// The name of the node that it is bound to.
    pub(super) node: Option<&'a str>,
    /// The name of the node that it was nominated to.
    pub(super) nominated: Option<&'a str>,
    /// The name of its group, without the namespace, and where it stands.
    pub(super) group: Option<(String, Location)>,
    /// Why it is none for the scheduler, if it is none.
    pub(super) left_out: Option<&'static str>,
}

/// Reads a pod.
pub(super) fn read<'a>(
    object: &'a Object,
    priorities: &Priorities,
    selectors: &Selectors,
) -> Read<PodRead<'a>> {
    let field = Field::of(object);
    let text = |path: &[&str]| field.at(path).map(Field::text).transpose();
    let spec = field.get("spec").ok_or_else(|| field.error("`spec` is missing"))?;
    let node = spec.text_at("nodeName")?.filter(|name| !name.is_empty());
    let terminating = field.at(&["metadata", "deletionTimestamp"]).is_some();
    let phase = text(&["status", "phase"])?;
    let left_out = match phase {
        Some("Succeeded" | "Failed") => Some("it has finished"),
        _ if terminating && node.is_none() => Some("it is on its way out without a node"),
        _ => None,
    };
    let (template, requests) = template(object, spec, priorities, selectors, terminating)?;
    let seconds = |path: &[&str]| Ok(text(path)?.and_then(time::seconds));
    let group = super::group::group_of(field)?;
    let group = group.map(|group| Ok((group.text()?.to_owned(), group.location())));
    let pod = Pod {
        name: full_name(object),
        fixed: node.is_some() && (terminating || stays(object, template.owner.as_ref())),
        created: seconds(&["metadata", "creationTimestamp"])?,
        started: seconds(&["status", "startTime"])?,
        location: Some(object.name_location()),
        ..Pod::default()
    };
    let nominated = text(&["status", "nominatedNodeName"])?;
    Ok(PodRead { pod, template, requests, node, nominated, group: group.transpose()?, left_out })
}

/// Whether a running pod says, or is known, to stay where it is.
fn stays(object: &Object, owner: Option<&Owner>) -> bool {
    let safe = object.annotation("cluster-autoscaler.kubernetes.io/safe-to-evict");
    object.node.at(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some()
        || owner.is_some_and(|owner| owner.kind == "DaemonSet")
        || safe == Some("false")
}

/// What a pod looks like, and what it takes.
fn template(
    object: &Object,
    spec: Field<'_>,
    priorities: &Priorities,
    selectors: &Selectors,
    terminating: bool,
) -> Read<(Template, BTreeMap<String, u64>)> {
    spec.knows_only(KNOWN)?;
    affinity::refuse_unknown(spec)?;
    let meta = Field::of(object).get("metadata");
    let labels = meta.map_or(Ok(Labels::new()), |meta| meta.labels("labels"))?;
    let own = Own { namespace: object.namespace(), labels: &labels };
    let taken = requests::of_pod(spec)?;
    let (priority, preempts) = priorities.of(spec)?;
    let spec_read = PodSpec {
        priority,
        preempts,
        scheduler: scheduler(spec)?,
        gated: !spec.list("schedulingGates")?.is_empty(),
        requests: Vec::new(),
        scored_cpu: taken.scored_cpu,
        scored_memory: taken.scored_memory,
        node_selector: spec.labels("nodeSelector")?,
        node_affinity: affinity::node_affinity(spec)?,
        tolerations: affinity::tolerations(spec)?,
        host_ports: ports::of_pod(spec)?,
        affinity: affinity::required_pods(spec, "podAffinity", own)?,
        anti_affinity: affinity::required_pods(spec, "podAntiAffinity", own)?,
        preferred_pods: affinity::preferred_pods(spec, own)?,
        spread: affinity::spread(spec, own)?,
        claims: claims(object, spec)?,
        images: images(spec)?,
    };
    refuse_what_is_not_modelled(spec)?;
    let mut template = Template {
        namespace: object.namespace().to_owned(),
        labels,
        terminating,
        owner: meta.map_or(Ok(None), controller)?,
        spread_by_default: None,
        spec: spec_read,
    };
    template.spread_by_default = selectors.of(&template);
    let units = |(name, amount): (String, super::quantity::Quantity)| {
        let units = amount.rounded_up(&name);
        let fits = units < super::quantity::LIMIT;
        if fits { Ok((name, units)) } else { Err(super::node::too_much(spec, &name)) }
    };
    Ok((template, taken.amounts.into_iter().map(units).collect::<Read<_>>()?))
}

fn scheduler(spec: Field<'_>) -> Read<String> {
    let name = spec.text_at("schedulerName")?.filter(|name| *name != "default-scheduler");
    Ok(name.unwrap_or_default().to_owned())
}

/// The controller among the owners of an object.
fn controller(meta: Field<'_>) -> Read<Option<Owner>> {
    for owner in meta.list("ownerReferences")? {
        if owner.is_true("controller")? {
            let text = |key| Ok(owner.required_text(key)?.to_owned());
            return Ok(Some(Owner { kind: text("kind")?, name: text("name")? }));
        }
    }
    Ok(None)
}

/// The claims that a pod mounts: those it names, and those that ephemeral volumes make for it.
fn claims(object: &Object, spec: Field<'_>) -> Read<Vec<(String, bool)>> {
    let mut claims = Vec::new();
    for volume in spec.list("volumes")? {
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            claims.push((claim.required_text("claimName")?.to_owned(), true));
        } else if volume.get("ephemeral").is_some() {
            claims.push((format!("{}-{}", object.name(), volume.required_text("name")?), false));
        }
    }
    claims.sort();
    claims.dedup();
    Ok(claims)
}

/// The images of init containers and containers. Without a tag it is `latest`
/// (`normalizedImageName` in `imagelocality/image_locality.go`).
fn images(spec: Field<'_>) -> Read<Vec<String>> {
    let mut images = Vec::new();
    for list in ["initContainers", "containers"] {
        for container in spec.list(list)? {
            let Some(name) = container.text_at("image")? else { continue };
            let tagged = name.rfind(':') > name.rfind('/');
            images.push(if tagged { name.to_owned() } else { format!("{name}:latest") });
        }
    }
    Ok(images)
}

/// What would restrict a placement but is not modelled is no cluster that can be answered for.
fn refuse_what_is_not_modelled(spec: Field<'_>) -> Read<()> {
    let refused = |field: Field<'_>, what: &str| {
        let help = "leave the pod out, or take what is asked for out of it";
        Err(field.error(format!("{what} are not modelled")).help(help))
    };
    for (key, what) in [
        ("resourceClaims", "claims of dynamically allocated devices"),
        ("workloadRef", "references to a `Workload`"),
        ("schedulingGroup", "scheduling groups"),
    ] {
        let is_empty = |field: Field<'_>| field.items().is_ok_and(|items| items.count() == 0);
        if let Some(field) = spec.get(key).filter(|field| !is_empty(*field)) {
            return refused(field, what);
        }
    }
    for volume in spec.list("volumes")? {
        for kind in ["gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd"] {
            if let Some(field) = volume.get(kind) {
                return refused(field, &format!("`{kind}` volumes of a pod"));
            }
        }
    }
    Ok(())
}
