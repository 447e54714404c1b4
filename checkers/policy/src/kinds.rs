//! The kinds that Kubernetes itself serves: their plural names and whether they are namespaced.

use std::borrow::Cow;

/// How the API server serves a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceInfo {
    /// The plural name, such as `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl ResourceInfo {
    /// A guess for a kind that nothing is known about: the usual plural, and namespaced, as most
    /// custom resources are.
    pub fn guess(kind: &str) -> Self {
        let lower = kind.to_ascii_lowercase();
        // OpenShift's, which is a plural already.
        if lower == "securitycontextconstraints" {
            return Self { plural: lower.into(), namespaced: false };
        }
        let plural = match lower.as_bytes() {
            [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => lower + "es",
            [.., before, b'y'] if !b"aeiou".contains(before) => {
                format!("{}ies", lower.strip_suffix('y').unwrap_or(&lower))
            }
            _ => lower + "s",
        };
        Self { plural: plural.into(), namespaced: true }
    }
}

/// How the API server serves a kind of its own; `None` for any other.
pub fn native_kind(group: &str, kind: &str) -> Option<ResourceInfo> {
    let found = KINDS.binary_search_by(|known| (known.0, known.1).cmp(&(group, kind))).ok()?;
    let (_, _, plural, scope) = *KINDS.get(found)?;
    Some(ResourceInfo { plural: plural.into(), namespaced: scope == Scope::Namespaced })
}

/// The group of a resource that the API server itself serves, by its plural name, and whether its
/// objects live in namespaces; of several groups the one that is not outdated.
pub fn native_resource(plural: &str) -> Option<(&'static str, bool)> {
    let mut named = KINDS.iter().filter(|known| known.2 == plural && known.0 != "extensions");
    named.next().map(|known| (known.0, known.3 == Scope::Namespaced))
}

/// Group, kind and resource of all that the API server itself serves, sorted.
pub fn native_kinds() -> impl Iterator<Item = (&'static str, &'static str, ResourceInfo)> {
    KINDS.iter().map(|&(group, kind, plural, scope)| {
        let namespaced = scope == Scope::Namespaced;
        (group, kind, ResourceInfo { plural: plural.into(), namespaced })
    })
}

/// Whether a group is one of Kubernetes' own.
pub fn is_native_group(group: &str) -> bool {
    KINDS.iter().any(|known| known.0 == group)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Namespaced,
    Cluster,
}

use Scope::{Cluster, Namespaced};

