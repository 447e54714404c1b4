//! The objects that a placement depends on, as the API server writes them.
//!
//! What could restrict a placement is closed: a field that is not listed is refused. Fields of the
//! type [`Ignored`] are known and restrict none.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::de::{Deserializer, IgnoredAny as Ignored};
use serde::{Deserialize, Serialize};

use super::quantity::Quantity;

/// What may be missing or `null`: the default then.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Maybe<T>(T);

impl<T> Deref for Maybe<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Default + Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

/// Labels, and other maps of text.
pub(super) type Labels = BTreeMap<String, String>;
/// Amounts by the name of the resource.
pub(super) type Amounts = BTreeMap<String, Quantity>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub name: String,
    pub namespace: Maybe<String>,
    pub labels: Maybe<Labels>,
    pub annotations: Maybe<Annotations>,
    pub owner_references: Maybe<Vec<Owner>>,
    pub deletion_timestamp: Option<Ignored>,
}

/// The annotations that matter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations {
    #[serde(rename = "kubernetes.io/config.mirror")]
    pub mirror: Option<Ignored>,
    #[serde(rename = "cluster-autoscaler.kubernetes.io/safe-to-evict")]
    pub safe_to_evict: Option<String>,
    #[serde(rename = "scheduling.k8s.io/group-name")]
    pub group: Option<String>,
    #[serde(rename = "kueue.x-k8s.io/podset-required-topology")]
    pub topology: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Owner {
    pub kind: String,
    pub controller: Maybe<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    pub metadata: Metadata,
    pub spec: Maybe<NodeSpec>,
    pub status: Maybe<NodeStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct NodeSpec {
    pub taints: Maybe<Vec<Taint>>,
    pub unschedulable: Maybe<bool>,
    #[serde(rename = "podCIDR")]
    pod_cidr: Ignored,
    #[serde(rename = "podCIDRs")]
    pod_cidrs: Ignored,
    #[serde(rename = "providerID")]
    provider: Ignored,
    #[serde(rename = "externalID")]
    external: Ignored,
    config_source: Ignored,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NodeStatus {
    pub allocatable: Option<Amounts>,
    pub capacity: Maybe<Amounts>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taint {
    pub key: String,
    #[serde(default)]
    pub value: Maybe<String>,
    pub effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Toleration {
    pub key: Maybe<String>,
    pub operator: Maybe<TolerationOperator>,
    pub value: Maybe<String>,
    pub effect: Option<Effect>,
    #[serde(rename = "tolerationSeconds")]
    seconds: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum TolerationOperator {
    #[default]
    Equal,
    Exists,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    pub metadata: Metadata,
    pub spec: PodSpec,
    pub status: Maybe<PodStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodStatus {
    pub phase: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct PodSpec {
    pub affinity: Maybe<Affinity>,
    pub containers: Maybe<Vec<Container>>,
    pub host_network: Maybe<bool>,
    pub init_containers: Maybe<Vec<Container>>,
    pub node_name: Maybe<String>,
    pub node_selector: Maybe<Labels>,
    pub overhead: Maybe<Amounts>,
    pub priority: Option<i32>,
    pub priority_class_name: Maybe<String>,
    pub resource_claims: Maybe<Vec<Ignored>>,
    pub resources: Maybe<Resources>,
    pub scheduler_name: Maybe<String>,
    pub scheduling_gates: Maybe<Vec<Ignored>>,
    pub scheduling_group: Option<Ignored>,
    pub tolerations: Maybe<Vec<Toleration>>,
    pub topology_spread_constraints: Maybe<Vec<SpreadConstraint>>,
    pub volumes: Maybe<Vec<PodVolume>>,
    pub workload_ref: Option<Ignored>,
    active_deadline_seconds: Ignored,
    automount_service_account_token: Ignored,
    dns_config: Ignored,
    dns_policy: Ignored,
    enable_service_links: Ignored,
    ephemeral_containers: Ignored,
    host_aliases: Ignored,
    #[serde(rename = "hostIPC")]
    host_ipc: Ignored,
    #[serde(rename = "hostPID")]
    host_pid: Ignored,
    host_users: Ignored,
    hostname: Ignored,
    hostname_override: Ignored,
    image_pull_secrets: Ignored,
    os: Ignored,
    preemption_policy: Ignored,
    readiness_gates: Ignored,
    restart_policy: Ignored,
    runtime_class_name: Ignored,
    security_context: Ignored,
    service_account: Ignored,
    service_account_name: Ignored,
    #[serde(rename = "setHostnameAsFQDN")]
    set_hostname_as_fqdn: Ignored,
    share_process_namespace: Ignored,
    subdomain: Ignored,
    termination_grace_period_seconds: Ignored,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container {
    pub resources: Maybe<Resources>,
    pub ports: Maybe<Vec<Port>>,
    pub restart_policy: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resources {
    pub requests: Maybe<Amounts>,
    pub limits: Maybe<Amounts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Port {
    #[serde(rename = "containerPort")]
    pub inner: u16,
    #[serde(rename = "hostPort")]
    pub outer: Maybe<u16>,
    #[serde(rename = "hostIP")]
    pub ip: Maybe<String>,
    pub protocol: Maybe<Protocol>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodVolume {
    pub name: String,
    pub persistent_volume_claim: Option<ClaimName>,
    pub ephemeral: Option<Ignored>,
    pub gce_persistent_disk: Option<Ignored>,
    pub aws_elastic_block_store: Option<Ignored>,
    pub iscsi: Option<Ignored>,
    pub rbd: Option<Ignored>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClaimName {
    pub claim_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Affinity {
    #[serde(rename = "nodeAffinity")]
    pub node: Maybe<NodeAffinity>,
    #[serde(rename = "podAffinity")]
    pub pod: Maybe<PodAffinity>,
    #[serde(rename = "podAntiAffinity")]
    pub anti: Maybe<PodAffinity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct NodeAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Option<NodeSelector>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    preferred: Ignored,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct PodAffinity {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    pub required: Maybe<Vec<PodTerm>>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    preferred: Ignored,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PodTerm {
    pub label_selector: Option<LabelSelector>,
    pub namespaces: Maybe<Vec<String>>,
    pub namespace_selector: Option<LabelSelector>,
    pub topology_key: String,
    pub match_label_keys: Maybe<Vec<String>>,
    pub mismatch_label_keys: Maybe<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SpreadConstraint {
    pub max_skew: u32,
    pub topology_key: String,
    pub when_unsatisfiable: WhenUnsatisfiable,
    #[serde(default)]
    pub label_selector: Option<LabelSelector>,
    #[serde(default)]
    pub min_domains: Option<u32>,
    #[serde(default)]
    pub node_affinity_policy: Option<Policy>,
    #[serde(default)]
    pub node_taints_policy: Option<Policy>,
    #[serde(default)]
    pub match_label_keys: Maybe<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum WhenUnsatisfiable {
    DoNotSchedule,
    ScheduleAnyway,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Policy {
    Honor,
    Ignore,
}

/// Terms of which one has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NodeSelector {
    pub node_selector_terms: Maybe<Vec<NodeTerm>>,
}

/// Requirements that have to hold all; none matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NodeTerm {
    pub match_expressions: Maybe<Vec<Requirement>>,
    pub match_fields: Maybe<Vec<Requirement>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct LabelSelector {
    pub match_labels: Maybe<Labels>,
    pub match_expressions: Maybe<Vec<Requirement>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requirement {
    pub key: String,
    pub operator: Operator,
    #[serde(default)]
    pub values: Maybe<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Namespace {
    pub metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PriorityClass {
    pub metadata: Metadata,
    pub value: i32,
    pub global_default: Maybe<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claim {
    pub metadata: Metadata,
    pub spec: ClaimSpec,
    pub status: Maybe<PodStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ClaimSpec {
    pub volume_name: Maybe<String>,
    pub storage_class_name: Maybe<String>,
    pub access_modes: Maybe<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Volume {
    pub metadata: Metadata,
    pub spec: VolumeSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct VolumeSpec {
    pub node_affinity: Maybe<VolumeNodeAffinity>,
    pub csi: Option<Csi>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct VolumeNodeAffinity {
    pub required: Option<NodeSelector>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Csi {
    pub driver: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StorageClass {
    pub metadata: Metadata,
    pub provisioner: String,
    pub volume_binding_mode: Maybe<BindingMode>,
    pub allowed_topologies: Maybe<Vec<TopologyTerm>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum BindingMode {
    #[default]
    Immediate,
    WaitForFirstConsumer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TopologyTerm {
    pub match_label_expressions: Maybe<Vec<TopologyValues>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TopologyValues {
    pub key: String,
    pub values: Maybe<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CsiNode {
    pub metadata: Metadata,
    pub spec: CsiNodeSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CsiNodeSpec {
    pub drivers: Maybe<Vec<CsiDriver>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CsiDriver {
    pub name: String,
    pub allocatable: Maybe<CsiAllocatable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CsiAllocatable {
    pub count: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Budget {
    pub metadata: Metadata,
    pub spec: BudgetSpec,
    pub status: Maybe<BudgetStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct BudgetSpec {
    pub min_available: Option<Share>,
    pub max_unavailable: Option<Share>,
    pub selector: Option<LabelSelector>,
    unhealthy_pod_eviction_policy: Ignored,
}

/// A number, or a percentage such as `50%`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Share {
    Number(u32),
    Percent(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct BudgetStatus {
    pub disruptions_allowed: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodGroup {
    pub metadata: Metadata,
    pub spec: PodGroupSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "what is ignored is listed all the same")]
pub(super) struct PodGroupSpec {
    pub min_member: Maybe<u32>,
    min_resources: Ignored,
    priority_class_name: Ignored,
    queue: Ignored,
    schedule_timeout_seconds: Ignored,
}
