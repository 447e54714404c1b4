//! What each node carries, for a page that draws it.

use serde_json::{Value, json as object};

use super::json;
use crate::picture::{by_node, drawn_resources, request, tier};
use crate::study::Study;

/// The report for programs, with what a page draws beside it: `nodes`, each with what its pods of
/// each tier take, under the default scheduler and under the plan, and the pods `waiting` under the
/// default scheduler.
pub fn page(study: &Study, bounds: &Value) -> Value {
    let mut document = json(study, bounds);
    let before = study.default_places();
    let waiting = before.iter().enumerate().filter(|(_, node)| node.is_none());
    let waiting: Vec<&str> = waiting.map(|(pod, _)| study.pod_name(pod)).collect();
    if let Some(fields) = document.as_object_mut() {
        fields.insert("nodes".to_owned(), nodes(study, &before));
        fields.insert("waiting".to_owned(), object!(waiting));
    }
    document
}

fn nodes(study: &Study, before: &[Option<u32>]) -> Value {
    let resources = drawn_resources(study);
    let sides = [by_node(study, before), by_node(study, &study.placed.places)];
    let nodes = study.instance.nodes.iter().enumerate();
    let nodes = nodes.map(|(number, node)| {
        let pods = sides.each_ref().map(|side| side.get(number).map_or(&[][..], Vec::as_slice));
        let resources = resources.iter().map(|&resource| {
            object!({
                "name": study.instance.resources.get(resource),
                "capacity": node.capacity.get(resource),
                "taken": pods.map(|pods| taken(study, pods, resource)),
            })
        });
        let resources: Vec<Value> = resources.collect();
        object!({ "name": node.name, "pods": pods.map(<[_]>::len), "resources": resources })
    });
    nodes.collect()
}

/// How much of a resource some pods take, by tier.
fn taken(study: &Study, pods: &[usize], resource: usize) -> Vec<u64> {
    let mut by_tier = vec![0_u64; study.verification.tiers.len()];
    for &pod in pods {
        if let Some(sum) = by_tier.get_mut(tier(study, pod)) {
            *sum = sum.saturating_add(request(study, pod, resource));
        }
    }
    by_tier
}
