//! The demands themselves, by group and type.

use super::Constraint::{Labels, OneOf, Range, UniqueItems};
use super::Row;

const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const TERMINATION_MESSAGE_POLICIES: &[&str] = &["FallbackToLogsOnError", "File"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
const ACCESS_MODES: &[&str] =
    &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];
const PROFILES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];
const HONOR: &[&str] = &["Honor", "Ignore"];
const TAINT_EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "PreferNoSchedule"];
const RETENTION: &[&str] = &["Delete", "Retain"];
const PREEMPTION: &[&str] = &["Never", "PreemptLowerPriority"];
const SELECTOR_OPERATORS: &[&str] = &["DoesNotExist", "Exists", "In", "NotIn"];
const FAILURE_POLICIES: &[&str] = &["Fail", "Ignore"];
const MATCH_POLICIES: &[&str] = &["Equivalent", "Exact"];
const REINVOCATION: &[&str] = &["IfNeeded", "Never"];
const SIDE_EFFECTS: &[&str] = &["None", "NoneOnDryRun"];

const PORT: super::Constraint = Range(1, 65_535);
/// Zero stands for "not set".
const PORT_OR_NONE: super::Constraint = Range(0, 65_535);
const NOT_NEGATIVE: super::Constraint = Range(0, i64::MAX);
const WEIGHT: super::Constraint = Range(1, 100);
/// Permission bits: octal 0777 is 511.
const FILE_MODE: super::Constraint = Range(0, 0o777);
/// User and group ids.
const ID: super::Constraint = Range(0, i32::MAX as i64);

