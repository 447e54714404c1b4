//! From manifests to the world: workloads with the templates of two revisions, and what governs
//! them. Pods are made and read by `checkers/scheduling`, as for a placement.

mod descheduler;
mod left_out;
mod policies;
mod scaling;
mod shape;
mod waits;
mod workload;

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_scheduling::{Cluster, ReadError, Scale, expand, remaining};

use crate::cluster::{self, Surroundings};
use crate::{Shape, Workload, World, tree};

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
    let mut left_out = left_out::of(&objects);
    let quotas = policies::quotas(&objects, &made.cluster)?;
    let scalers = policies::scalers(&objects)?;
    let (budgets, selected) = policies::budgets(&objects)?;
    let (descheduler, not_followed) = descheduler::read(&objects, &made.cluster);
    left_out.extend(not_followed);
    let mut workloads = Vec::new();
    for (place, object) in (0..).zip(&objects).filter(|(_, object)| is_drilled(object)) {
        let Some(templates) = made.templates.get(&place) else { continue };
        let mut workload = workload::read(object, templates, &made.cluster)?;
        let own = |(_, places): &(usize, &Vec<usize>)| places.contains(&place);
        workload.budgets = (0..).zip(&selected).filter(own).map(|(budget, _)| budget).collect();
        workload.quotas = (0..)
            .zip(&quotas)
            .filter(|(_, quota)| quota.namespace == workload.namespace)
            .map(|(index, _)| index)
            .collect();
        let scaled = (object.kind().to_owned(), workload.name.clone());
        scale(&mut workload, scalers.get(&scaled).cloned());
        workload.waits = waits::of(object, &objects);
        workloads.push(workload);
    }
    workloads.sort_by(|a, b| (&a.name, a.kind()).cmp(&(&b.name, b.kind())));
    let mut cluster = made.cluster;
    add_leaving(&mut cluster, &mut workloads);
    let policies = Policies { budgets, quotas, left_out, descheduler };
    Ok(assemble(cluster, surroundings, workloads, policies))
}

/// What governs workloads.
struct Policies {
    budgets: Vec<crate::Budget>,
    quotas: Vec<crate::Quota>,
    left_out: Vec<crate::LeftOut>,
    descheduler: Option<crate::Descheduler>,
}

fn assemble(
    cluster: Cluster,
    surroundings: &Surroundings,
    workloads: Vec<Workload>,
    policies: Policies,
) -> World {
    let mut taken: Vec<usize> = cluster.pods.iter().filter_map(|pod| pod.node).collect();
    taken.extend(workloads.iter().filter_map(|it| it.pinned).map(usize::from));
    // A volume that some nodes reach may name them.
    let named =
        !cluster.volumes.is_empty() || cluster.classes.values().any(|it| it.nodes.is_some());
    let pinned = if named { (0..cluster.nodes.len()).collect() } else { taken };
    // The pods of a DaemonSet name their nodes; there, what it is for is compared.
    let of_daemons: Vec<usize> = workloads.iter().flat_map(daemon_templates).collect();
    let templates = (0..).zip(&cluster.templates);
    let templates: Vec<_> = templates
        .filter(|(place, _)| !of_daemons.contains(place))
        .map(|(_, template)| template.clone())
        .collect();
    let daemons: Vec<Vec<u8>> = workloads.iter().map(daemon_nodes).collect();
    World {
        classes: cluster::classes(&cluster.nodes, &templates, &pinned, &daemons),
        zones: cluster::zones(&cluster.nodes),
        cluster_name: surroundings.name.clone(),
        cluster,
        workloads,
        budgets: policies.budgets,
        quotas: policies.quotas,
        left_out: policies.left_out,
        descheduler: policies.descheduler,
    }
}

fn daemons(workload: &Workload) -> &[crate::Daemon] {
    match &workload.shape {
        Shape::DaemonSet { nodes } => nodes,
        _ => &[],
    }
}

fn daemon_templates(workload: &Workload) -> impl Iterator<Item = usize> + '_ {
    let own = (workload.kind() == crate::Kind::DaemonSet).then_some(workload.leaving);
    let nodes = daemons(workload).iter();
    let all = nodes.flat_map(|daemon| daemon.templates.into_iter().chain(daemon.leaving));
    all.chain(own.into_iter().flatten())
}

