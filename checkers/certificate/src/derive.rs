//! The instance of a snapshot, from plain node and pod objects.
//!
//! A certificate is checked against an instance; this says which instance a snapshot has, so that
//! whoever wrote the certificate need not be trusted with that either. It shares nothing with the
//! program that searches: what both follow are the definitions at the types of [`Instance`], and
//! the sources of Kubernetes 1.33 that are named where they count (`plugins/` stands for
//! `kubernetes/pkg/scheduler/framework/plugins/`).
//!
//! What could restrict a placement and has no place in an instance is refused by name. What was
//! passed over is said in [`Derived::remarks`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{Budget, Gang, IndexSet, Instance, Node, Objective, Pod, Question, Topology};

mod groups;
mod matching;
mod nodes;
mod objects;
mod quantity;
mod reading;
mod selector;
mod shapes;
mod storage;
#[cfg(test)]
mod tests;
mod workload;

use groups::{Allowance, Group};
use reading::Objects;

/// What a snapshot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The instance. Nothing of it is [`Instance::trusted`].
    pub instance: Instance,
    /// What was seen but has no part in the instance, in words.
    pub remarks: Vec<String>,
}

/// Why a snapshot has no instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// An object restricts placements in a way that an instance cannot say.
    #[error("{object}: {reason}")]
    Unsupported {
        /// The object.
        object: String,
        /// What it is that cannot be said.
        reason: String,
    },
}

impl Refusal {
    #[allow(clippy::needless_pass_by_value, reason = "errors are handed over")]
    fn unreadable(problem: impl ToString) -> Self {
        Self::Unreadable(problem.to_string())
    }

    fn of_pod(pod: &objects::Pod, reason: impl Into<String>) -> Self {
        let object = format!("pod `{}`", pod.metadata.full_name());
        Self::Unsupported { object, reason: reason.into() }
    }
}

/// Derives the instance of a snapshot: YAML or JSON documents with nodes and pods and what they
/// refer to (priority classes, disruption budgets, claims, volumes, storage classes, `CSINode`s,
/// pod groups, namespaces), alone or in lists.
pub fn derive(documents: &[&[u8]], question: &Question) -> Result<Derived, Refusal> {
    let objects = Objects::read(documents)?;
    let nodes: Vec<_> = objects.nodes.values().collect();
    let places: BTreeMap<&str, u32> = objects.nodes.keys().map(String::as_str).zip(0..).collect();
    let pods = pods(&objects, &places)?;
    let resources = resources(&objects, &pods);
    let requests = requests(&objects, &pods, &resources)?;
    let members = groups::groups(&objects, &pods)?;
    let (whole, stuck): (Vec<_>, Vec<_>) = members.into_iter().partition(Group::is_whole);
    let stuck: IndexSet = stuck.into_iter().flat_map(|group| group.pods).collect();
    let within = whole.iter().filter_map(Group::topology).collect();
    let found = shapes::find(&objects, &nodes, &pods, &requests, &within)?;
    let pods_of_instance = pods.iter().zip(&found.of_pod).zip(0..).map(|((pod, shape), index)| {
        let node = places.get(pod.spec.node_name.as_str()).copied();
        Pod {
            name: pod.metadata.full_name(),
            shape: *shape,
            node,
            fixed: stuck.contains(index) || workload::is_fixed(pod, node.is_some()),
        }
    });
    let instance = Instance {
        format: Instance::FORMAT.to_owned(),
        version: Instance::VERSION,
        nodes: nodes
            .iter()
            .map(|node| capacities(&objects, node, &resources))
            .collect::<Result<_, _>>()?,
        topologies: found.topologies.iter().map(|key| topology(key, &nodes)).collect(),
        ports: found.ports,
        shapes: found.all,
        pods: pods_of_instance.collect(),
        budgets: budgets(&objects, &pods)?,
        gangs: whole.iter().map(|group| gang(group, &found.topologies)).collect(),
        question: question.clone(),
        trusted: Vec::new(),
        resources,
    };
    check_objective(&instance)?;
    let remarks = remarks(&objects, &places);
    Ok(Derived { instance, remarks })
}

/// The pods of the instance, by name.
fn pods<'a>(
    objects: &'a Objects,
    places: &BTreeMap<&str, u32>,
) -> Result<Vec<&'a objects::Pod>, Refusal> {
    let there = |pod: &&objects::Pod| {
        let node = pod.spec.node_name.as_str();
        !workload::is_done(pod) && (node.is_empty() || places.contains_key(node))
    };
    let pods: Vec<_> = objects.pods.values().filter(there).collect();
    pods.iter().try_for_each(|pod| workload::refuse_unknown(pod))?;
    Ok(pods)
}

