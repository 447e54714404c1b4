//! The pods that an object makes: the pod template of every kind of workload.

use seatrial_parse::{Entry, Node};

use crate::Object;

/// A kind of object that makes pods, or is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Workload {
    /// A pod by itself.
    Pod,
    /// A core `PodTemplate`: a description of pods that makes none by itself.
    PodTemplate,
    /// A core `ReplicationController`.
    ReplicationController,
    /// A `ReplicaSet`.
    ReplicaSet,
    /// A `Deployment`.
    Deployment,
    /// A `StatefulSet`.
    StatefulSet,
    /// A `DaemonSet`.
    DaemonSet,
    /// A `Job`.
    Job,
    /// A `CronJob`.
    CronJob,
    /// A custom resource shaped like a workload: containers at `/spec/template/spec`, as in Argo's
    /// `Rollout`, Knative's `Service` or the `DeploymentConfig` of `OpenShift`.
    Custom,
}

impl Workload {
    /// The kind of workload that a kind of an API group is, by name alone; `extensions` is the
    /// group in which `Deployment`, `DaemonSet` and `ReplicaSet` stood before Kubernetes 1.16.
    pub fn of_kind(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            ("", "Pod") => Self::Pod,
            ("", "PodTemplate") => Self::PodTemplate,
            ("", "ReplicationController") => Self::ReplicationController,
            ("apps" | "extensions", "ReplicaSet") => Self::ReplicaSet,
            ("apps" | "extensions", "Deployment") => Self::Deployment,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps" | "extensions", "DaemonSet") => Self::DaemonSet,
            ("batch", "Job") => Self::Job,
            ("batch", "CronJob") => Self::CronJob,
            _ => return None,
        })
    }

    /// JSON pointer, within the object, to the node that holds the pods' `metadata` and `spec`.
    pub const fn template_pointer(self) -> &'static str {
        match self {
            Self::Pod => "",
            Self::PodTemplate => "/template",
            Self::CronJob => "/spec/jobTemplate/spec/template",
            _ => "/spec/template",
        }
    }
}

/// What an object says about the pods it makes.
#[derive(Debug, Clone, Copy)]
pub struct PodTemplate<'a> {
    /// The object.
    pub object: &'a Object,
    /// The kind of workload it is.
    pub workload: Workload,
    /// JSON pointer to the node that holds `metadata` and `spec`, such as `/spec/template`.
    pub pointer: &'static str,
    /// The pods' `metadata`, where there is one.
    pub metadata: Option<&'a Node>,
    /// The pods' `spec`, where there is one: a patch need not have it.
    pub spec: Option<&'a Node>,
}

impl<'a> PodTemplate<'a> {
    /// The pod template of an object; `None` for an object that makes no pods, and for a workload
    /// without a template (a patch).
    pub fn of(object: &'a Object) -> Option<Self> {
        let workload = Workload::of_kind(object.group(), object.kind())
            .or_else(|| looks_like_workload(object).then_some(Workload::Custom))?;
        let pointer = workload.template_pointer();
        let template = object.node.pointer(pointer)?;
        let (metadata, spec) = (template.get("metadata"), template.get("spec"));
        Some(Self { object, workload, pointer, metadata, spec })
    }

