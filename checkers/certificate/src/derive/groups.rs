//! Disruption budgets and gangs.

use std::collections::BTreeMap;

use super::Refusal;
use super::objects::{Budget, Pod, PodGroup, Share};
use super::reading::Objects;
use super::selector::Selector;

/// A budget, with the pods that it is about.
#[derive(Debug)]
pub(super) struct Allowance {
    /// The pods, by index, ascending.
    pub pods: Vec<u32>,
    /// How many of them may be taken from their node.
    pub allowed: u32,
}

impl Allowance {
    /// What a budget allows, of pods in the order of the instance. What the API server has not yet
    /// written down is computed as `pkg/controller/disruption/disruption.go` does, with the pods
    /// that there are in place of those that the workload wants.
    pub(super) fn of(name: &str, budget: &Budget, pods: &[&Pod]) -> Result<Self, Refusal> {
        let refused = |reason| Refusal::Unsupported { object: format!("budget `{name}`"), reason };
        let selector = budget.spec.selector.as_ref().map(Selector::of_labels);
        let selector = selector.transpose().map_err(refused)?;
        let matching = (0..).zip(pods).filter(|(_, pod)| {
            pod.metadata.namespace() == budget.metadata.namespace()
                && pod.metadata.deletion_timestamp.is_none()
                && selector.as_ref().is_some_and(|selector| selector.matches(&pod.metadata.labels))
        });
        let matching: Vec<(u32, _)> = matching.collect();
        let running = matching.iter().filter(|(_, pod)| !pod.spec.node_name.is_empty());
        let running: Vec<_> = running.map(|(index, _)| *index).collect();
        let allowed = match budget.status.disruptions_allowed {
            Some(allowed) => u64::from(allowed),
            None => {
                computed(budget, matching.len() as u64, running.len() as u64).map_err(refused)?
            }
        };
        Ok(Self { pods: running, allowed: u32::try_from(allowed).unwrap_or(u32::MAX) })
    }
}

/// How many of `running` pods may be taken from their node, where `all` are wanted.
fn computed(budget: &Budget, all: u64, running: u64) -> Result<u64, String> {
    let wanted = match (&budget.spec.min_available, &budget.spec.max_unavailable) {
        (_, Some(share)) => all.saturating_sub(share.of(all)?),
        (Some(share), None) => share.of(all)?,
        (None, None) => return Ok(0),
    };
    Ok(running.saturating_sub(wanted))
}

impl Share {
    /// The number, or the percentage of `all`, rounded up.
    fn of(&self, all: u64) -> Result<u64, String> {
        match self {
            Self::Number(number) => Ok(u64::from(*number)),
            Self::Percent(text) => {
                let percent = text.strip_suffix('%').and_then(|number| number.parse::<u32>().ok());
                let percent = percent.ok_or_else(|| format!("`{text}` is no percentage"))?;
                Ok((u64::from(percent) * all).div_ceil(100))
            }
        }
    }
}

/// A group of which there are pods.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// `namespace/name`.
    pub name: String,
    /// Its pods, by index, ascending.
    pub pods: Vec<u32>,
    object: &'a PodGroup,
}

impl<'a> Group<'a> {
    /// The fewest of its pods that make sense.
    pub(super) fn minimum(&self) -> u32 {
        (*self.object.spec.min_member).max(1)
    }

    /// Whether there are that many.
    pub(super) fn is_whole(&self) -> bool {
        self.pods.len() >= self.minimum() as usize
    }

    /// The topology of which its pods need one domain.
    pub(super) fn topology(&self) -> Option<&'a str> {
        self.object.metadata.annotations.topology.as_deref().filter(|key| !key.is_empty())
    }
}

/// Finds the groups that have pods, by name.
pub(super) fn groups<'a>(objects: &'a Objects, pods: &[&Pod]) -> Result<Vec<Group<'a>>, Refusal> {
    let mut members: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (index, pod) in (0..).zip(pods) {
        let Some(name) = group_of(pod)? else { continue };
        if !objects.pod_groups.contains_key(&name) {
            return Err(Refusal::of_pod(pod, format!("its group `{name}` is not in the snapshot")));
        }
        members.entry(name).or_default().push(index);
    }
    let groups = members.into_iter().filter_map(|(name, pods)| {
        objects.pod_groups.get(&name).map(|object| Group { name, pods, object })
    });
    Ok(groups.collect())
}

/// The group that a pod names.
fn group_of(pod: &Pod) -> Result<Option<String>, Refusal> {
    let label = pod.metadata.labels.get("scheduling.x-k8s.io/pod-group");
    let annotation = pod.metadata.annotations.group.as_ref();
    let name = match (label, annotation) {
        (Some(label), Some(other)) if label != other => {
            return Err(Refusal::of_pod(
                pod,
                format!("it is of two groups, `{label}` and `{other}`"),
            ));
        }
        (label, annotation) => label.or(annotation).filter(|name| !name.is_empty()),
    };
    Ok(name.map(|name| format!("{}/{name}", pod.metadata.namespace())))
}
