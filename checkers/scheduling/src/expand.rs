//! From workloads to the pods that their controllers make.
//!
//! What is expanded is not read but believed: it is named in [`Expanded::trusted`], and written so
//! that it can be looked at and kept, as objects like those that are read.

mod daemon;
mod names;
mod scale;
mod storage;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::ResourceId;
use seatrial_manifests::{Object, PodTemplate, Workload};
use seatrial_parse::Node;

use self::names::{hash, suffix};
use self::scale::Scales;
use crate::read::{Field, Read};
use crate::{Cluster, Profile, ReadError, tree};

/// How many pods a workload has that a `HorizontalPodAutoscaler` scales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// As many as it says, or at least as the autoscaler says.
    #[default]
    Stated,
    /// As many as the autoscaler may make of it.
    Maximum,
}

/// Objects with the nodes of a profile and the pods of all workloads among them.
#[derive(Debug)]
pub struct Expanded {
    /// The objects that there were, and those that were made.
    pub objects: Vec<Object>,
    /// In words, what was made from what.
    pub trusted: Vec<String>,
    /// By `namespace/name` of each pod that was made, the index of its workload among the objects.
    pub made: BTreeMap<String, usize>,
}

impl Expanded {
    /// Reads the cluster.
    ///
    /// # Errors
    ///
    /// As [`crate::read`].
    pub fn read(&self) -> Result<Cluster, Vec<ReadError>> {
        let mut cluster = crate::read(&self.objects)?;
        cluster.trusted.extend(self.trusted.iter().cloned());
        cluster.trusted.sort();
        Ok(cluster)
    }
}

