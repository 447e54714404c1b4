//! From objects, as `kubectl get -o yaml` prints them, to the cluster that the scheduler sees.

mod affinity;
mod field;
mod group;
mod node;
mod pod;
mod ports;
mod quantity;
mod requests;
mod time;
mod volume;

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::Location;
use seatrial_manifests::Object;

use self::group::{BudgetRead, Priorities, Selectors, full_name};
use self::node::{NodeRead, VolumeLimits};
use self::pod::PodRead;
use crate::{Cluster, Labels, Node, PodGroup, Template};

pub use self::field::ReadError;
pub(crate) use self::field::{Field, Read};

/// Reads a cluster from its objects: `Node`, `Pod`, `Namespace`, `PriorityClass`,
/// `PodDisruptionBudget`, `PersistentVolumeClaim`, `PersistentVolume`, `StorageClass`, `CSINode`,
/// `PodGroup`; of `Service`, `ReplicaSet`, `StatefulSet` and `ReplicationController` the selectors.
/// Workloads are not expanded here, see [`crate::expand`].
///
/// # Errors
///
/// All that is wrong, in the order of the objects.
pub fn read(objects: &[Object]) -> Result<Cluster, Vec<ReadError>> {
    let mut errors = Errors::default();
    let found = Found::sort(objects, &mut errors);
    let parts = found.read(&mut errors);
    let cluster = parts.map(|parts| parts.assemble(&mut errors));
    match cluster {
        Some(cluster) if errors.0.is_empty() => Ok(cluster),
        _ => Err(errors.0),
    }
}

/// The nodes among objects, and of a pod's `spec` what decides on which of them it may run: for
/// who has to know before all pods are there.
pub(crate) mod early {
    use super::{Field, Found, Object, Read, affinity, node};
    use crate::{Node, PodSpec};

    /// The nodes, without their amounts.
    pub(crate) fn nodes(objects: &[Object]) -> Read<Vec<Node>> {
        let nodes = objects.iter().filter(|object| Found::is_node(object));
        nodes.map(|object| Ok(node::read(object)?.node)).collect()
    }

    /// Selector, affinity and tolerations.
    pub(crate) fn places(spec: Field<'_>) -> Read<PodSpec> {
        Ok(PodSpec {
            node_selector: spec.labels("nodeSelector")?,
            node_affinity: affinity::node_affinity(spec)?,
            tolerations: affinity::tolerations(spec)?,
            ..PodSpec::default()
        })
    }
}

/// What went wrong so far.
#[derive(Default)]
struct Errors(Vec<ReadError>);

impl Errors {
    fn keep<T>(&mut self, read: Read<T>) -> Option<T> {
        read.map_err(|error| self.0.push(error)).ok()
    }
}

/// Objects by what they are.
#[derive(Default)]
struct Found<'a> {
    nodes: Vec<&'a Object>,
    pods: Vec<&'a Object>,
    namespaces: Vec<&'a Object>,
    priorities: Vec<&'a Object>,
    budgets: Vec<&'a Object>,
    claims: Vec<&'a Object>,
    volumes: Vec<&'a Object>,
    classes: Vec<&'a Object>,
    csi_nodes: Vec<&'a Object>,
    groups: Vec<&'a Object>,
    selectors: Vec<&'a Object>,
}

impl<'a> Found<'a> {
    fn sort(objects: &'a [Object], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        let mut seen: BTreeMap<(&str, String), Location> = BTreeMap::new();
        for object in objects {
            let Some((list, namespaced)) = found.list(object) else { continue };
            let name = if namespaced { full_name(object) } else { object.name().to_owned() };
            let here = object.name_location();
            if object.name().is_empty() {
                let kind = object.kind().to_lowercase();
                errors.0.push(ReadError::new(here, format!("a {kind} has no name")));
            } else if let Some(first) = seen.get(&(object.kind(), name.clone())) {
                let kind = object.kind().to_lowercase();
                let message = format!("{kind} `{name}` stands twice in the cluster");
                let first = format!("the first is in `{}`, line {}", first.path, first.line);
                errors.0.push(ReadError::new(here, message).help(first));
            } else {
                seen.insert((object.kind(), name), here);
                list.push(object);
            }
        }
        found
    }

    fn is_node(object: &Object) -> bool {
        object.group().is_empty() && object.kind() == "Node"
    }

