//! What the nodes carry now and with the manifests, for a page that draws it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use seatrial_report::{Node, Nodes, Resource, Unplaced};
use seatrial_scheduling::{Bindings, Cluster};

use super::world::Workload;

/// Draws the nodes as they are, and as they are bound; `open` are the workloads that found no place
/// there, each with the reason.
pub(super) fn nodes(bound: &Bindings<'_>, open: &[(&Workload<'_>, String)]) -> Nodes {
    let cluster = bound.cluster();
    let now = Bindings::now(cluster);
    let sides = [&now, bound];
    let pods = 0..cluster.pods.len();
    let priorities: BTreeSet<Reverse<i32>> =
        pods.filter_map(|pod| Some(Reverse(cluster.template_of(pod)?.spec.priority))).collect();
    let priorities: Vec<i32> = priorities.into_iter().map(|Reverse(it)| it).collect();
    let resources = asked_for(cluster);
    let nodes = cluster.nodes.iter().enumerate().map(|(at, node)| {
        let resources = resources.iter().filter_map(|&resource| {
            Some(Resource {
                name: cluster.resources.get(resource)?.clone(),
                capacity: node.allocatable.get(resource).copied().unwrap_or(0),
                taken: sides.map(|side| taken(side, at, resource, &priorities)),
            })
        });
        let resources = resources.collect();
        Node { name: node.name.clone(), pods: sides.map(|side| side.count_on(at)), resources }
    });
    let unplaced = open.iter().map(|(workload, reason)| {
        let pods = workload.pods.iter().filter_map(|&pod| cluster.pods.get(pod));
        Unplaced { reason: reason.clone(), pods: pods.map(|pod| pod.name.clone()).collect() }
    });
    Nodes {
        sides: ["now", "with the manifests"].map(str::to_owned),
        nodes: nodes.collect(),
        unplaced: unplaced.collect(),
        priorities: priorities.into_iter().map(i64::from).collect(),
    }
}

/// The resources of which some pod asks for some, but for the number of pods; by index.
fn asked_for(cluster: &Cluster) -> Vec<usize> {
    let asked = |resource: usize| {
        let requests =
            cluster.templates.iter().map(|template| template.spec.requests.get(resource));
        requests.flatten().any(|request| *request > 0)
    };
    let names = cluster.resources.iter().enumerate();
    names.filter(|(at, name)| *name != Cluster::PODS && asked(*at)).map(|(at, _)| at).collect()
}

/// How much of a resource the pods of each priority take on a node.
fn taken(bound: &Bindings<'_>, node: usize, resource: usize, priorities: &[i32]) -> Vec<u128> {
    let mut taken = vec![0; priorities.len()];
    let specs = bound.pods_on(node).filter_map(|pod| bound.cluster().template_of(pod));
    for spec in specs.map(|template| &template.spec) {
        let place = priorities.iter().position(|it| *it == spec.priority);
        if let Some(sum) = place.and_then(|place| taken.get_mut(place)) {
            *sum += u128::from(spec.requests.get(resource).copied().unwrap_or(0));
        }
    }
    taken
}