/// Adds the nodes of a profile, and the pods that workloads have yet to make: of a Deployment,
/// ReplicaSet, `ReplicationController`, StatefulSet or Job those that are not among the objects; of a
/// DaemonSet one for each node on which it has to run and has none. A CronJob makes none.
///
/// With a profile, storage classes that are not among the objects are taken to make volumes
/// everywhere, once the first pod needs one.
///
/// # Errors
///
/// What is wrong with workloads or profile.
pub fn expand(
    objects: Vec<Object>,
    profile: Option<&Profile>,
    scale: Scale,
) -> Result<Expanded, Vec<ReadError>> {
    let mut errors = Vec::new();
    let mut expanded = Expanded { objects, trusted: Vec::new(), made: BTreeMap::new() };
    if let Some(profile) = profile {
        expanded.objects.extend(profile.nodes());
        expanded.trusted.extend(profile.trusted());
    }
    let mut made = Vec::new();
    match Maker::new(&expanded.objects, scale) {
        Ok(mut maker) => {
            for (index, object) in expanded.objects.iter().enumerate() {
                match maker.pods_of(object) {
                    Ok(pods) if pods.is_empty() => {}
                    Ok(pods) => {
                        let kind = object.kind().to_lowercase();
                        let of = format!("{kind} `{}/{}`", object.namespace(), object.name());
                        let plural = if pods.len() == 1 { "" } else { "s" };
                        expanded.trusted.push(format!("{} pod{plural} of the {of}", pods.len()));
                        let name = |pod: &Object| format!("{}/{}", pod.namespace(), pod.name());
                        expanded.made.extend(pods.iter().map(|pod| (name(pod), index)));
                        made.extend(pods);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        Err(error) => errors.push(error),
    }
    storage::add_claims(&expanded.objects, &mut made);
    expanded.objects.extend(made);
    if profile.is_some() {
        storage::add_classes(&mut expanded);
    }
    if errors.is_empty() { Ok(expanded) } else { Err(errors) }
}

/// Makes pods.
struct Maker<'a> {
    scales: Scales,
    nodes: Vec<crate::Node>,
    /// By kind, namespace and name of a controller, how many pods it has.
    has: BTreeMap<(String, String, String), u64>,
    /// The names of the pods that there are, with their namespaces.
    names: BTreeSet<(String, String)>,
    /// The nodes, by name, on which a DaemonSet, by namespace and name, has a pod.
    daemons: BTreeSet<(String, String, &'a str)>,
}

impl<'a> Maker<'a> {
    fn new(objects: &'a [Object], scale: Scale) -> Read<Self> {
        let mut maker = Self {
            scales: Scales::read(objects, scale)?,
            nodes: daemon::nodes(objects)?,
            has: BTreeMap::new(),
            names: BTreeSet::new(),
            daemons: BTreeSet::new(),
        };
        let pods = objects.iter().filter(|object| object.group().is_empty());
        for pod in pods.filter(|object| object.kind() == "Pod") {
            maker.note(pod);
        }
        Ok(maker)
    }

    /// Takes note of a pod that there is.
    fn note(&mut self, pod: &'a Object) {
        let namespace = pod.namespace().to_owned();
        self.names.insert((namespace.clone(), pod.name().to_owned()));
        for (kind, name) in controllers(pod) {
            let key = (kind.to_owned(), namespace.clone(), name.to_owned());
            *self.has.entry(key).or_default() += 1;
            if kind == "DaemonSet"
                && let Some(node) = daemon::node_of(pod)
            {
                self.daemons.insert((namespace.clone(), name.to_owned(), node));
            }
        }
    }

    /// The pods that a workload has yet to make.
    fn pods_of(&mut self, object: &Object) -> Read<Vec<Object>> {
        let Some(workload) = Workload::of_kind(object.group(), object.kind()) else {
            return Ok(Vec::new());
        };
        let Some(template) = PodTemplate::of(object).filter(|it| it.spec.is_some()) else {
            return Ok(Vec::new());
        };
        // A ReplicaSet of a Deployment, a Job of a CronJob.
        if controller(object).is_some() {
            return Ok(Vec::new());
        }
        match workload {
            Workload::Deployment => {
                let hash = hash(object.node.at(&["spec", "template"]));
                let set = format!("{}-{hash}", object.name());
                let labels = vec![("pod-template-hash".to_owned(), hash)];
                let count = self.missing(object)?;
                let own = |_| (set.clone(), labels.clone());
                Ok(self.unnamed(object, template, ("ReplicaSet", &set), count, own))
            }
            Workload::ReplicaSet | Workload::ReplicationController => {
                let name = object.name();
                let count = self.missing(object)?;
                let own = |_| (name.to_owned(), Vec::new());
                Ok(self.unnamed(object, template, (object.kind(), name), count, own))
            }
            Workload::Job => self.job(object, template),
            Workload::StatefulSet => self.stateful(object, template),
            Workload::DaemonSet => self.daemon(object, template),
            _ => Ok(Vec::new()),
        }
    }

    /// How many pods a workload has yet to make.
    fn missing(&self, object: &Object) -> Read<u64> {
        let key =
            (object.kind().to_owned(), object.namespace().to_owned(), object.name().to_owned());
        let has = self.has.get(&key).copied().unwrap_or(0);
        Ok(self.scales.replicas(object)?.saturating_sub(has))
    }

    /// Pods with names that end in what is chance in a cluster. What stands before it, and the
    /// labels that the controller adds, depend on the number of the pod.
    fn unnamed(
        &mut self,
        object: &Object,
        template: PodTemplate<'_>,
        owner: (&str, &str),
        count: u64,
        own: impl Fn(u64) -> (String, Vec<(String, String)>),
    ) -> Vec<Object> {
        let mut pods = Vec::new();
        for number in 0..count {
            let (stem, labels) = own(number);
            let name = self.free_name(object.namespace(), &stem, number);
            pods.extend(pod(object, template, &name, owner, &labels));
        }
        pods
    }

    /// A name that no pod has yet.
    fn free_name(&mut self, namespace: &str, prefix: &str, number: u64) -> String {
        let mut attempt = 0;
        loop {
            let name = format!("{prefix}-{}", suffix(prefix, number, attempt));
            if self.names.insert((namespace.to_owned(), name.clone())) {
                return name;
            }
            attempt += 1;
        }
    }

    /// The pods of a Job that run at once.
    fn job(&mut self, object: &Object, template: PodTemplate<'_>) -> Read<Vec<Object>> {
        let spec = Field::of(object).get("spec");
        let number = |key| spec.and_then(|spec| spec.get(key)).map(Field::integer::<u64>);
        let parallelism = number("parallelism").unwrap_or(Ok(1))?;
        let completions = number("completions").transpose()?;
        let done = Field::of(object).at(&["status", "completionTime"]).is_some();
        if done || spec.map_or(Ok(false), |spec| spec.is_true("suspend"))? {
            return Ok(Vec::new());
        }
        let wanted = completions.map_or(parallelism, |completions| completions.min(parallelism));
        let key = ("Job".to_owned(), object.namespace().to_owned(), object.name().to_owned());
        let count = scale::bounded(object, wanted)?
            .saturating_sub(self.has.get(&key).copied().unwrap_or(0));
        let name = object.name();
        let mode = spec.map_or(Ok(None), |spec| spec.text_at("completionMode"))?;
        Ok(self.unnamed(object, template, ("Job", name), count, |number| {
            let label = |key: &str, value: String| (key.to_owned(), value);
            let mut labels = vec![
                label("batch.kubernetes.io/job-name", name.to_owned()),
                label("job-name", name.to_owned()),
            ];
            if mode != Some("Indexed") {
                return (name.to_owned(), labels);
            }
            labels.push(label("batch.kubernetes.io/job-completion-index", number.to_string()));
            (format!("{name}-{number}"), labels)
        }))
    }

    /// The pods of a StatefulSet, by their ordinals.
    fn stateful(&mut self, object: &Object, template: PodTemplate<'_>) -> Read<Vec<Object>> {
        let start = Field::of(object).at(&["spec", "ordinals", "start"]);
        let start = start.map_or(Ok(0), Field::integer::<u32>)?;
        let mut pods = Vec::new();
        for ordinal in (u64::from(start)..).take(scale::size(self.scales.replicas(object)?)) {
            let name = format!("{}-{ordinal}", object.name());
            if !self.names.insert((object.namespace().to_owned(), name.clone())) {
                continue;
            }
            let labels = [
                ("statefulset.kubernetes.io/pod-name".to_owned(), name.clone()),
                ("apps.kubernetes.io/pod-index".to_owned(), ordinal.to_string()),
            ];
            let owner = ("StatefulSet", object.name());
            let mut pod = pod(object, template, &name, owner, &labels);
            if let Some(pod) = &mut pod {
                storage::mount_claims(object, &name, pod);
            }
            pods.extend(pod);
        }
        Ok(pods)
    }

    /// The pods of a DaemonSet, one for each node on which it has to run.
    fn daemon(&mut self, object: &Object, template: PodTemplate<'_>) -> Read<Vec<Object>> {
        let Some(spec) = template.spec else { return Ok(Vec::new()) };
        let spec = daemon::spec(spec);
        let nodes = daemon::fitting(object, &spec, &self.nodes)?;
        let mut pods = Vec::new();
        for (number, node) in (0..).zip(nodes) {
            let key = (object.namespace().to_owned(), object.name().to_owned(), node.as_str());
            if self.daemons.contains(&key) {
                continue;
            }
            let name = self.free_name(object.namespace(), object.name(), number);
            let owner = ("DaemonSet", object.name());
            let mut pod = pod(object, template, &name, owner, &[]);
            if let Some(pod) = &mut pod {
                tree::set(&mut pod.node, "spec", daemon::bound_for(&spec, &node));
            }
            pods.extend(pod);
        }
        Ok(pods)
    }
}

/// Kind and name of the controller of an object.
fn controller(object: &Object) -> Option<(&str, &str)> {
    let owners = object.node.at(&["metadata", "ownerReferences"])?.items();
    let is_controller =
        |owner: &&Node| owner.get("controller").and_then(Node::as_bool) == Some(true);
    let owner = owners.iter().find(is_controller)?;
    Some((owner.get("kind")?.as_str()?, owner.get("name")?.as_str()?))
}

/// Kind and name of the controller of a pod; and of the Deployment behind a ReplicaSet, which is
/// named after it and the label that its pods have.
pub(crate) fn controllers(pod: &Object) -> impl Iterator<Item = (&str, &str)> {
    let own = controller(pod);
    let hash = pod.node.at(&["metadata", "labels", "pod-template-hash"]).and_then(Node::as_str);
    let set = own.and_then(|(_, name)| name.strip_suffix(hash?)?.strip_suffix('-'));
    own.into_iter().chain(set.map(|deployment| ("Deployment", deployment)))
}

/// A pod as a controller makes it from its template.
fn pod(
    object: &Object,
    template: PodTemplate<'_>,
    name: &str,
    owner: (&str, &str),
    labels: &[(String, String)],
) -> Option<Object> {
    let spec = template.spec?;
    let span = template.metadata.map_or(spec.span, |metadata| metadata.span);
    let mut metadata = template.metadata.cloned().unwrap_or_else(|| tree::map([], span));
    tree::set(&mut metadata, "name", tree::text(name, span));
    tree::set(&mut metadata, "namespace", tree::text(object.namespace(), span));
    if let Some(all) = tree::field(&mut metadata, "labels") {
        for (key, value) in labels {
            tree::set(all, key, tree::text(value.clone(), span));
        }
    }
    let owner = tree::map(
        [
            ("kind", tree::text(owner.0, span)),
            ("name", tree::text(owner.1, span)),
            ("controller", tree::truth(true, span)),
        ],
        span,
    );
    tree::set(&mut metadata, "ownerReferences", tree::list(vec![owner], span));
    let node = tree::map(
        [
            ("apiVersion", tree::text("v1", span)),
            ("kind", tree::text("Pod", span)),
            ("metadata", metadata),
            ("spec", spec.clone()),
        ],
        span,
    );
    Some(made(object, "v1", "Pod", name, node))
}

/// An object that is made from another.
fn made(from: &Object, api_version: &str, kind: &str, name: &str, node: Node) -> Object {
    let id = ResourceId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: Some(from.namespace().to_owned()),
        name: name.to_owned(),
    };
    Object { id, file: std::sync::Arc::clone(&from.file), node }
}

#[cfg(test)]
mod tests;