/// The names of the resources, sorted.
fn resources(objects: &Objects, pods: &[&objects::Pod]) -> Vec<String> {
    let mut names: BTreeSet<String> = ["cpu", "memory", "pods"].map(str::to_owned).into();
    let limited: BTreeSet<String> =
        objects.csi_nodes.values().flat_map(|node| storage::limits(node).into_keys()).collect();
    for pod in pods {
        let requests = workload::requests(pod).into_iter();
        let some = requests.filter(|(name, amount)| amount.units(name) != Some(0));
        names.extend(some.map(|(name, _)| name.to_owned()));
        let volumes = storage::attached(&storage::mounted(pod), objects).into_keys();
        names.extend(volumes.filter(|name| limited.contains(name)));
    }
    names.into_iter().collect()
}

/// What each pod requests of each resource.
fn requests(
    objects: &Objects,
    pods: &[&objects::Pod],
    resources: &[String],
) -> Result<Vec<Vec<u64>>, Refusal> {
    let all = pods.iter().map(|pod| {
        let amounts = workload::requests(pod);
        let volumes = storage::attached(&storage::mounted(pod), objects);
        let units = resources.iter().map(|name| match (name.as_str(), volumes.get(name)) {
            ("pods", _) => Ok(1),
            (_, Some(count)) => Ok(*count),
            (name, None) => {
                let units = amounts.get(name).copied().unwrap_or_default().units(name);
                units.ok_or_else(|| {
                    Refusal::of_pod(pod, format!("its requests for `{name}` are absurd"))
                })
            }
        });
        units.collect()
    });
    all.collect()
}

/// A node of the instance.
fn capacities(
    objects: &Objects,
    node: &objects::Node,
    resources: &[String],
) -> Result<Node, Refusal> {
    let name = &node.metadata.name;
    let amounts = node.status.allocatable.as_ref().unwrap_or(&node.status.capacity);
    let csi_node = objects.csi_nodes.get(name);
    let limits = csi_node.map(storage::limits).unwrap_or_default();
    let capacity = resources.iter().map(|resource| {
        if resource.starts_with(storage::ATTACHABLE) {
            return Ok(limits.get(resource).copied().unwrap_or(quantity::LIMIT - 1));
        }
        let units = amounts.get(resource).copied().unwrap_or_default().units(resource);
        units.ok_or_else(|| Refusal::Unsupported {
            object: format!("node `{name}`"),
            reason: format!("its `{resource}` is absurd"),
        })
    });
    Ok(Node { name: name.clone(), capacity: capacity.collect::<Result<_, _>>()? })
}

/// The domains of a topology, numbered by their first node; the empty key has one.
fn topology(key: &str, nodes: &[&objects::Node]) -> Topology {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut next = 0;
    let domains = nodes.iter().map(|node| {
        let value = if key.is_empty() { "" } else { node.metadata.labels.get(key)? };
        let number = *numbers.entry(value).or_insert(next);
        next = next.max(number + 1);
        Some(number)
    });
    Topology { key: key.to_owned(), domains: domains.collect() }
}

fn budgets(objects: &Objects, pods: &[&objects::Pod]) -> Result<Vec<Budget>, Refusal> {
    let budgets = objects.budgets.iter().map(|(name, budget)| {
        let Allowance { pods, allowed } = Allowance::of(name, budget, pods)?;
        Ok(Budget { name: name.clone(), pods: pods.into_iter().collect(), allowed })
    });
    budgets.collect()
}

fn gang(group: &Group<'_>, topologies: &[String]) -> Gang {
    let key = group.topology();
    let within = (0..).zip(topologies).find(|(_, topology)| Some(topology.as_str()) == key);
    Gang {
        name: group.name.clone(),
        pods: group.pods.iter().copied().collect(),
        minimum: group.minimum(),
        within: within.map(|(index, _)| index),
    }
}

/// Refuses an objective about a resource that there is not.
fn check_objective(instance: &Instance) -> Result<(), Refusal> {
    match instance.question.objective {
        Objective::Fragments { resource, unit }
            if unit == 0 || resource as usize >= instance.resources.len() =>
        {
            Err(Refusal::unreadable(format!("no fragments of {unit} of resource {resource}")))
        }
        _ => Ok(()),
    }
}

/// What was passed over.
fn remarks(objects: &Objects, places: &BTreeMap<&str, u32>) -> Vec<String> {
    let mut remarks: Vec<_> = objects
        .others
        .iter()
        .map(|(kind, count)| format!("{count} objects of kind `{kind}` are not read"))
        .collect();
    for (name, pod) in &objects.pods {
        let (node, scheduler) = (&*pod.spec.node_name, &*pod.spec.scheduler_name);
        if !node.is_empty() && !places.contains_key(node.as_str()) {
            remarks.push(format!("pod `{name}` is left out: there is no node `{node}`"));
        }
        if !matches!(scheduler.as_str(), "" | "default-scheduler") {
            remarks.push(format!(
                "pod `{name}` waits for the scheduler `{scheduler}`, whose rules are not known"
            ));
        }
    }
    remarks
}