    /// The list that an object belongs to, and whether its kind has namespaces.
    fn list(&mut self, object: &Object) -> Option<(&mut Vec<&'a Object>, bool)> {
        Some(match (object.group(), object.kind()) {
            ("", "Node") => (&mut self.nodes, false),
            ("", "Pod") => (&mut self.pods, true),
            ("", "Namespace") => (&mut self.namespaces, false),
            ("scheduling.k8s.io", "PriorityClass") => (&mut self.priorities, false),
            ("policy", "PodDisruptionBudget") => (&mut self.budgets, true),
            ("", "PersistentVolumeClaim") => (&mut self.claims, true),
            ("", "PersistentVolume") => (&mut self.volumes, false),
            ("storage.k8s.io", "StorageClass") => (&mut self.classes, false),
            ("storage.k8s.io", "CSINode") => (&mut self.csi_nodes, false),
            ("", "Service" | "ReplicationController") | ("apps", "ReplicaSet" | "StatefulSet") => {
                (&mut self.selectors, true)
            }
            _ if group::is_pod_group(object) => (&mut self.groups, true),
            _ => return None,
        })
    }

    fn read(&self, errors: &mut Errors) -> Option<Parts<'a>> {
        let mut selectors = Selectors::default();
        for object in &self.selectors {
            errors.keep(selectors.read(object));
        }
        let mut limits = VolumeLimits::default();
        for object in &self.csi_nodes {
            errors.keep(limits.read(object));
        }
        let priorities = errors.keep(Priorities::read(self.priorities.iter().copied()))?;
        let mut parts = Parts { limits, ..Parts::default() };
        for object in &self.nodes {
            parts.nodes.extend(errors.keep(node::read(object)));
        }
        for object in &self.pods {
            parts.pods.extend(errors.keep(pod::read(object, &priorities, &selectors)));
        }
        for object in &self.namespaces {
            let (name, labels) = (object.name().to_owned(), namespace_labels(object));
            parts.namespaces.extend(errors.keep(labels).map(|labels| (name, labels)));
        }
        for object in &self.budgets {
            parts.budgets.extend(errors.keep(group::budget(object)));
        }
        for object in &self.groups {
            parts.groups.extend(errors.keep(group::pod_group(object)));
        }
        self.read_storage(&mut parts.cluster, errors);
        Some(parts)
    }

    fn read_storage(&self, cluster: &mut Cluster, errors: &mut Errors) {
        for object in &self.claims {
            let claim = errors.keep(volume::claim(object));
            cluster.claims.extend(claim.map(|claim| (full_name(object), claim)));
        }
        for object in &self.volumes {
            let volume = errors.keep(volume::volume(object));
            cluster.volumes.extend(volume.map(|volume| (object.name().to_owned(), volume)));
        }
        for object in &self.classes {
            let class = errors.keep(volume::class(object));
            cluster.classes.extend(class.map(|class| (object.name().to_owned(), class)));
        }
    }
}

/// The labels of a namespace, with the one that the API server gives to each.
fn namespace_labels(object: &Object) -> Read<Labels> {
    let meta = Field::of(object).get("metadata");
    let mut labels = meta.map_or(Ok(Labels::new()), |meta| meta.labels("labels"))?;
    let name = object.name().to_owned();
    labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    Ok(labels)
}

/// What has been read of each object, not yet joined.
#[derive(Default)]
struct Parts<'a> {
    nodes: Vec<NodeRead>,
    pods: Vec<PodRead<'a>>,
    namespaces: BTreeMap<String, Labels>,
    budgets: Vec<BudgetRead>,
    groups: Vec<PodGroup>,
    limits: VolumeLimits,
    /// The storage.
    cluster: Cluster,
}

