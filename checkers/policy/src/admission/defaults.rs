//! What the API server fills into objects of its own kinds before policies see them.
//!
//! Fixed values of single fields only; what is computed or spans several fields (a rolling-update
//! strategy, a pod's security context) is left as it is written. Source: the `SetDefaults_…`
//! functions of Kubernetes 1.25 to 1.37 (pkg/apis/*/v1/defaults.go), which agree on all of these.

use seatrial_core::ResourceId;

use crate::value::Value;

/// A value that is filled in.
#[derive(Debug, Clone, Copy)]
enum Filled {
    Int(i64),
    Bool(bool),
    Str(&'static str),
}

use Filled::{Bool, Int, Str};

impl Filled {
    const fn value<'a>(self) -> Value<'a> {
        match self {
            Int(value) => Value::Int(value),
            Bool(value) => Value::Bool(value),
            Str(text) => Value::Str(text),
        }
    }
}

/// Kind, path of the map in the object, field, value.
const OF_KINDS: &[(&str, &str, &str, Filled)] = &[
    ("CronJob", "/spec", "concurrencyPolicy", Str("Allow")),
    ("CronJob", "/spec", "failedJobsHistoryLimit", Int(1)),
    ("CronJob", "/spec", "successfulJobsHistoryLimit", Int(3)),
    ("CronJob", "/spec", "suspend", Bool(false)),
    ("DaemonSet", "/spec", "revisionHistoryLimit", Int(10)),
    ("Deployment", "/spec", "progressDeadlineSeconds", Int(600)),
    ("Deployment", "/spec", "replicas", Int(1)),
    ("Deployment", "/spec", "revisionHistoryLimit", Int(10)),
    ("HorizontalPodAutoscaler", "/spec", "minReplicas", Int(1)),
    ("Job", "/spec", "backoffLimit", Int(6)),
    ("Job", "/spec", "completionMode", Str("NonIndexed")),
    ("Job", "/spec", "suspend", Bool(false)),
    ("PersistentVolumeClaim", "/spec", "volumeMode", Str("Filesystem")),
    ("ReplicaSet", "/spec", "replicas", Int(1)),
    ("ReplicationController", "/spec", "replicas", Int(1)),
    ("Secret", "", "type", Str("Opaque")),
    ("Service", "/spec", "internalTrafficPolicy", Str("Cluster")),
    ("Service", "/spec", "sessionAffinity", Str("None")),
    ("Service", "/spec", "type", Str("ClusterIP")),
    ("Service", "/spec/ports/*", "protocol", Str("TCP")),
    ("StatefulSet", "/spec", "podManagementPolicy", Str("OrderedReady")),
    ("StatefulSet", "/spec", "replicas", Int(1)),
    ("StatefulSet", "/spec", "revisionHistoryLimit", Int(10)),
];

/// Path of the map in the pod's spec (`C` stands for any list of containers, `P` for any probe),
/// field, value.
const OF_PODS: &[(&str, &str, Filled)] = &[
    ("", "dnsPolicy", Str("ClusterFirst")),
    ("", "enableServiceLinks", Bool(true)),
    ("", "restartPolicy", Str("Always")),
    ("", "schedulerName", Str("default-scheduler")),
    ("", "terminationGracePeriodSeconds", Int(30)),
    ("/C/*", "terminationMessagePath", Str("/dev/termination-log")),
    ("/C/*", "terminationMessagePolicy", Str("File")),
    ("/C/*/P", "failureThreshold", Int(3)),
    ("/C/*/P", "periodSeconds", Int(10)),
    ("/C/*/P", "successThreshold", Int(1)),
    ("/C/*/P", "timeoutSeconds", Int(1)),
    ("/C/*/P/httpGet", "path", Str("/")),
    ("/C/*/P/httpGet", "scheme", Str("HTTP")),
    ("/C/*/ports/*", "protocol", Str("TCP")),
];

/// The groups whose kinds these are.
const GROUPS: [&str; 4] = ["", "apps", "autoscaling", "batch"];

/// Whether a field of this name is filled in anywhere: asked first, because it is cheap.
pub(super) fn is_filled(field: &str) -> bool {
    OF_KINDS.iter().any(|(_, _, name, _)| *name == field)
        || OF_PODS.iter().any(|(_, name, _)| *name == field)
}

/// The value that is filled in for a field of the map at a pointer of an object.
pub(super) fn filled<'a>(id: &ResourceId, pointer: &str, field: &str) -> Option<Value<'a>> {
    if !GROUPS.contains(&id.group()) {
        return None;
    }
    let path = general(pointer);
    let found = OF_KINDS
        .iter()
        .find(|(kind, map, name, _)| *kind == id.kind && **map == path && *name == field);
    if let Some((.., value)) = found {
        return Some(value.value());
    }
    let in_pod = path.strip_prefix(pod_spec(&id.kind)?)?;
    // A job's pods have no default restart policy: the server refuses them without one.
    if field == "restartPolicy" && matches!(&*id.kind, "Job" | "CronJob") {
        return None;
    }
    let found = OF_PODS.iter().find(|(map, name, _)| *map == in_pod && *name == field);
    found.map(|(.., value)| value.value())
}

/// Where a kind's pod spec stands.
fn pod_spec(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        "DaemonSet"
        | "Deployment"
        | "Job"
        | "ReplicaSet"
        | "ReplicationController"
        | "StatefulSet" => "/spec/template/spec",
        _ => return None,
    })
}

/// A pointer with `*` for positions, `C` for lists of containers and `P` for probes.
fn general(pointer: &str) -> String {
    let part = |part: &str| match part {
        "containers" | "initContainers" | "ephemeralContainers" => "C".to_owned(),
        "livenessProbe" | "readinessProbe" | "startupProbe" => "P".to_owned(),
        _ if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) => "*".to_owned(),
        _ => part.to_owned(),
    };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}
