//! From manifests to the world: workloads with the templates of two revisions, and what governs
//! them. Pods are made and read by `checkers/scheduling`, as for a placement.

mod deployment;
mod left_out;
mod policies;

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_scheduling::{Cluster, ReadError, Scale, expand, remaining};

use crate::cluster::{self, Surroundings};
use crate::{Workload, World, tree};

/// A result of reading.
pub(crate) type Read<T> = Result<T, Vec<ReadError>>;

/// An error at a place.
fn error<T>(location: Location, message: impl Into<String>) -> Read<T> {
    Err(vec![ReadError { location: Some(location), message: message.into(), help: None }])
}

/// The annotation that makes the template of the next revision another one.
const NEXT: &[&str] = &["spec", "template", "metadata", "annotations", "seatrial/revision"];

/// Reads the world from manifests and what surrounds them.
///
/// # Errors
///
/// What is wrong with the manifests, with its place; a cluster without nodes or with too many.
pub fn read(manifests: Vec<Object>, surroundings: &Surroundings) -> Read<World> {
    let objects = objects(manifests, surroundings);
    let made = Made::from(&objects, surroundings)?;
    cluster::sized(&made.cluster.nodes)?;
    let left_out = left_out::of(&objects);
    let quotas = policies::quotas(&objects, &made.cluster)?;
    let scalers = policies::scalers(&objects)?;
    let (budgets, selected) = policies::budgets(&objects)?;
    let mut workloads = Vec::new();
    for (place, object) in (0..).zip(&objects).filter(|(_, object)| is_deployment(object)) {
        let Some(templates) = made.templates.get(&place).copied() else { continue };
        let mut workload = deployment::read(object, templates, &made.cluster)?;
        let own = |(_, places): &(usize, &Vec<usize>)| places.contains(&place);
        workload.budgets = (0..).zip(&selected).filter(own).map(|(budget, _)| budget).collect();
        workload.quotas = (0..)
            .zip(&quotas)
            .filter(|(_, quota)| quota.namespace == workload.namespace)
            .map(|(index, _)| index)
            .collect();
        let scaler = scalers.get(&workload.name).cloned();
        scale(&mut workload, scaler);
        workloads.push(workload);
    }
    workloads.sort_by(|a, b| a.name.cmp(&b.name));
    let mut cluster = made.cluster;
    add_leaving(&mut cluster, &mut workloads);
    Ok(assemble(cluster, surroundings, workloads, (budgets, quotas, left_out)))
}

fn assemble(
    cluster: Cluster,
    surroundings: &Surroundings,
    workloads: Vec<Workload>,
    (budgets, quotas, left_out): (Vec<crate::Budget>, Vec<crate::Quota>, Vec<crate::LeftOut>),
) -> World {
    let taken: Vec<usize> = cluster.pods.iter().filter_map(|pod| pod.node).collect();
    // A volume that some nodes reach may name them.
    let named =
        !cluster.volumes.is_empty() || cluster.classes.values().any(|it| it.nodes.is_some());
    let pinned = if named { (0..cluster.nodes.len()).collect() } else { taken };
    World {
        classes: cluster::classes(&cluster.nodes, &cluster.templates, &pinned),
        zones: cluster::zones(&cluster.nodes),
        cluster_name: surroundings.name.clone(),
        cluster,
        workloads,
        budgets,
        quotas,
        left_out,
    }
}

/// All objects: the manifests in place of what they replace in the snapshot, and without the pods
/// that their workloads make anew.
fn objects(manifests: Vec<Object>, surroundings: &Surroundings) -> Vec<Object> {
    let (pods, mut others): (Vec<_>, Vec<_>) = manifests.into_iter().partition(is_pod);
    let mut all = remaining(surroundings.objects.clone(), &others);
    all.extend(remaining(pods, &others));
    all.append(&mut others);
    all
}

fn is_pod(object: &Object) -> bool {
    object.group().is_empty() && object.kind() == "Pod"
}

fn is_deployment(object: &Object) -> bool {
    object.group() == "apps" && object.kind() == "Deployment"
}

/// Whether an object is kept when pods are made: workloads that are not modelled and pods that
/// have not been bound make none.
fn stays(object: &Object) -> bool {
    match (object.group(), object.kind()) {
        ("", "Pod") => object.node.at(&["spec", "nodeName"]).and_then(Node::as_str).is_some(),
        ("", "ReplicationController") | ("batch" | "autoscaling", _) => false,
        ("apps", kind) => kind == "Deployment",
        _ => true,
    }
}

/// The cluster with one pod of each revision of each Deployment, by whose templates all others are
/// made.
struct Made {
    cluster: Cluster,
    /// By place of a Deployment among the objects, the templates of its revisions.
    templates: BTreeMap<usize, [usize; 2]>,
}

impl Made {
    fn from(objects: &[Object], surroundings: &Surroundings) -> Read<Self> {
        let places: Vec<usize> = (0..)
            .zip(objects)
            .filter(|(_, object)| stays(object))
            .map(|(place, _)| place)
            .collect();
        let revision = |next: bool| {
            let kept = objects.iter().filter(|object| stays(object));
            let kept = kept.map(|object| one_pod(object, next)).collect();
            expand(kept, surroundings.profile.as_ref(), Scale::Stated)
        };
        let (first, second) = (revision(false)?, revision(true)?);
        let mut names: BTreeMap<usize, [Option<String>; 2]> = BTreeMap::new();
        let mut all = first.objects;
        for (pod, place) in &first.made {
            names.entry(*place).or_default()[0] = Some(pod.clone());
        }
        for (pod, place) in &second.made {
            names.entry(*place).or_default()[1] = Some(pod.clone());
        }
        let is_made = |object: &Object| {
            let name = format!("{}/{}", object.namespace(), object.name());
            is_pod(object) && second.made.contains_key(&name)
        };
        all.extend(second.objects.into_iter().filter(is_made));
        let mut cluster = seatrial_scheduling::read(&all)?;
        let mut templates = BTreeMap::new();
        for (kept, [first, second]) in names {
            let template = |name: Option<String>| {
                cluster.pods.get(cluster.pod(&name?)?).map(|pod| pod.template)
            };
            if let (Some(place), Some(first), Some(second)) =
                (places.get(kept), template(first), template(second))
            {
                templates.insert(*place, [first, second]);
            }
        }
        cluster.pods.retain(|pod| pod.node.is_some());
        Ok(Self { cluster, templates })
    }
}

/// An object as pods are made of it: a Deployment has one, of this or of the next revision.
fn one_pod(object: &Object, next: bool) -> Object {
    let mut object = object.clone();
    if is_deployment(&object) {
        let span = object.node.span;
        tree::set(&mut object.node, &["spec", "replicas"], tree::number(1, span));
        if next {
            tree::set(&mut object.node, NEXT, tree::text("next", span));
        }
    }
    object
}

/// Takes note of what scales a workload, and brings it within the bounds.
fn scale(workload: &mut Workload, scaler: Option<crate::Scaler>) {
    if let Some(scaler) = &scaler
        && workload.replicas > 0
    {
        workload.replicas = workload.replicas.max(scaler.min).min(scaler.max);
    }
    workload.scaler = scaler;
}

/// Adds the templates of pods that are on their way out.
fn add_leaving(cluster: &mut Cluster, workloads: &mut [Workload]) {
    for workload in workloads {
        for (leaving, template) in workload.leaving.iter_mut().zip(workload.templates) {
            let Some(mut copy) = cluster.templates.get(template).cloned() else { continue };
            copy.terminating = true;
            *leaving = cluster.templates.len();
            cluster.templates.push(copy);
        }
    }
}
