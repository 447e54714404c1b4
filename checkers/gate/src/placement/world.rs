//! The cluster with the manifests in it.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::{Found, Location, Undecided};
use seatrial_manifests::Object;
use seatrial_scheduling::{Cluster, Filters, ReadError, Scale, expand, remaining};

use super::rules;
use crate::cluster::{Base, Unfit};
use crate::distinct::distinct;

/// A manifest and the pods that it wants and that do not run.
pub(super) struct Workload<'a> {
    /// The manifest.
    pub(super) object: &'a Object,
    /// The pods, by index, ascending; at least one.
    pub(super) pods: Vec<usize>,
    /// Their templates, each once.
    pub(super) templates: BTreeSet<usize>,
    /// The priority.
    pub(super) priority: i32,
}

/// The cluster with the manifests in it.
pub(super) struct World<'a> {
    /// The pods that run, and those of the manifests that wait; others that wait are left out, as
    /// nothing is said about them.
    pub(super) cluster: Cluster,
    /// In the order of the manifests.
    pub(super) workloads: Vec<Workload<'a>>,
    autoscalers: Vec<&'a Object>,
}

impl<'a> World<'a> {
    /// The workloads, the most important first; those whose affinity means pods of others come
    /// after these.
    pub(super) fn by_importance(&self, filters: &Filters<'_>) -> Vec<&Workload<'a>> {
        let resolved = filters.resolved();
        let follows = |workload: &Workload<'_>| {
            let asked = workload.templates.iter().filter_map(|&it| resolved.asked.get(it));
            let mut meant = asked
                .filter_map(|asked| asked.near.as_ref())
                .flat_map(|near| resolved.template_set(near.matches).iter());
            meant.any(|template| !workload.templates.contains(template))
        };
        let mut order: Vec<_> = self.workloads.iter().collect();
        order.sort_by_cached_key(|it| (follows(it), std::cmp::Reverse(it.priority)));
        order
    }

    /// The autoscaler among the manifests that scales a workload.
    pub(super) fn autoscaler(&self, workload: &Workload<'_>) -> Option<&'a Object> {
        let object = workload.object;
        self.autoscalers.iter().copied().find(|scaler| {
            let target = |key| scaler.node.at(&["spec", "scaleTargetRef", key])?.as_str();
            scaler.namespace() == object.namespace()
                && target("kind") == Some(object.kind())
                && target("name") == Some(object.name())
        })
    }
}

/// The manifests that are put into the cluster.
pub(super) struct Manifests<'a>(Vec<&'a Object>);

impl<'a> Manifests<'a> {
    /// Takes each object once; of a workload that stands there twice, the second is undecided.
    pub(super) fn new(objects: &'a [Object], found: &mut Found) -> Self {
        let (once, others) = distinct(objects);
        found.undecided.extend(others.into_iter().map(|object| {
            let reason = "another manifest of the same name is put into the cluster";
            undecided(object, object.name_location(), reason.to_owned())
        }));
        Self(once)
    }

    /// Whether there is an autoscaler.
    pub(super) fn has_autoscalers(&self, base: &Base) -> bool {
        self.0.iter().copied().chain(&base.objects).any(is_autoscaler)
    }

    /// Puts the manifests into the cluster. Those that cannot be read are undecided, and left out
    /// from here on.
    pub(super) fn world(
        &mut self,
        base: &'a Base,
        scale: Scale,
        found: &mut Found,
    ) -> Result<World<'a>, Unfit> {
        loop {
            let errors = match self.build(base, scale, found) {
                Ok(world) => return Ok(world),
                Err(errors) => errors,
            };
            let before = self.0.len();
            for error in &errors {
                self.leave_out(error, found);
            }
            if self.0.len() == before {
                return Err(Unfit::from(errors));
            }
        }
    }

    /// Leaves out the manifest in which an error is.
    fn leave_out(&mut self, error: &ReadError, found: &mut Found) {
        let Some(place) = &error.location else { return };
        let holds = |object: &&Object| {
            let span = object.node.span;
            let inside = span.start <= place.span.start && place.span.end <= span.end;
            *object.file.path() == place.path && inside
        };
        if let Some(at) = self.0.iter().position(holds) {
            let object = self.0.remove(at);
            found.undecided.push(undecided(object, place.clone(), format!("not placed: {error}")));
        }
    }

    fn build(
        &self,
        base: &'a Base,
        scale: Scale,
        found: &mut Found,
    ) -> Result<World<'a>, Vec<ReadError>> {
        let manifests: Vec<Object> = self.0.iter().map(|&object| object.clone()).collect();
        let mut objects = remaining(base.objects.clone(), &manifests);
        let first = objects.len();
        objects.extend(manifests);
        let expanded = expand(objects, base.profile.as_ref(), scale)?;
        let cluster = expanded.read()?;
        let mut of = BTreeMap::new();
        for (at, object) in (first..).zip(&self.0) {
            if object.group().is_empty() && object.kind() == "Pod" {
                of.insert(format!("{}/{}", object.namespace(), object.name()), at);
            }
        }
        of.extend(expanded.made);
        let ours = |name: &str| self.0.get(of.get(name)?.checked_sub(first)?).copied();
        let autoscalers = self.0.iter().copied().chain(&base.objects);
        let autoscalers = autoscalers.filter(|object| is_autoscaler(object)).collect();
        Ok(World { autoscalers, ..sorted(cluster, ours, found) })
    }
}

/// Sorts the pods of a cluster by their manifests.
fn sorted<'a>(
    mut cluster: Cluster,
    ours: impl Fn(&str) -> Option<&'a Object>,
    found: &mut Found,
) -> World<'a> {
    let templates = std::mem::take(&mut cluster.templates);
    let mut gated: BTreeMap<Location, &Object> = BTreeMap::new();
    cluster.pods.retain(|pod| {
        let own = ours(&pod.name);
        let is_gated = templates.get(pod.template).is_some_and(|it| it.spec.gated);
        match own {
            _ if pod.node.is_some() => true,
            Some(object) if is_gated => {
                gated.insert(object.name_location(), object);
                false
            }
            own => own.is_some(),
        }
    });
    for (place, object) in gated {
        let reason = "not placed: the pods have scheduling gates".to_owned();
        found.undecided.push(undecided(object, place, reason));
    }
    let mut workloads: Vec<Workload<'a>> = Vec::new();
    let mut known: BTreeMap<Location, usize> = BTreeMap::new();
    for (index, pod) in cluster.pods.iter().enumerate().filter(|(_, pod)| pod.node.is_none()) {
        let Some(object) = ours(&pod.name) else { continue };
        let priority = templates.get(pod.template).map_or(0, |it| it.spec.priority);
        let at = *known.entry(object.location(object.node.span)).or_insert_with(|| {
            let (pods, templates) = (Vec::new(), BTreeSet::new());
            workloads.push(Workload { object, pods, templates, priority });
            workloads.len() - 1
        });
        if let Some(workload) = workloads.get_mut(at) {
            workload.pods.push(index);
            workload.templates.insert(pod.template);
        }
    }
    workloads.sort_by_cached_key(|workload| workload.object.name_location());
    cluster.templates = templates;
    World { cluster, workloads, autoscalers: Vec::new() }
}

fn is_autoscaler(object: &Object) -> bool {
    object.group() == "autoscaling" && object.kind() == "HorizontalPodAutoscaler"
}

fn undecided(object: &Object, location: Location, reason: String) -> Undecided {
    let rule = rules::UNPLACEABLE.id.clone();
    Undecided { location, rule, reason, resource: Some(object.id.clone()) }
}
