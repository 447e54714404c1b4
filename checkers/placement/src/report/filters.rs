//! What every filter says of one pod on every node.

use std::collections::BTreeMap;
use std::fmt::Write;

use seatrial_core::nearest;
use seatrial_scheduling::simulate::simulate;
use seatrial_scheduling::{Bindings, Cluster, Filters, Plugin};

/// There is no such pod.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no pod `{pod}` in the snapshot{}", .near.as_ref().map(|it| format!(": did you mean `{it}`?")).unwrap_or_default())]
pub struct NoSuchPod {
    pod: String,
    near: Option<String>,
}

/// A table: for each node each filter's verdict on a pod (`namespace/name`), where the other pods
/// are as the default scheduler leaves them.
pub fn filters(cluster: &Cluster, pod: &str, seed: u64) -> Result<String, NoSuchPod> {
    let known = || cluster.pods.iter().map(|pod| pod.name.as_str());
    let no_such =
        || NoSuchPod { pod: pod.to_owned(), near: nearest(pod, known()).map(ToOwned::to_owned) };
    let index = cluster.pod(pod).ok_or_else(no_such)?;
    let template = cluster.pods.get(index).map_or(0, |pod| pod.template);
    let simulation = simulate(cluster, u128::from(seed));
    let mut bindings = Bindings::none(cluster);
    let places = simulation.nodes.iter().enumerate().filter(|(other, _)| *other != index);
    for (other, node) in places.filter_map(|(other, node)| Some((other, (*node)?))) {
        bindings.bind(other, node);
    }
    let filters = Filters::new(cluster);
    let prepared = filters.prepare(&bindings, template).ok_or_else(no_such)?;
    let place = simulation.nodes.get(index).copied().flatten();
    let place = place.and_then(|node| cluster.nodes.get(node)).map(|node| node.name.as_str());
    let mut out = match place {
        Some(node) => format!("the default scheduler puts {pod} on {node}\n"),
        None => format!("the default scheduler finds no place for {pod}\n"),
    };
    if let Some(reason) = simulation.refusals.get(&index) {
        let _ = writeln!(out, "  {reason}");
    }
    out += "with the other pods where it leaves them:\n\n";
    let width = cluster.nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
    for (number, node) in cluster.nodes.iter().enumerate() {
        let against: BTreeMap<Plugin, Vec<String>> = prepared
            .verdicts(&bindings, number)
            .into_iter()
            .filter_map(|verdict| Some((verdict.plugin, verdict.rejection?.reasons)))
            .collect();
        let verdicts = Plugin::ALL.iter().map(|plugin| match against.get(plugin) {
            None => format!("  {} passes", plugin.name()),
            Some(reasons) => format!("  {} REFUSES: {}", plugin.name(), reasons.join(", ")),
        });
        let word = if against.is_empty() { "fits" } else { "does not fit" };
        let _ = writeln!(out, "{:<width$}  {word}", node.name);
        for line in verdicts {
            let _ = writeln!(out, "{line}");
        }
    }
    Ok(out)
}