fn daemon_nodes(workload: &Workload) -> Vec<u8> {
    daemons(workload).iter().map(|daemon| daemon.node).collect()
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

/// Whether an object is a workload that is drilled, unless it has its pods already.
fn is_drilled(object: &Object) -> bool {
    match (object.group(), object.kind()) {
        ("", "Pod") => !is_bound(object) && !is_owned(object),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") => true,
        ("batch", "Job") => !is_owned(object),
        _ => false,
    }
}

fn is_bound(object: &Object) -> bool {
    object.node.at(&["spec", "nodeName"]).and_then(Node::as_str).is_some()
}

fn is_owned(object: &Object) -> bool {
    let owners = object.node.at(&["metadata", "ownerReferences"]);
    owners.is_some_and(|owners| !owners.items().is_empty())
}

/// Whether an object is kept when pods are made: workloads that are not modelled and pods that
/// have not been bound make none.
fn stays(object: &Object) -> bool {
    match (object.group(), object.kind()) {
        ("", "Pod") => is_bound(object) || is_drilled(object),
        ("", "ReplicationController") | ("autoscaling", _) => false,
        ("apps" | "batch", _) => is_drilled(object),
        _ => true,
    }
}

/// The cluster with one pod of each revision of each workload, by whose templates all others are
/// made; of a DaemonSet with one a node.
struct Made {
    cluster: Cluster,
    templates: Templates,
}

/// By place of a workload among the objects, the templates of its revisions; of a `DaemonSet` by
/// node.
type Templates = BTreeMap<usize, Vec<(Option<u8>, [usize; 2])>>;

/// What the pods of the second revision are called, beside those of the first.
const SECOND: &str = "-second";

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
        let name = |object: &Object| format!("{}/{}", object.namespace(), object.name());
        let mut all = first.objects;
        for object in second.objects {
            if is_pod(&object) && second.made.contains_key(&name(&object)) {
                all.push(renamed(object));
            }
        }
        let mut cluster = seatrial_scheduling::read(&all)?;
        let mut templates = Templates::new();
        for (revision, made) in [(0, &first.made), (1, &second.made)] {
            for (pod, kept) in made {
                let pod = if revision == 0 { pod.clone() } else { format!("{pod}{SECOND}") };
                let (Some(place), Some(template)) = (places.get(*kept), template(&cluster, &pod))
                else {
                    continue;
                };
                let is_daemon = objects.get(*place).is_some_and(|it| it.kind() == "DaemonSet");
                let node = node_of(&cluster, template).filter(|_| is_daemon);
                note(&mut templates, *place, node, (revision, template));
            }
        }
        // A pod of its own is there already.
        for (place, object) in (0..).zip(objects).filter(|(_, it)| is_pod(it) && is_drilled(it)) {
            if let Some(template) = template(&cluster, &name(object)) {
                templates.insert(place, vec![(None, [template; 2])]);
            }
        }
        let is_made = |pod: &seatrial_scheduling::Pod| {
            let plain = pod.name.strip_suffix(SECOND).unwrap_or(&pod.name);
            first.made.contains_key(plain) || second.made.contains_key(plain)
        };
        cluster.pods.retain(|pod| pod.node.is_some() && !is_made(pod));
        without_own_claims(&mut cluster, objects, &templates);
        Ok(Self { cluster, templates })
    }
}

/// Takes note of the template of a revision.
fn note(
    templates: &mut Templates,
    place: usize,
    node: Option<u8>,
    (revision, template): (usize, usize),
) {
    let known = templates.entry(place).or_default();
    match known.iter_mut().find(|(other, _)| *other == node) {
        Some((_, both)) => {
            if let Some(slot) = both.get_mut(revision) {
                *slot = template;
            }
        }
        None => known.push((node, [template; 2])),
    }
}

/// The template of a pod.
fn template(cluster: &Cluster, pod: &str) -> Option<usize> {
    Some(cluster.pods.get(cluster.pod(pod)?)?.template)
}

/// The node that a DaemonSet's pod is for: its affinity names it.
fn node_of(cluster: &Cluster, template: usize) -> Option<u8> {
    let required = cluster.templates.get(template)?.spec.node_affinity.required.as_ref()?;
    let seatrial_scheduling::Operator::In(names) =
        &required.terms.first()?.fields.first()?.operator
    else {
        return None;
    };
    let name = names.iter().next()?;
    u8::try_from(cluster.node(name)?).ok()
}

/// A pod of the second revision, with a name of its own.
fn renamed(mut pod: Object) -> Object {
    let name = format!("{}{SECOND}", pod.name());
    let span = pod.node.span;
    tree::set(&mut pod.node, &["metadata", "name"], tree::text(&name, span));
    pod.id.name = name;
    pod
}

/// Takes the claims of its own from the template of a StatefulSet: each pod has others, and one
/// template stands for all of them.
fn without_own_claims(cluster: &mut Cluster, objects: &[Object], templates: &Templates) {
    for (place, all) in templates {
        let Some(object) = objects.get(*place).filter(|it| it.kind() == "StatefulSet") else {
            continue;
        };
        let own = object.node.at(&["spec", "volumeClaimTemplates"]).map_or(&[][..], Node::items);
        let names = own.iter().filter_map(|it| it.at(&["metadata", "name"]).and_then(Node::as_str));
        let stems: Vec<String> = names.map(|name| format!("{name}-{}-", object.name())).collect();
        for template in all.iter().flat_map(|(_, both)| both) {
            if let Some(template) = cluster.templates.get_mut(*template) {
                let claims = &mut template.spec.claims;
                claims.retain(|(claim, _)| !stems.iter().any(|stem| claim.starts_with(stem)));
            }
        }
    }
}

/// An object as pods are made of it: a workload has one, of this or of the next revision.
fn one_pod(object: &Object, next: bool) -> Object {
    let mut object = object.clone();
    let span = object.node.span;
    let counts: &[&str] = match object.kind() {
        "Deployment" | "StatefulSet" => &["replicas"],
        "Job" => &["parallelism", "completions"],
        _ => &[],
    };
    if !is_drilled(&object) || is_pod(&object) {
        return object;
    }
    for count in counts {
        tree::set(&mut object.node, &["spec", count], tree::number(1, span));
    }
    if next {
        tree::set(&mut object.node, NEXT, tree::text("next", span));
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
        let of_nodes = match &mut workload.shape {
            Shape::DaemonSet { nodes } => nodes.as_mut_slice(),
            _ => &mut [],
        };
        let of_nodes = of_nodes.iter_mut().map(|daemon| (&mut daemon.leaving, daemon.templates));
        let own = std::iter::once((&mut workload.leaving, workload.templates));
        for (leaving, templates) in own.chain(of_nodes) {
            for (leaving, template) in leaving.iter_mut().zip(templates) {
                let Some(mut copy) = cluster.templates.get(template).cloned() else { continue };
                copy.terminating = true;
                *leaving = cluster.templates.len();
                cluster.templates.push(copy);
            }
        }
    }
}