    /// The namespace of the pods, where the manifest names one: that of the object.
    pub fn namespace(&self) -> Option<&'a str> {
        self.object.id.namespace.as_deref()
    }

    /// The pods' labels, as written; see also [`PodTemplate::label`].
    pub fn labels(&self) -> &'a [Entry] {
        self.metadata.and_then(|metadata| metadata.get("labels")).map_or(&[], Node::entries)
    }

    /// What is known of the pods' value of a label.
    pub fn label(&self, key: &str) -> PodLabel<'a> {
        let written = self.labels().iter().find(|entry| &*entry.key.text == key);
        match written.and_then(|entry| entry.value.as_str()) {
            Some(value) => PodLabel::Is(value),
            None => self.set_label(key),
        }
    }

    /// The labels that a controller sets on the pods beside those of the template.
    pub fn set_labels(&self) -> impl Iterator<Item = (&'static str, PodLabel<'a>)> + '_ {
        SET_LABELS
            .into_iter()
            .map(|key| (key, self.set_label(key)))
            .filter(|(_, label)| !matches!(label, PodLabel::Absent))
    }

    /// What a controller sets a label of the pods to; absent where it sets none.
    fn set_label(&self, key: &str) -> PodLabel<'a> {
        use Workload::{Custom, DaemonSet, Deployment, Job, StatefulSet};
        let name = self.object.name();
        match (key, self.workload) {
            ("statefulset.kubernetes.io/pod-name", StatefulSet) => PodLabel::OrdinalOf(name),
            ("job-name" | "batch.kubernetes.io/job-name", Job) => PodLabel::Is(name),
            ("job-name" | "batch.kubernetes.io/job-name", Workload::CronJob) => PodLabel::Unknown,
            (
                "controller-uid"
                | "batch.kubernetes.io/controller-uid"
                | "batch.kubernetes.io/job-completion-index",
                Job | Workload::CronJob,
            ) => PodLabel::Unknown,
            ("apps.kubernetes.io/pod-index", StatefulSet) => PodLabel::Unknown,
            ("controller-revision-hash", StatefulSet | DaemonSet) => PodLabel::Unknown,
            ("pod-template-hash", Deployment) => PodLabel::Unknown,
            // What the controller of a custom resource sets is its own affair.
            (_, Custom) if SET_LABELS.contains(&key) => PodLabel::Unknown,
            _ => PodLabel::Absent,
        }
    }

    /// The containers of all three lists, in the order in which they start: init containers,
    /// regular ones, ephemeral ones.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let (spec, template) = (self.spec, self.pointer);
        ContainerList::ALL.into_iter().flat_map(move |list| {
            let items = spec.and_then(|spec| spec.get(list.field())).map_or(&[][..], Node::items);
            items.iter().enumerate().map(move |(index, node)| Container {
                list,
                index,
                node,
                template,
            })
        })
    }

    /// The containers that serve for the whole life of the pod: the regular ones and sidecars.
    pub fn serving_containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        self.containers().filter(Container::serves)
    }

    /// The volumes, each with its JSON pointer within the object.
    pub fn volumes(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.list("volumes")
    }

    /// The references to the Secrets that hold credentials for image registries.
    pub fn image_pull_secrets(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.list("imagePullSecrets")
    }

    /// The name of the service account of the pods, where one is named.
    pub fn service_account(&self) -> Option<&'a Node> {
        let spec = self.spec?;
        spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount"))
    }

    /// JSON pointer to the pods' labels within the object.
    pub fn labels_pointer(&self) -> String {
        format!("{}/metadata/labels", self.pointer)
    }

    /// JSON pointer to the pods' `spec` within the object.
    pub fn spec_pointer(&self) -> String {
        format!("{}/spec", self.pointer)
    }

    fn list(&self, field: &'static str) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let items = self.spec.and_then(|spec| spec.get(field)).map_or(&[][..], Node::items);
        let pointer = self.pointer;
        items.iter().enumerate().map(move |(index, node)| Part {
            node,
            pointer: format!("{pointer}/spec/{field}/{index}"),
        })
    }
}

/// Whether a custom resource has the shape of a workload.
fn looks_like_workload(object: &Object) -> bool {
    let built_in = matches!(object.group(), "" | "apps" | "batch" | "extensions")
        || object.group().ends_with(".k8s.io");
    let containers = || object.node.at(&["spec", "template", "spec", "containers"]);
    !built_in && containers().is_some_and(|containers| !containers.items().is_empty())
}

/// The labels that the built-in controllers set on pods (see "Well-Known Labels, Annotations and
/// Taints" in the Kubernetes reference).
const SET_LABELS: [&str; 9] = [
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-revision-hash",
    "pod-template-hash",
    "job-name",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
];