/// What is demanded of the fields of native types.
pub(super) static TABLE: &[Row] = &[
    ("admissionregistration", "MatchResources", "matchPolicy", OneOf(MATCH_POLICIES)),
    ("admissionregistration", "MutatingWebhook", "failurePolicy", OneOf(FAILURE_POLICIES)),
    ("admissionregistration", "MutatingWebhook", "matchPolicy", OneOf(MATCH_POLICIES)),
    ("admissionregistration", "MutatingWebhook", "reinvocationPolicy", OneOf(REINVOCATION)),
    ("admissionregistration", "MutatingWebhook", "sideEffects", OneOf(SIDE_EFFECTS)),
    ("admissionregistration", "ParamRef", "parameterNotFoundAction", OneOf(&["Allow", "Deny"])),
    (
        "admissionregistration",
        "ValidatingAdmissionPolicyBindingSpec",
        "validationActions",
        OneOf(&["Audit", "Deny", "Warn"]),
    ),
    (
        "admissionregistration",
        "ValidatingAdmissionPolicySpec",
        "failurePolicy",
        OneOf(FAILURE_POLICIES),
    ),
    ("admissionregistration", "ValidatingWebhook", "failurePolicy", OneOf(FAILURE_POLICIES)),
    ("admissionregistration", "ValidatingWebhook", "matchPolicy", OneOf(MATCH_POLICIES)),
    ("admissionregistration", "ValidatingWebhook", "sideEffects", OneOf(SIDE_EFFECTS)),
    (
        "admissionregistration",
        "RuleWithOperations",
        "operations",
        OneOf(&["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]),
    ),
    (
        "admissionregistration",
        "RuleWithOperations",
        "scope",
        OneOf(&["*", "Cluster", "Namespaced"]),
    ),
    ("apiextensions", "CustomResourceConversion", "strategy", OneOf(&["None", "Webhook"])),
    ("apiextensions", "CustomResourceDefinitionSpec", "scope", OneOf(&["Cluster", "Namespaced"])),
    ("apps", "DaemonSetUpdateStrategy", "type", OneOf(&["OnDelete", "RollingUpdate"])),
    ("apps", "DeploymentSpec", "minReadySeconds", NOT_NEGATIVE),
    ("apps", "DeploymentSpec", "replicas", NOT_NEGATIVE),
    ("apps", "DeploymentSpec", "revisionHistoryLimit", NOT_NEGATIVE),
    ("apps", "DeploymentStrategy", "type", OneOf(&["Recreate", "RollingUpdate"])),
    ("apps", "ReplicaSetSpec", "minReadySeconds", NOT_NEGATIVE),
    ("apps", "ReplicaSetSpec", "replicas", NOT_NEGATIVE),
    ("apps", "StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", OneOf(RETENTION)),
    ("apps", "StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", OneOf(RETENTION)),
    ("apps", "StatefulSetSpec", "podManagementPolicy", OneOf(&["OrderedReady", "Parallel"])),
    ("apps", "StatefulSetSpec", "replicas", NOT_NEGATIVE),
    (
        "apps",
        "StatefulSetUpdateStrategy",
        "type",
        OneOf(&["OnDelete", "Recreate", "RollingUpdate"]),
    ),
    ("autoscaling", "HPAScalingPolicy", "type", OneOf(&["Percent", "Pods"])),
    ("autoscaling", "HPAScalingRules", "selectPolicy", OneOf(&["Disabled", "Max", "Min"])),
    ("autoscaling", "HorizontalPodAutoscalerSpec", "maxReplicas", Range(1, i64::MAX)),
    ("autoscaling", "HorizontalPodAutoscalerSpec", "minReplicas", NOT_NEGATIVE),
    (
        "autoscaling",
        "MetricSpec",
        "type",
        OneOf(&["ContainerResource", "External", "Object", "Pods", "Resource"]),
    ),
    ("autoscaling", "MetricTarget", "type", OneOf(&["AverageValue", "Utilization", "Value"])),
    ("batch", "CronJobSpec", "concurrencyPolicy", OneOf(&["Allow", "Forbid", "Replace"])),
    ("batch", "CronJobSpec", "failedJobsHistoryLimit", NOT_NEGATIVE),
    ("batch", "CronJobSpec", "startingDeadlineSeconds", NOT_NEGATIVE),
    ("batch", "CronJobSpec", "successfulJobsHistoryLimit", NOT_NEGATIVE),
    ("batch", "JobSpec", "activeDeadlineSeconds", NOT_NEGATIVE),
    ("batch", "JobSpec", "backoffLimit", NOT_NEGATIVE),
    ("batch", "JobSpec", "completionMode", OneOf(&["Indexed", "NonIndexed"])),
    ("batch", "JobSpec", "completions", NOT_NEGATIVE),
    ("batch", "JobSpec", "parallelism", NOT_NEGATIVE),
    ("batch", "JobSpec", "podReplacementPolicy", OneOf(&["Failed", "TerminatingOrFailed"])),
    ("batch", "JobSpec", "ttlSecondsAfterFinished", NOT_NEGATIVE),
    ("batch", "PodFailurePolicyOnExitCodesRequirement", "operator", OneOf(&["In", "NotIn"])),
    (
        "batch",
        "PodFailurePolicyRule",
        "action",
        OneOf(&["Count", "FailIndex", "FailJob", "Ignore"]),
    ),
    ("core", "AppArmorProfile", "type", OneOf(PROFILES)),
    ("core", "ConfigMapVolumeSource", "defaultMode", FILE_MODE),
    ("core", "Container", "imagePullPolicy", OneOf(PULL_POLICIES)),
    ("core", "Container", "restartPolicy", OneOf(RESTART_POLICIES)),
    ("core", "Container", "terminationMessagePolicy", OneOf(TERMINATION_MESSAGE_POLICIES)),
    ("core", "Container", "volumeMounts", UniqueItems),
    ("core", "ContainerPort", "containerPort", PORT),
    ("core", "ContainerPort", "hostPort", PORT_OR_NONE),
    ("core", "ContainerPort", "protocol", OneOf(PROTOCOLS)),
    ("core", "ContainerResizePolicy", "restartPolicy", OneOf(&["NotRequired", "RestartContainer"])),
    ("core", "DownwardAPIVolumeSource", "defaultMode", FILE_MODE),
    ("core", "EndpointPort", "port", PORT),
    ("core", "EndpointPort", "protocol", OneOf(PROTOCOLS)),
    ("core", "GRPCAction", "port", PORT),
    ("core", "HTTPGetAction", "port", PORT),
    ("core", "HTTPGetAction", "scheme", OneOf(&["HTTP", "HTTPS"])),
    (
        "core",
        "HostPathVolumeSource",
        "type",
        OneOf(&[
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket",
        ]),
    ),
    ("core", "ImageVolumeSource", "pullPolicy", OneOf(PULL_POLICIES)),
    ("core", "KeyToPath", "mode", FILE_MODE),
    (
        "core",
        "NodeSelectorRequirement",
        "operator",
        OneOf(&["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]),
    ),
    ("core", "PersistentVolumeClaimSpec", "accessModes", OneOf(ACCESS_MODES)),
    ("core", "PersistentVolumeClaimSpec", "volumeMode", OneOf(VOLUME_MODES)),
    ("core", "PersistentVolumeSpec", "accessModes", OneOf(ACCESS_MODES)),
    (
        "core",
        "PersistentVolumeSpec",
        "persistentVolumeReclaimPolicy",
        OneOf(&["Delete", "Recycle", "Retain"]),
    ),
    ("core", "PersistentVolumeSpec", "volumeMode", OneOf(VOLUME_MODES)),
    ("core", "PodOS", "name", OneOf(&["linux", "windows"])),
    ("core", "PodSecurityContext", "fsGroup", ID),
    ("core", "PodSecurityContext", "fsGroupChangePolicy", OneOf(&["Always", "OnRootMismatch"])),
    ("core", "PodSecurityContext", "runAsGroup", ID),
    ("core", "PodSecurityContext", "runAsUser", ID),
    ("core", "PodSecurityContext", "supplementalGroups", ID),
    ("core", "PodSecurityContext", "supplementalGroupsPolicy", OneOf(&["Merge", "Strict"])),
    (
        "core",
        "PodSpec",
        "dnsPolicy",
        OneOf(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ),
    ("core", "PodSpec", "containers", UniqueItems),
    ("core", "PodSpec", "initContainers", UniqueItems),
    ("core", "PodSpec", "nodeSelector", Labels),
    ("core", "PodSpec", "preemptionPolicy", OneOf(PREEMPTION)),
    ("core", "PodSpec", "restartPolicy", OneOf(RESTART_POLICIES)),
    ("core", "PodSpec", "topologySpreadConstraints", UniqueItems),
    ("core", "PodSpec", "volumes", UniqueItems),
    ("core", "PreferredSchedulingTerm", "weight", WEIGHT),
    ("core", "Probe", "failureThreshold", NOT_NEGATIVE),
    ("core", "Probe", "initialDelaySeconds", NOT_NEGATIVE),
    ("core", "Probe", "periodSeconds", NOT_NEGATIVE),
    ("core", "Probe", "successThreshold", NOT_NEGATIVE),
    ("core", "Probe", "timeoutSeconds", NOT_NEGATIVE),
    ("core", "ProjectedVolumeSource", "defaultMode", FILE_MODE),
    ("core", "ReplicationControllerSpec", "minReadySeconds", NOT_NEGATIVE),
    ("core", "ReplicationControllerSpec", "replicas", NOT_NEGATIVE),
    ("core", "ReplicationControllerSpec", "selector", Labels),
    ("core", "ScopedResourceSelectorRequirement", "operator", OneOf(SELECTOR_OPERATORS)),
    ("core", "SeccompProfile", "type", OneOf(PROFILES)),
    ("core", "SecretVolumeSource", "defaultMode", FILE_MODE),
    ("core", "SecurityContext", "procMount", OneOf(&["Default", "Unmasked"])),
    ("core", "SecurityContext", "runAsGroup", ID),
    ("core", "SecurityContext", "runAsUser", ID),
    ("core", "ServicePort", "nodePort", PORT_OR_NONE),
    ("core", "ServicePort", "port", PORT),
    ("core", "ServicePort", "protocol", OneOf(PROTOCOLS)),
    ("core", "ServicePort", "targetPort", PORT_OR_NONE),
    ("core", "ServiceSpec", "internalTrafficPolicy", OneOf(&["Cluster", "Local"])),
    ("core", "ServiceSpec", "externalTrafficPolicy", OneOf(&["Cluster", "Local"])),
    ("core", "ServiceSpec", "ipFamilies", OneOf(&["IPv4", "IPv6"])),
    (
        "core",
        "ServiceSpec",
        "ipFamilyPolicy",
        OneOf(&["PreferDualStack", "RequireDualStack", "SingleStack"]),
    ),
    ("core", "ServiceSpec", "ports", UniqueItems),
    ("core", "ServiceSpec", "selector", Labels),
    ("core", "ServiceSpec", "sessionAffinity", OneOf(&["ClientIP", "None"])),
    (
        "core",
        "ServiceSpec",
        "type",
        OneOf(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    ),
    ("core", "TCPSocketAction", "port", PORT),
    ("core", "Taint", "effect", OneOf(TAINT_EFFECTS)),
    ("core", "Toleration", "effect", OneOf(TAINT_EFFECTS)),
    ("core", "Toleration", "operator", OneOf(&["Equal", "Exists", "Gt", "Lt"])),
    ("core", "TopologySpreadConstraint", "maxSkew", Range(1, i64::MAX)),
    ("core", "TopologySpreadConstraint", "nodeAffinityPolicy", OneOf(HONOR)),
    ("core", "TopologySpreadConstraint", "nodeTaintsPolicy", OneOf(HONOR)),
    (
        "core",
        "TopologySpreadConstraint",
        "whenUnsatisfiable",
        OneOf(&["DoNotSchedule", "ScheduleAnyway"]),
    ),
    (
        "core",
        "VolumeMount",
        "mountPropagation",
        OneOf(&["Bidirectional", "HostToContainer", "None"]),
    ),
    ("core", "VolumeMount", "recursiveReadOnly", OneOf(&["Disabled", "Enabled", "IfPossible"])),
    ("core", "WeightedPodAffinityTerm", "weight", WEIGHT),
    ("discovery", "EndpointPort", "protocol", OneOf(PROTOCOLS)),
    ("discovery", "EndpointSlice", "addressType", OneOf(&["FQDN", "IPv4", "IPv6"])),
    ("meta", "LabelSelector", "matchLabels", Labels),
    ("meta", "LabelSelectorRequirement", "operator", OneOf(SELECTOR_OPERATORS)),
    (
        "networking",
        "HTTPIngressPath",
        "pathType",
        OneOf(&["Exact", "ImplementationSpecific", "Prefix"]),
    ),
    ("networking", "IngressClassParametersReference", "scope", OneOf(&["Cluster", "Namespace"])),
    ("networking", "NetworkPolicyPort", "protocol", OneOf(PROTOCOLS)),
    ("networking", "NetworkPolicySpec", "policyTypes", OneOf(&["Egress", "Ingress"])),
    ("networking", "ServiceBackendPort", "number", PORT_OR_NONE),
    (
        "policy",
        "PodDisruptionBudgetSpec",
        "unhealthyPodEvictionPolicy",
        OneOf(&["AlwaysAllow", "IfHealthyBudget"]),
    ),
    ("rbac", "RoleRef", "apiGroup", OneOf(&["rbac.authorization.k8s.io"])),
    ("rbac", "RoleRef", "kind", OneOf(&["ClusterRole", "Role"])),
    ("rbac", "Subject", "kind", OneOf(&["Group", "ServiceAccount", "User"])),
    ("scheduling", "PriorityClass", "preemptionPolicy", OneOf(PREEMPTION)),
    (
        "storage",
        "CSIDriverSpec",
        "fsGroupPolicy",
        OneOf(&["File", "None", "ReadWriteOnceWithFSType"]),
    ),
    ("storage", "CSIDriverSpec", "volumeLifecycleModes", OneOf(&["Ephemeral", "Persistent"])),
    ("storage", "StorageClass", "reclaimPolicy", OneOf(RETENTION)),
    ("storage", "StorageClass", "volumeBindingMode", OneOf(&["Immediate", "WaitForFirstConsumer"])),
];