/// Group, kind, plural, scope; sorted. Kinds of versions that are no longer served are here, too.
/// Source: the API discovery documents of Kubernetes 1.25 to 1.37.
const KINDS: &[(&str, &str, &str, Scope)] = &[
    ("", "Binding", "bindings", Namespaced),
    ("", "ComponentStatus", "componentstatuses", Cluster),
    ("", "ConfigMap", "configmaps", Namespaced),
    ("", "Endpoints", "endpoints", Namespaced),
    ("", "Event", "events", Namespaced),
    ("", "LimitRange", "limitranges", Namespaced),
    ("", "Namespace", "namespaces", Cluster),
    ("", "Node", "nodes", Cluster),
    ("", "PersistentVolume", "persistentvolumes", Cluster),
    ("", "PersistentVolumeClaim", "persistentvolumeclaims", Namespaced),
    ("", "Pod", "pods", Namespaced),
    ("", "PodTemplate", "podtemplates", Namespaced),
    ("", "ReplicationController", "replicationcontrollers", Namespaced),
    ("", "ResourceQuota", "resourcequotas", Namespaced),
    ("", "Secret", "secrets", Namespaced),
    ("", "Service", "services", Namespaced),
    ("", "ServiceAccount", "serviceaccounts", Namespaced),
    (ADMISSION, "MutatingAdmissionPolicy", "mutatingadmissionpolicies", Cluster),
    (ADMISSION, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", Cluster),
    (ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", Cluster),
    (ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", Cluster),
    (ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", Cluster),
    (ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", Cluster),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", Cluster),
    ("apiregistration.k8s.io", "APIService", "apiservices", Cluster),
    ("apps", "ControllerRevision", "controllerrevisions", Namespaced),
    ("apps", "DaemonSet", "daemonsets", Namespaced),
    ("apps", "Deployment", "deployments", Namespaced),
    ("apps", "ReplicaSet", "replicasets", Namespaced),
    ("apps", "StatefulSet", "statefulsets", Namespaced),
    ("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", Cluster),
    ("authentication.k8s.io", "TokenRequest", "tokenrequests", Namespaced),
    ("authentication.k8s.io", "TokenReview", "tokenreviews", Cluster),
    ("authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews", Namespaced),
    ("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews", Cluster),
    ("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews", Cluster),
    ("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", Cluster),
    ("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", Namespaced),
    ("autoscaling", "Scale", "scales", Namespaced),
    ("batch", "CronJob", "cronjobs", Namespaced),
    ("batch", "Job", "jobs", Namespaced),
    ("certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests", Cluster),
    ("certificates.k8s.io", "ClusterTrustBundle", "clustertrustbundles", Cluster),
    ("certificates.k8s.io", "PodCertificateRequest", "podcertificaterequests", Namespaced),
    ("coordination.k8s.io", "Lease", "leases", Namespaced),
    ("coordination.k8s.io", "LeaseCandidate", "leasecandidates", Namespaced),
    ("discovery.k8s.io", "EndpointSlice", "endpointslices", Namespaced),
    ("events.k8s.io", "Event", "events", Namespaced),
    ("extensions", "DaemonSet", "daemonsets", Namespaced),
    ("extensions", "Deployment", "deployments", Namespaced),
    ("extensions", "Ingress", "ingresses", Namespaced),
    ("extensions", "NetworkPolicy", "networkpolicies", Namespaced),
    ("extensions", "PodSecurityPolicy", "podsecuritypolicies", Cluster),
    ("extensions", "ReplicaSet", "replicasets", Namespaced),
    (FLOW_CONTROL, "FlowSchema", "flowschemas", Cluster),
    (FLOW_CONTROL, "PriorityLevelConfiguration", "prioritylevelconfigurations", Cluster),
    ("internal.apiserver.k8s.io", "StorageVersion", "storageversions", Cluster),
    ("networking.k8s.io", "ClusterCIDR", "clustercidrs", Cluster),
    ("networking.k8s.io", "IPAddress", "ipaddresses", Cluster),
    ("networking.k8s.io", "Ingress", "ingresses", Namespaced),
    ("networking.k8s.io", "IngressClass", "ingressclasses", Cluster),
    ("networking.k8s.io", "NetworkPolicy", "networkpolicies", Namespaced),
    ("networking.k8s.io", "ServiceCIDR", "servicecidrs", Cluster),
    ("node.k8s.io", "RuntimeClass", "runtimeclasses", Cluster),
    ("policy", "Eviction", "evictions", Namespaced),
    ("policy", "PodDisruptionBudget", "poddisruptionbudgets", Namespaced),
    ("policy", "PodSecurityPolicy", "podsecuritypolicies", Cluster),
    ("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", Cluster),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", Cluster),
    ("rbac.authorization.k8s.io", "Role", "roles", Namespaced),
    ("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", Namespaced),
    ("resource.k8s.io", "DeviceClass", "deviceclasses", Cluster),
    ("resource.k8s.io", "DeviceTaintRule", "devicetaintrules", Cluster),
    ("resource.k8s.io", "PodSchedulingContext", "podschedulingcontexts", Namespaced),
    ("resource.k8s.io", "ResourceClaim", "resourceclaims", Namespaced),
    ("resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates", Namespaced),
    ("resource.k8s.io", "ResourceClass", "resourceclasses", Cluster),
    ("resource.k8s.io", "ResourceSlice", "resourceslices", Cluster),
    ("scheduling.k8s.io", "PodGroup", "podgroups", Namespaced),
    ("scheduling.k8s.io", "PriorityClass", "priorityclasses", Cluster),
    ("scheduling.k8s.io", "Workload", "workloads", Namespaced),
    ("storage.k8s.io", "CSIDriver", "csidrivers", Cluster),
    ("storage.k8s.io", "CSINode", "csinodes", Cluster),
    ("storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities", Namespaced),
    ("storage.k8s.io", "StorageClass", "storageclasses", Cluster),
    ("storage.k8s.io", "VolumeAttachment", "volumeattachments", Cluster),
    ("storage.k8s.io", "VolumeAttributesClass", "volumeattributesclasses", Cluster),
    ("storagemigration.k8s.io", "StorageVersionMigration", "storageversionmigrations", Cluster),
];

const ADMISSION: &str = "admissionregistration.k8s.io";
const FLOW_CONTROL: &str = "flowcontrol.apiserver.k8s.io";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(KINDS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
    }

    #[test]
    fn native_kinds_are_known_and_others_guessed() {
        let deployment = native_kind("apps", "Deployment").unwrap();
        assert_eq!((&*deployment.plural, deployment.namespaced), ("deployments", true));
        assert!(!native_kind("", "Namespace").unwrap().namespaced);
        assert_eq!(native_kind("example.com", "Deployment"), None);
        assert!(is_native_group("apps") && is_native_group("") && !is_native_group("x.io"));
        for (kind, plural) in [
            ("Widget", "widgets"),
            ("Policy", "policies"),
            ("Gateway", "gateways"),
            ("Mesh", "meshes"),
            ("Class", "classes"),
            ("Box", "boxes"),
        ] {
            assert_eq!(ResourceInfo::guess(kind).plural, plural);
        }
    }
}