impl Parts<'_> {
    fn assemble(mut self, errors: &mut Errors) -> Cluster {
        let mut cluster = std::mem::take(&mut self.cluster);
        cluster.namespaces = std::mem::take(&mut self.namespaces);
        self.nodes.sort_by(|a, b| a.node.name.cmp(&b.node.name));
        self.groups.sort_by(|a, b| a.name.cmp(&b.name));
        self.pods.sort_by(|a, b| a.pod.name.cmp(&b.pod.name));
        let names: Vec<String> = self.nodes.iter().map(|read| read.node.name.clone()).collect();
        let (gone, pods): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pods)
            .into_iter()
            .map(|read| leave_out_strays(read, &names))
            .partition(|read| read.left_out.is_some());
        cluster.left_out = gone
            .into_iter()
            .map(|read| (read.pod.name, read.left_out.unwrap_or_default().to_owned()))
            .collect();
        self.pods = pods;
        for read in &mut self.pods {
            errors.keep(count_volumes(read, &cluster, &self.limits));
        }
        cluster.resources = self.resources();
        cluster.nodes = self.in_order(&cluster.resources);
        cluster.groups = std::mem::take(&mut self.groups);
        self.join_pods(&mut cluster, errors);
        self.budgets.sort_by(|a, b| a.budget.name.cmp(&b.budget.name));
        let count = |read: BudgetRead| read.count(&cluster.pods, &cluster.templates);
        cluster.budgets = self.budgets.into_iter().map(count).collect();
        cluster
    }

    /// The names of all resources, sorted.
    fn resources(&self) -> Vec<String> {
        let mut names: BTreeSet<&str> = BTreeSet::from(["cpu", "memory", Cluster::PODS]);
        names
            .extend(self.nodes.iter().flat_map(|read| read.allocatable.keys().map(String::as_str)));
        names.extend(self.pods.iter().flat_map(|read| read.requests.keys().map(String::as_str)));
        names.into_iter().map(str::to_owned).collect()
    }

    /// The nodes with their amounts in the order of the resources. A node that has no limit of a
    /// driver's volumes holds as many as can be counted.
    fn in_order(&mut self, resources: &[String]) -> Vec<Node> {
        let limits = &self.limits;
        let finish = |read: NodeRead| {
            let own = limits.0.get(&read.node.name);
            let amount = |name: &String| {
                if name.starts_with(Cluster::VOLUMES) && limits.know(name) {
                    let limit = own.and_then(|own| own.get(name));
                    return limit.copied().unwrap_or(quantity::LIMIT - 1);
                }
                read.allocatable.get(name).copied().unwrap_or(0)
            };
            let allocatable = resources.iter().map(amount).collect();
            Node { allocatable, ..read.node }
        };
        std::mem::take(&mut self.nodes).into_iter().map(finish).collect()
    }

    /// Adds the pods, each template once.
    fn join_pods(&mut self, cluster: &mut Cluster, errors: &mut Errors) {
        let mut templates: BTreeMap<Template, usize> = BTreeMap::new();
        for read in std::mem::take(&mut self.pods) {
            let PodRead { mut pod, mut template, requests, node, nominated, group, .. } = read;
            let amount = |name: &String| match name.as_str() {
                Cluster::PODS => 1,
                _ => requests.get(name).copied().unwrap_or(0),
            };
            template.spec.requests = cluster.resources.iter().map(amount).collect();
            pod.node = node.and_then(|name| cluster.node(name));
            pod.nominated = nominated.and_then(|name| cluster.node(name));
            pod.group = group.and_then(|(name, location)| {
                errors.keep(find_group(&cluster.groups, &template.namespace, &name, location))
            });
            let next = templates.len();
            pod.template = *templates.entry(template).or_insert(next);
            cluster.pods.push(pod);
        }
        let mut numbered: Vec<(usize, Template)> =
            templates.into_iter().map(|(template, index)| (index, template)).collect();
        numbered.sort_unstable_by_key(|&(index, _)| index);
        cluster.templates = numbered.into_iter().map(|(_, template)| template).collect();
    }
}

/// A pod that is bound to a node which is not there is none for the scheduler.
fn leave_out_strays<'a>(read: PodRead<'a>, nodes: &[String]) -> PodRead<'a> {
    let known = |name: &str| nodes.binary_search_by(|node| node.as_str().cmp(name)).is_ok();
    match read.node {
        Some(node) if read.left_out.is_none() && !known(node) => {
            PodRead { left_out: Some("its node is not in the snapshot"), ..read }
        }
        _ => read,
    }
}

fn find_group(groups: &[PodGroup], namespace: &str, name: &str, location: Location) -> Read<usize> {
    let full = format!("{namespace}/{name}");
    let found = groups.binary_search_by(|group| group.name.cmp(&full));
    found.map_err(|_| {
        ReadError::new(location, format!("no pod group `{full}`"))
            .help("include the cluster's `podgroups`")
    })
}

/// Adds how many volumes a pod has of each driver that some node limits. A claim that several pods
/// mount counts for each.
fn count_volumes(read: &mut PodRead<'_>, cluster: &Cluster, limits: &VolumeLimits) -> Read<()> {
    for (name, _) in &read.template.spec.claims {
        let full = format!("{}/{name}", read.template.namespace);
        let Some(claim) = cluster.claims.get(&full) else { continue };
        let class = claim.class.as_ref().and_then(|class| cluster.classes.get(class));
        if claim.volume.is_none() && class.is_some_and(|it| it.waits && it.provisioner.is_none()) {
            let message =
                format!("the claim `{full}` is not bound, and its class makes no volumes");
            let location = read.pod.location.clone();
            let help = "bind it: choosing among existing volumes is not modelled";
            return Err(ReadError { location, message, help: Some(help.to_owned()) });
        }
        let driver = match claim.volume.as_ref().and_then(|volume| cluster.volumes.get(volume)) {
            Some(volume) => volume.driver.clone(),
            None => class.and_then(|class| class.provisioner.clone()),
        };
        let resource = driver.map(|driver| format!("{}{driver}", Cluster::VOLUMES));
        if let Some(resource) = resource.filter(|resource| limits.know(resource)) {
            *read.requests.entry(resource).or_default() += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