/// What is known of the pods' value of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodLabel<'a> {
    /// It is this, on every pod.
    Is(&'a str),
    /// It is this with `-` and the pod's ordinal, a different one on each pod.
    OrdinalOf(&'a str),
    /// A controller sets it to something that the manifest does not tell.
    Unknown,
    /// The pods do not have it.
    Absent,
}

impl PodLabel<'_> {
    /// Whether a pod has, or may have, this value.
    pub fn may_be(&self, value: &str) -> bool {
        match self {
            Self::Is(known) => *known == value,
            Self::OrdinalOf(name) => without_ordinal(value) == Some(name),
            Self::Unknown => true,
            Self::Absent => false,
        }
    }
}

/// The name of the StatefulSet of the pod of this name: `web` of `web-0`.
pub(crate) fn without_ordinal(pod: &str) -> Option<&str> {
    let (name, ordinal) = pod.rsplit_once('-')?;
    let digits = !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(name)
}

/// The list of a pod's spec that a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerList {
    /// `initContainers`.
    Init,
    /// `containers`.
    Regular,
    /// `ephemeralContainers`.
    Ephemeral,
}

impl ContainerList {
    /// All lists, in the order in which their containers start.
    pub const ALL: [Self; 3] = [Self::Init, Self::Regular, Self::Ephemeral];

    /// The field of the pod's spec.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Regular => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

/// A container of a pod template.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The list it stands in.
    pub list: ContainerList,
    /// Its position in that list, from 0.
    pub index: usize,
    /// Its tree.
    pub node: &'a Node,
    template: &'static str,
}

impl<'a> Container<'a> {
    /// JSON pointer to the container within the object.
    pub fn pointer(&self) -> String {
        format!("{}/spec/{}/{}", self.template, self.list.field(), self.index)
    }

    /// The name; empty where there is none.
    pub fn name(&self) -> &'a str {
        self.node.get("name").and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether it runs as long as the pod: a regular container, or an init container with
    /// `restartPolicy: Always` (a sidecar). Services reach the ports of these only.
    pub fn serves(&self) -> bool {
        let restarts = || self.node.get("restartPolicy").and_then(Node::as_str) == Some("Always");
        match self.list {
            ContainerList::Regular => true,
            ContainerList::Init => restarts(),
            ContainerList::Ephemeral => false,
        }
    }

    /// The entries of `ports`.
    pub fn ports(&self) -> impl Iterator<Item = Port<'a>> + use<'a> {
        self.items("ports").iter().map(|node| Port { node })
    }

    /// The entries of `env`, each with its JSON pointer within the object.
    pub fn env(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.parts("env")
    }

    /// The entries of `envFrom`, each with its JSON pointer within the object.
    pub fn env_from(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.parts("envFrom")
    }

    fn parts(&self, field: &'static str) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let container = *self;
        self.items(field).iter().enumerate().map(move |(index, node)| Part {
            node,
            pointer: format!("{}/{field}/{index}", container.pointer()),
        })
    }

    fn items(&self, field: &str) -> &'a [Node] {
        self.node.get(field).map_or(&[], Node::items)
    }
}

/// A declared port of a container.
#[derive(Debug, Clone, Copy)]
pub struct Port<'a> {
    /// Its tree.
    pub node: &'a Node,
}

impl<'a> Port<'a> {
    /// The name, where it has one.
    pub fn name(&self) -> Option<&'a str> {
        self.node.get("name").and_then(Node::as_str)
    }

    /// The number, where it has a valid one.
    pub fn number(&self) -> Option<i64> {
        self.node.get("containerPort").and_then(Node::as_i64)
    }

    /// The protocol; `TCP` where none is stated.
    pub fn protocol(&self) -> &'a str {
        self.node.get("protocol").and_then(Node::as_str).unwrap_or("TCP")
    }
}

/// A node with its JSON pointer within the object.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The node.
    pub node: &'a Node,
    /// JSON pointer within the object.
    pub pointer: String,
}

#[cfg(test)]
mod tests;
